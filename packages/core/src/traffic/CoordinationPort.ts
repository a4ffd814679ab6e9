import type { Permit, PermitRequest, PoolState } from "./Pool.ts"

/**
 * The permits of all pools, for several processes that serve the same company, with promises. Waiters of one pool are
 * served in order; `ahead` goes to the head of the queue.
 */
export interface CoordinationPort {
  /**
   * Waits for a permit. When the signal is aborted, the waiter leaves the queue and the promise rejects with the
   * signal's reason. A permit that was granted at that very moment has then been given back. A permit whose process has
   * died is free again after a while; the implementation chooses how long.
   *
   * To refuse, reject with `storeUnavailable(…)`: the call fails with it. What anything else says is not told.
   */
  acquire(pool: string, request: PermitRequest, signal: AbortSignal): Promise<Permit>
  /** what a pool is doing; `limit` 0 where it is not used */
  state(pool: string): Promise<PoolState>
  /** called once, when the application has closed */
  close?(): Promise<void>
}
