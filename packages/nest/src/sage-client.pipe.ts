import { type ExecutionContext, Inject, Injectable, type PipeTransform } from "@nestjs/common"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { SAGE_AUTH_RUNTIME } from "./tokens.ts"

/** Which client a handler's parameter wants. Nothing in it is enumerable: other pipes see it first. */
export class SageClientRequest {
  readonly #connection: string
  readonly #context: ExecutionContext

  constructor(connection: string, context: ExecutionContext) {
    this.#connection = connection
    this.#context = context
  }

  /** of a request, and not of whatever it runs in: the tenant stays the same when the client is handed on */
  open(runtime: SageAuthRuntime): object | undefined {
    const caller = runtime.tenancy.callerIn(this.#context)
    return runtime.client(this.#connection, () => caller)
  }
}

/** Turns what `@SageClient` asks for into the client. */
@Injectable()
export class SageClientPipe implements PipeTransform<SageClientRequest, object | undefined> {
  readonly #runtime: SageAuthRuntime

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime) {
    this.#runtime = runtime
  }

  transform(wanted: SageClientRequest): object | undefined {
    return wanted.open(this.#runtime)
  }
}
