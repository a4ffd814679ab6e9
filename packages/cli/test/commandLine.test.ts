import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Command } from "effect/cli"
import { sageAuth } from "../src/main.ts"
import { olderThan } from "../src/olderThan.ts"
import { program } from "./program.ts"
import { runCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("a command line that is wrong", () => {
  it.effect.each([
    [["doctr"], "doctor"],
    [["login", "books", "--tennant", "acme"], "--tenant"],
    [["request"], "sage-auth request --help"],
    [["keep-alive", "--config"], "--config has no value"]
  ] as const)("leaves standard output to scripts, and %j gets its remedy", ([args, helps]) =>
    Effect.gen(function* () {
      const ran = yield* runCommand(args, { folder })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringMatching(/^error {2}.+\nremedy /) })
      expect(ran.err).toContain(helps)
      const json = yield* runCommand([...args.slice(0, 1), "--json", ...args.slice(1)], { folder })
      expect(json).toMatchObject({ out: "", status: 2 })
      expect(JSON.parse(json.err)).toMatchObject({ error: { message: expect.any(String), status: 2 } })
    })
  )

  it.effect("does not repeat a value: it may be a secret in the wrong place", () =>
    Effect.gen(function* () {
      const ran = yield* runCommand(["proxy", "--port", "pw-7Gt4kLq9"], { folder })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining("--port cannot have this value") })
      expect(ran.err).not.toContain("pw-7Gt4kLq9")
    })
  )

  it.effect("gets the help of a command that needs one of its commands, or JSON", () =>
    Effect.gen(function* () {
      expect(yield* runCommand(["keys"], { folder })).toMatchObject({
        err: "",
        status: 2,
        out: expect.stringContaining("rotate")
      })
      const json = yield* runCommand(["keys", "--json"], { folder })
      expect(json).toMatchObject({ out: "", status: 2 })
      expect(JSON.parse(json.err)).toMatchObject({ error: { remedy: "Run: sage-auth keys --help", status: 2 } })
    })
  )
})

describe("the help", () => {
  const all = (command: Command.Command.Any, path: string): ReadonlyArray<readonly [string, Command.Command.Any]> => [
    [path, command],
    ...command.subcommands.flatMap(({ commands }) => commands.flatMap((each) => all(each, `${path} ${each.name}`)))
  ]

  it.effect("of each command that does something has an example, which is a command line of its own", () =>
    Effect.gen(function* () {
      for (const [path, command] of all(sageAuth, "sage-auth")) {
        if (["sage-auth", "sage-auth keys", "sage-auth migrate", "sage-auth x3"].includes(path)) continue
        const { out } = yield* runCommand([...path.split(" ").slice(1), "--help"], { folder })
        expect(command.name).toBe(path.split(" ").at(-1))
        expect(out.split("EXAMPLES")[1] ?? "").toContain(path)
      }
    })
  )
})

describe("an older Node.js", () => {
  it("is told from one that will do", () => {
    expect(["20.20.2", "22.9.0", "22.18.1"].map((actual) => olderThan("22.19", actual))).toEqual([true, true, true])
    expect(["22.19.0", "24.0.0"].map((actual) => olderThan("22.19", actual))).toEqual([false, false])
  })

  it.each([
    [[], /^error {2}sage-auth needs Node\.js \S+ or later, and this is 20\.20\.2\.\nremedy Install /],
    [["--json"], /^\{"error":\{"message":"sage-auth needs /]
  ] as const)("is named with the remedy, before anything is loaded that it lacks (%j)", (more, said) => {
    const older = `
        import module from "node:module"
        import process from "node:process"
        Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })
        delete module.enableCompileCache
        module.syncBuiltinESMExports()`
    const [file = "", ...args] = program
    const preload = `--import=data:text/javascript,${encodeURIComponent(older)}`
    const { status, stderr, stdout } = spawnSync(file, [preload, ...args, "status", ...more], {
      cwd: folder,
      encoding: "utf8",
      env: {}
    })
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" })
    expect(stderr).toMatch(said)
  })
})
