/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { Controller, Get, Injectable, Module, UseGuards } from "@nestjs/common"
import {
  businessCloud,
  type BusinessCloudClient,
  type IntacctRestClient,
  type IntacctXmlClient,
  intacctRest,
  intacctXml
} from "@sage-auth/core"
import {
  InjectSage,
  InjectSageClient,
  type InjectedClientOf,
  type InjectedSageClient,
  type RegisteredSage,
  RequiresSage,
  SageAuthModule,
  type SageAuthModuleOptions,
  SageClient,
  SageConnectedGuard
} from "@sage-auth/nest"
import { describe, expect, test } from "tstyche"

class ConfigService {
  get(name: string): string {
    return name
  }
}

const makeConnections = (config: ConfigService) => ({
  vendors: intacctRest.clientCredentials({ clientId: config.get("a"), clientSecret: config.get("b"), username: "a@b" }),
  ledger: intacctXml({
    sender: { id: "", password: "" },
    login: { companyId: "", userId: "", password: "" }
  }),
  books: businessCloud({ clientId: "", clientSecret: "", redirectUri: "" })
})

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: ReturnType<typeof makeConnections>
  }
}

describe("an injected client", () => {
  test("has the type that the connection's builder gives, or a wider one", () => {
    @Injectable()
    class Service {
      @InjectSageClient("books") readonly books!: BusinessCloudClient
      constructor(
        @InjectSageClient("vendors") readonly vendors: IntacctRestClient,
        readonly config: ConfigService,
        @InjectSageClient("ledger") readonly ledger: InjectedSageClient<IntacctXmlClient>,
        @InjectSageClient("vendors") readonly wider: Pick<IntacctRestClient, "fetch">,
        @InjectSage() readonly sage: RegisteredSage
      ) {}
    }
    expect(new Service({} as never, new ConfigService(), {} as never, {} as never, {} as never)).type.toBe<Service>()
  })

  test("of another connection's type does not compile in a constructor, and neither does a name that there is not", () => {
    @Injectable()
    class Wrong {
      constructor(
        readonly config: ConfigService,
        // @ts-expect-error not assignable
        @InjectSageClient("vendors") readonly vendors: IntacctXmlClient
      ) {}
    }
    expect<Wrong>().type.toBe<Wrong>()
    class WrongProperty {
      // @ts-expect-error not assignable
      @InjectSageClient("vendors") readonly vendors!: IntacctXmlClient
      // what is private is not seen
      @InjectSageClient("vendors") private readonly hidden!: IntacctXmlClient
      @InjectSageClient("vendors") readonly wider!: Pick<IntacctRestClient, "fetch">
      @InjectSageClient("vendors") declare readonly declared: IntacctRestClient
    }
    expect<WrongProperty>().type.toBe<WrongProperty>()
    expect(InjectSageClient).type.not.toBeCallableWith("boks")
    expect(SageClient).type.not.toBeCallableWith("boks")
    expect(RequiresSage).type.not.toBeCallableWith("boks")
  })

  test("can be had for a tenant who is named, in another entity too", () => {
    const vendors = {} as InjectedClientOf<"vendors">
    expect(vendors.forTenant("acme")).type.toBe<IntacctRestClient>()
    expect(vendors.entity("E1").forTenant("acme")).type.toBe<IntacctRestClient>()
    expect<InjectedClientOf<"books">>().type.toBe<InjectedSageClient<BusinessCloudClient>>()
  })
})

describe("a route", () => {
  test("gets a client, a guard and its requirements by decorators", () => {
    @Controller()
    @RequiresSage("ledger")
    class Routes {
      @Get()
      @UseGuards(SageConnectedGuard)
      @RequiresSage("books")
      list(@SageClient("books") books: BusinessCloudClient) {
        return books.fetch("contacts")
      }
    }
    expect<Routes>().type.toBe<Routes>()
  })
})

describe("the module", () => {
  test("takes options, or ways to make them, with the request of any platform", () => {
    const store = "sqlite:x" as const
    @Module({
      imports: [
        SageAuthModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService) => ({
            connections: makeConnections(config),
            store,
            keys: ["k"],
            tenant: (req) => req.user.companyId,
            basePath: "sage"
          })
        }),
        SageAuthModule.forRootAsync({
          inject: [ConfigService],
          global: false,
          useFactory: async (config) => ({
            connections: makeConnections(config),
            store: "sqlite:x",
            keys: ["k"],
            tenant: async (req) => req.user?.companyId
          })
        }),
        SageAuthModule.forRootAsync({
          useFactory: (config) => ({
            connections: makeConnections(config),
            store: "sqlite:x",
            keys: ["k"],
            tenant: (req) => req.user.companyId,
            basePath: "sage"
          })
        })
      ]
    })
    class AppModule {}
    expect<AppModule>().type.toBe<AppModule>()
    class Factory {
      createSageAuthOptions(): SageAuthModuleOptions {
        return { connections: makeConnections(new ConfigService()) }
      }
    }
    expect(SageAuthModule.forRootAsync).type.toBeCallableWith({ useClass: Factory, imports: [], filter: false })
    expect(SageAuthModule.forRootAsync).type.toBeCallableWith({ useExisting: Factory, routes: false })
    expect(SageAuthModule.forRootAsync).type.not.toBeCallableWith({ useClass: ConfigService })
    expect(SageAuthModule.forRootAsync).type.not.toBeCallableWith({})
    SageAuthModule.forRootAsync({
      useFactory: () => ({ connections: makeConnections(new ConfigService()) }),
      // @ts-expect-error does not exist
      tenant: () => "acme"
    })
  })

  test("refuses a borrowed session of a connection that there is not", () => {
    SageAuthModule.forRoot({ connections: makeConnections(new ConfigService()) })
    SageAuthModule.forRoot({
      connections: {
        // @ts-expect-error names no connection
        bridge: intacctRest.clientCredentials({ clientId: "", clientSecret: "", session: "nope" })
      }
    })
  })
})
