import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { LentSession, OpenConnection } from "../openApplication.ts"
import { type Application, type CallOptions, whileOpen, withCallOptions } from "../application/Application.ts"
import { AuthorizedCalls, type CallVerdict, type WholeAnswer } from "../calls/AuthorizedCalls.ts"
import type { FetchOptions } from "../calls/HttpClient.ts"
import { jsonAnswer } from "../calls/jsonAnswer.ts"
import { unreadBody } from "../calls/heldBody.ts"
import * as Result from "../config/Result.ts"
import { resolveOption } from "../config/resolve.ts"
import type { AcquireReasons, BudgetExhausted, Misconfigured } from "../errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import { raise, raiseMisconfigured } from "../errors/raise.ts"
import { dueWithin } from "../grant/storePasses.ts"
import type { ClientAuthentication, Parameters as RequestParameters, TokenResponse } from "../oauth2/tokenEndpoint.ts"
import { OAuthGrants } from "../oauth2/OAuthGrants.ts"
import type { OAuthRequest, OAuthRules, TokenReasons, TokenSlot } from "../oauth2/OAuthRules.ts"
import { jwtHints, type Token } from "../oauth2/Token.ts"
import { TokenFailure } from "../oauth2/TokenErrors.ts"
import { parseBody } from "../oauth2/errorBody.ts"
import { requestMeter } from "../traffic/MeterEntry.ts"
import { type MeterReading, type MeterRules, rulesOf } from "../traffic/Meter.ts"
import { defaultPermits, permitsOfTier, type PoolReading, readPool } from "../traffic/Pool.ts"
import { permitRequest, type Traffic } from "../calls/Admission.ts"
import * as Transport from "../transport/Transport.ts"
import { fetchTrusting } from "../transport/tls.ts"
import type { PageOptions } from "../paging/Page.ts"
import type { OpenSource, ReadPage } from "../paging/readPages.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import type { IntacctRestListReasons, RestQuery, RestSession } from "./IntacctRestClient.ts"
import {
  callbackRules,
  callErrors,
  clientErrors,
  codeErrors,
  judge,
  limitOf,
  reads,
  refreshErrors,
  waitOf
} from "./judge.ts"
import {
  entityParameters,
  type IntacctRestConfiguration,
  readUsername,
  secretOption,
  sessionIdOption,
  textOption,
  type Username,
  usernameOption
} from "./options.ts"
import { mostRecordsOf, pageIn, pageRequestOf, wrongList } from "./restPages.ts"

/** Services that are about the session or the definition of objects, and bill nothing. */
const free = /^services\/core\/(?:session|model|metadata)\b/

const bulk = /^services\/bulk\/job\/create\b/

/** Objects by key; several keys make several of them. */
const byKeys = /^objects\/[^/?]+\/[^/?]+\/([^/?]+)/

const listed = (json: string): number => {
  try {
    const records: unknown = JSON.parse(json)
    return Array.isArray(records) ? Math.max(1, records.length) : 1
  } catch {
    return 1
  }
}

/** How many records the file of a bulk request has; one where it cannot be told. */
const recordsIn = (body: unknown): number | Promise<number> => {
  const file = body instanceof FormData ? body.get("file") : undefined
  if (typeof file === "string") return listed(file)
  return file instanceof Blob ? file.text().then(listed) : 1
}

const keysIn = (path: string): number => byKeys.exec(path)?.[1]?.split(/,|%2C/i).length ?? 1

