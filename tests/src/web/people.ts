import { assert, describe, it } from "vitest"
import { type Answer, listOf } from "./Browser.ts"
import { begin, fromHeader, openWorld, type SuiteOptions, type WebAdapter } from "./world.ts"

const where = ({ headers, status }: Answer) => [status, headers["location"]]

const deny = { deny: true } as const

const signedOut = (adapter: WebAdapter, options: SuiteOptions) =>
  openWorld(adapter, { options: { tenant: fromHeader, ...options } })

const texts = {
  de: {
    pages: { declined: { title: "Sage ist nicht verbunden" } },
    links: { again: "Noch einmal verbinden", back: "Zurück" },
    reference: "Kennung"
  },
  fr: { pages: { declined: { title: "Sage n’est pas connecté" } } }
}

/** What the page of a declined consent is to each reader: its language, its heading and its first link. */
const shownTo = async (adapter: WebAdapter, readers: ReadonlyArray<string>) => {
  const world = await openWorld(adapter, { options: { texts } })
  const shown: Array<ReadonlyArray<string | undefined>> = []
  for (const wanted of readers) {
    const callback = await begin(world, world.browser, "/sage/connect/books", {}, deny)
    const { headers, text } = await world.browser.open(callback, { headers: { "accept-language": wanted } })
    const [, language, title, link] = /<html lang="(\w+)">.*<h1>(.*?)<\/h1>.*?<a [^>]*>(.*?)<\/a>/s.exec(text) ?? []
    assert.strictEqual(headers["content-language"], language, wanted)
    assert.include(String(headers["vary"]), "accept-language", wanted)
    shown.push([wanted, language, title, link])
  }
  return shown
}

/** What reaches a human: texts, their language, and the way to a login. */
export const peopleSuite = (adapter: WebAdapter): void => {
  describe(`the built-in page with ${adapter.name}`, () => {
    it("speaks the language of its reader", async () => {
      assert.deepStrictEqual(await shownTo(adapter, ["de-AT, en;q=0.5"]), [
        ["de-AT, en;q=0.5", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"]
      ])
    })
  })

  describe(`a visitor without a tenant with ${adapter.name}`, () => {
    it("is sent to sign in, and comes back", async () => {
      const { browser } = await signedOut(adapter, { loginUrl: "/login" })
      for (const [path, location] of [
        ["/contacts?page=2", "/login?returnTo=%2Fcontacts%3Fpage%3D2"],
        [
          "/sage/connect/books?returnTo=%2Fsettings",
          `/login?returnTo=${encodeURIComponent("/sage/connect/books?returnTo=%2Fsettings")}`
        ],
        // a code does not go through the pages of a login
        ["/sage/callback/books?code=c0de&state=s", `/login?returnTo=${encodeURIComponent("/sage/connect/books")}`],
        ["/contacts?sage_error=x", "/login?returnTo=%2Fcontacts"]
      ] as const) {
        const answer = await browser.open(path)
        assert.deepStrictEqual(where(answer), [303, location])
        assert.deepStrictEqual(listOf(answer.headers["set-cookie"]), [])
      }
    })

    it("is told, and not sent, where they cannot come back by themselves", async () => {
      const { browser } = await signedOut(adapter, { loginUrl: "/login" })
      const program = await browser.fetch("/contacts")
      assert.strictEqual(program.status, 401)
      assert.deepInclude(JSON.parse(program.text), { code: "client.tenant-refused", loginUrl: "/login" })
      const posted = await browser.open("/sage/disconnect/books", { method: "POST" })
      assert.strictEqual(posted.status, 401)
      assert.include(posted.text, '<a href="/login">Sign in</a>')
      const ahead = await browser.open("/contacts", { headers: { purpose: "prefetch" } })
      assert.deepStrictEqual(where(ahead), [401, undefined])
    })
  })
}

/** What the pages say to whom, and when nobody is sent to a login. */
export const pagesSuite = (adapter: WebAdapter): void => {
  describe(`the built-in page with ${adapter.name}`, () => {
    it("speaks the best of the languages that there are", async () => {
      const readers = ["en;q=0.4, FR;q=0.9", "en-GB", "ja", "de;q=0, en", ""]
      assert.deepStrictEqual(await shownTo(adapter, readers), [
        ["en;q=0.4, FR;q=0.9", "fr", "Sage n’est pas connecté", "Connect again"],
        ["en-GB", "en", "Sage is not connected", "Connect again"],
        ["ja", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"],
        ["de;q=0, en", "en", "Sage is not connected", "Connect again"],
        ["", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"]
      ])
    })

    it("says what its reader can do, and nothing that is meant for a developer", async () => {
      const world = await openWorld(adapter)
      const { browser } = world
      const callback = await begin(world, browser, "/sage/connect/books", {}, deny)
      for (const path of [
        callback,
        "/sage/callback/books?code=c&state=s",
        "/sage/connect/typo",
        "/sage/connect/vendors"
      ]) {
        const { headers, text } = await browser.open(path)
        assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-[\w+/=]+'; /)
        assert.notMatch(text, /<script|authorize\(\)|completeAuthorization|redirectUri|SameSite|`|developer|\bstate\b/i)
        assert.include(text, "<style>")
      }
    })

    it("offers to try again what may work later", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      await browser.open(await begin(world, browser, "/sage/connect/books"))
      await sandbox.clock.advance("6 minutes")
      sandbox.fault("business-cloud", { on: "token", kind: "unavailable", times: 10 })
      const answer = await browser.open("/contacts?page=2")
      assert.strictEqual(answer.status, 503)
      assert.include(answer.text, 'href="/contacts?page=2">Try again</a>')
    })
  })

  describe(`a visitor without a tenant with ${adapter.name}`, () => {
    it("is not sent in circles by a login that needs a tenant itself", async () => {
      const { browser } = await signedOut(adapter, { loginUrl: "/contacts" })
      assert.strictEqual((await browser.open("/contacts")).status, 401)
    })

    it("sees a page that says so, where nobody said where to sign in", async () => {
      const { browser } = await signedOut(adapter, {})
      const answer = await browser.open("/sage/connect/books?returnTo=/settings")
      assert.strictEqual(answer.status, 401)
      assert.include(answer.text, "You are not signed in")
      assert.notInclude(answer.text, "SameSite")
    })
  })
}
