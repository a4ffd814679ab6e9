import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  UseGuards,
  VersioningType
} from "@nestjs/common"
import { APP_GUARD } from "@nestjs/core"
import type { BusinessCloudClient } from "@sage-auth/core"
import { InjectSageClient, RequiresSage, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import { Browser } from "./Browser.ts"
import { openWorld, type PlatformRequest, platforms, tenantOf, type WorldOptions } from "./world.ts"

@Controller("contacts")
class ContactsController {
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  @Get()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async list(@SageClient("books") books: BusinessCloudClient) {
    return { businesses: (await books.businesses()).length }
  }

  @Post()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  add() {
    return { added: true }
  }

  @Get("unguarded")
  async unguarded() {
    return { businesses: (await this.books.businesses()).length }
  }

  @Get("broken")
  broken() {
    throw new Error("the application's own mistake")
  }
}

@Controller("both")
@UseGuards(SageConnectedGuard)
@RequiresSage("books")
class BothController {
  @Get()
  @RequiresSage("payables")
  both() {
    return { both: true }
  }
}

/** the application's own: no session, no entry */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<PlatformRequest>()
    request.user = { companyId: tenantOf(request) }
    return request.user.companyId !== undefined
  }
}

const broken = () => {
  throw new Error("SELECT secret-of-the-session FROM sessions")
}

const controllers = [ContactsController, BothController]

describe.each(platforms)("a consent on %s", (platform) => {
  const open = (options: WorldOptions = {}) => openWorld({ platform, controllers, ...options })

  it("comes by itself when a page needs it, and ends on that page", async () => {
    const world = await open()
    const browser = new Browser(world)
    const refused = await browser.open("/contacts?page=2")
    expect(refused.status).toBe(303)
    const connect = refused.headers.get("location") ?? ""
    expect(connect).toBe("/sage/connect/books?returnTo=%2Fcontacts%3Fpage%3D2")
    const callback = await browser.begin(world, connect)
    const [cookie] = browser.cookies.values()
    expect(cookie?.attributes).toBe("Path=/sage; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    const back = await browser.open(callback)
    expect(back.status).toBe(303)
    expect(back.headers.get("location")).toBe("/contacts?page=2")
    expect(back.headers.get("cache-control")).toBe("no-store")
    expect(browser.cookies.size).toBe(0)
    expect(await (await browser.open("/contacts?page=2")).json()).toEqual({ businesses: 3 })
  })

  it("is a problem with an address for a client of an API, and for anything but a page", async () => {
    const { get, post } = await open()
    for (const reply of [await get("/contacts"), await get("/contacts/unguarded"), await post("/contacts")]) {
      expect(reply.status).toBe(403)
      expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/)
      expect(await reply.json()).toMatchObject({
        status: 403,
        connection: "books",
        connectUrl: "/sage/connect/books",
        retryable: false
      })
    }
  })

  it("refuses a callback that is forged, swapped with another tenant's or without its cookie, and sends a replayed one no further than to what is", async () => {
    const world = await open({ sage: { tenant: tenantOf } })
    const acme = new Browser(world, { "x-company": "acme" })
    const birch = new Browser(world, { "x-company": "birch" })
    const callback = await acme.begin(world, "/sage/connect/books")
    for (const [key, cookie] of acme.cookies) birch.cookies.set(key, cookie)
    expect((await birch.open(callback)).status).toBe(400)
    expect((await new Browser(world, { "x-company": "acme" }).open(callback)).status).toBe(400)
    const forged = new URL(callback)
    forged.searchParams.set("state", "forged")
    expect((await acme.open(forged.href)).status).toBe(400)
    const cookies = new Map(acme.cookies)
    expect((await acme.open(callback)).status).toBe(303)
    expect((await acme.open(callback)).status).toBe(400)
    for (const [key, cookie] of cookies) acme.cookies.set(key, cookie)
    const shown = await acme.open(callback)
    expect([shown.status, shown.headers.get("location")]).toEqual([303, "/"])
    expect(world.sandbox.requests({ step: "token" }).length).toBe(1)
    expect((await world.get("/contacts", { "x-company": "birch" })).status).toBe(403)
    expect((await world.get("/contacts", { "x-company": "acme" })).status).toBe(200)
  })

  it("ends with a POST of the application's own pages, and of no other site's", async () => {
    const world = await open()
    await world.consent("books")
    const { get, post } = world
    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" }
    expect((await post("/sage/disconnect/books", "", foreign)).status).toBe(403)
    expect((await get("/sage/disconnect/books")).status).toBe(405)
    expect((await get("/contacts")).status).toBe(200)
    const reply = await post("/sage/disconnect/books")
    expect(await reply.json()).toMatchObject({ connection: "books" })
    expect((await get("/contacts")).status).toBe(403)
  })

  it("is listed for the tenant who asks, without a secret, and asks for the tenant first", async () => {
    const world = await open({ sage: { tenant: tenantOf } })
    await world.consent("books", { tenant: "acme" })
    const listed = async (company: string) => {
      const reply = await world.get("/sage/connections", { "x-company": company })
      const { connections } = (await reply.json()) as {
        readonly connections: ReadonlyArray<{ readonly name: string; readonly state: string }>
      }
      return connections.find(({ name }) => name === "books")?.state
    }
    expect(await listed("acme")).toBe("connected")
    expect(await listed("birch")).toBe("disconnected")
    expect((await world.get("/sage/connections")).status).toBe(401)
    expect((await world.get("/sage/connect/unknown", { "x-company": "acme" })).status).toBe(404)
    expect((await world.get("/sage/else", { "x-company": "acme" })).status).toBe(404)
  })

  it("is needed for every connection that class and handler name", async () => {
    const { consent, get } = await open()
    expect(await (await get("/both")).json()).toMatchObject({ connection: "books" })
    await consent("books")
    expect(await (await get("/both")).json()).toMatchObject({ connection: "payables" })
    await consent("payables")
    expect(await (await get("/both")).json()).toEqual({ both: true })
  })

  it("works below a global prefix and beside versions", async () => {
    const redirectUri = "https://app.example/api/sage/callback"
    const world = await open({
      prepare: (app) => {
        app.setGlobalPrefix("api")
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: "1" })
      },
      sage: {
        sandbox: { businessCloud: { redirectUris: [`${redirectUri}/books`] } },
        connections: (sandbox) => sandbox.connections({ redirectUri })
      }
    })
    const browser = new Browser(world)
    const refused = await browser.open("/api/v1/contacts")
    expect(refused.headers.get("location")).toBe("/api/sage/connect/books?returnTo=%2Fapi%2Fv1%2Fcontacts")
    const callback = await browser.begin(world, refused.headers.get("location") ?? "")
    expect((await browser.open(callback)).headers.get("location")).toBe("/api/v1/contacts")
    expect((await browser.open("/api/v1/contacts")).status).toBe(200)
    expect((await world.get("/sage/connections")).status).toBe(404)
    expect((await world.get("/api/sage/connections")).status).toBe(200)
  })

  it("is where the application wants it, also outside of the prefix", async () => {
    const world = await open({
      prepare: (app) => app.setGlobalPrefix("api", { exclude: ["auth/sage/{*rest}"] }),
      sage: { basePath: "/auth/sage/" }
    })
    expect((await world.get("/auth/sage/connections")).status).toBe(200)
    expect((await world.get("/sage/connections")).status).toBe(404)
    expect(await (await world.get("/api/contacts")).json()).toMatchObject({ connectUrl: "/auth/sage/connect/books" })
  })

  it("takes its tenant from what the application's guards put on the request, and asks once and only where it is needed", async () => {
    const asked: Array<string | undefined> = []
    const world = await open({
      providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
      sage: {
        tenant: async ({ user }: PlatformRequest) => {
          asked.push(user?.companyId)
          return user?.companyId
        }
      }
    })
    const browser = new Browser(world, { "x-company": "acme" })
    const refused = await browser.open("/contacts")
    const callback = await browser.begin(world, refused.headers.get("location") ?? "")
    expect((await browser.open(callback)).headers.get("location")).toBe("/contacts")
    expect(asked).toEqual(["acme", "acme", "acme"])
    expect((await browser.open("/contacts")).status).toBe(200)
    expect(asked).toHaveLength(4)
    expect((await world.get("/contacts/broken", { "x-company": "acme" })).status).toBe(500)
    expect(asked).toHaveLength(4)
    expect((await world.get("/sage/connections")).status).toBe(403)
    expect(asked).toHaveLength(4)
  })

  it("has no routes where the application leaves them out", async () => {
    const { consent, get } = await open({ sage: { routes: false } })
    expect((await get("/sage/connections")).status).toBe(404)
    await consent("books")
    expect((await get("/contacts")).status).toBe(200)
  })
})

