/** Waits for a change that does not come, and ends without closing the store: nothing may keep the process alive. */
import { Effect, Scope } from "effect"
import { aKey, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = ""] = process.argv.slice(2)

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  yield* store.changed(aKey(), 0, 60)
  yield* store.changed(aKey(), 7, 60)
  tell("waited")
}).pipe(Effect.provideService(Scope.Scope, Scope.makeUnsafe()), Effect.runPromise)
