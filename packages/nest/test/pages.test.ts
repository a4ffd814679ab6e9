import { request as sendRequest } from "node:http"
import { Controller, Get, UseGuards } from "@nestjs/common"
import { RequiresSage, SageConnectedGuard, type SageRender } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import { Browser } from "./Browser.ts"
import { logged, openWorld, platforms, tenantOf, type WorldOptions } from "./world.ts"

@Controller("contacts")
class ContactsController {
  @Get()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  list() {
    return { connected: true }
  }
}

/** Asks with a method for which fetch has no say. */
const statusOf = (url: string, method: string, headers: Readonly<Record<string, string>>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = sendRequest(url, { method, headers, agent: false }, (reply) => {
      reply.resume()
      resolve(reply.statusCode ?? 0)
    })
    sent.on("error", reject)
    sent.end()
  })

/** the application's page, on the response of either platform */
const render: SageRender = async (problem, request, response) => {
  await Promise.resolve()
  response.type("text/html").send(`<h1>${problem.kind} at ${request.url}</h1>`)
}

const failing: SageRender = () => Promise.reject(new Error("the template is gone"))

const ahead = [
  { "sec-purpose": "prefetch;prerender" },
  { purpose: "prefetch" },
  { "x-purpose": "preview" },
  { "x-moz": "prefetch" }
] as const

const where = (reply: Response) => [reply.status, reply.headers.get("location")]

