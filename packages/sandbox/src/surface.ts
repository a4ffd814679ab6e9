/**
 * One of Sage's APIs with its own way in, as the sandbox plays it.
 */
export type Surface =
  | "intacct-xml"
  | "intacct-rest"
  | "business-cloud"
  | "x3-web-services"
  | "x3-graphql"
  | "x3-gateway"

/** All of them. */
export const surfaces: ReadonlyArray<Surface> = [
  "intacct-xml",
  "intacct-rest",
  "business-cloud",
  "x3-web-services",
  "x3-graphql",
  "x3-gateway"
]

/**
 * What a request proves itself with: Intacct XML's two ways, an access token, an application's client id, and X3's user
 * with password, TLS client certificate or session cookie (`"session"`).
 */
export type Authentication = "login" | "session" | "bearer" | "client" | "basic" | "certificate"

/**
 * A port of the sandbox. `"main"`: everything, in the clear. `"tls"`: the X3 server on premise, for callers with a
 * client certificate alone. `"online"`: X3 Online, with TLS.
 */
export type Listener = "main" | "tls" | "online"

/** What arrived at a surface. */
export interface SurfaceRequest {
  readonly method: string
  /** The path without its query. */
  readonly path: string
  /** What stands behind the question mark, still encoded. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Whether the body was UTF-8; when it was not, `body` holds replacement characters. */
  readonly utf8: boolean
  /** The `Host` that the caller used. */
  readonly host: string
  readonly listener: Listener
  /** The scheme and the TCP port of that listener. */
  readonly scheme: "http" | "https"
  readonly port: number
  /** The common name of the TLS client certificate; undefined without one. Only a trusted one gets this far. */
  readonly commonName: string | undefined
}

/** Headers of an answer; a list is sent as several headers of that name. */
export type ResponseHeaders = Readonly<Record<string, string | ReadonlyArray<string>>>

/** What a surface answers. */
export interface SurfaceResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: string
}
