import { EventEmitter, once } from "node:events"
import { SageAuthError } from "@sage-auth/core"
import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import { begin, handler, lines, openWorld } from "./world.ts"

const loggedTo =
  (seen: Array<unknown>): ErrorRequestHandler =>
  (error, _req, _res, next) => {
    seen.push(error)
    next(error)
  }

describe.each(lines)("a failure with %s", (_, line) => {
  it("can be logged, or answered differently, in front of it", async () => {
    const seen: Array<unknown> = []
    const { browser } = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get("/contacts", auth.requires("books"))
        app.use(loggedTo(seen))
        app.use(auth.errors)
      }
    })
    assert.strictEqual((await browser.fetch("/contacts")).status, 403)
    assert.strictEqual(seen.length, 1)
    assert.instanceOf(seen[0], SageAuthError)
  })

  it("of a callback takes its cookie along wherever it is answered", async () => {
    const world = await openWorld(line, {
      callbacks: "/api/sage/callback",
      build: ({ app, auth }) => {
        app.use("/api", auth)
        app.use(auth.errors)
      }
    })
    const callback = await begin(world, world.browser, "/api/sage/connect/books", {}, { deny: true })
    assert.strictEqual(world.browser.cookies.length, 1)
    const answer = await world.browser.open(callback)
    assert.strictEqual(answer.status, 400)
    assert.include(answer.text, 'href="/api/sage/connect/books"')
    assert.deepStrictEqual(world.browser.cookies, [])
  })

  it("is not what a route's answer becomes when somebody else was faster", async () => {
    const doorbell = new EventEmitter()
    const given = once(doorbell, "known").then(() => "acme")
    const passed: Array<unknown> = []
    let patient = false
    const world = await openWorld(line, {
      options: { tenant: () => given },
      build: ({ app, auth }) => {
        app.use((_req, res, next) => {
          next()
          if (!patient) res.status(503).end("too slow")
        })
        app.use(auth)
        app.use(auth.errors)
        app.use(loggedTo(passed))
      }
    })
    assert.strictEqual((await world.browser.fetch("/sage/connections")).text, "too slow")
    patient = true
    const next = world.browser.fetch("/sage/connections")
    doorbell.emit("known")
    // what came first is answered first
    assert.strictEqual((await next).status, 200)
    assert.deepStrictEqual(passed, [])
  })

  it("of the application itself is not touched", async () => {
    const { browser } = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/teapot",
          handler(() => Promise.reject(Object.assign(new Error("short and stout"), { status: 418 })))
        )
        app.use(auth.errors)
      }
    })
    assert.strictEqual((await browser.fetch("/teapot")).status, 418)
  })

  it("after the answer has begun ends it, and nothing more", async () => {
    const { browser } = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/late",
          handler(async (req, res) => {
            res.write("begun")
            await auth.client(req, "books").headers()
          })
        )
        app.use(auth.errors)
      }
    })
    const cut = await browser.fetch("/late").catch((error: NodeJS.ErrnoException) => error.code)
    assert.strictEqual(cut, "ECONNRESET")
  })

  it("of a name that no connection has shows when the route is made", async () => {
    const { auth } = await openWorld(line)
    assert.throws(() => auth.requires("typo" as "books"), /the name of a connection: ledger, vendors/)
  })
})
