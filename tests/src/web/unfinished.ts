import { assert, describe, it } from "vitest"
import { type Answer, listOf, send } from "./Browser.ts"
import { begin, consent, fromHeader, openWorld, type WebAdapter } from "./world.ts"

const where = ({ headers, status }: Answer) => [status, headers["location"]]

const deny = { deny: true } as const

const as = (tenant: string) => ({ headers: { "x-tenant": tenant } })

const forgeries: ReadonlyArray<readonly [string, (url: URL) => void]> = [
  ["no state", (url: URL) => url.searchParams.delete("state")],
  ["another state", (url: URL) => url.searchParams.set("state", "A".repeat(43))],
  ["an empty state", (url: URL) => url.searchParams.set("state", "")],
  ["a state that no store takes", (url: URL) => url.searchParams.set("state", "\0")],
  ["two states", (url: URL) => url.searchParams.append("state", "A".repeat(43))],
  [
    "an error of anybody's",
    (url: URL) => {
      url.search = "?error=access_denied&error_description=call+0900+123"
    }
  ],
  [
    "an error of another state",
    (url: URL) => {
      url.search = `?error=access_denied&state=${"A".repeat(43)}`
    }
  ],
  [
    "nothing",
    (url: URL) => {
      url.search = ""
    }
  ]
]

