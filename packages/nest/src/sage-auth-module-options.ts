import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Provider, Type } from "@nestjs/common"
import type { Config, Connections, Linked } from "@sage-auth/core"
import type { ShownProblem, TextsByLanguage } from "@sage-auth/core/web"

/**
 * Gives the tenant of a request, plain or as a promise; `undefined` refuses the request with 401. The request is that
 * of the platform, Express's or Fastify's. Asked when a client is first used in a request, after guards have run.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what guards and the platform put on a request is the application's
export type SageTenantResolver = (request: any) => string | undefined | Promise<string | undefined>

/** Everything `createSageAuth` takes, and what the adapter adds. */
export interface SageAuthModuleOptions<C extends Connections = Connections> extends Config<C> {
  /** whose data a request is about; without it there is one tenant, `"default"` */
  readonly tenant?: SageTenantResolver | undefined
  /** where the routes for consent are, below the global prefix. Default `"sage"` */
  readonly basePath?: string | undefined
  /**
   * Other origins whose pages may disconnect, such as `"https://app.example"` in front of an API on another host. The
   * application's own, and those of its redirect addresses, need not be named.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * What a proxy in front takes off the path, such as `"/apps/one"`. Default: it is found by a `redirectUri` that ends
   * with the callback's route. It is also found by `X-Forwarded-Prefix` where a `redirectUri` begins with that.
   */
  readonly strippedPrefix?: string | undefined
  /**
   * Where a visitor signs in whose tenant is not known. It is a path or an address, to which `returnTo` is added. Or it
   * is a function of the platform's request and of the path to come back to. Without it they see a page that says so.
   */
  readonly loginUrl?: string | SageLoginUrl | undefined
  /**
   * Shows a failure to a human, as a page of the application. It writes to the platform's own response, whose status
   * and headers are set already. It takes the place of the built-in page, and of the way back with `sage_error`.
   */
  readonly render?: SageRender | undefined
  /**
   * What the built-in page says, by language, such as `{ de: { links: { back: "Zurück" } } }`. A request gets the
   * language that it wants most (`Accept-Language`), or the first one of these. What is left out is English.
   */
  readonly texts?: TextsByLanguage | undefined
}

/** Gives the address where the visitor of a request signs in, to come back to a path of the application. */
// oxlint-disable-next-line typescript/no-explicit-any -- what guards and the platform put on a request is the application's
export type SageLoginUrl = (request: any, returnTo: string) => string

/** Shows a failure to a human. Request and response are those of the platform, Express's or Fastify's. */
// oxlint-disable-next-line typescript/no-explicit-any -- what guards and the platform put on a request is the application's
export type SageRender = (problem: ShownProblem, request: any, response: any) => void | PromiseLike<void>

/** What is decided before options that a factory makes are there. */
export interface SageAuthModuleExtras {
  /** whether every module can inject what this one provides. Default true */
  readonly global?: boolean | undefined
  /** whether the routes for consent are served. Default true */
  readonly routes?: boolean | undefined
  /** whether `SageAuthExceptionFilter` answers for every route. Default true; otherwise bind it with `@UseFilters` */
  readonly filter?: boolean | undefined
}

/** What `SageAuthModule.forRoot` takes. */
export type SageAuthRootOptions<C extends Connections = Connections> = SageAuthModuleOptions<C> & SageAuthModuleExtras

/** A provider that makes the options: for `useClass` and `useExisting`. */
export interface SageAuthOptionsFactory {
  /** Makes the options. It is called once, when the application starts. */
  createSageAuthOptions(): SageAuthModuleOptions | Promise<SageAuthModuleOptions>
}

/** What the ways to make options later have in common. */
export interface SageAuthAsyncExtras extends Pick<ModuleMetadata, "imports">, SageAuthModuleExtras {
  /** providers that only the factory needs */
  readonly extraProviders?: Array<Provider> | undefined
  /**
   * connections that only modules loaded lazily inject. Others are found by themselves, since their decorators have run
   * when the application starts
   */
  readonly lazyConnections?: ReadonlyArray<string> | undefined
}

/** Options from a function, which may inject providers. */
export interface SageAuthFactoryOptions<C extends Connections = Connections> extends SageAuthAsyncExtras {
  /** the tokens of what `useFactory` is called with, in order */
  readonly inject?: Array<InjectionToken | OptionalFactoryDependency> | undefined
  /** makes the options */
  readonly useFactory: (
    // oxlint-disable-next-line typescript/no-explicit-any -- what is injected
    ...dependencies: Array<any>
  ) => (SageAuthModuleOptions<C> & { readonly connections: Linked<C> }) | Promise<SageAuthModuleOptions<C>>
}

/** Options from a class that the module instantiates. */
export interface SageAuthClassOptions extends SageAuthAsyncExtras {
  /** the class; Nest injects what its constructor asks for */
  readonly useClass: Type<SageAuthOptionsFactory>
}

/** Options from a provider that exists already. */
export interface SageAuthExistingOptions extends SageAuthAsyncExtras {
  /** the provider's token */
  readonly useExisting: InjectionToken<SageAuthOptionsFactory>
}

/** What `SageAuthModule.forRootAsync` takes. */
export type SageAuthAsyncOptions<C extends Connections = Connections> =
  | SageAuthFactoryOptions<C>
  | SageAuthClassOptions
  | SageAuthExistingOptions
