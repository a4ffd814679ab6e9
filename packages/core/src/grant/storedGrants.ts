import * as Effect from "effect/Effect"
import type { StoreUnavailable, Surface } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantRow, GrantState, GrantStore } from "./GrantStore.ts"

/** Which of the store's grants are wanted. Everything given must hold. */
export interface StoredGrantFilter {
  /** of this connection */
  readonly connection?: string | undefined
  /** of this tenant */
  readonly tenant?: string | undefined
  /** in this state */
  readonly state?: GrantState | undefined
  /** at most so many on a page; default 100 */
  readonly limit?: number | undefined
  /** the `next` of the page before */
  readonly after?: string | undefined
}

/** What the store says of a grant, without opening what is sealed. */
export interface StoredGrant {
  /** the connection that it was given for; the configuration need not have it any more */
  readonly connection: string
  /** the surface of that connection */
  readonly surface: Surface
  /** the tenant that it belongs to */
  readonly tenant: string
  /** how it was when it was last written */
  readonly state: GrantState
  /** when the refresh token ends; undefined where there is none or its end is unknown */
  readonly grantExpiresAt: Date | undefined
  /** when keep-alive renews it at the latest; undefined: never */
  readonly dueAt: Date | undefined
}

/** One page of the store's grants, in a stable order. */
export interface StoredGrants {
  /** whether the store outlives this process: those of `"memory:"` end with it */
  readonly durable: boolean
  /** the grants of this page */
  readonly grants: ReadonlyArray<StoredGrant>
  /** where the next page begins, for `after`; undefined: there is no more */
  readonly next: string | undefined
}

const dateOf = (milliseconds: number | undefined): Date | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds)

const storedGrant = ({ dueAt, grantExpiresAt, key, state }: GrantRow): StoredGrant => ({
  connection: key.connection,
  surface: key.surface,
  tenant: key.tenant,
  state,
  grantExpiresAt: dateOf(grantExpiresAt),
  dueAt: dateOf(dueAt)
})

/** Lists what the store has, by page. Nothing is opened, renewed or sent. */
export const storedGrants = (
  store: GrantStore["Service"],
  { after, connection, limit, state, tenant }: StoredGrantFilter
): Effect.Effect<StoredGrants, SageAuthError<StoreUnavailable>> =>
  Effect.map(store.list({ after, connection, limit, state, tenant }), ({ next, rows }) => ({
    durable: store.durable,
    grants: rows.map(storedGrant),
    next
  }))
