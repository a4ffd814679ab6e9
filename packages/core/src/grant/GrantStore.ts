import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ReauthorizationCause, StoreUnavailable, Surface } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"

/** Whose grant it is. */
export interface GrantKey {
  /** the surface of the connection */
  readonly surface: Surface
  /** the connection's name */
  readonly connection: string
  /** whom the grant belongs to */
  readonly tenant: string
}

/** What can be told about a grant without opening it. */
export type GrantState = "connected" | "pairing" | "in-doubt" | "reauthorization-required" | "disconnected"

/** The right to renew one grant. It holds no time: each watcher judges by its own clock. */
export interface Lease {
  /** the process and the renewal that hold it; see `GrantStore.alive` */
  readonly owner: string
  /** grows with every lease of this grant */
  readonly fence: number
  /** grows while the owner is at work */
  readonly beat: number
}

/** The note that a rotation is about to be sent. Written before it is sent, and durable by then. */
export interface Intent {
  /** one for each rotation */
  readonly id: string
  /** the process that wrote it */
  readonly owner: string
  /** SHA-256 of the refresh token that is about to be used, base64url */
  readonly hash: string
  /** the rotation was already replayed once */
  readonly replayed: boolean
}

/** What is kept of one grant. */
export interface GrantRecord {
  /** one for each consent: a new consent is another family */
  readonly family: string
  /** whether it can be used */
  readonly state: GrantState
  /** why, with state `reauthorization-required` */
  readonly cause: ReauthorizationCause | undefined
  /** counts what was sealed: part of what the seal is bound to */
  readonly version: number
  /** the grant and its current credential, sealed; the store never sees inside */
  readonly sealed: string
  /** names the key that it is sealed with */
  readonly keyId: string
  /** the process that renews it now; undefined where none does */
  readonly lease: Lease | undefined
  /** the highest fence there was, so that fences grow across leases */
  readonly fence: number
  /** the rotation that is about to be sent or was sent; undefined where none is under way */
  readonly intent: Intent | undefined
  /**
   * when the refresh token ends, in milliseconds since the epoch by the store's clock; undefined where it is not known
   */
  readonly grantExpiresAt: number | undefined
  /** when keep-alive should renew it at the latest; undefined: never */
  readonly dueAt: number | undefined
}

/** A record as the store has it. */
export interface GrantRow extends GrantRecord {
  /** whose grant it is */
  readonly key: GrantKey
  /** grows with every write: what `compareAndSet` compares */
  readonly revision: number
  /**
   * Milliseconds since `sealed` was last written, by the store's clock: clocks of two hosts are never compared.
   * `Number.MAX_SAFE_INTEGER` where that time lies more than five seconds in the future. The clock ran ahead then, and
   * the age is not known.
   */
  readonly age: number
}

/**
 * The age of what was written at a time that the store's clock has yet to reach, because the clock of a writer ran
 * ahead. It is unknown, and counts as older than anything that lives. A number, so that it can be kept as JSON.
 */
export const unknownAge = Number.MAX_SAFE_INTEGER

/**
 * How far two looks at one clock may lie apart in the wrong order, in milliseconds: a clock is set by steps like this.
 */
export const clockTolerance = 5_000

/** How old something is that was written at `writtenAt`, by the store's clock `now`, in milliseconds. */
export const ageOf = (writtenAt: number, now: number): number =>
  writtenAt > now + clockTolerance ? unknownAge : Math.max(0, now - writtenAt)

/** How a record is written. */
export interface CompareAndSetOptions {
  /** what is sealed is what was sealed before, under another key: `age` goes on counting; default false */
  readonly keepAge?: boolean | undefined
}

/** Which grants to list. Everything given must hold. */
export interface GrantFilter {
  /** of this surface */
  readonly surface?: Surface | undefined
  /** of this connection */
  readonly connection?: string | undefined
  /** of this tenant */
  readonly tenant?: string | undefined
  /** in this state */
  readonly state?: GrantState | undefined
  /**
   * `dueAt` is at or before this, by the store's clock. A record with a `dueAt` that was sealed in the future is listed
   * as well. A clock ran ahead then, and its dates are worth nothing
   */
  readonly dueBefore?: number | undefined
  /** sealed with another key than this one */
  readonly keyIdIsNot?: string | undefined
  /** at most so many; default 100 */
  readonly limit?: number | undefined
  /** continue after this cursor of an earlier page */
  readonly after?: string | undefined
}

