import { assert, describe, it } from "vitest"
import { send } from "../../../tests/src/web/Browser.ts"
import { fromHeader, lines, openWorld, pathOf, type World, type WorldOptions } from "./world.ts"

const as = (tenant: string) => ({ headers: { "x-tenant": tenant } })

/** A pairing up to its callback, which is the server's own: nothing of the browser's comes with it. */
const paired = async (world: World, tenant = "acme") => {
  const { headers, status, text } = await world.browser.open("/sage/connect/gateway?returnTo=/settings", as(tenant))
  if (status !== 303) throw new Error(`connect answered ${status}: ${text}`)
  return world.sandbox.x3.pairingCallback(String(headers["location"]))
}

const deliver = (world: World, { body, contentType, method, url }: Awaited<ReturnType<typeof paired>>) =>
  send(`${world.origin}${pathOf(url)}`, {
    method,
    ...(body !== undefined && { body }),
    headers: {
      // from a form on one of Sage's pages: without cookie, and of another site
      accept: "text/html",
      origin: "https://api.sagex3.com",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      ...(body !== undefined && {
        "content-type": contentType ?? "",
        "content-length": String(Buffer.byteLength(body))
      })
    }
  })

const stateOf = async ({ sage }: World, tenant = "acme") => (await sage.client("gateway", { tenant }).status()).state

const open = (line: Parameters<typeof openWorld>[0], gateway: object = {}, build?: WorldOptions["build"]) =>
  openWorld(line, { options: { tenant: fromHeader }, sandbox: { x3: { gateway } }, build })

describe.each(lines)("the posted callback of X3's gateway with %s", (_, line) => {
  it.each(["form", "json"] as const)("is read from what the application's parsers made of it: %s", async (body) => {
    const world = await open(line, { callbackSender: "server", callbackBody: body }, ({ app, auth, express }) => {
      app.use(express.json(), express.urlencoded({ extended: true }))
      app.use(auth)
    })
    assert.strictEqual((await paired(world)).delivered, 303)
    assert.strictEqual(await stateOf(world), "connected")
  })

  it("is read where a parser of the application left it alone", async () => {
    const world = await open(line, { callbackBody: "form" }, ({ app, auth, express }) => {
      app.use(express.json())
      app.use(auth)
    })
    assert.strictEqual((await deliver(world, await paired(world))).status, 303)
  })
})
