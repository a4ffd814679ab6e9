import { execFile, execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, request as send } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { createSageAuth, intacctRest } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Console, Deferred, Effect, Fiber } from "effect"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { run } from "../src/main.ts"
import { type ProxyLine, type ProxyOptions, startProxy } from "../src/proxy.ts"
import { Surroundings } from "../src/Surroundings.ts"
import { intacctEnvironment } from "./intacctEnvironment.ts"
import { runCommand } from "./runCommand.ts"

const call = promisify(execFile)

const has = (program: string): boolean => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

// both are on the machines of CI
const inCi = process.env["CI"] !== undefined

const secret = "s3cr3t-canary-of-the-credential"

/** A proxy in front of a server of this test's own. */
const open = async (
  answer: (path: string, init: RequestInit) => Response | Promise<Response>,
  given: Partial<ProxyOptions> = {}
) => {
  const sage = createSageAuth({
    log: false,
    connections: {
      books: intacctRest.clientCredentials({ clientId: "id", clientSecret: "client secret", username: "u@acme" })
    },
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (!url.pathname.endsWith("/oauth2/token")) return answer(url.pathname + url.search, init ?? {})
      return Response.json({ access_token: secret, token_type: "Bearer", expires_in: 3600 })
    }
  })
  const lines: Array<ProxyLine> = []
  const tenants: Array<string | undefined> = []
  const proxy = await startProxy({
    connections: ["books"],
    clientOf: (name, tenant) => {
      tenants.push(tenant)
      return sage.client(name as "books")
    },
    host: "127.0.0.1",
    port: 0,
    token: undefined,
    ...given,
    log: (line) => lines.push(line)
  })
  onTestFinished(async () => {
    await proxy.stop()
    await sage.close()
  })
  return { lines, proxy, sage, tenants, url: `${proxy.url}/books` }
}

/** An answer as it is on the wire, to a request that may name any host. */
const raw = async (url: string, headers: Record<string, string>, method = "GET", path?: string) => {
  const sent = send(url, { method, headers, agent: false, ...(path === undefined ? {} : { path }) }).end()
  const [answer] = (await once(sent, "response")) as [IncomingMessage]
  let text = ""
  for await (const part of answer.setEncoding("utf8")) text += part
  return { status: answer.statusCode, headers: answer.headers, text }
}

