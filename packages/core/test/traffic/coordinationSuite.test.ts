import { setImmediate as nextTurn } from "node:timers/promises"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { assert, describe, it } from "vitest"
import { coordinationSuite, registerCoordination } from "../../src/testing/coordinationSuite.ts"
import { Coordination, layerCoordinationFromPort, layerCoordinationMemory } from "../../src/traffic/Pool.ts"
import type {
  CoordinationInspection,
  CoordinationPort,
  Permit,
  PermitRequest
} from "../../src/traffic/CoordinationPort.ts"

const use = <A>(ask: (service: Coordination["Service"]) => Effect.Effect<A>) => Effect.flatMap(Coordination, ask)

/** The service as a port. */
const portOf = (layer: Layer.Layer<Coordination>): CoordinationPort => {
  const runtime = ManagedRuntime.make(layer)
  return {
    acquire: (pool, request, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        runtime
          .runPromise(
            use((service) => service.acquire(pool, request)),
            { signal }
          )
          .then(resolve, () => reject(signal.reason))
      }),
    state: (pool) => runtime.runPromise(use((service) => service.state(pool))),
    close: () => runtime.dispose()
  }
}

interface Waiting {
  readonly request: PermitRequest
  readonly grant: () => void
}

/** What a coordination of somebody else's may get wrong. */
interface Faults {
  readonly extra?: number
  readonly newestFirst?: boolean
  readonly noAhead?: boolean
  readonly releasesTwice?: boolean
  readonly staysInQueue?: boolean
  readonly ownReason?: boolean
  readonly ignoresAborted?: boolean
  readonly insists?: boolean
  readonly forgetsHung?: boolean
  readonly tellsEverybody?: boolean
  readonly firstLimit?: boolean
  readonly onePool?: boolean
  readonly remembers?: boolean
}

interface Shared {
  limit: number
  inUse: number
  readonly queue: Array<Waiting>
}

const plainPort = (faults: Faults, pools: Map<string, Shared>): CoordinationPort => {
  const named = (name: string) => (faults.onePool === true ? "one" : name)
  const take = (name: string): Permit => {
    const pool = pools.get(named(name))!
    pool.inUse++
    let held = true
    return {
      release: (hung = false) => {
        if (!held && faults.releasesTwice !== true) return
        held = false
        pool.inUse--
        serve(name, hung && faults.forgetsHung !== true)
      }
    }
  }
  const serve = (name: string, hung: boolean): void => {
    const pool = pools.get(named(name))!
    while (pool.queue.length > 0 && pool.inUse < pool.limit + (faults.extra ?? 0)) {
      const ahead = faults.noAhead === true ? -1 : pool.queue.findIndex(({ request }) => request.ahead)
      const [next] = pool.queue.splice(ahead >= 0 ? ahead : faults.newestFirst === true ? -1 : 0, 1)
      const { request, grant } = next!
      if (faults.insists === true || request.wanted === undefined || request.wanted(hung)) grant()
    }
    if (pool.inUse === 0 && pool.queue.length === 0 && faults.remembers !== true) pools.delete(named(name))
  }
  return {
    acquire: (name, request, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted && faults.ignoresAborted !== true) return reject(signal.reason)
        const pool = pools.get(named(name)) ?? { limit: request.limit, inUse: 0, queue: [] }
        pools.set(named(name), pool)
        if (faults.firstLimit !== true) pool.limit = request.limit
        if (pool.inUse < pool.limit + (faults.extra ?? 0) && pool.queue.length === 0) return resolve(take(name))
        if (pool.queue.length === 0 || faults.tellsEverybody === true) request.onSaturated?.()
        const waiting = { request, grant: () => resolve(take(name)) }
        pool.queue.push(waiting)
        serve(name, false)
        signal.addEventListener("abort", () => {
          const at = pool.queue.indexOf(waiting)
          if (at >= 0 && faults.staysInQueue !== true) pool.queue.splice(at, 1)
          reject(faults.ownReason === true ? new Error("aborted") : signal.reason)
        })
      }),
    state: async (name) => {
      const { inUse = 0, limit = 0, queue = [] } = pools.get(named(name)) ?? {}
      return { limit, inUse, waiting: queue.length }
    }
  }
}

