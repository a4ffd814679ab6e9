import { createHash } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { generateKey } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import {
  begin,
  consent,
  type Interacting,
  openWorld,
  tokenRequests,
  withParameters,
  type World
} from "../../src/oauth/world.ts"

const surfaceOf = { books: "business-cloud", payables: "intacct-rest" } as const
const both = ["books", "payables"] as const

const exchanges = (world: World, connection: Interacting) =>
  tokenRequests(world, surfaceOf[connection], "authorization_code")

const refused = { reason: "CallbackRejected", id: "client.callback-rejected" } as const

/** Everything that a browser shows of an error may come from an attacker. */
const shown = (error: unknown) => `${String(error)} ${JSON.stringify(error)}`

describe.each(both)("a consent for %s", (connection) => {
  it("is completed by its callback: the connection works, and the human goes on where they came from", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection, { tenant: "acme" })
    assert.strictEqual((await world.sage.client(connection, { tenant: "acme" }).status()).state, "disconnected")
    assert.deepStrictEqual(await world.sage.completeAuthorization({ url, cookie, tenant: "acme" }), {
      connection,
      tenant: "acme",
      returnTo: "/settings?tab=sage"
    })
    const status = await world.sage.client(connection, { tenant: "acme" }).status()
    assert.strictEqual(status.state, "connected")
    assert.isTrue(status.refreshable)
    assert.strictEqual(exchanges(world, connection), 1)
  })

  it("asks with a state of 256 bits and a challenge of its own, each once, and keeps the verifier to itself", async () => {
    const world = await openWorld()
    const first = await begin(world, connection)
    const second = await begin(world, connection)
    const { client } = world.sandbox.accounts[surfaceOf[connection]]
    for (const { asked } of [first, second]) {
      const names = [...asked.searchParams.keys()]
      assert.strictEqual(new Set(names).size, names.length)
      assert.strictEqual(asked.searchParams.get("response_type"), "code")
      assert.strictEqual(asked.searchParams.get("client_id"), client.clientId)
      assert.strictEqual(asked.searchParams.get("redirect_uri"), client.redirectUri)
      assert.strictEqual(asked.searchParams.get("code_challenge_method"), "S256")
      assert.match(asked.searchParams.get("state") ?? "", /^[\w-]{43}$/)
      assert.match(asked.searchParams.get("code_challenge") ?? "", /^[\w-]{43}$/)
    }
    assert.notStrictEqual(first.asked.searchParams.get("state"), second.asked.searchParams.get("state"))
    assert.notStrictEqual(
      first.asked.searchParams.get("code_challenge"),
      second.asked.searchParams.get("code_challenge")
    )
    await world.sage.completeAuthorization(first)
    const verifier = world.wire.tokenForms()[0]?.get("code_verifier") ?? ""
    assert.strictEqual(
      createHash("sha256").update(verifier).digest("base64url"),
      first.asked.searchParams.get("code_challenge")
    )
    for (const text of [first.asked.href, first.cookie, first.url]) assert.notInclude(text, verifier)
    assert.notInclude(Buffer.from(first.cookie, "base64url").toString("latin1"), verifier)
    // two consents that are under way do not end each other
    await world.sage.completeAuthorization(second)
  })

  it.each([
    ["the whole address", (url: string) => url],
    ["a URL", (url: string) => new URL(url)],
    ["path and query, as a framework gives them", (url: string) => url.slice(new URL(url).origin.length)],
    ["query alone", (url: string) => new URL(url).search],
    ["a path below the prefix of a proxy", (url: string) => `/proxied${url.slice(new URL(url).origin.length)}`]
  ])("takes the callback as %s", async (_, form) => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    await world.sage.completeAuthorization({ url: form(url), cookie })
    assert.strictEqual((await world.sage.client(connection).status()).state, "connected")
  })

  it("takes a callback once: the second time, nothing is sent and the grant lives on", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    await world.sage.completeAuthorization({ url, cookie })
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), refused)
    assert.strictEqual(exchanges(world, connection), 1)
    assert.strictEqual((await world.sage.client(connection).status()).state, "connected")
  })

  it("exchanges the code once, however many callbacks come at the same time", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const ends = await Promise.allSettled(
      Array.from({ length: 10 }, () => world.sage.completeAuthorization({ url, cookie }))
    )
    assert.strictEqual(ends.filter(({ status }) => status === "fulfilled").length, 1)
    assert.strictEqual(exchanges(world, connection), 1)
    assert.strictEqual((await world.sage.client(connection).status()).state, "connected")
  })

  it("exchanges the code once, also by two processes that share a store", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-callbacks-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    const settings = { store: `sqlite:${join(directory, "grants.db")}`, keys: [generateKey()] } as const
    const world = await openWorld({ settings })
    const other = await openWorld({ sandbox: world.sandbox, settings })
    const { cookie, url } = await begin(world, connection)
    const ends = await Promise.allSettled(
      [other, world, other, world].map(({ sage }) => sage.completeAuthorization({ url, cookie }))
    )
    assert.strictEqual(ends.filter(({ status }) => status === "fulfilled").length, 1)
    assert.strictEqual(exchanges(world, connection), 1)
    // whoever completed it, both have the grant
    for (const { sage } of [world, other]) {
      assert.strictEqual((await sage.client(connection).status()).state, "connected")
    }
  })

  it.each(["code", "state", "error", "anything"])("refuses a callback with a second %s", async (name) => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const twice = `${url}&${name}=${name === "anything" ? `1&${name}=2` : encodeURIComponent(new URL(url).searchParams.get(name) ?? "x")}${name === "error" ? "&error=y" : ""}`
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url: twice, cookie })), refused)
    const smuggled = { code: ["a", "b"] }
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, body: smuggled, cookie })), refused)
    assert.strictEqual(exchanges(world, connection), 0)
    // a forged callback does not use the consent up
    await world.sage.completeAuthorization({ url, cookie })
  })

  it.each([
    ["another", "A".repeat(43)],
    ["an empty", ""],
    ["no", undefined],
    ["a longer", "A".repeat(44)]
  ])("refuses a callback with %s state, and shows nothing of it", async (_, state) => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const code = new URL(url).searchParams.get("code") ?? ""
    const error = await failureOf(world.sage.completeAuthorization({ url: withParameters(url, { state }), cookie }))
    assert.deepStrictEqual({ reason: error.reason._tag, id: error.id }, refused)
    assert.notInclude(shown(error), code)
    assert.strictEqual(exchanges(world, connection), 0)
    await world.sage.completeAuthorization({ url, cookie })
  })

  it("refuses a callback without a code, or with one that is none", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    for (const code of [undefined, "", "a\u0000b", "é"]) {
      const changed = withParameters(url, { code })
      assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url: changed, cookie })), refused)
    }
    assert.strictEqual(exchanges(world, connection), 0)
  })

  it("refuses a callback that comes after ten minutes, and sends nothing", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    await world.sandbox.clock.advance("10 minutes")
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), refused)
    assert.strictEqual(exchanges(world, connection), 0)
  })

  it("refuses another tenant's transaction, which its own tenant can still complete", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection, { tenant: "acme" })
    const error = await failureOf(world.sage.completeAuthorization({ url, cookie, tenant: "other" }))
    assert.deepStrictEqual({ reason: error.reason._tag, id: error.id }, refused)
    // whose it is, is none of the other tenant's business
    assert.notInclude(shown(error), "acme")
    assert.strictEqual(exchanges(world, connection), 0)
    for (const tenant of ["other", "acme"]) {
      assert.strictEqual((await world.sage.client(connection, { tenant }).status()).state, "disconnected")
    }
    await world.sage.completeAuthorization({ url, cookie, tenant: "acme" })
  })

  it("refuses a callback at the path of another connection", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const elsewhere = url.replace(`/${connection}?`, "/other?")
    assert.notStrictEqual(elsewhere, url)
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url: elsewhere, cookie })), refused)
    assert.strictEqual(exchanges(world, connection), 0)
  })

  it("begins with no connection whose callback could be taken for that of another one", async () => {
    for (const path of [`/sage/callback/${connection}`, `/other/sage/callback/${connection}/`, `/${connection}`]) {
      const redirectUri = `https://other.example${path}`
      const other = connection === "books" ? "payables" : "books"
      const error = await failureOf(openWorld({ [other]: { redirectUri } }))
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.include(error.message, ".redirectUri")
      assert.include(error.message, "/sage/callback/")
    }
  })

  it("refuses a cookie that is missing, changed, of another consent, application or key", async () => {
    const world = await openWorld()
    const stranger = await openWorld({ sandbox: world.sandbox })
    const mine = await begin(world, connection)
    const again = await begin(world, connection)
    const foreign = await begin(stranger, connection)
    const at = mine.cookie.length - 5
    const changed = `${mine.cookie.slice(0, at)}${mine.cookie[at] === "A" ? "B" : "A"}${mine.cookie.slice(at + 1)}`
    const cookies = [
      undefined,
      null,
      5,
      "",
      "x",
      "a.b.c.d",
      changed,
      again.cookie,
      foreign.cookie,
      mine.cookie.slice(1)
    ]
    for (const cookie of cookies) {
      const error = await failureOf(world.sage.completeAuthorization({ url: mine.url, cookie: cookie as string }))
      assert.deepStrictEqual({ reason: error.reason._tag, id: error.id }, refused)
      if (typeof cookie === "string" && cookie.length > 10) assert.notInclude(shown(error), cookie)
    }
    assert.strictEqual(exchanges(world, connection), 0)
    await world.sage.completeAuthorization(mine)
  })

  it("outlives a restart between consent and callback, where keys and store do", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-callbacks-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    const settings = { store: `sqlite:${join(directory, "grants.db")}`, keys: [generateKey()] } as const
    const before = await openWorld({ settings })
    const { cookie, url } = await begin(before, connection)
    await before.sage.close()
    assert.deepStrictEqual(await kindOf(before.sage.completeAuthorization({ url, cookie })), {
      reason: "Closed",
      id: "client.closed"
    })
    const after = await openWorld({ sandbox: before.sandbox, settings })
    await after.sage.completeAuthorization({ url, cookie })
    assert.strictEqual((await after.sage.client(connection).status()).state, "connected")
  })

  it("that the human declines says so, and leaves the consent that was there alone", async () => {
    const world = await openWorld()
    await consent(world, connection)
    const { cookie, url } = await begin(world, connection, {}, { deny: true })
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), {
      reason: "CallbackRejected",
      id: `${surfaceOf[connection]}.access-denied`
    })
    assert.strictEqual((await world.sage.client(connection).status()).state, "connected")
    assert.strictEqual(exchanges(world, connection), 1)
  })

  it("that the server cannot serve says so, also without a state", async () => {
    const world = await openWorld()
    const control = connection === "books" ? world.sandbox.businessCloud : world.sandbox.intacctRest
    control.refuseNextAuthorization({ error: "temporarily_unavailable", error_description: "Try later" })
    const { cookie, url } = await begin(world, connection)
    for (const callback of [url, withParameters(url, { state: undefined })]) {
      const error = await failureOf(world.sage.completeAuthorization({ url: callback, cookie }))
      assert.strictEqual(error.reason._tag, "ServiceUnavailable")
      assert.isTrue(error.retryable)
      assert.include(error.message, "Try later")
    }
  })

  it("shows a server's words as plain text", async () => {
    const world = await openWorld()
    const control = connection === "books" ? world.sandbox.businessCloud : world.sandbox.intacctRest
    control.refuseNextAuthorization({
      error: "invalid_request",
      error_description: `<script src="//evil.example">\u202E</script>\r\nSet-Cookie: a=b ${"x".repeat(5_000)}`
    })
    const { cookie, url } = await begin(world, connection)
    const { message } = await failureOf(world.sage.completeAuthorization({ url, cookie }))
    assert.notMatch(message, /[<>\r\n\u202E]/)
    assert.isBelow(message.length, 1_000)
  })

  it("refuses a callback with both a code and an error", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const mixed = withParameters(url, { error: "access_denied" })
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url: mixed, cookie })), refused)
  })

  it("with a code that the server does not know is refused with its remedy", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, connection)
    const wrong = "c0de".repeat(12)
    const error = await failureOf(
      world.sage.completeAuthorization({ url: withParameters(url, { code: wrong }), cookie })
    )
    assert.deepStrictEqual(
      { reason: error.reason._tag, id: error.id, code: error.code },
      { reason: "CallbackRejected", id: `${surfaceOf[connection]}.code-rejected`, code: "invalid_grant" }
    )
    assert.notInclude(shown(error), wrong)
    assert.strictEqual(exchanges(world, connection), 1)
  })

  it.each([
    ["unavailable", 2],
    ["rate-limited", 2]
  ] as const)("is completed although the token endpoint was %s for a moment", async (kind, requests) => {
    const world = await openWorld()
    world.sandbox.fault(surfaceOf[connection], { on: "token", kind })
    await consent(world, connection)
    assert.strictEqual(exchanges(world, connection), requests)
  })

  // a bare 503 may come from something in front of the server, after it has used the code
  it.each(["drop-response", "html-502", "truncate", "cloudflare-524", "status-503"] as const)(
    "whose exchange ended in %s does not send its code again",
    async (kind) => {
      const world = await openWorld()
      world.sandbox.fault(surfaceOf[connection], { on: "token", kind })
      const { cookie, url } = await begin(world, connection)
      const error = await failureOf(world.sage.completeAuthorization({ url, cookie }))
      assert.include(["ServiceUnavailable", "ProtocolViolation"], error.reason._tag)
      assert.strictEqual(exchanges(world, connection), 1)
      // the human can simply start again
      await consent(world, connection)
    }
  )

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2F/evil.example",
    "/%5Cevil.example",
    "/%252F%252Fevil.example",
    "/./\\evil.example",
    "/a/..//evil.example",
    "javascript:alert(1)",
    "settings",
    "",
    " /settings",
    "/set\ntings",
    "/\t/evil.example",
    `/${"a".repeat(1_000)}`,
    undefined,
    5
  ])("leads nowhere but back into the application: %j", async (returnTo) => {
    const world = await openWorld()
    const error = await failureOf(world.sage.client(connection).authorize({ returnTo: returnTo as string }))
    assert.strictEqual(error.reason._tag, "Misconfigured")
    assert.include(error.message, "authorize({ returnTo })")
    assert.notInclude(error.message, "evil")
  })
})

