import type { Status } from "../Connection.ts"
import type { Application } from "../application/Application.ts"
import type { TenantPlace } from "../errors/SageAuthError.ts"

/** What is known of a tenant's credential, for its status. */
interface Known {
  /** the server has refused it less than 15 minutes ago: see `Incidents.isHeldBack` */
  readonly refused: boolean
  /** the server has taken it. What is made here of the configuration says nothing before that */
  readonly accepted: boolean
  /** when it ends, in milliseconds since the epoch; undefined or infinite where it has no end */
  readonly endsAt: number | undefined
}

/**
 * How the tenants of one connection are doing whose credential is configured, so that there is no grant. There is
 * nothing at the server that `disconnect` could end: the tenant is `disconnected` until its credential is used again.
 */
export class ConfiguredState {
  readonly #application: Pick<Application, "now" | "publish">
  readonly #place: (tenant: string) => TenantPlace
  readonly #slot: (tenant: string) => object
  /** tenants that were disconnected, and used nothing since */
  readonly #disconnected = new WeakSet<object>()

  /** @param slot the tenant's place in memory: what is known of a tenant leaves with it */
  constructor(
    application: Pick<Application, "now" | "publish">,
    place: (tenant: string) => TenantPlace,
    slot: (tenant: string) => object
  ) {
    this.#application = application
    this.#place = place
    this.#slot = slot
  }

  /** a credential was made for the tenant */
  used(tenant: string): void {
    this.#disconnected.delete(this.#slot(tenant))
  }

  /** the tenant's credentials were forgotten */
  disconnected(tenant: string): { readonly revoked: false } {
    const slot = this.#slot(tenant)
    // only a change is announced
    if (this.#disconnected.has(slot)) return { revoked: false }
    this.#disconnected.add(slot)
    const at = this.#application.now()
    this.#application.publish({ type: "disconnected", ...this.#place(tenant), at, revoked: false })
    return { revoked: false }
  }

  status(tenant: string, { accepted, endsAt, refused }: Known): Status {
    const ends = endsAt !== undefined && Number.isFinite(endsAt) && this.#application.now() < endsAt
    const unrefused = this.#disconnected.has(this.#slot(tenant))
      ? "disconnected"
      : accepted
        ? "connected"
        : "configured"
    return {
      state: refused ? "reauthorization-required" : unrefused,
      refreshable: !refused,
      credentialExpiresAt: ends ? new Date(endsAt) : undefined,
      grantIssuedAt: undefined,
      grantExpiresAt: undefined
    }
  }
}
