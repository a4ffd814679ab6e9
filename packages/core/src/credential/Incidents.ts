import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import type { CredentialRejected } from "../errors/Reason.ts"
import { raise } from "../errors/raise.ts"
import type { SageAuthError, TenantPlace } from "../errors/SageAuthError.ts"
import type { Status } from "../Connection.ts"

/** A credential that a server has refused. */
export interface Refusal {
  /** what was refused, as the event says it */
  readonly what: "client" | "login" | "sender"
  /** the server's own code */
  readonly code: string | undefined
  /** names the credential, as `CredentialRejections.fingerprint` does; left out where refusals cause no lock-out */
  readonly name?: string | undefined
}

/** What is known of one tenant. */
interface Situation {
  /** names the credentials that were made last */
  uses: ReadonlyArray<string>
  /** what was refused, until a server accepts something in its place */
  incident: Pick<Refusal, "name"> | undefined
}

/**
 * The incidents of one connection: a credential is refused, it is held back, and it recovers.
 *
 * An incident begins with a refusal and ends when a server accepts the tenant's credential, the same one or another. It
 * is announced once, and its end too. A credential with a name is held back meanwhile: accounts lock after a handful of
 * bad sign-ins. It is sent again only when it changes, 15 minutes have passed or a refresh is asked for. Another tenant
 * with the same credential is held back with it, and shares its announcement.
 */
export class Incidents {
  readonly #application: Pick<Application, "now" | "publish" | "rejections">
  readonly #place: (tenant: string) => TenantPlace
  readonly #slot: (tenant: string) => object
  readonly #situations = new WeakMap<object, Situation>()

  /** @param slot the tenant's place in memory: what is known of a tenant leaves with it */
  constructor(
    application: Pick<Application, "now" | "publish" | "rejections">,
    place: (tenant: string) => TenantPlace,
    slot: (tenant: string) => object
  ) {
    this.#application = application
    this.#place = place
    this.#slot = slot
  }

  /** notes which credentials a tenant uses from now on */
  uses(tenant: string, names: ReadonlyArray<string>): void {
    this.#situation(tenant).uses = names
  }

  /**
   * Notes which credentials a tenant uses from now on, and fails while one of them is held back.
   *
   * @param asked somebody asks for another try: nothing is held back this time
   */
  admit(
    tenant: string,
    names: ReadonlyArray<string>,
    asked: boolean
  ): Effect.Effect<void, SageAuthError<CredentialRejected>> {
    return Effect.suspend(() => {
      const { rejections } = this.#application
      if (asked) for (const name of names) rejections.allow(name)
      this.uses(tenant, names)
      const name = names.find((each) => rejections.blocked(each) !== undefined)
      if (name === undefined) return Effect.void
      this.#situation(tenant).incident = { name }
      const code = rejections.blocked(name)?.code
      return raise<CredentialRejected>("client.credential-blocked", { ...this.#place(tenant), code })
    })
  }

  /** a server has refused the tenant's credential */
  refused(tenant: string, { code, name, what }: Refusal): void {
    const { now, publish, rejections } = this.#application
    const situation = this.#situation(tenant)
    const begins = name === undefined ? situation.incident === undefined : rejections.add(name, { code })
    situation.incident = { name }
    if (begins) publish({ type: "credential-rejected", ...this.#place(tenant), at: now(), what, code })
  }

  /**
   * A server has accepted the tenant's credential: an incident is over.
   *
   * @param names the credentials that the accepted request itself carried. They are good for every tenant that has them
   */
  accepted(tenant: string, names: ReadonlyArray<string | undefined> = []): void {
    const { now, publish, rejections } = this.#application
    for (const name of names) if (name !== undefined) rejections.forget(name)
    const situation = this.#situation(tenant)
    const { incident } = situation
    if (incident === undefined) return
    situation.incident = undefined
    if (incident.name !== undefined) rejections.forget(incident.name)
    publish({ type: "recovered", ...this.#place(tenant), at: now() })
  }

  /**
   * Whether a credential that the tenant uses was refused, for this tenant or another, less than 15 minutes ago. Those
   * that cause lock-outs are held back as long. It is what the status of every surface goes by.
   */
  isHeldBack(tenant: string): boolean {
    return this.#situation(tenant).uses.some((name) => this.#application.rejections.blocked(name) !== undefined)
  }

  #situation(tenant: string): Situation {
    const slot = this.#slot(tenant)
    const found = this.#situations.get(slot)
    if (found !== undefined) return found
    const fresh: Situation = { uses: [], incident: undefined }
    this.#situations.set(slot, fresh)
    return fresh
  }
}

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
