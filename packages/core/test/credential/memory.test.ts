import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { command, startChild } from "../grant/startChild.ts"

/** of each connection; the last are disconnected 200,000 times and do nothing else */
const lives = ["books", "payables", "erp", "things", "disconnections"]

it.effect("tenants that were used and disconnected leave no memory behind them", () =>
  Effect.gen(function* () {
    const child = yield* startChild(command("tenants"))
    for (const what of lives) {
      const told = yield* Effect.promise(child.told)
      const {
        grown,
        names,
        what: of
      } = told as {
        readonly what: string
        /** what is taken after all of them, more than after the first few, in kilobytes */
        readonly grown: number
        /** how large their names are together, which any map by tenant would keep */
        readonly names: number
      }
      assert.strictEqual(of, what)
      assert.isBelow(grown, names / 2, `${what}: ${grown} kB of ${names} kB of names`)
    }
    assert.deepStrictEqual(yield* Effect.promise(() => child.ended), { code: 0, signal: null })
  })
)

it.effect(
  "tokens of client credentials are kept by the cache alone, which is bounded, and not once more in the memory store",
  () =>
    Effect.gen(function* () {
      const child = yield* startChild(command("clientCredentials"))
      for (const expected of ["rest", "erp"]) {
        const { connection, perTenant, token } = (yield* Effect.promise(child.told)) as {
          readonly connection: string
          /** what a tenant takes beyond the cache's capacity, in kilobytes */
          readonly perTenant: number
          readonly token: number
        }
        assert.strictEqual(connection, expected)
        assert.isBelow(perTenant, token / 2, `${connection}: ${perTenant} kB for a token of ${token} kB`)
      }
      assert.deepStrictEqual(yield* Effect.promise(() => child.ended), { code: 0, signal: null })
    }),
  120_000
)
