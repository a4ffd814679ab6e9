import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { Provider } from "oidc-provider"
import { onTestFinished, vi } from "vitest"
import { confidential, machine, publicApp, names, redirectUriOf, type Urls } from "./connections.ts"

/** The lives that the server gives, in seconds. */
export const lives = { code: 60, accessToken: 300, clientCredentials: 600, refreshToken: 31 * 24 * 3600 }

const tenYears = 10 * 365 * 24 * 3600

/** A request that reached the server. */
export interface Arrived {
  readonly path: string
  readonly status: number
  readonly parameters: URLSearchParams
}

/** oidc-provider on this machine, with an API behind it that takes its access tokens and no others. */
export interface OidcProvider {
  readonly provider: Provider
  readonly urls: Urls
  readonly arrived: ReadonlyArray<Arrived>
  /** the refreshes among them */
  readonly refreshes: () => ReadonlyArray<Arrived>
}

const bearerOf = ({ headers }: IncomingMessage): string => /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? ""

/**
 * Starts oidc-provider (certified for OpenID Connect): PKCE required, refresh tokens rotated, and a whole family revoked
 * when one of them is used twice. Its time is `Date`, which tests move.
 */
export const openOidcProvider = async (): Promise<OidcProvider> => {
  // it says at length on the console which of its defaults are for development
  vi.spyOn(console, "info").mockImplementation(() => {})
  vi.spyOn(console, "warn").mockImplementation(() => {})
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve)
  })
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const common = {
    redirect_uris: names.map(redirectUriOf),
    response_types: ["code"],
    grant_types: ["authorization_code", "refresh_token"]
  }
  const provider = new Provider(origin, {
    clients: [
      {
        ...common,
        client_id: confidential.clientId,
        client_secret: confidential.clientSecret,
        token_endpoint_auth_method: "client_secret_post"
      },
      { ...common, client_id: publicApp.clientId, token_endpoint_auth_method: "none" },
      {
        client_id: machine.clientId,
        client_secret: machine.clientSecret,
        token_endpoint_auth_method: "client_secret_basic",
        redirect_uris: [],
        response_types: [],
        grant_types: ["client_credentials"]
      }
    ],
    scopes: ["openid", "offline_access", "full_access"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    features: { revocation: { enabled: true }, clientCredentials: { enabled: true } },
    cookies: { keys: ["only for this test"] },
    ttl: {
      AuthorizationCode: lives.code,
      AccessToken: lives.accessToken,
      ClientCredentials: lives.clientCredentials,
      RefreshToken: lives.refreshToken,
      Grant: tenYears,
      Session: tenYears
    }
  })
  const pages = provider.callback()
  const arrived: Array<Arrived> = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", origin).pathname
    if (path.startsWith("/api/")) {
      const shown = bearerOf(request)
      const token = (await provider.AccessToken.find(shown)) ?? (await provider.ClientCredentials.find(shown))
      const good = token !== undefined && !token.isExpired
      arrived.push({ path, status: good ? 200 : 401, parameters: new URLSearchParams() })
      response.writeHead(good ? 200 : 401, { "content-type": "application/json" })
      return void response.end(JSON.stringify(good ? { for: token.clientId } : { error: "invalid_token" }))
    }
    if (!path.startsWith("/token")) return pages(request, response)
    const body = await text(request)
    response.once("finish", () => {
      arrived.push({ path, status: response.statusCode, parameters: new URLSearchParams(body) })
    })
    // it takes a body that somebody else has read
    return pages(Object.assign(request, { body }), response)
  }
  server.on("request", (request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  return {
    provider,
    urls: {
      authorize: `${origin}/auth`,
      token: `${origin}/token`,
      revoke: `${origin}/token/revocation`,
      api: `${origin}/api`
    },
    arrived,
    refreshes: () => arrived.filter(({ parameters }) => parameters.get("grant_type") === "refresh_token")
  }
}
