import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Application, whileOpen } from "../application/Application.ts"
import type { Traffic } from "../calls/Admission.ts"
import * as Result from "../config/Result.ts"
import { resolveOption } from "../config/resolve.ts"
import type { AcquireReasons, Misconfigured } from "../errors/Reason.ts"
import type { SageAuthError, TenantPlace } from "../errors/SageAuthError.ts"
import { raiseMisconfigured } from "../errors/raise.ts"
import type { OAuthGrants } from "../oauth2/OAuthGrants.ts"
import type { OAuthRequest, TokenSlot } from "../oauth2/OAuthRules.ts"
import { jwtHints, type Token } from "../oauth2/Token.ts"
import type { Parameters as RequestParameters, TokenResponse } from "../oauth2/tokenEndpoint.ts"
import { type MeterReading, type MeterRules, rulesOf } from "../traffic/Meter.ts"
import { requestMeter } from "../traffic/MeterEntry.ts"
import { defaultPermits, permitsOfTier, type PoolReading, readPool } from "../traffic/Pool.ts"
import { limitOf } from "./judge.ts"
import { type IntacctRestConfiguration, readUsername, type Username, usernameOption } from "./options.ts"

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

/** The option `username`, which may be a function of the tenant, as it is at present. */
export const userOf = (place: TenantPlace, option: unknown): Effect.Effect<Username, SageAuthError<Misconfigured>> =>
  resolveOption(place, "username", option, usernameOption)

/** What every request of one connection goes through: its company's pool and meter. */
export class RestTraffic {
  readonly #application: Application
  readonly #name: string
  readonly #configuration: IntacctRestConfiguration
  readonly #grants: OAuthGrants
  readonly #rules: MeterRules
  readonly #permits: number
  /** the companies of borrowed sessions, by the tenant's slot: a renewal that borrows one keeps its slot in memory */
  readonly #lenders = new WeakMap<TokenSlot, string>()

  constructor(application: Application, name: string, configuration: IntacctRestConfiguration, grants: OAuthGrants) {
    const { meter, permits, tier } = configuration
    this.#application = application
    this.#name = name
    this.#configuration = configuration
    this.#grants = grants
    this.#rules = rulesOf(meter, tier)
    this.#permits = permits ?? (tier === undefined ? defaultPermits : permitsOfTier[tier])
  }

  /** what calls are counted on, and what each of them counts */
  get requests() {
    const { bulkCounts, urls } = this.#configuration
    return {
      ...requestMeter<Token>(this.#application, this.#rules, (token) => this.#payerOf(token)),
      weigh: (url: string | undefined, body: unknown) =>
        url === undefined ? 1 : transactionsOf(url.slice(urls.api.length), body, bulkCounts)
    }
  }

  /** a session of that company was borrowed for the tenant */
  lent(tenant: string, company: string): void {
    this.#lenders.set(this.#grants.slot(tenant), company)
  }

  /**
   * What is kept with a token: its company, which is the key of pool and meter, and its entity. It says both itself; of
   * one that does not, the company is known from what was sent for it, or from its grant.
   */
  extrasOf({ accessToken, refreshToken }: TokenResponse, asked: OAuthRequest): Readonly<Record<string, string>> {
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
    const lender = parameters["session_id"] === undefined ? undefined : this.#lenders.get(this.#grants.slot(tenant))
    return companyIn(parameters) ?? usernameIn(parameters)?.companyId.toLowerCase() ?? lender ?? extras?.["company"]
  }

  /** the pool that a request for tokens is part of */
  poolOf(asked: OAuthRequest): Effect.Effect<Traffic, SageAuthError<Misconfigured>> {
    const { tenant } = asked
    const { subject } = this.#configuration
    return Effect.gen({ self: this }, function* () {
      if (subject?.kind === "username") {
        return this.#traffic((yield* userOf(this.#grants.place(tenant), subject.username)).companyId.toLowerCase())
      }
      const slot = this.#grants.renewals.cache.live(this.#grants.slot(tenant))
      const token = (slot.credential ?? slot.rejected)?.value
      const company =
        this.#companyOfRequest(asked) ??
        this.#lenders.get(slot) ??
        (token === undefined ? undefined : this.#companyOf(token))
      if (company !== undefined) return this.#traffic(company)
      // before any company is known: one request at a time for the client
      const { clientId } = yield* this.#grants.rules.client(tenant)
      return { pool: `client ${clientId}`, permits: 1 }
    })
  }

  #companyOf({ extras, grantExtras }: Token): string | undefined {
    return extras["company"] ?? grantExtras["company"]
  }

  /** whose transactions a token's calls are: the company's, or the tenant's where nothing says which company that is */
  #payerOf(token: Token): string {
    return this.#companyOf(token) ?? `tenant ${token.tenant} of ${this.#name}`
  }

  /** the pool of a token's calls */
  of(token: Token): Traffic {
    const company = this.#companyOf(token)
    return company === undefined ? { pool: this.#payerOf(token), permits: 1 } : this.#traffic(company)
  }

  #traffic(company: string): Traffic {
    return {
      pool: company,
      permits: Math.min(this.#permits, this.#application.saidLimits.get(company) ?? this.#permits)
    }
  }

  /** what the headers of an answer say of the company's limit */
  learn(token: Token, headers: Headers): void {
    const company = this.#companyOf(token)
    const limit = limitOf(headers)
    if (company === undefined || limit === undefined) return
    const { saidLimits } = this.#application
    // headers lower the pool, which the company's XML traffic shares; they never raise it. Nearly all say the same
    if (saidLimits.get(company) !== limit) saidLimits.set(company, limit)
  }

  /** how full the tenant's pool is */
  pool(tenant: string): Effect.Effect<PoolReading, SageAuthError<Misconfigured>> {
    return Effect.flatMap(this.poolOf({ tenant, parameters: {}, extras: undefined }), ({ permits, pool }) =>
      readPool(this.#application.coordination, pool, permits)
    )
  }

  /** the tenant's meter, and `set` what it counts from */
  meter(
    tenant: string,
    set: { readonly used: number } | undefined
  ): Effect.Effect<MeterReading, SageAuthError<AcquireReasons["intacct-rest"]>> {
    const place = this.#grants.place(tenant)
    const { meters } = this.#application
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.#application, place)
      if (set !== undefined && !(Number.isSafeInteger(set.used) && set.used >= 0)) {
        return yield* raiseMisconfigured([{ option: "meter({ used })", expected: "a whole number, 0 or more" }], place)
      }
      const { subject } = this.#configuration
      const company =
        subject?.kind === "username"
          ? (yield* userOf(this.#grants.place(tenant), subject.username)).companyId.toLowerCase()
          : this.#payerOf((yield* this.#grants.renewals.acquire(this.#grants.slot(tenant))).value)
      yield* meters.ready(company)
      if (set !== undefined) meters.set(company, set.used)
      return meters.read(company, this.#rules)
    })
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
