import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Predicate from "effect/Predicate"
import type { Status } from "../../Connection.ts"
import { type Application, type CallOptions, withCallOptions } from "../../application/Application.ts"
import { AuthorizedCalls } from "../../calls/AuthorizedCalls.ts"
import type { CallDifference } from "../../calls/CallRules.ts"
import type { FetchOptions } from "../../calls/HttpClient.ts"
import { unreadBody } from "../../calls/heldBody.ts"
import { targetOf } from "../../calls/request.ts"
import * as Result from "../../config/Result.ts"
import { holdsUntil } from "../../config/options.ts"
import { resolveOption } from "../../config/resolve.ts"
import type { Fresh, Slot } from "../../credential/CredentialCache.ts"
import { ConfiguredState, Incidents } from "../../credential/Incidents.ts"
import { type RenewalRequest, Renewals } from "../../credential/Renewals.ts"
import type { AcquireReasons, BudgetExhausted, RequestRejected, Issue } from "../../errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import { tokenMargin } from "../../oauth2/Token.ts"
import { inSpan, placeAttributes } from "../../telemetry/instrumentation.ts"
import { fetchTrusting } from "../../transport/tls.ts"
import { decodeBasic } from "../credentialOptions.ts"
import { listOptions, type OpenSource, type PageOptions, readPages, readRecords } from "../../paging/readPages.ts"
import {
  type GraphQLAnswer,
  type QueryReasons,
  type X3GraphQLListReasons,
  type GraphQLPage,
  type GraphQLVariables,
  members,
  type X3GraphQLClient
} from "./X3GraphQLClient.ts"
import { judgeFor, pageIn, readAnswer, type WrongDocument } from "./judge.ts"
import {
  audienceOption,
  type CheckedApp,
  decodeApp,
  endpointOption,
  type GraphQLConfiguration,
  urlOption,
  decodeOptions,
  validate
} from "./options.ts"
import { promiseClientOf } from "../../application/promise.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"
import { closest } from "../../config/decoder.ts"

/** What a token says. Times are whole seconds since the epoch. */
interface TokenClaims {
  readonly iss: string
  readonly sub?: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
}

/** How tokens of one connection are made. */
interface TokenRules {
  readonly audience: string
  /** seconds from `iat` to `exp` */
  readonly life: number
  /** seconds from `iat` to now */
  readonly backdate: number
}

/**
 * The claims of a token that is made now. It is set back for a server whose clock lags, and its whole life, what lies
 * behind it included, is no longer than the rules say.
 *
 * Source: developer.sage.com, X3, GraphQL, Create a connected application; Create a Node.js client application.
 */
export const claimsOf = (
  { clientId, user }: Pick<CheckedApp, "clientId" | "user">,
  { audience, backdate, life }: TokenRules,
  now: number
): TokenClaims => {
  const iat = Math.max(0, Math.floor(now / 1000) - backdate)
  return {
    iss: clientId,
    ...(user === undefined ? {} : { sub: user }),
    aud: audience,
    iat,
    exp: iat + life
  }
}

/**
 * A signed token: HS256 with the secret's own characters as its key (RFC 7515, appendix A.1). `jose` is loaded with the
 * first one.
 */
export const mint = (clientSecret: Redacted.Redacted, claims: TokenClaims): Effect.Effect<Redacted.Redacted> =>
  Effect.promise(async () => {
    const { SignJWT } = await import("jose/jwt/sign")
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(new TextEncoder().encode(Redacted.value(clientSecret)))
    return Redacted.make(token, { label: "access token" })
  })

const surface = "x3-graphql"

/** The largest answer of a query that is read, in bytes. */
const answerLimit = 64 * 1024 * 1024

/** The most records of a page that are asked for: no page of Sage's names a limit. */
const mostRecords = 500

/** What a query can be asked with. */
const callOptions = ["deadline", "signal"] as const satisfies ReadonlyArray<keyof CallOptions>

