import { isSageAuthError } from "@sage-auth/core"
import { type SageAuthOptions, sageAuth } from "@sage-auth/express"
import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import type { Answer } from "../../../tests/src/web/Browser.ts"
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

describe.each(lines)("a visitor without a tenant with %s", (_, line) => {
  const open = (options: SageAuthOptions) => openWorld(line, { options: { tenant: fromHeader, ...options } })

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
  it.each([
    ["nothing", undefined],
    ["no application", {}],
    ["the configuration of one", { connections: {} }],
    ["its own options", { tenant: () => "acme" }]
  ])("are told from an application: %s in the place of one", (_name, given) => {
    const make = () => sageAuth(given as never)
    assert.throws(
      make,
      /sage: expected the application that createSageAuth\(\{ connections \}\) of "@sage-auth\/core" returns/
    )
  })
})
