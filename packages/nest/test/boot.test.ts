import { Controller, Get, Injectable, Module } from "@nestjs/common"
import { LazyModuleLoader, NestFactory } from "@nestjs/core"
import { VERSION } from "./nestVersion.ts"
import { Test } from "@nestjs/testing"
import { businessCloud, generateKey, intacctXml, SageAuthError } from "@sage-auth/core"
import {
  getSageClientToken,
  InjectSage,
  InjectSageClient,
  type InjectedSageClient,
  RequiresSage,
  type SageAuthFactoryOptions,
  SageAuthModule,
  type SageAuthModuleOptions,
  type SageAuthOptionsFactory,
  SageClient,
  type RegisteredSage,
  SAGE
} from "@sage-auth/nest"
import { SageAuthTestingModule, SageSandbox } from "@sage-auth/nest/testing"
import type { BusinessCloudClient, IntacctXmlClient } from "@sage-auth/core"
import { describe, expect, it, onTestFinished } from "vitest"
import { openWorld, platforms, startApplication, originOf, visitorOf } from "./world.ts"

const ledger = intacctXml({
  sender: { id: "acme-sender", password: "sender-s3cret" },
  login: { companyId: "acme", userId: "xml_gateway", password: "login-s3cret" }
})
const options: SageAuthModuleOptions = { connections: { ledger } }

