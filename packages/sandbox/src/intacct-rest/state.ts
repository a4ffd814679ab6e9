import { toMilliseconds } from "../clock.ts"
import { operationProblem, payloadProblem, resultError } from "./errors.ts"
import type { GatewayState } from "../intacct-xml/call.ts"
import { type Company, companyKey, type User } from "../intacct-xml/companies.ts"
import { BoundedMap } from "../BoundedMap.ts"
import { formParams, type Params } from "../oauth/params.ts"
import type { WayBack } from "../oauth/answers.ts"
import type { AuthorizationRefusal, PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import type { Challenge } from "../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import type { Clients } from "./directory.ts"
import type { Grants } from "./grants.ts"
import type { ResolvedIntacctRestOptions } from "./options.ts"

interface Remembered {
  readonly asked: string
  readonly at: number
  readonly response: SurfaceResponse
}

const minute = 60_000
const hour = 60 * minute
const answered = 48 * hour
const known = 60 * 24 * hour
const longestKey = 256

/** The answers of writes that were sent with an `Idempotency-Key`. */
export class Idempotency {
  readonly #remembered = new BoundedMap<Remembered>(10_000)

  /**
   * Does `work` unless the same request of this owner was answered before: for 48 hours that answer is repeated,
   * failures included. The same key with another request, or after that time within 60 days, is a conflict.
   */
  once(owner: string, request: SurfaceRequest, now: number, work: () => SurfaceResponse): SurfaceResponse {
    const key = request.headers["idempotency-key"]
    if (key === undefined || (request.method !== "POST" && request.method !== "PATCH")) return work()
    if (key.length === 0 || key.length > longestKey) {
      return resultError(payloadProblem("Idempotency-Key must have between 1 and 256 characters"))
    }
    const place = JSON.stringify([owner, key])
    const asked = JSON.stringify([request.method, request.path, request.body])
    const before = this.#remembered.get(place)
    const echo = { "idempotency-key": key }
    if (before !== undefined && now - before.at < known) {
      if (before.asked !== asked || now - before.at >= answered) {
        const conflict = resultError(operationProblem("The Idempotency-Key was used before", 409))
        return { ...conflict, headers: { ...conflict.headers, ...echo } }
      }
      const cachedDate = new Date(before.at).toISOString()
      const { response } = before
      return { ...response, headers: { ...response.headers, ...echo, "x-ia-idempotency-cached-date": cachedDate } }
    }
    const response = work()
    this.#remembered.set(place, { asked, at: now, response })
    return { ...response, headers: { ...response.headers, ...echo } }
  }
}

interface Window {
  readonly index: number
  count: number
}

/** How many API requests every company made in the current minute and hour. */
export class RateCounters {
  readonly #minutes = new BoundedMap<Window>(1000)
  readonly #hours = new BoundedMap<Window>(1000)

  /** Counts a request of a company. */
  count(company: string, now: number): void {
    counter(this.#minutes, company, Math.floor(now / minute)).count++
    counter(this.#hours, company, Math.floor(now / hour)).count++
  }

  /** What was counted in the minute and hour of `now`. */
  of(company: string, now: number): { readonly minute: number; readonly hour: number } {
    return {
      minute: counter(this.#minutes, company, Math.floor(now / minute)).count,
      hour: counter(this.#hours, company, Math.floor(now / hour)).count
    }
  }
}

const counter = (windows: BoundedMap<Window>, company: string, index: number): Window => {
  const known = windows.get(company)
  if (known !== undefined && known.index === index) return known
  const fresh = { index, count: 0 }
  windows.set(company, fresh)
  return fresh
}

/** A bulk request and what came of it. */
export interface BulkJob {
  readonly company: string
  readonly results: ReadonlyArray<object>
  readonly errors: number
}

/** An authorization request that somebody is busy with. */
export interface PendingAuthorization extends WayBack {
  readonly client: OAuthClient
  readonly scope: string
  readonly challenge: Challenge | undefined
  /** Who signed in. */
  subject: { readonly company: Company; readonly user: User } | undefined
}

/** Everything that the REST API keeps between requests. */
export interface RestState {
  /** The XML gateway of the same companies. */
  readonly xml: GatewayState
  readonly clients: Clients
  readonly grants: Grants
  readonly pending: PendingAuthorizations<PendingAuthorization>
  readonly idempotency: Idempotency
  readonly bulkJobs: BoundedMap<BulkJob>
  readonly rates: RateCounters
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedIntacctRestOptions
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
}

/** The query of a request. */
export const queryOf = (request: SurfaceRequest): Params => formParams(request.query)

/** How many requests of a company are served at a time, and how long a further one waits. */
export const poolLimits = (state: RestState): { readonly size: number; readonly wait: number } => {
  const { connectionsPerCompany, connectionWait } = state.xml.options()
  return {
    size: state.options().connectionsPerCompany ?? connectionsPerCompany,
    wait: toMilliseconds(connectionWait, "connectionWait")
  }
}

/** The entity that a token of a user is for, when `asked` is named; a refusal when it may not be. */
export const entityFor = (
  state: RestState,
  company: Company,
  user: User,
  asked: string | undefined
): { readonly entity: string | undefined } | "refused" => {
  const { restrictedTopLevel, restrictedEntity } = state.options()
  if (asked === undefined) {
    if (user.entities === undefined) return { entity: undefined }
    return restrictedTopLevel === "refused" ? "refused" : { entity: user.entities[0] }
  }
  if (!company.entities.includes(asked)) return "refused"
  const outside = user.entities !== undefined && !user.entities.includes(asked)
  return outside && restrictedEntity === "refused" ? "refused" : { entity: asked }
}

/** The key of everything that is kept for a company, by its id. */
export const keyOfCompany = (company: Company): string => companyKey(company.companyId)
