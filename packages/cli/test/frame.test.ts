import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { runCommand } from "./runCommand.ts"

let folder = ""
let nested = ""

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
  nested = join(folder, "a", "b")
  mkdirSync(nested, { recursive: true })
  const core = import.meta.resolve("@sage-auth/core")
  writeFileSync(
    join(folder, "sage-auth.config.mjs"),
    `import { createSageAuth, businessCloud, intacctXml } from ${JSON.stringify(core)}
export default () => ({
  log: false,
  connections: {
    books: businessCloud({ clientId: process.env.BOOKS_ID, clientSecret: "s3cr3t-canary", redirectUri: "https://app.example/cb" }),
    ledger: intacctXml({ sender: { id: "sender", password: "s3cr3t-canary" }, login: { companyId: "acme", userId: "u", password: "s3cr3t-canary" } })
  }
})
`
  )
  writeFileSync(join(folder, ".env"), "BOOKS_ID=books-client\n")
  writeFileSync(join(folder, "other.mjs"), "export default 7\n")
  writeFileSync(join(folder, "uninstalled.mjs"), 'import "@sage-auth/nowhere"\n')
  writeFileSync(join(folder, "broken.mjs"), "export default {\n")
  const quoting = 'JSON.parse("s3cr3t-canary-of-the-environment")'
  writeFileSync(join(folder, "failing.mjs"), `export default ${quoting}\n`)
  writeFileSync(join(folder, "failingLater.mjs"), `export default () => ${quoting}\n`)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  delete process.env["BOOKS_ID"]
})

describe("the configuration", () => {
  it.effect("is found in a folder above, with the .env beside it", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["connections", "--json"], { folder: nested })
      expect(JSON.parse(ran.out)).toEqual([
        { name: "books", surface: "business-cloud", interactive: true },
        { name: "ledger", surface: "intacct-xml", interactive: false }
      ])
      expect(ran.status).toBe(0)
    })
  )

  it.effect("that is not there is answered with what to do", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["status"], { folder: tmpdir() })
      expect(ran).toMatchObject({ out: "", status: 3, err: expect.stringContaining("sage-auth init") })
    })
  )

  it.effect.each([
    ["that is not there", "nowhere.mjs", "does not exist", "--config"],
    ["whose packages are missing", "uninstalled.mjs", "@sage-auth/nowhere", "npm install @sage-auth/nowhere"],
    ["that is no JavaScript", "broken.mjs", "cannot be loaded", "Correct"],
    ["that fails", "failing.mjs", "[masked]", "Correct"],
    ["whose function fails", "failingLater.mjs", "[masked]", "Correct"]
  ] as const)("%s is answered with its file and what helps", ([, file, said, remedy]) =>
    Effect.gen(function* () {
      const environment = { ACME_SECRET: "s3cr3t-canary-of-the-environment" }
      const ran = yield* runCommand(["status", "--config", file, "--json"], { folder, environment })
      expect(ran.status).toBe(3)
      const { error } = JSON.parse(ran.err)
      expect(error.message).toContain(join(folder, file))
      expect(error.message).toContain(said)
      expect(error.remedy).toContain(remedy)
      expect(ran.err).not.toContain("canary")
    })
  )

  it.effect("that exports something else is answered with what to export", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["status", "--config", "other.mjs", "--json"], { folder })
      expect(ran.status).toBe(3)
      expect(JSON.parse(ran.err)).toMatchObject({
        error: { message: expect.stringContaining("other.mjs"), remedy: expect.stringContaining("createSageAuth") }
      })
    })
  )
})

describe("the environment", () => {
  it.effect("has a connection for each surface that it names", () =>
    Effect.gen(function* () {
      const environment = {
        SAGE_BUSINESS_CLOUD_CLIENT_ID: "id",
        SAGE_BUSINESS_CLOUD_CLIENT_SECRET: "s3cr3t-canary",
        SAGE_BUSINESS_CLOUD_REDIRECT_URI: "https://app.example/cb",
        SAGE_X3_WEB_SERVICES_BASE_URL: "https://x3.acme.example:8124",
        SAGE_X3_WEB_SERVICES_USER: "INT",
        SAGE_X3_WEB_SERVICES_PASSWORD: "s3cr3t-canary"
      }
      const ran = yield* runCommand(["connections", "--json"], { folder: tmpdir(), environment })
      expect(JSON.parse(ran.out)).toEqual([
        { name: "business-cloud", surface: "business-cloud", interactive: true },
        { name: "x3-web-services", surface: "x3-web-services", interactive: false }
      ])
    })
  )

  it.effect("that is incomplete is answered with the variables that are missing", () =>
    Effect.gen(function* () {
      const environment = { SAGE_INTACCT_REST_CLIENT_ID: "id", SAGE_INTACCT_REST_USERNAME: "u@acme" }
      const ran = yield* runCommand(["status"], { folder: tmpdir(), environment })
      expect(ran).toMatchObject({ status: 3, err: expect.stringContaining("SAGE_INTACCT_REST_CLIENT_SECRET") })
    })
  )
})

describe("the state of connections", () => {
  it.effect("is a table for people, without a secret", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["status"], { folder })
      expect(ran.out.split("\n").map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
        ["connection", "tenant", "state"],
        ["books", "default", "disconnected"],
        ["ledger", "default", "configured"]
      ])
      expect(ran.out + ran.err).not.toContain("canary")
    })
  )

  it.effect("of a name that is not configured is answered with the names that are", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["status", "boks"], { folder })
      expect(ran).toMatchObject({ status: 2, err: expect.stringContaining("books, ledger") })
    })
  )
})

describe("exit statuses", () => {
  it.effect("are 2 for a command line that is wrong, 4 where a person has to sign in", () =>
    Effect.gen(function* () {
      expect(yield* runCommand(["nope"], { folder })).toMatchObject({ status: 2 })
      expect(yield* runCommand(["refresh"], { folder })).toMatchObject({ status: 2 })
      expect(yield* runCommand(["headers", "books"], { folder })).toMatchObject({
        status: 4,
        err: expect.stringContaining("sage-auth login books")
      })
    })
  )

  it.effect("are 2 where a client has no such member", () =>
    Effect.gen(function* () {
      expect(yield* runCommand(["headers", "ledger"], { folder })).toMatchObject({
        status: 2,
        err: expect.stringContaining("intacct-xml")
      })
    })
  )
})

it.effect("a new key has 32 bytes and another one comes each time", () =>
  Effect.gen(function* () {
    const [first, second] = yield* Effect.all([
      runCommand(["keys", "generate"], { folder }),
      runCommand(["keys", "generate"], { folder })
    ])
    expect(Buffer.from(first.out, "base64url")).toHaveLength(32)
    expect(first.out).not.toBe(second.out)
  })
)
