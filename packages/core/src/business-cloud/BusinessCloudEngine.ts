import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type Application, type CallOptions, withCallOptions } from "../application/Application.ts"
import { AuthorizedCalls } from "../calls/AuthorizedCalls.ts"
import { unreadBody } from "../calls/heldBody.ts"
import { resolveOption } from "../config/resolve.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  Misconfigured,
  PermissionDenied,
  RequestRejected
} from "../errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "../errors/SageAuthError.ts"
import { raise } from "../errors/raise.ts"
import { dueWithin } from "../grant/keepAlive.ts"
import { errorOf, matchRule, readBody, wordsOf } from "../oauth2/errorBody.ts"
import { OAuthGrants } from "../oauth2/OAuthGrants.ts"
import type { TokenReasons, TokenSlot } from "../oauth2/OAuthRules.ts"
import type { Token } from "../oauth2/Token.ts"
import * as Transport from "../transport/Transport.ts"
import { retryAfter } from "../transport/Answer.ts"
import { fetchTrusting } from "../transport/tls.ts"
import type { Business } from "./BusinessCloudClient.ts"
import { callbackRules, callErrors, codeErrors, judge, refreshErrors } from "./judge.ts"
import { type BusinessCloudConfiguration, countryOption, headerIdOption, secretOption, textOption } from "./options.ts"

const surface = "business-cloud"

/** Assumed where a token's life is not said: what it has been since v3.1, in milliseconds. */
const assumedLife = 300_000

/** The largest page of the list of businesses that is read, in bytes. */
const pageLimit = 1024 * 1024

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
  #noticeLead({ tenant }: Token, response: Response, sent: (name: string) => boolean): void {
    const lead = response.headers.get("x-business")
    if (lead === null || sent("x-business")) return
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
    return Effect.gen({ self: this }, function* () {
      const businesses: Array<Business> = []
      const seen = new Set<string>()
      // a page that leads back to one before would never end
      for (let path: string | undefined = "businesses"; path !== undefined && !seen.has(path); ) {
        seen.add(path)
        const page: Page = yield* this.#page(tenant, path, options)
        businesses.push(...page.items)
        path = page.next
      }
      return businesses
    }).pipe(withCallOptions(options, this.deadline, this.grants.place(tenant), this.application))
  }

  #page(
    tenant: string,
    path: string,
    options: CallOptions | undefined
  ): Effect.Effect<Page, SageAuthError<BusinessesReasons>> {
    return Effect.gen({ self: this }, function* () {
      const slot = this.grants.slot(tenant)
      const { response, text: answered } = yield* Effect.mapError(
        this.calls.whole(slot, path, { ...options }, pageLimit),
        (lost) =>
          isSageAuthError(lost)
            ? lost
            : unreadBody<BusinessesReasons>(lost, "business-cloud.unreadable-answer", this.grants.place(tenant))
      )
      const body = readBody(answered)
      const page = response.ok && body.kind === "json" ? pageIn(body.value) : undefined
      if (page !== undefined) return page
      const serverError = errorOf(body)
      const { code, supportId, text } = wordsOf(serverError, secretsOf(this.grants.renewals.cache.live(slot)))
      const unread = response.ok ? "business-cloud.unreadable-answer" : "business-cloud.request-invalid"
      return yield* raise<BusinessesReasons>(
        (response.ok ? undefined : matchRule(callErrors, serverError, response.status)) ?? unread,
        {
          ...this.grants.place(tenant),
          message: `the list of businesses was answered with HTTP ${response.status}${text === undefined ? "" : `: ${text}`}`,
          code,
          supportId,
          retryAfter: retryAfter(response.headers, this.application.now())
        }
      )
    })
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

interface Page {
  readonly items: ReadonlyArray<Business>
  readonly next: string | undefined
}

const textOf = (item: unknown, name: string): string =>
  Predicate.hasProperty(item, name) && typeof item[name] === "string" ? item[name] : ""

/** Source: developer.sage.com, Accounting, Best practices (several businesses). */
const pageIn = (body: unknown): Page | undefined => {
  if (!Predicate.hasProperty(body, "$items") || !Array.isArray(body.$items)) return undefined
  const next = textOf(body, "$next")
  return {
    items: body.$items.map((item) => ({ id: textOf(item, "id"), name: textOf(item, "displayed_as") })),
    next: next === "" ? undefined : next
  }
}