@Module({})
class MiddlewareModule implements NestModule {
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(async (_request: unknown, _response: unknown, next: () => void) => {
        await this.books.businesses()
        next()
      })
      .forRoutes("contacts/broken")
  }
}

describe.each(platforms)("the exception filter on %s", (platform) => {
  it("answers what fails in a middleware of the application too", async () => {
    const world = await openWorld({ platform, controllers, imports: [MiddlewareModule] })
    const reply = await world.get("/contacts/broken")
    expect(reply.status).toBe(403)
    expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/)
    expect(await reply.json()).toMatchObject({ connection: "books", connectUrl: "/sage/connect/books" })
    const page = await new Browser(world).open("/contacts/broken")
    expect([page.status, page.headers.get("location")]).toEqual([
      303,
      "/sage/connect/books?returnTo=%2Fcontacts%2Fbroken"
    ])
    await world.consent("books")
    expect((await world.get("/contacts/broken")).status).toBe(500)
  })

  it("leaves what is not this library's to the application", async () => {
    const { get } = await openWorld({ platform, controllers })
    const reply = await get("/contacts/broken")
    expect(reply.status).toBe(500)
    expect(await reply.json()).toEqual({ statusCode: 500, message: "Internal server error" })
  })

  it("answers nothing where it is left out", async () => {
    const { get } = await openWorld({ platform, controllers, sage: { filter: false } })
    expect(await (await get("/contacts")).json()).toEqual({ statusCode: 500, message: "Internal server error" })
  })

  it("gives nothing away of what a tenant resolver throws", async () => {
    const { get } = await openWorld({ platform, controllers, sage: { tenant: broken } })
    for (const path of ["/contacts", "/contacts/unguarded", "/sage/connections", "/sage/connect/books"]) {
      const reply = await get(path)
      expect(reply.status).toBe(500)
      expect(await reply.text()).not.toContain("secret-of-the-session")
    }
  })
})
