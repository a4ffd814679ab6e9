import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, request, type ServerResponse } from "node:http"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text as textOf } from "node:stream/consumers"
import { createSageAuth, generateKey, isSageAuthError, type Sage } from "@sage-auth/core"
import { requestOf, sendResponse, webHandler, type WebHandlerOptions } from "@sage-auth/core/web"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { send } from "../../src/web/Browser.ts"
import { listening, until } from "../../src/web/world.ts"

let sandbox: Sandbox<"manual">

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual" })
  return () => sandbox.stop()
})

const openSage = () => {
  const redirectUri = "https://app.example/sage/callback"
  const sage = createSageAuth({ connections: sandbox.connections({ redirectUri }), clock: sandbox.clock })
  onTestFinished(() => sage.close())
  return sage
}

const serve = async (listener: (outgoing: ServerResponse) => unknown): Promise<string> => {
  const server = createServer((_incoming, outgoing) => void listener(outgoing))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return listening(server)
}

/** A request of somebody who is signed in for a company; empty: nobody is. */
const ask = (path: string, tenant = "acme"): Request =>
  new Request(`https://app.example${path}`, { headers: { "x-tenant": tenant } })

const navigating = { accept: "text/html", "sec-fetch-mode": "navigate" }

const issuesOf = (make: () => unknown): ReadonlyArray<string> => {
  try {
    make()
    return []
  } catch (error) {
    if (!isSageAuthError(error) || error.reason._tag !== "Misconfigured") throw error
    return error.reason.issues.map(({ expected, option }) => `${option}: ${expected}`)
  }
}

