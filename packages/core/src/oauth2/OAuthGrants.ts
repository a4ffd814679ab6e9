import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Result from "../config/Result.ts"
import { type Application, type CallOptions, withCallOptions } from "../application/Application.ts"
import type { Status } from "../Connection.ts"
import type { Credential, Fresh, RenewalCause } from "../credential/Credential.ts"
import type { Slot } from "../credential/CredentialCache.ts"
import { Incidents } from "../credential/Incidents.ts"
import { type RenewalRequest, Renewals } from "../credential/Renewals.ts"
import type {
  AccountInactive,
  Closed,
  CredentialRejected,
  DeadlineExceeded,
  Misconfigured,
  ProtocolViolation,
  RateLimited,
  ReauthorizationCause,
  ReauthorizationRequired,
  ServiceUnavailable,
  StoreUnavailable,
  Surface
} from "../errors/Reason.ts"
import { catalogue } from "../errors/catalogue.ts"
import type { Place, SageAuthError } from "../errors/SageAuthError.ts"
import { raise, raiseMisconfigured } from "../errors/raise.ts"
import type { Granted, GrantContents, Pairing } from "../grant/GrantContents.ts"
import { Grants } from "../grant/Grants.ts"
import type { PairingOptions, RotationFailure } from "../grant/GrantOptions.ts"
import type { AgedCredential } from "../grant/GrantRenewal.ts"
import { retrying } from "../traffic/retrying.ts"
import type { Transport } from "../transport/Transport.ts"
import { authorizationUrl } from "./authorizationUrl.ts"
import type { AuthorizedCallback, CallbackRules } from "./callback.ts"
import type { ClientAuthentication, Parameters } from "./ClientRequest.ts"
import type { TokenErrors } from "./judgeAnswer.ts"
import { lifetimeOf, lifeOf } from "./lifetime.ts"
import { challengeOf } from "./pkce.ts"
import { nowhereAsked, readReturnTo } from "./returnTo.ts"
import { revoke } from "./revocation.ts"
import { contextOf, keyOf, type Token, tenantOf, tokenOf } from "./Token.ts"
import { tokenRequest } from "./tokenEndpoint.ts"
import { meaningOf, TokenFailure } from "./TokenFailure.ts"
import type { TokenResponse } from "./TokenResponse.ts"
import { encodeTransaction, makeTransaction, type Transaction } from "./Transaction.ts"
import { sealWayBack, transactionRecord } from "./wayBack.ts"

/** What acquiring a token of a grant can fail with. */
export type TokenReasons =
  | ReauthorizationRequired
  | StoreUnavailable
  | CredentialRejected
  | RateLimited
  | ProtocolViolation
  | Misconfigured
  | AccountInactive
  | ServiceUnavailable
  | DeadlineExceeded
  | Closed

/** What completing an authorization can fail with besides. */
export type CompletionReasons = Exclude<TokenReasons, ReauthorizationRequired>

/** Where the servers of a connection are. */
export interface Endpoints {
  readonly authorize: string
  readonly token: string
  readonly revoke: string | undefined
}

/** What a grant remembers beside its tokens. */
export type GrantExtras = Readonly<Record<string, string>>

/** The servers of one grant, where they are not the same for all. Without extras: those of a consent to come. */
export type EndpointsOf = (
  tenant: string,
  extras: GrantExtras | undefined
) => Effect.Effect<Endpoints, SageAuthError<Misconfigured>>

/** A request to the token endpoint or to that of revocation. */
export interface Asked {
  readonly tenant: string
  readonly parameters: Parameters
  /** what the grant remembers that the request is about; undefined where it is about none yet */
  readonly extras: GrantExtras | undefined
}