@Injectable()
class Settings implements SageAuthOptionsFactory {
  createSageAuthOptions(): SageAuthModuleOptions {
    return options
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class LedgerUser {
  @InjectSageClient("ledger") readonly ledger!: InjectedSageClient<IntacctXmlClient>
  readonly sage: RegisteredSage

  constructor(@InjectSage() sage: RegisteredSage) {
    this.sage = sage
  }
}

const compiled = async (
  ...imports: ReadonlyArray<NonNullable<Parameters<typeof Test.createTestingModule>[0]["imports"]>[number]>
) => {
  const moduleRef = await Test.createTestingModule({ imports: [...imports], providers: [LedgerUser] }).compile()
  onTestFinished(() => moduleRef.close())
  return moduleRef
}

interface Issue {
  readonly option: string
  readonly expected: string
}

const issuesIn = (failed: unknown): ReadonlyArray<Issue> => {
  expect(failed).toBeInstanceOf(SageAuthError)
  return ((failed as SageAuthError).reason as unknown as { readonly issues: ReadonlyArray<Issue> }).issues
}

/** What is wrong with options, as an application that does not start says it. */
const issuesOf = async (
  ...imports: ReadonlyArray<NonNullable<Parameters<typeof Test.createTestingModule>[0]["imports"]>[number]>
): Promise<ReadonlyArray<Issue>> => issuesIn(await failureOf({ imports: [...imports] }))

const failureOf = (imports: Parameters<typeof Test.createTestingModule>[0]): Promise<unknown> =>
  Test.createTestingModule(imports)
    .compile()
    .then(
      () => undefined,
      (error: unknown) => error
    )

describe(`the module in NestJS ${VERSION}`, () => {
  it("is tested in the line that is meant", () => {
    expect(VERSION.split(".")[0]).toBe(process.env["NEST"] ?? "12")
  })

  it.each([
    ["forRoot", () => SageAuthModule.forRoot(options)],
    ["a function", () => SageAuthModule.forRootAsync({ useFactory: () => options })],
    [
      "a function that injects",
      () =>
        SageAuthModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings, { token: "missing", optional: true }],
          useFactory: async (settings: Settings, missing: unknown) => {
            expect(missing).toBeUndefined()
            return settings.createSageAuthOptions()
          }
        })
    ],
    ["a class", () => SageAuthModule.forRootAsync({ useClass: Settings })],
    ["a provider that exists", () => SageAuthModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })],
    ["a provider of its own", () => SageAuthModule.forRootAsync({ extraProviders: [Settings], useExisting: Settings })]
  ])("opens with options of %s", async (_, module) => {
    const moduleRef = await compiled(module())
    const user = moduleRef.get(LedgerUser)
    expect(user.ledger.connection).toBe("ledger")
    expect(await user.ledger.status()).toMatchObject({ state: "configured" })
    expect(user.sage).toBe(moduleRef.get(SAGE))
    expect(user.ledger).toBe(moduleRef.get(getSageClientToken("ledger")))
  })

  it("gives its clients to every module, or to those that import it", async () => {
    @Module({ providers: [LedgerUser], exports: [LedgerUser] })
    class Feature {}
    const moduleRef = await compiled(SageAuthModule.forRoot(options), Feature)
    expect(moduleRef.select(Feature).get(LedgerUser).ledger.connection).toBe("ledger")
    const failed = await failureOf({ imports: [SageAuthModule.forRoot({ ...options, global: false }), Feature] })
    expect(String(failed)).toContain("LedgerUser")
  })

  it("fails to start with every mistake of the options at once, and none of their values", async () => {
    const failed = await failureOf({
      imports: [
        SageAuthModule.forRootAsync({
          useFactory: () =>
            ({
              connections: {
                ledger: intacctXml({ sender: { id: "", password: "sender-s3cret" }, login: {} } as never),
                books: businessCloud({ clientId: "", clientSecret: "books-s3cret", redirectUri: "nowhere" })
              },
              store: "sqlite:grants.db",
              tenant: "acme",
              basePath: "/sage?x",
              deadlin: 5
            }) as never
        })
      ]
    })
    expect(failed).toBeInstanceOf(SageAuthError)
    const { message, reason } = failed as SageAuthError
    expect(reason._tag).toBe("Misconfigured")
    const named = (reason as unknown as { readonly issues: ReadonlyArray<{ readonly option: string }> }).issues.map(
      ({ option }) => option
    )
    for (const option of [
      "connections.ledger.sender.id",
      "connections.ledger.login.companyId",
      "connections.books.clientId",
      "connections.books.redirectUri",
      "keys",
      "deadlin",
      "tenant",
      "basePath"
    ]) {
      expect(named).toContain(option)
      expect(message).toContain(option)
    }
    expect(message).not.toContain("s3cret")
  })

  it("fails to start with options beside the factory that belong into what it gives: a tenant must not go unheard", async () => {
    const failed = await failureOf({
      imports: [
        SageAuthModule.forRootAsync({
          useFactory: () => ({ ...options, deadlin: 5 }) as never,
          tenant: () => "acme",
          rotes: false
        } as SageAuthFactoryOptions)
      ]
    })
    const { issues } = (failed as SageAuthError).reason as unknown as {
      readonly issues: ReadonlyArray<{ readonly option: string }>
    }
    expect(issues.map(({ option }) => option)).toEqual([
      "forRootAsync({ tenant })",
      "forRootAsync({ rotes })",
      "deadlin"
    ])
  })

  it("names the option that was meant, this module's own included, or all that there are", async () => {
    const wrong = await issuesOf(
      SageAuthModule.forRoot({ ...options, tennant: () => "acme", basepath: "x", zebra: 1 } as never)
    )
    expect(wrong.map(({ option, expected }) => `${option}: ${expected.slice(0, 47)}`)).toEqual([
      "tennant: no such option: did you mean tenant?",
      "basepath: no such option: did you mean basePath?",
      "zebra: no such option: the options here are connection"
    ])
    for (const name of ["tenant", "basePath", "global", "filter", "routes", "keepAlive"]) {
      expect(wrong[2]?.expected).toContain(name)
    }
    const beside = await issuesOf(
      SageAuthModule.forRootAsync({ useFactory: () => options, inports: [], isGlobal: true } as SageAuthFactoryOptions)
    )
    expect(beside.map(({ expected }) => expected)).toEqual([
      "no such option: did you mean imports?",
      "no such option: did you mean global?"
    ])
  })

  it("says where options belong: beside the factory, or into what it gives", async () => {
    const inside = await issuesOf(
      SageAuthModule.forRootAsync({ useFactory: () => ({ ...options, global: false, routes: false }) as never })
    )
    expect(inside).toEqual([
      {
        option: "global",
        expected: "beside the factory: forRootAsync({ global, useFactory }), where it is needed before"
      },
      {
        option: "routes",
        expected: "beside the factory: forRootAsync({ routes, useFactory }), where it is needed before"
      }
    ])
    const [outside] = await issuesOf(
      SageAuthModule.forRootAsync({ useFactory: () => options, tenant: () => "acme" } as SageAuthFactoryOptions)
    )
    expect(outside).toEqual({
      option: "forRootAsync({ tenant })",
      expected: "in what the factory gives: useFactory: () => ({ connections, tenant })"
    })
  })

  it("fails to start with two of them, and says how one does for all", async () => {
    const books = businessCloud({ clientId: "x", clientSecret: "y", redirectUri: "https://app.example/b" })
    @Module({ imports: [SageAuthModule.forRoot({ connections: { books }, basePath: "billing" })] })
    class BillingModule {}
    const [issue, ...more] = await issuesOf(SageAuthModule.forRoot(options), BillingModule)
    expect(issue?.option).toBe("SageAuthModule")
    expect(issue?.expected).toContain("one import, in the root module, with the connections of all modules")
    expect(more).toEqual([])
  })

  it("is one where two modules import the same", async () => {
    const sage = SageAuthModule.forRoot({ ...options, global: false })
    @Module({ imports: [sage] })
    class BillingModule {}
    const moduleRef = await compiled(sage, BillingModule)
    expect(moduleRef.get(LedgerUser).ledger.connection).toBe("ledger")
  })

  it.each([
    ["forRoot without options", () => SageAuthModule.forRoot(undefined as never), "forRoot(options)"],
    ["forRoot with an empty object", () => SageAuthModule.forRoot({} as never), "connections"],
    ["forRoot without a connection", () => SageAuthModule.forRoot({ connections: {} }), "connections"],
    ["forRootAsync without options", () => SageAuthModule.forRootAsync(undefined as never), "forRootAsync(options)"],
    ["forRootAsync without a factory", () => SageAuthModule.forRootAsync({} as never), "forRootAsync(options)"]
  ])("says what is missing from %s", async (_name, make, option) => {
    const attempt = async () => issuesOf(make())
    const [issue] = await attempt().catch((error: unknown) => issuesIn(error))
    expect(issue?.option).toBe(option)
  })

  it("fails to start with every name of a decorator that no connection has", async () => {
    @Injectable()
    class Typo {
      @InjectSageClient("legder") readonly ledger!: IntacctXmlClient
      readonly books: BusinessCloudClient

      constructor(@InjectSageClient("boks") books: BusinessCloudClient) {
        this.books = books
      }
    }
    @Controller()
    class Routes {
      @Get("a")
      @RequiresSage("vendrs")
      a(@SageClient("payabels") client: unknown) {
        return client
      }
    }
    const failed = await failureOf({
      imports: [SageAuthModule.forRoot(options)],
      providers: [Typo],
      controllers: [Routes]
    })
    const { issues } = (failed as SageAuthError).reason as unknown as {
      readonly issues: ReadonlyArray<{ readonly option: string; readonly expected: string }>
    }
    expect(issues.map(({ option }) => option).toSorted()).toEqual([
      '@InjectSageClient("boks") of Typo',
      '@InjectSageClient("legder") of Typo',
      '@RequiresSage("vendrs") of Routes',
      '@SageClient("payabels") of Routes'
    ])
    expect(issues[0]?.expected).toBe("the name of a connection: ledger")
  })

  it.each([undefined, null, 5])("fails to start when a factory gives %s", async (given) => {
    const failed = await failureOf({ imports: [SageAuthModule.forRootAsync({ useFactory: () => given as never })] })
    expect(failed).toMatchObject({ reason: { _tag: "Misconfigured" } })
  })

  it("fails to start when the grant store cannot be opened", async () => {
    const failed = await failureOf({
      imports: [
        SageAuthModule.forRoot({ ...options, store: `sqlite:${import.meta.filename}/grants.db`, keys: [generateKey()] })
      ]
    })
    expect(failed).toMatchObject({ reason: { _tag: "StoreUnavailable" } })
  })

  it("works without HTTP", async () => {
    @Module({ imports: [SageAuthModule.forRoot(options)], providers: [LedgerUser] })
    class Worker {}
    const context = await NestFactory.createApplicationContext(Worker, { logger: false })
    onTestFinished(() => context.close())
    expect(context.get(LedgerUser).ledger.surface).toBe("intacct-xml")
  })

  it("has clients for modules that are loaded later", async () => {
    const moduleRef = await compiled(
      SageAuthModule.forRootAsync({ useFactory: () => options, lazyConnections: ["ledger"] })
    )
    @Module({
      providers: [{ provide: "late", inject: [getSageClientToken("ledger")], useFactory: (client) => client }]
    })
    class Late {}
    const late = await moduleRef.get(LazyModuleLoader).load(() => Late)
    expect(late.get<IntacctXmlClient>("late").connection).toBe("ledger")
  })

  it("lets a test put its own client in place of an injected one", async () => {
    const own = { connection: "of the test" }
    const moduleRef = await Test.createTestingModule({
      imports: [SageAuthModule.forRoot(options)],
      providers: [LedgerUser]
    })
      .overrideProvider(getSageClientToken("ledger"))
      .useValue(own)
      .compile()
    onTestFinished(() => moduleRef.close())
    expect(moduleRef.get(LedgerUser).ledger).toBe(own)
  })
})

