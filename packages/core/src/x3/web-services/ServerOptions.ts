import * as Effect from "effect/Effect"
import type * as Result from "../../config/Result.ts"
import type { Application } from "../../application/Application.ts"
import { decode, type Issue } from "../../config/issues.ts"
import { resolve } from "../../config/resolve.ts"
import type { Misconfigured, Surface } from "../../errors/Reason.ts"
import { misconfigured, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import { baseUrlOption, type WebServicesConfiguration } from "./options.ts"

/** Whose request it is. */
export interface TenantPlace extends Place {
  readonly surface: Surface
  readonly connection: string
  readonly tenant: string
}

/** The options of a connection that may differ by tenant, asked for. */
export class ServerOptions {
  readonly application: Application
  readonly connection: string
  readonly configuration: WebServicesConfiguration
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
    read: (value: unknown, at: string) => Result.Result<A, ReadonlyArray<Issue>>
  ): Effect.Effect<A, SageAuthError<Misconfigured>> {
    const at = `connections.${this.connection}.${name}`
    return Effect.mapError(resolve(option, tenant, read, at), (issues) => misconfigured(issues, this.place(tenant)))
  }

  /** the tenant's server; the first use of plain http is announced */
  base(tenant: string): Effect.Effect<string, SageAuthError<Misconfigured>> {
    const { advisePlainHttp, baseUrl, plainHttp } = this.configuration
    const schema = baseUrlOption(plainHttp)
    return Effect.tap(
      this.resolve(baseUrl, "baseUrl", tenant, (value, at) => decode(schema, value, at)),
      (base) =>
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