describe("webHandler", () => {
  it("answers its routes, and nothing else", async () => {
    const auth = webHandler(openSage())
    const answer = await auth(new Request("https://app.example/sage/connections"))
    assert.strictEqual(answer?.status, 200)
    for (const path of ["/", "/sage", "/sage/unknown", "/contacts", "/sagebrush/connections", "/x/sage/connections"]) {
      assert.isUndefined(await auth(new Request(`https://app.example${path}`)), path)
    }
    const preflight = new Request("https://app.example/sage/connect/books", { method: "OPTIONS" })
    assert.isUndefined(await auth(preflight), "what answers preflights for the application answers these too")
  })

  it("is where the base path says, counted from the root of the host", async () => {
    const auth = webHandler(openSage(), { basePath: "api/sage/" })
    const answer = await auth(new Request("https://app.example/api/sage/connections"))
    const { connections } = JSON.parse(String(await answer?.text())) as {
      readonly connections: ReadonlyArray<{ readonly connectUrl?: string }>
    }
    assert.include(
      connections.map(({ connectUrl }) => connectUrl),
      "/api/sage/connect/books"
    )
    assert.isUndefined(await auth(new Request("https://app.example/sage/connections")))
  })

  it("keeps a consent's cookie to https where the request or the redirect address is", async () => {
    const cookieOf = async (sage: Sage<ReturnType<typeof sandbox.connections>>, origin: string) =>
      (await webHandler(sage)(new Request(`${origin}/sage/connect/books`)))?.headers.getSetCookie()[0] ?? ""
    const plain = createSageAuth({
      connections: sandbox.connections({ redirectUri: "http://127.0.0.1:3000/sage/callback" })
    })
    onTestFinished(() => plain.close())
    assert.match(await cookieOf(openSage(), "http://127.0.0.1:3000"), /^__Secure-.*; Secure$/)
    assert.match(await cookieOf(plain, "https://app.example"), /^__Secure-.*; Secure$/)
    assert.notMatch(await cookieOf(plain, "http://127.0.0.1:3000"), /Secure/)
  })

  it("takes the host of a request's address where no header has it, to tell another site's", async () => {
    const auth = webHandler(openSage())
    const disconnect = async (origin: string) => {
      const asked = new Request("https://own.example/sage/disconnect/books", { method: "POST", headers: { origin } })
      return (await auth(asked))?.status
    }
    assert.strictEqual(await disconnect("https://own.example"), 200)
    assert.strictEqual(await disconnect("https://evil.example"), 403)
  })

  it("asks for the tenant once, and not where nothing needs it", async () => {
    let asked = 0
    const tenant = () => {
      asked++
      return "acme"
    }
    const auth = webHandler(openSage(), { tenant })
    const page = new Request("https://app.example/contacts")
    assert.isUndefined(await auth(page))
    const books = auth.client(page, "books")
    assert.strictEqual(asked, 0)
    await Promise.all([books.status(), auth.client(page, "vendors").status(), books.status()])
    assert.strictEqual(books.tenant, "acme")
    assert.strictEqual(asked, 1)
    await auth.client(new Request("https://app.example/contacts"), "books").status()
    assert.strictEqual(asked, 2)
  })

  it("leaves what the tenant resolver throws to the application", async () => {
    const away = new Error("session store at redis://user:p4ss@host is away")
    const auth = webHandler(openSage(), { tenant: () => Promise.reject(away) })
    const asked = new Request("https://app.example/sage/connections")
    assert.strictEqual(await auth(asked).catch((error: unknown) => error), away)
    assert.isUndefined(await auth.errors(away, asked))
    const refused = await auth.requires(asked, "books").catch((error: unknown) => error)
    assert.strictEqual(refused, away)
  })

  it("shows pages of the application, which get the status, the headers, and what the framework gave", async () => {
    const options: WebHandlerOptions = {
      render: (problem, given, init) => {
        init.headers.set("content-type", "text/html")
        return new Response(`${problem.kind} at ${new URL(given.url).pathname}`, init)
      }
    }
    const auth = webHandler(openSage(), options)
    const forged = "https://app.example/sage/callback/books?code=c&state=s"
    const page = await auth(new Request(forged, { headers: navigating }))
    assert.deepStrictEqual([page?.status, await page?.text()], [400, "interrupted at /sage/callback/books"])
    assert.strictEqual(page?.headers.get("cache-control"), "no-store")
    assert.strictEqual(page?.headers.get("content-type"), "text/html")
    const program = await auth(new Request(forged))
    assert.strictEqual(program?.headers.get("content-type"), "application/problem+json")
    const broken = webHandler(openSage(), { render: () => Promise.reject(new Error("the template is gone")) })
    const failed = await broken(new Request(forged, { headers: navigating })).catch((error: Error) => error.message)
    assert.strictEqual(failed, "the template is gone")
  })

  it("tells the application of each failure that it answers, once, and of nothing else", async () => {
    const told: Array<unknown> = []
    const auth = webHandler(openSage(), {
      tenant: ({ headers }) => headers.get("x-tenant") ?? undefined,
      onError: (error, given) => told.push([error.id, new URL(given.url).pathname])
    })
    const page = ask("/contacts")
    await auth(ask("/sage/connections"))
    await auth(ask("/sage/connect/typo"))
    await auth.errors(new Error("the application's own"), page)
    assert.deepStrictEqual(told, [])
    await auth(ask("/sage/callback/books?code=c&state=s"))
    await auth(ask("/sage/connections", ""))
    const missing = await auth.requires(page, "books").catch((error: unknown) => error)
    await auth.errors(missing, page)
    assert.deepStrictEqual(told, [
      ["client.callback-rejected", "/sage/callback/books"],
      ["client.tenant-refused", "/sage/connections"],
      ["client.never-authorized", "/contacts"]
    ])
  })

  it("opens nothing before it is asked", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sage-auth-web-"))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = join(directory, "grants.db")
    const sage = createSageAuth({
      connections: sandbox.connections(),
      clock: sandbox.clock,
      store: `sqlite:${file}`,
      keys: [generateKey()]
    })
    onTestFinished(() => sage.close())
    const auth = webHandler(sage, { tenant: () => "acme" })
    auth.health()
    await auth(new Request("https://app.example/elsewhere"))
    assert.isFalse(existsSync(file), "a build that loads the module leaves no store behind")
    await auth(new Request("https://app.example/sage/connections"))
    assert.isTrue(existsSync(file))
  })

  it("answers nobody who is gone", async () => {
    const auth = webHandler(openSage(), { tenant: () => new Promise(() => {}) })
    const gone = new AbortController()
    const asked = new Request("https://app.example/contacts", { signal: gone.signal })
    const waiting = auth.requires(asked, "books").catch((error: unknown) => error)
    gone.abort()
    const error = await waiting
    assert.strictEqual(error, asked.signal.reason)
    assert.strictEqual((await auth.errors(error, asked))?.status, 499)
    assert.isUndefined(await auth.errors(error, new Request("https://app.example/contacts")), "another one waits on")
  })

  it("lists every mistake of its options", () => {
    const sage = openSage()
    assert.deepStrictEqual(
      issuesOf(() => webHandler(sage, { request: 5, onError: "log", basepath: "/x", tenant: "acme" } as never)),
      [
        "request: a function that takes what the framework gives its handlers and returns the Request in it, such as (c) => c.req.raw for Hono, or requestOf for node:http",
        "onError: a function of the failure and of what the framework gives",
        "basepath: no such option: did you mean basePath?",
        "tenant: a function of the request that gives a text, or undefined to refuse"
      ]
    )
    const [unknown] = issuesOf(() => webHandler(sage, { zebra: 1 } as never))
    assert.match(String(unknown), /^zebra: no such option: the options here are tenant, basePath, .*, request/)
  })

  it.each([
    ["nothing", undefined],
    ["no application", {}],
    ["its configuration", { connections: {} }]
  ])("says what it needs when it is given %s", (_name, given) => {
    const [issue, ...more] = issuesOf(() => webHandler(given as never, { tenant: () => "acme" }))
    assert.match(
      String(issue),
      /^sage: the application that createSageAuth\(\{ connections \}\) of "@sage-auth\/core" returns/
    )
    assert.deepStrictEqual(more, [])
  })

  it("knows the names of the connections", () => {
    const auth = webHandler(openSage())
    const asked = new Request("https://app.example/")
    assert.throws(() => auth.client(asked, "typo" as "books"), /the name of a connection: ledger, vendors/)
    assert.throws(() => auth.health({ connections: ["typo"] }), /the name of a connection: .*books/)
  })
})

