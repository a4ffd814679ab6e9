import type { ClientOf, Connections } from "../Connection.ts"
import type { Sage } from "../createSageAuth.ts"
import { misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import type { Caller } from "./Caller.ts"
import { HealthWatch, healthReply, type SageHealthOptions } from "./health.ts"
import type { ShownProblem } from "./pages.ts"
import { webOf } from "./webOf.ts"
import type { OwnOptions, WebOptions } from "./webOptions.ts"
import { longest, type WebReply, type WebRequest } from "./WebRequest.ts"

/** The options of {@link webHandler}. `R` is what the framework gives its handlers, by default a `Request`. */
export interface WebHandlerOptions<R = Request> extends Omit<WebOptions<R>, "render"> {
  /**
   * The request in what the framework gives its handlers, such as `(c: Context) => c.req.raw` for Hono. Every other
   * function of these options then gets what the framework gave. Default: that is the `Request` itself
   */
  readonly request?: ((given: R) => Request) | undefined
  /**
   * Told of each failure that is answered, those of the routes included: for a log, since the application does not see
   * those otherwise
   */
  readonly onError?: ((error: SageAuthError, given: R) => void) | undefined
  /**
   * Makes a page of the application of a failure that a human sees. It takes the place of the built-in page, and of the
   * way back with `sage_error`. The response is to have this status and these headers, to which more may be added.
   */
  readonly render?:
    | ((
        problem: ShownProblem,
        given: R,
        init: { readonly status: number; readonly headers: Headers }
      ) => Response | PromiseLike<Response>)
    | undefined
}

/** What answers the routes, and what routes of the application use. `R` is what the framework gives its handlers. */
export interface WebHandler<C extends Connections, R = Request> {
  /**
   * Answers the library's own routes, their failures included. Undefined: the request is none of them, and the
   * application goes on with it.
   *
   * It rejects with what is not this library's failure, such as what the tenant resolver threw.
   */
  (given: R): Promise<Response | undefined>
  /**
   * The client of a connection for the tenant of a request. It is there at once: the tenant is asked for when the client
   * is first used. A request that is aborted releases what waits for it.
   *
   * Throws `Misconfigured` for a name that no connection has.
   */
  readonly client: <K extends keyof C & string>(given: R, name: K) => ClientOf<C[K]>
  /**
   * Resolves when a connection can be used for the tenant of a request. Otherwise it rejects with the failure, which
   * `errors` answers: `ReauthorizationRequired` where a human has to consent first.
   */
  readonly requires: (given: R, name: keyof C & string) => Promise<void>
  /**
   * Answers this library's failures. Clients of an API get problem+json (RFC 9457), browsers get consent or a plain
   * page. Undefined: it is not this library's failure, and the application answers it.
   */
  readonly errors: (error: unknown, given: R) => Promise<Response | undefined>
  /**
   * A handler that answers how the connections are doing: 200 while they are up or degraded, 503 when they are down,
   * with {@link SageHealth} as JSON. It asks no server of Sage's, and names no tenant and no secret.
   *
   * Throws `Misconfigured` for a name that no connection has, when the handler is made.
   */
  readonly health: (options?: SageHealthOptions) => () => Promise<Response>
}

/** By its members: frameworks and polyfills have classes of their own. */
const isRequest = (given: unknown): given is Request => {
  const { headers, url } = (given ?? {}) as { readonly headers?: Partial<Headers>; readonly url?: unknown }
  return typeof url === "string" && typeof headers?.get === "function"
}

/** Path and query of a request, as the client sent them. */
const targetOf = (url: string): string => {
  const start = url.indexOf("/", url.indexOf("://") + 3)
  return start === -1 ? "/" : url.slice(start)
}

/** The text of a posted callback. Undefined where somebody has read it, or where it is longer than any of them. */
const textOf = async ({ body, bodyUsed }: Request): Promise<string | undefined> => {
  if (bodyUsed || body === null) return undefined
  const decoder = new TextDecoder()
  let text = ""
  let length = 0
  try {
    for await (const part of body as AsyncIterable<Uint8Array>) {
      length += part.byteLength
      if (length > longest) return undefined
      text += decoder.decode(part, { stream: true })
    }
  } catch {
    return undefined
  }
  return text + decoder.decode()
}

/** What is known of one request: made for each of them, most of which have nothing to do with Sage. */
class Asked {
  readonly request: Request
  readonly target: string
  readonly #makeCaller: () => Caller
  #caller: Caller | undefined

  constructor(request: Request, makeCaller: (signal: () => AbortSignal) => Caller) {
    this.request = request
    this.target = targetOf(request.url)
    this.#makeCaller = () => makeCaller(() => request.signal)
  }

  get path(): string {
    return this.target.split("?", 1)[0] as string
  }

  get caller(): Caller {
    return (this.#caller ??= this.#makeCaller())
  }

  /** whether something failed because the client went away: there is no client to answer then */
  isGone(error: unknown): boolean {
    const { signal } = this.request
    return signal.aborted && signal.reason === error
  }

  toWeb(): WebRequest {
    const { caller, path, request, target } = this
    const { headers, method, url } = request
    return {
      method: method.toUpperCase(),
      url: target,
      path,
      mount: "",
      header: (name) => headers.get(name) ?? (name === "host" ? new URL(url).host : undefined),
      secure: url.startsWith("https:"),
      caller,
      body: () => textOf(request)
    }
  }
}

const headersOf = (reply: WebReply): Headers => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(reply.headers)) {
    for (const each of typeof value === "string" ? [value] : value) headers.append(name, each)
  }
  return headers
}

