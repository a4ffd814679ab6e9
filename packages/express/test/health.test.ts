import { generateKey, type StorePort } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { consent, fromHeader, lines, openWorld, type Parts, type WorldOptions } from "./world.ts"

const withHealth =
  (options?: Parameters<Parts["auth"]["health"]>[0]) =>
  ({ app, auth }: Parts): void => {
    app.get("/health", auth.health(options))
    app.use(auth)
    app.use(auth.errors)
  }

/** a store that is away */
const away: StorePort = {
  grants: {
    read: () => Promise.reject(new Error("connection refused")),
    compareAndSet: () => Promise.reject(new Error("connection refused")),
    list: () => Promise.reject(new Error("connection refused"))
  }
}

describe.each(lines)("health with %s", (_, line) => {
  const open = (options: WorldOptions = {}) => openWorld(line, { build: withHealth(), ...options })

  it("is up, as JSON that nobody keeps", async () => {
    const { browser } = await open()
    const { headers, status, text } = await browser.fetch("/health")
    assert.strictEqual(status, 200)
    assert.include(headers["content-type"] ?? "", "application/json")
    assert.strictEqual(headers["cache-control"], "no-store")
    assert.deepStrictEqual(JSON.parse(text), { state: "up", problems: [] })
  })

  it("is degraded where a human has to consent again, and counts the tenants without naming them", async () => {
    const world = await open({ options: { tenant: fromHeader } })
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
    const { browser } = await open({
      build: withHealth({ connections: ["books"] }),
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

  it("refuses a name that no connection has, when the route is made", async () => {
    const { auth } = await open()
    assert.throws(() => auth.health({ connections: ["bucks"] }), /bucks.*the name of a connection: .*books/)
  })
})
