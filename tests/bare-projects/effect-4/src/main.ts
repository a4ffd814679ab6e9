// An application on Effect: the service, typed errors that are effects, and values of the promise entry.
import assert from "node:assert/strict"
import { isSageAuthError } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"

const sandbox = await startSandbox()
const { ledger, vendors } = sandbox.connections()

class Sage extends SageAuth.Service<Sage>()("app/Sage", { connections: { ledger, vendors } }) {}

const program = Effect.gen(function* () {
  const sage = yield* Sage
  const response = yield* sage.client("vendors").fetch("objects/accounts-payable/vendor")
  const failed = yield* Effect.flip(
    sage.client("ledger").execute([{ read: { object: "NOTHING", keys: "1", fields: "*" } }])
  )
  // an error of this library fails an effect by itself, and is told by its tag
  const caught = yield* Effect.gen(function* () {
    return yield* failed
  }).pipe(Effect.catchTag("SageAuthError", (error) => Effect.succeed(error)))
  return { status: response.status, failed, caught }
})

const { caught, failed, status } = await Effect.runPromise(program.pipe(Effect.provide(Sage.layer)))
assert.equal(status, 200)
assert.equal(caught, failed)
assert.ok(isSageAuthError(failed))
console.log(`an application on Effect: HTTP ${status}, ${failed.id}`)
await sandbox.stop()
