import type { Issue } from "../errors/Reason.ts"

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
