import { readFile } from "node:fs/promises"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { x3, type X3OnlineAuth } from "@sage-auth/core"
import type { X3Connections } from "../connections.ts"
import type { DeploymentKind } from "../ways.ts"
import type { Deployment } from "./deployment.ts"
import { type Environment, given, needed, oneOf } from "./environment.ts"

/** Whether the environment names an X3. */
export const namesServer = (environment: Environment): boolean =>
  ["X3_BASE_URL", "X3_TLS_BASE_URL", "X3_GRAPHQL_URL", "X3_GATEWAY_ROOT_URL"].some(
    (name) => given(environment, name) !== undefined
  )

const fileAt = (name: string): URL => pathToFileURL(path.resolve(name))

/** What is configured of {@link X3Connections}. */
type Configured = { -readonly [Name in keyof X3Connections]?: X3Connections[Name] }

/** Connections as the environment configures them: one for every credential that it has. */
const connectionsIn = (environment: Environment, kind: DeploymentKind, callbacks: string): Configured => {
  const has = (...names: ReadonlyArray<string>): boolean =>
    names.every((name) => given(environment, name) !== undefined)
  const value = (name: string): string => needed(environment, name)
  if (kind === "multi-tenant") {
    const gateway = x3.gateway({
      rootUrl: value("X3_GATEWAY_ROOT_URL"),
      clientId: value("X3_GATEWAY_CLIENT_ID"),
      clientSecret: value("X3_GATEWAY_CLIENT_SECRET"),
      customer: value("X3_GATEWAY_CUSTOMER"),
      scope: given(environment, "X3_GATEWAY_SCOPE") ?? "api.graphQL businessDomain.ALL",
      redirectUri: `${callbacks}/gateway`
    })
    return { gateway }
  }

  const ca = has("X3_CA") ? fileAt(value("X3_CA")) : undefined
  const allowPlainHttp = oneOf(environment, "X3_ALLOW_PLAIN_HTTP", ["trusted-network"])
  const online = kind === "online"
  const webServices = <const A extends X3OnlineAuth>(auth: A) => {
    const server = { baseUrl: value("X3_BASE_URL"), auth, ca }
    return online ? x3.online(server) : x3.onPremise({ ...server, allowPlainHttp })
  }
  const configured: Configured = {}
  if (has("X3_SERVICE_CLIENT_ID")) {
    configured.clientCredentials = webServices(
      x3.clientCredentials({
        tokenUrl: value("X3_IDP_TOKEN_URL"),
        clientId: value("X3_SERVICE_CLIENT_ID"),
        clientSecret: value("X3_SERVICE_CLIENT_SECRET"),
        scope: given(environment, "X3_SERVICE_SCOPE")
      })
    )
  }
  const service = has("X3_SERVICE_CLIENT_ID") && !has("X3_IDP_AUTHORIZE_URL")
  if (has("X3_IDP_TOKEN_URL") && !service) {
    const provider = {
      authorizeUrl: value("X3_IDP_AUTHORIZE_URL"),
      tokenUrl: value("X3_IDP_TOKEN_URL"),
      revokeUrl: given(environment, "X3_IDP_REVOKE_URL"),
      scope: given(environment, "X3_IDP_SCOPE")
    }
    if (has("X3_IDP_PUBLIC_CLIENT_ID")) {
      const clientId = value("X3_IDP_PUBLIC_CLIENT_ID")
      configured.oauth2Public = webServices(
        x3.oauth2({ ...provider, clientId, redirectUri: `${callbacks}/oauth2Public` })
      )
    }
    if (has("X3_IDP_CLIENT_ID") || !has("X3_IDP_PUBLIC_CLIENT_ID")) {
      const client = { clientId: value("X3_IDP_CLIENT_ID"), clientSecret: value("X3_IDP_CLIENT_SECRET") }
      configured.oauth2 = webServices(x3.oauth2({ ...provider, ...client, redirectUri: `${callbacks}/oauth2` }))
    }
  }
  if (has("X3_TOKEN_FILE")) {
    const file = value("X3_TOKEN_FILE")
    configured.token = webServices(x3.bearer(async () => (await readFile(file, "utf8")).trim()))
  }
  const graphql = () => ({ url: value("X3_GRAPHQL_URL"), endpoint: value("X3_GRAPHQL_ENDPOINT"), ca })
  if (has("X3_APP_ID")) {
    const validity = given(environment, "X3_APP_TOKENS_VALIDITY")
    const app = {
      clientId: value("X3_APP_ID"),
      clientSecret: value("X3_APP_SECRET"),
      user: given(environment, "X3_APP_USER")
    }
    const options = { ...graphql(), app, tokensValidity: validity === undefined ? undefined : Number(validity) }
    configured.graphqlApp = x3.graphql(online ? options : { ...options, deployment: "on-premise", allowPlainHttp })
  }
  if (online) return configured

  // what only the customer's own server takes
  const basic = () => x3.basic({ user: value("X3_USER"), password: value("X3_PASSWORD") })
  if (has("X3_USER", "X3_BASE_URL")) {
    configured.basic = x3.onPremise({ baseUrl: value("X3_BASE_URL"), auth: basic(), ca, allowPlainHttp })
  }
  if (has("X3_USER", "X3_GRAPHQL_URL")) {
    configured.graphqlBasic = x3.graphql({ ...graphql(), deployment: "on-premise", auth: basic(), allowPlainHttp })
  }
  if (has("X3_PFX")) {
    const passphrase = given(environment, "X3_PFX_PASSPHRASE")
    // watched: a new file is used without a restart
    const auth = x3.certificate({ pfx: fileAt(value("X3_PFX")), passphrase })
    configured.certificate = x3.onPremise({ baseUrl: value("X3_TLS_BASE_URL"), auth, ca })
  }
  return configured
}

/** The X3 that the environment names. `callbacks`: where callbacks come, without the connection's name. */
export const ownServer = (environment: Environment, kind: DeploymentKind, callbacks: string): Deployment => {
  const connections = connectionsIn(environment, kind, callbacks)
  if (Object.keys(connections).length === 0) {
    throw new Error("there is a server and no credential for it: see .env.example")
  }
  const interactive = Object.values(connections).some((connection) => connection.interactive)
  return {
    kind,
    real: true,
    connections,
    names: {
      endpoint: given(environment, "X3_ENDPOINT") ?? "SEED",
      graphqlEndpoint: connections.gateway === undefined ? "" : needed(environment, "X3_GRAPHQL_ENDPOINT"),
      pool: given(environment, "X3_POOL"),
      customerObject: given(environment, "X3_CUSTOMER_OBJECT")
    },
    grants: interactive
      ? {
          store: `sqlite:${given(environment, "SAGE_AUTH_STORE") ?? ".sage-auth/grants.db"}`,
          keys: [needed(environment, "SAGE_AUTH_KEY")],
          keepAlive: { every: "7 days" }
        }
      : {},
    sessionKey: needed(environment, "SESSION_KEY"),
    close: async () => {}
  }
}
