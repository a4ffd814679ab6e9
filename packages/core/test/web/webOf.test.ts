import { Effect } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { businessCloud } from "../../src/business-cloud/businessCloud.ts"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { failure, isSageAuthError, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { intacctRest } from "../../src/intacct-rest/intacctRest.ts"
import { intacctXml } from "../../src/intacct-xml/intacctXml.ts"
import * as SageAuth from "../../src/SageAuth.ts"
import { type WebOptions, webOf, type WebReply } from "../../src/web/index.ts"
import { navigating, requestFor } from "./requests.ts"

const root = "https://app.example"

const connections = (callbacks = `${root}/sage/callback`) => ({
  books: businessCloud({ clientId: "id", clientSecret: "s3cret", redirectUri: `${callbacks}/books` }),
  payables: intacctRest.authorizationCode({ clientId: "id", redirectUri: `${callbacks}/payables` }),
  ledger: intacctXml({
    sender: { id: "sender", password: "s3cret" },
    login: { companyId: "acme", userId: "user", password: "s3cret" }
  })
})

/** An application that never sends anything: consent begins without a request. */
const open = (options: WebOptions<unknown> = {}, callbacks = `${root}/sage/callback`) => {
  const sage = createSageAuth({
    connections: connections(callbacks),
    fetch: () => assert.fail("something was sent")
  })
  onTestFinished(() => sage.close())
  return webOf(sage, options)
}

const misconfiguredBy = (make: () => unknown): SageAuthError => {
  try {
    make()
  } catch (error) {
    if (isSageAuthError(error)) return error
    throw error
  }
  return assert.fail("it was taken")
}

const answered = async (reply: Promise<WebReply | undefined>): Promise<WebReply> =>
  (await reply) ?? assert.fail("it was not answered")

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error
  )

describe("the options of an adapter", () => {
  it("name what to import where the application gives effects", async () => {
    const { ledger } = connections()
    const error = await Effect.runPromise(
      Effect.scoped(
        Effect.map(SageAuth.make({ connections: { ledger } }), (service) =>
          misconfiguredBy(() => webOf(service as never))
        )
      )
    )
    assert.match(error.message, /sage: expected .*createSageAuth.* of "@sage-auth\/core" returns/)
  })

  it("are refused all at once, and without their values", () => {
    const options = { basePth: "/x", basePath: "/a?b", tenant: "s3cret", origins: ["https://app.example/path"] }
    const error = misconfiguredBy(() => open(options as never))
    assert.match(error.message, /basePth: no such option: did you mean basePath\?/)
    for (const option of ["basePath", "tenant", "origins"]) assert.include(error.message, `${option}: expected`)
    assert.notInclude(error.message, "s3cret")
  })

  it.each([
    ["sage", "/sage"],
    ["/sage/", "/sage"],
    ["//a/b", "/a/b"],
    ["/", ""],
    ["", ""],
    [undefined, "/sage"]
  ])("take %s as the base path %s", (basePath, expected) => {
    assert.strictEqual(open({ basePath }).basePath, expected)
  })

  it.each(["/a/../b", "/a b", "/a%2fb", "/a#b", "https://evil.example", "\\evil", "/.a"])(
    "do not take %s as the base path",
    (basePath) => {
      assert.include(misconfiguredBy(() => open({ basePath })).message, "basePath: expected a path")
    }
  )
})

describe("connect", () => {
  it("keeps the transaction in a cookie and sends the browser to Sage", async () => {
    const reply = await answered(
      open().handle(requestFor("/sage/connect/books?returnTo=%2Fsettings", { headers: navigating }))
    )
    assert.strictEqual(reply.status, 303)
    assert.match(String(reply.headers["location"]), /^https:\/\/www\.sageone\.com\/.*state=/)
    assert.match(String(reply.headers["set-cookie"]), /^__Secure-sage-auth-.*Path=\/sage;.*; Secure$/)
    assert.strictEqual(reply.headers["cache-control"], "no-store")
  })

  it("binds the cookie to where consents begin and their callbacks come, under whatever path a proxy shows it", async () => {
    const web = open({ basePath: "/sage" }, `${root}/apps/one/api/sage/callback`)
    const reply = await answered(web.handle(requestFor("/sage/connect/books", { mount: "/api" })))
    assert.include(String(reply.headers["set-cookie"]), "Path=/apps/one/api/sage;")
  })

  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/%2f%2fevil.example",
    "javascript:alert(1)",
    "settings",
    "/a&returnTo=//evil.example",
    ""
  ])("refuses to return to %s", async (returnTo) => {
    const query = returnTo.includes("&") ? `returnTo=${returnTo}` : `returnTo=${encodeURIComponent(returnTo)}`
    const reply = await answered(open().handle(requestFor(`/sage/connect/books?${query}`)))
    assert.strictEqual(reply.status, 400)
    assert.notProperty(reply.headers, "set-cookie")
    assert.notProperty(reply.headers, "location")
  })

  it("asks a human that another site has sent, and begins nothing", async () => {
    const headers = { ...navigating, "sec-fetch-site": "cross-site" }
    const reply = await answered(open().handle(requestFor("/sage/connect/books?returnTo=/a", { headers })))
    assert.strictEqual(reply.status, 403)
    assert.notProperty(reply.headers, "set-cookie")
    assert.include(reply.body, 'href="/sage/connect/books?returnTo=%2Fa"')
  })

  it("begins nothing ahead of time", async () => {
    const headers = { ...navigating, "sec-purpose": "prefetch" }
    const reply = await answered(open().handle(requestFor("/sage/connect/books", { headers })))
    assert.strictEqual(reply.status, 503)
    assert.notProperty(reply.headers, "set-cookie")
  })

  it("refuses nobody's request", async () => {
    const error = await rejection(open().handle(requestFor("/sage/connect/books", { tenant: () => undefined })))
    assert.isTrue(isSageAuthError(error) && error.id === "client.tenant-refused")
  })
})

