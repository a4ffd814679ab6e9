/** Adds one to the version of a row so many times, however often another process is faster. */
import { Effect } from "effect"
import { updateRow } from "../../../src/grant/GrantRows.ts"
import { aKey, aRecord, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = "", times = "0"] = process.argv.slice(2)

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  for (let done = 0; done < Number(times); done++) {
    yield* updateRow(store, aKey(), (row) => {
      const version = (row?.version ?? 0) + 1
      return Effect.succeed(aRecord({ version, sealed: `sealed-${version}` }))
    })
    yield* store.meters.add("acme", "2026-11", 1)
  }
  tell("done")
}).pipe(Effect.scoped, Effect.runPromise)
