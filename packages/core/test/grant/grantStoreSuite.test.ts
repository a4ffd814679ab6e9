import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runInNewContext } from "node:vm"
import { assert, describe, it, onTestFinished } from "vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type GrantKey, GrantStore, MeterStore, OnceStore } from "../../src/grant/GrantStore.ts"
import { layerGrantStoreMemory } from "../../src/grant/memory.ts"
import { layerGrantStoreSqlite } from "../../src/grant/sqlite.ts"
import { grantStoreSuite, register, storeSuite } from "../../src/testing/grantStoreSuite.ts"
import { whole, type WholeStore } from "./openStore.ts"
import { command, startChild } from "./startChild.ts"

type Store = WholeStore

type Run = Parameters<typeof register>[1]

/** Runs a test of the suite by a clock of its own: what waits for time waits for nothing else. */
const inTestTime: Run = (test) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(test)
    while (fiber.pollUnsafe() === undefined) {
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      yield* TestClock.adjust(10)
    }
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise)

/** Runs the suite on a store by hand; gives the titles that failed. */
const failuresOf = async (
  layer: Layer.Layer<GrantStore>,
  durable = false,
  run: Run = Effect.runPromise
): Promise<ReadonlyArray<string>> => {
  const tests: Array<readonly [string, () => Promise<void>]> = []
  register(
    {
      name: "broken",
      layer,
      durable,
      describe: (_name, body) => body(),
      it: (title, body) => tests.push([title, body])
    },
    run
  )
  const results = await Promise.all(
    tests.map(([, body]) =>
      body().then(
        () => true,
        () => false
      )
    )
  )
  return tests.filter((_, index) => results[index] === false).map(([title]) => title)
}

const broken = (change: (store: Store) => Partial<Store>): Layer.Layer<GrantStore> =>
  Layer.effectContext(
    Effect.map(Effect.context<GrantStore | OnceStore | MeterStore>(), (services) => {
      const store = whole(services)
      const { meters, once, ...grants } = { ...store, ...change(store) }
      return Context.make(GrantStore, grants).pipe(Context.add(OnceStore, once), Context.add(MeterStore, meters))
    })
  ).pipe(Layer.provide(layerGrantStoreMemory))

/** copies into classes of another realm, as a store does that copies by structuredClone when Jest runs it */
const elsewhere = runInNewContext(`(function copy(value) {
  if (typeof value !== "object" || value === null) return value
  if (Object.prototype.toString.call(value) === "[object Array]") return Array.from(value, copy)
  return Object.fromEntries(Object.keys(value).map((name) => [name, copy(value[name])]))
})`) as <A>(value: A) => A

const fold = (key: GrantKey): GrantKey => ({ ...key, tenant: key.tenant.toLowerCase() })

const faults: { readonly [fault: string]: (store: Store) => Partial<Store> } = {
  "compares no revision": (store) => ({
    compareAndSet: (key, _revision, next, options) =>
      Effect.flatMap(store.read(key), (row) => store.compareAndSet(key, row?.revision, next, options))
  }),
  "folds the case of tenants": (store) => {
    return {
      read: (key) => store.read(fold(key)),
      compareAndSet: (key, revision, next, options) => store.compareAndSet(fold(key), revision, next, options)
    }
  },
  "forgets the intent": (store) => ({
    compareAndSet: (key, revision, next, options) =>
      store.compareAndSet(key, revision, next && { ...next, intent: undefined }, options)
  }),
  "starts the age anew when it is sealed again": (store) => ({
    compareAndSet: (key, revision, next) => store.compareAndSet(key, revision, next)
  }),
  "never wakes anybody": () => ({
    changed: (_key, _revision, milliseconds) => Effect.sleep(milliseconds)
  }),
  "gives what can be used once again and again": (store) => {
    const taken = new Map<string, string>()
    return {
      once: {
        ...store.once,
        take: (id) =>
          Effect.map(store.once.take(id), (text) => {
            if (text !== undefined) taken.set(id, text)
            return taken.get(id)
          })
      }
    }
  },
  "takes what is only read": (store) => ({ once: { ...store.once, read: (id) => store.once.take(id) } }),
  "shows what has expired": (store) => {
    const put = new Map<string, string>()
    return {
      once: {
        put: (id, sealed, expiresAt) => {
          put.set(id, sealed)
          return store.once.put(id, sealed, expiresAt)
        },
        take: (id) => {
          put.delete(id)
          return store.once.take(id)
        },
        read: (id) => Effect.sync(() => put.get(id))
      }
    }
  },
  "overwrites what is there already": (store) => ({
    once: {
      ...store.once,
      put: (id, sealed, expiresAt) => Effect.andThen(store.once.take(id), store.once.put(id, sealed, expiresAt))
    }
  }),
  "adds to a meter in two steps": (store) => ({
    meters: {
      ...store.meters,
      add: (company, month, transactions) =>
        Effect.gen(function* () {
          const before = yield* store.meters.read(company, month)
          yield* Effect.yieldNow
          yield* store.meters.set(company, month, before + transactions)
          return before + transactions
        })
    }
  }),
  "gives the same page for ever": (store) => ({
    list: (filter) => Effect.map(store.list({ ...filter, after: undefined }), (page) => ({ ...page, next: undefined }))
  }),
  "lists what is not due": (store) => ({ list: (filter) => store.list({ ...filter, dueBefore: undefined }) })
}

