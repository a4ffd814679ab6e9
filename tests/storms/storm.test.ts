import { assert, it } from "vitest"
import { vendors } from "../src/functions.ts"
import { openWorld } from "../src/world.ts"

it("1,000 callers on a cold connection are served by one session, two at a time", async () => {
  const { ledger, sandbox, sessionsAsked } = await openWorld({ settings: { deadline: "10 minutes" } })
  const results = await Promise.all(Array.from({ length: 1_000 }, () => ledger.execute([vendors()])))
  for (const [result] of results) assert.strictEqual(result?.status, "success")
  assert.strictEqual(sessionsAsked(), 1)
  assert.isAtMost(Math.max(...sandbox.requests().map(({ concurrent }) => concurrent)), 2)
})
