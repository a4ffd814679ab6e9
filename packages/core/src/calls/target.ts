// A file of its own: this decides where a credential may go, and `AuthorizedCalls.ts` is long.

import * as Result from "../config/Result.ts"

/**
 * A path that stands in a URL as it is written: no scheme, no host, and no character that is written in another way. No
 * segment begins with a dot, or with `%2e` for one, which may climb.
 */
const asWritten =
  /^\/?(?:[\w~$-][\w.~$%()*!+,;=&'-]*(?:\/[\w~$-][\w.~$%()*!+,;=&'-]*)*\/?)?(?:\?[\w.~$%()*!+,;=&:/-]*)?$/

/** What is said of a path from JavaScript that is none. `called` is what its caller called. */
export const noPath = (called: string): string => `${called} is no text: give a path below the connection's base`

/** What is known of a base. */
interface KnownBase {
  /** the base with its slash, if paths can simply be written behind it */
  readonly root: string | undefined
  /** the last path that was, and what it came to: calls in a row often go to the same one */
  path: string | undefined
  target: Result.Result<string> | undefined
}

const bases = new Map<string, KnownBase>()

/** as many as are used at a time; bases may differ by tenant */
const mostBases = 100

const knownBase = (base: string): KnownBase => {
  const known = bases.get(base)
  if (known !== undefined) return known
  const root = base.endsWith("/") ? base : `${base}/`
  const simple = /^https?:\/\/[^?#@\\]+$/.test(root) && URL.parse(root)?.href === root
  const made = { root: simple ? root : undefined, path: undefined, target: undefined }
  if (bases.size >= mostBases) bases.clear()
  bases.set(base, made)
  return made
}

/**
 * The URL of a call. A path counts from the surface's base, with or without its slash. A URL must be on the base's own
 * origin, since a credential goes nowhere else.
 */
export const targetOf = (base: string, path: string): Result.Result<string, "another host" | "not a URL"> => {
  // nearly every call: to parse URLs takes as long as all else that is done for it
  const known = knownBase(base)
  if (known.target !== undefined && known.path === path) return known.target
  if (known.root !== undefined && asWritten.test(path)) {
    const target = Result.succeed(known.root + (path.startsWith("/") ? path.slice(1) : path))
    known.path = path
    known.target = target
    return target
  }
  const root = base.endsWith("/") ? base : `${base}/`
  // a scheme, or two slashes of either kind: the caller means a whole URL
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]{2}/.test(path)
  // `/a:b` is a path: without its slash it would be read as an address with a scheme
  const relative = whole ? path : path.replace(/^\/+/, "./")
  const url = URL.parse(relative, root)
  if (url === null) return Result.fail("not a URL")
  // `..` climbs no higher than the base, and a whole URL is one below it
  return url.origin === new URL(root).origin && url.href.startsWith(root) && url.username === "" && url.password === ""
    ? Result.succeed(url.href)
    : Result.fail("another host")
}
