import type { ExecutionContext } from "@nestjs/common"
import type { AbstractHttpAdapter, ApplicationConfig } from "@nestjs/core"
import type { Connections, Sage } from "@sage-auth/core"
import {
  type Caller,
  HealthWatch,
  outsideOfRequest,
  type Web,
  type WebReply,
  type WebRequest
} from "@sage-auth/core/web"
import { injectedClient } from "./injected-sage-client.ts"
import { mountIn, type Mounts, mountsOf, type PlatformRequest, webRequestOf, writeReply } from "./platform-request.ts"
import type { SageAuthModuleOptions, SageRender } from "./sage-auth-module-options.ts"
import { SageTenancy } from "./sage-tenancy.ts"

/** @internal what every part of one application stands on */
export class SageAuthRuntime {
  readonly sage: Sage<Connections>
  readonly tenancy: SageTenancy
  readonly health: HealthWatch
  readonly #web: Web<Connections, object>
  readonly #config: ApplicationConfig
  readonly #render: SageRender | undefined
  readonly #served: boolean
  /** found when the application starts: the prefix may be set after it was made */
  #found: Mounts | undefined

  constructor(
    sage: Sage<Connections>,
    web: Web<Connections, object>,
    options: SageAuthModuleOptions,
    config: ApplicationConfig,
    served: boolean
  ) {
    this.sage = sage
    this.#web = web
    this.#config = config
    this.#served = served
    this.#render = options.render
    this.tenancy = new SageTenancy(web, options.tenant !== undefined)
    this.health = new HealthWatch(sage, { hasTenants: options.tenant !== undefined })
  }

  /** where the routes are, below the global prefix */
  get basePath(): string {
    return this.#web.basePath
  }

  /**
   * where the routes are
   *
   * @throws `SageAuthError` with reason `Misconfigured` where the global prefix leaves some of them out
   */
  get mounts(): Mounts {
    return (this.#found ??= mountsOf(this.#config, this.#web.basePath, this.#served))
  }

  /** the client of the one who is asking, undefined for a name that no connection has */
  client(connection: string, caller: () => Caller): object | undefined {
    return Object.hasOwn(this.sage.connections, connection) ? injectedClient(this.#web, connection, caller) : undefined
  }

  handle(request: object, response: object): Promise<WebReply | undefined> {
    return this.#web.handle(this.#asked(request, response))
  }

  failed(error: unknown, request: object, response: object): Promise<WebReply | undefined> {
    return this.#web.failed(error, this.#asked(request, response), request)
  }

  /** writes an answer, or has the application show it */
  write(adapter: AbstractHttpAdapter, reply: WebReply, request: object, response: object): Promise<void> {
    return writeReply(adapter, response, reply, (problem) => this.#render?.(problem, request, response))
  }

  /**
   * The address of the route that a request means whose own address is configured to be elsewhere: outside of the
   * global prefix, below a version, or with what a proxy takes off. Undefined: it goes where it is.
   */
  routeOf(request: object): string | undefined {
    const { callbacks, routes } = this.mounts
    // who asks is not looked at yet: on Fastify, guards get another request than this one
    const asked = webRequestOf(request as PlatformRequest, routes, outsideOfRequest)
    if (!this.#web.mayHandle(asked.path)) return undefined
    const [path = "", ...query] = asked.url.split("?")
    const below = path.startsWith(`${asked.mount}/`)
    // outside of the prefix there are no routes, but for what is configured to be there
    const outside = !below && path.startsWith(`${this.#web.basePath}/`)
    const own = this.#web.ownPath(outside ? { ...asked, path: "" } : asked)
    if (own === undefined) return undefined
    const isCallback = own.startsWith(`${this.#web.basePath}/callback/`)
    const target = `${mountIn(isCallback ? callbacks : routes, path)}${own}`
    return path === target ? undefined : [target, ...query].join("?")
  }

  ensureConnected(connection: string, context: ExecutionContext): Promise<void> {
    return this.#web.ensureConnected(connection, this.tenancy.callerIn(context))
  }

  #asked(request: object, response: object): WebRequest {
    return webRequestOf(request as PlatformRequest, this.mounts.routes, this.tenancy.callerOf(request, response))
  }
}
