import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import type { Fetch } from "../../src/transport/Answer.ts"
import { make } from "../../src/transport/Transport.ts"
import { fetchTrusting } from "../../src/transport/tls.ts"
import { gate, hasOpenssl, makeAuthority, serve, serveTls } from "./servers.ts"

const ways = ["authenticate", "call"] as const
type Way = (typeof ways)[number]

const platform: Fetch = (input, init) => fetch(input, init)

const get = (url: string, fetch: Fetch, way: Way = "call") =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const transport = make(fetch, clock)
    const request = { method: "GET", url, headers: { authorization: "Bearer hunter2-canary" }, limit: 1000 } as const
    return Effect.map(
      way === "call" ? transport.call(request) : transport.authenticate(request, 60_000),
      ({ text }) => text
    )
  })

const refused = (url: string, fetch: Fetch) =>
  Effect.map(Effect.flip(get(url, fetch)), (failure) => [failure.problem, failure.processed])

/** A file that is written again under the test's control of its time of change. */
const openFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "sage-auth-file-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  ),
  (directory) => {
    const path = join(directory, "ca.pem")
    let changed = 1_700_000_000
    return {
      url: pathToFileURL(path),
      /** something that cannot be read as a file, of the same time of change as what is written next */
      obstruct: () => {
        mkdirSync(path)
        utimesSync(path, changed + 1, changed + 1)
      },
      clear: () => rmdirSync(path),
      /** something that cannot even be looked at */
      circle: () => {
        rmSync(path, { force: true })
        symlinkSync(path, path)
      },
      write: (content: string) => {
        const next = join(directory, "next.pem")
        writeFileSync(next, content)
        utimesSync(next, ++changed, changed)
        renameSync(next, path)
      }
    }
  }
)

describe.skipIf(!hasOpenssl)(
  "fetchTrusting (skipped without the openssl command, which makes the certificates)",
  () => {
    it.effect.each(ways)("trusts a private authority that is given as PEM, and no one else does (%s)", (way) =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const url = yield* serveTls(authority, (_, response) => response.end("private"))
        assert.strictEqual(yield* get(url, fetchTrusting(authority.certificate), way), "private")
        assert.deepStrictEqual(yield* refused(url, platform), ["tls", "no"])
        const other = yield* makeAuthority
        assert.deepStrictEqual(yield* refused(url, fetchTrusting(other.certificate)), ["tls", "no"])
      })
    )

    it.effect("still checks whose certificate it is", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        let requests = 0
        const url = yield* serveTls(authority, () => requests++, "DNS:x3.acme.example,IP:127.0.0.2")
        assert.deepStrictEqual(yield* refused(url, fetchTrusting(authority.certificate)), ["tls", "no"])
        assert.strictEqual(requests, 0)
      })
    )

    it.effect("still trusts the authorities that the platform trusts", () =>
      Effect.gen(function* () {
        const [mine, platforms] = [yield* makeAuthority, yield* makeAuthority]
        const url = yield* serveTls(platforms, (_, response) => response.end("public"))
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            const before = getCACertificates("default")
            setDefaultCACertificates([...before, platforms.certificate])
            return before
          }),
          (before) => Effect.sync(() => setDefaultCACertificates(before))
        )
        assert.strictEqual(yield* get(url, fetchTrusting(mine.certificate)), "public")
      })
    )

    it.effect("follows no redirect", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const seen: Array<string | undefined> = []
        const other = yield* serve((request, response) => {
          seen.push(request.headers.authorization)
          response.end("stolen")
        })
        const url = yield* serveTls(authority, (_, response) =>
          response.writeHead(307, { location: other }).end("moved")
        )
        for (const way of ways) assert.strictEqual(yield* get(url, fetchTrusting(authority.certificate), way), "moved")
        assert.deepStrictEqual(seen, [])
      })
    )

    it.effect("reads a file, and the next request trusts what it was replaced by and nothing else", () =>
      Effect.gen(function* () {
        const [old, fresh] = [yield* makeAuthority, yield* makeAuthority]
        const oldUrl = yield* serveTls(old, (_, response) => response.end("old"))
        const freshUrl = yield* serveTls(fresh, (_, response) => response.end("fresh"))
        const file = yield* openFile
        file.write(old.certificate)
        const fetch = fetchTrusting(file.url)
        assert.strictEqual(yield* get(oldUrl, fetch), "old")
        assert.deepStrictEqual(yield* refused(freshUrl, fetch), ["tls", "no"])
        file.write(fresh.certificate)
        assert.strictEqual(yield* get(freshUrl, fetch), "fresh")
        assert.deepStrictEqual(yield* refused(oldUrl, fetch), ["tls", "no"])
      })
    )

    it.effect("lets requests that are under way finish when the file is replaced", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const arrived = gate()
        const answer = gate()
        const url = yield* serveTls(authority, (request, response) => {
          if (request.url !== "/slow") return response.end("quick")
          response.write("slow ")
          arrived.resolve()
          return void answer.promise.then(() => response.end("but sure"))
        })
        const file = yield* openFile
        file.write(authority.certificate)
        const fetch = fetchTrusting(file.url)
        const slow = yield* get(`${url}/slow`, fetch).pipe(Effect.forkChild({ startImmediately: true }))
        yield* Effect.promise(() => arrived.promise)
        file.write(`${authority.certificate}\n`)
        assert.strictEqual(yield* get(url, fetch), "quick")
        answer.resolve()
        assert.strictEqual(yield* Fiber.join(slow), "slow but sure")
      })
    )

    it.effect("keeps its connections while the file stays as it is", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const ports = new Set<number | undefined>()
        const url = yield* serveTls(authority, (request, response) => {
          ports.add(request.socket.remotePort)
          response.end("again")
        })
        const file = yield* openFile
        file.write(authority.certificate)
        const fetch = fetchTrusting(file.url)
        for (let request = 0; request < 10; request++) yield* get(url, fetch)
        assert.isBelow(ports.size, 5)
      })
    )

    it.effect("fails while there is no file that can be read, and works once there is one", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const url = yield* serveTls(authority, (_, response) => response.end("private"))
        const file = yield* openFile
        const fetch = fetchTrusting(file.url)
        assert.deepInclude(yield* Effect.flip(get(url, fetch)), { code: "ENOENT" })
        file.obstruct()
        assert.deepInclude(yield* Effect.flip(get(url, fetch)), { code: "EISDIR" })
        file.clear()
        file.circle()
        assert.deepInclude(yield* Effect.flip(get(url, fetch)), { code: "ELOOP", processed: "no" })
        file.write(authority.certificate)
        assert.strictEqual(yield* get(url, fetch), "private")
        file.circle()
        assert.strictEqual(yield* get(url, fetch), "private")
      })
    )

    it.effect("sends a form as the platform does", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const url = yield* serveTls(authority, (request, response) => {
          const headers = { "content-type": request.headers["content-type"] ?? "" }
          const parts = async (sent: Buffer) => {
            const form = await new Response(new Uint8Array(sent), { headers }).formData()
            const file = form.get("file")
            return [form.get("name"), file instanceof File ? await file.text() : file]
          }
          void buffer(request)
            .then(parts)
            .catch((thrown: unknown) => String(thrown))
            .then((read) => response.end(JSON.stringify(read)))
        })
        const form = new FormData()
        form.set("name", "é")
        form.set("file", new File(["content"], "file.txt"))
        const fetch = fetchTrusting(authority.certificate)
        const answer = yield* Effect.promise(async () => (await fetch(url, { method: "POST", body: form })).json())
        assert.deepStrictEqual(answer, ["é", "content"])
      })
    )
  }
)
