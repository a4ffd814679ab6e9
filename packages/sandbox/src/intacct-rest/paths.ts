/** The path of version 1 of the API. */
export const basePath = "/ia/api/v1"

/** What a path belongs to, with the rest of it behind the base. */
export type Route =
  | { readonly kind: "authorize" | "token" | "revoke" | "unknown endpoint" | "configuration" | "keys" }
  | { readonly kind: "version" }
  | { readonly kind: "api"; readonly rest: string }

/**
 * The route of a path; undefined when it belongs to another surface. `alias` says whether the short paths are served.
 */
export const routeOf = (path: string): (Route & { readonly alias: boolean }) | undefined => {
  switch (path) {
    case "/ia/authorize":
      return { kind: "authorize", alias: false }
    case "/.well-known/openid-configuration":
      return { kind: "configuration", alias: false }
    case "/.well-known/jwks.json":
      return { kind: "keys", alias: false }
  }
  const [, prefix, version, rest = ""] = /^(\/ia\/api|\/api)\/([^/]+)(?:\/(.*))?$/s.exec(path) ?? []
  if (prefix === undefined) return undefined
  const alias = prefix === "/api"
  if (version !== "v1") return { kind: "version", alias }
  const endpoint = /^oauth2\/(.*)$/s.exec(rest)?.[1]
  if (endpoint === undefined) return { kind: "api", rest, alias }
  if (endpoint === "authorize" || endpoint === "token" || endpoint === "revoke") return { kind: endpoint, alias }
  return { kind: "unknown endpoint", alias }
}
