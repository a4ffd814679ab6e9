import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import { consent, fromHeader, handler, lines, openWorld, type WorldOptions } from "./world.ts"

const apologize: ErrorRequestHandler = (error: Error, _req, res, _next) => {
  res.status(500).end(error.message.includes("session store") ? "sorry" : "what?")
}

const as = (tenant: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { "x-tenant": tenant, ...headers }
})

describe.each(lines)("two tenants with %s", (_, line) => {
  it("never see each other's data, however their requests meet", async () => {
    const world = await openWorld(line, {
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
        Array.from({ length: 40 }, async (_, index) => {
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
    const world = await openWorld(line, { options: { tenant: fromHeader } })
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

  it("are not sent to connect each other's connection", async () => {
    const world = await openWorld(line, {
      options: { tenant: fromHeader },
      build: ({ app, auth, sage }) => {
        app.use(auth)
        app.get(
          "/as-operator",
          handler(async () => sage.client("books", { tenant: "customer" }).headers())
        )
        app.use(auth.errors)
      }
    })
    const answer = await world.browser.open("/as-operator", as("operator"))
    assert.strictEqual(answer.status, 403)
    assert.notInclude(answer.text, "/sage/connect")
    assert.strictEqual((await world.browser.open("/as-operator", as("customer"))).status, 303)
  })
})

describe.each(lines)("a tenant resolver with %s", (_, line) => {
  const routes = ["/contacts", "/unguarded", "/sage/connections", "/sage/connect/books", "/sage/callback/books?error=x"]

  it.each([
    ["undefined", () => undefined],
    ["a promise of undefined", () => Promise.resolve(undefined)]
  ])("that gives %s refuses with 401, at every route and every call", async (_, tenant) => {
    const { browser, sandbox } = await openWorld(line, { options: { tenant } })
    for (const route of routes) {
      const answer = await browser.fetch(route)
      assert.strictEqual(answer.status, 401, route)
      assert.strictEqual(answer.headers["content-type"], "application/problem+json")
      assert.strictEqual((JSON.parse(answer.text) as { readonly code: string }).code, "client.tenant-refused")
    }
    assert.strictEqual((await browser.open("/contacts")).status, 401, "and sends no browser to consent")
    assert.strictEqual((await browser.fetch("/sage/disconnect/books", { method: "POST" })).status, 401)
    assert.strictEqual(sandbox.requests().length, 0)
  })

  it.each([
    [
      "throws",
      () => {
        throw new Error("session store at redis://user:p4ss@host is away")
      }
    ],
    ["rejects", () => Promise.reject(new Error("session store at redis://user:p4ss@host is away"))]
  ])("that %s is left to the application's error handling, and shows nothing of it", async (_, tenant) => {
    const options: WorldOptions = {
      options: { tenant },
      build: ({ app, auth }) => {
        app.use(auth)
        app.get("/contacts", auth.requires("books"))
        app.get(
          "/unguarded",
          handler((req) => auth.client(req, "books").fetch("contacts"))
        )
        app.use(auth.errors)
        app.use(apologize)
      }
    }
    const { browser } = await openWorld(line, options)
    for (const route of routes) {
      const { status, text } = await browser.fetch(route)
      assert.deepStrictEqual({ status, text }, { status: 500, text: "sorry" }, route)
    }
  })

  it("is asked once by a request that uses clients, and not at all by one that does not", async () => {
    let asked = 0
    const { browser } = await openWorld(line, {
      options: {
        tenant: () => {
          asked++
          return Promise.resolve("acme")
        }
      },
      build: ({ app, auth }) => {
        app.use(auth)
        app.get("/plain", (req, res) => {
          // there at once, and of no use yet
          res.end(req.sage("books").connection + auth.client(req, "books").business("b").connection)
        })
        app.get(
          "/used",
          auth.requires("vendors"),
          handler(async (req, res) => {
            const states = [auth.client(req, "books").status(), auth.client(req, "vendors").status()]
            res.json(await Promise.all(states))
          })
        )
      }
    })
    assert.strictEqual((await browser.fetch("/plain")).text, "booksbooks")
    assert.strictEqual(asked, 0)
    assert.strictEqual((await browser.fetch("/used")).status, 200)
    assert.strictEqual(asked, 1)
  })
})
