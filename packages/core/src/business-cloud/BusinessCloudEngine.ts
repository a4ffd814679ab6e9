import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Application, type CallOptions, withCallOptions } from "../application/Application.ts"
import { AuthorizedCalls } from "../calls/AuthorizedCalls.ts"
import { type SentHeaders, wasSent } from "../calls/request.ts"
import type { FetchOptions } from "../calls/HttpClient.ts"
import { jsonAnswer } from "../calls/heldBody.ts"
import { resolveOption } from "../config/resolve.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  Misconfigured,
  PermissionDenied,
  RequestRejected
} from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { dueWithin } from "../grant/storePasses.ts"
import { OAuthGrants, grantClient, keptAliveOf } from "../oauth2/OAuthGrants.ts"
import type { TokenReasons, TokenSlot } from "../oauth2/OAuthRules.ts"
import type { Token } from "../oauth2/Token.ts"
import {
  keepingParameters,
  type OpenSource,
  type PageOptions,
  type ReadPage,
  readPages,
  readRecords,
  withParameter,
  wrongPath
} from "../paging/readPages.ts"
import * as Transport from "../transport/Transport.ts"
import { fetchTrusting } from "../transport/tls.ts"
import {
  type Business,
  type BusinessCloudListReasons,
  type BusinessCloudClient,
  members,
  readBusiness
} from "./BusinessCloudClient.ts"
import { callbackRules, callErrors, codeErrors, judge, refreshErrors } from "./judge.ts"
import {
  type BusinessCloudConfiguration,
  countryOption,
  headerIdOption,
  secretOption,
  textOption,
  decodeOptions,
  validate
} from "./options.ts"
import type { OpenConnection, Work } from "../openApplication.ts"
import { promiseClientOf } from "../application/promise.ts"
import { extended, plainCalls } from "../calls/plainCalls.ts"
import * as Result from "../config/Result.ts"

const surface = "business-cloud"

/** Assumed where a token's life is not said: what it has been since v3.1, in milliseconds. */
const assumedLife = 300_000

/** The largest page of a list that is read, in bytes. */
const pageLimit = 64 * 1024 * 1024

/** The most records of a page. Source: developer.sage.com, Accounting, Pagination. */
const mostItems = 200

/** What texts that may be functions of the tenant are checked with, once they were asked. */
const schemas = {
  business: headerIdOption,
  country: countryOption,
  locale: textOption,
  resourceOwnerId: headerIdOption,
  subscriptionId: headerIdOption
}

/** One Business Cloud Accounting connection at work, for all of its tenants. */
export class BusinessCloudEngine {
  readonly application: Application
  readonly name: string
  readonly grants: OAuthGrants
  readonly calls: AuthorizedCalls<Token, TokenReasons>
  readonly deadline: number
  readonly #configuration: BusinessCloudConfiguration
  /** the lead business that last answered, where none was chosen: by the tenant's slot */
  readonly #leads = new WeakMap<TokenSlot, string>()