const isList = (body: unknown): body is string => typeof body === "string" && /^\s*\[/.test(body)

/**
 * What a call counts of the company's allowance: one for each read, query and write, as the XML functions do. It is
 * nothing for tokens and sessions. It is one a record, or one a call, for bulk requests and for calls about several
 * records.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Transaction volume, concurrency and scaling.
 *
 * @param path below the API's base, with or without a slash
 */
export const transactionsOf = (
  path: string,
  body: unknown,
  bulkCounts: "record" | "call"
): number | Promise<number> => {
  const relative = path.replace(/^\/+/, "")
  if (free.test(relative)) return 0
  if (bulkCounts === "call") return 1
  if (bulk.test(relative)) return recordsIn(body)
  return isList(body) ? listed(body) : keysIn(relative)
}

const surface = "intacct-rest"

/** Assumed where a token's life is not said: the shorter of Intacct's two statements, in milliseconds. */
const assumedLife = 60 * 60_000

/** The largest answer with a session id that is read, in bytes. */
const sessionLimit = 64 * 1024

/** The largest page of a list that is read, in bytes. */
const pageLimit = 64 * 1024 * 1024

/** Where the XML API takes the session of a token. Source: developer.intacct.com, Web Services. */
const xmlEndpoint = "https://api.intacct.com/ia/xml/xmlgw.phtml"

/** the header that puts one request into an entity */
export const entityHeader = "x-ia-api-param-entity"

/** One intacct-rest connection at work, for all of its tenants. */
export class IntacctRestEngine {
  readonly application: Application
  readonly name: string
  readonly grants: OAuthGrants
  readonly calls: AuthorizedCalls<Token, TokenReasons>
  readonly deadline: number
  readonly #configuration: IntacctRestConfiguration
  readonly #find: (connection: string) => OpenConnection | undefined
  readonly #meter: MeterRules
  readonly #permits: number
  /** the companies of borrowed sessions, by the tenant's slot: a renewal that borrows one keeps its slot in memory */
  readonly #lenders = new WeakMap<TokenSlot, string>()

  constructor(
    application: Application,
    name: string,
    configuration: IntacctRestConfiguration,
    find: (connection: string) => OpenConnection | undefined
  ) {
    const { assumedGrantLife, bulkCounts, ca, deadline, inDoubt, maxTokenAge, meter, permits, tier, urls } =
      configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.#find = find
    this.deadline = deadline ?? application.settings.deadline
    this.#meter = rulesOf(meter, tier)
    this.#permits = permits ?? (tier === undefined ? defaultPermits : permitsOfTier[tier])
    const fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
    const { redirectUri, scope, subject } = configuration
    this.grants = new OAuthGrants(application, Transport.make(fetch, application.clock), {
      surface,
      connection: name,
      endpoints: urls,
      body: "form",
      client: (tenant) => this.#client(tenant),
      issuedFor: (tenant) => this.#issuedFor(tenant),
      inDoubt,
      refreshErrors,
      refreshParameters: (context) => this.#entityParameters(context),
      check: (response, context, place) => checkEntity(response, context, place),
      contextRefused: ({ code }, place) =>
        failure("intacct-rest.entity-not-switched", {
          ...place,
          code,
          message:
            "a token for the entity was refused, and one without it was not: there is no such entity for this user"
        }),
      life: { assumed: assumedLife, cap: maxTokenAge },
      spanOf: (token) => jwtHints(token).span,
      // a refresh token may say itself how long it lives; what no source is sure of is assumed
      grantLifeOf: ({ refreshToken }) =>
        refreshToken === undefined ? undefined : (jwtHints(refreshToken).span ?? assumedGrantLife),
      dueIn:
        subject === undefined
          ? dueWithin(application, assumedGrantLife)
          : // asked for anew whenever it is needed
            () => undefined,
      keepAliveConcurrency: configuration.keepAliveConcurrency,
      extraMembers: [],
      extrasOf: (response, asked) => this.#extrasOf(response, asked),
      // for a refresh whose tokens say nothing of it
      grantMembers: ["company"],
      fixedHeaders: () => Effect.succeed({ accept: "application/json" }),
      revocation: {
        endsOnlyThisGrant: false,
        also: "every other token of the same user and company, those of other connections and applications included,",
        parameters: (token) => ({ token })
      },
      ask: subject === undefined ? undefined : (tenant) => this.#ask(tenant, subject),
      refreshWhenRefused: subject?.kind === "sessionId",
      admitted: (asked, request) =>
        Effect.flatMap(this.#poolOf(asked), (traffic) =>
          application.coordination.withPermit(
            traffic.pool,
            permitRequest(application, traffic, { ahead: true })
          )(request)
        ),
      explain: (error, clientId) => withSenderHint(error, clientId),
      interactive:
        redirectUri === undefined
          ? undefined
          : {
              redirectUri,
              scope,
              // the issuer that Intacct's discovery document names
              issuer: new URL(urls.authorize).origin,
              parameters: () => Effect.succeed({}),
              callback: callbackRules,
              codeErrors
            }
    } satisfies OAuthRules)
    this.calls = new AuthorizedCalls(application, this.grants.renewals, {
      surface,
      connection: name,
      fetch,
      deadline: this.deadline,
      base: () => urls.api,
      headers: ({ headers }) => headers,
      judge,
      reads,
      retryAfter: waitOf,
      traffic: (token) => this.#trafficOf(token),
      limited: "intacct.rate-limited",
      unavailable: "intacct.service-unavailable",
      idempotencyKey: "idempotency-key",
      meter: {
        ...requestMeter<Token>(application, this.#meter, (token) => this.#payerOf(token)),
        weigh: (url, body) => (url === undefined ? 1 : transactionsOf(url.slice(urls.api.length), body, bulkCounts))
      },
      learn: (token, { headers }) => this.#learn(token, headers)
    })
  }

  #client(tenant: string): Effect.Effect<ClientAuthentication, SageAuthError<Misconfigured>> {
    const { clientId, clientSecret } = this.#configuration
    return Effect.gen({ self: this }, function* () {
      const place = this.grants.place(tenant)
      const id = yield* resolveOption(place, "clientId", clientId, textOption)
      if (clientSecret === undefined) return { method: "none" as const, clientId: id }
      const secret = yield* resolveOption(place, "clientSecret", clientSecret, secretOption)
      return { method: "body" as const, clientId: id, clientSecret: secret }
    })
  }

  // ---------------------------------------------------------------- tokens

  #issuedFor(tenant: string): Effect.Effect<ReadonlyArray<string | undefined>, SageAuthError<Misconfigured>> {
    const { clientId, subject, urls } = this.#configuration
    const place = this.grants.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const id = yield* resolveOption(place, "clientId", clientId, textOption)
      if (subject === undefined) return [id, new URL(urls.token).origin]
      const asked = [id, urls.token, subject.kind]
      switch (subject.kind) {
        case "username":
          return [...asked, (yield* this.#username(tenant, subject.username)).text]
        // whose session that is, it does not say; it is a secret, and another one each time
        case "sessionId":
          return asked
        case "session":
          return [...asked, ...(yield* this.#find(subject.connection)?.sessionOf?.(tenant) ?? Effect.succeed([]))]
      }
    })
  }

  #entityParameters(context: string): RequestParameters {
    return context === "" ? {} : entityParameters(this.#configuration.entityParameter, context)
  }

  /** a token by the client's own credentials, for a user or for a session */
  #ask(
    tenant: string,
    subject: NonNullable<IntacctRestConfiguration["subject"]>
  ): Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>> {
    const { tokenBody } = this.#configuration
    const request = (parameters: RequestParameters) =>
      this.grants.requestTokens(tenant, {
        parameters: { grant_type: "client_credentials", ...parameters },
        errors: clientErrors,
        body: tokenBody
      })
    switch (subject.kind) {
      case "username":
        return Effect.flatMap(this.#username(tenant, subject.username), ({ text }) => request({ username: text }))
      case "sessionId":
        return Effect.flatMap(
          resolveOption(this.grants.place(tenant), "sessionId", subject.sessionId, sessionIdOption),
          (sessionId) => request({ session_id: sessionId })
        )
      case "session": {
        const borrow = (fresh: boolean) =>
          Effect.flatMap(this.#borrowed(tenant, subject.connection, fresh), ({ id }) => request({ session_id: id }))
        return Effect.catchIf(
          borrow(false),
          // a session that has died meanwhile: once more with another one
          (lost) => lost instanceof TokenFailure && lost.status !== undefined && isOfSession(lost),
          () => borrow(true)
        )
      }
    }
  }

  #username(tenant: string, option: unknown): Effect.Effect<Username, SageAuthError<Misconfigured>> {
    return resolveOption(this.grants.place(tenant), "username", option, usernameOption)
  }

  #borrowed(
    tenant: string,
    connection: string,
    fresh: boolean
  ): Effect.Effect<LentSession, TokenFailure | SageAuthError<Misconfigured>> {
    const lend = this.#find(connection)?.lendSession
    if (lend === undefined) {
      const option = `connections.${this.name}.session`
      return Effect.fail(
        misconfigured([{ option, expected: "the name of an intacct-xml connection" }], this.grants.place(tenant))
      )
    }
    return Effect.mapError(
      Effect.tap(lend(tenant, fresh), ({ company }) =>
        Effect.sync(() => this.#lenders.set(this.grants.slot(tenant), company))
      ),
      // the failure of the one that lends, under its own name
      (error) =>
        new TokenFailure({
          error,
          description: undefined,
          verdict: "rejected",
          processed: "no",
          cause: undefined,
          status: undefined
        })
    )
  }

  // ---------------------------------------------------------------- pool and meter

  /**
   * What is kept with a token: its company, which is the key of pool and meter, and its entity. It says both itself; of
   * one that does not, the company is known from what was sent for it, or from its grant.
   */
  #extrasOf({ accessToken, refreshToken }: TokenResponse, asked: OAuthRequest): Readonly<Record<string, string>> {
    const hints = jwtHints(accessToken)
    const username = usernameIn(asked.parameters)
    const company =
      hints.companyId ??
      (refreshToken === undefined ? undefined : jwtHints(refreshToken).companyId) ??
      this.#companyOfRequest(asked)
    const entity = hints.companyId === undefined ? (hints.entityId ?? username?.entityId) : hints.entityId
    return {
      ...(company === undefined ? {} : { company: company.toLowerCase() }),
      ...(entity === undefined ? {} : { entity })
    }
  }

  /** the company that a request for tokens is about: by what is sent, by whose session it is, or by its grant */
  #companyOfRequest({ extras, parameters, tenant }: OAuthRequest): string | undefined {
    const lender = parameters["session_id"] === undefined ? undefined : this.#lenders.get(this.grants.slot(tenant))
    return companyIn(parameters) ?? usernameIn(parameters)?.companyId.toLowerCase() ?? lender ?? extras?.["company"]
  }

  #poolOf(asked: OAuthRequest): Effect.Effect<Traffic, SageAuthError<Misconfigured>> {
    const { tenant } = asked
    const { subject } = this.#configuration
    return Effect.gen({ self: this }, function* () {
      if (subject?.kind === "username") {
        return this.#traffic((yield* this.#username(tenant, subject.username)).companyId.toLowerCase())
      }
      const slot = this.grants.renewals.cache.live(this.grants.slot(tenant))
      const token = (slot.credential ?? slot.rejected)?.value
      const company =
        this.#companyOfRequest(asked) ??
        this.#lenders.get(slot) ??
        (token === undefined ? undefined : this.#companyOf(token))
      if (company !== undefined) return this.#traffic(company)
      // before any company is known: one request at a time for the client
      const { clientId } = yield* this.#client(tenant)
      return { pool: `client ${clientId}`, permits: 1 }
    })
  }

  #companyOf({ extras, grantExtras }: Token): string | undefined {
    return extras["company"] ?? grantExtras["company"]
  }

  /** whose transactions a token's calls are: the company's, or the tenant's where nothing says which company that is */
  #payerOf(token: Token): string {
    return this.#companyOf(token) ?? `tenant ${token.tenant} of ${this.name}`
  }

  #trafficOf(token: Token): Traffic {
    const company = this.#companyOf(token)
    return company === undefined ? { pool: this.#payerOf(token), permits: 1 } : this.#traffic(company)
  }

  #traffic(company: string): Traffic {
    return {
      pool: company,
      permits: Math.min(this.#permits, this.application.saidLimits.get(company) ?? this.#permits)
    }
  }

  #learn(token: Token, headers: Headers): void {
    const company = this.#companyOf(token)
    const limit = limitOf(headers)
    if (company === undefined || limit === undefined) return
    const { saidLimits } = this.application
    // headers lower the pool, which the company's XML traffic shares; they never raise it. Nearly all say the same
    if (saidLimits.get(company) !== limit) saidLimits.set(company, limit)
  }

  pool(tenant: string): Effect.Effect<PoolReading, SageAuthError<Misconfigured>> {
    return Effect.flatMap(this.#poolOf({ tenant, parameters: {}, extras: undefined }), ({ permits, pool }) =>
      readPool(this.application.coordination, pool, permits)
    )
  }

  meter(
    tenant: string,
    set: { readonly used: number } | undefined
  ): Effect.Effect<MeterReading, SageAuthError<AcquireReasons["intacct-rest"]>> {
    const place = this.grants.place(tenant)
    const { meters } = this.application
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      if (set !== undefined && !(Number.isSafeInteger(set.used) && set.used >= 0)) {
        return yield* raiseMisconfigured([{ option: "meter({ used })", expected: "a whole number, 0 or more" }], place)
      }
      const { subject } = this.#configuration
      const company =
        subject?.kind === "username"
          ? (yield* this.#username(tenant, subject.username)).companyId.toLowerCase()
          : this.#payerOf((yield* this.grants.renewals.acquire(this.grants.slot(tenant))).value)
      yield* meters.ready(company)
      if (set !== undefined) meters.set(company, set.used)
      return meters.read(company, this.#meter)
    })
  }

  // ---------------------------------------------------------------- lists

  /** an answer with all of its body, as a page of a list is read. A query changes nothing, and may be sent twice */
  whole(
    slot: TokenSlot,
    path: string,
    init: FetchOptions,
    extra: Readonly<Record<string, string>> | undefined,
    called: string
  ) {
    const headers = new Headers(init.headers)
    for (const name in extra) headers.set(name, extra[name] as string)
    return this.calls.whole(slot, path, { ...init, headers }, pageLimit, { idempotent: true, called })
  }

  /** a list of the API, page by page; `send` sends the request for a page */
  listed(
    tenant: string,
    list: string | RestQuery,
    options: PageOptions<never> | PageOptions | undefined,
    called: string,
    send: (
      path: string,
      init: FetchOptions
    ) => Effect.Effect<WholeAnswer, SageAuthError<IntacctRestListReasons> | TransportFailure>
  ): OpenSource<number, IntacctRestListReasons> {
    const place = this.grants.place(tenant)
    const slot = this.grants.slot(tenant)
    return () =>
      wrongList(list, called, place) ?? {
        application: this.application,
        place,
        called,
        deadline: this.deadline,
        mostRecords: mostRecordsOf(list),
        // the records are counted from 1: the first page begins where the request says
        first: 0,
        read: (at) => {
          const { init, path } = pageRequestOf(list, at === 0 ? undefined : at, options?.pageSize)
          const { credential, rejected } = this.grants.renewals.cache.live(slot)
          return jsonAnswer<ReadPage<number>, IntacctRestListReasons>(
            send(path, { ...init, deadline: options?.deadline }),
            {
              place,
              what: "a list",
              read: pageIn,
              errors: callErrors,
              refused: "intacct-rest.request-invalid",
              unreadable: "intacct.unreadable-answer",
              secrets: () =>
                [credential, rejected, this.grants.renewals.cache.live(slot).credential].flatMap((each) =>
                  each === undefined ? [] : [each.value.accessToken]
                ),
              now: this.application.now
            }
          )
        },
        nameOf: String
      }
  }

  // ---------------------------------------------------------------- entities and sessions

  /** whether a header can name an entity, as far as the credential in hand says; false where there is none */
  isTopLevel(tenant: string): boolean {
    const { renewals } = this.grants
    const credential = renewals.peek(renewals.cache.live(this.grants.slot(tenant)))
    return credential !== undefined && credential.value.extras["entity"] === undefined
  }

  /**
   * Whether a header has to name the entity: not where the credential is bound to that very one. Fails before anything
   * is sent where it is bound to another.
   */
  needsHeader(tenant: string, entity: string): Effect.Effect<boolean, SageAuthError<AcquireReasons["intacct-rest"]>> {
    return Effect.flatMap(this.grants.renewals.acquire(this.grants.slot(tenant)), ({ value }) => {
      const bound = value.extras["entity"]
      if (bound === undefined) return Effect.succeed(true)
      return sameEntity(bound, entity)
        ? Effect.succeed(false)
        : Effect.fail(failure<Misconfigured>("intacct-rest.entity-bound", this.grants.place(tenant)))
    })
  }

  /** a session of the XML API for the token in hand. Source: developer.sage.com, Sage Intacct REST API, Session id. */
  session(
    tenant: string,
    context: string,
    options: CallOptions | undefined
  ): Effect.Effect<RestSession, SageAuthError<SessionReasons>> {
    const place = this.grants.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const { response, text } = yield* Effect.mapError(
        this.calls.whole(this.grants.slot(tenant, context), "services/core/session/id", { ...options }, sessionLimit),
        (lost) => (isSageAuthError(lost) ? lost : unreadBody<SessionReasons>(lost, "intacct.unreadable-answer", place))
      )
      const arrivedAt = this.application.now()
      const body = parseBody(text)
      const result = body.kind === "json" ? sessionIn(body.value) : undefined
      if (!response.ok || result === undefined) {
        return yield* raise<AcquireReasons["intacct-rest"]>(noSession[judge(response, text)], {
          ...place,
          message: `the request for a session id was answered with HTTP ${response.status} and no session id`,
          retryAfter: waitOf(response.headers, arrivedAt)
        })
      }
      const { expiresIn, sessionId } = result
      const life = typeof expiresIn === "number" && expiresIn > 0 ? expiresIn * 1_000 : assumedLife
      const { sandbox, urls } = this.#configuration
      const endpoint = sandbox ? new URL("/ia/xml/xmlgw.phtml", urls.api).href : xmlEndpoint
      return { sessionId, endpoint, expiresAt: new Date(arrivedAt + life) }
    }).pipe(withCallOptions(options, this.deadline, place, this.application))
  }
}