describe("the testing module", () => {
  it("takes the place of the application's own", async () => {
    const own = SageAuthModule.forRoot(options)
    @Module({ imports: [own], providers: [LedgerUser] })
    class AppModule {}
    const moduleRef = await Test.createTestingModule({ imports: [AppModule] })
      .overrideModule(own)
      .useModule(SageAuthTestingModule.forRoot())
      .compile()
    onTestFinished(() => moduleRef.close())
    const { sandbox } = moduleRef.get(SageSandbox)
    await moduleRef.get(LedgerUser).ledger.session()
    expect(sandbox.requests({ step: "getAPISession" })).toHaveLength(1)
  })

  it("says that nobody has to consent where nobody has to", async () => {
    const { consent } = await openWorld()
    await expect(consent("ledger")).rejects.toThrow("no user has to consent to the connection ledger")
  })
})

describe.each(platforms)("two applications in one process on %s", (platform) => {
  it("keep their paths, connections and names apart", async () => {
    const books = businessCloud({ clientId: "x", clientSecret: "y", redirectUri: "https://app.example/b" })
    const first = await startApplication({
      platform,
      imports: [SageAuthModule.forRootAsync({ useFactory: () => ({ ...options, basePath: "first" }) })]
    })
    const second = await startApplication({
      platform,
      imports: [SageAuthModule.forRootAsync({ useFactory: () => ({ connections: { books }, basePath: "second" }) })]
    })
    const list = async (app: typeof first, path: string) => {
      const reply = await visitorOf(originOf(app)).get(`/${path}/connections`)
      if (reply.status !== 200) return reply.status
      const { connections } = (await reply.json()) as { readonly connections: ReadonlyArray<{ readonly name: string }> }
      return connections.map(({ name }) => name)
    }
    expect(await list(first, "first")).toEqual(["ledger"])
    expect(await list(second, "second")).toEqual(["books"])
    expect(await list(first, "second")).toBe(404)
  })
})