  constructor(application: Application, name: string, configuration: BusinessCloudConfiguration) {
    const { ca, deadline, inDoubt, maxTokenAge, redirectUri, scope, urls } = configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.deadline = deadline ?? application.settings.deadline
    const fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
    this.grants = new OAuthGrants(application, Transport.make(fetch, application.clock), {
      surface,
      connection: name,
      endpoints: urls,
      body: "form",
      client: (tenant) => this.#client(tenant),
      issuedFor: (tenant) =>
        Effect.map(resolveOption(this.grants.place(tenant), "clientId", configuration.clientId, textOption), (id) => [
          id,
          new URL(urls.token).origin
        ]),
      inDoubt,
      refreshErrors,
      refreshParameters: () => ({}),
      life: { assumed: assumedLife, cap: maxTokenAge },
      grantLifeOf: ({ refreshTokenExpiresIn }) => refreshTokenExpiresIn,
      dueIn: dueWithin(application),
      keepAliveConcurrency: configuration.keepAliveConcurrency,
      extraMembers: [],
      fixedHeaders: (tenant) => this.#fixedHeaders(tenant),
      revocation: { endsOnlyThisGrant: true, parameters: (token) => ({ token }) },
      interactive: {
        redirectUri,
        scope,
        issuer: undefined,
        parameters: (tenant) =>
          Effect.all({ country: this.#text("country", tenant), locale: this.#text("locale", tenant) }),
        callback: callbackRules,
        codeErrors
      }
    })
    this.calls = new AuthorizedCalls(application, this.grants.renewals, {
      surface,
      connection: name,
      fetch,
      deadline: this.deadline,
      base: () => urls.api,
      headers: ({ headers }) => headers,
      judge,
      traffic: () => undefined,
      limited: "business-cloud.rate-limited",
      unavailable: "business-cloud.service-unavailable",
      learn: (token, response, sent) => this.#noticeLead(token, response, sent)
    })
  }

  #text(
    option: "business" | "country" | "locale" | "resourceOwnerId" | "subscriptionId",
    tenant: string
  ): Effect.Effect<string | undefined, SageAuthError<Misconfigured>> {
    return this.#configuration[option] === undefined
      ? Effect.succeed<string | undefined>(undefined)
      : resolveOption(this.grants.place(tenant), option, this.#configuration[option], schemas[option])
  }

  #client(tenant: string) {
    const place = this.grants.place(tenant)
    const { clientId, clientSecret } = this.#configuration
    return Effect.all({
      method: Effect.succeed("body" as const),
      clientId: resolveOption(place, "clientId", clientId, textOption),
      clientSecret: resolveOption(place, "clientSecret", clientSecret, secretOption)
    })
  }

  #fixedHeaders(tenant: string): Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Misconfigured>> {
    return Effect.gen({ self: this }, function* () {
      const business = yield* this.#text("business", tenant)
      const subscription = yield* this.#text("subscriptionId", tenant)
      const owner = yield* this.#text("resourceOwnerId", tenant)
      return {
        accept: "application/json",
        ...(business === undefined ? {} : { "x-business": business }),
        ...(subscription === undefined ? {} : { "ocp-apim-subscription-key": subscription }),
        ...(owner === undefined ? {} : { "x-site": owner })
      }
    })
  }

  /** without a business chosen, the lead business answers; it may become another one, and data with it */
  #noticeLead({ tenant }: Token, response: Response, sent: SentHeaders): void {
    const lead = response.headers.get("x-business")
    if (lead === null || wasSent(sent, "x-business")) return
    const slot = this.grants.slot(tenant)
    const before = this.#leads.get(slot)
    this.#leads.set(slot, lead)
    if (before === undefined || before === lead) return
    const at = this.application.now()
    this.application.publish({ type: "lead-business-changed", ...this.grants.place(tenant), at })
  }

  businesses(
    tenant: string,
    options: CallOptions | undefined
  ): Effect.Effect<ReadonlyArray<Business>, SageAuthError<BusinessesReasons>> {
    const listed = readRecords<string, unknown, BusinessCloudListReasons>(
      this.listed(tenant, "businesses", undefined, undefined, "records"),
      undefined
    )
    return Stream.runCollect(listed).pipe(
      Effect.map((items) => items.map((item) => ({ id: textOf(item, "id"), name: textOf(item, "displayed_as") }))),
      // nothing of it is about a function
      Effect.mapError((error) => error as SageAuthError<BusinessesReasons>),
      withCallOptions(options, this.deadline, this.grants.place(tenant), this.application)
    )
  }

  /** a list of the API, page by page */
  listed(
    tenant: string,
    path: string,
    options: PageOptions<never> | PageOptions | undefined,
    headers: Readonly<Record<string, string>> | undefined,
    called: "pages" | "records"
  ): OpenSource<string, BusinessCloudListReasons> {
    const asCalled = `${called}(path)`
    return () =>
      wrongPath(path, asCalled, this.grants.place(tenant)) ?? {
        application: this.application,
        place: this.grants.place(tenant),
        called: asCalled,
        deadline: this.deadline,
        mostRecords: mostItems,
        first: withParameter(path, "items_per_page", options?.pageSize),
        read: (at) =>
          this.#page(tenant, at, asCalled, {
            deadline: options?.deadline,
            ...(headers === undefined ? {} : { headers })
          }),
        nameOf: (at) => at
      }
  }

  #page(
    tenant: string,
    path: string,
    called: string,
    init: FetchOptions
  ): Effect.Effect<ReadPage<string>, SageAuthError<BusinessCloudListReasons>> {
    const slot = this.grants.slot(tenant)
    return jsonAnswer<ReadPage<string>, BusinessCloudListReasons>(
      this.calls.whole(slot, path, init, pageLimit, { called }),
      {
        place: this.grants.place(tenant),
        what: "a list",
        read: (body) => pageIn(body, path),
        errors: callErrors,
        refused: "business-cloud.request-invalid",
        unreadable: "business-cloud.unreadable-answer",
        secrets: () => secretsOf(this.grants.renewals.cache.live(slot)),
        now: this.application.now
      }
    )
  }
}

