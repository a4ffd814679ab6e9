/** What a pool is asked for. */
export interface PermitRequest {
  /** how many permits the pool has, as far as this caller knows; the newest statement counts */
  readonly limit: number
  /** a renewal goes to the head of the queue: all calls behind it wait for what it brings */
  readonly ahead: boolean
  /** called when this is the first that has to wait */
  readonly onSaturated?: (() => void) | undefined
  /**
   * Asked in its turn: whether it still wants the permit. If not, it is passed over and never called back. Who says no
   * leaves by themselves. `hung`: the permit comes from a caller that gave up waiting for an answer. Default: it does.
   */
  readonly wanted?: ((hung: boolean) => boolean) | undefined
}

/** The right to send one request. */
export interface Permit {
  /**
   * gives it back; the second time does nothing. `hung`: without an answer, which did not come in time. Default false
   */
  readonly release: (hung?: boolean) => void
}

/** What a pool is doing. */
export interface PoolState {
  /** how many permits there are */
  readonly limit: number
  /** permits that calls hold */
  readonly inUse: number
  /** calls that wait for a permit */
  readonly waiting: number
}

/**
 * What processes tell each other, with promises: short texts that reach whoever listens at that moment. One may be
 * lost, such as while a connection breaks.
 */
export interface BroadcastPort {
  /**
   * Tells every process that listens. Texts have no secret, and are 7,000 bytes of UTF-8 at most: PostgreSQL's `NOTIFY`
   * carries no more than 8,000
   */
  send(text: string): Promise<void>
  /**
   * Calls `heard` with each text from now on. Resolves when it listens, with what ends that. Texts of this process may
   * come as well, or may not
   */
  listen(heard: (text: string) => void): Promise<() => void>
}

/** What a coordination is and who works with it, for tools that look at it. No member is secret. */
export interface CoordinationInspection {
  /** where it is, such as `the database app at db.example:5432, as app` */
  readonly place: string
  /** processes that have permits or wait for one, or did a moment ago */
  readonly processes: number
  /** pools that are in use */
  readonly pools: number
  /** permits that calls hold, in all pools */
  readonly inUse: number
  /** calls that wait for one, in all pools */
  readonly waiting: number
}

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
  /** what `sage.events({ scope: "all" })` reads. Default: none, and that fails with `Misconfigured` */
  readonly broadcast?: BroadcastPort | undefined
  /** what tools show of it, such as `sage-auth doctor`. Default: nothing is known */
  inspect?(): Promise<CoordinationInspection>
  /** called once, when the application has closed */
  close?(): Promise<void>
}
