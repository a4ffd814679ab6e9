import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  RequestMethod,
  UseGuards,
  VersioningType
} from "@nestjs/common"
import type { INestApplication } from "@nestjs/common"
import { APP_GUARD } from "@nestjs/core"
import { RequiresSage, SageConnectedGuard } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import type { ListedConnection } from "@sage-auth/core/web"
import { openProxy } from "../../../tests/src/web/addresses.ts"
import { Browser } from "./Browser.ts"
import { openWorld, type PlatformRequest, platforms, tenantOf, type WorldOptions } from "./world.ts"

@Controller("contacts")
class ContactsController {
  @Get()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  list() {
    return { connected: true }
  }
}

@Controller()
class HomeController {
  @Get()
  home() {
    return "the application's own page"
  }

  @Get("oauth/books")
  other() {
    return "another page of the application"
  }
}

/** the application's own: routes of this library pass it as every other route does */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const asked = context.switchToHttp().getRequest<PlatformRequest>()
    asked.user = { companyId: tenantOf(asked) }
    return asked.user.companyId !== undefined
  }
}

const acme = { "x-company": "acme" }

/** An application whose callbacks come to addresses of its own, and a browser of one of its users. */
const open = async (callbacks: string, options: WorldOptions) => {
  const world = await openWorld({
    controllers: [ContactsController, HomeController],
    providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
    ...options,
    sage: {
      ...options.sage,
      sandbox: {
        businessCloud: { redirectUris: [`${callbacks}/books`] },
        intacctRest: { redirectUris: [`${callbacks}/payables`] }
      },
      connections: (sandbox) => sandbox.connections({ redirectUri: callbacks }),
      tenant: ({ user }: PlatformRequest) => user?.companyId
    }
  })
  return { ...world, browser: new Browser(world, acme) }
}

const prefixed = (app: INestApplication): void => {
  app.setGlobalPrefix("api")
}

const versioned = (app: INestApplication): void => {
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: "1" })
}

const excluding =
  (route: string | { readonly path: string; readonly method: RequestMethod }) =>
  (app: INestApplication): void => {
    app.setGlobalPrefix("api", { exclude: [route] })
  }