describe("what passes", () => {
  it("gets the credential of the connection, and loses the caller's own", async () => {
    let seen = new Headers()
    let to = ""
    const { tenants, url } = await open((path, init) => {
      seen = new Headers(init.headers)
      to = path
      return new Response("[]", { status: 201, headers: { "x-own": "1" } })
    })
    const answer = await fetch(`${url}/objects/a%2Fb?start=1&q=%22x%22`, {
      method: "POST",
      body: "{}",
      headers: {
        authorization: "Basic theirs",
        cookie: "theirs=1",
        "x-sage-tenant": "acme",
        "x-mine": "2",
        "content-type": "application/json"
      }
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get("x-own")).toBe("1")
    expect(to).toMatch(/\/objects\/a%2Fb\?start=1&q=%22x%22$/)
    expect(seen.get("authorization")).toBe(`Bearer ${secret}`)
    expect(seen.get("x-mine")).toBe("2")
    expect(seen.get("cookie")).toBeNull()
    expect(seen.get("x-sage-tenant")).toBeNull()
    expect(tenants).toEqual(["acme"])
  })

  it("loses what belongs to one connection, on both ways", async () => {
    let seen = new Headers()
    const { url } = await open((_, init) => {
      seen = new Headers(init.headers)
      return new Response("ok", { headers: { connection: "x-hop", "x-hop": "1", "x-kept": "1", "set-cookie": "s=1" } })
    })
    const answer = await raw(url, { connection: "close, x-mine", "x-mine": "1", "x-kept": "1", te: "trailers" })
    expect([seen.get("x-mine"), seen.get("te"), seen.get("x-kept")]).toEqual([null, null, "1"])
    expect(answer.headers).toMatchObject({ "x-kept": "1" })
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(["x-hop"]))
    expect(answer.headers["set-cookie"]).toBeUndefined()
  })

  it("does not carry the credential back, whatever header it stands in", async () => {
    const { url } = await open((_, init) => {
      const given = new Headers(init.headers).get("authorization") ?? ""
      return new Response("ok", { headers: { "x-echo": `you sent ${given}`, authorization: given } })
    })
    const answer = await raw(url, {})
    expect(answer.status).toBe(200)
    expect(JSON.stringify(answer.headers)).not.toContain(secret)
  })

  it("is a stream both ways, whatever its size", async () => {
    const size = 24 * 1024 * 1024
    const block = new Uint8Array(64 * 1024).fill(97)
    const { url } = await open(async (_, init) => {
      let got = 0
      for await (const part of init.body as AsyncIterable<Uint8Array>) got += part.length
      let left = size
      return new Response(
        new ReadableStream({
          pull: (controller) => {
            if (left <= 0) return controller.close()
            left -= block.length
            controller.enqueue(block)
          }
        }),
        { headers: { "x-got": String(got) } }
      )
    })
    const answer = await fetch(`${url}/upload`, { method: "PUT", body: new Uint8Array(size) })
    expect(answer.headers.get("x-got")).toBe(String(size))
    let came = 0
    for await (const part of answer.body!) came += part.length
    expect(came).toBe(size)
  })

  it("gives its permit back where the caller goes away", async () => {
    let began: (() => void) | undefined
    const beginning = new Promise<void>((resolve) => (began = resolve))
    const { lines, sage, url } = await open((_, { signal }) => {
      began?.()
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)))
    })
    const aborting = new AbortController()
    const gone = fetch(url, { signal: aborting.signal }).catch(() => "gone")
    await beginning
    expect(await sage.client("books").pool()).toMatchObject({ inUse: 1 })
    aborting.abort()
    expect(await gone).toBe("gone")
    await expect.poll(() => lines.length).toBe(1)
    expect(await sage.client("books").pool()).toMatchObject({ inUse: 0 })
    expect(lines[0]).toMatchObject({ method: "GET", connection: "books", status: undefined })
  })

  it("leaves nothing secret in a line of the log", async () => {
    const { lines, url } = await open(() => Response.json({ canary: "s3cr3t-canary" }, { status: 500 }))
    await fetch(`${url}/objects?token=s3cr3t-canary`, {
      method: "POST",
      body: "s3cr3t-canary",
      headers: { authorization: "Bearer s3cr3t-canary" }
    }).then((answer) => answer.text())
    await expect.poll(() => lines.length).toBe(1)
    expect(lines[0]).toMatchObject({ method: "POST", connection: "books", status: 500 })
    expect(JSON.stringify(lines)).not.toContain("canary")
  })

  it("stays below the base of its connection", async () => {
    const asked = new Array<string>()
    const { url } = await open((path) => {
      asked.push(path)
      return new Response("ok")
    })
    for (const path of [
      "/books//evil.example/x",
      "/books/../../../x",
      "/books/http://evil.example/",
      "/books/%2e%2e/%2e%2e/x"
    ]) {
      await raw(url, {}, "GET", path)
    }
    expect(asked.filter((path) => !path.startsWith("/ia/api/v1/"))).toEqual([])
  })
})

