import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { command, startChild } from "../grant/startChild.ts"
import { tenantsLeaveNothing } from "./tenantsLeave.ts"

// the storms disconnect 200,000
it.effect("tenants that were used and disconnected leave no memory behind them", () => tenantsLeaveNothing())

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
    })
)
