import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "../../config/Result.ts"
import { type Application, type CallOptions, withCallOptions } from "../../application/Application.ts"
import { AuthorizedCalls } from "../../calls/AuthorizedCalls.ts"
import { unreadBody } from "../../calls/unreadBody.ts"
import type { FetchOptions } from "../../calls/HttpClient.ts"
import { targetOf } from "../../calls/target.ts"
import { resolve } from "../../config/resolve.ts"
import { decode, type Issue } from "../../config/issues.ts"
import type { Status } from "../../Connection.ts"
import type { Fresh } from "../../credential/Credential.ts"
import type { Slot } from "../../credential/CredentialCache.ts"
import { type RenewalRequest, Renewals } from "../../credential/Renewals.ts"
import type { AcquireReasons, BudgetExhausted, CredentialRejected, Misconfigured } from "../../errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import { raise } from "../../errors/raise.ts"
import { marginOf } from "../../oauth2/lifetime.ts"
import { fetchTrusting } from "../../transport/privateCa.ts"
import { decodeBasic } from "../basic.ts"
import { claimsOf, mint } from "./connectedAppToken.ts"
import { judgeFor } from "./judge.ts"
import { audienceOption, decodeApp, endpointOption, type GraphQLConfiguration, urlOption } from "./options.ts"
import { readAnswer } from "./readAnswer.ts"
import type { GraphQLAnswer, QueryReasons } from "./X3GraphQLClient.ts"
import { askAgainAfter } from "../../config/spans.ts"

const surface = "x3-graphql"

/** The largest answer of a query that is read, in bytes. */
const answerLimit = 64 * 1024 * 1024

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

/** What is known of a tenant beside its credential. */
interface Situation {
  /** it was disconnected, and nothing was used since */
  disconnected: boolean
  /** names the credential that was last made */
  made: string | undefined
  /** names what was refused, and not replaced by anything that was accepted */
  incident: string | undefined
}

/** One GraphQL connection at work, for all of its tenants. */
export class X3GraphQLConnection {
  readonly application: Application
  readonly name: string
  readonly renewals: Renewals<GraphQLCredential, Acquire>
  readonly calls: AuthorizedCalls<GraphQLCredential, Acquire>
  readonly deadline: number
  readonly #configuration: GraphQLConfiguration
  /** by the slot, so that what is known of a tenant leaves memory with it */
  readonly #situations = new WeakMap<GraphQLSlot, Situation>()
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