describe("what is refused", () => {
  it.each([
    ["another host", { host: "sage.evil.example" }, 421],
    ["another port", { host: "127.0.0.1:1" }, 421],
    ["a page of another site", { origin: "https://evil.example" }, 403],
    ["a page without an origin", { origin: "null" }, 403],
    ["an image of another site", { "sec-fetch-site": "cross-site" }, 403],
    ["a page of another port", { "sec-fetch-site": "same-site" }, 403]
  ] as const)("%s, with a problem that says what helps", async (_, headers, status) => {
    const asked = new Array<string>()
    const { lines, url } = await open((path) => {
      asked.push(path)
      return new Response("ok")
    })
    const answer = await raw(url, headers)
    expect(answer.status).toBe(status)
    expect(answer.headers["content-type"]).toBe("application/problem+json")
    expect(JSON.parse(answer.text)).toMatchObject({ status, remedy: expect.any(String) })
    expect(asked).toEqual([])
    await expect.poll(() => lines).toMatchObject([{ status, connection: undefined }])
  })

  it("a whole address, as callers of an HTTP proxy send it", async () => {
    const { url } = await open(() => new Response("ok"))
    expect((await raw(url, {}, "GET", "http://api.intacct.com/ia/api/v1/objects")).status).toBe(400)
  })

  it("a connection that the proxy does not have", async () => {
    const { proxy } = await open(() => new Response("ok"))
    const answer = await raw(`${proxy.url}/ledger/x`, {})
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.text)).toMatchObject({ remedy: expect.stringContaining("books") })
  })

  it("a caller without the token", async () => {
    const { url } = await open(() => new Response("ok"), { token: "a-token-of-the-proxy" })
    const none = await raw(url, {})
    expect(none).toMatchObject({ status: 401, headers: { "www-authenticate": expect.stringContaining("Bearer") } })
    expect((await raw(url, { authorization: "Bearer a-token-of-the-prox" })).status).toBe(401)
    expect((await raw(url, { authorization: "Bearer a-token-of-the-proxy" })).status).toBe(200)
  })

  it("by Sage: the entry of the catalogue, with a status by its reason", async () => {
    const { lines, url } = await open(() => Promise.reject(new TypeError("fetch failed")))
    const answer = await fetch(`${url}/x`, { method: "POST", body: "{}" })
    expect(answer.status).toBe(503)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    const problem = (await answer.json()) as { readonly code: string }
    expect(problem).toMatchObject({ connection: "books", status: 503, code: "client.answer-lost" })
    await expect.poll(() => lines).toMatchObject([{ id: problem.code, status: 503 }])
  })
})

