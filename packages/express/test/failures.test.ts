import { EventEmitter, once } from "node:events"
import { SageAuthError } from "@sage-auth/core"
import type { ErrorRequestHandler } from "express"
import { assert, describe, it } from "vitest"
import { begin, consent, handler, lines, openWorld } from "./world.ts"

const loggedTo =
  (seen: Array<unknown>): ErrorRequestHandler =>
  (error, _req, _res, next) => {
    seen.push(error)
    next(error)
  }

describe.each(lines)("a failure with %s", (_, line) => {
  it.each(["/contacts", "/unguarded"])("of %s tells a program where a human connects", async (path) => {
    const { browser } = await openWorld(line)
    const answer = await browser.fetch(path)
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(answer.headers["content-type"], "application/problem+json")
    assert.strictEqual(answer.headers["cache-control"], "no-store")
    const problem = JSON.parse(answer.text) as Readonly<Record<string, unknown>>
    assert.deepInclude(problem, {
      status: 403,
      code: "client.never-authorized",
      connection: "books",
      connectUrl: "/sage/connect/books",
      retryable: false
    })
    assert.include(String(problem["remedy"]), "Send a user")
    assert.notProperty(problem, "tenant")
  })

  it.each(["/contacts", "/unguarded"])("of %s sends a browser to connect", async (path) => {
    const { browser } = await openWorld(line)
    const { headers, status } = await browser.open(path)
    assert.deepStrictEqual(
      [status, headers["location"]],
      [303, `/sage/connect/books?returnTo=${encodeURIComponent(path)}`]
    )
  })

  it("says when to come back", async () => {
    const world = await openWorld(line)
    await consent(world, world.browser, "/sage/connect/books")
    await world.sandbox.clock.advance("6 minutes")
    world.sandbox.fault("business-cloud", {
      on: "token",
      kind: "rate-limited",
      times: 10,
      headers: { "retry-after": "7" }
    })
    const answer = await world.browser.fetch("/contacts")
    assert.strictEqual(answer.status, 429)
    assert.strictEqual(answer.headers["retry-after"], "7")
  })

  it("of a server that is away is a page for a human, and no reason to consent again", async () => {
    const world = await openWorld(line)
    await consent(world, world.browser, "/sage/connect/books")
    await world.sandbox.clock.advance("6 minutes")
    world.sandbox.fault("business-cloud", { on: "token", kind: "unavailable", times: 10 })
    const answer = await world.browser.open("/contacts")
    assert.strictEqual(answer.status, 503)
    assert.match(String(answer.headers["content-type"]), /^text\/html/)
    assert.notInclude(answer.text, "/sage/connect")
  })

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

describe.each(lines)("an expired credential with %s", (_, line) => {
  it("is renewed once for 100 requests at a time", async () => {
    const world = await openWorld(line)
    const { browser, sandbox } = world
    await consent(world, browser, "/sage/connect/books")
    assert.strictEqual((await browser.fetch("/contacts")).status, 200)
    await sandbox.clock.advance("6 minutes")
    const before = sandbox.requests({ step: "token" }).length
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => browser.fetch(index % 2 === 0 ? "/contacts" : "/unguarded"))
    )
    assert.deepStrictEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.strictEqual(sandbox.requests({ step: "token" }).length - before, 1)
  })
})
