import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@effect/vitest"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Effect, Fiber } from "effect"
import { intacctEnvironment } from "./intacctEnvironment.ts"
import { runCommand, startCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
let sandbox: Sandbox
let around: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
let count = 0

beforeAll(async () => {
  sandbox = await startSandbox()
  const web = sandbox.accounts["x3-web-services"].basic
  const graph = sandbox.accounts["x3-graphql"]
  around = {
    folder,
    environment: {
      ...intacctEnvironment(sandbox),
      SAGE_X3_WEB_SERVICES_BASE_URL: sandbox.urls["x3-web-services"].onPremise,
      SAGE_X3_WEB_SERVICES_USER: web.user,
      SAGE_X3_WEB_SERVICES_PASSWORD: web.password,
      SAGE_X3_WEB_SERVICES_ENVIRONMENT: "sandbox",
      SAGE_X3_GRAPHQL_URL: sandbox.urls["x3-graphql"].api,
      SAGE_X3_GRAPHQL_ENDPOINT: graph.endpoint,
      SAGE_X3_GRAPHQL_CLIENT_ID: graph.app.clientId,
      SAGE_X3_GRAPHQL_CLIENT_SECRET: graph.app.clientSecret,
      SAGE_X3_GRAPHQL_USER: graph.app.user,
      SAGE_X3_GRAPHQL_ENVIRONMENT: "sandbox"
    }
  }
  const company = sandbox.company(sandbox.accounts["intacct-xml"].login.companyId)
  company.define({
    records: {
      VENDOR: Array.from({ length: 500 }, (_, index) => ({ VENDORID: `P-${index}`, NAME: `Paged ${index}` }))
    }
  })
  count = company.records("VENDOR").length
})

beforeEach(() => sandbox.clearFaults())

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: ReadonlyArray<string>) => runCommand(["request", ...args], around)

const readVendors = JSON.stringify({
  readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 200 }
})
const query = JSON.stringify({ object: "accounts-payable/vendor", fields: ["id"], size: 200 })
const document = `query ($after: String) { x3MasterData { customer { query(first: 25, after: $after) { edges { node { code } } pageInfo { hasNextPage endCursor } } } } }`

/** The ways to ask for a list, with the field that names its records and how many there are. */
const lists: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, key: string, many: () => number]> = [
  ["a function of the XML API", ["intacct-xml", "-d", readVendors], "VENDORID", () => count],
  ["a path of Intacct's REST API", ["intacct-rest", "objects/accounts-payable/vendor"], "key", () => count],
  ["a query of Intacct's REST API", ["intacct-rest", "POST", "services/core/query", "-d", query], "id", () => count],
  [
    "a path of X3's web services",
    ["x3-web-services", "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query", "--page-size", "25"],
    "BPCNUM",
    () => 60
  ],
  ["a document of X3's GraphQL API", ["x3-graphql", "-d", JSON.stringify({ query: document })], "code", () => 60]
]

describe("request --all", () => {
  it.effect.each(lists)(
    "prints every record of %s: an array with --json, a line for each without",
    ([, args, key, many]) =>
      Effect.gen(function* () {
        const json = yield* run(...args, "--all", "--json")
        expect(json).toMatchObject({ status: 0, err: "" })
        const records = JSON.parse(json.out) as ReadonlyArray<Record<string, unknown>>
        expect(new Set(records.map((record) => record[key])).size).toBe(many())
        const lines = yield* run(...args, "--all")
        expect(lines).toMatchObject({ status: 0, err: "" })
        expect(lines.out.split("\n").map((line) => JSON.parse(line) as unknown)).toEqual(records)
      })
  )

  it.effect("prints an empty array for an empty list, and no line", () =>
    Effect.gen(function* () {
      const none = JSON.stringify({ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "VENDORID = 'NONE'" } })
      expect(JSON.parse((yield* run("intacct-xml", "-d", none, "--all", "--json")).out)).toEqual([])
      expect(yield* run("intacct-xml", "-d", none, "--all")).toEqual({ out: "", err: "", status: 0 })
    })
  )

  it.effect("prints the records of a page before it asks for the next one", () =>
    Effect.gen(function* () {
      sandbox.fault("intacct-xml", { on: "readMore", kind: "hang" })
      const started = yield* startCommand(["request", "intacct-xml", "-d", readVendors, "--all"], around)
      for (let line = 0; line < 200; line++) expect(JSON.parse(yield* started.line("out"))).toHaveProperty("VENDORID")
      yield* Fiber.interrupt(started.fiber)
    })
  )

  it.effect("fails where a page fails, with what came before printed and no end of the array", () =>
    Effect.gen(function* () {
      sandbox.fault("intacct-xml", { on: "readMore", kind: "drop-response", times: 4 })
      const ran = yield* run("intacct-xml", "-d", readVendors, "--all", "--json")
      expect(ran.status).toBe(6)
      expect(JSON.parse(ran.err)).toMatchObject({ error: { id: "intacct-xml.result-lost" } })
      expect(ran.out.split("\n")).toHaveLength(200)
      expect(() => JSON.parse(ran.out)).toThrow()
    })
  )

  it.effect.each([
    ["a header", ["intacct-rest", "objects/accounts-payable/vendor", "--all", "-H", "a: b"], "--header"],
    ["status and headers", ["intacct-rest", "objects/accounts-payable/vendor", "--all", "-i"], "--include"],
    ["a method that writes", ["intacct-rest", "DELETE", "objects/accounts-payable/vendor/1", "--all"], "DELETE"],
    ["a body for a path", ["intacct-rest", "objects/accounts-payable/vendor", "-d", "{}", "--all"], "--data"],
    ["no path", ["intacct-rest", "--all"], "path"],
    ["two functions", ["intacct-xml", "-d", `[${readVendors},${readVendors}]`, "--all"], "one function"],
    [
      "a size of a page without --all",
      ["intacct-rest", "objects/accounts-payable/vendor", "--page-size", "5"],
      "--all"
    ],
    [
      "a page of nothing",
      ["intacct-rest", "objects/accounts-payable/vendor", "--all", "--page-size", "0"],
      "--page-size"
    ],
    ["a document that is no JSON", ["x3-graphql", "-d", "query { }", "--all"], "JSON"]
  ] as const)("refuses %s", ([, args, named]) =>
    Effect.gen(function* () {
      const ran = yield* run(...args)
      expect(ran).toMatchObject({ out: "", err: expect.stringContaining(named) })
      expect(ran.status).toBe(2)
    })
  )
})
