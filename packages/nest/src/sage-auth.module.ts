import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  type InjectionToken,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OptionalFactoryDependency,
  type Provider
} from "@nestjs/common"
import { APP_FILTER, ApplicationConfig, HttpAdapterHost, ModulesContainer } from "@nestjs/core"
import type { Connections, Linked } from "@sage-auth/core"
import { misconfigured } from "@sage-auth/core/web"
import { injectedConnections } from "./decorators.ts"
import { followRequests } from "./follow-requests.ts"
import { openRuntime, optionsExpected } from "./open-runtime.ts"
import { SageAuthExceptionFilter } from "./sage-auth-exception.filter.ts"
import type {
  SageAuthAsyncExtras,
  SageAuthAsyncOptions,
  SageAuthClassOptions,
  SageAuthExistingOptions,
  SageAuthFactoryOptions,
  SageAuthModuleOptions,
  SageAuthOptionsFactory,
  SageAuthRootOptions
} from "./sage-auth-module-options.ts"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { SageConnectedGuard } from "./sage-connected.guard.ts"
import { makeSageController, placeController } from "./sage.controller.ts"
import { SageHealthIndicator } from "./sage-health.indicator.ts"
import { SageTenancy } from "./sage-tenancy.ts"
import { buildsOf, share } from "./shared-classes.ts"
import { getSageClientToken, SAGE, SAGE_AUTH_RUNTIME } from "./tokens.ts"

/** How the options are made: by a function, and what is injected into it. */
interface Making {
  readonly inject: ReadonlyArray<InjectionToken | OptionalFactoryDependency>
  readonly make: (...dependencies: Array<unknown>) => SageAuthModuleOptions | Promise<SageAuthModuleOptions>
  readonly providers: ReadonlyArray<Provider>
  /** the names of what was given beside a factory, and of what may be; undefined: there is no factory */
  readonly beside: { readonly given: ReadonlyArray<string>; readonly known: ReadonlyArray<string> } | undefined
}

const asyncNames: {
  readonly [Name in keyof Required<SageAuthFactoryOptions & SageAuthClassOptions & SageAuthExistingOptions>]: true
} = {
  imports: true,
  inject: true,
  useFactory: true,
  useClass: true,
  useExisting: true,
  extraProviders: true,
  lazyConnections: true,
  global: true,
  routes: true,
  filter: true
}

const askFactory = (factory: unknown) => (factory as SageAuthOptionsFactory).createSageAuthOptions()

const factories = ["useFactory", "useClass", "useExisting"] as const

const makingOf = (options: SageAuthAsyncOptions): Making => {
  const given: Partial<Record<(typeof factories)[number], unknown>> = options ?? {}
  if (factories.every((name) => given[name] === undefined)) {
    const expected = `an object with one of ${factories.join(", ")}, which gives the options when the application starts`
    throw misconfigured([{ option: "forRootAsync(options)", expected }])
  }
  // such as a tenant, without which everybody's data would be that of "default"
  const beside = { given: Object.keys(options), known: Object.keys(asyncNames) }
  if ("useFactory" in options) {
    return { inject: options.inject ?? [], make: options.useFactory as Making["make"], providers: [], beside }
  }
  return "useClass" in options
    ? { inject: [options.useClass], make: askFactory, providers: [options.useClass], beside }
    : { inject: [options.useExisting], make: askFactory, providers: [], beside }
}

const isOwn = (metatype: unknown): boolean =>
  (buildsOf("SageAuthModule", SageAuthModule) as ReadonlyArray<unknown>).includes(metatype)

const runtimeProvider = (
  { beside, inject, make }: Making,
  routes: boolean,
  opened: (runtime: SageAuthRuntime) => void
): FactoryProvider<SageAuthRuntime> => ({
  provide: SAGE_AUTH_RUNTIME,
  inject: [ApplicationConfig, ModulesContainer, ...inject],
  useFactory: async (config: ApplicationConfig, modules: ModulesContainer, ...dependencies: Array<unknown>) => {
    const runtime = await openRuntime(await make(...dependencies), { beside, config, isOwn, modules, routes })
    opened(runtime)
    return runtime
  }
})

