import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import { render, routes, tables } from "@sage-auth/core/advice"
import { Effect } from "effect"
import { program } from "./program.ts"
import { runCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("advise", () => {
  it.effect("gives for every way through the tree what the tree gives", () =>
    Effect.gen(function* () {
      for (const { path, recommendation } of routes()) {
        const flags = path.flatMap(({ answer, question }) => [`--${question}`, answer])
        const ran = yield* runCommand(["advise", ...flags, "--json"], { folder })
        expect(JSON.parse(ran.out)).toEqual({ path, unused: [], recommendation })
        const words = yield* runCommand(["advise", ...flags], { folder })
        expect(words.out).toContain(recommendation.code.trimEnd())
        expect(words.status).toBe(0)
      }
    })
  )

  it.effect("names the option that is missing where nobody can be asked", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["advise", "--product", "x3"], { folder })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining("--deployment") })
    })
  )

  it.effect("says which options were not needed", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["advise", "--product", "business-cloud", "--api", "xml"], { folder })
      expect(ran).toMatchObject({ status: 0, err: expect.stringContaining("--api") })
    })
  )

  it.effect("prints every table in every format", () =>
    Effect.gen(function* () {
      const names = yield* runCommand(["advise", "table", "--json"], { folder })
      expect(JSON.parse(names.out)).toHaveLength(tables.length)
      for (const table of tables) {
        for (const format of ["text", "markdown", "csv", "json"] as const) {
          const ran = yield* runCommand(["advise", "table", table.name, "--format", format, "--sources"], { folder })
          expect(ran).toEqual({ out: render(table, format, { sources: true }), err: "", status: 0 })
        }
      }
    })
  )

  it.effect("refuses a table that is not there with the names of those that are", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["advise", "table", "nope"], { folder })
      expect(ran).toMatchObject({ status: 2, err: expect.stringContaining("quick-reference") })
    })
  )
})

describe("explain", () => {
  it.effect("finds a code, in arguments and in a file", () =>
    Effect.gen(function* () {
      writeFileSync(join(folder, "answer.xml"), "<error><errorno>XL03000006</errorno></error>")
      const byCode = yield* runCommand(["explain", "GW-0010", "(429)", "--json"], { folder })
      expect(JSON.parse(byCode.out)).toEqual(
        expect.arrayContaining([expect.objectContaining({ id: "intacct.rate-limited", retryable: true })])
      )
      const inFile = yield* runCommand(["explain", "--file", join(folder, "answer.xml")], { folder })
      expect(inFile).toMatchObject({ status: 0, out: expect.stringContaining("XL03000006") })
    })
  )

  it("reads standard input, alone and as the file -", () => {
    const [file = "", ...args] = program
    for (const more of [[], ["--file", "-"]]) {
      const ran = spawnSync(file, [...args, "explain", ...more], { input: "XL03000006\n", encoding: "utf8" })
      expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining("XL03000006") })
    }
  })

  it.effect.each([
    ["explain --file", ["explain", "--file", "nowhere.xml"], "--file"],
    ["request --data", ["request", "intacct-rest", "objects", "-d", "@nowhere.json"], "--data"],
    ["x3 lint-nodelocal", ["x3", "lint-nodelocal", "nowhere.js"], "The argument"],
    ["doctor --nodelocal", ["doctor", "--nodelocal", "nowhere.js"], "--nodelocal"]
  ] as const)("is as every command: a file that %s cannot read is named", ([, args, named]) =>
    Effect.gen(function* () {
      const environment = {
        SAGE_INTACCT_REST_CLIENT_ID: "id",
        SAGE_INTACCT_REST_CLIENT_SECRET: "secret of a client",
        SAGE_INTACCT_REST_USERNAME: "u@acme"
      }
      const ran = yield* runCommand(args, { folder, environment })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining(`${named} names no file`) })
      expect(ran.err).toContain("ENOENT")
    })
  )

  it.effect("counts a path from the folder that the command runs in", () =>
    Effect.gen(function* () {
      writeFileSync(join(folder, "near.xml"), "<error><errorno>XL03000006</errorno></error>")
      expect(yield* runCommand(["explain", "--file", "near.xml"], { folder })).toMatchObject({ status: 0 })
    })
  )

  it.effect("fails for a text that says nothing known, without repeating it", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["explain", "s3cr3t-canary of somebody"], { folder })
      expect(ran.status).toBe(1)
      expect(ran.out + ran.err).not.toContain("canary")
    })
  )
})

const lint = (source: string, ...flags: ReadonlyArray<string>) => {
  writeFileSync(join(folder, "nodelocal.js"), source)
  return runCommand(["x3", "lint-nodelocal", join(folder, "nodelocal.js"), ...flags], { folder })
}

describe("x3 lint-nodelocal", () => {
  it.effect("reads a part that was copied, and says which ways in are open", () =>
    Effect.gen(function* () {
      const { out, status } = yield* lint('session: { auth: ["basic", "bearer"] }', "--json")
      expect(status).toBe(0)
      expect(JSON.parse(out).waysIn).toMatchObject({
        basic: { answer: "enabled" },
        certificate: { answer: "disabled" }
      })
    })
  )

  it.effect("ends with 7 where a finding is an error", () =>
    Effect.gen(function* () {
      const ran = yield* lint('exports.config = { session: { auth: ["basik"] } }')
      expect(ran).toMatchObject({ status: 7, out: expect.stringContaining("nodelocal.") })
    })
  )
})
