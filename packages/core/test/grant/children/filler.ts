/** Writes one grant after another until the store fails, and tells what was stored and how it failed. */
import { rmSync } from "node:fs"
import { Effect } from "effect"
import { aKey, aRecord, openSqlite } from "../openStore.ts"
import { tell } from "./tell.ts"

const [path = "", ballast] = process.argv.slice(2)

const write = (store: Effect.Success<ReturnType<typeof openSqlite>>, number: number) =>
  store.compareAndSet(aKey(`tenant-${number}`), undefined, aRecord({ sealed: "x".repeat(20_000) }))

await Effect.gen(function* () {
  const store = yield* openSqlite({ path })
  let stored = 0
  const error = yield* Effect.flip(
    Effect.forever(
      Effect.suspend(() => write(store, stored)).pipe(
        Effect.andThen(
          Effect.sync(() => {
            stored++
          })
        )
      )
    )
  )
  let readable = 0
  for (let number = 0; number < stored; number++) {
    if ((yield* store.read(aKey(`tenant-${number}`))) !== undefined) readable++
  }
  const half = yield* store.read(aKey(`tenant-${stored}`))
  // the disk has room again
  if (ballast !== undefined) rmSync(ballast)
  const again = yield* Effect.exit(write(store, stored))
  tell({
    stored,
    readable,
    half: half !== undefined,
    again: again._tag,
    code: error.code,
    reason: error.reason._tag,
    message: error.message
  })
}).pipe(Effect.scoped, Effect.runPromise)
