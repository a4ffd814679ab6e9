import { type DynamicModule, Module } from "@nestjs/common"
import type { Connections } from "@sage-auth/core"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import type { SageAuthModuleExtras, SageAuthModuleOptions } from "../sage-auth-module-options.ts"
import { SageAuthModule } from "../sage-auth.module.ts"
import { SageSandbox, SANDBOX } from "./sage-sandbox.ts"

/** What an application under test may have that differs. Store, keys and coordination are in memory by default. */
export interface SageAuthTestingOptions
  extends Omit<SageAuthModuleOptions, "clock" | "connections">,
    Omit<SageAuthModuleExtras, "global"> {
  /** the application's connections, for a sandbox. Default: `sandbox.connections()` */
  readonly connections?: ((sandbox: Sandbox<"manual">) => Connections) | undefined
  /** how the sandbox is started. Its clock is always a manual one */
  readonly sandbox?: Omit<SandboxOptions, "clock"> | undefined
}

/** @internal starts the sandbox before the options of the connections are made */
@Module({})
export class SandboxModule {}

/**
 * `SageAuthModule` over a sandbox of its own, which starts and stops with the application. Its clock is that of servers
 * and connections alike: `moduleRef.get(SageSandbox).sandbox.clock.advance("6 minutes")`.
 *
 * @example
 * ```ts
 * // the application's own: export const SageModule = SageAuthModule.forRootAsync({ … })
 * const app = await Test.createTestingModule({ imports: [AppModule] })
 *   .overrideModule(SageModule)
 *   .useModule(SageAuthTestingModule.forRoot({ tenant: (request) => request.user?.companyId }))
 *   .compile()
 * await app.get(SageSandbox).consent("books", { tenant: "acme" })
 * ```
 *
 * @publicApi
 * @category testing
 */
@Module({})
export class SageAuthTestingModule {
  /** A module with a sandbox and the connections to it. Both end with the application. */
  static forRoot(options: SageAuthTestingOptions = {}): DynamicModule {
    const { connections, filter, routes, sandbox: sandboxOptions, ...rest } = options
    const host: DynamicModule = {
      module: SandboxModule,
      providers: [{ provide: SANDBOX, useFactory: () => startSandbox({ ...sandboxOptions, clock: "manual" }) }],
      exports: [SANDBOX]
    }
    const sage = SageAuthModule.forRootAsync<Connections>({
      imports: [host],
      filter,
      routes,
      inject: [SANDBOX],
      useFactory: (sandbox: Sandbox<"manual">) => ({
        ...rest,
        clock: sandbox.clock,
        connections: connections?.(sandbox) ?? sandbox.connections()
      })
    })
    return {
      module: SageAuthTestingModule,
      global: true,
      imports: [host, sage],
      providers: [SageSandbox],
      exports: [SageSandbox]
    }
  }
}