/** A token this close to its end, in parts of its life, is replaced behind the caller's back. */
const lateRenewal = 0.8

type Acquire = AcquireReasons["x3-graphql"]

/** A credential of a tenant as it goes on requests. */
interface GraphQLCredential {
  readonly tenant: string
  /** where requests go */
  readonly api: string
  /** one frozen object for each credential */
  readonly headers: Readonly<Record<string, string>>
  /** what no text may quote */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** names what it was made of, without telling anything of it */
  readonly name: string
  /** it was made because the one before was refused: it being refused as well is an incident */
  readonly second: boolean
}

/** The place of a tenant's credential in memory. */
export type GraphQLSlot = Slot<GraphQLCredential, Acquire>

/** One GraphQL connection at work, for all of its tenants. */
export class X3GraphQLEngine {
  readonly application: Application
  readonly name: string
  readonly renewals: Renewals<GraphQLCredential, Acquire>
  readonly calls: AuthorizedCalls<GraphQLCredential, Acquire>
  readonly deadline: number
  readonly #configuration: GraphQLConfiguration
  readonly #incidents: Incidents
  readonly #state: ConfiguredState
  #plainHttpAdvised = false

  constructor(application: Application, name: string, configuration: GraphQLConfiguration) {
    const { ca, credential, deadline } = configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.deadline = deadline ?? application.settings.deadline
    this.renewals = new Renewals<GraphQLCredential, Acquire>(application, {
      surface,
      connection: name,
      tenantOf: (key) => key,
      renew: (request) => this.#renew(request)
    })
    const place = (tenant: string) => this.place(tenant)
    const slot = (tenant: string) => this.slot(tenant)
    this.#incidents = new Incidents(application, place, slot)
    this.#state = new ConfiguredState(application, place, slot)
    this.calls = new AuthorizedCalls(application, this.renewals, {
      surface,
      connection: name,
      fetch: ca === undefined ? application.settings.fetch : fetchTrusting(ca),
      deadline: this.deadline,
      base: ({ api }) => api,
      // the API is one address: a slash behind it would make it another one
      target: (base, path) => (path === "" || path === base ? Result.succeed(base) : targetOf(base, path)),
      headers: ({ headers }) => headers,
      judge: judgeFor(credential.kind),
      renewsFreely: true,
      traffic: () => undefined,
      limited: "x3-graphql.service-unavailable",
      unavailable: "x3-graphql.service-unavailable",
      learn: (value, response) => this.#learn(value, response.status)
    })
  }

  place(
    tenant: string
  ): Place & { readonly surface: typeof surface; readonly connection: string; readonly tenant: string } {
    return { surface, connection: this.name, tenant }
  }

  slot(tenant: string): GraphQLSlot {
    return this.renewals.cache.slot(tenant)
  }

  // ---------------------------------------------------------------- renewal