describe("the routes", () => {
  it.each([
    ["/sage/connect/typo", "GET", 404, undefined],
    ["/sage/connect/toString", "GET", 404, undefined],
    ["/sage/connect/ledger", "GET", 404, undefined],
    ["/sage/callback/ledger", "GET", 404, undefined],
    ["/sage/connect/books", "POST", 405, "GET"],
    ["/sage/connect/books", "HEAD", 405, "GET"],
    ["/sage/callback/books", "POST", 405, "GET"],
    ["/sage/callback/books", "HEAD", 405, "GET"],
    ["/sage/disconnect/books", "GET", 405, "POST"],
    ["/sage/connections", "POST", 405, "GET, HEAD"]
  ])("answer %s by %s with %i", async (path, method, status, allow) => {
    const reply = await answered(open().handle(requestFor(path, { method, tenant: () => assert.fail("asked") })))
    assert.strictEqual(reply.status, status)
    assert.strictEqual(reply.headers["content-type"], "application/problem+json")
    assert.strictEqual(reply.headers["allow"], allow)
  })

  it("leave everything else alone, preflights included", async () => {
    const web = open()
    assert.isUndefined(await web.handle(requestFor("/contacts")))
    assert.isUndefined(await web.handle(requestFor("/sage/disconnect/books", { method: "OPTIONS" })))
  })

  it("list every connection of the tenant, where to connect it, and no secret", async () => {
    const reply = await answered(open().handle(requestFor("/sage/connections", { mount: "/api" })))
    assert.strictEqual(reply.status, 200)
    assert.notInclude(reply.body, "s3cret")
    const { connections } = JSON.parse(reply.body ?? "")
    assert.deepStrictEqual(connections[0], {
      name: "books",
      surface: "business-cloud",
      interactive: true,
      connectUrl: "/api/sage/connect/books",
      disconnectUrl: "/api/sage/disconnect/books",
      state: "disconnected",
      refreshable: false,
      credentialExpiresAt: null,
      grantExpiresAt: null
    })
    assert.deepStrictEqual(
      connections.map(({ connectUrl, name }: { readonly connectUrl?: string; readonly name: string }) => [
        name,
        connectUrl
      ]),
      [
        ["books", "/api/sage/connect/books"],
        ["payables", "/api/sage/connect/payables"],
        ["ledger", undefined]
      ]
    )
  })
})

describe("disconnect", () => {
  const post = { method: "POST" }

  it("forgets the grant for a page of the application, and for a client of an API", async () => {
    const headers = { "sec-fetch-site": "same-origin", origin: root, ...navigating }
    const page = await answered(open().handle(requestFor("/sage/disconnect/books?returnTo=/a", { ...post, headers })))
    assert.deepStrictEqual([page.status, page.headers["location"]], [303, "/a"])
    const api = await answered(open().handle(requestFor("/sage/disconnect/books", post)))
    assert.deepStrictEqual([api.status, api.body], [200, '{"connection":"books","revoked":false}'])
  })

  it("does nothing for another site", async () => {
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example", ...navigating }
    const reply = await answered(
      open().handle(requestFor("/sage/disconnect/books", { ...post, headers, tenant: () => assert.fail("asked") }))
    )
    assert.strictEqual(reply.status, 403)
  })

  it("knows the application's own origins: of the redirect addresses, and those it is told of", async () => {
    const web = open({ origins: ["https://other.example"] })
    for (const origin of [root, "https://other.example"]) {
      const headers = { "sec-fetch-site": "cross-site", origin }
      assert.strictEqual(
        (await answered(web.handle(requestFor("/sage/disconnect/books", { ...post, headers })))).status,
        200
      )
    }
  })

  it("does not redirect to another host", async () => {
    const reply = await answered(open().handle(requestFor("/sage/disconnect/books?returnTo=//evil.example", post)))
    assert.strictEqual(reply.status, 400)
  })
})

