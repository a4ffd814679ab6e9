import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { generateKey } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"

/** A port that the system found free just now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** Where a login takes place. */
export interface World {
  readonly folder: string
  readonly sandbox: Sandbox
}

let stores = 0

export type Surface = "business-cloud" | "intacct-rest" | "x3-gateway"

/** The variables of a connection whose answer comes to an address, and of a store of its own. */
export const environmentOf = ({ folder, sandbox }: World, surface: Surface, redirectUri: string): NodeJS.ProcessEnv => {
  sandbox.registerRedirectUri(redirectUri)
  const store = { SAGE_AUTH_STORE: `sqlite:${join(folder, `${++stores}.db`)}`, SAGE_AUTH_KEYS: generateKey() }
  if (surface === "x3-gateway") {
    const { clientId, clientSecret, customer, scope } = sandbox.accounts["x3-gateway"]
    return {
      ...store,
      SAGE_X3_GATEWAY_ROOT_URL: sandbox.urls["x3-gateway"].root,
      SAGE_X3_GATEWAY_CLIENT_ID: clientId,
      SAGE_X3_GATEWAY_CLIENT_SECRET: clientSecret,
      SAGE_X3_GATEWAY_CUSTOMER: customer,
      SAGE_X3_GATEWAY_SCOPE: scope,
      SAGE_X3_GATEWAY_ENVIRONMENT: "sandbox",
      SAGE_X3_GATEWAY_REDIRECT_URI: redirectUri
    }
  }
  const { clientId, clientSecret } = sandbox.accounts[surface].client
  const { api, authorize, revoke, token } = sandbox.urls[surface]
  const values = {
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    REDIRECT_URI: redirectUri,
    ENVIRONMENT: "sandbox",
    ...(surface === "business-cloud" ? { COUNTRY: "gb" } : {}),
    URL_AUTHORIZE: authorize,
    URL_TOKEN: token,
    URL_REVOKE: revoke,
    URL_API: api
  }
  const prefix = surface === "business-cloud" ? "SAGE_BUSINESS_CLOUD_" : "SAGE_INTACCT_REST_"
  return { ...store, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value])) }
}