  #renew({
    cause,
    key: tenant
  }: RenewalRequest<GraphQLCredential>): Effect.Effect<Fresh<GraphQLCredential>, SageAuthError<Acquire>> {
    return Effect.gen({ self: this }, function* () {
      const { api, credential, plainHttp, standIn } = this.#configuration
      const place = this.place(tenant)
      const url = yield* resolveOption(place, "url", this.#configuration.url, urlOption(plainHttp, standIn))
      const endpoint = yield* resolveOption(place, "endpoint", this.#configuration.endpoint, endpointOption)
      this.#advisePlainHttp(tenant, api ?? url)
      const made =
        credential.kind === "app"
          ? yield* this.#token(credential, tenant, url)
          : yield* this.#basic(credential.basic, tenant, url, cause)
      this.#state.used(tenant)
      this.#incidents.uses(tenant, [made.name])
      const { authorization, expiresAt, name, renewAt, secrets } = made
      return {
        value: {
          tenant,
          api: api ?? url,
          headers: Object.freeze({
            accept: "application/json",
            "x-xtrem-endpoint": endpoint,
            authorization
          }),
          secrets,
          name,
          second: cause === "rejected"
        },
        expiresAt,
        renewAt
      }
    })
  }

  #token(
    credential: Extract<GraphQLConfiguration["credential"], { readonly kind: "app" }>,
    tenant: string,
    url: string
  ) {
    return Effect.gen({ self: this }, function* () {
      const place = this.place(tenant)
      const app = yield* resolveOption(place, "app", credential.app, decodeApp)
      const audience =
        credential.audience === undefined
          ? url
          : yield* resolveOption(place, "audience", credential.audience, audienceOption)
      const now = this.application.now()
      const claims = claimsOf(app, { audience, life: credential.life, backdate: credential.backdate }, now)
      const token = yield* mint(app.clientSecret, claims)
      const left = claims.exp * 1000 - now
      const usable = left - tokenMargin(left)
      return {
        authorization: `Bearer ${Redacted.value(token)}`,
        secrets: [token, app.clientSecret],
        name: this.application.rejections.fingerprint([
          "connected app",
          url,
          app.clientId,
          Redacted.value(app.clientSecret),
          app.user ?? "",
          audience
        ]),
        expiresAt: now + usable,
        renewAt: now + usable * lateRenewal
      }
    })
  }

  #basic(option: unknown, tenant: string, url: string, cause: RenewalRequest<unknown>["cause"]) {
    return Effect.gen({ self: this }, function* () {
      const basic = yield* resolveOption(this.place(tenant), "auth", option, decodeBasic)
      const parts = ["x3 basic", url, basic.user, Redacted.value(basic.password)]
      const name = this.application.rejections.fingerprint(parts)
      yield* this.#incidents.admit(tenant, [name], cause === "asked")
      const pair = Redacted.make(Buffer.from(`${basic.user}:${Redacted.value(basic.password)}`).toString("base64"))
      const expiresAt = holdsUntil(this.application.now(), option)
      return {
        // RFC 7617, section 2.1: UTF-8
        authorization: `Basic ${Redacted.value(pair)}`,
        secrets: [pair, basic.password],
        name,
        expiresAt,
        renewAt: expiresAt
      }
    })
  }

  #advisePlainHttp(tenant: string, url: string): void {
    if (!this.#configuration.advisePlainHttp || this.#plainHttpAdvised || url.startsWith("https:")) return
    this.#plainHttpAdvised = true
    this.application.publish({
      type: "advice",
      ...this.place(tenant),
      at: this.application.now(),
      subject: "plain-http",
      message: `${this.name}: the credential travels in plain http, where everybody on the network can read it. Give the X3 server a port with TLS and use its https address.`
    })
  }

  // ---------------------------------------------------------------- rejections

  /** announces a credential that is refused although it was made anew, once per incident, and when that is over */
  #learn({ name, second, tenant }: GraphQLCredential, status: number): void {
    const isApp = this.#configuration.credential.kind === "app"
    if (status === 401) {
      if (isApp && !second) return
      this.#incidents.refused(tenant, { what: isApp ? "client" : "login", code: String(status), name })
      return
    }
    // what stands in front of X3 says nothing about the credential
    if (status < 400) this.#incidents.accepted(tenant, [name])
  }

  // ---------------------------------------------------------------- calls

  fetch(
    slot: GraphQLSlot,
    path: string,
    init: FetchOptions | undefined
  ): Effect.Effect<Response, SageAuthError<Acquire | BudgetExhausted>> {
    return Effect.mapError(
      this.calls.fetch(slot, path, init),
      // an answer with a limit is handed over as it is, so that none is ever a failure
      (error) => error as SageAuthError<Acquire | BudgetExhausted>
    )
  }

  query<D>(
    tenant: string,
    document: string,
    variables: unknown,
    options: CallOptions | undefined,
    difference?: CallDifference<GraphQLCredential>
  ): Effect.Effect<GraphQLAnswer<D>, SageAuthError<QueryReasons>> {
    const place = this.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const slot = this.slot(tenant)
      const wrong = wrongVariables(document, variables, { called: "query", options: callOptions })
      if (wrong.length > 0) return yield* Effect.fail(misconfigured(wrong, place))
      const body = yield* Effect.try({
        try: () => JSON.stringify({ query: document, ...(variables === undefined ? {} : { variables }) }),
        // what was thrown may quote the variables
        catch: () => misconfigured([{ option: "query(document, variables)", expected: "what JSON can hold" }], place)
      })
      const { value } = yield* this.renewals.acquire(slot)
      const init = { method: "POST", headers: { "content-type": "application/json" }, body, ...options }
      const { response, text } = yield* Effect.mapError(
        this.calls.whole(slot, "", init, answerLimit, difference),
        (lost) =>
          isSageAuthError(lost)
            ? (lost as SageAuthError<QueryReasons>)
            : unreadBody<QueryReasons>(lost, "x3-graphql.unreadable-answer", place)
      )
      const sent = this.renewals.cache.live(slot).credential ?? this.renewals.cache.live(slot).rejected
      const answer = readAnswer<D>(
        { status: response.status, text },
        {
          place,
          kind: this.#configuration.credential.kind,
          secrets: [...value.secrets, ...(sent?.value.secrets ?? [])]
        }
      )
      return isSageAuthError(answer) ? yield* Effect.fail(answer) : answer
    }).pipe(
      withCallOptions(options, this.deadline, place),
      inSpan("X3GraphQL.query", { attributes: () => placeAttributes(place) })
    )
  }

  /** the list that a document asks for, page by page */
  listed(
    tenant: string,
    document: string,
    variables: Readonly<Record<string, unknown>> | undefined,
    options: PageOptions<never> | PageOptions | undefined,
    called: "pages" | "records"
  ): OpenSource<string, X3GraphQLListReasons> {
    const place = this.place(tenant)
    const { pageSize } = options ?? {}
    const refuse = (why: string) =>
      failure<RequestRejected>("client.request-rejected", { ...place, message: `${called}(document) ${why}` })
    return () => {
      const wrong = wrongVariables(document, variables, { called, options: listOptions })
      if (wrong.length > 0) return misconfigured(wrong, place)
      if (!/\$after\b/.test(document)) return refuse("has no variable $after, which says where a page begins")
      if (pageSize !== undefined && !/\$first\b/.test(document)) {
        return refuse("has no variable $first, which pageSize would be the value of")
      }
      return {
        application: this.application,
        place,
        called: `${called}(document, variables)`,
        deadline: this.deadline,
        mostRecords,
        first: "",
        read: (at) =>
          Effect.flatMap(
            this.query<unknown>(
              tenant,
              document,
              {
                ...variables,
                ...(pageSize === undefined ? {} : { first: pageSize }),
                ...(at === "" ? {} : { after: at })
              },
              { deadline: options?.deadline },
              // what only reads may be sent twice
              { idempotent: !/\bmutation\b/.test(document) }
            ),
            ({ data, errors }) => {
              const page = pageIn(data)
              const whole = typeof page !== "string" && (called === "pages" || errors.length === 0)
              if (whole && (page.records.length > 0 || errors.length === 0)) {
                return Effect.succeed({ ...page, beside: { errors } })
              }
              return Effect.fail(
                errors.length > 0
                  ? failure<X3GraphQLListReasons>("x3-graphql.errors-beside-data", {
                      ...place,
                      message: `a page of the list has ${errors.length} errors beside its data: pages() gives them`
                    })
                  : refuse(page as WrongDocument)
              )
            }
          ),
        nameOf: (at) => at
      }
    }
  }

  // ---------------------------------------------------------------- state

  refresh(slot: GraphQLSlot, options: CallOptions | undefined): Effect.Effect<void, SageAuthError<Acquire>> {
    return Effect.suspend(() => this.renewals.refresh(slot, "asked")).pipe(
      Effect.asVoid,
      withCallOptions(options, this.deadline, this.place(slot.key))
    )
  }

  status(slot: GraphQLSlot): Status {
    const { credential, key: tenant } = this.renewals.cache.live(slot)
    return this.#state.status(tenant, {
      refused: this.#incidents.isHeldBack(tenant),
      accepted: credential?.accepted === true,
      endsAt: credential?.expiresAt
    })
  }

  /** forgets the credential: there is nothing at the server that could be ended */
  disconnect(tenant: string): { readonly revoked: boolean } {
    this.renewals.forget(this.slot(tenant))
    return this.#state.disconnected(tenant)
  }
}

