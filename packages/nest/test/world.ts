import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import type { INestApplication, LoggerService, ModuleMetadata } from "@nestjs/common"
import { ExpressAdapter } from "@nestjs/platform-express"
import { FastifyAdapter } from "@nestjs/platform-fastify"
import { Test } from "@nestjs/testing"
import { SageAuthTestingModule, type SageAuthTestingOptions, SageSandbox } from "@sage-auth/nest/testing"
import type { Sandbox } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"

export const platforms = ["express", "fastify"] as const

export type Platform = (typeof platforms)[number]

/** A request of either platform, as the application's guards and resolvers know it. */
export interface PlatformRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  user?: { readonly companyId: string | undefined }
}

/** an application's session is not this library's: these take the header's word for it */
export const tenantOf = (request: PlatformRequest): string | undefined => request.headers["x-company"]

/** Answers as a client of an API or as a browser sees them: nothing is followed. */
export interface Visitor {
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>
  readonly post: (
    path: string,
    body?: string | URLSearchParams,
    headers?: Readonly<Record<string, string>>
  ) => Promise<Response>
}

export interface World extends Visitor {
  readonly app: INestApplication
  readonly origin: string
  readonly sandbox: Sandbox<"manual">
  readonly consent: SageSandbox["consent"]
}

export interface WorldOptions extends Pick<ModuleMetadata, "controllers" | "imports" | "providers"> {
  readonly platform?: Platform | undefined
  readonly sage?: SageAuthTestingOptions | undefined
  readonly prepare?: ((app: INestApplication) => void) | undefined
  readonly bodyParser?: boolean | undefined
}

/** What an application logs, as text, by everything that a logger might print of it. */
export const logged: Array<string> = []

const record = (...input: ReadonlyArray<unknown>): void => {
  logged.push(...input.map((value) => `${String(value)}\n${inspect(value, { depth: null })}`))
}

/** Keeps what is logged for the test to look at. */
export const logger: LoggerService = {
  log: () => {},
  debug: record,
  error: record,
  fatal: record,
  verbose: record,
  warn: record
}

export const visitorOf = (origin: string): Visitor => ({
  get: (path, headers = {}) => fetch(`${origin}${path}`, { headers, redirect: "manual" }),
  post: (path, body, headers = {}) =>
    fetch(`${origin}${path}`, { method: "POST", headers, redirect: "manual", body: body ?? null })
})

/** Starts an application, without logs; it ends with the test. */
export const startApplication = async ({
  bodyParser,
  controllers,
  imports,
  platform = "express",
  prepare,
  providers
}: Omit<WorldOptions, "sage">): Promise<INestApplication> => {
  const moduleRef = await Test.createTestingModule({
    imports: imports ?? [],
    controllers: controllers ?? [],
    providers: providers ?? []
  }).compile()
  const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter()
  const app = moduleRef.createNestApplication(adapter as ExpressAdapter, {
    logger,
    ...(bodyParser === undefined ? {} : { bodyParser })
  })
  onTestFinished(() => {
    // a client keeps a connection for a next request, and a server that closes waits for it
    app.getHttpServer().closeAllConnections()
    return app.close()
  })
  prepare?.(app)
  await app.listen(0, "127.0.0.1")
  return app
}

export const originOf = (app: INestApplication): string =>
  `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`

/** Starts an application with a sandbox behind it. */
export const openWorld = async ({ imports = [], sage, ...options }: WorldOptions = {}): Promise<World> => {
  const app = await startApplication({ ...options, imports: [SageAuthTestingModule.forRoot(sage), ...imports] })
  const testing = app.get(SageSandbox)
  const origin = originOf(app)
  return {
    app,
    origin,
    sandbox: testing.sandbox,
    consent: (...input) => testing.consent(...input),
    ...visitorOf(origin)
  }
}