type SessionReasons = AcquireReasons["intacct-rest"] | BudgetExhausted | Misconfigured

/** What an answer without a session id means. */
const noSession: Readonly<Record<CallVerdict, CatalogueId>> = {
  accepted: "intacct.unreadable-answer",
  "credential-dead": "intacct-rest.unauthorized",
  "credential-refused": "intacct-rest.unauthorized",
  "rate-limited": "intacct.rate-limited",
  unavailable: "intacct.service-unavailable"
}

const sessionIn = (body: unknown): { readonly sessionId: string; readonly expiresIn: unknown } | undefined => {
  const result = Predicate.hasProperty(body, "ia::result") ? body["ia::result"] : undefined
  if (!Predicate.hasProperty(result, "sessionId") || typeof result.sessionId !== "string") return undefined
  return {
    sessionId: result.sessionId,
    expiresIn: Predicate.hasProperty(result, "expiresIn") ? result.expiresIn : undefined
  }
}

/** The user that client credentials are asked for. */
const usernameIn = ({ username }: RequestParameters): Username | undefined =>
  typeof username === "string" ? Result.getOrUndefined(readUsername(username)) : undefined

/** Intacct's codes and refresh tokens name their company. */
const companyIn = (parameters: RequestParameters): string | undefined =>
  Object.values(parameters)
    .filter((value) => Redacted.isRedacted(value))
    .map((value) => jwtHints(value).companyId?.toLowerCase())
    .find((company) => company !== undefined)