type BusinessesReasons =
  | AcquireReasons["business-cloud"]
  | BudgetExhausted
  | Misconfigured
  | PermissionDenied
  | RequestRejected

/** what was sent: the answer may quote it */
const secretsOf = ({ credential, rejected }: TokenSlot): ReadonlyArray<Redacted.Redacted> =>
  [credential, rejected]
    .flatMap((each) => (each === undefined ? [] : [each.value]))
    .flatMap(({ accessToken, headers }) => {
      const { "ocp-apim-subscription-key": key, "x-site": site } = headers
      return [Redacted.value(accessToken), key, site]
    })
    .filter((sent) => sent !== undefined)
    .map((sent) => Redacted.make(sent))

const textOf = (item: unknown, name: string): string =>
  Predicate.hasProperty(item, name) && typeof item[name] === "string" ? item[name] : ""

/** Source: developer.sage.com, Accounting, Pagination; Best practices (several businesses). */
const pageIn = (body: unknown, path: string): ReadPage<string> | undefined => {
  if (!Predicate.hasProperty(body, "$items") || !Array.isArray(body.$items)) return undefined
  const next = textOf(body, "$next")
  const total = Predicate.hasProperty(body, "$total") ? body.$total : undefined
  return {
    records: body.$items as ReadonlyArray<unknown>,
    total: typeof total === "number" ? total : undefined,
    // nothing says that what else was asked for stands in it
    next: next === "" ? undefined : keepingParameters(next, path)
  }
}

const businessHeader = (business: string | undefined): Readonly<Record<string, string>> | undefined =>
  business === undefined ? undefined : { "x-business": business }

const effectClient = (
  at: BusinessCloudEngine,
  tenant: string,
  business: string | undefined
): BusinessCloudClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  const chosen = businessHeader(business)
  const withBusiness = extended(chosen)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init, chosen),
    headers: (options) => Effect.map(at.calls.headers(slot, options), withBusiness),
    run: (use, options) => at.calls.run(slot, use, options, withBusiness),
    business: (id) => effectClient(at, tenant, readBusiness(at.grants.place(tenant), id)),
    businesses: (options) => at.businesses(tenant, options),
    records: <R>(path: string, options?: PageOptions<R>) =>
      readRecords<string, R, BusinessCloudListReasons>(at.listed(tenant, path, options, chosen, "records"), options),
    pages: <R>(path: string, options?: PageOptions<R>) =>
      readPages<string, R, BusinessCloudListReasons>(at.listed(tenant, path, options, chosen, "pages"), options),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  }
}

const promiseClient = (at: BusinessCloudEngine, tenant: string, business: string | undefined): BusinessCloudClient => {
  const effects = effectClient(at, tenant, business)
  const slot = at.grants.slot(tenant)
  const chosen = businessHeader(business)
  return promiseClientOf<BusinessCloudClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => (business === undefined ? at.calls.peekHeaders(slot) : undefined),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, chosen, run)
    }),
    business: (id) => promiseClient(at, tenant, readBusiness(at.grants.place(tenant), id))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: BusinessCloudEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant, undefined),
  promise: (tenant) => promiseClient(at, tenant, undefined),
  authorizing: at.grants.authorizing,
  keptAlive: keptAliveOf(at.grants)
})

/** How connections to Business Cloud Accounting are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new BusinessCloudEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
