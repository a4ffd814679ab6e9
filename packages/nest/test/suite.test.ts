import type { RequestListener } from "node:http"
import { Controller, Get, UseGuards } from "@nestjs/common"
import { ExpressAdapter } from "@nestjs/platform-express"
import { FastifyAdapter } from "@nestjs/platform-fastify"
import { Test } from "@nestjs/testing"
import type { BusinessCloudClient } from "@sage-auth/core"
import { InjectSageClient, RequiresSage, SAGE, SageAuthModule, SageConnectedGuard } from "@sage-auth/nest"
import { frameworkSuite } from "../../../tests/src/web/suite.ts"
import { type Application, contacts, ownPage, type Plan } from "../../../tests/src/web/world.ts"
import { logger, type PlatformRequest, platforms } from "./world.ts"

@Controller()
class PagesController {
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  @Get("contacts")
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  contacts() {
    return this.unguarded()
  }

  @Get("unguarded")
  async unguarded() {
    return (await this.books.fetch(contacts)).json()
  }

  @Get("oauth/books")
  own() {
    return ownPage
  }
}

const built =
  (platform: (typeof platforms)[number]) =>
  async ({ config, options: { tenant, ...options } }: Plan): Promise<Application> => {
    const moduleRef = await Test.createTestingModule({
      imports: [
        SageAuthModule.forRoot({
          ...config,
          ...options,
          tenant: tenant && ((request: PlatformRequest) => tenant((name) => request.headers[name]))
        })
      ],
      controllers: [PagesController]
    }).compile()
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter()
    const app = moduleRef.createNestApplication(adapter as ExpressAdapter, { logger })
    await app.init()
    const instance: RequestListener & {
      readonly ready?: () => PromiseLike<unknown>
      readonly routing?: RequestListener
    } = app.getHttpAdapter().getInstance()
    await instance.ready?.()
    return { sage: app.get(SAGE), listener: instance.routing ?? instance, close: () => app.close() }
  }

// the other tests of this folder have both platforms under both versions of NestJS
for (const platform of process.env["NEST"] === "11" ? platforms.slice(0, 1) : platforms)
  frameworkSuite({ name: `NestJS on ${platform}`, byItself: ["forms", "health"], build: built(platform) })
