import { Controller, Get, Res } from "@nestjs/common"
import type { BusinessCloudClient, IntacctXmlClient } from "@sage-auth/core"
import { InjectSageClient } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import { Browser } from "./Browser.ts"
import { until } from "./settle.ts"
import { logged, openWorld, platforms, tenantOf } from "./world.ts"

const outcomes: Array<string> = []

@Controller()
class Routes {
  @InjectSageClient("books") readonly books!: BusinessCloudClient
  @InjectSageClient("ledger") readonly ledger!: IntacctXmlClient

  @Get("contacts")
  async contacts() {
    return { businesses: (await this.books.businesses()).length }
  }

  @Get("session")
  async session() {
    try {
      await this.ledger.session()
      outcomes.push("served")
    } catch (error) {
      outcomes.push((error as Error).name)
      throw error
    }
    return {}
  }

  /** one wait that several requests share, by the signal of whoever came first */
  static shared: Promise<unknown> | undefined
  static sharing = 0

  @Get("shared")
  async share() {
    Routes.sharing++
    await (Routes.shared ??= this.ledger.session())
    return {}
  }

  @Get("begun")
  async begun(@Res() response: { write?: (text: string) => void; readonly raw?: { write(text: string): void } }) {
    ;(response.raw ?? (response as { write(text: string): void })).write("begun ")
    await this.books.businesses()
  }
}

const controllers = [Routes]

describe.each(platforms)("requests on %s", (platform) => {
  it("cause one renewal when a hundred of them come at once upon an expired credential", async () => {
    const { consent, get, sandbox } = await openWorld({ platform, controllers })
    await consent("books")
    await sandbox.clock.advance("6 minutes")
    const refreshes = () => sandbox.requests({ surface: "business-cloud", step: "token" }).length
    const before = refreshes()
    const replies = await Promise.all(Array.from({ length: 100 }, () => get("/contacts")))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(refreshes() - before).toBe(1)
  })

  it("release their waits when the client goes away, and stop nothing that others wait for", async () => {
    const { get, origin, sandbox } = await openWorld({ platform, controllers })
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "slow-answer", delay: "10 seconds", times: 1 })
    outcomes.length = 0
    logged.length = 0
    const leaving = new AbortController()
    const left = fetch(`${origin}/session`, { signal: leaving.signal }).catch((error: Error) => error.name)
    const asked = () => sandbox.requests({ step: "getAPISession" }).length
    await until("the session is asked for", () => asked() === 1)
    const staying = get("/session")
    leaving.abort()
    expect(await left).toBe("AbortError")
    await until("the wait is released", () => outcomes.length === 1)
    expect(outcomes).toEqual(["AbortError"])
    for (let second = 0; second < 15; second++) await sandbox.clock.advance("1 second")
    await until("the other is served", () => outcomes.length === 2)
    expect((await staying).status).toBe(200)
    expect(asked()).toBe(1)
    expect(logged).toEqual([])
  })

  it("are answered although they wait for what another request began and left", async () => {
    const { get, origin, sandbox } = await openWorld({ platform, controllers })
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "slow-answer", delay: "10 seconds", times: 1 })
    Routes.shared = undefined
    Routes.sharing = 0
    const leaving = new AbortController()
    const left = fetch(`${origin}/shared`, { signal: leaving.signal }).catch((error: Error) => error.name)
    await until("the first waits", () => Routes.shared !== undefined)
    const stays = get("/shared")
    await until("both wait", () => Routes.sharing === 2)
    leaving.abort()
    expect(await left).toBe("AbortError")
    expect((await stays).status).toBe(500)
    await sandbox.clock.advance("11 seconds")
  })

  it("that have begun to be answered are ended, when it fails then", async () => {
    const { get } = await openWorld({ platform, controllers })
    const reply = await get("/begun")
    expect(await reply.text()).toBe("begun ")
  })

  it.each([true, false])("take the callback that X3's gateway posts, with a body parser: %s", async (bodyParser) => {
    const { get, post, sandbox, ...world } = await openWorld({
      platform,
      bodyParser,
      controllers,
      sage: {
        tenant: tenantOf,
        connections: (sandbox) => sandbox.connections({ redirectUri: "https://app.example/sage/callback" })
      }
    })
    const browser = new Browser(world, { "x-company": "acme" })
    const connect = await browser.open("/sage/connect/gateway?returnTo=/erp")
    expect(connect.status).toBe(303)
    const { body, url } = await sandbox.x3.pairingCallback(connect.headers.get("location") ?? "")
    const { pathname, search } = new URL(url)
    // the server's own request: neither cookie nor session comes with it
    const posted = () =>
      post(`${pathname}${search}`, new URLSearchParams(body), { "content-type": "application/x-www-form-urlencoded" })
    const taken = await posted()
    expect([taken.status, taken.headers.get("location")]).toEqual([303, "/erp"])
    expect((await posted()).status).toBe(400)
    const { connections } = (await (await get("/sage/connections", { "x-company": "acme" })).json()) as {
      readonly connections: ReadonlyArray<{ readonly name: string; readonly state: string }>
    }
    expect(connections.find(({ name }) => name === "gateway")?.state).toBe("connected")
  })
})
