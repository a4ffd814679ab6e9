/** A page as a browser sees it. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly text: string
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")

const attributesOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, unescaped(value)])
  )

/** A browser, as far as these pages need one: cookies by host, forms, and redirects one by one. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  async visit(url: string, init: RequestInit = {}): Promise<Page> {
    let next = new URL(url)
    let request = init
    for (let hops = 0; hops < 12; hops++) {
      const jar = this.#jars.get(next.host) ?? new Map<string, string>()
      this.#jars.set(next.host, jar)
      const headers = new Headers(request.headers)
      headers.set("accept", "text/html")
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

  /** Clicks a button of a page's form, whose boxes stay as they are; without a label, as a form that sends itself off. */
  click(page: Page, label?: RegExp, from = page.url): Promise<Page> {
    const forms = [...page.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, form = "", inside = ""]) => {
      const buttons = [...inside.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)]
      const clicked = buttons.find(([, , text = ""]) => label?.test(unescaped(text)) === true)
      return { form, inside, clicked }
    })
    const found = label === undefined ? forms[0] : forms.find(({ clicked }) => clicked !== undefined)
    if (found === undefined) throw new Error(`no button ${label} on ${page.url}`)
    const { clicked, form, inside } = found
    const body = new URLSearchParams()
    for (const [, input = ""] of inside.matchAll(/<input\b([^>]*)>/g)) {
      const { name = "", type, value = "" } = attributesOf(input)
      if (type !== "checkbox" || /\bchecked\b/.test(input)) body.append(name, value)
    }
    const { name, value = "" } = attributesOf(clicked?.[1] ?? "")
    if (name !== undefined) body.append(name, value)
    const action = new URL(attributesOf(form)["action"] ?? "", page.url)
    const site = action.origin === new URL(from).origin ? "same-origin" : "cross-site"
    const headers = { origin: new URL(from).origin, "sec-fetch-site": site }
    return this.visit(action.href, { method: "POST", body, headers })
  }
}
