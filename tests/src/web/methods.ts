import { assert, describe, it } from "vitest"
import { begin, openWorld, type WebAdapter } from "./world.ts"

export const methodsSuite = (adapter: WebAdapter): void => {
  describe(`what is fetched ahead with ${adapter.name}`, () => {
    it.each(["HEAD", "OPTIONS"])("by %s does nothing, on any route", async (method) => {
      const world = await openWorld(adapter)
      const { browser, sage } = world
      const callback = await begin(world, browser, "/sage/connect/books")
      for (const path of [
        "/sage/connect/books",
        callback,
        "/sage/disconnect/books",
        "/sage/callback/gateway?state=s"
      ]) {
        const { headers, status } = await browser.open(path, { method })
        assert.isAtLeast(status, method === "OPTIONS" ? 200 : 400, path)
        assert.isUndefined(headers["set-cookie"], path)
        assert.isUndefined(headers["location"], path)
      }
      assert.strictEqual(world.sandbox.requests({ step: "token" }).length, 0)
      assert.strictEqual((await browser.open(callback)).status, 303)
      assert.strictEqual((await sage.client("books").status()).state, "connected")
    })
  })
}
