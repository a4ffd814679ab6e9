import { AsyncLocalStorage } from "node:async_hooks"
import type { IncomingMessage } from "node:http"
import type { ArgumentsHost } from "@nestjs/common"
import { type Caller, callerOf, goneSignal, outsideOfRequest, type Web } from "@sage-auth/core/web"
import type { Connections } from "@sage-auth/core"
import { rawResponseOf } from "./platform-request.ts"
import { share } from "./shared-classes.ts"

/** A request of Express, which is Node's own, or of Fastify, which has it inside. */
interface MaybeWrapped {
  readonly raw?: IncomingMessage
}

/**
 * Whose data a call is about: the tenant of the request under way, or the one that work was started for.
 *
 * @category calls
 */
export class SageTenancy {
  static {
    share("SageTenancy", this)
  }

  readonly #web: Web<Connections, object>
  readonly #outside: Caller
  readonly #running = new AsyncLocalStorage<Caller>()
  readonly #callers = new WeakMap<object, Caller>()

  /** @internal */
  constructor(web: Web<Connections, object>, hasResolver: boolean) {
    this.#web = web
    this.#outside = hasResolver ? outsideOfRequest : callerOf(undefined)
  }

  /**
   * Runs work for a tenant outside of a request, such as a job of a queue. Injected clients that it reaches are this
   * tenant's. Within a request it takes the place of the request's own tenant.
   */
  run<A>(tenant: string, work: () => A): A {
    return this.#running.run(
      callerOf(() => tenant),
      work
    )
  }

  /** @internal who is asking right now */
  current(): Caller {
    return this.#running.getStore() ?? this.#outside
  }

  /** @internal who is asking with a request: one and the same for the whole of it */
  callerOf(request: object, response: object): Caller {
    const raw = (request as MaybeWrapped).raw ?? request
    const known = this.#callers.get(raw)
    if (known !== undefined) return known
    const caller = this.#web.caller(request, goneSignal(rawResponseOf(response)))
    this.#callers.set(raw, caller)
    return caller
  }

  /**
   * @internal who is asking in a guard or a handler. Only HTTP has a request there: in the place of it GraphQL has the
   * object above, and a message what its sender wrote, which must not name a tenant
   */
  callerIn(context: ArgumentsHost): Caller {
    if (context.getType<string>() !== "http") return this.current()
    const http = context.switchToHttp()
    return this.callerOf(http.getRequest(), http.getResponse())
  }

  /** @internal goes on with a request */
  enter(request: object, response: object, next: () => void): void {
    this.#running.run(this.callerOf(request, response), next)
  }
}