describe.each(platforms)("a redirect address on %s", (platform) => {
  it.each([
    ["another path", "/oauth", undefined, "/sage"],
    ["the path of another connection", "/sage/callback/x", undefined, "/sage"],
    ["no prefix, where there is one", "/sage/callback", prefixed, "/api/sage"],
    ["another path, where there is a prefix", "/oauth", prefixed, "/api/sage"],
    ["another path below the prefix", "/api/oauth", prefixed, "/api/sage"],
    ["a prefix, where there is none", "/api/sage/callback", undefined, "/sage"],
    [
      "no prefix, from which callbacks alone are excluded",
      "/sage/callback",
      excluding("sage/callback/:name"),
      "/api/sage"
    ],
    [
      "a prefix, from which callbacks alone are excluded",
      "/api/sage/callback",
      excluding("sage/callback/:name"),
      "/api/sage"
    ],
    ["no prefix, from which all are excluded", "/sage/callback", excluding("sage/{*rest}"), "/sage"],
    [
      "a prefix, from which they are excluded for one method",
      "/api/sage/callback",
      excluding({ path: "sage/{*rest}", method: RequestMethod.GET }),
      "/api/sage"
    ],
    [
      "a parameter as its prefix",
      "/acme/sage/callback",
      (app: INestApplication) => app.setGlobalPrefix(":company"),
      "/acme/sage"
    ],
    [
      "a parameter in the prefix, and another path",
      "/oauth",
      (app: INestApplication) => app.setGlobalPrefix("api/:company"),
      "/api/acme/sage"
    ],
    ["a version", "/v1/sage/callback", versioned, "/sage"],
    [
      "prefix and version",
      "/api/v1/sage/callback",
      (app: INestApplication) => (prefixed(app), versioned(app)),
      "/api/sage"
    ]
  ] as const)("with %s is served where it is, behind the application's guards", async (_name, path, prepare, root) => {
    const { browser, consent, get, sandbox } = await open(`https://app.example${path}`, { platform, prepare })
    const callback = await browser.begin({ sandbox }, `${root}/connect/books?returnTo=/done`)
    expect((await get(new URL(callback).pathname + new URL(callback).search)).status, "nobody's session").toBe(403)
    const done = await browser.open(callback)
    expect([done.status, done.headers.get("location")]).toEqual([303, "/done"])
    expect(browser.cookies.size).toBe(0)
    const again = await browser.open(callback)
    expect(again.headers.get("location")).toBe("/done?sage_error=client.callback-rejected")
    const list = (await (await browser.open(`${root}/connections`)).json()) as { connections: Array<ListedConnection> }
    const { connectUrl } = list.connections.find(({ name }) => name === "books") ?? {}
    // a URI version is taken for what a proxy takes off
    expect(connectUrl).toMatch(new RegExp(`${root}/connect/books$`))
    expect((await browser.open(connectUrl ?? "")).status).toBe(303)
    expect((await browser.open(connectUrl ?? "", {}, { method: "HEAD" })).status).toBe(405)
    expect(consent).toBeTypeOf("function")
  })

  it("says that it follows the global prefix where the base path repeats that", async () => {
    const started = open("https://app.example/api/sage/callback", {
      platform,
      prepare: prefixed,
      sage: { basePath: "api/sage" }
    })
    await expect(started).rejects.toThrow(/basePath: expected "sage".*global prefix "api"/s)
  })

  it("may repeat the global prefix where the routes are excluded from it", async () => {
    const { get } = await open("https://app.example/api/sage/callback", {
      platform,
      prepare: excluding("api/sage/{*rest}"),
      sage: { basePath: "api/sage" }
    })
    expect((await get("/api/sage/connections", acme)).status).toBe(200)
  })

  it.each(["sage/connect/:name", "sage/connections"])(
    "cannot be told where %s alone is outside of the prefix, which fails at the start",
    async (route) => {
      const started = open("https://app.example/sage/callback", { platform, prepare: excluding(route) })
      await expect(started).rejects.toThrow(/exclude.*sage\/\{\*path\}/s)
    }
  )

  it("at the root leaves the application's own page alone", async () => {
    const { browser, sandbox } = await open("https://app.example", { platform })
    expect(await (await browser.open("/oauth/books")).text()).toBe("another page of the application")
    const callback = await browser.begin({ sandbox }, "/sage/connect/books?returnTo=/done")
    expect((await browser.open(callback)).headers.get("location")).toBe("/done")
    expect(await (await browser.open("/")).text()).toBe("the application's own page")
  })

  it("with the path of a page of the application's leaves that alone", async () => {
    const { browser } = await open("https://app.example/oauth", { platform })
    for (const query of ["", "?page=2"]) {
      expect(await (await browser.open(`/oauth/books${query}`)).text()).toBe("another page of the application")
    }
  })

  it.each([
    ["ends like its route", "/apps/one/sage/callback", undefined, "", false],
    ["ends like its route below a prefix", "/apps/one/api/sage/callback", prefixed, "/api", false],
    ["is another path", "/apps/one/oauth", undefined, "", true],
    ["is another path beside a prefix", "/apps/one/oauth", prefixed, "/api", true]
  ] as const)(
    "behind a proxy that takes a prefix off is served where it %s",
    async (_name, path, prepare, base, tells) => {
      let origin = ""
      const proxy = await openProxy("/apps/one", () => origin, tells)
      const { sandbox, ...world } = await open(`${proxy}${path}`, { platform, prepare })
      origin = world.origin
      const browser = new Browser({ origin: proxy }, acme)
      const page = `/apps/one${base}/contacts?page=2`
      const refused = await browser.open(page)
      const connect = refused.headers.get("location") ?? ""
      expect(connect).toBe(`/apps/one${base}/sage/connect/books?returnTo=${encodeURIComponent(page)}`)
      const callback = await browser.begin({ sandbox }, connect)
      expect((await browser.open(callback)).headers.get("location")).toBe(page)
      expect(await (await browser.open(page)).json()).toEqual({ connected: true })
    }
  )

  it("of a server that posts is served as well, and read", async () => {
    const world = await openWorld({
      platform,
      prepare: prefixed,
      sage: {
        connections: (sandbox) => sandbox.connections({ redirectUri: "https://app.example/pairings" }),
        tenant: tenantOf
      }
    })
    const sent = await world.get("/api/sage/connect/gateway?returnTo=/done", acme)
    const { body, url } = await world.sandbox.x3.pairingCallback(sent.headers.get("location") ?? "")
    const reply = await world.post(new URL(url).pathname, new URLSearchParams(body))
    expect([reply.status, reply.headers.get("location")]).toEqual([303, "/done"])
  })

  it("is nobody's where the application leaves the routes out", async () => {
    const { browser } = await open("https://app.example/elsewhere", { platform, sage: { routes: false } })
    expect((await browser.open("/elsewhere/books?code=c&state=s")).status).toBe(404)
    const refused = await browser.open("/contacts")
    expect([refused.status, refused.headers.get("location")]).toEqual([403, null])
  })
})
