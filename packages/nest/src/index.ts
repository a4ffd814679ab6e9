/**
 * Sage connections in NestJS: a module that opens and closes them, and injected clients that find their tenant. Also a
 * guard, routes for consent, problem replies, and a health indicator.
 */
export { InjectSage, InjectSageClient, RequiresSage, SageClient } from "./decorators.ts"
export type { InjectedClientOf, InjectedSageClient, RegisteredSage } from "./injected-sage-client.ts"
export { SageAuthExceptionFilter } from "./sage-auth-exception.filter.ts"
export type {
  SageAuthAsyncExtras,
  SageAuthAsyncOptions,
  SageAuthClassOptions,
  SageAuthExistingOptions,
  SageAuthFactoryOptions,
  SageAuthModuleExtras,
  SageAuthModuleOptions,
  SageAuthOptionsFactory,
  SageAuthRootOptions,
  SageLoginUrl,
  SageRender,
  SageTenantResolver
} from "./sage-auth-module-options.ts"
export { SageAuthModule } from "./sage-auth.module.ts"
export { SageConnectedGuard } from "./sage-connected.guard.ts"
export { SageHealthIndicator, type SageHealthResult } from "./sage-health.indicator.ts"
export type { SageHealth, SageHealthOptions, SageProblem, SageProblemKind } from "@sage-auth/core/web"
export { SageTenancy } from "./sage-tenancy.ts"
export { getSageClientToken, SAGE } from "./tokens.ts"
