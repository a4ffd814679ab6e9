import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { GrantFilter } from "../../src/grant/GrantStore.ts"
import { listingOf, orderOf } from "../../src/grant/sqlite/rows.ts"
import { aKey, aRecord, openSqlite, temporaryDirectory } from "./openStore.ts"

const filters: ReadonlyArray<readonly [GrantFilter, string]> = [
  [{ dueBefore: 5 }, "grants_by_due_at"],
  [{ dueBefore: 5, surface: "business-cloud", connection: "books" }, "grants_by_due_at"],
  [{ keyIdIsNot: "key-1" }, "grants_by_key_id"],
  [{ keyIdIsNot: "key-1", surface: "business-cloud", connection: "books" }, "grants_by_key_id"],
  [{ state: "in-doubt" }, "grants_by_state"],
  [{ tenant: "acme" }, "grants_by_tenant"],
  [{ surface: "business-cloud", connection: "books" }, "sqlite_autoindex_grants_1"]
]

describe("listing from SQLite", () => {
  it.live("goes along an index in its order, on the first page and on later ones, and sorts nothing", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      const store = yield* openSqlite({ path })
      const row = yield* store.compareAndSet(aKey(), undefined, aRecord({ dueAt: 1 }))
      assert.isDefined(row)
      const database = new DatabaseSync(path)
      for (const [filter, index] of filters) {
        const order = orderOf(filter)
        for (const after of [undefined, order.positionOf(row)]) {
          const { parameters, sql } = listingOf(filter, order, { after, limit: 10 }, 1_000)
          const plan = database.prepare(`explain query plan ${sql}`).all(parameters)
          const steps = plan.map(({ detail }) => String(detail))
          // what is due is at most a page when it meets what a clock that ran ahead has left, which is none, as a rule
          const page =
            filter.dueBefore === undefined
              ? steps
              : steps.slice(
                  0,
                  steps.findIndex((step) => step.startsWith("SCAN ("))
                )
          assert.isTrue(
            page.some((step) => step.includes(index)),
            steps.join("; ")
          )
          assert.isFalse(
            page.some((step) => step.includes("TEMP B-TREE")),
            steps.join("; ")
          )
          assert.strictEqual(
            steps.some((step) => step.includes("grants_by_sealed_at (sealed_at>?)")),
            filter.dueBefore !== undefined,
            steps.join("; ")
          )
        }
      }
      database.close()
    })
  )

  it.live("gives what is due by its date", () =>
    Effect.gen(function* () {
      const store = yield* openSqlite({ path: join(yield* temporaryDirectory, "grants.db") })
      for (const [tenant, dueAt] of Object.entries({ a: 30, b: 10, c: 20, d: 40 })) {
        yield* store.compareAndSet(aKey(tenant), undefined, aRecord({ dueAt }))
      }
      const first = yield* store.list({ dueBefore: 30, limit: 2 })
      const second = yield* store.list({ dueBefore: 30, limit: 2, after: first.next })
      assert.deepStrictEqual(
        [...first.rows, ...second.rows].map(({ key }) => key.tenant),
        ["b", "c", "a"]
      )
      // a cursor belongs to its order
      const error = yield* Effect.flip(store.list({ after: first.next }))
      assert.include(error.message, "cursor")
    })
  )
})
