import { EventEmitter, once } from "node:events"
import { assert, describe, it } from "vitest"
import { listOf } from "../../../tests/src/web/Browser.ts"
import { consent, handler, lines, openWorld, until } from "./world.ts"

const noting = (outcomes: Array<unknown>) => (error: unknown) => {
  outcomes.push(error)
  throw error
}

describe.each(lines)("a request that is aborted with %s", (_, line) => {
  it("releases its wait for a renewal, which goes on for the others", async () => {
    const outcomes: Array<unknown> = []
    const world = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/contacts",
          handler(async (req, res) => {
            const { status } = await auth.client(req, "books").fetch("contacts").catch(noting(outcomes))
            res.json(status)
          })
        )
        app.use(auth.errors)
      }
    })
    const { browser, sandbox } = world
    await consent(world, browser, "/sage/connect/books")
    await sandbox.clock.advance("6 minutes")
    sandbox.fault("business-cloud", { on: "token", kind: "slow-answer", delay: "10 seconds" })
    const gone = new AbortController()
    const leaving = browser.fetch("/contacts", { signal: gone.signal }).catch((error: Error) => error.name)
    const staying = browser.fetch("/contacts")
    await until("the renewal is under way", () => sandbox.requests({ step: "token" }).length === 2)
    gone.abort()
    assert.strictEqual(await leaving, "AbortError")
    await until("the wait is over", () => outcomes.length === 1)
    assert.strictEqual((outcomes[0] as Error).name, "AbortError")
    await sandbox.clock.advance("10 seconds")
    assert.strictEqual((await staying).text, "200")
    assert.strictEqual(sandbox.requests({ step: "token" }).length, 2)
  })

  it("releases its wait for a permit, and never sends what it waited with", async () => {
    const outcomes: Array<unknown> = []
    const world = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/vendors",
          handler(async (req, res) => {
            const vendors = auth.client(req, "vendors")
            const answer = await vendors.fetch("objects/accounts-payable/vendor").catch(noting(outcomes))
            // an answer that nobody reads keeps its permit for a while
            res.send(await answer.text())
          })
        )
        app.use(auth.errors)
      }
    })
    const { browser, sandbox } = world
    assert.strictEqual((await browser.fetch("/vendors")).status, 200)
    sandbox.fault("intacct-rest", { on: "api", kind: "hang", times: 2 })
    const gone = new AbortController()
    const leaving = Array.from({ length: 3 }, () =>
      browser.fetch("/vendors", { signal: gone.signal }).catch((error: Error) => error.name)
    )
    await until("the pool is full", () => sandbox.requests({ surface: "intacct-rest", step: "api" }).length >= 3)
    gone.abort()
    assert.deepStrictEqual(await Promise.all(leaving), ["AbortError", "AbortError", "AbortError"])
    await until("nobody waits any more", () => outcomes.length === 3)
    assert.strictEqual((await browser.fetch("/vendors")).status, 200)
    assert.strictEqual(sandbox.requests({ surface: "intacct-rest", step: "api" }).length, 4)
  })

  it("releases its wait for the tenant", async () => {
    const outcomes: Array<unknown> = []
    let asked = 0
    const { browser } = await openWorld(line, {
      options: {
        tenant: () => {
          asked++
          return new Promise(() => {})
        }
      },
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/",
          handler((req) => auth.client(req, "books").status().catch(noting(outcomes)))
        )
        app.use(auth.errors)
      }
    })
    const gone = new AbortController()
    const leaving = browser.fetch("/", { signal: gone.signal }).catch((error: Error) => error.name)
    await until("the tenant is asked for", () => asked === 1)
    gone.abort()
    assert.strictEqual(await leaving, "AbortError")
    await until("the wait is over", () => outcomes.length === 1)
  })

  it("leaves nobody without an answer who waited for its work", async () => {
    let work: Promise<unknown> | undefined
    let waiting = 0
    const { browser } = await openWorld(line, {
      options: { tenant: () => new Promise(() => {}) },
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/",
          handler((req) => {
            waiting++
            return (work ??= auth.client(req, "books").status())
          })
        )
        app.use(auth.errors)
      }
    })
    const gone = new AbortController()
    const leaving = browser.fetch("/", { signal: gone.signal }).catch((error: Error) => error.name)
    await until("the work is begun", () => waiting === 1)
    const staying = browser.fetch("/")
    await until("another waits for it", () => waiting === 2)
    gone.abort()
    assert.strictEqual(await leaving, "AbortError")
    assert.strictEqual((await staying).status, 500)
  })

  it("is not one that was answered: what its handler goes on with is not stopped", async () => {
    const outcomes: Array<unknown> = []
    const doorbell = new EventEmitter()
    const world = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use(auth)
        app.get(
          "/",
          handler(async (req, res) => {
            const vendors = auth.client(req, "vendors")
            await vendors.status()
            res.end("accepted")
            await once(doorbell, "ring")
            outcomes.push((await vendors.fetch("objects/accounts-payable/vendor")).status)
          })
        )
      }
    })
    assert.strictEqual((await world.browser.fetch("/")).text, "accepted")
    doorbell.emit("ring")
    await until("it went on", () => outcomes.length === 1)
    assert.deepStrictEqual(outcomes, [200])
  })
})

