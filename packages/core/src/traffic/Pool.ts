import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { poolInUse, poolWaiting } from "../telemetry/metrics.ts"

/** What a pool is asked for. */
export interface PermitRequest {
  /** how many permits the pool has, as far as this caller knows; the newest statement counts */
  readonly limit: number
  /** a renewal goes to the head of the queue: everybody behind it waits for what it brings */
  readonly ahead: boolean
  /** called when this is the first that has to wait, which nobody did before */
  readonly onSaturated?: (() => void) | undefined
}

/** The right to send one request. */
export interface Permit {
  /** gives it back; the second time does nothing */
  readonly release: () => void
}

/** What a pool is doing. */
export interface PoolState {
  readonly limit: number
  readonly inUse: number
  readonly waiting: number
}

/** A pool as the client of one of its connections sees it. */
export interface PoolReading extends Omit<PoolState, "limit"> {
  /** what shares it: the company, case folded; a client id or a tenant while no company is known */
  readonly pool: string
  /** how many requests it lets through at a time */
  readonly permits: number
}

/** Reads a pool, which has its permits even while nobody uses it. */
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
 * The permits of all pools. In one process a map in memory will do; several processes that serve the same company
 * need one that they share.
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
     * A permit that outlives the effect which got it, such as one that is held until a body was read. Waiting for it can
     * be interrupted; whoever asks sees to it that nothing can come between getting it and noting that it has to be
     * released.
     */
    readonly acquire: (pool: string, request: PermitRequest) => Effect.Effect<Permit>
    readonly state: (pool: string) => Effect.Effect<PoolState>
  }
>()("@sage-auth/core/Coordination") {}

interface Waiter {
  granted: boolean
  grant: () => void
}

/** Tells how many permits were taken or given back, and how many waiters came or went. */
type Observe = (inUse: number, waiting: number) => void

class MemoryPool {
  limit = 0
  inUse = 0
  /** who holds or wants a permit: the pool is forgotten when nobody does */
  users = 0
  /** renewals first, then calls, each in order of arrival */
  readonly ahead: Array<Waiter> = []
  readonly behind: Array<Waiter> = []
  readonly #observe: Observe

  constructor(observe: Observe) {
    this.#observe = observe
  }

  take(request: PermitRequest): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.limit = request.limit
      if (this.inUse < this.limit && this.waiting === 0) {
        this.#occupy(0)
        return Effect.void
      }
      const queue = request.ahead ? this.ahead : this.behind
      // made before it can be interrupted, which may be before it has queued
      const waiter: Waiter = { granted: false, grant: () => {} }
      return Effect.callback<void>((resume) => {
        waiter.grant = () => resume(Effect.void)
        if (this.waiting === 0 && this.inUse >= this.limit) request.onSaturated?.()
        queue.push(waiter)
        this.#observe(0, 1)
        // the limit may have been raised since the others began to wait
        this.#serve()
      }).pipe(
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            // granted and interrupted at once: the permit was never seen, so it goes back
            if (waiter.granted) return this.release()
            const index = queue.indexOf(waiter)
            if (index < 0) return
            queue.splice(index, 1)
            this.#observe(0, -1)
          })
        )
      )
    })
  }

  release(): void {
    this.inUse--
    this.#observe(-1, 0)
    this.#serve()
  }

  get waiting(): number {
    return this.ahead.length + this.behind.length
  }

  #occupy(waiters: number): void {
    this.inUse++
    this.#observe(1, -waiters)
  }

  #serve(): void {
    while (this.inUse < this.limit) {
      const waiter = this.ahead.shift() ?? this.behind.shift()
      if (waiter === undefined) return
      this.#occupy(1)
      waiter.granted = true
      waiter.grant()
    }
  }
}

const once = (giveBack: () => void): Permit => {
  let held = true
  return {
    release: () => {
      if (!held) return
      held = false
      giveBack()
    }
  }
}

const idle: PoolState = { limit: 0, inUse: 0, waiting: 0 }

const openMemory = (context: Context.Context<never>): Coordination["Service"] => {
  const pools = new Map<string, MemoryPool>()
  const observe: Observe = (inUse, waiting) => {
    if (inUse !== 0) poolInUse.modifyUnsafe(inUse, context)
    if (waiting !== 0) poolWaiting.modifyUnsafe(waiting, context)
  }
  const join = (name: string): MemoryPool => {
    const found = pools.get(name)
    const pool = found ?? new MemoryPool(observe)
    if (found === undefined) pools.set(name, pool)
    pool.users++
    return pool
  }
  const leave = (name: string, pool: MemoryPool): void => {
    if (--pool.users === 0) pools.delete(name)
  }
  return Coordination.of({
    withPermit: (name, request) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const pool = join(name)
          const held = Effect.ensuring(
            restore(effect),
            Effect.sync(() => pool.release())
          )
          return Effect.ensuring(
            Effect.andThen(restore(pool.take(request)), held),
            Effect.sync(() => leave(name, pool))
          )
        })
      ),
    acquire: (name, request) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          const pool = join(name)
          return Effect.interruptible(pool.take(request)).pipe(
            Effect.onInterrupt(() => Effect.sync(() => leave(name, pool))),
            Effect.as<Permit>(
              once(() => {
                pool.release()
                leave(name, pool)
              })
            )
          )
        })
      ),
    state: (name) =>
      Effect.sync(() => {
        const pool = pools.get(name)
        return pool === undefined ? idle : { limit: pool.limit, inUse: pool.inUse, waiting: pool.waiting }
      })
  })
}

/** Pools of one process. A pool that nobody uses takes no memory. */
export const layerMemory: Layer.Layer<Coordination> = Layer.effect(
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