export const unfinishedSuite = (adapter: WebAdapter): void => {
  describe(`a callback that names no consent, with ${adapter.name},`, () => {
    it("clears no cookie, ends nothing, sends nobody on, and says nothing of its own", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const one = await begin(world, browser, "/sage/connect/books?returnTo=/one")
      const two = await begin(world, browser, "/sage/connect/books?returnTo=/two")
      for (const [named, forge] of forgeries) {
        const forged = new URL(one)
        forge(forged)
        for (const foreign of [{}, { "sec-fetch-site": "cross-site" }]) {
          const answer = await browser.open(forged.href, { headers: foreign })
          assert.strictEqual(answer.status, 400, named)
          assert.isUndefined(answer.headers["set-cookie"], named)
          assert.isUndefined(answer.headers["location"], named)
          assert.notInclude(answer.text, "0900")
        }
        assert.strictEqual(browser.cookies.length, 2, named)
        assert.strictEqual(sandbox.requests({ step: "token" }).length, 0, named)
      }
      assert.deepStrictEqual(where(await browser.open(two)), [303, "/two"])
      assert.deepStrictEqual(where(await browser.open(one)), [303, "/one"])
    })

    it.each(["gateway", "payables"])("or comes to the path of %s, leaves the consent to its own", async (other) => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = new URL(await begin(world, browser, "/sage/connect/books?returnTo=/done"))
      for (const code of ["code", "authorizationCode"]) {
        const twin = `/sage/callback/${other}?${code}=c&state=${callback.searchParams.get("state")}`
        const answer = await browser.open(twin, { headers: { "sec-fetch-site": "cross-site" } })
        assert.deepStrictEqual(where(answer), [303, "/done?sage_error=client.callback-rejected"])
        assert.isUndefined(answer.headers["set-cookie"])
      }
      assert.deepStrictEqual(where(await browser.open(callback.href)), [303, "/done"])
    })

    it("or comes without a session, leaves the consent to whoever signs in again", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const { browser } = world
      const acme = { headers: { "x-tenant": "acme" } }
      const callback = await begin(world, browser, "/sage/connect/books?returnTo=/done", acme)
      for (const headers of [{}, { "x-tenant": "other" }]) {
        const answer = await browser.open(callback, { headers })
        assert.isAtLeast(answer.status, 400)
        assert.isUndefined(answer.headers["set-cookie"])
      }
      assert.deepStrictEqual(where(await browser.open(callback, acme)), [303, "/done"])
    })
  })

  describe(`a consent that comes to nothing, with ${adapter.name},`, () => {
    it("leads back to the application with a code, and takes its cookie along", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = await begin(
        world,
        browser,
        "/sage/connect/books?returnTo=/settings%3Ftab%3Dsage%23top",
        {},
        deny
      )
      const answer = await browser.open(callback)
      assert.deepStrictEqual(where(answer), [303, "/settings?tab=sage&sage_error=business-cloud.access-denied#top"])
      assert.strictEqual(answer.headers["cache-control"], "no-store")
      assert.deepStrictEqual(browser.cookies, [])
    })

    it("does so for every connection with a consent", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/payables?returnTo=/settings", {}, deny)
      const answer = await world.browser.open(callback)
      assert.deepStrictEqual(where(answer), [303, "/settings?sage_error=intacct-rest.access-denied"])
    })

    it("does so when its callback is opened a second time, or too late, and without its cookie", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const refused = [303, "/settings?sage_error=client.callback-rejected"]
      const denied = await begin(world, browser, "/sage/connect/books?returnTo=/settings", {}, deny)
      await browser.open(denied)
      assert.deepStrictEqual(where(await browser.open(denied)), refused)
      const done = await begin(world, browser, "/sage/connect/books?returnTo=/settings")
      assert.deepStrictEqual(where(await browser.open(done)), [303, "/settings"])
      assert.deepStrictEqual(where(await browser.open(done)), refused)
      assert.deepStrictEqual(where(await browser.open(done)), refused)
      assert.strictEqual(sandbox.requests({ step: "token" }).length, 1)
      const late = await begin(world, browser, "/sage/connect/books?returnTo=/settings")
      await sandbox.clock.advance("10 minutes")
      assert.deepStrictEqual(where(await browser.open(late)), refused)
      assert.deepStrictEqual(browser.cookies, [])
      assert.strictEqual((await browser.open(late)).status, 400, "by now nothing is known of it any more")
    })

    it("does so when the code is refused, or the server is away", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const refused = await begin(world, browser, "/sage/connect/books?returnTo=/settings")
      const bad = new URL(refused)
      bad.searchParams.set("code", "another")
      const answer = await browser.open(bad.href)
      assert.deepStrictEqual(where(answer), [303, "/settings?sage_error=business-cloud.code-rejected"])
      sandbox.fault("business-cloud", { on: "token", kind: "drop-response", times: 10 })
      const lost = await browser.open(await begin(world, browser, "/sage/connect/books?returnTo=/settings"))
      assert.deepStrictEqual(where(lost), [303, "/settings?sage_error=client.answer-lost"])
      assert.deepStrictEqual(browser.cookies, [])
    })

    it("tells a program instead, with a remedy", async () => {
      const world = await openWorld(adapter)
      const callback = await begin(world, world.browser, "/sage/connect/books?returnTo=/settings", {}, deny)
      const answer = await world.browser.fetch(callback)
      assert.strictEqual(answer.status, 400)
      const problem = JSON.parse(answer.text) as Readonly<Record<string, string>>
      assert.strictEqual(problem["code"], "business-cloud.access-denied")
      assert.isAbove(problem["remedy"]?.length ?? 0, 10)
    })

    it("says nothing of where its user wanted to go to another tenant", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const { browser } = world
      const callback = await begin(world, browser, "/sage/connect/books?returnTo=/of-acme", as("acme"), deny)
      const other = await browser.open(callback, as("other"))
      assert.strictEqual(other.status, 400)
      assert.notInclude(other.text, "of-acme")
      await browser.open(callback, as("acme"))
      const again = await browser.open(callback, as("other"))
      assert.strictEqual(again.status, 400)
      assert.notInclude(again.text, "of-acme")
    })

    it("never leads to another host, whatever it is given", async () => {
      const { browser } = await openWorld(adapter)
      for (const returnTo of ["//evil.example", "https://evil.example", "/\\evil.example", "/%2f%2fevil.example"]) {
        const query = `returnTo=${encodeURIComponent(returnTo)}&sage_error=x`
        for (const path of ["/sage/connect/books", "/sage/callback/books"]) {
          const answer = await browser.open(`${path}?${query}&error=access_denied`)
          assert.strictEqual(answer.status, 400)
          assert.isUndefined(answer.headers["location"])
          assert.notInclude(answer.text, "evil")
        }
      }
    })

    it("shows a page where nobody said where to go on", async () => {
      const world = await openWorld(adapter)
      const answer = await world.browser.open(await begin(world, world.browser, "/sage/connect/books", {}, deny))
      assert.strictEqual(answer.status, 400)
      assert.include(answer.text, "You did not allow the connection")
      assert.include(answer.text, 'href="/sage/connect/books"')
      assert.include(answer.text, 'href="/"')
    })

    it("does not send its user round in circles: the page that needs it asks once more", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const first = await browser.open("/contacts?page=2")
      const callback = await begin(world, browser, String(first.headers["location"]), {}, deny)
      const back = String((await browser.open(callback)).headers["location"])
      assert.strictEqual(back, "/contacts?page=2&sage_error=business-cloud.access-denied")
      const page = await browser.open(back)
      assert.strictEqual(page.status, 403)
      assert.include(page.text, "You did not allow the connection")
      const [, again = ""] = /href="([^"]*connect[^"]*)"/.exec(page.text) ?? []
      assert.strictEqual(again, "/sage/connect/books?returnTo=%2Fcontacts%3Fpage%3D2")
      assert.strictEqual(await consent(world, browser, again), "/contacts?page=2", "the code is gone")
    })

    it("forgets the code of an earlier one", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const wanted = encodeURIComponent("/settings?sage_error=old&tab=1")
      assert.strictEqual(await consent(world, browser, `/sage/connect/books?returnTo=${wanted}`), "/settings?tab=1")
      const denied = await browser.open(await begin(world, browser, `/sage/connect/books?returnTo=${wanted}`, {}, deny))
      assert.deepStrictEqual(where(denied), [303, "/settings?tab=1&sage_error=business-cloud.access-denied"])
    })

    it("of the gateway comes back too, from the form that posts it", async () => {
      const world = await openWorld(adapter, { options: { tenant: fromHeader } })
      const acme = { headers: { "x-tenant": "acme" } }
      const { headers } = await world.browser.open("/sage/connect/gateway?returnTo=/settings", acme)
      const callback = await world.sandbox.x3.pairingCallback(String(headers["location"]))
      const { pathname } = new URL(callback.url)
      const form = new URLSearchParams(callback.body)
      form.delete("authorizationCode")
      form.set("error", "access_denied")
      const body = form.toString()
      const posted = await send(`${world.origin}${pathname}`, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "content-length": String(Buffer.byteLength(body)),
          accept: "text/html",
          "sec-fetch-mode": "navigate",
          "sec-fetch-site": "cross-site"
        }
      })
      assert.deepStrictEqual(where(posted), [303, "/settings?sage_error=x3-gateway.access-denied"])
    })
  })

  describe(`a hundred consents that nobody ends, with ${adapter.name},`, () => {
    it("leave room for one that somebody does, and for every other request", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const returnTo = `/${"x".repeat(800)}`
      for (let start = 0; start < 100; start++) {
        const name = start % 2 === 0 ? "books" : "payables"
        assert.strictEqual((await browser.open(`/sage/connect/${name}?returnTo=${returnTo}`)).status, 303)
      }
      const bytes = browser.cookies.reduce((sum, { name, value }) => sum + name.length + value.length + 3, 0)
      assert.isBelow(bytes, 6 * 1024)
      assert.strictEqual((await browser.open("/sage/connections")).status, 200)
      assert.strictEqual(await consent(world, browser, "/sage/connect/books?returnTo=/done"), "/done")
    })

    it("are refused by name where the application's own cookies leave no room for one", async () => {
      const { origin } = await openWorld(adapter)
      const cookie = ["a", "b", "c", "d"].map((name) => `${name}=${"x".repeat(3_500)}`).join("; ")
      const start = await send(`${origin}/sage/connect/books?returnTo=/done`, { headers: { cookie } })
      const { code, detail } = JSON.parse(start.text) as Readonly<Record<string, string>>
      assert.deepStrictEqual([start.status, code], [500, "client.misconfigured"])
      assert.isUndefined(start.headers["set-cookie"])
      assert.isString(detail)
      assert.strictEqual((await send(`${origin}/sage/connections`, { headers: { cookie } })).status, 200)
    })

    it("leave the newest ones, each of which can be ended", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callbacks: Array<string> = []
      for (let start = 0; start < 8; start++) {
        callbacks.push(await begin(world, browser, `/sage/connect/books?returnTo=/${start}`))
      }
      const names = new Set(browser.cookies.map(({ name }) => name))
      assert.strictEqual(names.size, 5)
      const answers: Array<Answer> = []
      for (const callback of callbacks) answers.push(await browser.open(callback))
      assert.deepStrictEqual(
        answers.map(({ headers }) => headers["location"]),
        [0, 1, 2, 3, 4, 5, 6, 7].map((start) =>
          start < 3 ? `/${start}?sage_error=client.callback-rejected` : `/${start}`
        )
      )
      assert.isAtMost(listOf(answers[0]?.headers["set-cookie"]).length, 1)
      assert.deepStrictEqual(browser.cookies, [])
    })
  })
}
