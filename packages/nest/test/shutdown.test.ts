import { once } from "node:events"
import { get as request, type IncomingMessage } from "node:http"
import { Controller, Get } from "@nestjs/common"
import type { BusinessCloudClient, IntacctXmlClient } from "@sage-auth/core"
import { InjectSageClient, SAGE, type RegisteredSage, SageAuthModule, SageHealthIndicator } from "@sage-auth/nest"
import { startSandbox } from "@sage-auth/sandbox"
import { describe, expect, it, onTestFinished } from "vitest"
import { until } from "./settle.ts"
import { openWorld, platforms, startApplication } from "./world.ts"

@Controller()
class Routes {
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  @Get("contacts")
  async contacts() {
    return { businesses: (await this.books.businesses()).length }
  }
}

/** on a connection of its own, which ends with the answer: no server waits for the next request on it */
const statusOf = async (address: string): Promise<number | undefined> => {
  const [response] = (await once(request(address, { agent: false }), "response")) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

describe.each(platforms)("the end of an application on %s", (platform) => {
  it("waits for a renewal that was sent, whose new refresh token would be lost otherwise", async () => {
    const { app, consent, origin, sandbox } = await openWorld({ platform, controllers: [Routes] })
    await consent("books")
    await sandbox.clock.advance("6 minutes")
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "10 seconds", times: 1 })
    const rotated: Array<string> = []
    const events = app.get<RegisteredSage>(SAGE).events()
    const following = (async () => {
      for await (const { type } of events) rotated.push(type)
    })()
    const waiting = statusOf(`${origin}/contacts`)
    await until("the refresh is sent", () =>
      sandbox.requests({ surface: "business-cloud" }).some(({ grantType }) => grantType === "refresh_token")
    )
    let closed = false
    const closing = app.close().then(() => (closed = true))
    await until("the application is closing", async () => {
      return (await app.get(SageHealthIndicator).read()).state === "down"
    })
    expect(closed).toBe(false)
    // past the answer, and not past any deadline: those live by the same clock
    for (let second = 0; second < 15; second++) await sandbox.clock.advance("1 second")
    await until("the application is closed", () => closed)
    await closing
    await following
    expect(rotated).toContain("rotation-done")
    expect(await waiting).toBe(200)
  })

  it("waits for a renewal that no request waits for", async () => {
    const sandbox = await startSandbox({ clock: "manual" })
    onTestFinished(() => sandbox.stop())
    const app = await startApplication({
      platform,
      imports: [SageAuthModule.forRoot({ connections: sandbox.connections(), clock: sandbox.clock })]
    })
    const sage = app.get<RegisteredSage>(SAGE)
    const ledger = sage.client("ledger") as unknown as IntacctXmlClient
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "slow-answer", delay: "10 seconds", times: 1 })
    const leaving = new AbortController()
    const left = ledger.session({ signal: leaving.signal }).catch(() => {})
    await until("the session is asked for", () => sandbox.requests({ step: "getAPISession" }).length === 1)
    leaving.abort()
    await left
    const seen: Array<string> = []
    const events = sage.events()
    const following = (async () => {
      for await (const { type } of events) seen.push(type)
    })()
    let closed = false
    const closing = app.close().then(() => (closed = true))
    await until("the application is closing", async () => {
      return (await app.get(SageHealthIndicator).read()).state === "down"
    })
    await sandbox.clock.advance("5 seconds")
    expect(closed).toBe(false)
    for (let second = 0; second < 10; second++) await sandbox.clock.advance("1 second")
    await closing
    await following
    expect(seen).toContain("session-opened")
  })

  it("leaves clients that say so", async () => {
    const { app } = await openWorld({ platform, controllers: [Routes] })
    const { books } = app.get(Routes)
    await app.close()
    await expect(books.businesses()).rejects.toMatchObject({ reason: { _tag: "Closed" } })
  })
})
