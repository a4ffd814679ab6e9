import "reflect-metadata"
import assert from "node:assert/strict"
import { Controller, Get, Injectable, Module, UseGuards } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus"
import { Test } from "@nestjs/testing"
import type { BusinessCloudClient, IntacctRestClient } from "@sage-auth/core"
import {
  InjectSageClient,
  type InjectedSageClient,
  RequiresSage,
  SageAuthModule,
  SageClient,
  SageConnectedGuard,
  SageHealthIndicator
} from "@sage-auth/nest"
import { SageAuthTestingModule, SageSandbox } from "@sage-auth/nest/testing"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { visit } from "./visits"

interface PlatformRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
}

const tenant = (request: PlatformRequest) => request.headers["x-company"]

@Injectable()
class Vendors {
  constructor(@InjectSageClient("vendors") private readonly vendors: IntacctRestClient) {}

  async all(): Promise<unknown> {
    return (await this.vendors.fetch("objects/accounts-payable/vendor")).json()
  }
}

@Injectable()
class Contacts {
  @InjectSageClient("books") readonly books!: InjectedSageClient<BusinessCloudClient>
}

@Controller()
class AccountsController {
  constructor(
    private readonly own: Vendors,
    private readonly health: HealthCheckService,
    private readonly sage: SageHealthIndicator
  ) {}

  @Get("vendors")
  vendors(): Promise<unknown> {
    return this.own.all()
  }

  @Get("contacts")
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async contacts(@SageClient("books") books: BusinessCloudClient): Promise<unknown> {
    return (await books.fetch("contacts")).json()
  }

  @Get("health")
  @HealthCheck()
  check() {
    return this.health.check([() => this.sage.isHealthy("sage")])
  }
}

@Injectable()
class Sandboxes {
  sandbox: Sandbox | undefined

  async start(): Promise<Sandbox> {
    return (this.sandbox ??= await startSandbox())
  }
}

@Module({ providers: [Sandboxes], exports: [Sandboxes] })
class SandboxesModule {}

const SageModule = SageAuthModule.forRootAsync({
  imports: [SandboxesModule],
  inject: [Sandboxes],
  useFactory: async (sandboxes: Sandboxes) => ({
    connections: (await sandboxes.start()).connections({ redirectUri: "https://app.example/sage/callback" }),
    tenant
  })
})

@Module({
  imports: [SageModule, TerminusModule],
  controllers: [AccountsController],
  providers: [Vendors, Contacts]
})
class AppModule {}

/** The application as it runs. */
const run = async (): Promise<void> => {
  const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] })
  const sandbox = await app.get(Sandboxes).start()
  try {
    await app.listen(0, "127.0.0.1")
    const origin = await app.getUrl()
    await visit(origin, sandbox)
    const health = await fetch(`${origin}/health`)
    const { info } = (await health.json()) as { readonly info: { readonly sage: { readonly status: string } } }
    assert.deepEqual([health.status, info.sage.status], [200, "up"])
    console.log(`health: ${info.sage.status}`)
  } finally {
    await app.close()
    await sandbox.stop()
  }
}

/** The same in a test. */
const test = async (): Promise<void> => {
  const app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideModule(SageModule)
    .useModule(SageAuthTestingModule.forRoot({ tenant }))
    .compile()
  try {
    const testing = app.get(SageSandbox)
    await testing.consent("books", { tenant: "harbour" })
    await testing.sandbox.clock.advance("6 minutes")
    const { status } = await app.get(Contacts).books.forTenant("harbour").fetch("contacts")
    assert.equal(status, 200)
    assert.equal(testing.sandbox.requests({ surface: "business-cloud", step: "token" }).length, 2)
    console.log(`in a test, after a renewal: ${status}`)
  } finally {
    await app.close()
  }
}

run()
  .then(test)
  .catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
