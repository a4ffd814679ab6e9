import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { catalogue, explain } from "../../src/errors/catalogue.ts"
import { processorTime } from "../steps.ts"

/** A text as people paste it: recorded answers of Sage's servers, in the shapes that logs, terminals and mails give them. */
interface Pasted {
  readonly shape: string
  /** the entries that it is about, in any order */
  readonly ids: ReadonlyArray<string>
  readonly text: string
}

const all = JSON.parse(readFileSync(new URL("pasted.json", import.meta.url), "utf8")) as ReadonlyArray<Pasted>

describe("explain", () => {
  it("has more than 200 pasted texts to be tried with", () => {
    assert.isAbove(new Set(all.map(({ text }) => text)).size, 200)
  })

  it("finds every entry by a message of this library's own in a line of a log", () => {
    const hidden = Object.entries(catalogue)
      .filter(([id, { meaning }]) => !explain(`10:04:11 ERROR ledger: ${meaning}\n  at x`).some((one) => one.id === id))
      .map(([id]) => id)
    assert.deepStrictEqual(hidden, [])
  })

  it.each([
    ['{"error":"Invalid token"}', 2],
    ["the server answered: Forbidden", 7],
    ["[proxy] Access denied.", 5],
    ["it said Unauthorised and closed", 9],
    ["gateway: Invalid Request", 2]
  ] as const)("gives no single entry for what any server may say: %s", (text, least) => {
    assert.isAtLeast(explain(text).length, least)
  })

  it.each([
    ["backslashes", "\\".repeat(65_536)],
    ["ampersands", "&amp;".repeat(13_000)],
    ["beginnings of entities", "&#".repeat(32_000)],
    ["percent signs", "%25".repeat(21_000)],
    ["escape characters", "\u001b[".repeat(32_000)],
    ["beginnings of lines", "> ".repeat(32_000)],
    ["empty lines", "\n \t".repeat(21_000)],
    ["one sentence's beginning", "missing ".repeat(8_000)],
    ["another's", "the sender id '".repeat(4_300)],
    ["a code cut short", "xl0300000 ".repeat(6_500)],
    ["statuses", "http 40".repeat(9_000)],
    ["quotes", "'".repeat(65_536)],
    ["signs", "a+".repeat(32_000)]
  ])("takes no longer for %s than for any text", (_, text) => {
    assert.isBelow(
      processorTime(() => void explain(text)),
      2_000
    )
  })

  it.each(all.map(({ ids, shape, text }, at) => [at, shape, ids.join(", "), text, ids] as const))(
    "%i: finds, %s: %s",
    (_, __, ___, text, ids) => {
      assert.sameMembers(
        explain(text).map(({ id }) => id),
        [...ids],
        text
      )
    }
  )
})
