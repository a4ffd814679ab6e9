// A file of its own: start-up needs it, and `callback.ts` would bring more to every import.

import type { Issue } from "../errors/Reason.ts"

/** A callback is https, but for the machine itself; servers compare it character by character. */
export const redirectIssues = (redirectUri: unknown): ReadonlyArray<Issue> => {
  if (typeof redirectUri !== "string" || redirectUri === "") return []
  const url = URL.parse(redirectUri)
  // names below localhost are the machine itself as well (RFC 6761, section 6.3)
  const loopback = url !== null && /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const secure = url?.protocol === "https:" || (url?.protocol === "http:" && loopback)
  return secure && !redirectUri.includes("#")
    ? []
    : [
        {
          option: "redirectUri",
          expected: "the callback as it is registered: an https URL without a fragment, or http on this machine"
        }
      ]
}

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
