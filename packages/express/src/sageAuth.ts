import type {
  ClientOf,
  Connections,
  RegisteredConnection,
  RegisteredConnections,
  RegisteredName,
  Sage
} from "@sage-auth/core"
import {
  type Caller,
  goneSignal,
  headersOf,
  healthReply,
  HealthWatch,
  isCallerGone,
  readBody,
  type SageHealthOptions,
  type WebOptions,
  webOf,
  type WebReply,
  type WebRequest
} from "@sage-auth/core/web"
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express"

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- where Express has its requests extended
  namespace Express {
    interface Request {
      /**
       * The client of a connection for the tenant of this request. It is there at once: the tenant is asked for when
       * the client is first used. A request that is aborted releases what waits for it.
       *
       * Names and clients are those of `Register`. Unregistered, any name has what every HTTP surface can do.
       */
      sage<K extends keyof RegisteredConnections & string>(name: K): ClientOf<RegisteredConnections[K]>
    }
  }
}

/** The options of {@link sageAuth}. */
export type SageAuthOptions = WebOptions<Request, Response>

/** The middleware, and what routes behind it use. */
export interface SageAuthMiddleware<C extends Connections> extends RequestHandler {
  /**
   * Lets a request pass when the connection can be used for its tenant. Otherwise the failure goes to the error
   * handling: `ReauthorizationRequired` where a human has to consent first.
   *
   * Throws `Misconfigured` for a name that no connection has, when the route is made.
   */
  requires(name: keyof C & string): RequestHandler
  /**
   * Answers how the connections are doing, for a load balancer or an orchestrator: 200 while they are up or degraded,
   * 503 when they are down, with {@link SageHealth} as JSON. It goes by `status()` of each connection, and by what was
   * announced since the route was made. It asks no server of Sage's, and names no tenant and no secret.
   *
   * Throws `Misconfigured` for a name that no connection has, when the route is made.
   */
  health(options?: SageHealthOptions): RequestHandler
  /** the same as `req.sage(name)`, typed by this middleware's own connections, registered or not */
  client<K extends keyof C & string>(req: Request, name: K): ClientOf<C[K]>
  /**
   * Answers this library's failures, `req.sage`'s included. Clients of an API get problem+json (RFC 9457), browsers get
   * consent or a plain page. Everything else goes on to the next error handler. Mount it behind the routes. What logs
   * errors, or shows pages of its own, goes in front of it.
   */
  readonly errors: ErrorRequestHandler
}

/**
 * What is known of one request. Made for each of them, most of which have nothing to do with Sage: it does nothing yet.
 */
class Asking {
  /** where the middleware is mounted; undefined for a request that did not pass it */
  readonly mount: string | undefined
  /** the path below it, as the middleware saw it: error handling may be mounted elsewhere */
  readonly path: string
  readonly #makeCaller: (req: Request) => Caller
  readonly #req: Request
  #caller: Caller | undefined

  constructor(req: Request, mount: string | undefined, makeCaller: (req: Request) => Caller) {
    this.#req = req
    this.mount = mount
    this.path = req.path
    this.#makeCaller = makeCaller
  }

