import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { startChild } from "../grant/startChild.ts"

const script = fileURLToPath(new URL("children/tenants.ts", import.meta.url))

/** of each connection; the last are disconnected 200,000 times and do nothing else */
const lives = ["books", "payables", "erp", "things", "disconnections"]

it.effect("tenants that were used and disconnected leave no memory behind them", () =>
  Effect.gen(function* () {
    const child = yield* startChild([process.execPath, script])
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
