import type { Issue } from "./issues.ts"

/** A callback is https, but for the machine itself; servers compare it character by character. */
export const redirectIssues = (redirectUri: unknown): ReadonlyArray<Issue> => {
  if (typeof redirectUri !== "string" || redirectUri === "") return []
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  // names below localhost are the machine itself as well (RFC 6761, section 6.3)
  const loopback = url !== undefined && /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
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