/** One page of a listing, in a stable order. */
export interface GrantPage {
  /** the records of this page */
  readonly rows: ReadonlyArray<GrantRow>
  /** undefined: there is no more */
  readonly next: string | undefined
}

/** An operation of a store. It fails when the store cannot be used. */
export type StoreEffect<A> = Effect.Effect<A, SageAuthError<StoreUnavailable>>

/**
 * Where grants live: all that a store has to implement. An implementation stores records, compares revisions and knows
 * nothing of tokens. Sealing, leases and intents are decided above it. Every implementation passes the contract suite
 * of `@sage-auth/core/testing`.
 *
 * A write is durable when its effect succeeds. A failure is `StoreUnavailable`. It changes nothing, or may have changed
 * what the next `read` shows; it never loses a record.
 */
export class GrantStore extends Context.Service<
  GrantStore,
  {
    /** whether it outlives the process; if not, nothing needs to be sealed under a key that the user keeps */
    readonly durable: boolean
    /**
     * Whether only this process can ever read it: what the process has in hand anyway, and can ask for again, is
     * left out of it. Default false.
     */
    readonly confined?: boolean | undefined
    /**
     * How often this store was found to be another one since it was opened, where that can happen. An example is a file
     * that was put in the place of its own. Records that such a store lacks were not removed on purpose. Default:
     * never.
     */
    readonly incarnation?: (() => number) | undefined
    /** the store's clock, in milliseconds since the epoch */
    readonly now: StoreEffect<number>
    readonly read: (key: GrantKey) => StoreEffect<GrantRow | undefined>
    /**
     * Writes `next` if the row still has that revision (`undefined`: if there is none). Removes it if `next` is
     * undefined. Succeeds with the row as written (a removed one: as it was). Succeeds with undefined when another
     * writer was faster.
     *
     * Revisions of a key grow for ever: a row that was removed and written again has a higher one.
     */
    readonly compareAndSet: (
      key: GrantKey,
      revision: number | undefined,
      next: GrantRecord | undefined,
      options?: CompareAndSetOptions
    ) => StoreEffect<GrantRow | undefined>
    readonly list: (filter: GrantFilter) => StoreEffect<GrantPage>
    /** waits until the row may have another revision (0: until there may be one), or so many milliseconds */
    readonly changed: (key: GrantKey, revision: number, milliseconds: number) => Effect.Effect<void>
    /**
     * a name for this process as an owner of leases. It is held until the store closes, where the store can tell who
     * lives
     */
    readonly owner: StoreEffect<string>
    /** whether that owner's process lives, where the store can tell (a lock that dies with it); undefined where not */
    readonly alive: (owner: string) => StoreEffect<boolean | undefined>
  }
>()("@sage-auth/core/GrantStore") {}

/**
 * Single-use records: what an authorization under way leaves for its callback. A store that leaves it out has them in
 * the memory of its process, so that a consent is completed by the process that began it.
 *
 * @category stores
 */
export class OnceStore extends Context.Service<
  OnceStore,
  {
    /** keeps a sealed text under an id until `expiresAt` (the grant store's clock); false if the id is taken */
    readonly put: (id: string, sealed: string, expiresAt: number) => StoreEffect<boolean>
    /** reads it and leaves it there; undefined when it is unknown, taken or expired */
    readonly read: (id: string) => StoreEffect<string | undefined>
    /** takes it out: of several takers exactly one gets it; undefined when it is unknown, taken or expired */
    readonly take: (id: string) => StoreEffect<string | undefined>
  }
>()("@sage-auth/core/OnceStore") {}

/**
 * Meters: billable transactions by company and calendar month. A store that leaves it out has them in the memory of its
 * process, so that counts start at zero with each process.
 *
 * @category stores
 */
export class MeterStore extends Context.Service<
  MeterStore,
  {
    /** adds to a company's count of a month and gives the sum */
    readonly add: (company: string, month: string, transactions: number) => StoreEffect<number>
    readonly set: (company: string, month: string, transactions: number) => StoreEffect<void>
    /** 0 where nothing was counted */
    readonly read: (company: string, month: string) => StoreEffect<number>
  }
>()("@sage-auth/core/MeterStore") {}
