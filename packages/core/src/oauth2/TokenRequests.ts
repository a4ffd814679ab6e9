import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Application } from "../application/Application.ts"
import { Incidents } from "../credential/Incidents.ts"
import type { Misconfigured, Surface } from "../errors/Reason.ts"
import type { Place, SageAuthError } from "../errors/SageAuthError.ts"
import type { ReceivedTokens } from "../grant/GrantContents.ts"
import type { RotationFailure } from "../grant/GrantOptions.ts"
import type { Transport } from "../transport/Transport.ts"
import { type Parameters, revoke, tokenRequest, type TokenResponse } from "./tokenEndpoint.ts"
import type { OAuthRequest, Endpoints, GrantExtras, OAuthRules, TokenSlot } from "./OAuthRules.ts"
import { lifeOf } from "./Token.ts"
import { type TokenErrors, TokenFailure } from "./TokenErrors.ts"

/** The requests of one connection to its authorization server: by its client, through its pool, each of them once. */
export class TokenRequests {
  readonly application: Application
  readonly rules: OAuthRules
  readonly #transport: Transport
  /** of the client's own credentials */
  readonly #incidents: Incidents

  constructor(
    application: Application,
    transport: Transport,
    rules: OAuthRules,
    slotOf: (tenant: string) => TokenSlot
  ) {
    this.application = application
    this.rules = rules
    this.#transport = transport
    this.#incidents = new Incidents(application, (tenant) => this.place(tenant), slotOf)
  }

  place(tenant: string): Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string } {
    return { surface: this.rules.surface, connection: this.rules.connection, tenant }
  }

  /** one request to the token endpoint, by the connection's client and through its pool */
  request(
    tenant: string,
    request: {
      readonly parameters: Parameters
      readonly errors: TokenErrors
      readonly body?: "form" | "json" | undefined
      /** of the grant that the request is about */
      readonly extras?: GrantExtras | undefined
    }
  ): Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>> {
    const { admitted, body, camelCase, explain, extrasOf, extraMembers, learn } = this.rules
    const { extras, parameters } = request
    const asked: OAuthRequest = { tenant, parameters, extras }
    const known = Effect.all({
      clientAuthentication: this.rules.client(tenant),
      endpoints: this.endpoints(tenant, extras)
    })
    return Effect.flatMap(known, ({ clientAuthentication, endpoints }) => {
      const sent = tokenRequest(this.#transport, {
        url: endpoints.token,
        body: request.body ?? body,
        clientAuthentication,
        parameters,
        errors: request.errors,
        extraMembers,
        camelCase,
        place: this.place(tenant)
      })
      return (admitted === undefined ? sent : admitted(asked, sent)).pipe(
        Effect.map((response) =>
          extrasOf === undefined
            ? response
            : { ...response, extras: { ...response.extras, ...extrasOf(response, asked) } }
        ),
        Effect.tap((response) =>
          Effect.sync(() => {
            this.#incidents.accepted(tenant)
            learn?.(tenant, response)
          })
        ),
        Effect.tapError((lost) => Effect.sync(() => this.#announce(tenant, lost))),
        Effect.mapError((lost) =>
          explain === undefined || !(lost instanceof TokenFailure)
            ? lost
            : new TokenFailure({ ...fieldsOf(lost), error: explain(lost.error, clientAuthentication.clientId) })
        )
      )
    })
  }

  /** what a token endpoint gave, or what its failure means for the token that was sent */
  receive(
    request: Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>>,
    tenant: string,
    context: string
  ): Effect.Effect<ReceivedTokens, RotationFailure> {
    return request.pipe(
      Effect.mapError(
        (lost): RotationFailure =>
          lost instanceof TokenFailure
            ? {
                error: lost.error,
                processed: lost.processed,
                cause: lost.cause,
                description: lost.description
              }
            : { error: lost, processed: "no" }
      ),
      Effect.map((response) => this.issued(response, tenant, context))
    )
  }

  /** what a token response brings for a grant */
  issued(response: TokenResponse, tenant: string, context: string): ReceivedTokens {
    const { accessToken, expiresIn, extras, idOfUser, refreshToken } = response
    const { grantMembers: grantKeep = [], grantLifeOf, life, spanOf } = this.rules
    const wrong = this.rules.check?.(response, context, this.place(tenant))
    return {
      accessToken,
      refreshToken,
      lifetime: lifeOf({ expiresIn, tokenSpan: spanOf?.(accessToken), cap: life.cap, assumed: life.assumed }),
      grantLifetime: refreshToken === undefined ? undefined : grantLifeOf(response),
      extras,
      grantExtras: {
        ...(idOfUser === undefined ? {} : { idOfUser }),
        ...Object.fromEntries(Object.entries(extras).filter(([name]) => grantKeep.includes(name)))
      },
      // the refresh token that came with it is good all the same, and is kept
      unusable: wrong
    }
  }

  /** false: there is no server that revokes */
  revoke(
    tenant: string,
    token: Redacted.Redacted,
    extras: GrantExtras
  ): Effect.Effect<boolean, TokenFailure | SageAuthError<Misconfigured>> {
    const { admitted, body, refreshErrors, revocation } = this.rules
    if (revocation === undefined) return Effect.succeed(false)
    const parameters = revocation.parameters(token)
    return Effect.gen({ self: this }, function* () {
      const { revoke: url } = yield* this.endpoints(tenant, extras)
      if (url === undefined) return false
      const clientAuthentication = yield* this.rules.client(tenant)
      const place = this.place(tenant)
      const sent = revoke(this.#transport, {
        url,
        method: revocation.method,
        body,
        clientAuthentication,
        parameters,
        errors: refreshErrors,
        place
      })
      yield* admitted === undefined ? sent : admitted({ tenant, parameters, extras }, sent)
      return true
    })
  }

  endpoints(tenant: string, extras: GrantExtras | undefined): Effect.Effect<Endpoints, SageAuthError<Misconfigured>> {
    const { endpoints } = this.rules
    return typeof endpoints === "function" ? endpoints(tenant, extras) : Effect.succeed(endpoints)
  }

  #announce(tenant: string, lost: TokenFailure | SageAuthError<Misconfigured>): void {
    if (!(lost instanceof TokenFailure)) return
    const { code, reason } = lost.error
    if (reason._tag === "RateLimited") {
      const at = this.application.now()
      const { retryAfter } = reason
      this.application.publish({ type: "rate-limited", ...this.place(tenant), at, code, retryAfter })
    }
    if (lost.verdict !== "invalid-client") return
    this.#incidents.refused(tenant, { what: "client", code })
  }
}

const fieldsOf = ({ cause, processed, description, status, verdict }: TokenFailure) => ({
  cause,
  processed,
  description,
  status,
  verdict
})