  #situation(tenant: string): Situation {
    const slot = this.slot(tenant)
    const found = this.#situations.get(slot)
    if (found !== undefined) return found
    const fresh: Situation = { disconnected: false, made: undefined, incident: undefined }
    this.#situations.set(slot, fresh)
    return fresh
  }

  // ---------------------------------------------------------------- renewal

  #resolve<A>(
    option: unknown,
    tenant: string,
    read: (value: unknown, at: string) => Result.Result<A, ReadonlyArray<Issue>>,
    name: string
  ): Effect.Effect<A, SageAuthError<Misconfigured>> {
    const at = `connections.${this.name}.${name}`
    // what was decoded when the application started is taken as it is
    if (typeof option !== "function") return Effect.succeed(option as A)
    return Effect.mapError(resolve(option, tenant, read, at), (issues) => misconfigured(issues, this.place(tenant)))
  }

  #renew({
    cause,
    key: tenant
  }: RenewalRequest<GraphQLCredential>): Effect.Effect<Fresh<GraphQLCredential>, SageAuthError<Acquire>> {
    return Effect.gen({ self: this }, function* () {
      const { api, credential, plainHttp } = this.#configuration
      const url = yield* this.#resolve<string>(
        this.#configuration.url,
        tenant,
        (value, at) => decode(urlOption(plainHttp), value, at),
        "url"
      )
      const endpoint = yield* this.#resolve<string>(
        this.#configuration.endpoint,
        tenant,
        (value, at) => decode(endpointOption, value, at),
        "endpoint"
      )
      this.#advisePlainHttp(tenant, api ?? url)
      const made =
        credential.kind === "app"
          ? yield* this.#token(credential, tenant, url)
          : yield* this.#basic(credential.basic, tenant, url, cause)
      const situation = this.#situation(tenant)
      situation.disconnected = false
      situation.made = made.name
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
      const app = yield* this.#resolve(credential.app, tenant, decodeApp, "app")
      const audience =
        credential.audience === undefined
          ? url
          : yield* this.#resolve<string>(
              credential.audience,
              tenant,
              (value, at) => decode(audienceOption, value, at),
              "audience"
            )
      const now = this.application.now()
      const claims = claimsOf(app, { audience, life: credential.life, backdate: credential.backdate }, now)
      const token = yield* mint(app.clientSecret, claims)
      const left = claims.exp * 1000 - now
      const usable = left - marginOf(left)
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
      const basic = yield* this.#resolve(option, tenant, decodeBasic, "auth")
      const { rejections } = this.application
      const name = rejections.fingerprint(["x3 basic", url, basic.user, Redacted.value(basic.password)])
      if (cause === "asked") rejections.allow(name)
      const blocked = rejections.blocked(name)
      if (blocked !== undefined) {
        this.#situation(tenant).made = name
        return yield* raise<CredentialRejected>("client.credential-blocked", {
          ...this.place(tenant),
          code: blocked.code
        })
      }
      const pair = Redacted.make(Buffer.from(`${basic.user}:${Redacted.value(basic.password)}`).toString("base64"))
      const expiresAt = typeof option === "function" ? this.application.now() + askAgainAfter : Number.POSITIVE_INFINITY
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
    const situation = this.#situation(tenant)
    const at = this.application.now()
    const { kind } = this.#configuration.credential
    if (status === 401) {
      if (kind === "app" && !second) return
      situation.incident = name
      const rejected = failure<CredentialRejected>(
        kind === "app" ? "x3-graphql.token-rejected" : "x3-graphql.basic-rejected",
        { ...this.place(tenant), code: String(status) }
      )
      // what was made for a connected app locks nobody out, and is not held back
      if (!this.application.rejections.add(name, rejected)) return
      const what = kind === "app" ? "client" : "login"
      this.application.publish({ type: "credential-rejected", ...this.place(tenant), at, what, code: String(status) })
      return
    }
    // what stands in front of X3 says nothing about the credential
    if (situation.incident === undefined || status >= 400) return
    this.application.rejections.forget(situation.incident)
    situation.incident = undefined
    this.application.publish({ type: "recovered", ...this.place(tenant), at })
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
    options: CallOptions | undefined
  ): Effect.Effect<GraphQLAnswer<D>, SageAuthError<QueryReasons>> {
    const place = this.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const slot = this.slot(tenant)
      const body = yield* Effect.try({
        try: () => JSON.stringify({ query: document, ...(variables === undefined ? {} : { variables }) }),
        // what was thrown may quote the variables
        catch: () => misconfigured([{ option: "query(document, variables)", expected: "what JSON can hold" }], place)
      })
      const { value } = yield* this.renewals.acquire(slot)
      const init = { method: "POST", headers: { "content-type": "application/json" }, body, ...options }
      const { response, text } = yield* Effect.mapError(this.calls.whole(slot, "", init, answerLimit), (lost) =>
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
      Effect.withSpan("X3GraphQL.query", {
        attributes: { "sage_auth.connection": this.name, "sage_auth.tenant": tenant }
      })
    )
  }

  // ---------------------------------------------------------------- state

  refresh(slot: GraphQLSlot, options: CallOptions | undefined): Effect.Effect<void, SageAuthError<Acquire>> {
    return Effect.suspend(() => this.renewals.refresh(slot, "asked")).pipe(
      Effect.asVoid,
      withCallOptions(options, this.deadline, this.place(slot.key))
    )
  }

  status(slot: GraphQLSlot): Status {
    const live = this.renewals.cache.live(slot)
    const { credential } = live
    const situation = this.#situation(live.key)
    const refused = situation.incident !== undefined && situation.incident === situation.made
    return {
      state: refused
        ? "reauthorization-required"
        : situation.disconnected
          ? "disconnected"
          : credential?.accepted === true
            ? "connected"
            : "configured",
      refreshable: !refused,
      credentialExpiresAt:
        credential !== undefined &&
        Number.isFinite(credential.expiresAt) &&
        credential.expiresAt > this.application.now()
          ? new Date(credential.expiresAt)
          : undefined,
      grantExpiresAt: undefined
    }
  }

  /** forgets the credential: there is nothing at the server that could be ended */
  disconnect(tenant: string): { readonly revoked: boolean } {
    this.renewals.forget(this.slot(tenant))
    this.#situation(tenant).disconnected = true
    const at = this.application.now()
    this.application.publish({ type: "disconnected", ...this.place(tenant), at, revoked: false })
    return { revoked: false }
  }
}
