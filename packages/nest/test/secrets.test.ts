import { inspect } from "node:util"
import { Controller, Get, UseGuards } from "@nestjs/common"
import {
  businessCloud,
  type BusinessCloudClient,
  generateKey,
  type IntacctXmlClient,
  intacctXml,
  isSageAuthError,
  type SageEvent
} from "@sage-auth/core"
import {
  InjectSageClient,
  type RegisteredSage,
  RequiresSage,
  SAGE,
  SageConnectedGuard,
  SageHealthIndicator
} from "@sage-auth/nest"
import { expect, describe, it } from "vitest"
import { Browser } from "./Browser.ts"
import { logged, openWorld, platforms } from "./world.ts"

const seen: Array<unknown> = []

@Controller()
class Routes {
  @InjectSageClient("books") readonly books!: BusinessCloudClient
  @InjectSageClient("ledger") readonly ledger!: IntacctXmlClient

  @Get("contacts")
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async contacts() {
    return { businesses: (await this.books.businesses()).length }
  }

  @Get("session")
  async session() {
    try {
      await this.ledger.session()
    } catch (error) {
      seen.push(error)
      throw error
    }
  }
}

describe.each(platforms)("no secret on %s", (platform) => {
  it("is in any reply, header, log line, error, event or state, whatever goes wrong", async () => {
    const secrets = new Map<string, string>()
    const plant = (name: string): string => {
      const secret = `${name}-${generateKey()}`
      secrets.set(name, secret)
      return secret
    }
    const key = generateKey()
    secrets.set("key", key)
    logged.length = 0
    seen.length = 0
    const world = await openWorld({
      platform,
      controllers: [Routes],
      sage: {
        keys: [key],
        connections: (sandbox) => {
          const { login, sender } = sandbox.accounts["intacct-xml"]
          const { client } = sandbox.accounts["business-cloud"]
          secrets.set("client", client.clientSecret)
          return {
            ledger: intacctXml({
              sender: { ...sender, password: plant("sender") },
              login: { ...login, password: plant("login") },
              environment: "sandbox",
              urls: sandbox.urls["intacct-xml"]
            }),
            books: businessCloud({
              ...client,
              country: "gb",
              environment: "sandbox",
              urls: sandbox.urls["business-cloud"]
            })
          }
        }
      }
    })
    const sage = world.app.get<RegisteredSage>(SAGE)
    const events: Array<SageEvent> = []
    const following = (async () => {
      for await (const event of sage.events()) events.push(event)
    })()
    const shown: Array<string> = []
    const note = async (reply: Response) => {
      shown.push(`${reply.status} ${JSON.stringify([...reply.headers])} ${await reply.text()}`)
      return reply
    }
    const browser = new Browser(world)
    await note(await world.get("/session"))
    await note(await world.get("/contacts"))
    const callback = await browser.begin(world, "/sage/connect/books?returnTo=/contacts")
    secrets.set("code", new URL(callback).searchParams.get("code") ?? "")
    // the transaction itself is the browser's, and sealed
    const [cookie] = browser.cookies.values()
    await note(await world.get(new URL(callback).pathname + new URL(callback).search))
    await note(await browser.open(callback))
    await note(await world.get("/contacts"))
    const headers = await (sage.client("books") as BusinessCloudClient).headers()
    secrets.set("access token", headers["authorization"]?.replace("Bearer ", "") ?? "")
    await note(await world.get("/sage/connections"))
    world.sandbox.businessCloud.endGrants()
    await world.sandbox.clock.advance("6 minutes")
    await note(await world.get("/contacts"))
    await note(await browser.open("/contacts"))
    shown.push(JSON.stringify(await world.app.get(SageHealthIndicator).read()))
    shown.push(inspect(world.app.get(Routes), { depth: 8, showHidden: true }))
    await world.app.close()
    await following
    expect(seen.every(isSageAuthError)).toBe(true)
    expect(seen).toHaveLength(1)
    expect(events).not.toHaveLength(0)
    expect(logged).not.toHaveLength(0)
    const everything = [
      ...shown,
      ...logged,
      ...seen.map((error) => inspect(error, { depth: 12, showHidden: true })),
      JSON.stringify(seen),
      JSON.stringify(events)
    ].join("\n")
    expect(cookie?.pair.length).toBeGreaterThan(50)
    for (const [name, secret] of secrets) {
      expect([name, secret.length > 12]).toEqual([name, true])
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, -4)]) {
        expect([name, everything.includes(form)]).toEqual([name, false])
      }
    }
  })
})
