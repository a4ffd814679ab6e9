import { assert, describe, it } from "vitest"
import { type Answer, send } from "./Browser.ts"
import { begin, consent, fromHeader, openWorld, until, type World, type WebAdapter } from "./world.ts"

const problemOf = (text: string) => JSON.parse(text) as Readonly<Record<string, unknown>>

/** What a callback came to that was refused: its answer, the connection, and how many codes were sent. */
const outcomeOf = async ({ sage, sandbox }: World, { status }: Answer) => ({
  status,
  state: (await sage.client("books").status()).state,
  codes: sandbox.requests({ step: "token" }).length
})

const refused = { status: 400, state: "disconnected", codes: 0 } as const

const as = (tenant: string) => ({ headers: { "x-tenant": tenant } })

/** Where a consent leads, what it comes to, and what is left of its cookie. */
const ledBack = async (adapter: WebAdapter, name: "books" | "payables") => {
  const world = await openWorld(adapter)
  const { browser, sage } = world
  const location = await consent(world, browser, `/sage/connect/${name}?returnTo=%2Fsettings%3Ftab%3Dsage`)
  return [location, (await sage.client(name).status()).state, ...browser.cookies]
}

/** How a consent begins, and comes back to the browser and the tenant that it is of. */
export const consentSuite = (adapter: WebAdapter): void => {
  describe(`a consent with ${adapter.name}`, () => {
    it("leads a browser to Sage and back to where it wanted", async () => {
      assert.deepStrictEqual(await ledBack(adapter, "books"), ["/settings?tab=sage", "connected"])
    })

    it("keeps its cookie from scripts and other paths, for ten minutes", async () => {
      const { browser } = await openWorld(adapter)
      await browser.open("/sage/connect/books")
      const [cookie] = browser.cookies
      assert.strictEqual(cookie?.attributes, "Path=/sage; Max-Age=600; HttpOnly; SameSite=Lax")
    })

    it("comes by itself when a page needs it, and ends on that page", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const refused = await browser.open("/contacts?page=2")
      assert.strictEqual(refused.status, 303)
      const location = await consent(world, browser, String(refused.headers["location"]))
      assert.strictEqual(location, "/contacts?page=2")
      assert.strictEqual((await browser.open(location)).status, 200)
      assert.strictEqual(sandbox.requests({ surface: "business-cloud", step: "token" }).length, 1)
    })

    it("works in two tabs at once", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const one = await begin(world, browser, "/sage/connect/books?returnTo=/one")
      const two = await begin(world, browser, "/sage/connect/books?returnTo=/two")
      assert.strictEqual((await browser.open(one)).headers["location"], "/one")
      assert.strictEqual((await browser.open(two)).headers["location"], "/two")
      assert.deepStrictEqual(browser.cookies, [])
    })

    it("that the user declined says so, to a human and to a program, and can be begun again", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = await begin(world, browser, "/sage/connect/books", {}, { deny: true })
      const { cookies } = browser
      const page = await browser.open(callback)
      assert.strictEqual(page.status, 400)
      assert.match(page.text, /<h1>.*<a href="\/sage\/connect\/books">/s)
      assert.deepStrictEqual(browser.cookies, [])
      const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ")
      const program = await send(callback, { headers: { cookie } })
      assert.match(String(program.headers["content-type"]), /^application\/problem\+json/)
      assert.strictEqual(problemOf(program.text)["code"], "business-cloud.access-denied")
      assert.strictEqual(await consent(world, browser, "/sage/connect/books"), "/")
    })
  })

  describe(`a callback with ${adapter.name}`, () => {
    it("of another browser is refused", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/books")
      const victim = world.newBrowser()
      assert.deepStrictEqual(await outcomeOf(world, await victim.open(callback)), refused)
      // with a transaction of its own under way as well
      await begin(world, victim, "/sage/connect/books")
      assert.deepStrictEqual(await outcomeOf(world, await victim.open(callback)), refused)
      assert.strictEqual((await world.browser.open(callback)).status, 303, "its own browser may complete it")
    })

    it("with a parameter twice is refused", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/books")
      assert.deepStrictEqual(await outcomeOf(world, await world.browser.open(`${callback}&code=other`)), refused)
    })

    it("that comes to the path of another connection is refused", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = await begin(world, browser, "/sage/connect/books")
      const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; ")
      const swapped = callback.replace("/callback/books", "/callback/payables")
      assert.deepStrictEqual(await outcomeOf(world, await browser.open(swapped, { headers: { cookie } })), refused)
    })

    it("for another tenant than the one who is signed in now is refused", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const { browser, sage } = world
      const callback = await begin(world, browser, "/sage/connect/books", as("acme"))
      assert.strictEqual((await browser.open(callback, as("evil"))).status, 400)
      for (const tenant of ["acme", "evil"]) {
        assert.strictEqual((await sage.client("books", { tenant }).status()).state, "disconnected")
      }
      assert.strictEqual((await browser.open(callback)).status, 401, "and so is nobody")
    })

    it("whose browser goes away is completed all the same", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/books")
      world.sandbox.fault("business-cloud", { on: "token", kind: "slow-answer", delay: "5 seconds" })
      const gone = new AbortController()
      const opening = world.browser.open(callback, { signal: gone.signal }).catch((error: Error) => error.name)
      await until("the code is sent", () => world.sandbox.requests({ step: "token" }).length === 1)
      gone.abort()
      assert.strictEqual(await opening, "AbortError")
      await world.sandbox.clock.advance("5 seconds")
      await until("the grant is there", async () => (await world.sage.client("books").status()).state === "connected")
    })
  })

  describe(`an address to return to with ${adapter.name}`, () => {
    it("is none of another host", async () => {
      const { browser, sandbox } = await openWorld(adapter)
      for (const returnTo of [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/%2f%2fevil.example"
      ]) {
        const query = `returnTo=${encodeURIComponent(returnTo)}`
        const connect = await browser.open(`/sage/connect/books?${query}`)
        const disconnect = await browser.open(`/sage/disconnect/books?${query}`, { method: "POST" })
        for (const answer of [connect, disconnect]) {
          assert.strictEqual(answer.status, 400, returnTo)
          assert.isUndefined(answer.headers["location"], returnTo)
        }
        assert.deepStrictEqual(browser.cookies, [], returnTo)
      }
      assert.strictEqual(sandbox.requests().length, 0)
    })
  })
}

