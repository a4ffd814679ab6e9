import { type CompletedAuthorization, createSageAuth, type Sage, type Settings, x3 } from "@sage-auth/core"
import type { Sandbox, SandboxOptions } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { type EventLog, fastRetry, logEvents, openSandbox } from "../world.ts"
import { openTlsFront } from "./tlsFront.ts"

/** The servers of an X3 customer, each over TLS, and their accounts. */
export interface X3Servers {
  readonly sandbox: Sandbox<"manual">
  /** the customer's own server, its identity provider and the cloud gateway, behind https */
  readonly front: string
  /** the authority behind every port */
  readonly ca: string
  /** the connected app that is registered for `front`, and for X3 Online */
  readonly apps: { readonly onPremise: ConnectedApp; readonly online: ConnectedApp }
}

interface ConnectedApp {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly user: string
}

/** Starts them. */
export const openX3Servers = async (options: SandboxOptions["x3"] = {}): Promise<X3Servers> => {
  const sandbox = await openSandbox({ x3: options })
  const front = await openTlsFront(sandbox.urls["x3-web-services"].onPremise)
  const { app } = sandbox.accounts["x3-graphql"]
  const register = (clientId: string, origin: string): ConnectedApp => {
    const registered = { ...app, clientId, url: `${origin}/xtrem/api` }
    sandbox.x3.addConnectedApp({ ...registered, tokensValidity: 600 })
    return registered
  }
  const apps = {
    onPremise: register("app-on-premise", front),
    online: register("app-online", sandbox.urls["x3-web-services"].online)
  }
  return { sandbox, front, ca: sandbox.ca, apps }
}

/** Somebody's address at the plain port, for what plays a human there. */
const behind = ({ front, sandbox }: X3Servers, url: string): string =>
  url.replace(front, sandbox.urls["x3-web-services"].onPremise)

/** A token of the customer's identity provider that an application got by itself. */
export const ownToken = async (sandbox: Sandbox<"manual">, clientSecret?: string): Promise<string> => {
  const { oauth2 } = sandbox.accounts["x3-web-services"]
  const { authorizeUrl, clientId: client_id, redirectUri: redirect_uri, scope, tokenUrl } = oauth2
  const query = new URLSearchParams({ response_type: "code", client_id, redirect_uri, scope, state: "a-state" })
  const callback = new URL(await sandbox.approve(`${authorizeUrl}?${query.toString()}`))
  const response = await fetch(tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri,
      client_id,
      client_secret: clientSecret ?? oauth2.clientSecret
    })
  })
  const { access_token } = (await response.json()) as { readonly access_token: string }
  return access_token
}

/** The credentials of X3's web services, as the accounts have them; user and password beyond ASCII. */
export const x3Credentials = (servers: X3Servers) => {
  const { ca, front, sandbox } = servers
  const { accented, certificate, oauth2 } = sandbox.accounts["x3-web-services"]
  const at = (url: string) => url.replace(sandbox.urls["x3-web-services"].onPremise, front)
  const { clientId, clientSecret, scope } = oauth2
  const consented = (redirectUri: string) =>
    x3.oauth2({
      authorizeUrl: at(oauth2.authorizeUrl),
      tokenUrl: at(oauth2.tokenUrl),
      revokeUrl: at(oauth2.revokeUrl),
      clientId,
      clientSecret,
      redirectUri,
      scope
    })
  return {
    basic: x3.basic(accented),
    certificate: x3.certificate({ pfx: certificate.pfx, passphrase: certificate.passphrase, ca }),
    oauth2: consented(oauth2.redirectUri),
    onlineOauth2: consented(oauth2.onlineRedirectUri),
    clientCredentials: x3.clientCredentials({ tokenUrl: at(oauth2.tokenUrl), clientId, clientSecret }),
    bearer: x3.bearer(() => ownToken(sandbox))
  }
}

/** The options of the gateway's connection. */
export const gatewayOptions = ({ ca, front, sandbox }: X3Servers) => {
  const { clientId, clientSecret, customer, redirectUri, scope } = sandbox.accounts["x3-gateway"]
  const rootUrl = `${front}${new URL(sandbox.urls["x3-gateway"].root).pathname}`
  return { rootUrl, clientId, clientSecret, redirectUri, customer, scope, ca }
}

const connectionsOf = (servers: X3Servers) => {
  const { apps, ca, front, sandbox } = servers
  const { online, tls } = sandbox.urls["x3-web-services"]
  const { endpoint } = sandbox.accounts["x3-graphql"]
  const credentials = x3Credentials(servers)
  const { basic, bearer, certificate, clientCredentials, oauth2, onlineOauth2 } = credentials
  const appOf = ({ url, ...app }: ConnectedApp) => x3.graphql({ url, endpoint, app, ca })
  return {
    erp: x3.onPremise({ baseUrl: front, auth: basic, ca }),
    erpTls: x3.onPremise({ baseUrl: tls, auth: certificate }),
    erpSso: x3.onPremise({ baseUrl: front, auth: oauth2, ca }),
    erpMachine: x3.onPremise({ baseUrl: front, auth: clientCredentials, ca }),
    erpOwn: x3.onPremise({ baseUrl: front, auth: bearer, ca }),
    cloudSso: x3.online({ baseUrl: online, auth: onlineOauth2, ca }),
    cloudMachine: x3.online({ baseUrl: online, auth: clientCredentials, ca }),
    cloudOwn: x3.online({ baseUrl: online, auth: bearer, ca }),
    graph: appOf(apps.onPremise),
    graphBasic: x3.graphql({ url: apps.onPremise.url, endpoint, auth: basic, deployment: "on-premise", ca }),
    graphOnline: appOf(apps.online),
    gateway: x3.gateway(gatewayOptions(servers))
  }
}

/** The names of connections, by the kind of their clients. */
export type WebServicesName =
  | "erp"
  | "erpTls"
  | "erpSso"
  | "erpMachine"
  | "erpOwn"
  | "cloudSso"
  | "cloudMachine"
  | "cloudOwn"
export type GraphName = "graph" | "graphBasic" | "graphOnline"

/** An application in production, with a connection of every X3 kind to servers over TLS. */
export interface X3World extends X3Servers {
  readonly sage: Sage<ReturnType<typeof connectionsOf>>
  readonly events: EventLog
}

/** Opens one; it ends with the test. */
export const openX3World = async (options: SandboxOptions["x3"] = {}, settings: Settings = {}): Promise<X3World> => {
  const servers = await openX3Servers(options)
  const sage = createSageAuth({
    connections: connectionsOf(servers),
    clock: servers.sandbox.clock,
    retry: fastRetry,
    ...settings
  })
  onTestFinished(() => sage.close())
  return { ...servers, sage, events: logEvents(sage.events()) }
}

/** The connections that a human consents to. */
export type X3Interacting = "erpSso" | "cloudSso" | "gateway"

/** A whole consent, or a whole pairing: what a callback posts has no cookie beside it. */
export const consent = async (world: X3World, name: X3Interacting): Promise<CompletedAuthorization> => {
  const { sage, sandbox } = world
  const { cookie, url } = await sage.client(name).authorize({ returnTo: "/settings" })
  if (name !== "gateway") {
    return sage.completeAuthorization({ url: await sandbox.approve(behind(world, url)), cookie })
  }
  const callback = await sandbox.x3.pairingCallback(behind(world, url))
  return sage.completeAuthorization({ url: callback.url, body: callback.body })
}
