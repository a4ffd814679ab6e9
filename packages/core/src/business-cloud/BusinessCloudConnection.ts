import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type { Application, CallOptions } from "../Application.ts"
import { AuthorizedCalls } from "../calls/AuthorizedCalls.ts"
import { resolve } from "../config/PerTenant.ts"
import { decode, type Issue } from "../config/issues.ts"
import type { AcquireReasons, BudgetExhausted, Misconfigured, RequestRejected } from "../errors/Reason.ts"
import { failure, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import { OAuthGrants, type TokenReasons } from "../oauth2/OAuthGrants.ts"
import type { Token } from "../oauth2/Token.ts"
import { fetchTrusting } from "../transport/privateCa.ts"
import * as Transport from "../transport/Transport.ts"
import type { Business } from "./BusinessCloudClient.ts"
import { callbackRules, codeErrors, refreshErrors } from "./errors.ts"
import { judge } from "./judge.ts"
import { type BusinessCloudConfiguration, secretOption, textOption } from "./options.ts"

const surface = "business-cloud"

/** Assumed where a token's life is not said: what it has been since v3.1, in milliseconds. */
const assumedLife = 300_000

const week = 7 * 24 * 60 * 60_000

/** One Business Cloud Accounting connection at work, for all of its tenants. */
export class BusinessCloudConnection {
  readonly application: Application
  readonly name: string
  readonly grants: OAuthGrants
  readonly calls: AuthorizedCalls<Token, TokenReasons>
  readonly deadline: number
  readonly #configuration: BusinessCloudConfiguration
  /** the lead business that last answered, by tenant, where none was chosen */
  readonly #leads = new Map<string, string>()

  constructor(application: Application, name: string, configuration: BusinessCloudConfiguration) {
    const { ca, deadline, inDoubt, maxTokenAge, redirectUri, scope, urls } = configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.deadline = deadline ?? application.settings.deadline
    const fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
    const every = application.settings.keepAlive?.every ?? week
    this.grants = new OAuthGrants(application, Transport.make(fetch, application.clock), {
      surface,
      connection: name,
      endpoints: urls,
      body: "form",
      client: (tenant) => this.#client(tenant),
      inDoubt,
      refreshErrors,
      refreshParameters: () => ({}),
      life: { assumed: assumedLife, cap: maxTokenAge },
      grantLifeOf: ({ refreshTokenExpiresIn }) => refreshTokenExpiresIn,
      // well within the refresh token's life, and not all on one day
      dueIn: (life) => Math.min(every, (life ?? Number.POSITIVE_INFINITY) / 2) * (0.8 + Math.random() * 0.2),
      keep: [],
      fixedHeaders: (tenant) => this.#fixedHeaders(tenant),
      revocation: { alone: true, parameters: (token) => ({ token }) },
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
      learn: (token, response) => this.#noticeLead(token, response)
    })
  }

  #resolve<A>(
    option: keyof BusinessCloudConfiguration,
    tenant: string,
    schema: Parameters<typeof decode>[0]
  ): Effect.Effect<A, SageAuthError<Misconfigured>> {
    const read = (value: unknown, at: string) => decode(schema, value, at) as Result.Result<A, ReadonlyArray<Issue>>
    return Effect.mapError(
      resolve(this.#configuration[option], tenant, read, `connections.${this.name}.${option}`),
      (issues) => misconfigured(issues, this.grants.place(tenant))
    )
  }

  #text(
    option: keyof BusinessCloudConfiguration,
    tenant: string
  ): Effect.Effect<string | undefined, SageAuthError<Misconfigured>> {
    return this.#configuration[option] === undefined
      ? Effect.succeed<string | undefined>(undefined)
      : this.#resolve<string>(option, tenant, textOption)
  }

  #client(tenant: string) {
    return Effect.all({
      method: Effect.succeed("body" as const),
      clientId: this.#resolve<string>("clientId", tenant, textOption),
      clientSecret: this.#resolve<Redacted.Redacted>("clientSecret", tenant, secretOption)
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
  #noticeLead({ headers, tenant }: Token, response: Response): void {
    const lead = response.headers.get("x-business")
    if (lead === null || "x-business" in headers) return
    const before = this.#leads.get(tenant)
    this.#leads.set(tenant, lead)
    if (before === undefined || before === lead) return
    const at = this.application.now()
    this.application.publish({ type: "lead-business-changed", ...this.grants.place(tenant), at })
  }

  businesses(
    tenant: string,
    options: CallOptions | undefined
  ): Effect.Effect<
    ReadonlyArray<Business>,
    SageAuthError<AcquireReasons["business-cloud"] | BudgetExhausted | Misconfigured | RequestRejected>
  > {
    const place = this.grants.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const response = yield* this.calls.fetch(this.grants.slot(tenant), "businesses", options ?? {})
      const body = yield* Effect.promise(() => response.json().catch(() => undefined) as Promise<unknown>)
      if (!response.ok) {
        return yield* failure<RequestRejected>("business-cloud.request-invalid", {
          ...place,
          message: `the list of businesses was refused with HTTP ${response.status}`
        })
      }
      const items = (body as { readonly $items?: ReadonlyArray<Readonly<Record<string, unknown>>> } | undefined)?.$items
      return (items ?? []).map((item) => ({ id: String(item["id"] ?? ""), name: String(item["displayed_as"] ?? "") }))
    })
  }
}
