import "reflect-metadata"
import { Controller, Get, Module, UseGuards } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import type { BusinessCloudClient, IntacctRestClient } from "@sage-auth/core"
import { InjectSageClient, RequiresSage, SageAuthModule, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import { type SandboxConnections, startSandbox } from "@sage-auth/sandbox"
import { visit } from "./visits.js"

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: SandboxConnections
  }
}

@Controller()
class AccountsController {
  readonly #vendors: IntacctRestClient

  constructor(@InjectSageClient("vendors") vendors: IntacctRestClient) {
    this.#vendors = vendors
  }

  @Get("vendors")
  async vendors(): Promise<unknown> {
    return (await this.#vendors.fetch("objects/accounts-payable/vendor")).json()
  }

  @Get("contacts")
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async contacts(@SageClient("books") books: BusinessCloudClient): Promise<unknown> {
    return (await books.fetch("contacts")).json()
  }
}

const sandbox = await startSandbox()

@Module({
  imports: [
    SageAuthModule.forRoot({
      connections: sandbox.connections({ redirectUri: "https://app.example/sage/callback" }),
      tenant: (request) => request.headers["x-company"]
    })
  ],
  controllers: [AccountsController]
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ["error", "warn"]
})
try {
  await app.listen(0, "127.0.0.1")
  await visit(await app.getUrl(), sandbox)
} finally {
  await app.close()
  await sandbox.stop()
}
