// An application with an Effect of its own that is not the one of the entry for Effect (3, or another 4.x): the promise
// API works beside it, and the entry for Effect names the version that it needs.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"

const { version } = createRequire(import.meta.url)("effect/package.json") as { readonly version: string }
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
    assert.match(error.message, /effect: expected version 4\.1 or a later 4\.x.*npm install effect@\^4\.1\.0/s)
    assert.ok(error.message.includes(`found ${version}`), error.message)
    return true
  })
}
console.log(`promises work beside Effect ${version}, and the entry for Effect names the version that it needs`)
await sage.close()
await sandbox.stop()