/** How one surface speaks OAuth 2.0. */
export interface OAuthRules {
  readonly surface: Surface
  readonly connection: string
  readonly endpoints: Endpoints | EndpointsOf
  readonly body: "form" | "json"
  /** the client, asked for if it is a function of the tenant */
  readonly client: (tenant: string) => Effect.Effect<ClientAuthentication, SageAuthError<Misconfigured>>
  readonly inDoubt: "replay" | "report"
  /** what the errors of the token endpoint mean when a refresh token was sent */
  readonly refreshErrors: TokenErrors
  /** what to send beside a refresh token */
  readonly refreshParameters: (context: string) => Parameters
  /** checks that the token is for what was asked; undefined: it is */
  readonly check?: ((response: TokenResponse, context: string, place: Place) => SageAuthError | undefined) | undefined
  /** what it means that a refresh token was refused with a context and taken without it; undefined: there are none */
  readonly contextRefused?: ((refused: SageAuthError, place: Place) => SageAuthError) | undefined
  readonly life: { readonly assumed: number; readonly cap: number | undefined }
  /** how long a token says itself that it lives, in milliseconds */
  readonly spanOf?: ((accessToken: Redacted.Redacted) => number | undefined) | undefined
  /** how long the refresh token lives, in milliseconds; undefined where nobody knows */
  readonly grantLifeOf: (response: TokenResponse) => number | undefined
  /** when keep-alive renews the grant at the latest, in milliseconds from now; undefined: never */
  readonly dueIn: (grantLife: number | undefined) => number | undefined
  /** members of a token response to keep with the token, and with the grant */
  readonly keep: ReadonlyArray<string>
  /** names of members that nobody has documented are also read as `accessToken` for `access_token`. Default false */
  readonly camelCase?: boolean | undefined
  /** what else to keep with the token: what it says, or what is known from where it was asked for */
  readonly extrasOf?: ((response: TokenResponse, asked: Asked) => Readonly<Record<string, string>>) | undefined
  /** which of what is kept with a token its grant remembers too. Default none */
  readonly grantKeep?: ReadonlyArray<string> | undefined
  /** headers that every request of a tenant carries */
  readonly fixedHeaders: (
    tenant: string
  ) => Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Misconfigured>>
  /** where the tenant's calls go, asked at each renewal; default: the same place for all */
  readonly base?: ((tenant: string) => Effect.Effect<string, SageAuthError<Misconfigured>>) | undefined
  /** how a token is revoked; `alone`: doing so ends this grant and nothing else; `also`: what else it ends */
  readonly revocation:
    | {
        readonly alone: boolean
        readonly also?: string | undefined
        /** default `POST`, as RFC 7009 has it */
        readonly method?: "POST" | "DELETE" | undefined
        readonly parameters: (refreshToken: Redacted.Redacted) => Parameters
      }
    | undefined
  /** makes a token without a grant of a human's; undefined: there has to be one */
  readonly ask?:
    | ((tenant: string) => Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>>)
    | undefined
  /** an answer that asking was refused may still leave the refresh token that came with an earlier one. Default false */
  readonly refreshWhenRefused?: boolean | undefined
  /** what a request to the servers goes through, such as the pool of a company; default: nothing */
  readonly admitted?:
    | (<A, E>(asked: Asked, request: Effect.Effect<A, E>) => Effect.Effect<A, E | SageAuthError<Misconfigured>>)
    | undefined
  /** why a grant is dead, where the server's words tell; undefined where they do not */
  readonly causeOf?: ((error: SageAuthError) => ReauthorizationCause | undefined) | undefined
  /** says more about a failure than the server does */
  readonly explain?: ((error: SageAuthError, clientId: string) => SageAuthError) | undefined
  /** a token response came: something may be learned from it */
  readonly learn?: ((tenant: string, response: TokenResponse) => void) | undefined
  readonly interactive: Interactive | undefined
}

/** What is needed to send a human to consent, and to take the callback. */
export interface Interactive {
  readonly redirectUri: string
  readonly scope: string | undefined
  readonly issuer: string | undefined
  readonly parameters: (
    tenant: string
  ) => Effect.Effect<Readonly<Record<string, string | undefined>>, SageAuthError<Misconfigured>>
  readonly callback: CallbackRules
  /** what the errors of the token endpoint mean when a code was sent */
  readonly codeErrors: TokenErrors
  /** default `code`; null leaves it out */
  readonly responseType?: "code" | null | undefined
  /** whether the code is bound to this consent by RFC 7636. Default true */
  readonly pkce?: boolean | undefined
  /** how long the callback may take, in milliseconds; default 10 minutes */
  readonly life?: number | undefined
  /**
   * for a callback that comes without a cookie, and a code that may be accepted long after it: the transaction is kept in
   * the store, and so is the code until it was exchanged
   */
  readonly later?: Pick<PairingOptions, "pauseAfter" | "pending"> | undefined
}

