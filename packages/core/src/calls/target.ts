import * as Result from "../config/Result.ts"

/**
 * The URL of a call: a path counts from the surface's base, with or without its slash; a URL must be on the base's own
 * origin, since a credential goes nowhere else.
 */
export const targetOf = (base: string, path: string): Result.Result<string, "another host" | "not a URL"> => {
  const root = base.endsWith("/") ? base : `${base}/`
  // a scheme, or two slashes of either kind: the caller means a whole URL
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]{2}/.test(path)
  // `/a:b` is a path: without its slash it would be read as an address with a scheme
  const relative = whole ? path : path.replace(/^\/+/, "./")
  if (!URL.canParse(relative, root)) return Result.fail("not a URL")
  const url = new URL(relative, root)
  // `..` climbs no higher than the base, and a whole URL is one below it
  return url.origin === new URL(root).origin && url.href.startsWith(root) && url.username === "" && url.password === ""
    ? Result.succeed(url.href)
    : Result.fail("another host")
}
