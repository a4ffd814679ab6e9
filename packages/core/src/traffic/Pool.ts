import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { BroadcastPort, CoordinationPort, Permit, PermitRequest, PoolState } from "./CoordinationPort.ts"
import { poolInUse, poolWaiting } from "../telemetry/instrumentation.ts"

/** A pool as the client of one of its connections sees it. */
export interface PoolReading extends Omit<PoolState, "limit"> {
  /** what shares it: the company, case folded; a client id or a tenant while no company is known */
  readonly pool: string
  /** how many requests it lets through at a time */
  readonly permits: number
}

/** Short texts that reach all processes that listen. Failures are of any kind: who sends goes on without. */
export interface Broadcast {
  /** tells all processes; 7,000 bytes of UTF-8 at most */
  readonly send: (text: string) => Effect.Effect<void, unknown>
  /** listens until the scope closes; done when it does */
  readonly listen: (heard: (text: string) => void) => Effect.Effect<void, unknown, Scope.Scope>
}

/** Reads a pool, which has its permits even while it is unused. */
export const readPool = (
  coordination: Coordination["Service"],
  pool: string,
  permits: number
): Effect.Effect<PoolReading> =>
  Effect.map(coordination.state(pool), ({ inUse, limit, waiting }) => ({
    pool,
    permits: limit === 0 ? permits : limit,
    inUse,
    waiting
  }))

/**
 * The permits of all pools. One process needs no more than a map in memory. Several processes that serve the same
 * company need one that they share.
 */
