import type { IntacctRestUser } from "@sage-auth/sandbox"

/** What a visitor ends up with, redirects followed. */
export interface Seen {
  readonly url: string
  readonly status: number
  readonly text: string
}

const transactionIn = (text: string): string => /name="transaction" value="([^"]+)"/.exec(text)?.[1] ?? ""

/** Somebody with a browser, as far as this application needs one: cookies by host, forms, and redirects one by one. */
export class Visitor {
  readonly #url: string
  readonly #jars = new Map<string, Map<string, string>>()

  constructor(url: string) {
    this.#url = url
  }

  async visit(address: string, init: RequestInit = {}): Promise<Seen> {
    let next = new URL(address, this.#url)
    let request = init
    for (let hops = 0; hops < 12; hops++) {
      const jar = this.#jars.get(next.host) ?? new Map<string, string>()
      this.#jars.set(next.host, jar)
      const headers = new Headers(request.headers)
      if (!headers.has("accept")) headers.set("accept", "text/html")
      if (jar.size > 0) headers.set("cookie", [...jar].map((pair) => pair.join("=")).join("; "))
      const response = await fetch(next, { ...request, headers, redirect: "manual" })
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";")
        const at = pair.indexOf("=")
        if (/max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) jar.delete(pair.slice(0, at))
        else jar.set(pair.slice(0, at), pair.slice(at + 1))
      }
      const location = response.headers.get("location")
      const text = await response.text()
      if (location === null) return { url: next.href, status: response.status, text }
      next = new URL(location, next)
      request = {}
    }
    throw new Error("these redirects do not end")
  }

  async json(address: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const { status, text } = await this.visit(address, { headers: { accept: "application/json" } })
    return { status, body: JSON.parse(text) }
  }

  post(address: string, fields: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const { origin } = new URL(address, this.#url)
    const headers = { origin, "sec-fetch-site": "same-origin" }
    return this.visit(address, { method: "POST", body: new URLSearchParams(fields), headers })
  }

  signIn(company: string): Promise<Seen> {
    return this.post("/sign-in", { company })
  }

  /** clicks the buttons of the sandbox's pages */
  async consentAs(page: Seen, { username }: Pick<IntacctRestUser, "username">): Promise<Seen> {
    const asked = await this.post(page.url, { transaction: transactionIn(page.text), username })
    return this.post(asked.url, { transaction: transactionIn(asked.text), decision: "allow" })
  }
}
