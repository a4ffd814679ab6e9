import { All, Controller, Inject, NotFoundException, Req, Res, type Type, VERSION_NEUTRAL } from "@nestjs/common"
import { HttpAdapterHost } from "@nestjs/core"
import { controllerRoutes, type PlatformRequest, rawResponseOf } from "./platform-request.ts"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { SAGE_AUTH_RUNTIME } from "./tokens.ts"

/** Serves a controller of {@link makeSageController} at a path, without a version: redirect addresses are fixed. */
export const placeController = (controller: Type, path: string): void => {
  Controller({ path, version: VERSION_NEUTRAL })(controller)
}

/** A controller of its own for each module: its path is known when the options are. */
export const makeSageController = (): Type => {
  class SageController {
    readonly #runtime: SageAuthRuntime
    readonly #host: HttpAdapterHost

    constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
      this.#runtime = runtime
      this.#host = host
    }

    /** Connect, callback, disconnect and the list. Which method a route takes is for the core to say. */
    @All(Object.values(controllerRoutes))
    async answer(@Req() request: PlatformRequest, @Res() response: object): Promise<void> {
      const reply = await this.#runtime.handle(request, response)
      if (reply === undefined) throw new NotFoundException()
      // somebody else has answered meanwhile, such as a time-out of the application
      if (rawResponseOf(response).headersSent) return
      await this.#runtime.write(this.#host.httpAdapter, reply, request, response)
    }
  }
  return SageController
}
