import * as Advice from "@sage-auth/core/advice"
import type { X3Connections } from "./connections.ts"

/** The interfaces of X3 that this application reads by. */
export const interfaces = ["rest", "soap", "graphql"] as const

export type Interface = (typeof interfaces)[number]

/** The credentials that it can call with. */
export const credentials = [
  "basic",
  "certificate",
  "oauth2",
  "oauth2-public",
  "client-credentials",
  "token",
  "connected-app",
  "pairing"
] as const

export type Credential = (typeof credentials)[number]

/** Whose server it is: the customer's own, X3 Online, or the multi-tenant cloud. */
export const deployments = [
  "on-premise",
  "online",
  "multi-tenant"
] as const satisfies ReadonlyArray<Advice.X3Deployment>

export type DeploymentKind = (typeof deployments)[number]

/** The connection of a way, and the environment variables that configure it. */
interface Wiring {
  readonly connection: keyof X3Connections
  readonly variables: ReadonlyArray<string>
}

const webServices: Readonly<Partial<Record<Credential, Wiring>>> = {
  basic: { connection: "basic", variables: ["X3_BASE_URL", "X3_USER", "X3_PASSWORD"] },
  certificate: { connection: "certificate", variables: ["X3_TLS_BASE_URL", "X3_PFX", "X3_PFX_PASSPHRASE"] },
  oauth2: {
    connection: "oauth2",
    variables: ["X3_BASE_URL", "X3_IDP_AUTHORIZE_URL", "X3_IDP_TOKEN_URL", "X3_IDP_CLIENT_ID", "X3_IDP_CLIENT_SECRET"]
  },
  "oauth2-public": {
    connection: "oauth2Public",
    variables: ["X3_BASE_URL", "X3_IDP_AUTHORIZE_URL", "X3_IDP_TOKEN_URL", "X3_IDP_PUBLIC_CLIENT_ID"]
  },
  "client-credentials": {
    connection: "clientCredentials",
    variables: ["X3_BASE_URL", "X3_IDP_TOKEN_URL", "X3_SERVICE_CLIENT_ID", "X3_SERVICE_CLIENT_SECRET"]
  },
  token: { connection: "token", variables: ["X3_BASE_URL", "X3_TOKEN_FILE"] }
}

const wirings: Readonly<Record<Interface, Readonly<Partial<Record<Credential, Wiring>>>>> = {
  rest: webServices,
  soap: webServices,
  graphql: {
    basic: { connection: "graphqlBasic", variables: ["X3_GRAPHQL_URL", "X3_USER", "X3_PASSWORD"] },
    "connected-app": { connection: "graphqlApp", variables: ["X3_GRAPHQL_URL", "X3_APP_ID", "X3_APP_SECRET"] },
    pairing: {
      connection: "gateway",
      variables: ["X3_GATEWAY_ROOT_URL", "X3_GATEWAY_CLIENT_ID", "X3_GATEWAY_CLIENT_SECRET", "X3_GATEWAY_CUSTOMER"]
    }
  }
}

/** One way of reading customers, and whether a deployment allows it. */
export interface Way extends Partial<Wiring> {
  readonly by: Interface
  readonly as: Credential
  readonly allowed: boolean
  /** no page of Sage's shows it: a server may refuse it */
  readonly unproven: boolean
  /** what it takes, or why it is not allowed */
  readonly note: string
}

/** What the advice of @sage-auth/core calls a credential, where it differs. */
const inAdvice: Readonly<Partial<Record<Credential, string>>> = { token: "bearer", "oauth2-public": "oauth2" }

const wayOf = (kind: DeploymentKind, by: Interface, as: Credential): Way => {
  // in the multi-tenant cloud, the gateway is the way to GraphQL
  const surface = kind === "multi-tenant" && by === "graphql" ? "gateway" : by
  const offered = Advice.x3NotOffered.find((each) => each.deployment === kind && each.surface === surface)
  if (offered !== undefined) return { by, as, allowed: false, unproven: false, note: offered.note }
  const credential = inAdvice[as] ?? as
  const cell = Advice.x3Access.find(
    (each) => each.deployment === kind && each.surface === surface && each.credential === credential
  )
  const wiring = wirings[by][as]
  const unproven = cell?.outcome === "unproven"
  const allowed = (cell?.outcome === "works" || unproven) && wiring !== undefined
  return { by, as, allowed, unproven, note: cell?.note ?? "", ...(allowed ? wiring : {}) }
}

/** Every combination, with what a deployment has to say to it. */
export const waysOf = (kind: DeploymentKind): ReadonlyArray<Way> =>
  interfaces.flatMap((by) => credentials.map((as) => wayOf(kind, by, as)))
