/**
 * What stands behind `store`, for those who write one without Effect: three small ports with promises. A store for
 * PostgreSQL, Redis or Prisma implements these and imports nothing of this package but types and `storeUnavailable`.
 * Inside, they are adapted to the services that the effects of this library use (`grant/storeFromPort.ts`).
 */
import type { CompareAndSetOptions, GrantFilter, GrantKey, GrantPage, GrantRecord, GrantRow } from "./GrantStore.ts"

/**
 * Grants: one record for each connection and tenant, with a revision that is compared when it is written. An
 * implementation stores records, compares revisions and knows nothing of tokens. Sealing, leases and intents are
 * decided above it.
 *
 * A write is durable when its promise resolves. A rejection is taken as "the store is away". It changed nothing, or may
 * have changed what the next `read` shows; it never loses a record. Reject with `storeUnavailable(…)` to say more.
 */
export interface GrantPort {
  /** the record of a key; `age` is counted by the store's own clock */
  read(key: GrantKey): Promise<GrantRow | undefined>
  /**
   * Writes `next` if the row still has that revision (`undefined`: if there is none). Removes it if `next` is
   * undefined. Resolves to the row as written (a removed one: as it was). Resolves to undefined when another writer was
   * faster.
   *
   * Revisions of a key grow for ever: a row that was removed and written again has a higher one. One statement, or one
   * transaction.
   */
  compareAndSet(
    key: GrantKey,
    revision: number | undefined,
    next: GrantRecord | undefined,
    options?: CompareAndSetOptions
  ): Promise<GrantRow | undefined>
  /** the rows that match everything given, in a stable order, a page at a time */
  list(filter: GrantFilter): Promise<GrantPage>
  /** the store's clock, in milliseconds since the epoch; default: this process's, right for a store of one host */
  now?(): Promise<number>
  /**
   * Resolves when the row may have another revision than this one (0: when there may be one). Also resolves when so
   * many milliseconds are over, or when the signal is aborted. Never rejects. Default: the row is read every quarter of
   * a second.
   */
  changed?(key: GrantKey, revision: number, milliseconds: number, signal: AbortSignal): Promise<void>
  /**
   * Who holds leases, where the store can tell whether a process lives (a lock that dies with its connection). Default:
   * a random name, and a lease is judged by its beats alone.
   */
  readonly owners?:
    | {
        /** a name for this process, held until the store closes; a function is asked whenever a lease is taken */
        readonly self: string | Promise<string> | (() => string | Promise<string>)
        /** whether that owner's process lives; undefined where it cannot be told */
        alive(owner: string): Promise<boolean | undefined>
      }
    | undefined
}

/** One-time records: what an authorization under way leaves for its callback, to be taken once and never again. */
export interface OncePort {
  /** keeps a sealed text under an id until `expiresAt` (the store's clock); false if the id is taken */
  put(id: string, sealed: string, expiresAt: number): Promise<boolean>
  /** reads it and leaves it there; undefined when it is unknown, taken or expired */
  read(id: string): Promise<string | undefined>
  /** takes it out: of several takers exactly one gets it; undefined when it is unknown, taken or expired */
  take(id: string): Promise<string | undefined>
}

/** Meters: billable transactions by company and calendar month, summed over processes. */
export interface MeterPort {
  /** adds to a company's count of a month and resolves to the sum */
  add(company: string, month: string, transactions: number): Promise<number>
  /** replaces a company's count of a month */
  set(company: string, month: string, transactions: number): Promise<void>
  /** 0 where nothing was counted */
  read(company: string, month: string): Promise<number>
}

/** A lease as the store has it. */
export interface StoredLease {
  /** the grant that it is for */
  readonly key: GrantKey
  /** as it stands in the record */
  readonly owner: string
  /** whether a refresh token may be under way */
  readonly sent: boolean
}

/** What a store is and who works with it, for tools that look at it. No member is secret. */
export interface StoreInspection {
  /** where it is, such as `the database app at db.example:5432, as app` */
  readonly place: string
  /** processes that renew at present, or have a moment ago, as far as the store knows */
  readonly processes: number
  /** leases that are held, 100 at most */
  readonly leases: ReadonlyArray<StoredLease>
}

/**
 * Where grants live. Every implementation passes `storeSuite` of `@sage-auth/core/testing`.
 *
 * An implementation may leave out `once` or `meters`. They are then in the memory of each process, which is right for
 * one process alone. Of several, only the process that began a consent can complete it, and each counts by itself. An
 * `advice` event says so once.
 */
export interface StorePort {
  /** whether it outlives the process; default true */
  readonly durable?: boolean | undefined
  /** where grants are kept */
  readonly grants: GrantPort
  /** default: in memory, so that a consent is completed by the process that began it, and ends with it */
  readonly once?: OncePort | undefined
  /** default: in memory, so that counts start at zero with every process */
  readonly meters?: MeterPort | undefined
  /**
   * called once, before anything else; what it rejects with makes `ready()` reject, and is tried again at the next use
   */
  open?(): Promise<void>
  /** what tools show of it, such as `sage-auth doctor`. It may read every grant. Default: nothing is known */
  inspect?(): Promise<StoreInspection>
  /** called once, after the last write */
  close?(): Promise<void>
}
