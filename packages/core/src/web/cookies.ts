import * as Result from "../config/Result.ts"
import { builtin } from "../config/builtin.ts"
import { transactionLife } from "../config/duration.ts"
import type { Issue } from "../errors/Reason.ts"

/** Where a transaction's cookie is sent to: the route that begins consents as well as their callbacks. */
export interface CookieScope {
  readonly path: string
  readonly secure: boolean
}

const securePrefix = "__Secure-"
const prefix = "sage-auth-"

/** consents that a browser may have under way at once: the next one gives up the oldest */
const mostKept = 5

/** bytes of all these cookies together; one of them can take half of it */
const mostBytes = 6 * 1024

/**
 * bytes of a whole Cookie header, other applications' cookies included: servers and proxies refuse a longer line, from
 * 8 KiB on
 */
const longestHeader = 7 * 1024

/** bytes of one cookie with its name and attributes: browsers drop a longer one (RFC 6265, section 6.1) */
const longestCookie = 4096

/**
 * bytes that a request has beside its cookies: the code and the state of a callback, and what browsers say of
 * themselves
 */
const besideCookies = 2 * 1024

/**
 * bytes of all cookies with which a callback still comes through: Node answers 431 to a longer head, 16 KiB by default
 */
const mostWithCallback = (): number => builtin("node:http").maxHeaderSize - besideCookies

/** of its state, which the callback brings back: so two tabs do not take each other's */
const idOf = (state: string): string =>
  builtin("node:crypto").createHash("sha256").update(state).digest("base64url").slice(0, 16)

/** One of these cookies as a request brought it. */
interface Kept {
  readonly name: string
  readonly value: string
  readonly id: string
  /** browsers number them for us: the next one has the next number */
  readonly order: number
}

const namePattern = /^(?:__Secure-)?sage-auth-(\d{1,9})-([\w-]{16})$/

const bytesOf = ({ name, value }: Pick<Kept, "name" | "value">): number => name.length + value.length + "=; ".length

/** a semicolon would end the attribute: the path above it is the next best */
const cookiePathOf = (path: string): string => {
  const end = path.indexOf(";")
  return end === -1 ? path : path.slice(0, path.lastIndexOf("/", end)) || "/"
}

const written = (name: string, value: string, maxAge: number, path: string): string =>
  [
    `${name}=${value}`,
    `Path=${cookiePathOf(path)}`,
    `Max-Age=${maxAge}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(name.startsWith(securePrefix) ? ["Secure"] : [])
  ].join("; ")

/** in the order in which they were given out */
const readKept = (header: string | undefined): ReadonlyArray<Kept> =>
  (header ?? "")
    .split(";")
    .flatMap((pair): ReadonlyArray<Kept> => {
      const at = pair.indexOf("=")
      const name = pair.slice(0, at).trim()
      const [, order, id] = at === -1 ? [] : (namePattern.exec(name) ?? [])
      return order === undefined || id === undefined
        ? []
        : [{ name, value: pair.slice(at + 1).trim(), id, order: Number(order) }]
    })
    .toSorted((one, other) => one.order - other.order)

/**
 * `Set-Cookie` headers that keep a transaction in the browser for as long as it lives, and that take out the oldest
 * ones where there are too many: so abandoned consents never make a request too long for a server. It fails where this
 * one would be too long for any browser, or makes every request too long for the server.
 */
export const keepTransaction = (
  header: string | undefined,
  state: string,
  cookie: string,
  { path, secure }: CookieScope
): Result.Result<ReadonlyArray<string>, Issue> => {
  const kept = [...readKept(header)]
  const order = ((kept.at(-1)?.order ?? 0) + 1) % 1_000_000_000
  const name = `${secure ? securePrefix : ""}${prefix}${order}-${idOf(state)}`
  const own = written(name, cookie, transactionLife / 1000, path)
  if (Buffer.byteLength(own) > longestCookie) {
    const expected = "shorter texts: what a consent has to remember does not fit into a cookie of 4 KiB"
    return Result.fail({ option: "tenant, returnTo", expected })
  }
  const size = bytesOf({ name, value: cookie })
  let ours = kept.reduce((sum, each) => sum + bytesOf(each), size)
  let all = Buffer.byteLength(header ?? "") + size
  const dropped: Array<string> = []
  while (kept.length >= mostKept || ours > mostBytes || all > longestHeader) {
    const oldest = kept.shift()
    if (oldest === undefined) break
    dropped.push(oldest.name)
    ours -= bytesOf(oldest)
    all -= bytesOf(oldest)
  }
  if (all > mostWithCallback()) {
    const expected = `fewer or shorter ones: with that of a consent, all of them have ${all} bytes, and the server would refuse every request (431)`
    return Result.fail({ option: "cookies of the application", expected })
  }
  // first what makes room: some browsers count before they read on
  return Result.succeed([...dropped.map((each) => written(each, "", 0, path)), own])
}

/** A transaction's cookie as a callback brought it. */
export interface KeptTransaction {
  readonly cookie: string | undefined
  /** `Set-Cookie` headers that take it out of the browser again */
  readonly cleared: ReadonlyArray<string>
}

/**
 * Finds the cookie of the transaction that a callback claims to belong to. Without a state, which only an error may
 * come without, it is the newest one, and none is taken out: anybody may have sent that.
 */
export const findTransaction = (
  header: string | undefined,
  state: string | undefined,
  { path }: Pick<CookieScope, "path">
): KeptTransaction => {
  const kept = readKept(header)
  if (state === undefined) return { cookie: kept.at(-1)?.value, cleared: [] }
  const id = idOf(state)
  const own = kept.filter((each) => each.id === id)
  return { cookie: own.at(-1)?.value, cleared: own.map(({ name }) => written(name, "", 0, path)) }
}
