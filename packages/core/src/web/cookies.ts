import { builtin } from "../config/builtin.ts"
import { transactionLife } from "../oauth2/transactionLife.ts"

/** Where a transaction's cookie is sent back to: its connection's callback, and nowhere else. */
export interface CookieScope {
  readonly path: string
  readonly secure: boolean
}

const securePrefix = "__Secure-"
const prefix = "sage-auth-"

/** cookies of consents that were begun and not completed, kept beside the one that was */
const mostKept = 4

/** One for each transaction, so that two tabs do not take each other's; of its state, which the callback brings back. */
const nameOf = (state: string, secure: boolean): string =>
  `${secure ? securePrefix : ""}${prefix}${builtin("node:crypto").createHash("sha256").update(state).digest("base64url").slice(0, 16)}`

const isOurs = (name: string): boolean => name.startsWith(prefix) || name.startsWith(`${securePrefix}${prefix}`)

/** a semicolon would end the attribute: the path above it is the next best */
const pathOf = (path: string): string => {
  const end = path.indexOf(";")
  return end === -1 ? path : path.slice(0, path.lastIndexOf("/", end)) || "/"
}

const written = (name: string, value: string, maxAge: number, path: string): string =>
  [
    `${name}=${value}`,
    `Path=${pathOf(path)}`,
    `Max-Age=${maxAge}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(name.startsWith(securePrefix) ? ["Secure"] : [])
  ].join("; ")

/** A `Set-Cookie` header that keeps a transaction in the browser for as long as it lives. */
export const keepTransaction = (state: string, cookie: string, { path, secure }: CookieScope): string =>
  written(nameOf(state, secure), cookie, transactionLife / 1000, path)

const readCookies = (header: string | undefined): ReadonlyArray<readonly [name: string, value: string]> =>
  (header ?? "").split(";").flatMap((pair) => {
    const at = pair.indexOf("=")
    return at === -1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const]
  })

/** A transaction's cookie as a callback brought it. */
export interface KeptTransaction {
  readonly cookie: string | undefined
  /** `Set-Cookie` headers that take it out of the browser again, and the oldest of those that nobody came back with */
  readonly cleared: ReadonlyArray<string>
}

/**
 * Finds the cookie of the transaction that a callback claims to belong to. Without a state, which only an error may come
 * without, it is any one of this callback's.
 */
export const findTransaction = (
  header: string | undefined,
  state: string | undefined,
  { path }: CookieScope
): KeptTransaction => {
  const ours = readCookies(header).filter(([name]) => isOurs(name))
  const names = state === undefined ? undefined : new Set([nameOf(state, true), nameOf(state, false)])
  const found = ours.find(([name]) => names?.has(name) ?? true)
  const own = ours.filter(([name]) => name === found?.[0])
  // browsers send older cookies first (RFC 6265, section 5.4)
  const surplus = ours.filter(([name]) => name !== found?.[0]).slice(0, -mostKept)
  const cleared = new Set([...own, ...surplus].map(([name]) => name))
  return { cookie: found?.[1], cleared: [...cleared].map((name) => written(name, "", 0, path)) }
}
