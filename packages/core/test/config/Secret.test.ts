import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import { Redacted } from "effect"
import { reveal, secret } from "../../src/config/options.ts"

it.each([
  ["a string", "canary-1"],
  ["a Redacted", Redacted.make("canary-1")]
] as const)("redacts %s under its label, and only reveal gives the value back", (_, value) => {
  const redacted = secret(value, "sender.password")
  assert.strictEqual(reveal(redacted), "canary-1")
  for (const printed of [
    inspect(redacted),
    JSON.stringify(redacted),
    inspect(redacted, { depth: 9, showHidden: true })
  ]) {
    assert.notInclude(printed, "canary")
  }
  assert.strictEqual(inspect(redacted), "<redacted:sender.password>")
})

it("keeps its value when the caller wipes theirs", () => {
  const theirs = Redacted.make("canary-1")
  const ours = secret(theirs, "sender.password")
  Redacted.wipeUnsafe(theirs)
  assert.strictEqual(reveal(ours), "canary-1")
})
