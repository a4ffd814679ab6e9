import { assert, describe, it } from "vitest"
import { send } from "./Browser.ts"
import { consent, notFound, openWorld, type WebAdapter } from "./world.ts"

export const requestsSuite = (adapter: WebAdapter): void => {
  describe(`a disconnect with ${adapter.name}`, () => {
    const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" }

    it("of another site is refused, by its fetch metadata and by its origin", async () => {
      const world = await openWorld(adapter)
      const { browser, sage, sandbox } = world
      await consent(world, browser, "/sage/connect/books")
      for (const headers of [foreign, { "sec-fetch-site": "same-site" }]) {
        assert.strictEqual((await browser.open("/sage/disconnect/books", { method: "POST", headers })).status, 403)
      }
      // over plain http browsers send no fetch metadata
      const origin = { origin: "http://evil.example" }
      assert.strictEqual(
        (await send(`${world.origin}/sage/disconnect/books`, { method: "POST", headers: origin })).status,
        403
      )
      assert.strictEqual((await browser.open("/sage/disconnect/books")).status, 405, "and a link does not do it either")
      assert.strictEqual((await sage.client("books").status()).state, "connected")
      assert.strictEqual(sandbox.requests({ step: "revoke" }).length, 0)
    })

    it("of the application forgets the grant and revokes it at Sage", async () => {
      const world = await openWorld(adapter)
      const { browser, origin, sage, sandbox } = world
      await consent(world, browser, "/sage/connect/books")
      const { headers, status } = await browser.open("/sage/disconnect/books?returnTo=/settings", {
        method: "POST",
        headers: { origin }
      })
      assert.deepStrictEqual([status, headers["location"]], [303, "/settings"])
      assert.strictEqual((await sage.client("books").status()).state, "disconnected")
      assert.strictEqual(sandbox.requests({ step: "revoke" }).length, 1)
      const { text } = await browser.fetch("/sage/disconnect/books", { method: "POST", headers: { origin } })
      assert.deepStrictEqual(JSON.parse(text), { connection: "books", revoked: false })
    })
  })

  describe(`the routes with ${adapter.name}`, () => {
    it("do not keep anything else from the application", async () => {
      const { browser } = await openWorld(adapter)
      for (const path of ["/sage", "/sage/", "/sage/unknown", "/sage/connect", "/sage/connect/a/b"]) {
        const { status, text } = await browser.fetch(path)
        assert.strictEqual(status, 404)
        assert.match(text, new RegExp(`${notFound}|Cannot GET`), path)
      }
    })
  })
}
