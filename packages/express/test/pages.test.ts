import { isSageAuthError } from "@sage-auth/core"
import { type SageAuthOptions, sageAuth } from "@sage-auth/express"
import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import { type Answer, listOf } from "./Browser.ts"
import { begin, fromHeader, lines, openWorld, until } from "./world.ts"

const where = ({ headers, status }: Answer) => [status, headers["location"]]

const deny = { deny: true } as const

const failing = () => Promise.reject(new Error("the template is gone"))

const apologize =
  (passed: Array<unknown>): ErrorRequestHandler =>
  (error, _req, res, _next) => {
    passed.push(error)
    res.status(500).end("sorry")
  }

describe.each(lines)("a page of the application with %s", (_, line) => {
  it("is shown in the place of the built-in one and of the way back, with what it needs", async () => {
    const shown: Array<Readonly<Record<string, unknown>>> = []
    const render: SageAuthOptions["render"] = async (problem, req, res) => {
      shown.push({ ...problem })
      await Promise.resolve()
      res.type("html").send(`<h1>${problem.kind} at ${req.path}</h1>`)
    }
    const world = await openWorld(line, { options: { render } })
    const { browser } = world
    const callback = await begin(world, browser, "/sage/connect/books?returnTo=/settings", {}, deny)
    const answer = await browser.open(callback)
    assert.strictEqual(answer.status, 400)
    assert.strictEqual(answer.text, "<h1>declined at /sage/callback/books</h1>")
    assert.strictEqual(answer.headers["cache-control"], "no-store")
    assert.isUndefined(answer.headers["content-security-policy"], "the application's own page has its own policy")
    assert.deepStrictEqual(browser.cookies, [], "and the cookie of the consent is gone")
    assert.deepInclude(shown[0], {
      status: 400,
      kind: "declined",
      code: "business-cloud.access-denied",
      connection: "books",
      connectUrl: "/sage/connect/books",
      returnTo: "/settings",
      language: "en"
    })
    assert.notInclude(JSON.stringify(shown), "state=")
    for (const path of [
      "/sage/connect/typo",
      "/sage/disconnect/books",
      "/sage/connect/books?returnTo=//evil.example"
    ]) {
      assert.match((await browser.open(path)).text, /^<h1>unknown at/)
    }
    const program = await browser.fetch("/sage/connect/typo")
    assert.strictEqual(program.headers["content-type"], "application/problem+json")
    assert.isAbove((JSON.parse(program.text) as { readonly remedy: string }).remedy.length, 10)
  })

  it("may lead on, and may answer in its own time", async () => {
    const later: Array<() => void> = []
    const render: SageAuthOptions["render"] = (problem, _req, res) => {
      later.push(() => res.redirect(303, `/failed?code=${problem.code}`))
    }
    const world = await openWorld(line, { options: { render } })
    const opening = world.browser.open("/sage/callback/books?code=c&state=s")
    await until("it is rendered", () => later.length === 1)
    later[0]?.()
    assert.deepStrictEqual(where(await opening), [303, "/failed?code=client.callback-rejected"])
  })

  it("that fails itself is the application's own failure", async () => {
    const passed: Array<unknown> = []
    const world = await openWorld(line, {
      options: { render: failing },
      build: ({ app, auth }) => {
        app.use(auth)
        app.use(auth.errors)
        app.use(apologize(passed))
      }
    })
    assert.strictEqual((await world.browser.open("/sage/callback/books?code=c&state=s")).text, "sorry")
    assert.match(String(passed[0]), /the template is gone/)
  })

  it("does not take the place of being sent to a consent", async () => {
    const { browser } = await openWorld(line, { options: { render: () => assert.fail("it was rendered") } })
    assert.deepStrictEqual(where(await browser.open("/contacts")), [303, "/sage/connect/books?returnTo=%2Fcontacts"])
  })
})

