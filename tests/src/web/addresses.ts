import { createServer, request } from "node:http"
import { assert, describe, it, onTestFinished } from "vitest"
import { Browser } from "./Browser.ts"
import { begin, consent, listening, openWorld, ownPage, type WebAdapter } from "./world.ts"

/** A proxy that takes a prefix off, and answers 404 to what does not have it. */
export const openProxy = async (prefix: string, target: () => string, forwards: boolean): Promise<string> => {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? ""
    if (!path.startsWith(`${prefix}/`)) return void outgoing.writeHead(404).end("of the proxy")
    const headers = { ...incoming.headers, ...(forwards ? { "x-forwarded-prefix": prefix } : {}) }
    const { method } = incoming
    const asked = request(`${target()}${path.slice(prefix.length)}`, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on("error", () => outgoing.destroy())
    incoming.pipe(asked)
  })
  const origin = await listening(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return origin
}

export const addressesSuite = (adapter: WebAdapter): void => {
  describe(`a redirect address with ${adapter.name}`, () => {
    it.each([
      ["another path", "/oauth"],
      ["the path of another connection", "/sage/callback/x"],
      ["a prefix that nobody takes off", "/api/sage/callback"]
    ])("of %s is served where it is: %s", async (_name, callbacks) => {
      const world = await openWorld(adapter, { callbacks })
      const { browser } = world
      assert.strictEqual(await consent(world, browser, "/sage/connect/books?returnTo=/done"), "/done")
      const denied = await browser.open(
        await begin(world, browser, "/sage/connect/payables?returnTo=/done", {}, { deny: true })
      )
      assert.strictEqual(denied.headers["location"], "/done?sage_error=intacct-rest.access-denied")
      assert.deepStrictEqual(browser.cookies, [])
      assert.strictEqual((await browser.open("/contacts")).status, 200)
    })

    it.each([
      ["ends like its route", "/apps/one/sage/callback", false, undefined],
      ["is another path, and the proxy tells", "/apps/one/oauth", true, undefined],
      ["is another path, and the application tells", "/apps/one/oauth", false, "/apps/one"],
      ["is a single segment", "/apps/one", true, undefined]
    ])("behind a proxy that takes a prefix off is served where it %s", async (_name, path, tells, strippedPrefix) => {
      let origin = ""
      const proxy = await openProxy("/apps/one", () => origin, tells)
      const world = await openWorld(adapter, {
        options: { strippedPrefix },
        sandbox: {
          businessCloud: { redirectUris: [`${proxy}${path}/books`] },
          intacctRest: { redirectUris: [`${proxy}${path}/payables`] }
        },
        connections: (sandbox) => sandbox.connections({ redirectUri: `${proxy}${path}` })
      })
      ;({ origin } = world)
      const browser = new Browser(proxy)
      const refused = await browser.open("/apps/one/contacts?page=2")
      const connect = String(refused.headers["location"])
      const wanted = encodeURIComponent("/apps/one/contacts?page=2")
      assert.strictEqual(connect, `/apps/one/sage/connect/books?returnTo=${wanted}`)
      assert.strictEqual(await consent(world, browser, connect), "/apps/one/contacts?page=2")
      assert.strictEqual((await browser.open("/apps/one/contacts")).status, 200)
      assert.deepStrictEqual(browser.cookies, [])
      const { text } = await browser.fetch("/apps/one/sage/connections")
      assert.include(text, '"connectUrl":"/apps/one/sage/connect/payables"')
    })

    it("leaves a page of the application at its path alone", async () => {
      const { browser } = await openWorld(adapter, { callbacks: "/oauth" })
      for (const query of ["", "?page=2"]) {
        assert.strictEqual((await browser.open(`/oauth/books${query}`)).text, ownPage)
      }
    })

    it("does not believe a prefix that no redirect address begins with", async () => {
      const { browser } = await openWorld(adapter, { callbacks: "/apps/one/oauth" })
      for (const prefix of ["//evil.example", "/evil", "/apps/on", "/apps/one/oauth/books", "https://evil.example"]) {
        const { headers } = await browser.open("/contacts", { headers: { "x-forwarded-prefix": prefix } })
        assert.strictEqual(headers["location"], "/sage/connect/books?returnTo=%2Fcontacts")
      }
    })
  })

  describe(`without routes, ${adapter.name}`, () => {
    it("serves none, and sends nobody to them", async () => {
      const { browser } = await openWorld(adapter, { options: { routes: false } })
      for (const path of ["/sage/connect/books", "/sage/connections", "/sage/callback/books?code=c&state=s"]) {
        assert.strictEqual((await browser.open(path)).status, 404)
      }
      const answer = await browser.open("/contacts")
      assert.strictEqual(answer.status, 403)
      assert.notInclude(answer.text, "connect/")
    })
  })
}
