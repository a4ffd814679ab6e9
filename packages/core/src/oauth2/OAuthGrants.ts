import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import { type Application, type CallOptions, withCallOptions } from "../application/Application.ts"
import type { DisconnectOptions, Status } from "../Connection.ts"
import { tenantOfKey } from "../credential/CredentialCache.ts"
import type { Renewals } from "../credential/Renewals.ts"
import type { Misconfigured, StoreUnavailable } from "../errors/Reason.ts"
import { misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import * as Contents from "../grant/GrantContents.ts"
import type { GrantContents } from "../grant/GrantContents.ts"
import { Grants } from "../grant/Grants.ts"
import { defaultConcurrency, type KeptAlive } from "../grant/storePasses.ts"
import type { Transport } from "../transport/Transport.ts"
import { type BegunAuthorization, Authorizations } from "./Authorizations.ts"
import type { Authorizing } from "./completeAuthorization.ts"
import type { GrantExtras, OAuthRules, TokenReasons, TokenSlot } from "./OAuthRules.ts"
import type { nowhereAsked } from "./returnTo.ts"
import type { Token } from "./Token.ts"
import { TokenRenewals } from "./TokenRenewals.ts"
import { TokenRequests } from "./TokenRequests.ts"

/**
 * The tokens of one OAuth 2.0 connection: consent, exchange, renewal with rotation, revocation. Grants are in the
 * store; the token in hand is in memory, one for each tenant and context.
 */
export class OAuthGrants {
  readonly rules: OAuthRules
  readonly #requests: TokenRequests
  readonly #tokens: TokenRenewals
  readonly #authorizations: Authorizations | undefined
  #opened: Grants<TokenReasons> | undefined

  constructor(application: Application, transport: Transport, rules: OAuthRules) {
    this.rules = rules
    this.#requests = new TokenRequests(application, transport, rules, (tenant) => this.slot(tenant))
    const grants = () => this.grants()
    this.#authorizations =
      rules.interactive === undefined
        ? undefined
        : new Authorizations(this.#requests, rules.interactive, grants, (tenant) => this.#tokens.forget(tenant))
    this.#tokens = new TokenRenewals(this.#requests, grants, this.#authorizations)
  }

  get renewals(): Renewals<Token, TokenReasons> {
    return this.#tokens.renewals
  }

  /** takes the callbacks of the consents; undefined where there are none */
  get authorizing(): Authorizing | undefined {
    return this.#authorizations?.authorizing
  }

  slot(tenant: string, context = ""): TokenSlot {
    return this.#tokens.slot(tenant, context)
  }

  place(tenant: string): ReturnType<TokenRequests["place"]> {
    return this.#requests.place(tenant)
  }

  grants(): Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>> {
    return Effect.map(this.#requests.application.vault, (vault) => {
      const { connection, dueIn, inDoubt, interactive, refreshErrors, revocation, surface } = this.rules
      const authorizations = this.#authorizations
      const later = interactive?.later
      return (this.#opened ??= new Grants<TokenReasons>(
        this.#requests.application,
        vault,
        {
          surface,
          connection,
          slot: (tenant) => this.slot(tenant),
          inDoubt,
          ended: refreshErrors.invalidGrant,
          issuedFor: (tenant, extras) => this.#issuedFor(tenant, extras),
          configured: this.rules.ask !== undefined,
          dueIn,
          rotate: ({ contents, context, refreshToken, tenant }) =>
            this.#tokens.rotate(tenant, context, refreshToken, contents.extras),
          revokeAlone:
            revocation?.endsOnlyThisGrant === true
              ? (refreshToken, tenant, extras) =>
                  Effect.asVoid(Effect.exit(this.#requests.revoke(tenant, refreshToken, extras)))
              : undefined,
          pairing:
            authorizations === undefined || later === undefined
              ? undefined
              : { ...later, exchange: (tenant, pairing) => authorizations.exchangePairing(tenant, pairing) }
        },
        this.#requests.application.settings.times
      ))
    })
  }

  /** an option that cannot be had is told of by the request that needs it */
  #issuedFor(tenant: string, extras: GrantExtras): Effect.Effect<string | undefined> {
    const how = this.rules.ask === undefined ? "consent" : "asked"
    return Effect.map(this.rules.issuedFor(tenant, extras), (parts) => Contents.nameOfIssue([how, ...parts])).pipe(
      Effect.orElseSucceed(() => undefined)
    )
  }

  /** see `TokenRequests.request` */
  requestTokens(...request: Parameters<TokenRequests["request"]>): ReturnType<TokenRequests["request"]> {
    return this.#requests.request(...request)
  }

  /** see `Authorizations.authorize` */
  authorize(
    tenant: string,
    options: { readonly returnTo: string; readonly [nowhereAsked]?: true }
  ): Effect.Effect<BegunAuthorization, SageAuthError<StoreUnavailable | Misconfigured>> {
    return this.#authorizations?.authorize(tenant, options) ?? Effect.die("not interactive")
  }

  status(tenant: string): Effect.Effect<Status, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const storing = grants.storing(tenant)
      if (storing !== undefined) {
        const { age, lifetime } = storing.credentials[""] ?? { age: 0, lifetime: 0 }
        const now = this.#requests.application.now()
        const remains = (lifetime ?? this.rules.life.assumed) - age
        return {
          state: "storing",
          refreshable: storing.refreshToken !== undefined,
          credentialExpiresAt: remains > 0 ? new Date(now + remains) : undefined,
          grantIssuedAt: storing.refreshTokenAge === undefined ? undefined : new Date(now - storing.refreshTokenAge),
          grantExpiresAt: undefined
        }
      }
      const looked = yield* grants.look(tenant)
      // tokens of another client or user stay in the store until there are others: they can be asked for
      const found = looked?.ofAnother === true && this.rules.ask !== undefined ? undefined : looked
      const idle = found === undefined || found.state === "disconnected" || found.state === "reauthorization-required"
      const awaits = idle && (yield* this.#authorizations?.awaits(tenant) ?? Effect.succeed(false))
      if (found === undefined) {
        const asks = this.rules.ask !== undefined
        return {
          // what is configured can be had without a human
          state: awaits ? "pairing" : asks ? "configured" : "disconnected",
          refreshable: asks,
          credentialExpiresAt: undefined,
          grantIssuedAt: undefined,
          grantExpiresAt: undefined
        }
      }
      const { contents, grantAge, grantExpiresIn, held, stall } = found
      // asking notes the grant before anything came
      const untried = contents.refreshToken === undefined && Object.keys(contents.credentials).length === 0
      const kept = untried && this.rules.ask !== undefined && found.state === "connected" ? "configured" : found.state
      const state = awaits ? "pairing" : stall === undefined ? kept : "stalled"
      const left = held === undefined ? 0 : (held.credential.lifetime ?? this.rules.life.assumed) - held.age
      const now = this.#requests.application.now()
      return {
        state,
        refreshable:
          (contents?.refreshToken !== undefined || this.rules.ask !== undefined) &&
          state !== "reauthorization-required" &&
          state !== "pairing",
        credentialExpiresAt: left > 0 ? new Date(now + left) : undefined,
        grantIssuedAt: grantAge === undefined ? undefined : new Date(now - grantAge),
        grantExpiresAt: grantExpiresIn === undefined ? undefined : new Date(now + grantExpiresIn),
        ...(stall === undefined ? {} : { holder: stall })
      }
    })
  }

  refresh(
    slot: TokenSlot,
    options: CallOptions | undefined,
    deadline: number
  ): Effect.Effect<void, SageAuthError<TokenReasons>> {
    return Effect.suspend(() => this.renewals.refresh(slot, "asked")).pipe(
      Effect.asVoid,
      withCallOptions(options, deadline, this.place(tenantOfKey(slot.key)), this.#requests.application)
    )
  }

  /** forgets the grant here, whatever the server does; revokes it there by default where that hits this grant alone */
  disconnect(
    tenant: string,
    options: { readonly revoke?: boolean | undefined } | undefined
  ): Effect.Effect<{ readonly revoked: boolean }, SageAuthError<StoreUnavailable>> {
    const { revocation } = this.#requests.rules
    return Effect.gen({ self: this }, function* () {
      // from JavaScript: a text such as "false" would end every token of a user
      if (!isDisconnectOptions(options)) {
        const issue = { option: "disconnect(options)", expected: "left out, or { revoke: true } or { revoke: false }" }
        return yield* Effect.fail(misconfigured([issue], this.place(tenant)) as never)
      }
      const grants = yield* this.grants()
      const inHand = this.rules.ask === undefined ? undefined : this.slot(tenant).credential?.value.accessToken
      // a grant that cannot be read can be forgotten as well
      const before = yield* Effect.option(this.status(tenant))
      const nothing = Option.isSome(before) && /^(?:disconnected|configured)$/.test(before.value.state)
      const contents = yield* grants.forget(tenant)
      yield* this.#authorizations?.cancel(tenant) ?? Effect.void
      this.#tokens.forget(tenant)
      const wanted = options?.revoke ?? revocation?.endsOnlyThisGrant ?? false
      const revoked = wanted && contents !== undefined && (yield* this.#revokeContents(tenant, contents, inHand))
      const at = this.#requests.application.now()
      if (!nothing) this.#requests.application.publish({ type: "disconnected", ...this.place(tenant), at, revoked })
      if (revoked && revocation?.also !== undefined) {
        const message = `${this.#requests.rules.connection}: revoking ended ${revocation.also} as well.`
        this.#requests.application.publish({
          type: "advice",
          ...this.place(tenant),
          at,
          subject: "revoked-more",
          message
        })
      }
      return { revoked }
    })
  }

  #revokeContents(
    tenant: string,
    contents: GrantContents,
    inHand: Redacted.Redacted | undefined
  ): Effect.Effect<boolean> {
    // the refresh token first: with it, access tokens can be made anew
    const token = contents.refreshToken ?? Contents.withToken(contents.credentials[""])?.accessToken ?? inHand
    if (token === undefined) return Effect.succeed(false)
    return Effect.map(
      Effect.option(this.#requests.revoke(tenant, token, contents.extras)),
      Option.getOrElse(() => false)
    )
  }
}

const isDisconnectOptions = (options: unknown): boolean =>
  options === undefined ||
  (Predicate.isObject(options) &&
    Object.entries(options).every(
      ([name, value]) => name === "revoke" && (value === undefined || typeof value === "boolean")
    ))

/** What the effect client of a tenant does with its grant. */
export const grantClient = (grants: OAuthGrants, slot: TokenSlot, tenant: string, deadline: number) => ({
  authorize: (options: { readonly returnTo: string }) => grants.authorize(tenant, options),
  refresh: (options?: CallOptions) => grants.refresh(slot, options, deadline),
  status: () => grants.status(tenant),
  disconnect: (options?: DisconnectOptions) => grants.disconnect(tenant, options)
})

/** Renews the grants of a connection that would die unused. */
export const keptAliveOf = (grants: OAuthGrants): KeptAlive => ({
  surface: grants.rules.surface,
  connection: grants.rules.connection,
  concurrency: grants.rules.keepAliveConcurrency ?? defaultConcurrency,
  renewDue: (tenant) => Effect.asVoid(grants.renewals.refresh(grants.slot(tenant), "kept-alive"))
})