describe.each(lines)("the built-in page with %s", (_, line) => {
  const texts = {
    de: {
      pages: { declined: { title: "Sage ist nicht verbunden" } },
      links: { again: "Noch einmal verbinden", back: "Zurück" },
      reference: "Kennung"
    },
    fr: { pages: { declined: { title: "Sage n’est pas connecté" } } }
  }

  it.each([
    ["de-AT, en;q=0.5", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"],
    ["en;q=0.4, FR;q=0.9", "fr", "Sage n’est pas connecté", "Connect again"],
    ["en-GB", "en", "Sage is not connected", "Connect again"],
    ["ja", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"],
    ["de;q=0, en", "en", "Sage is not connected", "Connect again"],
    ["", "de", "Sage ist nicht verbunden", "Noch einmal verbinden"]
  ])("speaks the language of its reader: %s", async (wanted, language, title, link) => {
    const world = await openWorld(line, { options: { texts } })
    const callback = await begin(world, world.browser, "/sage/connect/books", {}, deny)
    const answer = await world.browser.open(callback, { headers: { "accept-language": wanted } })
    assert.include(answer.text, `<html lang="${language}">`)
    assert.include(answer.text, `<h1>${title}</h1>`)
    assert.include(answer.text, `>${link}</a>`)
    assert.strictEqual(answer.headers["content-language"], language)
    assert.include(String(answer.headers["vary"]), "accept-language")
  })

  it("says what its reader can do, and nothing that is meant for a developer", async () => {
    const world = await openWorld(line)
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
    const world = await openWorld(line)
    const { browser, sandbox } = world
    await browser.open(await begin(world, browser, "/sage/connect/books"))
    await sandbox.clock.advance("6 minutes")
    sandbox.fault("business-cloud", { on: "token", kind: "unavailable", times: 10 })
    const answer = await browser.open("/contacts?page=2")
    assert.strictEqual(answer.status, 503)
    assert.include(answer.text, 'href="/contacts?page=2">Try again</a>')
  })
})

describe.each(lines)("a visitor without a tenant with %s", (_, line) => {
  const open = (options: SageAuthOptions) => openWorld(line, { options: { tenant: fromHeader, ...options } })

  it.each([
    ["/contacts?page=2", "/login?returnTo=%2Fcontacts%3Fpage%3D2"],
    [
      "/sage/connect/books?returnTo=%2Fsettings",
      `/login?returnTo=${encodeURIComponent("/sage/connect/books?returnTo=%2Fsettings")}`
    ],
    // a code does not go through the pages of a login
    ["/sage/callback/books?code=c0de&state=s", `/login?returnTo=${encodeURIComponent("/sage/connect/books")}`],
    ["/contacts?sage_error=x", "/login?returnTo=%2Fcontacts"]
  ])("is sent to sign in, and comes back: %s", async (path, location) => {
    const { browser } = await open({ loginUrl: "/login" })
    const answer = await browser.open(path)
    assert.deepStrictEqual(where(answer), [303, location])
    assert.deepStrictEqual(listOf(answer.headers["set-cookie"]), [])
  })

  it("is sent where a function says, or to an address elsewhere", async () => {
    const made = await open({ loginUrl: (req, returnTo) => `https://id.example/${req.hostname}?then=${returnTo}` })
    assert.deepStrictEqual(where(await made.browser.open("/contacts")), [
      303,
      "https://id.example/127.0.0.1?then=/contacts"
    ])
    const fixed = await open({ loginUrl: "https://id.example/in?app=1#form" })
    assert.deepStrictEqual(where(await fixed.browser.open("/contacts")), [
      303,
      "https://id.example/in?app=1&returnTo=%2Fcontacts#form"
    ])
    for (const address of ["/x\r\nset-cookie: evil=1", "javascript:alert(1)", "data:text/html,x", "", "https://["]) {
      const { browser } = await open({ loginUrl: () => address })
      const answer = await browser.open("/contacts")
      assert.deepStrictEqual(where(answer), [401, undefined], address)
      assert.notMatch(answer.text, /javascript:|data:/)
    }
  })

  it("is told, and not sent, where they cannot come back by themselves", async () => {
    const { browser } = await open({ loginUrl: "/login" })
    const program = await browser.fetch("/contacts")
    assert.strictEqual(program.status, 401)
    assert.deepInclude(JSON.parse(program.text), { code: "client.tenant-refused", loginUrl: "/login" })
    const posted = await browser.open("/sage/disconnect/books", { method: "POST" })
    assert.strictEqual(posted.status, 401)
    assert.include(posted.text, '<a href="/login">Sign in</a>')
    const ahead = await browser.open("/contacts", { headers: { purpose: "prefetch" } })
    assert.deepStrictEqual(where(ahead), [401, undefined])
  })

  it("is not sent in circles by a login that needs a tenant itself", async () => {
    const { browser } = await open({ loginUrl: "/contacts" })
    assert.strictEqual((await browser.open("/contacts")).status, 401)
  })

  it("sees a page that says so, where nobody said where to sign in", async () => {
    const { browser } = await open({})
    const answer = await browser.open("/sage/connect/books?returnTo=/settings")
    assert.strictEqual(answer.status, 401)
    assert.include(answer.text, "You are not signed in")
    assert.notInclude(answer.text, "SameSite")
  })
})

describe.each(lines)("options that cannot work with %s", (_, line) => {
  it.each([
    ["loginUrl", "login"],
    ["loginUrl", "//evil.example"],
    ["loginUrl", "javascript:alert(1)"],
    ["render", "page.html"],
    ["texts", { de: { pages: { denied: { title: "x" } } } }],
    ["texts", { de: { links: { back: 5 } } }],
    ["texts", { "<b>": {} }],
    ["routes", "no"],
    ["strippedPrefix", "https://evil.example"]
  ])("are refused when the middleware is made: %s", async (option, value) => {
    const { sage } = await openWorld(line)
    try {
      sageAuth(sage, { [option]: value })
    } catch (error) {
      assert.isTrue(isSageAuthError(error))
      assert.match((error as Error).message, new RegExp(`${option}: expected`))
      return
    }
    assert.fail("it was taken")
  })
})