/** What is decided of a consent once its callback was read. */
export const callbacksSuite = (adapter: WebAdapter): void => {
  describe(`a consent with ${adapter.name}`, () => {
    it("leads a browser to Intacct and back as well", async () => {
      assert.deepStrictEqual(await ledBack(adapter, "payables"), ["/settings?tab=sage", "connected"])
    })
  })

  describe(`a callback with ${adapter.name}`, () => {
    it("that is forged is refused", async () => {
      const world = await openWorld(adapter)
      const callback = new URL(await begin(world, world.browser, "/sage/connect/books"))
      callback.searchParams.set("state", "A".repeat(43))
      assert.deepStrictEqual(await outcomeOf(world, await world.browser.open(callback.href)), refused)
      callback.searchParams.delete("state")
      assert.deepStrictEqual(await outcomeOf(world, await world.browser.open(callback.href)), refused)
      assert.strictEqual(world.browser.cookies.length, 1, "and ends nothing")
    })

    it("that is replayed sends nothing, and its address alone says nothing: with the cookie it had, it shows what is", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const callback = await begin(world, browser, "/sage/connect/books")
      const thief = world.newBrowser()
      thief.steal(browser)
      assert.strictEqual((await browser.open(callback)).status, 303)
      assert.strictEqual((await browser.open(callback)).status, 400)
      const shown = await thief.open(callback)
      assert.deepStrictEqual([shown.status, shown.headers["location"]], [303, "/"])
      assert.strictEqual(sandbox.requests({ step: "token" }).length, 1)
    })

    it("that comes after ten minutes is refused", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/books")
      await world.sandbox.clock.advance("10 minutes")
      assert.deepStrictEqual(await outcomeOf(world, await world.browser.open(callback)), refused)
    })
  })
}
