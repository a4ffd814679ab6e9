import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { command, startChild } from "../grant/startChild.ts"

/** of each connection; the last are disconnected and do nothing else */
const lives = ["books", "payables", "erp", "things", "disconnections"]

/** Tenants live in a process of their own, and leave no memory behind them. */
export const tenantsLeaveNothing = (...settings: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* startChild(command("tenants", ...settings))
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