/** A URL for the browser, and what has to come back with the callback. */
export interface Authorization {
  readonly url: string
  /** opaque; its name and attributes are the adapter's */
  readonly cookie: string
}

/** The purpose that transactions are sealed for. */
export const transactionPurpose = "authorization transaction"

/**
 * Where a transaction is in the store that no cookie brings back. What is there is never one that needs its cookie. The
 * state is all that its callback has to show, so it is not in the store: whoever reads that could post a code of their own.
 */
export const keptTransaction = (state: string): string =>
  `kept transaction ${createHash("sha256").update(state).digest("base64url")}`

/**
 * Where it is noted that a tenant was sent to consent and no callback came yet: it names the transaction, and ends with
 * it. Only where callbacks may take days.
 */
const awaitedConsent = (place: { readonly connection: string; readonly tenant: string }): string =>
  `awaited consent ${createHash("sha256")
    .update(JSON.stringify([place.connection, place.tenant]))
    .digest("base64url")}`

/** The purpose that those are sealed for, bound to their state. */
export const keptTransactionPurpose = "kept authorization transaction"

/** The place of a token in memory. */
export type TokenSlot = Slot<Token, TokenReasons>

/**
 * The tokens of one OAuth 2.0 connection: consent, exchange, renewal with rotation, revocation. Grants are in the store;
 * the token in hand is in memory, one for each tenant and context.
 */
export class OAuthGrants {
  readonly renewals: Renewals<Token, TokenReasons>
  readonly rules: OAuthRules
  readonly #application: Application
  readonly #transport: Transport
  #opened: Grants<TokenReasons> | undefined
  #keysAdvised = false
  /** of the client's own credentials */
  readonly #incidents: Incidents
  /** failures after which nobody knows whether a refresh token was used; asking anew uses up nothing and is not meant */
  readonly #inDoubt = new WeakSet<SageAuthError>()
  /** failures of a pairing: when it is tried again stands in the store */
  readonly #postponed = new WeakSet<SageAuthError>()