const seenIn = (pools: ReadonlyMap<string, Shared>, processes: number): CoordinationInspection => {
  const used = [...pools.values()]
  return {
    place: "memory",
    processes,
    pools: used.length,
    inUse: used.reduce((sum, { inUse }) => sum + inUse, 0),
    waiting: used.reduce((sum, { queue }) => sum + queue.length, 0)
  }
}

interface Failed {
  readonly title: string
  readonly because: unknown
}

/** in turns of the event loop: nothing here waits for anything else, so what has not come by then never comes */
const turns = { look: 200, test: 5_000 }

/** Runs the suite by hand; gives what failed, where a test that hangs has failed as well. */
const failuresOf = async (open: () => CoordinationPort, shared = false): Promise<ReadonlyArray<Failed>> => {
  const tests: Array<readonly [string, () => Promise<void>]> = []
  registerCoordination(
    {
      name: "broken",
      open,
      shared,
      describe: (_name, body) => body(),
      it: (title, body) => tests.push([title, body])
    },
    { times: turns.look, pause: nextTurn }
  )
  const hangs = (async () => {
    for (let turn = 0; turn < turns.test; turn++) await nextTurn()
    return "it hangs"
  })()
  const failures = await Promise.all(
    tests.map(async ([title, body]) => {
      const because = await Promise.race([
        hangs,
        body().then(
          () => undefined,
          (thrown: unknown) => thrown ?? "failed"
        )
      ])
      return because === undefined ? [] : [{ title, because }]
    })
  )
  return failures.flat()
}

/** Each with the test that is there to find it. */
const faults: { readonly [fault: string]: readonly [Faults, finds: string] } = {
  "gives out one permit too many": [{ extra: 1 }, "gives out as many permits"],
  "serves the newest first": [{ newestFirst: true }, "in the order in which they came"],
  "lets nobody go ahead": [{ noAhead: true }, "say `ahead`"],
  "counts a permit that comes back twice as two": [{ releasesTwice: true }, "however often"],
  "keeps in its queue who has left": [{ staysInQueue: true }, "lets a waiter leave"],
  "rejects with a reason of its own": [{ ownReason: true }, "lets a waiter leave"],
  "serves who was aborted before": [{ ignoresAborted: true }, "aborted before"],
  "serves who does not want it": [{ insists: true }, "passes over"],
  "does not say that somebody hung": [{ forgetsHung: true }, "gave up waiting"],
  "tells everybody that it is full": [{ tellsEverybody: true }, "tells only the first"],
  "sticks to the first limit": [{ firstLimit: true }, "raises the limit"],
  "has one pool for everybody": [{ onePool: true }, "keeps pools apart"]
}

describe("the contract suite of coordinations", () => {
  coordinationSuite({ name: "memory", open: () => portOf(layerCoordinationMemory), shared: false, describe, it })

  const pools = new Map<string, Shared>()
  coordinationSuite({
    name: "through its own adapter",
    open: () => ({ ...plainPort({}, pools), inspect: async () => seenIn(pools, 2) }),
    shared: true,
    describe,
    it
  })
  coordinationSuite({
    name: "adapted twice",
    open: () => portOf(layerCoordinationFromPort(plainPort({}, new Map()))),
    shared: false,
    describe,
    it
  })

  it("refuses a layer, and says where it belongs", async () => {
    const failures = await failuresOf(() => layerCoordinationMemory as never)
    assert.isNotEmpty(failures)
    for (const { because } of failures) assert.include(String(because), 'SageAuth of "@sage-auth/core/effect"')
  })

  for (const [fault, [wrong, finds]] of Object.entries(faults)) {
    it(`finds one that ${fault}`, async () => {
      const failures = await failuresOf(() => plainPort(wrong, new Map()))
      assert.isTrue(
        failures.some(({ title }) => title.includes(finds)),
        JSON.stringify(failures)
      )
    })
  }

  it("finds one that shows who inspects it nobody but itself", async () => {
    const shared = new Map<string, Shared>()
    const open = () => ({ ...plainPort({}, shared), inspect: async () => seenIn(shared, 1) })
    assert.deepStrictEqual(
      (await failuresOf(open, true)).map(({ title }) => title),
      ["are seen by who inspects either of them, where it may be inspected"]
    )
  })

  it("finds one that calls itself shared and is not", async () => {
    const failures = await failuresOf(() => plainPort({}, new Map()), true)
    assert.includeMembers(
      failures.map(({ title }) => title),
      ["have one limit", "have one queue"]
    )
  })
})
