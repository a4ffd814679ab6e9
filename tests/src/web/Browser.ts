import { request } from "node:http"

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
}

/** A request beyond its address. */
export interface Sent {
  readonly method?: string
  /** in lower case */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** Sends a request as it is, with no header but the given ones. */
export const send = (url: string, { body, headers, method = "GET", signal }: Sent = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, headers: { ...headers }, agent: false, ...(signal && { signal }) },
      (response) => {
        const parts: Array<Buffer> = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(parts).toString("utf8")
          })
        )
        response.on("error", reject)
      }
    )
    sent.on("error", reject)
    sent.end(body)
  })

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly secure: boolean
  readonly attributes: string
}

/** A header that can come several times. */
export const listOf = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : value

const underPath = (path: string, cookiePath: string): boolean =>
  path === cookiePath || path.startsWith(cookiePath.endsWith("/") ? cookiePath : `${cookiePath}/`)

/** A browser with a user in front of it: it navigates, keeps cookies by their paths, and follows nothing by itself. */
export class Browser {
  #cookies: ReadonlyArray<Cookie> = []
  readonly origin: string

  constructor(origin: string) {
    this.origin = origin
  }

  get cookies(): ReadonlyArray<Cookie> {
    return this.#cookies
  }

  /** takes another browser's cookies over, as a thief would */
  steal(from: Browser): void {
    this.#cookies = [...this.#cookies, ...from.cookies]
  }

  #sentTo(path: string): string | undefined {
    const sent = this.#cookies.filter((cookie) => underPath(path, cookie.path))
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join("; ")
  }

  #keep(answer: Answer): void {
    for (const written of listOf(answer.headers["set-cookie"])) {
      const [pair = "", ...attributes] = written.split("; ")
      const at = pair.indexOf("=")
      const name = pair.slice(0, at)
      const path = attributes.find((attribute) => attribute.startsWith("Path="))?.slice(5) ?? "/"
      const others = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path)
      const secure = attributes.includes("Secure")
      const cookie = { name, value: pair.slice(at + 1), path, secure, attributes: attributes.join("; ") }
      this.#cookies = attributes.includes("Max-Age=0") ? others : [...others, cookie]
    }
  }

  /** asks for an address of the application, by default by opening it */
  async open(address: string, { headers, ...sent }: Sent = {}): Promise<Answer> {
    const url = new URL(address, this.origin)
    const cookie = this.#sentTo(url.pathname)
    const answer = await send(url.href, {
      ...sent,
      headers: {
        accept: "text/html,application/xhtml+xml,*/*;q=0.8",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-site": "same-origin",
        ...(cookie === undefined ? {} : { cookie }),
        ...headers
      }
    })
    this.#keep(answer)
    return answer
  }

  /** asks for something as a script of one of the application's pages does */
  fetch(address: string, { headers, ...sent }: Sent = {}): Promise<Answer> {
    return this.open(address, {
      ...sent,
      headers: { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", ...headers }
    })
  }
}
