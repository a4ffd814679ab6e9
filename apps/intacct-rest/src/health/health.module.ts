import { Controller, Get, Inject, Module } from "@nestjs/common"
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus"
import { SageHealthIndicator } from "@sage-auth/nest"

@Controller("health")
export class HealthController {
  readonly #health: HealthCheckService
  readonly #sage: SageHealthIndicator

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(SageHealthIndicator) sage: SageHealthIndicator
  ) {
    this.#health = health
    this.#sage = sage
  }

  /** for the service that restarts this application or sends its visitors elsewhere; asks no server of Sage's */
  @Get()
  @HealthCheck()
  check() {
    return this.#health.check([() => this.#sage.isHealthy("sage")])
  }
}

@Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [HealthController] })
export class HealthModule {}
