import { callerOf, type ResolvedTenant, type WebRequest } from "../../src/web/index.ts"

/** A request of which a test names what matters. */
export interface Asked {
  readonly method?: string
  /** in lower case */
  readonly headers?: Readonly<Record<string, string>>
  readonly secure?: boolean
  readonly mount?: string
  readonly tenant?: () => ResolvedTenant
  readonly signal?: AbortSignal
  readonly body?: WebRequest["body"]
}

/** A request for a path, and query, behind the mount. */
export const requestFor = (pathAndQuery: string, asked: Asked = {}): WebRequest => ({
  method: asked.method ?? "GET",
  url: `${asked.mount ?? ""}${pathAndQuery}`,
  path: pathAndQuery.split("?", 1)[0] ?? "",
  mount: asked.mount,
  header: (name) => asked.headers?.[name],
  secure: asked.secure ?? false,
  caller: callerOf(asked.tenant, () => asked.signal),
  body: asked.body ?? (() => Promise.resolve(undefined))
})

/** What a browser says when its user opens a page. */
export const navigating = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html,*/*;q=0.8" }
