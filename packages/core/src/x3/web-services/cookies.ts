import { alike } from "../../calls/heldBody.ts"
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
    const headers = new Headers(response.headers)
    headers.delete("set-cookie")
    return alike(response, response.body, headers)
  }
