import { assert } from "vitest"

const attribute = (tag: string, name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1]

/** What a person types into a form of the server's, and what the page keeps there itself. */
const filledIn = (page: string): URLSearchParams => {
  const fields = new URLSearchParams()
  for (const [tag] of page.matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, "name")
    if (name !== undefined) fields.set(name, attribute(tag, "value") ?? "ada")
  }
  return fields
}

/**
 * A person with a browser on the pages of an authorization server that nobody here wrote: keeps its cookies, signs in,
 * and consents or goes back. Gives the callback's address without following it.
 */
export const playPages = async (
  url: string,
  { deny = false, until }: { readonly deny?: boolean | undefined; readonly until: string }
): Promise<string> => {
  const cookies = new Map<string, string>()
  let next: { readonly url: string; readonly body?: URLSearchParams } = { url }
  for (let steps = 0; steps < 15; steps++) {
    if (next.url.startsWith(until)) return next.url
    const response: Response = await fetch(next.url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      ...(next.body === undefined ? {} : { method: "POST", body: next.body })
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";")
      const at = pair.indexOf("=")
      cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = response.headers.get("location")
    if (location !== null) {
      next = { url: new URL(location, next.url).href }
      continue
    }
    const page = await response.text()
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
    assert(action !== undefined, `the server shows a page without a form (HTTP ${response.status}): ${page}`)
    next = deny ? { url: `${action}/abort` } : { url: new URL(action, next.url).href, body: filledIn(page) }
  }
  return assert.fail("the pages lead nowhere")
}
