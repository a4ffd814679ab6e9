/** Opens a store and writes to it; tells how that failed. */
import { Effect } from "effect"
import { aKey, aRecord, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = ""] = process.argv.slice(2)

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  yield* store.compareAndSet(aKey("another"), undefined, aRecord())
  tell("written")
}).pipe(
  Effect.catch((error) =>
    Effect.sync(() =>
      tell({ code: error.code, reason: error.reason._tag, message: error.message, remedy: error.remedy })
    )
  ),
  Effect.scoped,
  Effect.runPromise
)
