import * as Layer from "effect/Layer"
import assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { layerGrantStoreFromPort } from "../grant/storeFromPort.ts"
import { GrantStore, MeterStore, OnceStore } from "../grant/GrantStore.ts"
import { atOnce, type Case, caseOf, meterCase, onceCase, type Open, sameContent, unique } from "./grant-store/Case.ts"
import { changes, durability, writers } from "./grant-store/changes.ts"
import { listing, names, records } from "./grant-store/records.ts"
import type { StorePort } from "../grant/StorePort.ts"
import { madeByEffect } from "../config/options.ts"
import { misconfigured } from "../errors/SageAuthError.ts"

/** Who holds leases. */
const owners: ReadonlyArray<Case> = [
  caseOf("has one name for this process, which it does not take for dead", (store) =>
    Effect.gen(function* () {
      const names = yield* Effect.all([store.owner, store.owner], { concurrency: "unbounded" })
      assert.equal(names[0], names[1])
      assert.ok(names[0].length > 0)
      assert.notEqual(yield* store.alive(names[0]), false)
    })
  ),
  caseOf("does not take an unknown owner for alive", (store) =>
    Effect.map(store.alive(unique("unknown")), (alive) => assert.notEqual(alive, true))
  )
]

const minute = 60_000

/** What can be used once. */
const singleUse: ReadonlyArray<Case> = [
  onceCase("gives what was put to one of 50 takers", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* once.put(id, "sealed", (yield* store.now) + minute), true)
      const taken = yield* atOnce(50, () => once.take(id))
      sameContent(
        taken.filter((text) => text !== undefined),
        ["sealed"]
      )
      assert.equal(yield* once.take(id), undefined)
    })
  ),
  onceCase("shows what was put to every reader, and leaves it there until it is taken", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* once.put(id, "sealed", (yield* store.now) + minute)
      sameContent(yield* atOnce(20, () => once.read(id)), Array<string>(20).fill("sealed"))
      assert.equal(yield* once.take(id), "sealed")
      assert.equal(yield* once.read(id), undefined)
    })
  ),
  onceCase("lets one of 50 put under the same id, and keeps what that one put", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      const expiresAt = (yield* store.now) + minute
      const put = yield* atOnce(50, (index) => once.put(id, `sealed-${index}`, expiresAt))
      assert.equal(put.filter((first) => first).length, 1)
      assert.equal(yield* once.take(id), `sealed-${put.indexOf(true)}`)
    })
  ),
  onceCase("knows nothing of an id that was never put", (once) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* once.read(id), undefined)
      assert.equal(yield* once.take(id), undefined)
    })
  ),
  onceCase("gives nothing that has expired, and frees its id", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* once.put(id, "late", yield* store.now)
      assert.equal(yield* once.read(id), undefined)
      assert.equal(yield* once.take(id), undefined)
      yield* once.put(id, "late", yield* store.now)
      assert.equal(yield* once.put(id, "fresh", (yield* store.now) + minute), true)
      assert.equal(yield* once.take(id), "fresh")
    })
  )
]

const month = "2026-11"

/** What counts a company's transactions. */
const counting: ReadonlyArray<Case> = [
  meterCase("starts at zero", (meters) =>
    Effect.map(meters.read(unique("company"), month), (count) => assert.equal(count, 0))
  ),
  meterCase("loses no transaction of 50 that are added at once, and gives each adder its own sum", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      const sums = yield* atOnce(50, () => meters.add(company, month, 2))
      sameContent(
        sums.toSorted((a, b) => a - b),
        Array.from({ length: 50 }, (_, index) => (index + 1) * 2)
      )
      assert.equal(yield* meters.read(company, month), 100)
    })
  ),
  meterCase("keeps companies and months apart", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* meters.add(company, month, 3)
      yield* meters.add(company, "2026-12", 5)
      yield* meters.add(`${company}-2`, month, 7)
      const counts = yield* Effect.all([
        meters.read(company, month),
        meters.read(company, "2026-12"),
        meters.read(`${company}-2`, month)
      ])
      sameContent(counts, [3, 5, 7])
    })
  ),
  meterCase("goes on from what it was set to", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* meters.set(company, month, 90_000)
      assert.equal(yield* meters.add(company, month, 1), 90_001)
      yield* meters.set(company, month, 12)
      assert.equal(yield* meters.read(company, month), 12)
    })
  )
]

