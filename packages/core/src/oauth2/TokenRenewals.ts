import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { type Credential, type Fresh, type RenewalCause, tenantOfKey } from "../credential/CredentialCache.ts"
import { type RenewalRequest, Renewals } from "../credential/Renewals.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { AgedCredential, ReceivedTokens } from "../grant/GrantContents.ts"
import type { RotationFailure } from "../grant/GrantOptions.ts"
import type { Grants } from "../grant/Grants.ts"
import { retrying } from "../traffic/retrying.ts"
import type { Authorizations } from "./Authorizations.ts"
import type { GrantExtras, TokenReasons, TokenSlot } from "./OAuthRules.ts"
import { contextOf, contextKeyOf, lifetimeOf, type Token, tokenOf } from "./Token.ts"
import type { TokenRequests } from "./TokenRequests.ts"

/** How the tokens of one connection are renewed: from the store, by a refresh token, or by asking anew. */
export class TokenRenewals {
  readonly renewals: Renewals<Token, TokenReasons>
  readonly #requests: TokenRequests
  readonly #grants: () => Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>>
  readonly #authorizations: Authorizations | undefined
  /**
   * failures after which it is unknown whether a refresh token was used; asking anew uses up nothing and is not meant
   */
  readonly #inDoubt = new WeakSet<SageAuthError>()

  constructor(
    requests: TokenRequests,
    grants: () => Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>>,
    authorizations: Authorizations | undefined
  ) {
    const { application, rules } = requests
    this.#requests = requests
    this.#grants = grants
    this.#authorizations = authorizations
    this.renewals = new Renewals<Token, TokenReasons>(application, {
      surface: rules.surface,
      connection: rules.connection,
      tenantOf: tenantOfKey,
      renew: (request) => this.#renew(request)
    })
  }

  slot(tenant: string, context = ""): TokenSlot {
    return this.renewals.cache.slot(contextKeyOf(tenant, context))
  }

  /** drops every token of a tenant from memory */
  forget(tenant: string): void {
    for (const slot of this.renewals.cache.ofTenant(tenant)) this.renewals.forget(slot)
  }

  /** one exchange of a refresh token, as grants ask for it */
  rotate(
    tenant: string,
    context: string,
    refreshToken: Redacted.Redacted,
    extras: GrantExtras
  ): Effect.Effect<ReceivedTokens, RotationFailure> {
    const { contextRefused, refreshErrors, refreshParameters } = this.#requests.rules
    const ask = (wanted: string) =>
      this.#requests.receive(
        this.#requests.request(tenant, {
          extras,
          parameters: { grant_type: "refresh_token", refresh_token: refreshToken, ...refreshParameters(wanted) },
          errors: refreshErrors
        }),
        tenant,
        wanted
      )
    const asked = ask(context)
    const told =
      context === "" || contextRefused === undefined
        ? asked
        : // refused for the context, or for itself: nothing ends with a wrong context, so that it is asked without one
          Effect.catchIf(
            asked,
            ({ error }) => error.id === refreshErrors.invalidGrant,
            ({ error }) => {
              const unusable = contextRefused(error, this.#requests.place(tenant))
              return Effect.map(ask(""), (received): ReceivedTokens => ({ ...received, unusable }))
            }
          )
    return told.pipe(
      Effect.tapError(({ error, processed }) =>
        Effect.sync(() => {
          if (processed === "unknown") this.#inDoubt.add(error)
        })
      )
    )
  }

  #renew({ cause, key, replaces }: RenewalRequest<Token>): Effect.Effect<Fresh<Token>, SageAuthError<TokenReasons>> {
    const tenant = tenantOfKey(key)
    const context = contextOf(key)
    const attempt = Effect.gen({ self: this }, function* () {
      const grants = yield* this.#grants()
      const renewal = {
        tenant,
        context,
        replaces: replaces?.value.id,
        rejected: cause === "rejected",
        force: forceOf(cause)
      }
      const { ask, refreshWhenRefused } = this.#requests.rules
      const renewed = grants.renew(renewal)
      const asked = ask === undefined ? undefined : grants.ask(renewal, this.#requests.receive(ask(tenant), tenant, ""))
      const held = yield* asked === undefined
        ? renewed
        : context !== ""
          ? // what comes with the configured credentials is what other contexts are made of
            Effect.andThen(this.renewals.acquire(this.slot(tenant)), renewed).pipe(
              Effect.catchIf(
                (error) => error.reason._tag === "ReauthorizationRequired",
                () => Effect.andThen(this.renewals.refresh(this.slot(tenant), "asked"), renewed)
              )
            )
          : refreshWhenRefused === true
            ? Effect.catchIf(
                asked,
                (error) => error.reason._tag === "CredentialRejected",
                (error) => Effect.mapError(renewed, () => error)
              )
            : asked
      return yield* this.#fresh(tenant, context, held, replaces)
    }).pipe(Effect.catch((error) => this.#authorizations?.pendingOf(tenant, error) ?? Effect.fail(error)))
    return cause === "early" || cause === "kept-alive" ? attempt : this.#retried(attempt)
  }

  #isPostponed(error: SageAuthError): boolean {
    return this.#authorizations?.isPostponed(error) === true
  }

  /** while callers wait: what surely did not use up anything is tried again by the schedules */
  #retried<A>(effect: Effect.Effect<A, SageAuthError<TokenReasons>>): Effect.Effect<A, SageAuthError<TokenReasons>> {
    const { rateLimited, transient } = this.#requests.application.settings.retry
    return Effect.mapError(effect, (error) => ({ error })).pipe(
      retrying(rateLimited, ({ error }) => error.reason._tag === "RateLimited" && !this.#isPostponed(error)),
      // a lost rotation was replayed once already: the next caller may do it again, this one may not
      retrying(
        transient,
        ({ error }) =>
          error.retryable &&
          error.reason._tag === "ServiceUnavailable" &&
          !this.#inDoubt.has(error) &&
          !this.#isPostponed(error)
      ),
      Effect.mapError(({ error }) => error)
    )
  }

  #fresh(
    tenant: string,
    context: string,
    { age, contents, credential }: AgedCredential,
    replaces: Credential<Token> | undefined
  ): Effect.Effect<Fresh<Token>, SageAuthError<TokenReasons>> {
    const { base: baseOf, fixedHeaders } = this.#requests.rules
    const asked = Effect.all([fixedHeaders(tenant), baseOf === undefined ? Effect.undefined : baseOf(tenant)])
    return Effect.map(asked, ([fixed, base]): Fresh<Token> => {
      const { accessToken, extras, id } = credential
      const arrivedAt = this.#requests.application.now() - age
      const { renewAfter, usable } = lifetimeOf(
        credential.lifetime ?? this.#requests.rules.life.assumed,
        this.#requests.application.random()
      )
      const expiresAt = arrivedAt + usable
      return {
        value: tokenOf({ id, tenant, context, accessToken, base, extras, grantExtras: contents.extras }, fixed),
        issuedAt: arrivedAt,
        // found in the store: the process that put it there has used it
        accepted: age > 0,
        unchanged: id === replaces?.value.id,
        expiresAt,
        // the same one again, because its successor is in doubt: it is used to its end
        renewAt: id === replaces?.value.id ? expiresAt : arrivedAt + renewAfter
      }
    })
  }
}

const forceOf = (cause: RenewalCause): "always" | "due" | undefined =>
  cause === "asked" ? "always" : cause === "kept-alive" ? "due" : undefined
