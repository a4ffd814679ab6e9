import type { SystemClock } from "../../clock.ts"
import type { SurfaceResponse } from "../../surface.ts"
import type { ForwardedGraphQL } from "../syracuse/graphql.ts"
import type { ResolvedCloudGatewayOptions } from "./options.ts"
import type { Application, Customer, Pairings } from "./pairings.ts"

/** An X3 user as the review page knows them. */
export interface Reviewer {
  readonly user: string
  readonly password: string
  /** Whether the security profile has create, read and write for `thirdParties`. */
  readonly thirdParties: boolean
}

/** Everything that the gateway keeps between requests; apart from the endpoints, which all take it. */
export interface CloudGatewayState {
  readonly clock: SystemClock
  /** By client id. */
  readonly applications: Map<string, Application>
  /** By URL. */
  readonly customers: Map<string, Customer>
  readonly reviewers: ReadonlyArray<Reviewer>
  readonly pairings: Pairings
  /** Runs the GraphQL requests that the gateway lets through to a customer's X3. */
  readonly graphql: (call: ForwardedGraphQL) => Promise<SurfaceResponse>
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedCloudGatewayOptions
}
