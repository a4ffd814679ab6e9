import type { Fetch } from "../../transport/Answer.ts"

/**
 * A fetch whose answers have no `Set-Cookie`: web services keep no session, and a cookie that somebody picks up opens an
 * interactive one.
 *
 * Source: online-help.sagex3.com, Web services: differences to SData.
 */
export const withoutCookies =
  (fetch: Fetch): Fetch =>
  async (input, init) => {
    const response = await fetch(input, init)
    if (!response.headers.has("set-cookie")) return response
    const { body, status, statusText, url } = response
    const headers = new Headers(response.headers)
    headers.delete("set-cookie")
    const clean = new Response(body, { status, statusText, headers })
    // a response that is made by hand has no URL of its own
    Object.defineProperty(clean, "url", { value: url })
    return clean
  }
