// An application with an Effect of its own that has nothing to do with ours: the promise API works beside it, and the
// entry for Effect names the version that it needs.
import assert from "node:assert/strict"
import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"

const sandbox = await startSandbox()
const sage = createSageAuth({ connections: sandbox.connections() })
const answer = await Effect.runPromise(
  Effect.promise(() => sage.client("vendors").fetch("objects/accounts-payable/vendor"))
)
assert.equal(answer.status, 200)
await answer.text()

for (const entry of ["@sage-auth/core/effect", "@sage-auth/core/effect/testing"]) {
  await assert.rejects(import(entry), (error: unknown) => {
    assert.ok(isSageAuthError(error), String(error))
    assert.match(
      error.message,
      /effect: expected version 4\.1 or a later 4\.x.*found an older one.*npm install effect@\^4\.1\.0/s
    )
    return true
  })
}
console.log("promises work beside Effect 3, and the entry for Effect names the version that it needs")
await sage.close()
await sandbox.stop()
