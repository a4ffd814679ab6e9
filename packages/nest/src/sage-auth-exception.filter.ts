import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger } from "@nestjs/common"
import { BaseExceptionFilter, HttpAdapterHost } from "@nestjs/core"
import { catalogue, isSageAuthError, type SageAuthError } from "@sage-auth/core"
import { isCallerGone } from "@sage-auth/core/web"
import { throwError } from "rxjs"
import { rawResponseOf } from "./platform-request.ts"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { share } from "./shared-classes.ts"
import { SAGE_AUTH_RUNTIME } from "./tokens.ts"

/**
 * What the filter takes: this library's errors, those of another copy of it included, and waits whose caller has left.
 */
class Caught {
  static [Symbol.hasInstance](thrown: unknown): boolean {
    return isSageAuthError(thrown) || isCallerGone(thrown)
  }
}

/**
 * Answers `SageAuthError`s and nothing else. A browser that lacks a consent is sent to it. An API's client gets
 * `application/problem+json` (RFC 9457). Bound to every route unless `filter: false`.
 *
 * Other transports keep their ways. GraphQL gets the error itself, a microservice's client what it means.
 *
 * @publicApi
 * @category errors
 */
@Catch(Caught)
export class SageAuthExceptionFilter implements ExceptionFilter<SageAuthError> {
  static {
    share("SageAuthExceptionFilter", this)
  }

  readonly #runtime: SageAuthRuntime
  readonly #host: HttpAdapterHost
  readonly #logger = new Logger(SageAuthExceptionFilter.name)

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#runtime = runtime
    this.#host = host
  }

  /** Answers one failure: over HTTP as a problem or a redirect, to microservices as an RPC error. */
  catch(exception: SageAuthError, host: ArgumentsHost): unknown {
    const type: string = host.getType()
    if (type === "rpc") {
      // what was said of this occurrence is the operator's, as in the problems of HTTP
      const message = catalogue[exception.id]?.meaning ?? "Internal server error"
      return throwError(() => ({ status: "error", message, code: exception.id }))
    }
    return type === "http" ? this.#answer(exception, host) : exception
  }

  async #answer(exception: SageAuthError, host: ArgumentsHost): Promise<void> {
    const { httpAdapter } = this.#host
    const request = host.switchToHttp().getRequest<object>()
    const response = host.switchToHttp().getResponse<object>()
    // another caller that shares the wait is still there
    const gone = this.#runtime.tenancy.callerOf(request, response).signal
    if (isCallerGone(exception) && exception === gone?.reason) return
    try {
      const reply = await this.#runtime.failed(exception, request, response)
      const raw = rawResponseOf(response)
      if (raw.headersSent) {
        // too late to say anything, as Nest's own filter has it; Fastify's adapter of Nest 11 does not see it
        this.#logger.error(`${exception.message}\n${exception.remedy}`, exception.stack)
        raw.end()
        return
      }
      if (reply === undefined) return this.#leave(exception, host)
      // an operator can do something about these, and the caller cannot
      if (reply.status >= 500) this.#logger.error(`${exception.message}\n${exception.remedy}`, exception.stack)
      await this.#runtime.write(httpAdapter, reply, request, response)
    } catch (thrown) {
      // such as a page of the application's own
      if (thrown !== exception) this.#logger.error(thrown)
      // an answer that cannot be written is no reason to leave the client without any
      this.#leave(exception, host)
    }
  }

  #leave(exception: SageAuthError, host: ArgumentsHost): void {
    new BaseExceptionFilter(this.#host.httpAdapter).catch(exception, host)
  }
}
