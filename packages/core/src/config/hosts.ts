import * as Result from "./Result.ts"

/** Where a URL may point to. */
export interface Hosts {
  readonly environment: "production" | "sandbox"
  /** endings of the surface's own hosts, each with its leading dot, such as `.intacct.com` */
  readonly suffixes: ReadonlyArray<string>
  /**
   * the `urls` of the connection: with `environment: "sandbox"` their hosts are accepted too, on any port, over http
   */
  readonly allowed?: ReadonlyArray<string> | undefined
}

/**
 * Whether credentials may go to `url`: https, one of the surface's own hosts by the dot, the default port, no user name
 * or password. A trailing dot (a fully qualified name) is one and the same host. Fails with what would be right,
 * without the URL, which may hold a secret.
 */
export const checkUrl = (url: string | URL, hosts: Hosts): Result.Result<URL, string> => {
  const parsed = parse(url)
  if (parsed === undefined) return Result.fail(expected(hosts))
  const own =
    parsed.protocol === "https:" && parsed.port === "" && hosts.suffixes.some((suffix) => endsWith(parsed, suffix))
  return own || (hosts.environment === "sandbox" && isAllowed(parsed, hosts.allowed ?? []))
    ? Result.succeed(parsed)
    : Result.fail(expected(hosts))
}

/** Whether `url` can stand in for one of Sage's servers in the sandbox environment: http or https, no user name. */
export const checkSandboxUrl = (url: string | URL): Result.Result<URL, string> => {
  const parsed = parse(url)
  return parsed === undefined
    ? Result.fail("an http or https URL without user name and password")
    : Result.succeed(parsed)
}

const parse = (url: string | URL): URL | undefined => {
  // The platform's parser drops line breaks and reads a backslash as a slash; others do not, and find another host.
  if (typeof url === "string" && /[\s\p{Cc}\\]/u.test(url)) return undefined
  const parsed = URL.parse(String(url))
  if (parsed === null) return undefined
  const web = parsed.protocol === "https:" || parsed.protocol === "http:"
  return web && parsed.username === "" && parsed.password === "" ? parsed : undefined
}

/** The host as the resolver sees it, without the dot that makes it fully qualified. */
const host = (url: URL): string => url.hostname.replace(/\.$/, "")

const label = String.raw`[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?`
const name = new RegExp(String.raw`^${label}(?:\.${label})*$`)

const endsWith = (url: URL, suffix: string): boolean => {
  const given = host(url)
  return given.endsWith(suffix) && name.test(given)
}

const isAllowed = (url: URL, allowed: ReadonlyArray<string>): boolean =>
  allowed.some((one) => {
    const parsed = parse(one)
    return parsed !== undefined && host(parsed) === host(url)
  })

const expected = (hosts: Hosts): string => {
  const own = `an https URL on a host that ends with ${hosts.suffixes.map((suffix) => `"${suffix}"`).join(" or ")}, without port, user name and password`
  return hosts.environment === "sandbox"
    ? `${own}, or a URL on a host given in urls`
    : `${own}; for any other server set environment: "sandbox" and urls`
}
