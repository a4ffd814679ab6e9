import { generateKey, type StorePort } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { consent, fromHeader, openWorld, type WebAdapter } from "./world.ts"

/** a store that is away */
const away: StorePort = {
  grants: {
    read: () => Promise.reject(new Error("connection refused")),
    compareAndSet: () => Promise.reject(new Error("connection refused")),
    list: () => Promise.reject(new Error("connection refused"))
  }
}

export const healthSuite = (adapter: WebAdapter): void => {
  describe(`health with ${adapter.name}`, () => {
    it("is up, as JSON that nobody keeps", async () => {
      const { browser } = await openWorld(adapter)
      const { headers, status, text } = await browser.fetch("/health")
      assert.strictEqual(status, 200)
      assert.include(headers["content-type"] ?? "", "application/json")
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.deepStrictEqual(JSON.parse(text), { state: "up", problems: [] })
    })

    it("is degraded where a human has to consent again, and counts the tenants without naming them", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const { browser, sage, sandbox } = world
      await consent(world, browser, "/sage/connect/books", { headers: { "x-tenant": "acme" } })
      sandbox.businessCloud.endGrants()
      await sandbox.clock.advance("6 minutes")
      const failed = await sage
        .client("books", { tenant: "acme" })
        .headers()
        .catch((error: unknown) => error)
      assert.propertyVal(failed, "id", "business-cloud.grant-ended")
      const { status, text } = await browser.fetch("/health")
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(JSON.parse(text), {
        state: "degraded",
        problems: [{ problem: "reauthorization-required", connection: "books", tenants: 1 }]
      })
    })

    it("is down with 503 while the store is away", async () => {
      const { browser } = await openWorld(adapter, {
        health: { connections: ["books"] },
        settings: { store: away, keys: [generateKey()] }
      })
      const { status, text } = await browser.fetch("/health")
      assert.strictEqual(status, 503)
      assert.deepStrictEqual(JSON.parse(text), {
        state: "down",
        problems: [{ problem: "store-unavailable", connection: "books" }]
      })
      assert.notInclude(text, "refused")
    })
  })
}
