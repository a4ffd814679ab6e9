import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Console, Effect, Layer } from "effect"
import { CliOutput, TerminalCapabilities } from "effect/cli"
import { Failure } from "../src/Failure.ts"
import { Json } from "../src/flags.ts"
import { columns, Output } from "../src/Output.ts"
import { runCommand } from "./runCommand.ts"

/** Moves the cursor, sets the title, is red in one character, turns the line around, and rings. */
const hostile = "a\u001b[2Jb\u001b]0;title\u0007c\u009b31md\u202ee\rf\u0008"

/** What is printed on either stream, by an output that has colours or `--json`. */
const printed = (
  given: { readonly colours: boolean; readonly json: boolean },
  use: (output: Output["Service"]) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const print = (text: unknown): void => void texts.push(String(text))
    const console: Console.Console = { ...globalThis.console, log: print, error: print }
    yield* Output.use(use).pipe(
      Effect.provide(
        Output.layer.pipe(
          Layer.provide(
            Layer.succeed(TerminalCapabilities.TerminalCapabilities, {
              canColor: given.colours,
              canAnimate: false,
              canPrompt: false
            })
          )
        )
      ),
      Effect.provideService(Json, given.json),
      Effect.provideService(Console.Console, console)
    )
    return texts.join("\n")
  })

describe("what is printed", () => {
  const failure = new Failure({ message: hostile, remedy: hostile, status: 1 })

  const use = (output: Output["Service"]) =>
    Effect.andThen(
      output.answer({ data: {}, text: `${output.paint("red", hostile)}\n` }),
      Effect.andThen(output.note(hostile), output.failure(failure))
    )

  it.effect("has no escape sequence and no control character but those of colours", () =>
    Effect.gen(function* () {
      expect(yield* printed({ colours: false, json: false }, use)).toBe(
        "abcdef\n\nabcdef\nerror  abcdef\nremedy abcdef"
      )
      expect(yield* printed({ colours: true, json: false }, use)).toBe(
        "\u001b[31mabcdef\u001b[0m\n\nabcdef\n\u001b[31merror\u001b[0m  abcdef\n\u001b[32mremedy\u001b[0m abcdef"
      )
    })
  )

  it.effect("is the same data as JSON, in characters that a terminal only shows", () =>
    Effect.gen(function* () {
      const text = yield* printed({ colours: true, json: true }, (output) =>
        output.answer({ data: [hostile], text: "" })
      )
      expect(JSON.parse(text)).toEqual([hostile])
      expect(text).toMatch(/^[ -~]+$/)
      const error = yield* printed({ colours: true, json: true }, (output) => output.failure(failure))
      expect(JSON.parse(error)).toMatchObject({ error: { message: hostile } })
      expect(error).toMatch(/^[ -~]+$/)
    })
  )
})

describe("columns", () => {
  it("stand below each other, whatever the width and the colour of what is in them", () => {
    const rows = [
      ["name", "x"],
      ["会社", "x"],
      ["e\u0301", "x"],
      ["\u001b[32mok\u001b[0m", "x"]
    ]
    const lines = columns(rows).split("\n")
    expect(lines.map((line) => CliOutput.displayWidth(line))).toEqual([7, 7, 7, 7])
  })
})

describe("status", () => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
  beforeAll(() => {
    writeFileSync(
      join(folder, "sage-auth.config.mjs"),
      `import { businessCloud } from ${JSON.stringify(import.meta.resolve("@sage-auth/core"))}
export default () => ({ log: false, connections: { books: businessCloud({ clientId: "id", clientSecret: "s", redirectUri: "https://app.example/cb" }) } })
`
    )
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.effect("shows a tenant on one line, whatever its name", () =>
    Effect.gen(function* () {
      const { out } = yield* runCommand(["status", "--tenant", "a\n\u001b[2Jbooks  b  connected"], { folder })
      expect(out.split("\n")).toHaveLength(2)
      expect(out).not.toContain("\u001b")
    })
  )
})