describe("the contract suite of grant stores", () => {
  it("is content with a store that keeps the contract", async () => {
    assert.deepStrictEqual(await failuresOf(layerGrantStoreMemory), [])
    assert.deepStrictEqual(await failuresOf(layerGrantStoreMemory, false, inTestTime), [])
  })

  it("compares what is in a record and a page, and not what made them", async () => {
    const copying = broken((store) => ({
      read: (key) => Effect.map(store.read(key), elsewhere),
      compareAndSet: (...written) => Effect.map(store.compareAndSet(...written), elsewhere),
      list: (filter) => Effect.map(store.list(filter), elsewhere)
    }))
    assert.deepStrictEqual(await failuresOf(copying), [])
  })

  it("is content with a lasting store for grants alone", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sage-auth-grants-alone-"))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const grantsAlone = Layer.effect(GrantStore, Effect.service(GrantStore)).pipe(
      Layer.provide(layerGrantStoreSqlite({ path: join(directory, "grants.db") })),
      Layer.orDie
    )
    assert.deepStrictEqual(await failuresOf(grantsAlone, true), [])
  })

  it("misses the records of a lasting store that keeps them in memory", async () => {
    assert.includeMembers(
      [
        ...(await failuresOf(
          broken(() => ({ durable: true })),
          true
        ))
      ],
      ["has what can be used once again after it was closed", "goes on counting from where it was closed"]
    )
  })

  for (const [fault, change] of Object.entries(faults)) {
    it(`finds a store that ${fault}`, async () => {
      assert.isAbove((await failuresOf(broken(change), false, inTestTime)).length, 0)
    })
  }

  it("finds a store that calls itself durable and is not", async () => {
    const layer = broken(() => ({ durable: true }))
    assert.include(await failuresOf(layer, true), "has everything again after it was closed")
  })

  it("is told from that of stores with promises, whichever of the two is taken for the other", async () => {
    const tests: Array<() => Promise<void>> = []
    const given = {
      name: "mistaken",
      durable: false,
      describe: (_name: string, body: () => void) => body(),
      it: (_title: string, body: () => Promise<void>) => tests.push(body)
    }
    storeSuite({ ...given, open: () => layerGrantStoreMemory as never })
    for (const said of [
      await tests[0]?.().catch(String),
      await Promise.resolve({ ...given, layer: { grants: {} } as never })
        .then(grantStoreSuite)
        .catch(String)
    ]) {
      assert.match(
        String(said),
        /(?:grantStoreSuite of "@sage-auth\/core\/effect\/testing"|storeSuite of "@sage-auth\/core\/testing")/
      )
    }
  })

  it("runs under node:test as it does here", () =>
    Effect.gen(function* () {
      const child = yield* startChild(command("suiteInNodeTest"))
      let output = ""
      child.process.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
      assert.strictEqual((yield* Effect.promise(() => child.ended)).code, 0, output)
      assert.match(output, /tests \d\d/)
    }).pipe(Effect.scoped, Effect.runPromise))
})
