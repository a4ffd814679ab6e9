import { Controller, Get, UseGuards } from "@nestjs/common"
import { RequiresSage, SageConnectedGuard, type SageRender } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import { Browser } from "./Browser.ts"
import { logged, openWorld, platforms, type WorldOptions } from "./world.ts"

@Controller("contacts")
class ContactsController {
  @Get()
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  list() {
    return { connected: true }
  }
}

/** the application's page, on the response of either platform */
const render: SageRender = async (problem, request, response) => {
  await Promise.resolve()
  response.type("text/html").send(`<h1>${problem.kind} at ${request.url}</h1>`)
}

const failing: SageRender = () => Promise.reject(new Error("the template is gone"))

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

  it("are not asked to take options that cannot work", async () => {
    const broken = { loginUrl: "//evil.example", strippedPrefix: "https://x", texts: { de: { page: {} } } } as never
    await expect(openWorld({ platform, sage: broken })).rejects.toThrow(
      /loginUrl: .*\n.*texts: .*\n.*strippedPrefix: /s
    )
  })
})