const effectClient = (at: X3GraphQLEngine, tenant: string): X3GraphQLClient<"effect"> => {
  const slot = at.slot(tenant)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.fetch(slot, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    query: (document, variables, options) => at.query(tenant, document, variables, options),
    records: <R>(document: string, variables?: GraphQLVariables, options?: PageOptions<R>) =>
      readRecords<string, R, X3GraphQLListReasons>(at.listed(tenant, document, variables, options, "records"), options),
    pages: <R>(document: string, variables?: GraphQLVariables, options?: PageOptions<R>) =>
      readPages<string, R, X3GraphQLListReasons, GraphQLPage<R>>(
        at.listed(tenant, document, variables, options, "pages"),
        options
      ),
    refresh: (options) => at.refresh(slot, options),
    status: () => Effect.sync(() => at.status(slot)),
    disconnect: () => Effect.sync(() => at.disconnect(tenant))
  }
}

const promiseClient = (at: X3GraphQLEngine, tenant: string): X3GraphQLClient => {
  const effects = effectClient(at, tenant)
  const slot = at.slot(tenant)
  return promiseClientOf<X3GraphQLClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    })
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: X3GraphQLEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant),
  promise: (tenant) => promiseClient(at, tenant)
})

/** How connections to X3's GraphQL API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new X3GraphQLEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}

/** The names of variables as a document writes them: `$name`. Source: GraphQL specification, section 2.10. */
const variablesIn = (document: string): ReadonlyArray<string> => [
  ...new Set(Array.from(document.matchAll(/\$([A-Za-z_]\w*)/g), ([, name = ""]) => name))
]