const plainResponse = (reply: WebReply): Response =>
  new Response(reply.body ?? null, { status: reply.status, headers: headersOf(reply) })

/** as servers log a client that went away: nobody reads it */
const clientGone = 499

/**
 * The routes of consent for any framework that has the web's `Request` and `Response`: Hono, Next.js, SvelteKit, React
 * Router and others. With {@link requestOf} and {@link sendResponse} also for `node:http` and Fastify.
 *
 * Routes, below `basePath`: `GET /connect/:connection`, `GET /callback/:connection` (and POST, where the server posts),
 * `POST /disconnect/:connection`, `GET /connections`. The base path counts from the root of the host.
 *
 * Making one opens nothing. `sage.ready()` opens the grant store before the first request.
 *
 * @throws `SageAuthError` with reason `Misconfigured`, which lists every mistake of the options at once
 *
 * @example
 * ```ts
 * const auth = webHandler(sage, { tenant: (request) => companyOf(request), basePath: "/sage" })
 * const answer = async (request: Request) => (await auth(request)) ?? new Response("Not Found", { status: 404 })
 * ```
 *
 * @category web
 */
export function webHandler<C extends Connections, R extends Request = Request>(
  sage: Sage<C>,
  options?: WebHandlerOptions<R>
): WebHandler<C, R>
/**
 * The same for a framework that gives its handlers something else than a `Request`.
 *
 * @category web
 */
export function webHandler<C extends Connections, R extends object>(
  sage: Sage<C>,
  options: WebHandlerOptions<R> & { readonly request: (given: R) => Request }
): WebHandler<C, R>
export function webHandler<C extends Connections, R extends object>(
  sage: Sage<C>,
  options: WebHandlerOptions<R> = {}
): WebHandler<C, R> {
  const { onError, render, request: find = (given: R) => given as unknown as Request, ...shared } = options
  const web = webOf<C, R>(sage, { ...shared, render: render as never }, ownOptions(options))
  /** from the first health check on */
  let watch: HealthWatch | undefined
  const known = new WeakMap<R, Asked>()

  const askedOf = (given: R): Asked => {
    const before = known.get(given)
    if (before !== undefined) return before
    const request: unknown = find(given)
    if (!isRequest(request)) throw misconfigured([{ option: "request", expected: own.request }])
    const asked = new Asked(request, (signal) => web.caller(given, signal))
    known.set(given, asked)
    return asked
  }

  const respond = async (reply: WebReply, given: R): Promise<Response> =>
    reply.problem === undefined || render === undefined
      ? plainResponse(reply)
      : render(reply.problem, given, { status: reply.status, headers: headersOf(reply) })

  const errors: WebHandler<C, R>["errors"] = async (error, given) => {
    const asked = askedOf(given)
    if (asked.isGone(error)) return new Response(null, { status: clientGone })
    const reply = await web.failed(error, asked.toWeb(), given)
    if (reply !== undefined) onError?.(error as SageAuthError, given)
    return reply === undefined ? undefined : respond(reply, given)
  }

  const handle = async (given: R): Promise<Response | undefined> => {
    const asked = askedOf(given)
    if (!web.mayHandle(asked.path)) return undefined
    try {
      const reply = await web.handle(asked.toWeb())
      return reply === undefined ? undefined : await respond(reply, given)
    } catch (error) {
      const response = await errors(error, given)
      if (response === undefined) throw error
      return response
    }
  }

  return Object.assign(handle, {
    client: <K extends keyof C & string>(given: R, name: K) => web.client(name, () => askedOf(given).caller),
    requires: async (given: R, name: keyof C & string) => web.ensureConnected(name, askedOf(given).caller),
    errors,
    health: (checked: SageHealthOptions = {}) => {
      watch ??= new HealthWatch(sage as unknown as Sage<Connections>, { hasTenants: options.tenant !== undefined })
      const watching = watch
      watching.check(checked)
      return async () => plainResponse(healthReply(await watching.read(checked)))
    }
  })
}

/** the options that are this adapter's alone */
const own = {
  request:
    "a function that takes what the framework gives its handlers and returns the Request in it, such as (c) => c.req.raw for Hono, or requestOf for node:http",
  onError: "a function of the failure and of what the framework gives"
} as const

const ownOptions = (options: { readonly [Name in keyof typeof own]?: unknown }): OwnOptions => ({
  names: Object.keys(own),
  issues: (["request", "onError"] as const)
    .filter((option) => options[option] !== undefined && typeof options[option] !== "function")
    .map((option) => ({ option, expected: own[option] }))
})
