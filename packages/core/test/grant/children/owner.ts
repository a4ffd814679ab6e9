/** Takes a name as an owner of leases, tells it, and stays until it is killed or its input ends. */
import { Effect } from "effect"
import { openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = ""] = process.argv.slice(2)

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  tell(yield* store.owner)
  yield* Effect.promise(() => new Promise((resolve) => process.stdin.resume().once("end", resolve)))
}).pipe(Effect.scoped, Effect.runPromise)