/** What a document and its variables are called with. */
interface Called {
  /** the caller's word for the method, such as `records` */
  readonly called: "query" | "records" | "pages"
  /** the names of its options */
  readonly options: ReadonlyArray<string>
}

/**
 * What is wrong with a document and its variables. A server passes over a variable that the document does not have, and
 * so would an option do that stands among them.
 */
const wrongVariables = (document: unknown, variables: unknown, { called, options }: Called): ReadonlyArray<Issue> => {
  // from JavaScript
  if (typeof document !== "string" || document.trim() === "") {
    return [{ option: `${called}(document)`, expected: "a GraphQL document as text" }]
  }
  if (variables === undefined || variables === null) return []
  if (!Predicate.isObject(variables) || Array.isArray(variables)) {
    const expected = "an object of variables by their names, or nothing"
    return [{ option: `${called}(document, variables)`, expected }]
  }
  const there = variablesIn(document)
  return Object.keys(variables)
    .filter((name) => !there.includes(name))
    .flatMap((name) => {
      const option = `${called}(document, { ${name} })`
      if (options.includes(name)) {
        const expected = `a variable of the document: options are the third argument, ${called}(document, {}, { ${name} })`
        return [{ option, expected }]
      }
      // a program may send one set of variables with all of its documents
      if (called === "query") return []
      const near = closest(name, there)
      const expected = near === undefined ? `the document's variables are ${there.join(", ")}` : `did you mean ${near}?`
      return [{ option, expected: `no such variable in the document: ${expected}` }]
    })
}