/** What the suite is told about an implementation, and the test framework that runs it. */
export interface GrantStoreSuiteOptions<E> {
  /** said in the titles */
  readonly name: string
  /**
   * The store. It is built anew for each test, and twice at once in some. A durable one has to find its data again. It
   * need not be empty: the suite uses names of its own and looks at nothing else.
   */
  readonly layer: Layer.Layer<GrantStore, E>
  /** whether it outlives the process: then the suite also closes it, opens it again, and opens it twice */
  readonly durable: boolean
  /** of vitest, `node:test` or any other framework in their manner */
  readonly describe: (name: string, body: () => void) => unknown
  /** of the same framework: one test, with its title */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

const shared: { readonly [subject: string]: ReadonlyArray<Case> } = {
  records,
  "many writers": writers,
  listing,
  "waiting for a change": changes,
  names,
  "single use": singleUse,
  meters: counting,
  owners
}

/**
 * Registers the tests that every grant store has to pass. Nothing in this library relies on more than they show.
 *
 * Assertions are those of `node:assert`; times are real, and no test waits longer than it must.
 *
 * @example
 * ```ts
 * import { describe, it } from "vitest"
 * import { grantStoreSuite } from "@sage-auth/core/testing"
 *
 * grantStoreSuite({ name: "my store", layer: MyStore.layer, durable: true, describe, it })
 * ```
 *
 * @category testing
 */
export const grantStoreSuite = <E>(options: GrantStoreSuiteOptions<E>): void => {
  if (Layer.isLayer(options.layer)) return register(options, Effect.runPromise)
  throw mistaken("layer", 'a layer: a store with promises is for storeSuite of "@sage-auth/core/testing"')
}

/** The same where something else runs the effects, for the tests of this suite. */
export const register = <E>(
  { describe, durable, it, layer, name }: GrantStoreSuiteOptions<E>,
  run: (test: Effect.Effect<void, unknown>) => Promise<void>
): void => {
  const open: Open = Effect.map(Layer.build(Layer.fresh(layer)), (services) => ({
    ...Context.get(services, GrantStore),
    once: Option.getOrUndefined(Context.getOption(services, OnceStore)),
    meters: Option.getOrUndefined(Context.getOption(services, MeterStore))
  }))
  const subjects = durable ? { ...shared, durability } : shared
  describe(`grant store: ${name}`, () => {
    for (const [subject, cases] of Object.entries(subjects)) {
      describe(subject, () => {
        for (const { test, title } of cases) {
          it(title, () => run(Effect.scoped(test(open, durable))))
        }
      })
    }
  })
}

/** What the suite is told about an implementation, and the test framework that runs it. */
export interface StoreSuiteOptions {
  /** said in the titles */
  readonly name: string
  /**
   * Makes the store. It is made anew for each test, and twice at once in some. A durable one has to find its data
   * again. It need not be empty: the suite uses names of its own and looks at nothing else.
   */
  readonly open: () => StorePort
  /** whether it outlives the process: then the suite also closes it, opens it again, and opens it twice */
  readonly durable: boolean
  /** of vitest, `node:test` or any other framework in their manner */
  readonly describe: (name: string, body: () => void) => unknown
  /** of the same framework: one test, with its title */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/**
 * Registers the tests that every store has to pass. Nothing in this library relies on more than they show.
 *
 * @category testing
 */
export const storeSuite = ({ open, ...rest }: StoreSuiteOptions): void =>
  grantStoreSuite({ ...rest, layer: Layer.suspend(() => layerGrantStoreFromPort(portOf(open()))) })

const portOf = (store: StorePort): StorePort => {
  if (madeByEffect("Layer", store) === undefined) return store
  throw mistaken("open()", 'a store with promises: a layer is for grantStoreSuite of "@sage-auth/core/effect/testing"')
}

const mistaken = (option: string, expected: string) => misconfigured([{ option, expected }])
