import * as Effect from "effect/Effect"
import type { Application } from "../../application/Application.ts"
import { type ReadOption, resolveOption } from "../../config/resolve.ts"
import type { Misconfigured } from "../../errors/Reason.ts"
import type { SageAuthError, TenantPlace } from "../../errors/SageAuthError.ts"
import { baseUrlOption, type WebServicesConfiguration } from "./options.ts"

/** The options of a connection that may differ by tenant, asked for. */
export class ServerOptions {
  readonly application: Application
  readonly connection: string
  readonly configuration: WebServicesConfiguration
  /** subjects: there are as many as there are advices */
  readonly #advised = new Set<string>()

  constructor(application: Application, connection: string, configuration: WebServicesConfiguration) {
    this.application = application
    this.connection = connection
    this.configuration = configuration
  }

  place(tenant: string): TenantPlace {
    return { surface: "x3-web-services", connection: this.connection, tenant }
  }

  /** an option's value for one tenant; functions are asked */
  resolve<A>(
    option: unknown,
    name: string,
    tenant: string,
    read: ReadOption<A>
  ): Effect.Effect<A, SageAuthError<Misconfigured>> {
    return resolveOption(this.place(tenant), name, option, read)
  }

  /** the tenant's server; the first use of plain http is announced */
  base(tenant: string): Effect.Effect<string, SageAuthError<Misconfigured>> {
    const { advisePlainHttp, baseUrl, plainHttp, standIn } = this.configuration
    return Effect.tap(this.resolve(baseUrl, "baseUrl", tenant, baseUrlOption(plainHttp, standIn)), (base) =>
      Effect.sync(() => {
        if (!advisePlainHttp || !base.startsWith("http:")) return
        this.advise(
          tenant,
          "plain-http",
          "the credential goes over plain http, where everybody on the network reads it. Give baseUrl as https; plain http is for a simple network that you trust."
        )
      })
    )
  }

  /** announces an advice, once for a subject */
  advise(tenant: string, subject: string, message: string): void {
    if (this.#advised.has(subject)) return
    this.#advised.add(subject)
    this.application.publish({
      type: "advice",
      ...this.place(tenant),
      at: this.application.now(),
      subject,
      message: `${this.connection}: ${message}`
    })
  }
}