const shown = async (asked: Request) => ({
  method: asked.method,
  url: asked.url,
  headers: Object.fromEntries(asked.headers),
  body: await asked.text()
})

describe("requestOf", () => {
  it("has what the client sent, and leaves the body to whoever reads it", async () => {
    const origin = await serve(async (outgoing) => {
      const asked = requestOf(outgoing)
      if (asked.url.endsWith("/own")) return outgoing.end(await textOf(outgoing.req))
      outgoing.end(JSON.stringify(await shown(asked)))
    })
    const body = "x".repeat(200_000)
    const sent = { method: "POST", body, headers: { "x-one": "1", "content-length": String(body.length) } }
    const seen = JSON.parse((await send(`${origin}/a/../b?c=%20d`, sent)).text) as Awaited<ReturnType<typeof shown>>
    assert.deepInclude(seen, { method: "POST", url: `${origin}/b?c=%20d`, body })
    assert.strictEqual(seen.headers["x-one"], "1")
    assert.strictEqual((await send(`${origin}/own`, sent)).text, body)
  })

  it("has the whole address where a framework has cut off where it is mounted", async () => {
    const origin = await serve((outgoing) => {
      Object.assign(outgoing.req, { originalUrl: outgoing.req.url, url: "/cut" })
      outgoing.end(requestOf(outgoing).url)
    })
    assert.strictEqual((await send(`${origin}/mount/cut?a=1`)).text, `${origin}/mount/cut?a=1`)
  })

  it("leaves the connection open when a body is given up, since an answer is still owed", async () => {
    const origin = await serve(async (outgoing) => {
      const { body } = requestOf(outgoing)
      const reader = body?.getReader()
      await reader?.read()
      await reader?.cancel()
      outgoing.end("answered")
    })
    const body = "x".repeat(100_000)
    const sent = { method: "POST", body, headers: { "content-length": String(body.length) } }
    assert.strictEqual((await send(origin, sent)).text, "answered")
  })

  it.each([
    ["GET / HTTP/1.1\r\nHost: evil.example/x?y\r\n", "http://localhost/"],
    ["GET / HTTP/1.1\r\nHost: user@evil.example\r\n", "http://localhost/"],
    ["GET http://evil.example/x HTTP/1.1\r\nHost: app.example\r\n", "http://app.example/"],
    ["OPTIONS * HTTP/1.1\r\nHost: app.example\r\n", "http://app.example/"],
    ["GET //evil.example/x HTTP/1.1\r\nHost: app.example:99999\r\n", "http://localhost/"],
    ["TRACE /sage/connect/books HTTP/1.1\r\nHost: app.example\r\n", "http://app.example/sage/connect/books"]
  ])("has an address and a method that a Request can have: %j", async (head, url) => {
    let seen: Request | undefined
    const origin = await serve((outgoing) => {
      seen = requestOf(outgoing)
      outgoing.end()
    })
    const socket: Socket = connect(Number(new URL(origin).port), "127.0.0.1")
    onTestFinished(() => void socket.destroy())
    socket.write(`${head}Connection: close\r\n\r\n`)
    assert.match(await textOf(socket), /^HTTP\/1\.1 200/)
    assert.strictEqual(seen?.url, url)
    assert.strictEqual(seen?.method, head.startsWith("GET") ? "GET" : "OPTIONS")
  })

  it("fires its signal when the client goes away before it has its answer, and not after it", async () => {
    const sage = openSage()
    const auth = webHandler(sage, { request: requestOf, tenant: () => new Promise(() => {}) })
    const seen: Array<Request> = []
    const outcomes: Array<unknown> = []
    const origin = await serve(async (outgoing) => {
      seen.push(requestOf(outgoing))
      if (outgoing.req.url === "/answered") return outgoing.end()
      outcomes.push(await auth.requires(outgoing, "books").catch((error: unknown) => error))
    })
    await send(`${origin}/answered`)
    const leaving = request(origin)
    leaving.on("error", () => {})
    leaving.end()
    await until("it waits for its tenant", () => seen.length === 2)
    leaving.destroy()
    await until("the wait is over", () => outcomes.length === 1)
    assert.strictEqual((outcomes[0] as Error).name, "AbortError")
    assert.deepStrictEqual(
      seen.map(({ signal }) => signal.aborted),
      [false, true]
    )
  })
})