it("refuses swapped callbacks of two connections, so that no server gets the other one's code", async () => {
  const world = await openWorld()
  const books = await begin(world, "books")
  const payables = await begin(world, "payables")
  const swapped = [
    { url: books.url, cookie: payables.cookie },
    { url: payables.url, cookie: books.cookie },
    // even with the right state of the cookie's transaction
    {
      url: withParameters(books.url, { state: payables.asked.searchParams.get("state") ?? "" }),
      cookie: payables.cookie
    }
  ]
  for (const callback of swapped) {
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization(callback)), refused)
  }
  assert.strictEqual(world.wire.to("/token").length, 0)
})

describe("an issuer in the callback", () => {
  it("is the one that was asked, or the callback is refused", async () => {
    const world = await openWorld({ sandbox: { intacctRest: { callbackIssuer: true } } })
    const { cookie, url } = await begin(world, "payables")
    assert.isNotNull(new URL(url).searchParams.get("iss"))
    const mixedUp = withParameters(url, { iss: "https://other.example" })
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url: mixedUp, cookie })), refused)
    assert.strictEqual(exchanges(world, "payables"), 0)
    await world.sage.completeAuthorization({ url, cookie })
  })

  it("is taken where nobody knows what it should be", async () => {
    const world = await openWorld({ sandbox: { businessCloud: { callbackIssuer: true } } })
    await consent(world, "books")
    assert.strictEqual((await world.sage.client("books").status()).state, "connected")
  })
})

