import { toMilliseconds } from "../clock.ts"
import type { GatewayState } from "../intacct-xml/call.ts"
import { type Company, companyKey, type User } from "../intacct-xml/companies.ts"
import { formParams, type Params } from "../oauth/params.ts"
import type { PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { AuthorizationRefusal } from "../oauth/refusals.ts"
import type { SurfaceRequest } from "../surface.ts"
import type { Pending } from "./authorize.ts"
import type { BulkJobs } from "./bulk.ts"
import type { Clients } from "./directory.ts"
import type { Grants } from "./grants.ts"
import type { Idempotency } from "./idempotency.ts"
import type { RateCounters } from "./rateHeaders.ts"
import type { ResolvedIntacctRestOptions } from "./options.ts"

/** Everything that the REST API keeps between requests. */
export interface RestState {
  /** The XML gateway of the same companies. */
  readonly xml: GatewayState
  readonly clients: Clients
  readonly grants: Grants
  readonly pending: PendingAuthorizations<Pending>
  readonly idempotency: Idempotency
  readonly bulkJobs: BulkJobs
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
