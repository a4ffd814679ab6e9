import { assert, describe, it } from "vitest"
import { send } from "./Browser.ts"
import { begin, openWorld, type World, type WebAdapter } from "./world.ts"

/** What browsers, scanners of mails and preloading scripts say. */
const ahead = [
  { "sec-purpose": "prefetch" },
  { "sec-purpose": "prefetch;prerender" },
  { purpose: "prefetch" },
  { "x-purpose": "preview" },
  { "x-moz": "prefetch" },
  { "x-sec-purpose": "prefetch" },
  { "sec-purpose": "", "x-moz": "prefetch" },
  // an image, a script or a worker of a page of the application's own
  { "sec-fetch-dest": "image", "sec-fetch-mode": "no-cors" },
  { "sec-fetch-dest": "script", "sec-fetch-mode": "no-cors" },
  { "sec-fetch-dest": "worker", "sec-fetch-mode": "same-origin" }
] as const

const begunIn = ({ sandbox }: World) => sandbox.requests({ step: "token" }).length

export const aheadSuite = (adapter: WebAdapter): void => {
  describe(`what is fetched ahead with ${adapter.name}`, () => {
    it("begins no consent", async () => {
      const { browser } = await openWorld(adapter)
      for (const headers of ahead) {
        const answer = await browser.open("/sage/connect/books", { headers })
        assert.strictEqual(answer.status, 503, JSON.stringify(headers))
        assert.strictEqual(answer.headers["cache-control"], "no-store")
        assert.isUndefined(answer.headers["location"])
        assert.deepStrictEqual(browser.cookies, [])
      }
    })

    it("redeems no code, which its user can do afterwards", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = await begin(world, browser, "/sage/connect/books?returnTo=/done")
      for (const headers of ahead) {
        assert.strictEqual((await browser.open(callback, { headers })).status, 503, JSON.stringify(headers))
        assert.deepStrictEqual([begunIn(world), browser.cookies.length], [0, 1])
      }
      assert.strictEqual((await browser.open(callback)).headers["location"], "/done")
    })

    it.each(["GET", "POST"])("of the gateway's callback redeems nothing by %s either", async (method) => {
      const world = await openWorld(adapter)
      const { sage, sandbox } = world
      const { url } = await sage.client("gateway").authorize({ returnTo: "/" })
      const posted = await sandbox.x3.pairingCallback(url, {})
      const body = new URLSearchParams(posted.body).toString()
      const { pathname } = new URL(posted.url)
      const form = { "content-type": "application/x-www-form-urlencoded" }
      const sent = (headers: Readonly<Record<string, string>>) =>
        method === "POST"
          ? send(`${world.origin}${pathname}`, { method, body, headers: { ...form, ...headers } })
          : send(`${world.origin}${pathname}?${body}`, { headers })
      for (const headers of ahead) assert.strictEqual((await sent(headers)).status, 503)
      assert.strictEqual(begunIn(world), 0)
      assert.strictEqual((await sent({})).status, 303)
    })

    it("ends no grant", async () => {
      const world = await openWorld(adapter)
      const { browser, sage } = world
      await browser.open(await begin(world, browser, "/sage/connect/books"))
      for (const headers of ahead) {
        const answer = await browser.open("/sage/disconnect/books", { method: "POST", headers })
        assert.strictEqual(answer.status, 503)
      }
      assert.strictEqual((await sage.client("books").status()).state, "connected")
    })

    it("of a page that needs a consent is not sent to one", async () => {
      const { browser } = await openWorld(adapter)
      for (const headers of ahead) {
        const answer = await browser.open("/contacts", { headers })
        assert.strictEqual(answer.status, 403)
        assert.isUndefined(answer.headers["location"])
      }
    })
  })
}
