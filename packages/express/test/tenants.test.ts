import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import { fromHeader, handler, lines, openWorld, type WorldOptions } from "./world.ts"

const apologize: ErrorRequestHandler = (error: Error, _req, res, _next) => {
  res.status(500).end(error.message.includes("session store") ? "sorry" : "what?")
}

const as = (tenant: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { "x-tenant": tenant, ...headers }
})

describe.each(lines)("two tenants with %s", (_, line) => {
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