describe("sendResponse", () => {
  it("sends status, headers and body, beside the application's own cookies", async () => {
    const origin = await serve((outgoing) => {
      outgoing.appendHeader("set-cookie", "session=1; Path=/")
      const response = new Response("body", { status: 418, headers: { "x-one": "1" } })
      response.headers.append("set-cookie", "a=1")
      response.headers.append("set-cookie", "b=2")
      return sendResponse(response, outgoing)
    })
    const { headers, status, text } = await send(origin)
    assert.deepStrictEqual([status, text, headers["x-one"]], [418, "body", "1"])
    assert.deepStrictEqual(headers["set-cookie"], ["session=1; Path=/", "a=1", "b=2"])
  })

  it("sends nothing where somebody else has answered, and gives the body up", async () => {
    let given: unknown = "not given up"
    const origin = await serve((outgoing) => {
      outgoing.end("first")
      const body = new ReadableStream({
        cancel: () => {
          given = "given up"
        }
      })
      return sendResponse(new Response(body), outgoing)
    })
    assert.strictEqual((await send(origin)).text, "first")
    assert.strictEqual(given, "given up")
  })

  it("fails with what the body fails with, and not with the client's going away", async () => {
    const outcomes: Array<unknown> = []
    const broken = new Error("the body broke")
    const origin = await serve(async (outgoing) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
        pull: (controller) => (outgoing.req.url === "/broken" ? controller.error(broken) : new Promise(() => {}))
      })
      await sendResponse(new Response(body), outgoing).then(
        () => outcomes.push("sent"),
        (error: unknown) => outcomes.push(error)
      )
    })
    await send(`${origin}/broken`).catch(() => {})
    await until("it has failed", () => outcomes.length === 1)
    const leaving = request(`${origin}/waits`, (answer) =>
      answer.once("data", () => leaving.destroy()).on("error", () => {})
    )
    leaving.on("error", () => {})
    leaving.end()
    await until("the client is gone", () => outcomes.length === 2)
    assert.deepStrictEqual(outcomes, [broken, "sent"])
  })
})
