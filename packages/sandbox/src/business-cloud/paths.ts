/** The paths of both editions, all behind `/business-cloud` since the sandbox has one host for every server. */
export const paths = {
  prefix: "/business-cloud/",
  authorize: "/business-cloud/oauth2/auth/central",
  token: "/business-cloud/token",
  revoke: "/business-cloud/revoke",
  api: "/business-cloud/v3.1",
  v3: {
    authorize: "/business-cloud/v3/oauth2/auth/central",
    token: "/business-cloud/v3/token",
    revoke: "/business-cloud/v3/revoke",
    api: "/business-cloud/uki/sageone/accounts/v3"
  }
} as const

/** An edition of the API. */
export type Edition = "v3.1" | "v3"

/** What a path belongs to. */
export type Route =
  | { readonly kind: "authorize" | "token" | "revoke"; readonly edition: Edition }
  | { readonly kind: "api"; readonly edition: Edition; readonly rest: string }
  | { readonly kind: "nothing" }

/** The route of a path behind the prefix. Version 3 has one base for each of its regions. */
export const routeOf = (path: string): Route => {
  for (const kind of ["authorize", "token", "revoke"] as const) {
    if (path === paths[kind]) return { kind, edition: "v3.1" }
    if (path === paths.v3[kind]) return { kind, edition: "v3" }
  }
  const newer = /^\/business-cloud\/v3\.1(?:\/(.*))?$/s.exec(path)
  if (newer !== null) return { kind: "api", edition: "v3.1", rest: newer[1] ?? "" }
  const older = /^\/business-cloud\/(?:ca|de|es|fr|uki|us)\/sageone\/accounts\/v3(?:\/(.*))?$/s.exec(path)
  return older === null ? { kind: "nothing" } : { kind: "api", edition: "v3", rest: older[1] ?? "" }
}
