import {
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type PipeTransform,
  SetMetadata
} from "@nestjs/common"
import { Reflector } from "@nestjs/core"
import type { RegisteredName } from "@sage-auth/core"
import type { InjectedClientOf } from "./injected-sage-client.ts"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"
import { shared } from "./shared-classes.ts"
import { getSageClientToken, SAGE, SAGE_AUTH_RUNTIME } from "./tokens.ts"

/** A connection that a class names in a decorator, and where it does. */
export interface NamedConnection {
  readonly connection: string
  /** the decorator, such as `@InjectSageClient("books") of ContactsService` */
  readonly where: string
}

const namedKey = "@sage-auth/nest/named"
const requiredKey = "@sage-auth/nest/required"
const reflector = new Reflector()

/**
 * @internal the connections whose clients are injected anywhere in this process. Decorators run before any module exists,
 * so the module finds here which clients it has to provide
 */
export const injectedConnections = (): ReadonlySet<string> => shared().injected

type Class = abstract new (...input: ReadonlyArray<never>) => unknown

const classOf = (target: object): Class =>
  typeof target === "function" ? (target as Class) : (target.constructor as Class)

const append = (key: string, target: Class | ((...input: ReadonlyArray<never>) => unknown), value: unknown): void => {
  const before = reflector.get<ReadonlyArray<unknown> | undefined>(key, target as never) ?? []
  SetMetadata(key, [...before, value])(target as never)
}

const remember = (decorator: string, connection: string, target: object): void => {
  const owner = classOf(target)
  append(namedKey, owner, { connection, where: `@${decorator}("${connection}") of ${owner.name}` })
}

/** @internal every connection that a class names */
export const connectionsNamedBy = (owner: object): ReadonlyArray<NamedConnection> =>
  typeof owner === "function"
    ? (reflector.get<ReadonlyArray<NamedConnection> | undefined>(namedKey, owner as never) ?? [])
    : []

/** Where a client is injected, if the type declared there takes it; `never` if it does not. */
type Fitting<Name extends RegisteredName, Declared, Place> = string extends RegisteredName
  ? Place
  : InjectedClientOf<Name> extends Declared
    ? Place
    : never

type FittingKey<Name extends RegisteredName, Target, Key> = Key extends keyof Target
  ? Fitting<Name, Target[Key], Key>
  : Key

type FittingIndex<Name extends RegisteredName, Target, Index extends number> = Target extends abstract new (
  ...input: infer Parameters
) => unknown
  ? Fitting<Name, Parameters[Index], Index>
  : Index

/**
 * Injects the client of a connection into a constructor parameter or a property.
 *
 * The client finds its tenant at each call: that of the request under way, or of `SageTenancy.run`. Outside of both,
 * with a tenant resolver, its calls fail with `Misconfigured`. `.forTenant(id)` says whom they are for. Without a
 * resolver the tenant is always `"default"`.
 *
 * With `Register`, a constructor's parameter of another client's type does not compile. Neither does a property, unless
 * it is private.
 *
 * @publicApi
 * @category calls
 */
export const InjectSageClient =
  <Name extends RegisteredName>(
    connection: Name
  ): (<Target, Key extends string | symbol | undefined, Index extends number>(
    target: Target,
    key: FittingKey<Name, Target, Key>,
    index?: FittingIndex<Name, Target, Index>
  ) => void) =>
  (target, key, index) => {
    shared().injected.add(connection)
    remember("InjectSageClient", connection, target as object)
    const inject = Inject(getSageClientToken(connection))
    if (index === undefined) inject(target as object, key as string | symbol)
    else inject(target as object, key, index)
  }

/**
 * Injects the whole application: `Sage<RegisteredConnections>`, for events, `keepAlive` and what else `createSageAuth`
 * gives.
 *
 * @publicApi
 * @category application
 */
export const InjectSage = (): ParameterDecorator & PropertyDecorator => Inject(SAGE)

/** Which client a handler's parameter wants. Nothing in it is enumerable: other pipes see it first. */
class SageClientRequest {
  readonly #connection: string
  readonly #context: ExecutionContext

  constructor(connection: string, context: ExecutionContext) {
    this.#connection = connection
    this.#context = context
  }

  /** of a request, and not of whatever it runs in: the tenant stays the same when the client is handed on */
  open(runtime: SageAuthRuntime): object | undefined {
    const caller = runtime.tenancy.callerIn(this.#context)
    return runtime.client(this.#connection, () => caller)
  }
}

/** Turns what `@SageClient` asks for into the client. */
@Injectable()
class SageClientPipe implements PipeTransform<SageClientRequest, object | undefined> {
  readonly #runtime: SageAuthRuntime

  constructor(@Inject(SAGE_AUTH_RUNTIME) runtime: SageAuthRuntime) {
    this.#runtime = runtime
  }

  transform(wanted: SageClientRequest): object | undefined {
    return wanted.open(this.#runtime)
  }
}

const clientParameter = createParamDecorator(
  (connection: string, context: ExecutionContext) => new SageClientRequest(connection, context)
)

/**
 * Gives a route handler the client of a connection, for the tenant of its request.
 *
 * @publicApi
 * @category calls
 */
export const SageClient =
  (connection: RegisteredName): ParameterDecorator =>
  (target, key, index) => {
    remember("SageClient", connection, target)
    clientParameter(connection, SageClientPipe)(target, key, index)
  }

/**
 * Names a connection that has to be connected before a route runs; needs `SageConnectedGuard`. On a class it holds for
 * every route, and several add up.
 *
 * @publicApi
 * @category web
 */
export const RequiresSage =
  (connection: RegisteredName): MethodDecorator & ClassDecorator =>
  (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    remember("RequiresSage", connection, target)
    append(requiredKey, (descriptor?.value ?? target) as Class, connection)
  }

/** @internal the connections that a route requires */
export const connectionsRequiredBy = (
  context: Pick<ExecutionContext, "getClass" | "getHandler">
): ReadonlySet<string> =>
  new Set(reflector.getAllAndMerge<Array<string>>(requiredKey, [context.getClass(), context.getHandler()]))