describe.each(platforms)("people on %s", (platform) => {
  const open = async (options: WorldOptions = {}) => {
    const world = await openWorld({ platform, controllers: [ContactsController], ...options })
    const browser = new Browser(world)
    const begin = async (connect: string, deny = false): Promise<string> => {
      const sent = await browser.open(connect)
      return world.sandbox.approve(sent.headers.get("location") ?? "", { deny })
    }
    const codes = () => world.sandbox.requests({ step: "token" }).length
    return { ...world, browser, begin, codes }
  }

  it("are not served by what fetches ahead, or looks at a route by another method", async () => {
    const { begin, browser, codes, origin } = await open()
    const callback = await begin("/sage/connect/books?returnTo=/done")
    const { pathname, search } = new URL(callback)
    const cookie = [...browser.cookies.values()].map(({ pair }) => pair).join("; ")
    for (const headers of ahead) {
      for (const path of ["/sage/connect/books", callback]) {
        const reply = await browser.open(path, headers)
        expect([reply.status, reply.headers.get("set-cookie")]).toEqual([503, null])
      }
      expect((await browser.open("/sage/disconnect/books", headers, { method: "POST" })).status).toBe(503)
    }
    for (const method of ["HEAD", "OPTIONS"]) {
      for (const path of [pathname + search, "/sage/connect/books", "/sage/disconnect/books"]) {
        expect(await statusOf(origin + path, method, { cookie })).toBeGreaterThanOrEqual(400)
      }
    }
    expect([codes(), browser.cookies.size]).toEqual([0, 1])
    expect(where(await browser.open(callback))).toEqual([303, "/done"])
  })

  it("lose no consent to a callback that names none", async () => {
    const { begin, browser, codes } = await open()
    const callback = await begin("/sage/connect/books?returnTo=/done")
    for (const query of ["", "?error=access_denied", "?error=access_denied&state=x", "?code=c&state=x", "?code=c"]) {
      const reply = await browser.open(`/sage/callback/books${query}`)
      expect([reply.status, reply.headers.get("set-cookie"), reply.headers.get("location")]).toEqual([400, null, null])
    }
    expect([codes(), browser.cookies.size]).toEqual([0, 1])
    expect(where(await browser.open(callback))).toEqual([303, "/done"])
  })

  it("come back to the application with a code where a consent came to nothing", async () => {
    const { begin, browser } = await open()
    const denied = await browser.open(await begin("/sage/connect/books?returnTo=/settings", true))
    expect(where(denied)).toEqual([303, "/settings?sage_error=business-cloud.access-denied"])
    expect(browser.cookies.size).toBe(0)
    const done = await begin("/sage/connect/books?returnTo=/settings")
    await browser.open(done)
    expect(where(await browser.open(done))).toEqual([303, "/settings?sage_error=client.callback-rejected"])
  })

  it("are not sent in circles", async () => {
    const { begin, browser } = await open()
    const refused = await browser.open("/contacts")
    const denied = await browser.open(await begin(refused.headers.get("location") ?? "", true))
    const page = await browser.open(denied.headers.get("location") ?? "")
    expect(page.status).toBe(403)
    const html = await page.text()
    expect(html).toContain("You did not allow the connection")
    expect(html).toContain('href="/sage/connect/books?returnTo=%2Fcontacts"')
  })

  it("fill no header with consents that they do not end", async () => {
    const { browser } = await open()
    for (let start = 0; start < 60; start++) await browser.open(`/sage/connect/books?returnTo=/${"x".repeat(900)}`)
    const bytes = [...browser.cookies.values()].reduce((sum, { pair }) => sum + pair.length + 2, 0)
    expect(bytes).toBeLessThan(6 * 1024)
    expect((await browser.open("/sage/connections")).status).toBe(200)
  })

  it("see a page of the application, from routes and from the filter alike", async () => {
    const { begin, browser } = await open({ sage: { render } })
    const denied = await browser.open(await begin("/sage/connect/books?returnTo=/settings", true))
    expect(denied.status).toBe(400)
    expect(denied.headers.get("content-type")).toMatch(/^text\/html/)
    expect(denied.headers.get("cache-control")).toBe("no-store")
    expect(await denied.text()).toMatch(/^<h1>declined at \/sage\/callback\/books/)
    expect(browser.cookies.size).toBe(0)
    const unknown = await browser.open("/sage/connect/typo")
    expect([unknown.status, await unknown.text()]).toEqual([404, "<h1>unknown at /sage/connect/typo</h1>"])
    const page = await browser.open("/contacts?sage_error=x")
    expect([page.status, await page.text()]).toEqual([403, "<h1>connect at /contacts?sage_error=x</h1>"])
    const program = await browser.open("/sage/connect/typo", { accept: "application/json" })
    expect(program.headers.get("content-type")).toMatch(/^application\/problem\+json/)
  })

  it("get an answer also where the application's page fails, whose reason is logged", async () => {
    const { browser } = await open({ sage: { render: failing } })
    logged.length = 0
    expect((await browser.open("/contacts?sage_error=x")).status).toBe(500)
    expect(logged.join("\n")).toContain("the template is gone")
  })

  it("read the built-in page in their language", async () => {
    const texts = { de: { pages: { unknown: { title: "Hier ist nichts" } }, links: { back: "Zurück" } } }
    const { browser } = await open({ sage: { texts } })
    const german = await browser.open("/sage/connect/typo", { "accept-language": "de-CH,en;q=0.5" })
    expect(await german.text()).toContain('<html lang="de">')
    const english = await browser.open("/sage/connect/typo", { "accept-language": "en" })
    expect(await english.text()).toContain("There is nothing here")
  })

  it("are sent to sign in where nobody knows them, and come back", async () => {
    const { browser, get } = await open({ sage: { tenant: tenantOf, loginUrl: "/login" } })
    expect(where(await browser.open("/contacts?page=2"))).toEqual([303, "/login?returnTo=%2Fcontacts%3Fpage%3D2"])
    expect(where(await browser.open("/sage/callback/books?code=c0de&state=s"))).toEqual([
      303,
      "/login?returnTo=%2Fsage%2Fconnect%2Fbooks"
    ])
    expect(await (await get("/contacts")).json()).toMatchObject({ status: 401, loginUrl: "/login" })
    const made = await open({
      sage: { tenant: tenantOf, loginUrl: (request, returnTo) => `/in?of=${request.headers["x-app"]}&to=${returnTo}` }
    })
    expect(where(await made.browser.open("/contacts", { "x-app": "one" }))).toEqual([303, "/in?of=one&to=/contacts"])
  })

  it("are not asked to take options that cannot work", async () => {
    const broken = { loginUrl: "//evil.example", strippedPrefix: "https://x", texts: { de: { page: {} } } } as never
    await expect(openWorld({ platform, sage: broken })).rejects.toThrow(
      /loginUrl: .*\n.*texts: .*\n.*strippedPrefix: /s
    )
  })
})