describe.each(lines)("the routes with %s", (_, line) => {
  it.each([
    ["/api", "/sage", "/api/sage"],
    ["/api/v1", "admin/sage/", "/api/v1/admin/sage"],
    ["/api", "/", "/api"]
  ])("are where they are mounted: %s and %s", async (mount, basePath, root) => {
    const world = await openWorld(line, {
      callbacks: `${root}/callback`,
      options: { basePath },
      build: ({ app, auth, express }) => {
        const router = express.Router()
        router.use(auth)
        router.get(
          "/contacts",
          auth.requires("books"),
          handler(async (req, res) => res.json((await auth.client(req, "books").fetch("contacts")).status))
        )
        app.use(mount, router)
        // behind another mount than the middleware's
        app.use(auth.errors)
      }
    })
    const { browser } = world
    const { headers } = await browser.open(`${mount}/contacts`)
    assert.strictEqual(headers["location"], `${root}/connect/books?returnTo=${encodeURIComponent(`${mount}/contacts`)}`)
    assert.strictEqual(await consent(world, browser, String(headers["location"])), `${mount}/contacts`)
    assert.strictEqual((await browser.open(`${mount}/contacts`)).text, "200")
    const { text } = await browser.fetch(`${root}/connections`)
    assert.include(text, `"disconnectUrl":"${root}/disconnect/books"`)
  })

  it("set a Secure cookie behind a proxy that ends TLS and is trusted, and only there", async () => {
    const over = { headers: { "x-forwarded-proto": "https" } }
    const cookieOf = async (trust: boolean) => {
      const { browser } = await openWorld(line, {
        build: ({ app, auth }) => {
          app.set("trust proxy", trust)
          app.use(auth)
        }
      })
      return listOf((await browser.open("/sage/connect/books", over)).headers["set-cookie"])[0] ?? ""
    }
    assert.match(await cookieOf(true), /^__Secure-.*; Secure$/)
    assert.notMatch(await cookieOf(false), /Secure/)
  })

  it("leave the application's own cookies alone", async () => {
    const world = await openWorld(line, {
      build: ({ app, auth }) => {
        app.use((_req, res, next) => {
          res.append("set-cookie", "session=1; Path=/")
          next()
        })
        app.use(auth)
      }
    })
    const { headers } = await world.browser.open("/sage/connect/books")
    assert.deepStrictEqual(
      listOf(headers["set-cookie"]).map((cookie) => cookie.split(/[=-]/, 1)[0]),
      ["session", "sage"]
    )
  })
})

describe.each(lines)("a disconnect with %s", (_, line) => {
  it("takes no body from anybody: parsers of the application stay what they are", async () => {
    const world = await openWorld(line, {
      build: ({ app, auth, express }) => {
        app.use(auth)
        app.post("/echo", express.json(), (req, res) => {
          res.json(req.body)
        })
      }
    })
    const { text } = await world.browser.fetch("/echo", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"a":1}'
    })
    assert.strictEqual(text, '{"a":1}')
  })
})
