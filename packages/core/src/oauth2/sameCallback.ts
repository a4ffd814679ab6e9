// A file of its own: in `callback.ts` would close a circle: it imports `Transaction.ts`, which needs it.

/** How long a user has for login and consent, in milliseconds. */
export const transactionLife = 10 * 60_000

/** The segments of an address's path. */
export const segmentsOf = (url: URL): ReadonlyArray<string> =>
  url.pathname.split("/").filter((segment) => segment !== "")

/** A proxy may add a prefix to a path or take one away: what both have has to be the same, from the end. */
export const samePath = (path: ReadonlyArray<string>, redirectUri: string): boolean => {
  const registered = segmentsOf(new URL(redirectUri))
  const common = Math.min(path.length, registered.length)
  return path.slice(path.length - common).join("/") === registered.slice(registered.length - common).join("/")
}

/** Whether a callback to one of the redirect addresses could be taken for one to the other. */
export const sameCallback = (one: string, other: string): boolean => samePath(segmentsOf(new URL(one)), other)
