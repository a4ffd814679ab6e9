import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Result from "../config/Result.ts"
import type { Misconfigured, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { catalogue } from "../errors/catalogue.ts"
import { raise, raiseMisconfigured } from "../errors/raise.ts"
import type { ReceivedTokens, Pairing } from "../grant/GrantContents.ts"
import type { RotationFailure } from "../grant/GrantOptions.ts"
import type { Grants } from "../grant/Grants.ts"
import { retrying } from "../traffic/retrying.ts"
import type { CompletionReasons, GrantExtras, ConsentRules, TokenReasons } from "./OAuthRules.ts"
import { TokenFailure } from "./TokenErrors.ts"
import type { TokenRequests } from "./TokenRequests.ts"
import type { TokenResponse } from "./tokenEndpoint.ts"
import {
  authorizationUrl,
  awaitedConsent,
  callbackNamed,
  challengeOf,
  encodeTransaction,
  keptTransaction,
  keptTransactionPurpose,
  makeTransaction,
  sealWayBack,
  type Transaction,
  transactionPurpose,
  transactionRecord
} from "./Transaction.ts"
import type { AuthorizedCallback } from "./callback.ts"
import type { Authorizing } from "./completeAuthorization.ts"
import { nowhereAsked, readReturnTo } from "./returnTo.ts"

/** A URL for the browser, and what has to come back with the callback. */
export interface BegunAuthorization {
  readonly url: string
  /** opaque; its name and attributes are the adapter's */
  readonly cookie: string
}

/** The consents of one connection: the way of a browser to the server, its callback, and the exchange of the code. */
export class Authorizations {
  readonly #requests: TokenRequests
  readonly #interactive: ConsentRules
  readonly #grants: () => Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>>
  /** drops what is in memory of the consent before */
  readonly #forgetTokens: (tenant: string) => void
  #keysAdvised = false
  /** failures of a pairing: when it is tried again stands in the store */
  readonly #postponed = new WeakSet<SageAuthError>()

  constructor(
    requests: TokenRequests,
    interactive: ConsentRules,
    grants: () => Effect.Effect<Grants<TokenReasons>, SageAuthError<StoreUnavailable>>,
    forgetTokens: (tenant: string) => void
  ) {
    this.#requests = requests
    this.#interactive = interactive
    this.#grants = grants
    this.#forgetTokens = forgetTokens
  }

  /** takes the callbacks */
  get authorizing(): Authorizing {
    const rules = this.#interactive.callback
    return this.#interactive.later === undefined
      ? {
          rules,
          exchange: (transaction, authorized) => this.#exchange(transaction, authorized),
          storing: ({ state, tenant }, { code }) => this.#storingOf(tenant, callbackNamed(state, code)),
          connected: ({ state, tenant }, { code }, onItsWay) =>
            Effect.flatMap(this.#grants(), (grants) => grants.broughtBy(tenant, callbackNamed(state, code), onItsWay))
        }
      : {
          rules,
          keepCode: (transaction, authorized) => this.#keepCode(transaction, authorized),
          refused: (transaction) => this.#callbackRefused(transaction),
          exchange: ({ tenant }) => this.#exchangeKept(tenant)
        }
  }

  /** whether the store says when that is tried again, so that no other caller need try */
  isPostponed(error: SageAuthError): boolean {
    return this.#postponed.has(error)
  }

  /** a transaction for one consent, and where to send the browser */
  authorize(
    tenant: string,
    options: { readonly returnTo: string; readonly [nowhereAsked]?: true }
  ): Effect.Effect<BegunAuthorization, SageAuthError<StoreUnavailable | Misconfigured>> {
    const place = this.#requests.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const returnTo = options?.[nowhereAsked] === true ? Result.succeed("") : readReturnTo(options?.returnTo)
      if (Result.isFailure(returnTo)) {
        return yield* raiseMisconfigured([{ option: "authorize({ returnTo })", expected: returnTo.failure }], place)
      }
      const { once, sealing, store } = yield* this.#requests.application.vault
      this.#adviseKeys(place)
      const { clientId } = yield* this.#requests.rules.client(tenant)
      const parameters = yield* this.#interactive.parameters(tenant)
      const transaction = yield* makeTransaction({
        connection: this.#requests.rules.connection,
        tenant,
        returnTo: returnTo.success,
        issuer: this.#interactive.issuer,
        redirectUri: this.#interactive.redirectUri,
        now: this.#requests.application.now(),
        life: this.#interactive.life
      })
      const { state, verifier } = transaction
      const url = authorizationUrl({
        authorizeUrl: (yield* this.#requests.endpoints(tenant, undefined)).authorize,
        clientId,
        redirectUri: this.#interactive.redirectUri,
        scope: this.#interactive.scope,
        state,
        challenge: this.#interactive.pkce === false ? undefined : challengeOf(verifier),
        responseType: this.#interactive.responseType,
        parameters
      })
      const ends = (yield* store.now) + (transaction.expiresAt - this.#requests.application.now())
      const plain = encodeTransaction(transaction)
      // single use: the first to take the record completes the authorization
      if (this.#interactive.later !== undefined) {
        const sealed = yield* sealing.sealFor(keptTransactionPurpose, [state], plain)
        yield* once.put(keptTransaction(state), sealed, ends)
        // the newest one counts
        yield* once.take(awaitedConsent(place))
        yield* once.put(awaitedConsent(place), keptTransaction(state), ends)
        return { url, cookie: "" }
      }
      yield* once.put(transactionRecord(state), yield* sealWayBack(sealing, transaction), ends)
      return { url, cookie: yield* sealing.sealFor(transactionPurpose, [], plain) }
    })
  }

  /** a consent that is under way ends here: its callback, days later, would bring back what was disconnected */
  cancel(tenant: string): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    if (this.#interactive.later === undefined) return Effect.void
    return Effect.gen({ self: this }, function* () {
      const { once } = yield* this.#requests.application.vault
      const awaited = yield* once.take(awaitedConsent(this.#requests.place(tenant)))
      if (awaited !== undefined) yield* once.take(awaited)
    })
  }

  /** exchanges the code of a callback; detached, so that a browser that goes away does not lose the grant */
  #exchange(
    transaction: Transaction,
    { code, extras }: AuthorizedCallback
  ): Effect.Effect<void, SageAuthError<CompletionReasons>> {
    const { tenant } = transaction
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.#grants()
      const response = yield* Effect.mapError(
        this.#sendCode(tenant, {
          code,
          redirectUri: transaction.redirectUri,
          verifier: this.#interactive.pkce === false ? undefined : transaction.verifier,
          extras
        }),
        ({ error }) => error as SageAuthError<CompletionReasons>
      )
      yield* this.#consent(grants, tenant, response, extras, callbackNamed(transaction.state, code))
    })
  }

  #storingOf(tenant: string, callback: string): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.flatMap(this.#grants(), (grants) =>
      grants.storing(tenant)?.consent === callback
        ? raise<StoreUnavailable>("client.consent-being-stored", this.#requests.place(tenant))
        : Effect.void
    )
  }

  /** keeps the code of a callback in the store, before its transaction is used up and before it is sent */
  #keepCode(
    transaction: Transaction,
    { code, extras }: AuthorizedCallback
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const { redirectUri, state, tenant, verifier } = transaction
    const pkce = this.#interactive.pkce !== false
    return Effect.flatMap(this.#grants(), (grants) =>
      grants.begin(tenant, {
        id: keptTransaction(state),
        code,
        redirectUri,
        verifier: pkce ? verifier : undefined,
        extras
      })
    )
  }

  /**
   * Sends a code that was kept. One that is not accepted yet is no failure. It stays in the store, and is sent again
   * when its pause is over and somebody uses the connection, asks for a refresh, or keeps its grants alive.
   */
  #exchangeKept(tenant: string): Effect.Effect<void, SageAuthError<CompletionReasons>> {
    const place = this.#requests.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const grants = yield* this.#grants()
      const paired = yield* Effect.result(grants.pair(tenant))
      if (Result.isFailure(paired)) {
        const { code, id, reason, remedy, supportId } = paired.failure as SageAuthError
        if (reason._tag === "PairingPending") return
        if (reason._tag !== "ReauthorizationRequired")
          return yield* Effect.fail(paired.failure as SageAuthError<CompletionReasons>)
        const detail = { ...place, message: catalogue[id].meaning, code, remedy, supportId }
        return yield* raise<CompletionReasons>("client.callback-rejected", detail)
      }
      this.#forgetTokens(tenant)
    })
  }

  /** the callback of a transaction said no: it is no longer waited for */
  #callbackRefused({ state, tenant }: Transaction): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const mark = awaitedConsent(this.#requests.place(tenant))
    return Effect.gen({ self: this }, function* () {
      const { once } = yield* this.#requests.application.vault
      if ((yield* once.read(mark)) === keptTransaction(state)) yield* once.take(mark)
    })
  }

  /** a consent that is under way is waited for, and no other one has to begin */
  pendingOf(tenant: string, error: SageAuthError<TokenReasons>): Effect.Effect<never, SageAuthError<TokenReasons>> {
    const later = this.#interactive.later
    if (later === undefined || error.reason._tag !== "ReauthorizationRequired") return Effect.fail(error)
    return Effect.flatMap(
      Effect.orElseSucceed(this.awaits(tenant), () => false),
      (awaits) => {
        if (!awaits) return Effect.fail(error)
        const pending = later.pending(tenant, undefined) as SageAuthError<TokenReasons>
        this.#postponed.add(pending)
        return Effect.fail(pending)
      }
    )
  }

  /** whether a human was sent to consent, and no callback came yet */
  awaits(tenant: string): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    if (this.#interactive.later === undefined) return Effect.succeed(false)
    return Effect.gen({ self: this }, function* () {
      const { once } = yield* this.#requests.application.vault
      const transaction = yield* once.read(awaitedConsent(this.#requests.place(tenant)))
      // used up by its callback: what became of it stands in the row
      return transaction !== undefined && (yield* once.read(transaction)) !== undefined
    })
  }

  #sendCode(
    tenant: string,
    sent: {
      readonly code: Redacted.Redacted
      readonly redirectUri: string
      readonly verifier: Redacted.Redacted | undefined
      readonly extras: GrantExtras
    }
  ): Effect.Effect<TokenResponse, TokenFailure | SentNothing> {
    const { rateLimited, transient } = this.#requests.application.settings.retry
    return this.#requests
      .request(tenant, {
        parameters: {
          grant_type: "authorization_code",
          code: sent.code,
          redirect_uri: sent.redirectUri,
          code_verifier: sent.verifier
        },
        errors: this.#interactive.codeErrors,
        extras: sent.extras
      })
      .pipe(
        Effect.mapError((lost) => (lost instanceof TokenFailure ? lost : sentNothing(lost))),
        // a code is sent again only where it surely was not used
        retrying(rateLimited, ({ processed, verdict }) => processed === "no" && verdict === "rate-limited"),
        retrying(
          transient,
          ({ processed, verdict }) => processed === "no" && (verdict === "no-answer" || verdict === "unavailable")
        )
      )
  }

  /** the exchange of a code that was kept, as grants ask for it */
  exchangePairing(tenant: string, pairing: Pairing): Effect.Effect<ReceivedTokens, RotationFailure> {
    const sent = Effect.mapError(this.#sendCode(tenant, pairing), (lost) =>
      lost instanceof TokenFailure ? lost : (lost.error as SageAuthError<Misconfigured>)
    )
    const told = Effect.tap(sent, (response) => Effect.sync(() => this.#adviseScope(tenant, response)))
    return Effect.tapError(this.#requests.receive(told, tenant, ""), ({ error }) =>
      Effect.sync(() => this.#postponed.add(error))
    )
  }

  #consent(
    grants: Grants<TokenReasons>,
    tenant: string,
    response: TokenResponse,
    extras: Readonly<Record<string, string>>,
    callback: string
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const received = this.#requests.issued(response, tenant, "")
      yield* Effect.ensuring(
        grants.consent(tenant, { ...received, grantExtras: { ...extras, ...received.grantExtras } }, callback),
        // what is in memory is of the consent before
        Effect.sync(() => this.#forgetTokens(tenant))
      )
      this.#adviseScope(tenant, response)
      if (response.refreshToken !== undefined) return
      const { connection } = this.#requests.rules
      this.#requests.application.publish({
        type: "advice",
        ...this.#requests.place(tenant),
        at: this.#requests.application.now(),
        subject: "no-refresh-token",
        message: `${connection}: the server gave no refresh token. The connection ends with its access token, and then a human has to consent again.`
      })
    })
  }

  /** cookies are sealed too: with a key that dies with the process, so do the consents that are under way */
  #adviseKeys(place: ReturnType<TokenRequests["place"]>): void {
    if (!this.#requests.application.settings.ownKeys || this.#keysAdvised) return
    this.#keysAdvised = true
    this.#requests.application.publish({
      type: "advice",
      ...place,
      at: this.#requests.application.now(),
      subject: "keys-of-this-process",
      message: `${place.connection}: no keys are configured, so this process made one of its own. Consents under way, and the grants in memory, end with it. Configure keys, and a store that lasts.`
    })
  }

  /** a server may grant less than it was asked for, and has to say so then (RFC 6749, section 5.1) */
  #adviseScope(tenant: string, { scope }: TokenResponse): void {
    const missing = missingScopes(this.#interactive.scope, scope)
    if (missing.length === 0) return
    const { connection } = this.#requests.rules
    this.#requests.application.publish({
      type: "advice",
      ...this.#requests.place(tenant),
      at: this.#requests.application.now(),
      subject: "smaller-grant",
      message: `${connection}: the consent grants less than was asked for. Not granted: ${missing.join(" ")}. Calls that need it will be refused: ask for it again, or for less.`
    })
  }
}

/** The options of a connection said no before there was a request. */
interface SentNothing {
  readonly error: SageAuthError
  readonly verdict: "rejected"
  readonly processed: "no"
}

const sentNothing = (error: SageAuthError): SentNothing => ({ error, verdict: "rejected", processed: "no" })

/** Asked of the server itself, and not echoed by many: whether a refresh token came is told by itself. */
const notEchoed: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"])

/** What was asked for and is not granted, in our own words; a server that says nothing grants all of it. */
const missingScopes = (asked: string | undefined, grantedScope: string | undefined): ReadonlyArray<string> => {
  if (asked === undefined || grantedScope === undefined) return []
  const given = new Set(grantedScope.slice(0, 8_192).split(/[\s,]/))
  return asked.split(" ").filter((scope) => scope !== "" && !notEchoed.has(scope) && !given.has(scope))
}