describe("what Business Cloud Accounting says of a consent that failed", () => {
  it.each([
    [{ error: "access_denied" }, "CallbackRejected", "business-cloud.access-denied"],
    [{ error: "invalid_scope", error_description: "Scope" }, "CallbackRejected", "business-cloud.scope-invalid"],
    [{ error: "unauthorized_client" }, "CredentialRejected", "business-cloud.client-not-authorized"],
    [{ error: "server_error" }, "ServiceUnavailable", "business-cloud.authorization-unavailable"],
    [{ error: "unsupported_response_type" }, "CallbackRejected", "business-cloud.authorization-invalid"],
    [{ error: "Invalid request", reason: "Email already in use" }, "CallbackRejected", "business-cloud.email-in-use"],
    [
      { error: "Invalid request", reason: "Something else" },
      "CallbackRejected",
      "business-cloud.authorization-invalid"
    ],
    [{ error: "never_heard_of" }, "CallbackRejected", "client.callback-rejected"]
  ] as const)("%j", async (refusal, reason, id) => {
    const world = await openWorld()
    world.sandbox.businessCloud.refuseNextAuthorization(refusal)
    const { cookie, url } = await begin(world, "books")
    const error = await failureOf(world.sage.completeAuthorization({ url, cookie }))
    assert.deepStrictEqual({ reason: error.reason._tag, id: error.id }, { reason, id })
    assert.strictEqual(error.code, refusal.error)
    const words = "reason" in refusal ? refusal.reason : "error_description" in refusal ? refusal.error_description : ""
    assert.include(error.message, words)
  })
})

describe("what Intacct says of a consent that failed", () => {
  it.each([
    [{ error: "access_denied", error_description: "No" }, "CallbackRejected", "intacct-rest.access-denied"],
    [{ error: "invalid_scope" }, "CallbackRejected", "intacct-rest.authorization-invalid"],
    [{ error: "unauthorized_client" }, "CredentialRejected", "intacct-rest.client-rejected"],
    [{ error: "server_error" }, "ServiceUnavailable", "intacct-rest.authorization-unavailable"]
  ] as const)("%j", async (refusal, reason, id) => {
    const world = await openWorld()
    world.sandbox.intacctRest.refuseNextAuthorization(refusal)
    const { cookie, url } = await begin(world, "payables")
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), { reason, id })
  })
})
