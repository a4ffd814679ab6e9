import * as Effect from "effect/Effect"
import type { WholeAnswer } from "../calls/CallRules.ts"
import type { LentSession, OpenConnection, Work } from "../openApplication.ts"
import { type Application, type CallOptions, withCallOptions } from "../application/Application.ts"
import { AuthorizedCalls } from "../calls/AuthorizedCalls.ts"
import type { FetchOptions, Interactive } from "../calls/HttpClient.ts"
import { jsonAnswer, unreadBody } from "../calls/heldBody.ts"
import * as Result from "../config/Result.ts"
import { resolveOption } from "../config/resolve.ts"
import type { AcquireReasons, BudgetExhausted, Misconfigured } from "../errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, SageAuthError } from "../errors/SageAuthError.ts"
import { raise } from "../errors/raise.ts"
import { dueWithin } from "../grant/storePasses.ts"
import type { ClientAuthentication, Parameters as RequestParameters, TokenResponse } from "../oauth2/tokenEndpoint.ts"
import { OAuthGrants, grantClient, keptAliveOf } from "../oauth2/OAuthGrants.ts"
import type { OAuthRules, TokenReasons, TokenSlot } from "../oauth2/OAuthRules.ts"
import { jwtHints, type Token } from "../oauth2/Token.ts"
import { TokenFailure } from "../oauth2/TokenErrors.ts"
import { parseBody } from "../oauth2/errorBody.ts"
import { permitRequest } from "../calls/Admission.ts"
import * as Transport from "../transport/Transport.ts"
import { fetchTrusting } from "../transport/tls.ts"
import { type OpenSource, type PageOptions, type ReadPage, readPages, readRecords } from "../paging/readPages.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import {
  type IntacctRestListReasons,
  type RestQuery,
  type RestSession,
  type IntacctRestClient,
  membersOf,
  readEntity
} from "./IntacctRestClient.ts"
import {
  callbackRules,
  callErrors,
  clientErrors,
  codeErrors,
  judge,
  noSession,
  reads,
  refreshErrors,
  sessionIn,
  waitOf
} from "./judge.ts"
import {
  entityParameters,
  type IntacctRestConfiguration,
  secretOption,
  sessionIdOption,
  textOption,
  type Decode,
  issuesOf
} from "./options.ts"
import { mostRecordsOf, pageIn, pageRequestOf, wrongList } from "./restPages.ts"
import { RestTraffic, userOf } from "./RestTraffic.ts"
import type { World } from "../Connection.ts"
import { onlyMembers, promiseClientOf } from "../application/promise.ts"
import { extended, plainCalls } from "../calls/plainCalls.ts"

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
const entityHeader = "x-ia-api-param-entity"

/** One intacct-rest connection at work, for all of its tenants. */
export class IntacctRestEngine {
  readonly application: Application
  readonly name: string
  readonly grants: OAuthGrants
  readonly calls: AuthorizedCalls<Token, TokenReasons>
  readonly traffic: RestTraffic
  readonly deadline: number
  readonly #configuration: IntacctRestConfiguration
  readonly #find: (connection: string) => OpenConnection | undefined