  constructor(application: Application, transport: Transport, rules: OAuthRules) {
    this.#application = application
    this.#transport = transport
    this.rules = rules
    this.renewals = new Renewals<Token, TokenReasons>(application, {
      surface: rules.surface,
      connection: rules.connection,
      tenantOf,
      renew: (request) => this.#renew(request)
    })
    this.#incidents = new Incidents(
      application,
      (tenant) => this.place(tenant),
      (tenant) => this.slot(tenant)
    )
  }

  slot(tenant: string, context = ""): TokenSlot {
    return this.renewals.cache.slot(keyOf(tenant, context))
  }

  place(tenant: string): Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string } {
    return { surface: this.rules.surface, connection: this.rules.connection, tenant }
  }

  grants(): Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>> {
    return Effect.map(this.#application.vault, ({ sealing, store }) => {
      const { connection, dueIn, inDoubt, interactive, refreshErrors, revocation, surface } = this.rules
      const later = interactive?.later
      return (this.#opened ??= new Grants<TokenReasons>(
        this.#application,
        store,
        sealing,
        {
          surface,
          connection,
          inDoubt,
          ended: refreshErrors.invalidGrant,
          dueIn,
          rotate: ({ contents, context, refreshToken, tenant }) =>
            this.#rotate(tenant, context, refreshToken, contents.extras),
          revokeAlone:
            revocation?.alone === true
              ? (refreshToken, tenant, extras) => Effect.asVoid(Effect.exit(this.#revoke(tenant, refreshToken, extras)))
              : undefined,
          pairing:
            interactive === undefined || later === undefined
              ? undefined
              : { ...later, exchange: (tenant, pairing) => this.#exchangeKept(interactive, tenant, pairing) }
        },
        this.#application.settings.times
      ))
    })
  }

  // ---------------------------------------------------------------- renewal

  #renew({ cause, key, replaces }: RenewalRequest<Token>): Effect.Effect<Fresh<Token>, SageAuthError<TokenReasons>> {
    const tenant = tenantOf(key)
    const context = contextOf(key)
    const attempt = Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const renewal = {
        tenant,
        context,
        replaces: replaces?.value.id,
        rejected: cause === "rejected",
        force: forceOf(cause)
      }
      const { ask, refreshWhenRefused } = this.rules
      const renewed = grants.renew(renewal)
      const asked = ask === undefined ? undefined : grants.ask(renewal, this.#granted(ask(tenant), tenant, ""))
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
    }).pipe(Effect.catch((error) => this.#pendingOf(tenant, error)))
    return cause === "early" || cause === "kept-alive" ? attempt : this.#retried(attempt)
  }

  /** while callers wait: what surely did not use up anything is tried again by the schedules */
  #retried<A>(effect: Effect.Effect<A, SageAuthError<TokenReasons>>): Effect.Effect<A, SageAuthError<TokenReasons>> {
    const { rateLimited, transient } = this.#application.settings.retry
    return Effect.mapError(effect, (error) => ({ error })).pipe(
      retrying(rateLimited, ({ error }) => error.reason._tag === "RateLimited" && !this.#postponed.has(error)),
      // a lost rotation was replayed once already: whoever comes next may do it again, and not the same caller
      retrying(
        transient,
        ({ error }) =>
          error.retryable &&
          error.reason._tag === "ServiceUnavailable" &&
          !this.#inDoubt.has(error) &&
          !this.#postponed.has(error)
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
    const { base: baseOf, fixedHeaders } = this.rules
    const asked = Effect.all([fixedHeaders(tenant), baseOf === undefined ? Effect.undefined : baseOf(tenant)])
    return Effect.map(asked, ([fixed, base]): Fresh<Token> => {
      const { accessToken, extras, id } = credential
      const arrivedAt = this.#application.now() - age
      const { renewAfter, usable } = lifetimeOf(
        credential.lifetime ?? this.rules.life.assumed,
        this.#application.random()
      )
      const expiresAt = arrivedAt + usable
      return {
        value: tokenOf({ id, tenant, context, accessToken, base, extras, grantExtras: contents.extras }, fixed),
        issuedAt: arrivedAt,
        // found in the store: whoever put it there has used it
        accepted: age > 0,
        unchanged: id === replaces?.value.id,
        expiresAt,
        // the same one again, because its successor is in doubt: it is used to its end
        renewAt: id === replaces?.value.id ? expiresAt : arrivedAt + renewAfter
      }
    })
  }

  #rotate(
    tenant: string,
    context: string,
    refreshToken: Redacted.Redacted,
    extras: GrantExtras
  ): Effect.Effect<Granted, RotationFailure> {
    const { contextRefused, refreshErrors, refreshParameters } = this.rules
    const ask = (wanted: string) =>
      this.#granted(
        this.requestTokens(tenant, {
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
              const unusable = contextRefused(error, this.place(tenant))
              return Effect.map(ask(""), (granted): Granted => ({ ...granted, unusable }))
            }
          )
    return told.pipe(
      Effect.tapError(({ error, meaning }) =>
        Effect.sync(() => {
          if (meaning === "unknown") this.#inDoubt.add(error)
        })
      )
    )
  }

  /** one request to the token endpoint, by the connection's client and through its pool */
  requestTokens(
    tenant: string,
    request: {
      readonly parameters: Parameters
      readonly errors: TokenErrors
      readonly body?: "form" | "json" | undefined
      /** of the grant that the request is about */
      readonly extras?: GrantExtras | undefined
    }
  ): Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>> {
    const { admitted, body, camelCase, explain, extrasOf, keep, learn } = this.rules
    const { extras, parameters } = request
    const asked: Asked = { tenant, parameters, extras }
    const known = Effect.all({
      clientAuthentication: this.rules.client(tenant),
      endpoints: this.#endpoints(tenant, extras)
    })
    return Effect.flatMap(known, ({ clientAuthentication, endpoints }) => {
      const sent = tokenRequest(this.#transport, {
        url: endpoints.token,
        body: request.body ?? body,
        clientAuthentication,
        parameters,
        errors: request.errors,
        keep,
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

  #endpoints(tenant: string, extras: GrantExtras | undefined): Effect.Effect<Endpoints, SageAuthError<Misconfigured>> {
    const { endpoints } = this.rules
    return typeof endpoints === "function" ? endpoints(tenant, extras) : Effect.succeed(endpoints)
  }

  #announce(tenant: string, lost: TokenFailure | SageAuthError<Misconfigured>): void {
    if (!(lost instanceof TokenFailure)) return
    const { code, id, reason } = lost.error
    if (reason._tag === "RateLimited") {
      const at = this.#application.now()
      const { retryAfter } = reason
      this.#application.publish({ type: "rate-limited", ...this.place(tenant), at, code, retryAfter })
    }
    // said of the session or the token that was sent, and not of the client
    if (lost.verdict !== "invalid-client" || id === "intacct-rest.token-undecodable") return
    this.#incidents.refused(tenant, { what: "client", code })
  }

  /** what a token endpoint gave, or what its failure means for the token that was sent */
  #granted(
    request: Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>>,
    tenant: string,
    context: string
  ): Effect.Effect<Granted, RotationFailure> {
    return request.pipe(
      Effect.mapError(
        (lost): RotationFailure =>
          lost instanceof TokenFailure
            ? {
                error: lost.error,
                meaning: meaningOf(lost),
                cause: this.rules.causeOf?.(lost.error),
                said: lost.said
              }
            : { error: lost, meaning: "not-run" }
      ),
      Effect.map((response) => this.#read(response, tenant, context))
    )
  }

  #read(response: TokenResponse, tenant: string, context: string): Granted {
    const { accessToken, expiresIn, extras, idOfUser, refreshToken } = response
    const { grantKeep = [], grantLifeOf, life, spanOf } = this.rules
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

  // ---------------------------------------------------------------- consent

  /** a transaction for one consent, and where to send the browser */
  authorize(
    interactive: Interactive,
    tenant: string,
    options: { readonly returnTo: string; readonly [nowhereAsked]?: true }
  ): Effect.Effect<Authorization, SageAuthError<StoreUnavailable | Misconfigured>> {
    const place = this.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const returnTo = options?.[nowhereAsked] === true ? Result.succeed("") : readReturnTo(options?.returnTo)
      if (Result.isFailure(returnTo)) {
        return yield* raiseMisconfigured([{ option: "authorize({ returnTo })", expected: returnTo.failure }], place)
      }
      const { sealing, store } = yield* this.#application.vault
      this.#adviseKeys(place)
      const { clientId } = yield* this.rules.client(tenant)
      const parameters = yield* interactive.parameters(tenant)
      const transaction = yield* makeTransaction({
        connection: this.rules.connection,
        tenant,
        returnTo: returnTo.success,
        issuer: interactive.issuer,
        redirectUri: interactive.redirectUri,
        now: this.#application.now(),
        life: interactive.life
      })
      const { state, verifier } = transaction
      const url = authorizationUrl({
        authorizeUrl: (yield* this.#endpoints(tenant, undefined)).authorize,
        clientId,
        redirectUri: interactive.redirectUri,
        scope: interactive.scope,
        state,
        challenge: interactive.pkce === false ? undefined : challengeOf(verifier),
        responseType: interactive.responseType,
        parameters
      })
      const ends = (yield* store.now) + (transaction.expiresAt - this.#application.now())
      const plain = encodeTransaction(transaction)
      // single use: whoever takes the record first completes the authorization
      if (interactive.later !== undefined) {
        const sealed = yield* sealing.sealFor(keptTransactionPurpose, [state], plain)
        yield* store.putOnce(keptTransaction(state), sealed, ends)
        // the newest one counts
        yield* store.takeOnce(awaitedConsent(place))
        yield* store.putOnce(awaitedConsent(place), keptTransaction(state), ends)
        return { url, cookie: "" }
      }
      yield* store.putOnce(transactionRecord(state), yield* sealWayBack(sealing, transaction), ends)
      return { url, cookie: yield* sealing.sealFor(transactionPurpose, [], plain) }
    })
  }

  /** cookies are sealed too: with a key that dies with the process, so do the consents that are under way */
  #adviseKeys(place: ReturnType<OAuthGrants["place"]>): void {
    if (!this.#application.settings.ownKeys || this.#keysAdvised) return
    this.#keysAdvised = true
    this.#application.publish({
      type: "advice",
      ...place,
      at: this.#application.now(),
      subject: "keys-of-this-process",
      message: `${place.connection}: no keys are configured, so this process made one of its own. Consents under way, and the grants in memory, end with it. Configure keys, and a store that lasts.`
    })
  }

  /** exchanges the code of a callback; detached, so that a browser that goes away does not lose the grant */
  exchange(
    interactive: Interactive,
    transaction: Transaction,
    { code, extras }: AuthorizedCallback
  ): Effect.Effect<void, SageAuthError<CompletionReasons>> {
    const { tenant } = transaction
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const response = yield* Effect.mapError(
        this.#sendCode(interactive, tenant, {
          code,
          redirectUri: transaction.redirectUri,
          verifier: interactive.pkce === false ? undefined : transaction.verifier,
          extras
        }),
        ({ error }) => error as SageAuthError<CompletionReasons>
      )
      yield* this.#consent(grants, tenant, response, extras)
    })
  }

  #sendCode(
    { codeErrors }: Interactive,
    tenant: string,
    sent: {
      readonly code: Redacted.Redacted
      readonly redirectUri: string
      readonly verifier: Redacted.Redacted | undefined
      readonly extras: GrantExtras
    }
  ): Effect.Effect<TokenResponse, TokenFailure | SentNothing> {
    const { rateLimited, transient } = this.#application.settings.retry
    return this.requestTokens(tenant, {
      parameters: {
        grant_type: "authorization_code",
        code: sent.code,
        redirect_uri: sent.redirectUri,
        code_verifier: sent.verifier
      },
      errors: codeErrors,
      extras: sent.extras
    }).pipe(
      Effect.mapError((lost) => (lost instanceof TokenFailure ? lost : sentNothing(lost))),
      // a code is sent again only where it surely was not used
      retrying(rateLimited, ({ unused, verdict }) => unused && verdict === "rate-limited"),
      retrying(transient, ({ unused, verdict }) => unused && (verdict === "never-sent" || verdict === "unavailable"))
    )
  }

  // ---------------------------------------------------------------- consent that is accepted later

  /** keeps the code of a callback in the store, before its transaction is used up and before it is sent */
  keep(
    transaction: Transaction,
    { code, extras }: AuthorizedCallback
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const { redirectUri, state, tenant, verifier } = transaction
    const pkce = this.rules.interactive?.pkce !== false
    return Effect.flatMap(this.grants(), (grants) =>
      grants.begin(tenant, {
        id: keptTransaction(state),
        code,
        redirectUri,
        verifier: pkce ? verifier : undefined,
        extras
      })
    )
  }

  /** the callback of a transaction said no: nobody waits for it any longer */
  refused({ state, tenant }: Transaction): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const mark = awaitedConsent(this.place(tenant))
    return Effect.gen({ self: this }, function* () {
      const { store } = yield* this.#application.vault
      if ((yield* store.readOnce(mark)) === keptTransaction(state)) yield* store.takeOnce(mark)
    })
  }

  /** whether a human was sent to consent, and no callback came yet */
  #awaits(tenant: string): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    if (this.rules.interactive?.later === undefined) return Effect.succeed(false)
    return Effect.gen({ self: this }, function* () {
      const { store } = yield* this.#application.vault
      const transaction = yield* store.readOnce(awaitedConsent(this.place(tenant)))
      // used up by its callback: what became of it stands in the row
      return transaction !== undefined && (yield* store.readOnce(transaction)) !== undefined
    })
  }

  /** a consent that is under way is waited for, and nobody has to begin another one */
  #pendingOf(tenant: string, error: SageAuthError<TokenReasons>): Effect.Effect<never, SageAuthError<TokenReasons>> {
    const later = this.rules.interactive?.later
    if (later === undefined || error.reason._tag !== "ReauthorizationRequired") return Effect.fail(error)
    return Effect.flatMap(
      Effect.orElseSucceed(this.#awaits(tenant), () => false),
      (awaits) => {
        if (!awaits) return Effect.fail(error)
        const pending = later.pending(tenant, undefined) as SageAuthError<TokenReasons>
        this.#postponed.add(pending)
        return Effect.fail(pending)
      }
    )
  }

  /**
   * Sends a code that was kept. One that is not accepted yet is no failure: it stays in the store, and is sent again when
   * its pause is over and somebody uses the connection, asks for a refresh, or keeps its grants alive.
   */
  exchangeKept(tenant: string): Effect.Effect<void, SageAuthError<CompletionReasons>> {
    const place = this.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const paired = yield* Effect.result(grants.pair(tenant))
      if (Result.isFailure(paired)) {
        const { code, id, reason, remedy, supportId } = paired.failure as SageAuthError
        if (reason._tag === "PairingPending") return
        if (reason._tag !== "ReauthorizationRequired")
          return yield* Effect.fail(paired.failure as SageAuthError<CompletionReasons>)
        const detail = { ...place, message: catalogue[id].meaning, code, remedy, supportId }
        return yield* raise<CompletionReasons>("client.callback-rejected", detail)
      }
      this.#forget(tenant)
    })
  }

  #exchangeKept(interactive: Interactive, tenant: string, pairing: Pairing): Effect.Effect<Granted, RotationFailure> {
    const sent = Effect.mapError(this.#sendCode(interactive, tenant, pairing), (lost) =>
      lost instanceof TokenFailure ? lost : (lost.error as SageAuthError<Misconfigured>)
    )
    const told = Effect.tap(sent, (response) => Effect.sync(() => this.#adviseScope(tenant, response)))
    return Effect.tapError(this.#granted(told, tenant, ""), ({ error }) =>
      Effect.sync(() => this.#postponed.add(error))
    )
  }

  #consent(
    grants: Grants<TokenReasons>,
    tenant: string,
    response: TokenResponse,
    extras: Readonly<Record<string, string>>
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const granted = this.#read(response, tenant, "")
      yield* Effect.ensuring(
        grants.consent(tenant, { ...granted, grantExtras: { ...extras, ...granted.grantExtras } }),
        // what is in memory is of the consent before
        Effect.sync(() => this.#forget(tenant))
      )
      this.#adviseScope(tenant, response)
      if (response.refreshToken !== undefined) return
      const { connection } = this.rules
      this.#application.publish({
        type: "advice",
        ...this.place(tenant),
        at: this.#application.now(),
        subject: "no-refresh-token",
        message: `${connection}: the server gave no refresh token. The connection ends with its access token, and then a human has to consent again.`
      })
    })
  }

  /** a server may grant less than it was asked for, and has to say so then (RFC 6749, section 5.1) */
  #adviseScope(tenant: string, { scope }: TokenResponse): void {
    const missing = missingScopes(this.rules.interactive?.scope, scope)
    if (missing.length === 0) return
    const { connection } = this.rules
    this.#application.publish({
      type: "advice",
      ...this.place(tenant),
      at: this.#application.now(),
      subject: "smaller-grant",
      message: `${connection}: the consent grants less than was asked for. Not granted: ${missing.join(" ")}. Calls that need it will be refused: ask for it again, or for less.`
    })
  }

  #forget(tenant: string): void {
    for (const slot of this.renewals.cache.startingWith(tenant)) {
      if (tenantOf(slot.key) === tenant) this.renewals.forget(slot)
    }
  }

  // ---------------------------------------------------------------- state

  status(tenant: string): Effect.Effect<Status, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const storing = grants.storing(tenant)
      if (storing !== undefined) {
        const { age, lifetime } = storing.credentials[""] ?? { age: 0, lifetime: 0 }
        const remains = (lifetime ?? this.rules.life.assumed) - age
        return {
          state: "storing",
          refreshable: storing.refreshToken !== undefined,
          credentialExpiresAt: remains > 0 ? new Date(this.#application.now() + remains) : undefined,
          grantExpiresAt: undefined
        }
      }
      const found = yield* grants.look(tenant)
      const idle = found === undefined || found.state === "disconnected" || found.state === "reauthorization-required"
      const awaits = idle && (yield* this.#awaits(tenant))
      if (found === undefined) {
        const asks = this.rules.ask !== undefined
        return {
          // what is configured can be had without a human
          state: awaits ? "pairing" : asks ? "configured" : "disconnected",
          refreshable: asks,
          credentialExpiresAt: undefined,
          grantExpiresAt: undefined
        }
      }
      const { contents, grantExpiresIn, held, stall } = found
      // asking notes the grant before anything came
      const untried = contents.refreshToken === undefined && Object.keys(contents.credentials).length === 0
      const kept = untried && this.rules.ask !== undefined && found.state === "connected" ? "configured" : found.state
      const state = awaits ? "pairing" : stall === undefined ? kept : "stalled"
      const left = held === undefined ? 0 : (held.credential.lifetime ?? this.rules.life.assumed) - held.age
      const now = this.#application.now()
      return {
        state,
        refreshable:
          (contents?.refreshToken !== undefined || this.rules.ask !== undefined) &&
          state !== "reauthorization-required" &&
          state !== "pairing",
        credentialExpiresAt: left > 0 ? new Date(now + left) : undefined,
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
      withCallOptions(options, deadline, this.place(tenantOf(slot.key)), this.#application)
    )
  }

  /** forgets the grant here, whatever the server does; revokes it there by default where that hits this grant alone */
  disconnect(
    tenant: string,
    options: { readonly revoke?: boolean | undefined } | undefined
  ): Effect.Effect<{ readonly revoked: boolean }, SageAuthError<StoreUnavailable>> {
    const { revocation } = this.rules
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.grants()
      const contents = yield* grants.forget(tenant)
      if (this.rules.interactive?.later !== undefined) {
        // its callback, days later, would bring it back
        const { store } = yield* this.#application.vault
        const awaited = yield* store.takeOnce(awaitedConsent(this.place(tenant)))
        if (awaited !== undefined) yield* store.takeOnce(awaited)
      }
      this.#forget(tenant)
      const wanted = options?.revoke ?? revocation?.alone ?? false
      const revoked = wanted && contents !== undefined && (yield* this.#revokeContents(tenant, contents))
      const at = this.#application.now()
      this.#application.publish({ type: "disconnected", ...this.place(tenant), at, revoked })
      if (revoked && revocation?.also !== undefined) {
        const message = `${this.rules.connection}: revoking ended ${revocation.also} as well.`
        this.#application.publish({ type: "advice", ...this.place(tenant), at, subject: "revoked-more", message })
      }
      return { revoked }
    })
  }

  #revokeContents(tenant: string, contents: GrantContents): Effect.Effect<boolean> {
    // the refresh token first: with it, access tokens can be made anew
    const token = contents.refreshToken ?? contents.credentials[""]?.accessToken
    if (token === undefined) return Effect.succeed(false)
    return Effect.map(
      Effect.option(this.#revoke(tenant, token, contents.extras)),
      Option.getOrElse(() => false)
    )
  }

  /** false: there is no server that revokes */
  #revoke(
    tenant: string,
    token: Redacted.Redacted,
    extras: GrantExtras
  ): Effect.Effect<boolean, TokenFailure | SageAuthError<Misconfigured>> {
    const { admitted, body, refreshErrors, revocation } = this.rules
    if (revocation === undefined) return Effect.succeed(false)
    const parameters = revocation.parameters(token)
    return Effect.gen({ self: this }, function* () {
      const { revoke: url } = yield* this.#endpoints(tenant, extras)
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
}

/** Asked of the server itself, and not echoed by many: whether a refresh token came is told by itself. */
const notEchoed: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"])

/** What was asked for and is not granted, in our own words; a server that says nothing grants all of it. */
const missingScopes = (asked: string | undefined, granted: string | undefined): ReadonlyArray<string> => {
  if (asked === undefined || granted === undefined) return []
  const given = new Set(granted.slice(0, 8_192).split(/[\s,]/))
  return asked.split(" ").filter((scope) => scope !== "" && !notEchoed.has(scope) && !given.has(scope))
}

const fieldsOf = ({ said, sent, status, unused, verdict }: TokenFailure) => ({ said, sent, status, unused, verdict })

/** The options of a connection said no before there was a request. */
interface SentNothing {
  readonly error: SageAuthError
  readonly verdict: "rejected"
  readonly unused: true
}

const sentNothing = (error: SageAuthError): SentNothing => ({ error, verdict: "rejected", unused: true })

const forceOf = (cause: RenewalCause): "always" | "due" | undefined =>
  cause === "asked" ? "always" : cause === "kept-alive" ? "due" : undefined