describe("a callback", () => {
  it("is refused without the cookie of its transaction", async () => {
    const error = await rejection(open().handle(requestFor("/sage/callback/books?code=c&state=s")))
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "CallbackRejected")
  })

  it("that was refused takes its cookie along, and leads back to the beginning", async () => {
    const web = open()
    const begun = await answered(web.handle(requestFor("/sage/connect/books")))
    const state = new URL(String(begun.headers["location"])).searchParams.get("state") ?? ""
    const cookie = String(begun.headers["set-cookie"]).split(";", 1)[0] ?? ""
    const request = requestFor(`/sage/callback/books?error=access_denied&state=${state}`, {
      headers: { ...navigating, cookie }
    })
    const error = await rejection(web.handle(request))
    const reply = await answered(web.failed(error, request))
    assert.strictEqual(reply.status, 400)
    assert.match(String(reply.headers["set-cookie"]), /Max-Age=0/)
    assert.include(reply.body, 'href="/sage/connect/books"')
  })
})

const missing = (tenant = "default", connection = "books") =>
  failure("client.never-authorized", { connection, tenant, surface: "business-cloud" })

describe("a failure", () => {
  it("that a consent mends sends a browser to it, and back to the page it wanted", async () => {
    const reply = await answered(
      open().failed(missing(), requestFor("/contacts?page=2", { headers: navigating, mount: "" }))
    )
    assert.strictEqual(reply.status, 303)
    assert.strictEqual(reply.headers["location"], "/sage/connect/books?returnTo=%2Fcontacts%3Fpage%3D2")
  })

  it("finds the way under the path that a proxy shows", async () => {
    const web = open({}, `${root}/apps/one/sage/callback`)
    const reply = await answered(web.failed(missing(), requestFor("/contacts", { headers: navigating, mount: "" })))
    assert.strictEqual(reply.headers["location"], "/apps/one/sage/connect/books?returnTo=%2Fapps%2Fone%2Fcontacts")
  })

  it("does not send a browser back to what is no page, or too long to be one", async () => {
    const web = open()
    const long = await answered(
      web.failed(missing(), requestFor(`/contacts?q=${"x".repeat(2_000)}`, { headers: navigating }))
    )
    assert.strictEqual(long.headers["location"], "/sage/connect/books?returnTo=%2Fcontacts")
    const odd = await answered(web.failed(missing(), requestFor("//evil.example/x", { headers: navigating })))
    assert.strictEqual(odd.headers["location"], "/sage/connect/books?returnTo=%2F")
    const posted = await answered(
      web.failed(missing(), requestFor("/contacts", { method: "POST", headers: navigating }))
    )
    assert.strictEqual(posted.status, 403)
  })

  it("tells the client of an API where a human goes on", async () => {
    const reply = await answered(open().failed(missing(), requestFor("/contacts")))
    assert.strictEqual(reply.status, 403)
    assert.strictEqual(reply.headers["content-type"], "application/problem+json")
    const problem = JSON.parse(reply.body ?? "")
    assert.strictEqual(problem.connectUrl, "/sage/connect/books")
    assert.strictEqual(problem.code, "client.never-authorized")
    assert.include(problem.remedy, "Send a user")
  })

  it("of another tenant, an unknown connection or one without consent leads nowhere", async () => {
    const web = open()
    for (const error of [missing("other"), missing("default", "typo"), missing("default", "ledger")]) {
      const reply = await answered(web.failed(error, requestFor("/contacts", { headers: navigating })))
      assert.strictEqual(reply.status, 403)
      assert.notInclude(reply.body, "/sage/connect")
    }
  })

  it("of somebody else is left to somebody else", async () => {
    assert.isUndefined(await open().failed(new Error("no"), requestFor("/contacts")))
  })
})

describe("what a route requires", () => {
  it("is a consent where the connection needs one, and otherwise no more than a tenant", async () => {
    const web = open()
    const { caller } = requestFor("/")
    const error = await rejection(web.ensureConnected("books", caller))
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "ReauthorizationRequired")
    await web.ensureConnected("ledger", caller)
    const nobody = requestFor("/", { tenant: () => undefined }).caller
    assert.isTrue(isSageAuthError(await rejection(web.ensureConnected("ledger", nobody))))
  })
})
