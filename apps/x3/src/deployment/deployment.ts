import type { Config, Connections } from "@sage-auth/core"
import type { X3Connections } from "../connections.ts"
import type { DeploymentKind } from "../ways.ts"

/** Injects the {@link Deployment}. */
export const DEPLOYMENT: unique symbol = Symbol("Deployment")

/** What things are called in an X3 folder. */
export interface Names {
  /** the endpoint of REST, which is part of its paths */
  readonly endpoint: string
  /** the endpoint of GraphQL, which is part of the gateway's paths; elsewhere its connection has it */
  readonly graphqlEndpoint: string
  /** the alias of a SOAP pool, in its own case */
  readonly pool: string | undefined
  /** the name under which the customers' object is published for SOAP */
  readonly customerObject: string | undefined
}

/** An X3 that this application reads from. */
export interface Deployment {
  readonly kind: DeploymentKind
  /** whether it is an X3, and not a sandbox of this application's own */
  readonly real: boolean
  readonly connections: Partial<X3Connections>
  readonly names: Names
  /** where grants are kept, and what seals them */
  readonly grants: Pick<Config<Connections>, "store" | "keys" | "keepAlive">
  /** signs the cookie of this application's own visitors */
  readonly sessionKey: string
  readonly close: () => Promise<void>
}