const fromRuntime = <A>(provide: InjectionToken, take: (runtime: SageAuthRuntime) => A): FactoryProvider<A> => ({
  provide,
  inject: [SAGE_AUTH_RUNTIME],
  useFactory: take
})

/** A name that no connection has is for the start to report, and may be another application's in the same process. */
const clientProvider = (connection: string): FactoryProvider =>
  fromRuntime(getSageClientToken(connection), (runtime) => runtime.client(connection, () => runtime.tenancy.current()))

const tenancies = () => buildsOf("SageTenancy", SageTenancy)

/** What applications inject, and Nest makes. */
const classes = () => [
  ...buildsOf("SageConnectedGuard", SageConnectedGuard),
  ...buildsOf("SageAuthExceptionFilter", SageAuthExceptionFilter),
  ...buildsOf("SageHealthIndicator", SageHealthIndicator)
]

const moduleOf = (making: Making, extras: SageAuthAsyncExtras, names: ReadonlyArray<string>): DynamicModule => {
  const controller = extras.routes === false ? undefined : makeSageController()
  const shared: ReadonlyArray<Provider> = [
    runtimeProvider(making, extras.routes !== false, ({ basePath }) => {
      if (controller !== undefined) placeController(controller, basePath)
    }),
    fromRuntime(SAGE, ({ sage }) => sage)
  ]
  const clients = () => [...new Set([...names, ...injectedConnections()])].map(clientProvider)
  return {
    module: SageAuthModule,
    global: extras.global ?? true,
    imports: extras.imports ?? [],
    controllers: controller === undefined ? [] : [controller],
    // read when the application starts, after the decorators of every module have run
    get providers() {
      return [
        ...(extras.extraProviders ?? []),
        ...making.providers,
        ...shared,
        ...tenancies().map((own) => fromRuntime(own, ({ tenancy }) => tenancy)),
        ...classes(),
        ...clients(),
        ...(extras.filter === false ? [] : [{ provide: APP_FILTER, useExisting: SageAuthExceptionFilter }])
      ]
    },
    get exports() {
      return [SAGE_AUTH_RUNTIME, SAGE, ...tenancies(), ...classes(), ...clients().map(({ provide }) => provide)]
    }
  }
}

/**
 * Opens the application's connections at start and closes them at shutdown. A configuration that cannot work fails with
 * the whole list. At shutdown, calls under way are served, and renewals that were sent are waited for.
 *
 * Import it once, in the root module.
 *
 * @publicApi
 * @category application
 */
@Module({})
export class SageAuthModule implements NestModule, BeforeApplicationShutdown, OnApplicationShutdown {
  static {
    share("SageAuthModule", this)
  }

  readonly #runtime: SageAuthRuntime
  readonly #host: HttpAdapterHost

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#runtime = runtime
    this.#host = host
  }

  /** With options that are there. */
  static forRoot<const C extends Connections>(
    options: SageAuthRootOptions<C> & { readonly connections: Linked<C> }
  ): DynamicModule {
    // from JavaScript
    if (typeof options !== "object" || options === null) {
      throw misconfigured([{ option: "forRoot(options)", expected: optionsExpected }])
    }
    const { filter, global, routes, ...rest } = options as SageAuthRootOptions
    const make = () => rest
    const names = Object.keys(rest.connections ?? {})
    return moduleOf({ inject: [], make, providers: [], beside: undefined }, { filter, global, routes }, names)
  }

  /** With options that are made when the application starts: by a function, a class, or a provider that exists. */
  static forRootAsync<const C extends Connections>(options: SageAuthAsyncOptions<C>): DynamicModule {
    return moduleOf(makingOf(options), options, options.lazyConnections ?? [])
  }

  /**
   * Nest calls it at start.
   *
   * @internal
   */
  configure(): void {
    followRequests(this.#host.httpAdapter, this.#runtime)
  }

  /**
   * Nest calls it when shutdown begins.
   *
   * @internal
   */
  beforeApplicationShutdown(): void {
    this.#runtime.health.closing()
  }

  /** @internal after the HTTP server has closed: requests under way have their answers */
  async onApplicationShutdown(): Promise<void> {
    await this.#runtime.sage.close()
  }
}
