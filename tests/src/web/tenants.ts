import { assert, describe, it } from "vitest"
import { consent, fromHeader, openWorld, type WebAdapter } from "./world.ts"

const as = (tenant: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { "x-tenant": tenant, ...headers }
})

export const tenantsSuite = (adapter: WebAdapter): void => {
  describe(`two tenants with ${adapter.name}`, () => {
    it("never see each other's data, however their requests meet", async () => {
      const world = await openWorld(adapter, {
        options: { tenant: async (req) => fromHeader(req) }
      })
      const { browser, sandbox } = world
      const { reader, user } = sandbox.accounts["business-cloud"]
      const other = world.newBrowser()
      await consent(world, browser, "/sage/connect/books", as("harbour"))
      await consent(world, other, "/sage/connect/books", as("lantern"), { login: reader })
      // what is in a business has ids that begin with its own
      const [harbour = "", lantern = ""] = [user, reader].map(({ businesses: [{ id }] }) => id.slice(0, 24))
      // the tokens of both expire under way
      for (const pause of ["0 seconds", "4 minutes", "4 minutes"]) {
        await sandbox.clock.advance(pause)
        const answers = await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const tenant = index % 2 === 0 ? "harbour" : "lantern"
            return { tenant, ...(await browser.fetch("/contacts", as(tenant))) }
          })
        )
        for (const { status, tenant, text } of answers) {
          assert.strictEqual(status, 200, text)
          const [own, foreign] = tenant === "harbour" ? [harbour, lantern] : [lantern, harbour]
          assert.include(text, own)
          assert.notInclude(text, foreign)
        }
      }
    })

    it("have states of their own, and one disconnects without the other", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const { browser } = world
      const stateOf = async (tenant: string): Promise<unknown> => {
        const { text } = await browser.fetch("/sage/connections", as(tenant))
        const { connections } = JSON.parse(text) as {
          readonly connections: ReadonlyArray<{ readonly name: string; readonly state: string }>
        }
        return connections.find(({ name }) => name === "books")?.state
      }
      await consent(world, browser, "/sage/connect/books", as("one"))
      await consent(world, world.newBrowser(), "/sage/connect/books", as("two"))
      await browser.fetch("/sage/disconnect/books", { method: "POST", ...as("two") })
      assert.deepStrictEqual(
        [await stateOf("one"), await stateOf("two"), await stateOf("three")],
        ["connected", "disconnected", "disconnected"]
      )
    })
  })

  describe(`a tenant resolver with ${adapter.name}`, () => {
    const routes = [
      "/contacts",
      "/unguarded",
      "/sage/connections",
      "/sage/connect/books",
      "/sage/callback/books?error=x"
    ]

    it.each([
      ["undefined", () => undefined],
      ["a promise of undefined", () => Promise.resolve(undefined)]
    ])("that gives %s refuses with 401, at every route and every call", async (_, tenant) => {
      const { browser, sandbox } = await openWorld(adapter, { options: { tenant } })
      for (const route of routes) {
        const answer = await browser.fetch(route)
        assert.strictEqual(answer.status, 401, route)
        assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/)
        assert.strictEqual((JSON.parse(answer.text) as { readonly code: string }).code, "client.tenant-refused")
      }
      assert.strictEqual((await browser.open("/contacts")).status, 401, "and sends no browser to consent")
      assert.strictEqual((await browser.fetch("/sage/disconnect/books", { method: "POST" })).status, 401)
      assert.strictEqual(sandbox.requests().length, 0)
    })
  })
}