export class Coordination extends Context.Service<
  Coordination,
  {
    /**
     * Runs an effect while holding one permit of that pool. Waiters are served in order; one that is interrupted
     * leaves the queue.
     */
    readonly withPermit: (
      pool: string,
      request: PermitRequest
    ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /**
     * A permit that outlives the effect which got it, such as one that is held until a body was read. Waiting for it
     * can be interrupted. The caller sees to it that nothing comes between getting it and noting that it must be
     * released.
     */
    readonly acquire: (pool: string, request: PermitRequest) => Effect.Effect<Permit>
    /**
     * `acquire` without a fiber, where the pools are in this process. It calls back with the permit, at once if one is
     * free. What it returns is for those who leave without an answer. It gives up their place in the queue, or the
     * permit.
     */
    readonly ask?:
      | ((pool: string, request: PermitRequest, onPermit: (permit: Permit) => void) => () => void)
      | undefined
    readonly state: (pool: string) => Effect.Effect<PoolState>
    /** what processes tell each other; undefined: they cannot */
    readonly broadcast?: Broadcast | undefined
  }
>()("@sage-auth/core/Coordination") {}

/** Somebody who waits, between who came before and who came after. */
interface PermitWaiter {
  readonly queue: Queue
  readonly request: PermitRequest
  readonly grant: () => void
  before: PermitWaiter | undefined
  after: PermitWaiter | undefined
  waits: boolean
}

/** Waiters in order of arrival. Each knows its neighbours: leaving takes no longer among thousands. */
class Queue {
  first: PermitWaiter | undefined = undefined
  #last: PermitWaiter | undefined = undefined

  add(request: PermitRequest, grant: () => void): PermitWaiter {
    const waiter: PermitWaiter = { queue: this, request, grant, before: this.#last, after: undefined, waits: true }
    if (this.#last === undefined) this.first = waiter
    else this.#last.after = waiter
    this.#last = waiter
    return waiter
  }

  remove({ after, before }: PermitWaiter): void {
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }
}

/** Gives a permit back when its holder is done, or has left without an answer. */
export const givenBack =
  ({ release }: Permit) =>
  (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
    Effect.sync(() => release(Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)))

const idle: PoolState = { limit: 0, inUse: 0, waiting: 0 }

/** Tells how many permits were taken or given back, and how many waiters came or went. */
type Observe = (inUse: number, waiting: number) => void

class MemoryPool {
  limit = 0
  inUse = 0
  waiting = 0
  /** renewals first, then calls, each in order of arrival */
  readonly #ahead = new Queue()
  readonly #behind = new Queue()
  readonly #observe: Observe
  readonly #unused: () => void
  /** who holds or wants a permit */
  #users = 0
  #serving = false
  /** what comes free next comes from somebody who gave up waiting for an answer */
  #hung = false

  constructor(observe: Observe, unused: () => void) {
    this.#observe = observe
    this.#unused = unused
  }

  get state(): PoolState {
    return this.#users === 0 ? idle : { limit: this.limit, inUse: this.inUse, waiting: this.waiting }
  }

  ask(request: PermitRequest, onPermit: (permit: Permit) => void): () => void {
    this.limit = request.limit
    const free = this.inUse < this.limit
    if (!free && this.waiting === 0) request.onSaturated?.()
    this.#users++
    if (free && this.waiting === 0) {
      const permit = this.#permit()
      onPermit(permit)
      return () => permit.release(true)
    }
    let permit: Permit | undefined
    let waiter: PermitWaiter | undefined = (request.ahead ? this.#ahead : this.#behind).add(request, () => {
      waiter = undefined
      permit = this.#permit()
      onPermit(permit)
    })
    this.waiting++
    this.#observe(0, 1)
    // the limit may have been raised since the others began to wait
    if (free) this.#serveSoon()
    return () => {
      if (permit !== undefined) return permit.release(true)
      if (waiter === undefined) return
      this.#pass(waiter)
      waiter = undefined
      this.#leave()
    }
  }

  #permit(): Permit {
    this.inUse++
    this.#observe(1, 0)
    let held = true
    return {
      release: (hung = false) => {
        if (!held) return
        held = false
        this.inUse--
        this.#observe(-1, 0)
        if (this.waiting > 0) {
          if (hung) this.#hung = true
          this.#serveSoon()
        }
        this.#leave()
      }
    }
  }

  #leave(): void {
    if (--this.#users > 0) return
    // who comes to it later did not wait when somebody hung
    this.#hung = false
    this.#unused()
  }

  /** takes a waiter out of its queue, once */
  #pass(waiter: PermitWaiter): void {
    if (!waiter.waits) return
    waiter.waits = false
    waiter.queue.remove(waiter)
    this.waiting--
    this.#observe(0, -1)
  }

  /**
   * Not at once: calls whose time is up together, or that one signal aborts, end one after the other. Those who are
   * next to end must not be served in between, to send what is interrupted a moment later.
   */
  #serveSoon(): void {
    if (this.#serving) return
    this.#serving = true
    setImmediate(() => {
      this.#serving = false
      this.#serve()
    })
  }

  #serve(): void {
    const hung = this.#hung
    this.#hung = false
    while (this.inUse < this.limit) {
      const waiter = this.#ahead.first ?? this.#behind.first
      if (waiter === undefined) return
      this.#pass(waiter)
      if (waiter.request.wanted?.(hung) !== false) waiter.grant()
    }
  }
}

/** As many pools are kept while nobody uses them: to make one costs a call more than its permit. */
const mostKept = 100