/** Whether a session which has died may be why a token was refused. */
const isOfSession = ({ error, verdict }: TokenFailure): boolean =>
  verdict === "invalid-grant" || verdict === "rejected" || error.code === "REST-2102"

const sameEntity = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** A token that was asked for an entity has to be for it: without the right parameter Intacct gives a top-level one. */
const checkEntity = (
  { accessToken }: TokenResponse,
  context: string,
  place: Parameters<NonNullable<OAuthRules["check"]>>[2]
): SageAuthError | undefined => {
  if (context === "") return undefined
  const { entityId, span } = jwtHints(accessToken)
  return entityId !== undefined && sameEntity(entityId, context)
    ? undefined
    : failure("intacct-rest.entity-not-switched", {
        ...place,
        message: entityId === undefined && span === undefined ? unreadableToken : undefined
      })
}

const unreadableToken = "the token that came is no JWT. Whether it is for the entity cannot be seen, so it is not used"

/** The id of a client holds the id of the sender that it was registered with. */
const senderOf = (clientId: string): string | undefined => /\.([^.]+)\.app\.sage\.com$/i.exec(clientId)?.[1]

const withSenderHint = (error: SageAuthError, clientId: string): SageAuthError => {
  const sender = senderOf(clientId)
  if (sender === undefined || error.reason._tag !== "CredentialRejected") return error
  const { code, connection, id, message, reason, retryable, supportId, surface, tenant } = error
  const remedy = `${error.remedy} This client belongs to the sender ${sender}, which has to be valid and authorised for the company too.`
  return new SageAuthError({ code, connection, id, message, reason, remedy, retryable, supportId, surface, tenant })
}
