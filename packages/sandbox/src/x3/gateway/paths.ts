import type { SurfaceRequest } from "../../surface.ts"

// Sage's gateways differ by host; the sandbox has one, so that the customer's own region has another path.
const own = "/x3-gateway/v1"
const customers = "/x3-gateway-customer-region/v1"

/** What all paths of the gateway start with. */
export const prefixes: ReadonlyArray<string> = [own, customers]

/** What the pages of an authorization URL of the gateway start with. */
export const authorisePath = `${own}/token/authorise`

/** The URLs of the gateway, as its root document names them. */
export interface CloudGatewayUrls {
  /** The root document, which needs no token. */
  readonly root: string
  /** Where a pairing request begins. */
  readonly authorise: string
  /** Where codes and refresh tokens are exchanged. */
  readonly token: string
  /** Where the folders of a pairing are listed. */
  readonly folder: string
  /** With `{endPoint}` in it. */
  readonly graphQL: string
}

const urlsOf = (base: string): CloudGatewayUrls => ({
  root: base,
  authorise: `${base}/token/authorise`,
  token: `${base}/token`,
  folder: `${base}/folders`,
  graphQL: `${base}/service/{endPoint}/api`
})

/** These URLs on the sandbox's origin. */
export const cloudGatewayUrls = (origin: string): CloudGatewayUrls => urlsOf(`${origin}${own}`)

/** Where a request came to: the base that it was written against, and what stands behind it. */
export interface Route {
  readonly base: string
  /** Whether this is the region that applications start from. */
  readonly own: boolean
  /** Without a slash at either end. */
  readonly rest: string
  readonly urls: CloudGatewayUrls
}

/** Reads the route of a request. */
export const routeOf = (request: SurfaceRequest): Route => {
  const prefix = prefixes.find((each) => request.path === each || request.path.startsWith(`${each}/`)) ?? own
  const base = `${request.scheme}://${request.host}${prefix}`
  return {
    base,
    own: prefix === own,
    rest: request.path.slice(prefix.length).replaceAll(/^\/+|\/+$/g, ""),
    urls: urlsOf(base)
  }
}

/** The base of the customer's region, seen from the application's. */
export const otherBase = (request: SurfaceRequest, by: "path" | "host"): string => {
  const origin = `${request.scheme}://${request.host}`
  if (by === "path") return `${origin}${customers}`
  const url = new URL(origin)
  url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost"
  return `${url.origin}${own}`
}