  constructor(
    application: Application,
    name: string,
    configuration: IntacctRestConfiguration,
    find: (connection: string) => OpenConnection | undefined
  ) {
    const { assumedGrantLife, ca, deadline, inDoubt, maxTokenAge, urls } = configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.#find = find
    this.deadline = deadline ?? application.settings.deadline
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
      extrasOf: (response, asked) => this.traffic.extrasOf(response, asked),
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
        Effect.flatMap(this.traffic.poolOf(asked), (traffic) =>
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
    this.traffic = new RestTraffic(application, name, configuration, this.grants)
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
      traffic: (token) => this.traffic.of(token),
      limited: "intacct.rate-limited",
      unavailable: "intacct.service-unavailable",
      idempotencyKey: "idempotency-key",
      meter: this.traffic.requests,
      learn: (token, { headers }) => this.traffic.learn(token, headers)
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
          return [...asked, (yield* userOf(this.grants.place(tenant), subject.username)).text]
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
        return Effect.flatMap(userOf(this.grants.place(tenant), subject.username), ({ text }) =>
          request({ username: text })
        )
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
      Effect.tap(lend(tenant, fresh), ({ company }) => Effect.sync(() => this.traffic.lent(tenant, company))),
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

/** Which entity a client works in, and how. */
interface In {
  /** the context of its token: `""` for the grant's own */
  readonly context: string
  /** the entity that a header names on each request */
  readonly header: string | undefined
}

const headerOf = (entity: string | undefined): Readonly<Record<string, string>> | undefined =>
  entity === undefined ? undefined : { [entityHeader]: entity }

type Both<W extends World> = IntacctRestClient<W> & Interactive<W>

const inEntity = (
  at: IntacctRestEngine,
  tenant: string,
  given: string | null,
  options: { readonly token?: boolean | undefined } | undefined
): In => {
  const id = readEntity(at.grants.place(tenant), given, options)
  if (id === null) return { context: "", header: undefined }
  return options?.token === true ? { context: id, header: undefined } : { context: "", header: id }
}

const effectClient = (at: IntacctRestEngine, tenant: string, where: In): Both<"effect"> => {
  const { context, header } = where
  const slot = at.grants.slot(tenant, context)
  const extra = headerOf(header)
  const withEntity = extended(extra)
  /** fails before anything is sent where no header can name the entity; a token of that very entity needs none */
  const allowed = <A, E, R>(options: CallOptions | undefined, call: (named: boolean) => Effect.Effect<A, E, R>) =>
    header === undefined
      ? call(false)
      : withCallOptions(
          options,
          at.deadline,
          at.grants.place(tenant),
          at.application
        )(Effect.flatMap(at.needsHeader(tenant, header), call))
  const listed = (list: string | RestQuery, options: CallOptions | undefined, method: "pages" | "records") => {
    const called = `${method}(list)`
    return at.listed(tenant, list, options, called, (path, init) =>
      // the engine of paging minds signal and deadline
      allowed(undefined, (named) => at.whole(slot, path, init, named ? extra : undefined, called))
    )
  }
  return onlyMembers(membersOf(at.grants.rules.interactive !== undefined), {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) =>
      allowed({ deadline: init?.deadline, signal: init?.signal ?? undefined }, (named) =>
        at.calls.fetch(slot, path, init, named ? extra : undefined)
      ),
    headers: (options) =>
      allowed(options, (named) => {
        const headers = at.calls.headers(slot, options)
        return named ? Effect.map(headers, withEntity) : headers
      }),
    run: (use, options) =>
      allowed(options, (named) => at.calls.run(slot, use, options, named ? withEntity : undefined)),
    entity: (id, options) => effectClient(at, tenant, inEntity(at, tenant, id, options)),
    records: <R>(list: string | RestQuery, options?: PageOptions<R>) =>
      readRecords<number, R, IntacctRestListReasons>(listed(list, options, "records"), options),
    pages: <R>(list: string | RestQuery, options?: PageOptions<R>) =>
      readPages<number, R, IntacctRestListReasons>(listed(list, options, "pages"), options),
    // no header binds a session to an entity: it takes a token of the entity's own
    session: (options) => at.session(tenant, header ?? context, options),
    meter: (set) => at.traffic.meter(tenant, set),
    pool: () => at.traffic.pool(tenant),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  })
}

const promiseClient = (at: IntacctRestEngine, tenant: string, where: In): Both<"promise"> => {
  const { context, header } = where
  const effects = effectClient(at, tenant, where)
  const slot = at.grants.slot(tenant, context)
  const members = membersOf(at.grants.rules.interactive !== undefined)
  return promiseClientOf<Both<"promise">>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => (header === undefined ? at.calls.peekHeaders(slot) : undefined),
      fetch: (path, init, run) =>
        header === undefined || at.isTopLevel(tenant)
          ? at.calls.fetchPlainly(slot, path, init, headerOf(header), run)
          : undefined
    }),
    entity: (id, options) => promiseClient(at, tenant, inEntity(at, tenant, id, options))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: IntacctRestEngine): OpenConnection => {
  const { ask } = at.grants.rules
  const own: In = { context: "", header: undefined }
  return {
    effect: (tenant) => effectClient(at, tenant, own),
    promise: (tenant) => promiseClient(at, tenant, own),
    authorizing: at.grants.authorizing,
    keptAlive: ask !== undefined ? undefined : keptAliveOf(at.grants)
  }
}

/** How connections to Intacct's REST API are put to work. */
export const workOf = (decode: Decode): Work => ({
  validate: (options, at, connections) => issuesOf(decode, options, at, connections),
  open: (options, application, name, find) =>
    clientsOf(new IntacctRestEngine(application, name, Result.getOrThrow(decode(options, `connections.${name}`)), find))
})