  get caller(): Caller {
    return (this.#caller ??= this.#makeCaller(this.#req))
  }
}

const webRequestOf = (req: Request, asking: Asking): WebRequest => ({
  method: req.method,
  url: req.originalUrl,
  path: asking.path,
  mount: asking.mount,
  confined: true,
  header: headersOf(req.headers),
  secure: req.secure,
  caller: asking.caller,
  body: () => readBody(req, req.body)
})

const writeHead = (res: Response, { headers, status }: WebReply): void => {
  res.status(status)
  for (const [name, value] of Object.entries(headers)) {
    // beside the cookies of the application
    if (name === "set-cookie") res.append(name, typeof value === "string" ? value : [...value])
    else res.setHeader(name, value)
  }
}

/**
 * Goes on when something is done. Express 4 does not look at what a handler returns, so failures are handed on here.
 */
const passed = async (done: Promise<void>, next: NextFunction): Promise<void> => {
  try {
    await done
  } catch (error) {
    return next(error)
  }
  next()
}

/** An application that something is mounted on. */
interface Parent {
  readonly path: () => string
}

/** a pattern, such as `/:language`, is known when a request comes */
const isPlainPath = (path: unknown): path is string => typeof path === "string" && /^[\w/.~-]*$/.test(path)

/**
 * What Express asks of an application that is mounted on another one. It tells those, and no middleware, at which path:
 * so `app.use("/mount", auth)` can say at the start that the callbacks will never come there.
 */
const whenMounted = (middleware: RequestHandler & { mountpath?: unknown }, check: (mount: string) => void): object => ({
  handle: middleware,
  set: () => middleware,
  emit: (event: string, parent: Parent) => {
    const { mountpath } = middleware
    if (event === "mount" && isPlainPath(mountpath)) {
      check(`${parent.path()}/${mountpath}`.replaceAll(/\/{2,}/g, "/").replace(/\/$/, ""))
    }
  }
})

/**
 * Express middleware over an application's connections: `req.sage`, the routes of consent, a guard and the handling of
 * failures.
 *
 * Routes, below `basePath`: `GET /connect/:connection`, `GET /callback/:connection` (and POST, where the server posts),
 * `POST /disconnect/:connection`, `GET /connections`.
 *
 * @throws `SageAuthError` with reason `Misconfigured`, which lists every mistake of the options at once
 *
 * @example
 * ```ts
 * const auth = sageAuth(sage, { tenant: (req) => req.user?.companyId })
 * app.use(auth)
 * app.get("/contacts", auth.requires("books"), async (req, res) => {
 *   res.json(await (await req.sage("books").fetch("contacts")).json())
 * })
 * app.use(auth.errors)
 * ```
 *
 * @category web
 */
export const sageAuth = <C extends Connections>(sage: Sage<C>, options?: SageAuthOptions): SageAuthMiddleware<C> => {
  const web = webOf<C, Request, Response>(sage, options)
  const { render, tenant } = options ?? {}
  /** from the first route on that tells of it */
  let watch: HealthWatch | undefined
  // a property, and not a WeakMap, which costs every request several times as much; each middleware has its own
  const known = Symbol("@sage-auth/express")

  /** Sends an answer, or goes on where there is none. */
  const answered = async (
    replying: Promise<WebReply | undefined>,
    req: Request,
    res: Response,
    next: NextFunction
  ): Promise<void> => {
    try {
      const reply = await replying
      if (reply !== undefined) {
        // somebody else may have answered meanwhile: a time limit of the application's
        if (res.headersSent) return
        writeHead(res, reply)
        if (reply.problem === undefined) res.end(reply.body)
        else await render?.(reply.problem, req, res)
        return
      }
    } catch (error) {
      return next(error)
    }
    next()
  }

  const makeCaller = (req: Request): Caller => {
    const { res } = req
    return web.caller(req, res === undefined ? undefined : goneSignal(res))
  }
  const askingOf = (req: Request & { [known]?: Asking }, mount?: string): Asking =>
    (req[known] ??= new Asking(req, mount, makeCaller))

  const client: SageAuthMiddleware<C>["client"] = (req, name) => web.client(name, () => askingOf(req).caller)

  const middleware: RequestHandler = (req, res, next) => {
    const asking = askingOf(req, req.baseUrl)
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as it is declared
    req.sage = <K extends RegisteredName>(name: K) => client(req, name) as ClientOf<RegisteredConnection<K>>
    if (!web.mayHandle(asking.path)) return next()
    void answered(web.handle(webRequestOf(req, asking)), req, res, next)
  }

  const requires: SageAuthMiddleware<C>["requires"] = (name) => {
    // a name that no connection has is found when the route is made, and not by its first visitor
    sage.client(name)
    return (req, _res, next) => {
      void passed(web.ensureConnected(name, askingOf(req).caller), next)
    }
  }

  const health: SageAuthMiddleware<C>["health"] = (options = {}) => {
    watch ??= new HealthWatch(sage as unknown as Sage<Connections>, { hasTenants: tenant !== undefined })
    const watching = watch
    watching.check(options)
    const answer = async (res: Response, next: NextFunction): Promise<void> => {
      try {
        const reply = healthReply(await watching.read(options))
        writeHead(res, reply)
        res.end(reply.body)
      } catch (error) {
        next(error)
      }
    }
    return (_req, res, next) => void answer(res, next)
  }

  const errors: ErrorRequestHandler = (error: unknown, req, res, next) => {
    const asking = askingOf(req)
    // no caller is left to be told; what another request's end has failed, this one is answered for
    if (isCallerGone(error) && error === asking.caller.signal?.reason) return
    // Express ends an answer that has begun
    if (res.headersSent) return next(error)
    void answered(web.failed(error, webRequestOf(req, asking), req), req, res, (thrown) => next(thrown ?? error))
  }

  // the first use of the store tries again, and says why it cannot be opened
  sage.ready().catch(() => {})
  return Object.assign(
    middleware,
    { requires, health, client, errors },
    whenMounted(middleware, (mount) => web.checkMount(mount))
  )
}
