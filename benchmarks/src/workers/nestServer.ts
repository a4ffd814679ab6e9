import type { AddressInfo } from "node:net"
import process from "node:process"
import { Controller, Get, Module, type Type, UseGuards } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter } from "@nestjs/platform-express"
import { FastifyAdapter } from "@nestjs/platform-fastify"
import { businessCloud, type BusinessCloudClient, createSageAuth, generateKey } from "@sage-auth/core"
import { InjectSageClient, RequiresSage, SAGE, SageAuthModule, SageConnectedGuard } from "@sage-auth/nest"
import { answerTasks } from "../answerTasks.ts"

/**
 * What one and the same route is within: nothing; an application with the module, for a route that has nothing to do
 * with Sage; a client of the application's own for a credential; guard and injected client for the same credential.
 */
export type Within = "nothing" | "module" | "own-client" | "injected-client"

const answer = JSON.stringify({ access_token: "a".repeat(900), refresh_token: "r".repeat(200), expires_in: 300 })

/** An application with a consent to come, whose token endpoint is in this process. */
const config = {
  connections: {
    books: businessCloud({
      clientId: "id",
      clientSecret: "secret",
      redirectUri: "https://app.example/sage/callback/books"
    })
  },
  keys: [generateKey()],
  fetch: async () => new Response(answer, { headers: { "content-type": "application/json" } })
}

type Application = Pick<
  ReturnType<typeof createSageAuth<typeof config.connections>>,
  "client" | "completeAuthorization"
>

const connect = async (sage: Application): Promise<BusinessCloudClient> => {
  const books = sage.client("books")
  const { cookie, url } = await books.authorize({ returnTo: "/" })
  const state = new URL(url).searchParams.get("state") ?? ""
  await sage.completeAuthorization({ url: `/sage/callback/books?code=c&state=${state}`, cookie })
  return books
}

const replyOf = (text: string) => ({ read: text.length })

@Controller("contacts")
class Plain {
  @Get()
  contacts() {
    return replyOf("nothing")
  }
}

let own: BusinessCloudClient | undefined

@Controller("contacts")
class WithOwnClient {
  @Get()
  async contacts() {
    const headers = await own?.headers()
    return replyOf(headers?.["authorization"] ?? "")
  }
}

@Controller("contacts")
class WithInjectedClient {
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  @Get()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async contacts() {
    const { authorization = "" } = await this.books.headers()
    return replyOf(authorization)
  }
}

const controllers: Readonly<Record<Within, Type>> = {
  nothing: Plain,
  module: Plain,
  "own-client": WithOwnClient,
  "injected-client": WithInjectedClient
}

const tasks = {
  start: async ({
    platform,
    within
  }: {
    readonly within: Within
    readonly platform: "express" | "fastify"
  }): Promise<string> => {
    const hasModule = within === "module" || within === "injected-client"
    @Module({
      controllers: [controllers[within]],
      imports: hasModule ? [SageAuthModule.forRoot({ ...config, tenant: () => "default" })] : []
    })
    // oxlint-disable-next-line typescript/no-extraneous-class -- what NestJS calls a module
    class AppModule {}
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter({ keepAliveTimeout: 120_000 })
    const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: ["error"] })
    await app.listen(0, "127.0.0.1")
    app.getHttpServer().keepAliveTimeout = 120_000
    if (hasModule) await connect(app.get<Application>(SAGE))
    else own = await connect(createSageAuth(config))
    return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/contacts`
  },
  /** processor time of this process so far, in milliseconds */
  processor: (): number => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  }
}

/** NestJS with a route, and what a benchmark puts around it. */
export type NestServer = typeof tasks

answerTasks(tasks)
