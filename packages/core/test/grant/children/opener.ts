/** Waits for its input to end, then opens the store and writes a row of its own. */
import { Effect } from "effect"
import { aKey, aRecord, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = "", tenant = ""] = process.argv.slice(2)

tell("ready")
await new Promise((resolve) => process.stdin.resume().once("end", resolve))
await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  const row = yield* store.compareAndSet(aKey(tenant), undefined, aRecord())
  tell(row === undefined ? "lost" : "written")
}).pipe(Effect.scoped, Effect.runPromise)
