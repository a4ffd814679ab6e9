/** Writes one version after another until it is killed, and tells each as soon as it is stored. */
import { Effect } from "effect"
import { updateRow } from "../../../src/grant/GrantRows.ts"
import { aKey, aRecord, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = ""] = process.argv.slice(2)

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  while (true) {
    const { row } = yield* updateRow(store, aKey(), (row) => {
      const version = (row?.version ?? 0) + 1
      return Effect.succeed(aRecord({ version, sealed: `${version}.`.repeat(2_000) }))
    })
    tell(row?.version)
  }
}).pipe(Effect.scoped, Effect.runPromise)