const openMemory = (context: Context.Context<never>): Coordination["Service"] => {
  const pools = new Map<string, MemoryPool>()
  const observe: Observe = (inUse, waiting) => {
    if (inUse !== 0) poolInUse.modifyUnsafe(inUse, context)
    if (waiting !== 0) poolWaiting.modifyUnsafe(waiting, context)
  }
  const poolOf = (name: string): MemoryPool => {
    const found = pools.get(name)
    if (found !== undefined) return found
    const pool = new MemoryPool(observe, () => {
      if (pools.size > mostKept) pools.delete(name)
    })
    pools.set(name, pool)
    return pool
  }
  const ask = (name: string, request: PermitRequest, onPermit: (permit: Permit) => void) =>
    poolOf(name).ask(request, onPermit)
  const acquire = (
    name: string,
    request: PermitRequest,
    waiting: (permit: Effect.Effect<Permit>) => Effect.Effect<Permit>
  ): Effect.Effect<Permit> =>
    Effect.suspend(() => {
      // made before it can be interrupted, which may be before it has asked
      let leave: (() => void) | undefined
      return Effect.onInterrupt(
        waiting(
          Effect.callback<Permit>((resume) => {
            leave = ask(name, request, (permit) => resume(Effect.succeed(permit)))
          })
        ),
        // granted and interrupted at once: the permit was never seen, so it goes back
        () => Effect.sync(() => leave?.())
      )
    })
  return Coordination.of({
    withPermit: (name, request) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(acquire(name, request, restore), (permit) => Effect.onExit(restore(effect), givenBack(permit)))
      ),
    acquire: (name, request) => Effect.uninterruptible(acquire(name, request, Effect.interruptible)),
    ask,
    state: (name) => Effect.sync(() => pools.get(name)?.state ?? idle)
  })
}

/**
 * Pools of one process. Of those that nobody uses, no more than a hundred stay in memory.
 *
 * @category pools
 */
export const layerCoordinationMemory: Layer.Layer<Coordination> = Layer.effect(
  Coordination,
  Effect.map(Effect.context(), openMemory)
)

/**
 * Permits by performance tier, as Sage's page on transaction volumes and concurrency states them for one application.
 * Without a tier a company gets {@link defaultPermits}.
 *
 * Source: developer.sage.com, Intacct, Transaction volume, concurrency and scaling.
 */
export const permitsOfTier = { 1: 6, 2: 8, "2-500k": 8, 3: 12, 4: 15 } as const

/** A performance tier of Sage Intacct. */
export type Tier = keyof typeof permitsOfTier

/** Two connections for all traffic of a company: the older statement, and the one that is safe everywhere. */
export const defaultPermits = 2

const left = new DOMException("this permit is no longer waited for", "AbortError")

const ask = (port: CoordinationPort, pool: string, request: PermitRequest): Effect.Effect<Permit> =>
  Effect.suspend(() => {
    const leaving = new AbortController()
    let asked: Promise<Permit> | undefined
    return Effect.onInterrupt(
      Effect.interruptible(
        Effect.callback<Permit>((resume) => {
          asked = (async () => port.acquire(pool, request, leaving.signal))()
          asked.then(
            (permit) => resume(Effect.succeed(permit)),
            (thrown: unknown) => resume(Effect.die(thrown))
          )
        })
      ),
      () =>
        Effect.sync(() => {
          leaving.abort(left)
          // granted and interrupted at once: the port cannot know that the permit was never seen, so it goes back
          asked?.then(
            (permit) => permit.release(true),
            () => {}
          )
        })
    )
  })

const broadcastOf = (port: BroadcastPort): Broadcast => ({
  send: (text) => Effect.tryPromise(() => port.send(text)),
  listen: (heard) =>
    Effect.acquireRelease(Effect.tryPromise({ try: () => port.listen(heard), catch: (thrown) => thrown }), (end) =>
      Effect.sync(end)
    )
})

/**
 * The service of a coordination that was written with promises.
 *
 * @category pools
 */
export const layerCoordinationFromPort = (port: CoordinationPort): Layer.Layer<Coordination> =>
  Layer.effect(
    Coordination,
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.promise(async () => port.close?.()))
      return {
        acquire: (pool, request) => Effect.uninterruptible(ask(port, pool, request)),
        withPermit: (pool, request) => (effect) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(ask(port, pool, request), (permit) => Effect.onExit(restore(effect), givenBack(permit)))
          ),
        state: (pool) => Effect.promise(() => port.state(pool)),
        broadcast: port.broadcast && broadcastOf(port.broadcast)
      }
    })
  )
