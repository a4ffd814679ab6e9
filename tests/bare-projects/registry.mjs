// A registry on this machine that holds our own packages and no others: what package managers ask it for is what they
// ask the public one for, as far as installing and publishing go. It is `@sage-auth`'s alone (`@sage-auth:registry`),
// everything else comes from where the machine's other packages come from.
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"

/** what package managers take for old enough to install */
const published = "2020-01-01T00:00:00.000Z"

const manifestIn = async (path) => {
  const { stdout } = await promisify(execFile)("tar", ["-xzOf", path, "package/package.json"])
  return JSON.parse(stdout)
}

/** Starts a registry with the packages of some tarballs, and gives its address, what is in it and how to stop it. */
export const startRegistry = async (tarballs = []) => {
  /** versions of each name, with manifest and bytes */
  const packages = new Map()

  const add = (manifest, bytes) => {
    const versions = packages.get(manifest.name) ?? new Map()
    if (versions.has(manifest.version)) return false
    packages.set(manifest.name, versions.set(manifest.version, { manifest, bytes }))
    return true
  }

  for (const path of tarballs) add(await manifestIn(path), await readFile(path))

  const documentOf = (name, origin) => {
    const versions = [...packages.get(name)]
    return {
      _id: name,
      name,
      "dist-tags": { latest: versions.at(-1)[0] },
      time: Object.fromEntries(
        ["created", "modified", ...versions.map(([version]) => version)].map((of) => [of, published])
      ),
      versions: Object.fromEntries(
        versions.map(([version, { bytes, manifest }]) => [
          version,
          {
            ...manifest,
            _id: `${name}@${version}`,
            dist: {
              tarball: `${origin}/${name}/-/${name.split("/")[1]}-${version}.tgz`,
              shasum: createHash("sha1").update(bytes).digest("hex"),
              integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`
            }
          }
        ])
      )
    }
  }

  const publish = ({ _attachments, versions }) => {
    const [manifest] = Object.values(versions)
    const [{ data }] = Object.values(_attachments)
    return add(manifest, Buffer.from(data, "base64"))
  }

  const answer = async (request, response) => {
    const origin = `http://${request.headers.host}`
    const [name = "", version] = decodeURIComponent(new URL(request.url, origin).pathname)
      .slice(1)
      .split(/\/-\/[^/]*-(?=\d+\.\d+\.\d+)/)
    const json = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
    }
    if (request.method === "PUT") {
      const isNew = publish(JSON.parse(await text(request)))
      return isNew ? json(201, { ok: true }) : json(409, { error: "this version is published" })
    }
    const found = packages.get(name)
    if (found === undefined) return json(404, { error: "not found" })
    if (version === undefined) return json(200, documentOf(name, origin))
    const file = found.get(version.replace(/\.tgz$/, ""))
    if (file === undefined) return json(404, { error: "not found" })
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(file.bytes)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** every name with its versions */
    published: () => Object.fromEntries([...packages].map(([name, versions]) => [name, [...versions.keys()]])),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}
