import * as Result from "./Result.ts"
import type { Issue } from "../errors/Reason.ts"

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

/** What is Sage's own word for something else. */
const ofIntacct =
  " (a sandbox company of Intacct's is a company on Intacct's own servers: for it leave environment and urls out, and give its company id)"

/** What a surface says of the servers that may stand in for Sage's. */
interface StandIns {
  /** the servers that the connection uses, by their names in `urls` */
  readonly needed: ReadonlyArray<string>
  /** endings of the production hosts, each with its leading dot */
  readonly production: ReadonlyArray<string>
  /** where production is, for the message; Intacct has sandboxes of its own */
  readonly intacct?: boolean | undefined
}

/** What a stand-in's address must not be. */
export const notSages =
  "a server that stands in for Sage's, and not Sage's own: environment: \"sandbox\" mixes with no production host"

/** Hosts of X3 that are Sage's own: those of X3 Online, and of the gateway's regions (`api.<region>-sagex3.com`). */
export const x3Hosts: ReadonlyArray<string> = [".sagex3.com", "-sagex3.com"]

/**
 * Whether an address is one of Sage's own servers. They have the usual port; a stand-in under one of their names, as a
 * test makes it, has another.
 */
export const isSages = (url: string, production: ReadonlyArray<string>): boolean => {
  const parsed = URL.parse(url)
  const host = parsed?.port === "" ? parsed.hostname.replace(/\.$/, "") : undefined
  return host !== undefined && production.some((suffix) => host.endsWith(suffix) || `.${host}` === suffix)
}

/**
 * What is wrong with the servers of `environment: "sandbox"`: every one that the connection uses has to be given, and
 * none may be Sage's. Otherwise a stand-in's token would go to production, or a token of production to a stand-in.
 */
export const standInIssues = (
  input: unknown,
  { intacct = false, needed, production }: StandIns
): ReadonlyArray<Issue> => {
  const { environment, urls } = (typeof input === "object" && input !== null ? input : {}) as Partial<
    Record<string, unknown>
  >
  if (environment !== "sandbox") return []
  if (urls !== undefined && (typeof urls !== "object" || urls === null)) return []
  const given = (urls ?? {}) as Partial<Record<string, unknown>>
  const hint = intacct ? ofIntacct : ""
  return [
    ...needed
      .filter((name) => given[name] === undefined)
      .map((name) => ({
        option: `urls.${name}`,
        expected: `the address of the server that stands in for Sage's. environment: "sandbox" needs every server that the connection uses; then nothing goes to production by default${hint}`
      })),
    ...Object.entries(given).flatMap(([name, url]) =>
      typeof url === "string" && isSages(url, production)
        ? [{ option: `urls.${name}`, expected: `${notSages}${hint}` }]
        : []
    )
  ]
}

/** Sage's own servers, which is where credentials go unless told otherwise. */
export interface Production {
  /** default `"production"` */
  readonly environment?: "production" | undefined
  /** only with `environment: "sandbox"` */
  readonly urls?: undefined
}

/**
 * Servers that stand in for Sage's. Plain http and foreign hosts are accepted for the URLs given here, and only here.
 */
export interface Sandboxed<K extends string> {
  /** says that the servers in `urls` stand in for Sage's */
  readonly environment: "sandbox"
  /** where each server is: every one that the connection uses, and none of Sage's own */
  readonly urls?: { readonly [P in K]?: string | undefined } | undefined
}

/**
 * Where a connection's requests go. `K` names the servers of its surface. `urls` without `environment: "sandbox"` does
 * not compile, so that no forgotten URL takes production credentials to another host.
 */
export type Target<K extends string> = Production | Sandboxed<K>
