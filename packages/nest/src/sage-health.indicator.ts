import { Inject, Injectable } from "@nestjs/common"
import { ModuleRef } from "@nestjs/core"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import type { SageHealth, SageHealthOptions, SageProblem } from "@sage-auth/core/web"
import { share } from "./shared-classes.ts"
import { SAGE_AUTH_RUNTIME } from "./tokens.ts"

/** What Terminus takes as the result of an indicator. */
export type SageHealthResult<Key extends string = string> = Record<
  Key,
  {
    // that of the Terminus that is installed, anything where there is none; 11 knows no degraded: it is up there
    /** @ts-ignore -- Terminus is optional */
    readonly status: import("@nestjs/terminus").HealthIndicatorStatus
    readonly state: SageHealth["state"]
    readonly problems: ReadonlyArray<SageProblem>
  }
>

type Details = Omit<SageHealthResult[string], "status">

/** One indicator's result in the making, in Terminus 11 and 12. */
interface Check<Key extends string> {
  up(details: Details): SageHealthResult<Key>
  down(details: Details): SageHealthResult<Key>
  degraded?(details: Details): SageHealthResult<Key>
}

/**
 * Tells how the connections are doing: by `status()` of each, and by what was announced since the start. It asks no
 * server of Sage's.
 *
 * @example
 * ```ts
 * check() {
 *   return this.health.check([() => this.sage.isHealthy("sage")])
 * }
 * ```
 *
 * @publicApi
 * @category health
 */
@Injectable()
export class SageHealthIndicator {
  static {
    share("SageHealthIndicator", this)
  }

  readonly #runtime: SageAuthRuntime
  readonly #modules: ModuleRef

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime, @Inject(ModuleRef) modules: ModuleRef) {
    this.#runtime = runtime
    this.#modules = modules
  }

  /** For a health check of `@nestjs/terminus`, which has to be installed. */
  async isHealthy<const Key extends string>(key: Key, options?: SageHealthOptions): Promise<SageHealthResult<Key>> {
    const { HealthIndicatorService } = await import("@nestjs/terminus")
    const details = await this.read(options)
    const service = this.#modules.get(HealthIndicatorService, { strict: false })
    const check = service.check(key) as unknown as Check<Key>
    if (details.state === "down") return check.down(details)
    return details.state === "degraded" && check.degraded !== undefined ? check.degraded(details) : check.up(details)
  }

  /** The same without Terminus. */
  read(options?: SageHealthOptions): Promise<SageHealth> {
    return this.#runtime.health.read(options)
  }
}
