import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What a pool is asked for. */
export interface PermitRequest {
  /** how many permits the pool has, as far as this caller knows; the newest statement counts */
  readonly limit: number
  /** a renewal goes to the head of the queue: everybody behind it waits for what it brings */
  readonly ahead: boolean
  /** called when this is the first that has to wait, which nobody did before */
  readonly onSaturated?: (() => void) | undefined
}

/** What a pool is doing. */
export interface PoolState {
  readonly limit: number
  readonly inUse: number
  readonly waiting: number
}

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
    readonly state: (pool: string) => Effect.Effect<PoolState>
  }
>()("@sage-auth/core/Coordination") {}

interface Waiter {
  granted: boolean
  readonly grant: () => void
}

class MemoryPool {
  limit = 0
  inUse = 0
  /** who holds or wants a permit: the pool is forgotten when nobody does */
  users = 0
  /** renewals first, then calls, each in order of arrival */
  readonly ahead: Array<Waiter> = []
  readonly behind: Array<Waiter> = []

  take(request: PermitRequest): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.limit = request.limit
      if (this.inUse < this.limit && this.waiting === 0) {
        this.inUse++
        return Effect.void
      }
      if (this.waiting === 0) request.onSaturated?.()
      const queue = request.ahead ? this.ahead : this.behind
      let waiter: Waiter
      return Effect.callback<void>((resume) => {
        waiter = { granted: false, grant: () => resume(Effect.void) }
        queue.push(waiter)
        // the limit may have been raised since the others began to wait
        this.serve()
      }).pipe(
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            // granted and interrupted at once: the permit was never seen, so it goes back
            if (waiter.granted) return this.release()
            const index = queue.indexOf(waiter)
            if (index >= 0) queue.splice(index, 1)
          })
        )
      )
    })
  }

  release(): void {
    this.inUse--
    this.serve()
  }

  get waiting(): number {
    return this.ahead.length + this.behind.length
  }

  private serve(): void {
    while (this.inUse < this.limit) {
      const waiter = this.ahead.shift() ?? this.behind.shift()
      if (waiter === undefined) return
      this.inUse++
      waiter.granted = true
      waiter.grant()
    }
  }
}

const idle: PoolState = { limit: 0, inUse: 0, waiting: 0 }

/** Pools of one process. A pool that nobody uses takes no memory. */
export const layerMemory: Layer.Layer<Coordination> = Layer.sync(Coordination, () => {
  const pools = new Map<string, MemoryPool>()
  return Coordination.of({
    withPermit: (name, request) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          let pool = pools.get(name)
          if (pool === undefined) pools.set(name, (pool = new MemoryPool()))
          const used = pool
          used.users++
          return restore(used.take(request)).pipe(
            Effect.andThen(
              Effect.ensuring(
                restore(effect),
                Effect.sync(() => used.release())
              )
            ),
            Effect.ensuring(
              Effect.sync(() => {
                if (--used.users === 0) pools.delete(name)
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
})

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
