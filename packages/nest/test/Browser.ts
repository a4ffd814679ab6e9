import type { World } from "./world.ts"

export type Headers = Readonly<Record<string, string>>

/** A browser with a user in front of it: it keeps cookies by their paths, and follows nothing by itself. */
export class Browser {
  readonly #world: Pick<World, "origin">
  readonly #own: Headers
  /** name and path, with what was written */
  readonly cookies = new Map<string, { readonly pair: string; readonly path: string; readonly attributes: string }>()

  constructor(world: Pick<World, "origin">, own: Headers = {}) {
    this.#world = world
    this.#own = own
  }

  #cookiesFor(path: string): string {
    return [...this.cookies.values()]
      .filter((cookie) => path === cookie.path || path.startsWith(`${cookie.path}/`) || cookie.path === "/")
      .map(({ pair }) => pair)
      .join("; ")
  }

  /** asks for an address of the application, whatever host it names */
  async open(address: string, headers: Headers = {}, init: RequestInit = {}): Promise<Response> {
    const { pathname, search } = new URL(address, this.#world.origin)
    const reply = await fetch(`${this.#world.origin}${pathname}${search}`, {
      redirect: "manual",
      ...init,
      headers: {
        accept: "text/html,application/xhtml+xml,*/*;q=0.8",
        cookie: this.#cookiesFor(pathname),
        ...this.#own,
        ...headers
      }
    })
    for (const written of reply.headers.getSetCookie()) {
      const [pair = "", ...attributes] = written.split("; ")
      const path = attributes.find((attribute) => attribute.startsWith("Path="))?.slice(5) ?? "/"
      const key = `${pair.split("=", 1)[0]} ${path}`
      if (attributes.includes("Max-Age=0")) this.cookies.delete(key)
      else this.cookies.set(key, { pair, path, attributes: attributes.join("; ") })
    }
    return reply
  }

  /** the first step of a consent: where the user is sent, and the callback that the user's approval leads to */
  async begin({ sandbox }: Pick<World, "sandbox">, address: string): Promise<string> {
    const sent = await this.open(address)
    if (sent.status !== 303) throw new Error(`connect answered ${sent.status}: ${await sent.text()}`)
    return sandbox.approve(sent.headers.get("location") ?? "")
  }
}
