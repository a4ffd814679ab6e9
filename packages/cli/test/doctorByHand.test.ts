import { execFile, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { createSageAuth, x3 } from "@sage-auth/core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ByHand } from "../src/doctor/examine.ts"
import { inXml, quoted, word } from "../src/doctor/manual.ts"
import { startWorld, type World } from "./doctorWorld.ts"

/** What `--curl` prints is run by a shell, with the real curl, against the sandbox. */

const hasCurl = spawnSync("/bin/sh", ["-c", "command -v curl"]).status === 0
// elsewhere than in CI a machine may lack them
const skips = !hasCurl && process.env["CI"] === undefined

let world: World
let commands: ReadonlyArray<ByHand>

const consented = ["payables", "books", "erpSso", "erpCloud", "gateway"]

beforeAll(async () => {
  world = await startWorld()
  const { accounts, urls } = world.sandbox
  world.config = {
    ...world.config,
    connections: {
      ...world.config.connections,
      graphBasic: x3.graphql({
        url: urls["x3-graphql"].api,
        endpoint: accounts["x3-graphql"].endpoint,
        auth: x3.basic(accounts["x3-graphql"].basic),
        deployment: "on-premise",
        environment: "sandbox"
      }),
      erpAccented: x3.onPremise({
        baseUrl: urls["x3-web-services"].onPremise,
        auth: x3.basic(accounts["x3-web-services"].accented),
        environment: "sandbox"
      })
    }
  }
  for (const connection of consented) await world.consent(connection)
  const ran = await world.doctor("--curl", "--json")
  if (ran.status !== 0) throw new Error(ran.err)
  commands = JSON.parse(ran.out) as ReadonlyArray<ByHand>
})

afterAll(() => world.stop())

const known = new Map<string, Promise<Readonly<Record<string, string>>>>()

/** The secrets of a connection, under the names by which commands read them; got once for all of its commands. */
const variablesOf = (connection: string): Promise<Readonly<Record<string, string>>> => {
  const found = known.get(connection) ?? readVariables(connection)
  known.set(connection, found)
  return found
}

const readVariables = async (connection: string): Promise<Readonly<Record<string, string>>> => {
  const { accounts, ca } = world.sandbox
  const xml = accounts["intacct-xml"]
  const web = accounts["x3-web-services"]
  const files = { ca, cert: web.certificate.cert, key: web.certificate.key }
  const paths = Object.entries(files).map(([name, pem]) => {
    const path = join(world.folder, `${name}.pem`)
    writeFileSync(path, pem)
    return [name, path] as const
  })
  const { ca: caFile = "", cert = "", key = "" } = Object.fromEntries(paths)
  const sage = createSageAuth(world.config)
  const client = sage.client(connection) as { headers?: () => Promise<Readonly<Record<string, string>>> }
  const headers = (await client.headers?.().catch(() => ({}))) ?? {}
  await sage.close()
  const token = (new Headers(headers).get("authorization") ?? "").replace(/^Bearer /, "")
  return {
    INTACCT_SENDER_PASSWORD: xml.sender.password,
    INTACCT_USER_PASSWORD: xml.login.password,
    INTACCT_CLIENT_SECRET: accounts["intacct-rest"].client.clientSecret,
    INTACCT_ACCESS_TOKEN: token,
    BUSINESS_CLOUD_CLIENT_SECRET: accounts["business-cloud"].client.clientSecret,
    BUSINESS_CLOUD_ACCESS_TOKEN: token,
    X3_PASSWORD:
      { graphBasic: accounts["x3-graphql"].basic, erpAccented: web.accented }[connection]?.password ??
      web.basic.password,
    X3_ACCESS_TOKEN: token,
    X3_TOKEN: token,
    X3_GATEWAY_TOKEN: token,
    X3_CERTIFICATE_FILE: cert,
    X3_KEY_FILE: key,
    CA_FILE: caFile
  }
}

const run = async (command: string, variables: Readonly<Record<string, string>>): Promise<string> => {
  const { PATH } = process.env
  const options = { env: { PATH, ...variables }, timeout: 30_000 }
  const { stderr, stdout } = await promisify(execFile)("/bin/sh", ["-c", command], options).catch(
    (error: { readonly stdout?: string; readonly stderr?: string }) => ({
      stdout: error.stdout ?? "",
      stderr: error.stderr ?? ""
    })
  )
  return `${stdout}${stderr}`
}

describe.skipIf(skips)("what --curl prints, by a shell and curl", () => {
  it("is there for every surface", () => {
    const found = new Set(commands.map(({ connection }) => connection))
    expect([...found].toSorted()).toEqual(Object.keys(world.config.connections).toSorted())
  })

  it("shows what its `Verify` says", async () => {
    for (const { command, connection, expects, id, variables } of commands) {
      const all = await variablesOf(connection)
      const needed = Object.fromEntries(Object.keys(variables).map((name) => [name, all[name] ?? ""]))
      const output = await run(command, needed)
      expect({ connection, id, output }).toMatchObject({ output: expect.stringMatching(new RegExp(expects, "im")) })
    }
  })

  it("does not show it with a wrong secret", async () => {
    const secret = commands.filter(({ variables }) => Object.keys(variables).some((name) => !name.endsWith("_FILE")))
    expect(secret.length).toBeGreaterThan(10)
    for (const { command, connection, expects, id, variables } of secret) {
      const output = await run(command, Object.fromEntries(Object.keys(variables).map((name) => [name, "wrong"])))
      expect({ connection, id, output }).not.toMatchObject({ output: expect.stringMatching(new RegExp(expects, "im")) })
    }
  })

  it.each(["plain-id", "it's", "$HOME `id` $(id)", "a\\\\b\\n", '50% / "2" & <3>', "ümlaut 東京", "-n", "!x *", ""])(
    "leaves the ids of a connection as they are: %j",
    async (id) => {
      expect(await run(`printf '%s' ${word(id)}`, {})).toBe(id)
      expect(await run(`cat <<XML\n${quoted(id)}\nXML`, {})).toBe(`${id}\n`)
      const escaped = await run(`cat <<XML\n${inXml(id)}\nXML`, {})
      expect(escaped).not.toMatch(/[<>"]/)
      const unescaped = escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
      expect(unescaped.replaceAll("&amp;", "&")).toBe(`${id}\n`)
    }
  )

  it("holds no secret", () => {
    const { accounts } = world.sandbox
    const secrets = [
      accounts["intacct-xml"].sender.password,
      accounts["intacct-xml"].login.password,
      accounts["intacct-rest"].client.clientSecret,
      accounts["business-cloud"].client.clientSecret,
      accounts["x3-web-services"].basic.password,
      accounts["x3-graphql"].app.clientSecret,
      accounts["x3-gateway"].clientSecret
    ]
    for (const secret of secrets) expect(JSON.stringify(commands)).not.toContain(secret)
  })
})