describe("with the sandbox", () => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
  let sandbox: Sandbox
  let environment: NodeJS.ProcessEnv = {}

  beforeAll(async () => {
    sandbox = await startSandbox()
    environment = intacctEnvironment(sandbox)
  })

  afterAll(async () => {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The command itself, until the test ends; its address and what it printed. */
  const startedWith = async (variables: NodeJS.ProcessEnv, ...args: ReadonlyArray<string>) => {
    const printed = new Array<string>()
    const answered = Deferred.makeUnsafe<string>()
    const console: Console.Console = {
      ...globalThis.console,
      log: (...texts: ReadonlyArray<unknown>) => {
        printed.push(texts.join(" "))
        Deferred.doneUnsafe(answered, Effect.succeed(texts.join(" ")))
      },
      error: (...texts: ReadonlyArray<unknown>) => void printed.push(texts.join(" "))
    }
    const fiber = Effect.runFork(
      run(["proxy", ...args, "--json"], "0.0.0").pipe(
        Effect.provideService(Console.Console, console),
        Effect.provideService(Surroundings, { folder, environment: variables })
      )
    )
    onTestFinished(() => Effect.runPromise(Fiber.interrupt(fiber)).then(() => undefined))
    const answer = await Effect.runPromise(Deferred.await(answered))
    return { ...(JSON.parse(answer) as { readonly url: string; readonly token?: string }), printed, fiber }
  }
  const started = (...args: ReadonlyArray<string>) => startedWith(environment, ...args)

  it.skipIf(!inCi && !has("curl"))("curl reads records", async () => {
    const { url } = await started("intacct-rest")
    const { stdout } = await call("curl", ["-sS", "--fail", `${url}/intacct-rest/objects/accounts-payable/vendor`])
    expect((JSON.parse(stdout) as Record<string, unknown>)["ia::result"]).toBeInstanceOf(Array)
  })

  it.skipIf(!inCi && !has("python3"))(
    "Python's http.client reads records, and posts a document to the XML API",
    async () => {
      const { url } = await started()
      const script = `
import http.client, sys
from urllib.parse import urlsplit
at = urlsplit(sys.argv[1])
to = http.client.HTTPConnection(at.hostname, at.port)
to.request("GET", "/intacct-rest/objects/accounts-payable/vendor", headers={"Authorization": "Bearer mine"})
answer = to.getresponse()
assert answer.status == 200, answer.status
answer.read()
document = """<?xml version="1.0" encoding="iso-8859-1"?>
<request>
  <control><senderid>x</senderid><password>x</password><controlid>mine</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>
  <operation><authentication><login><userid>x</userid><companyid>x</companyid><password>x</password></login></authentication>
    <content><function controlid="f1"><readByQuery><object>VENDOR</object><fields>*</fields><query></query><pagesize>2</pagesize></readByQuery></function></content>
  </operation>
</request>"""
to.request("POST", "/intacct-xml", body=document.encode("iso-8859-1"), headers={"Content-Type": "application/xml"})
answer = to.getresponse()
sys.stdout.write(answer.read().decode("utf-8"))
assert answer.status == 200, answer.status
`
      const { stdout } = await call("python3", ["-c", script, url])
      expect(stdout).toContain("<controlid>mine</controlid>")
      expect(stdout).toContain("<controlid>f1</controlid>")
      expect(stdout).toContain("<VENDORID>")
      expect(stdout).not.toContain(sandbox.accounts["intacct-xml"].login.password)
    }
  )

  it("refuses other requests to the XML API by name", async () => {
    const { url } = await started("intacct-xml")
    expect((await fetch(`${url}/intacct-xml`)).status).toBe(405)
    expect((await fetch(`${url}/intacct-xml/objects`, { method: "POST", body: "<request/>" })).status).toBe(404)
    const no = await fetch(`${url}/intacct-xml`, { method: "POST", body: "nothing" })
    expect(no.status).toBe(400)
    expect(await no.json()).toMatchObject({
      code: "client.function-refused",
      detail: expect.stringContaining("document")
    })
  })

  it("listens elsewhere with a token that it makes and prints once", async () => {
    const { printed, token, url } = await started("intacct-rest", "--host", "0.0.0.0")
    const { port } = new URL(url)
    const at = `http://127.0.0.1:${port}/intacct-rest/objects/accounts-payable/vendor`
    expect((await fetch(at)).status).toBe(401)
    expect((await fetch(at, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
    expect(printed.filter((line) => line.includes(token ?? "?"))).toHaveLength(1)
  })

  it("takes its token from the environment, where no other user of the machine sees it", async () => {
    const own = { ...environment, SAGE_AUTH_PROXY_TOKEN: "token-of-the-environment" }
    const { printed, url } = await startedWith(own, "intacct-rest")
    const at = `${url}/intacct-rest/objects/accounts-payable/vendor`
    expect((await fetch(at)).status).toBe(401)
    expect((await fetch(at, { headers: { authorization: "Bearer token-of-the-environment" } })).status).toBe(200)
    expect(printed.join("\n")).not.toContain("token-of-the-environment")
    const short = { folder, environment: { ...environment, SAGE_AUTH_PROXY_TOKEN: "short" } }
    const ran = await Effect.runPromise(runCommand(["proxy"], short))
    expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining("SAGE_AUTH_PROXY_TOKEN") })
  })

  it("stops with its command", async () => {
    const { fiber, url } = await started("intacct-rest")
    await Effect.runPromise(Fiber.interrupt(fiber))
    await expect(fetch(`${url}/intacct-rest/x`)).rejects.toThrow()
  })

  it.each([
    ["a connection that is not configured", ["nowhere"], "intacct-rest"],
    ["a token that is too short", ["--token", "short"], "--token"]
  ] as const)("refuses %s", async (_, args, named) => {
    const ran = await Effect.runPromise(runCommand(["proxy", ...args], { folder, environment }))
    expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining(named) })
  })

  it("refuses a port that there is not", async () => {
    const ran = await Effect.runPromise(runCommand(["proxy", "--port", "70000"], { folder, environment }))
    expect(ran).toMatchObject({ status: 2, err: expect.stringContaining("from 0 to 65535") })
  })

  it("says which option is wrong where the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1")
    await once(other, "listening")
    onTestFinished(() => void other.close())
    const ran = await Effect.runPromise(
      runCommand(["proxy", "--port", String((other.address() as AddressInfo).port)], { folder, environment })
    )
    expect(ran).toMatchObject({ status: 1, err: expect.stringContaining("EADDRINUSE") })
  })
})
