import { assert, describe, it } from "vitest"
import { send } from "./Browser.ts"
import { fromHeader, openWorld, pathOf, type WebAdapter, type World } from "./world.ts"

const as = (tenant: string) => ({ headers: { "x-tenant": tenant } })

/** A pairing up to its callback, which is the server's own: nothing of the browser's comes with it. */
export const paired = async (world: Pick<World, "browser" | "sandbox">, tenant = "acme") => {
  const { headers, status, text } = await world.browser.open("/sage/connect/gateway?returnTo=/settings", as(tenant))
  if (status !== 303) throw new Error(`connect answered ${status}: ${text}`)
  return world.sandbox.x3.pairingCallback(String(headers["location"]))
}

/** What the gateway sends, by the browser or by the server itself. */
export const deliver = (
  world: Pick<World, "origin">,
  { body, contentType, method, url }: Awaited<ReturnType<typeof paired>>
) =>
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

export const stateOf = async ({ sage }: Pick<World, "sage">, tenant = "acme") =>
  (await sage.client("gateway", { tenant }).status()).state

const open = (adapter: WebAdapter, gateway: object = {}) =>
  openWorld(adapter, { options: { tenant: fromHeader }, sandbox: { x3: { gateway } } })

export const gatewaySuite = (adapter: WebAdapter): void => {
  describe(`the posted callback of X3's gateway with ${adapter.name}`, () => {
    it("needs neither cookie, session nor parser", async () => {
      const world = await open(adapter)
      const callback = await paired(world)
      assert.deepStrictEqual(world.browser.cookies, [], "its transaction is in the store")
      const { headers, status } = await deliver(world, callback)
      assert.deepStrictEqual([status, headers["location"]], [303, "/settings"])
      assert.strictEqual(await stateOf(world), "connected")
      assert.strictEqual(await stateOf(world, "other"), "disconnected")
    })

    it.each(["form", "json"] as const)("may be sent by the server itself: %s", async (callbackBody) => {
      const world = await open(adapter, { callbackSender: "server", callbackBody })
      assert.strictEqual((await paired(world)).delivered, 303)
      assert.strictEqual(await stateOf(world), "connected")
    })

    it("may come by GET as well", async () => {
      const world = await open(adapter, { callbackMethod: "GET" })
      assert.strictEqual((await deliver(world, await paired(world))).status, 303)
      assert.strictEqual(await stateOf(world), "connected")
    })

    it.skipIf(adapter.byItself?.includes("forms"))("is refused when it is longer than a callback can be", async () => {
      const world = await open(adapter)
      const callback = await paired(world)
      const long = `${callback.body}&more=${"x".repeat(100_000)}`
      const { status, text } = await deliver(world, { ...callback, body: long })
      assert.strictEqual(status, 400, text)
      assert.strictEqual(await stateOf(world), "pairing")
    })
  })
}

/** What is decided of a posted callback once it was read. */
export const postedSuite = (adapter: WebAdapter): void => {
  describe(`the posted callback of X3's gateway with ${adapter.name}`, () => {
    it("is refused when it is forged, replayed or at another connection's path", async () => {
      const world = await open(adapter)
      const callback = await paired(world)
      const forged = (callback.body ?? "").replace(/state=[^&]*/, `state=${"A".repeat(43)}`)
      assert.strictEqual((await deliver(world, { ...callback, body: forged })).status, 400)
      const swapped = callback.url.replace("/callback/gateway", "/callback/books")
      assert.strictEqual((await deliver(world, { ...callback, url: swapped })).status, 405)
      assert.strictEqual(await stateOf(world), "pairing")
      assert.strictEqual((await deliver(world, callback)).status, 303)
      assert.strictEqual((await deliver(world, callback)).status, 400)
      assert.strictEqual(world.sandbox.requests({ surface: "x3-gateway", step: "token" }).length, 1)
    })
  })
}
