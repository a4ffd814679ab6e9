import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { afterAll } from "vitest"
import { type GrantStore, type MeterStore, type OnceStore, unknownAge } from "../../src/grant/GrantStore.ts"
import { layerGrantStoreMemory } from "../../src/grant/memory.ts"
import { layerGrantStoreSqlite } from "../../src/grant/sqlite.ts"
import { create, existing, listAll, newKey, replace, unique } from "../../src/testing/grant-store/Case.ts"
import { whole } from "./openStore.ts"

const directory = mkdtempSync(join(tmpdir(), "sage-auth-clocks-"))
afterAll(() => rmSync(directory, { recursive: true }))

const year = 365 * 24 * 60 * 60_000
const start = Date.UTC(2026, 0, 1)

const stores: ReadonlyArray<readonly [string, () => Layer.Layer<GrantStore | OnceStore | MeterStore, unknown>]> = [
  ["memory", () => Layer.fresh(layerGrantStoreMemory)],
  ["SQLite", () => layerGrantStoreSqlite({ path: join(directory, `${unique("grants")}.db`) })]
]

describe.each(stores)("a clock that ran ahead for a while, in %s", (_name, layer) => {
  const opened = Effect.suspend(() => Effect.map(Layer.build(layer()), whole))

  it.effect("leaves records whose age nobody knows, until they are sealed again", () =>
    Effect.gen(function* () {
      const store = yield* opened
      yield* TestClock.setTime(start + year)
      const ahead = yield* create(store, newKey())
      yield* TestClock.setTime(start)
      assert.strictEqual((yield* existing(store, ahead.key)).age, unknownAge)
      yield* replace(store, ahead, { sealed: "other.nonce.ciphertext.tag", version: 2 })
      yield* TestClock.setTime(start + 1_000)
      assert.strictEqual((yield* existing(store, ahead.key)).age, 1_000)
    })
  )

  it.effect("leaves dates that are due now", () =>
    Effect.gen(function* () {
      const store = yield* opened
      const connection = unique("connection")
      yield* TestClock.setTime(start)
      yield* create(store, newKey({ connection, tenant: "in time" }), { dueAt: start + 7_000_000 })
      yield* create(store, newKey({ connection, tenant: "due" }), { dueAt: start - 1 })
      yield* TestClock.setTime(start + year)
      for (const tenant of ["ahead 1", "ahead 2"]) {
        yield* create(store, newKey({ connection, tenant }), { dueAt: start + year + 7_000_000 })
      }
      yield* create(store, newKey({ connection, tenant: "never" }))
      yield* TestClock.setTime(start)
      for (const limit of [1, 2, 100]) {
        const due = yield* listAll(store, { connection, dueBefore: start, limit })
        const tenants = due.map(({ key }) => key.tenant).toSorted()
        assert.deepStrictEqual(tenants, ["ahead 1", "ahead 2", "due"], `pages of ${limit}`)
      }
    })
  )

  it.effect("by a few seconds makes nothing old", () =>
    Effect.gen(function* () {
      const store = yield* opened
      yield* TestClock.setTime(start + 4_000)
      const row = yield* create(store, newKey())
      yield* TestClock.setTime(start)
      assert.strictEqual((yield* existing(store, row.key)).age, 0)
    })
  )
})
