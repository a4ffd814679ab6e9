import { type CanActivate, type ExecutionContext, Inject, Injectable } from "@nestjs/common"
import { connectionsRequiredBy } from "./decorators.ts"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { share } from "./shared-classes.ts"
import { SAGE_AUTH_RUNTIME } from "./tokens.ts"

/**
 * Lets a route run when every connection that `@RequiresSage` names can be used for the request's tenant. Otherwise it
 * throws the `SageAuthError` that says why. `SageAuthExceptionFilter` sends a browser to consent, and tells other
 * clients where to consent.
 *
 * @publicApi
 * @category web
 */
@Injectable()
export class SageConnectedGuard implements CanActivate {
  static {
    share("SageConnectedGuard", this)
  }

  readonly #runtime: SageAuthRuntime

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime) {
    this.#runtime = runtime
  }

  /**
   * Passes when every connection that the handler requires can be used. Throws `SageAuthError` otherwise.
   *
   * @throws `SageAuthError` that says why a connection cannot be used
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    for (const connection of connectionsRequiredBy(context)) await this.#runtime.ensureConnected(connection, context)
    return true
  }
}
