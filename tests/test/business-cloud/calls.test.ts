import { inspect } from "node:util"
import type { BusinessCloudClient } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import {
  booksOptions,
  callStatuses,
  consent,
  openWorld,
  tokenRequests,
  type World,
  type WorldOptions
} from "../../src/oauth/world.ts"
import { type RawAnswer, startRawServer } from "../../src/rawServer.ts"
import { begun, until } from "../../src/settle.ts"

interface Connected extends World {
  readonly books: BusinessCloudClient
}

/** A world whose books somebody has consented to. */
const connected = async (options: WorldOptions = {}, who: Parameters<typeof consent>[2] = {}): Promise<Connected> => {
  const world = await openWorld(options)
  await consent(world, "books", who)
  return { ...world, books: world.sage.client("books", who.tenant === undefined ? {} : { tenant: who.tenant }) }
}

/** The same, with an API that answers whatever it is told. */
const against = async (answer: () => RawAnswer, options: WorldOptions = {}) => {
  const server = await startRawServer(() => ({ headers: { "content-type": "application/json" }, ...answer() }))
  const world = await connected({
    ...options,
    books: (sandbox) => ({ urls: { ...sandbox.urls["business-cloud"], api: new URL("/v3.1", server.url).href } })
  })
  return { ...world, server }
}

const refreshes = (world: Pick<World, "sandbox">): number => tokenRequests(world, "business-cloud", "refresh_token")

const newContact = (body: RequestInit["body"] = JSON.stringify({ contact: { name: "A" } })) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: body ?? null
})

const streamed = () => new Blob([JSON.stringify({ contact: { name: "Streamed" } })]).stream()

const answered = async (client: BusinessCloudClient, headers = {}) =>
  (await client.fetch("contacts", { headers })).headers.get("x-business")

const endless = function* () {
  while (true) yield new Uint8Array(64 * 1024)
}

describe("a token of 300 seconds", () => {
  it("is used and not renewed for the first half of its life", async () => {
    const { books, ...world } = await connected()
    for (const _ of [1, 2, 3]) {
      assert.strictEqual((await books.fetch("contacts")).status, 200)
      await world.sandbox.clock.advance("49 seconds")
    }
    assert.strictEqual(refreshes(world), 0)
  })

  it("is renewed behind the caller's back when 65 % of its life are over", async () => {
    const { books, ...world } = await connected()
    await books.fetch("contacts")
    await world.sandbox.clock.advance("196 seconds")
    const [sent] = world.wire.to("/contacts")
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    const [, second] = world.wire.to("/contacts")
    assert.strictEqual(second?.headers.get("authorization"), sent?.headers.get("authorization"))
    await until("it was renewed", () => world.events.soFar.some(({ type }) => type === "credential-renewed"))
    await books.fetch("contacts")
    assert.notStrictEqual(
      world.wire.to("/contacts")[2]?.headers.get("authorization"),
      sent?.headers.get("authorization")
    )
    assert.strictEqual(refreshes(world), 1)
  })

  it("is not used to its last second", async () => {
    const { books, ...world } = await connected()
    await books.fetch("contacts")
    await world.sandbox.clock.advance("286 seconds")
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [200, 200])
    assert.strictEqual(refreshes(world), 1)
  })

  it("that ended before its time is renewed once, and the call sent once more", async () => {
    const { books, ...world } = await connected()
    await books.fetch("contacts")
    world.sandbox.businessCloud.expireAccessTokens()
    const response = await books.fetch("contacts", newContact())
    assert.strictEqual(response.status, 201)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [200, 401, 201])
    assert.strictEqual(refreshes(world), 1)
  })

  it("that is always refused costs one renewal, and the caller gets the answer", async () => {
    const body = '[{"$severity":"error","$dataCode":"AuthorizationFailure","$message":"The access token is invalid"}]'
    const { books, server, ...world } = await against(() => ({ status: 401, body }))
    // a token that has only just come is not renewed
    await world.sandbox.clock.advance("1 minute")
    const response = await books.fetch("contacts")
    assert.strictEqual(response.status, 401)
    assert.strictEqual(await response.text(), body)
    assert.strictEqual(server.arrived.length, 2)
    assert.strictEqual(refreshes(world), 1)
  })

  it("that is refused under a stream is renewed, and the stream is not sent again", async () => {
    const { books, ...world } = await connected()
    await books.fetch("contacts")
    world.sandbox.businessCloud.expireAccessTokens()
    const refused = await books.fetch("contacts", newContact(streamed()))
    assert.strictEqual(refused.status, 401)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [200, 401])
    assert.strictEqual((await books.fetch("contacts", newContact(streamed()))).status, 201)
    assert.strictEqual(refreshes(world), 1)
  })

  it.each([
    ["bytes", () => new TextEncoder().encode(JSON.stringify({ contact: { name: "A" } }))],
    ["a blob", () => new Blob([JSON.stringify({ contact: { name: "A" } })])]
  ])("that is refused under %s is replaced, and they are sent again", async (_, body) => {
    const { books, ...world } = await connected()
    await books.fetch("contacts")
    world.sandbox.businessCloud.expireAccessTokens()
    assert.strictEqual((await books.fetch("contacts", newContact(body()))).status, 201)
  })
})

describe("what is not about the token is never answered with a renewal", () => {
  it("no active subscription", async () => {
    const { accounts } = (await openWorld()).sandbox
    const { books, ...world } = await connected({}, { login: accounts["business-cloud"].lapsed })
    for (const _ of [1, 2]) {
      const response = await books.fetch("contacts")
      assert.strictEqual(response.status, 401)
      assert.include(await response.text(), "No active subscription. (MSE)")
    }
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [401, 401])
    assert.strictEqual(refreshes(world), 0)
  })

  it("403 on everything", async () => {
    const { accounts } = (await openWorld()).sandbox
    const { books, ...world } = await connected({}, { login: accounts["business-cloud"].outsider })
    for (const _ of [1, 2]) assert.strictEqual((await books.fetch("contacts")).status, 403)
    assert.strictEqual(callStatuses(world, "business-cloud").length, 2)
    assert.strictEqual(refreshes(world), 0)
  })

  it.each([400, 404, 405, 415, 422, 500])("%i", async (status) => {
    const { books, server, ...world } = await against(() => ({ status, body: '[{"$message":"no"}]' }))
    const response = await books.fetch("contacts")
    assert.strictEqual(response.status, status)
    assert.strictEqual(await response.text(), '[{"$message":"no"}]')
    assert.strictEqual(server.arrived.length, 1)
    assert.strictEqual(refreshes(world), 0)
  })
})

describe("429", () => {
  it.each([
    ["seconds", () => "7"],
    ["a date", (now: number) => new Date(now + 7_000).toUTCString()]
  ] as const)("with %s to wait is waited for, a write too: it did not run", async (_, header) => {
    const { books, ...world } = await connected({
      settings: { retry: {}, deadline: "5 minutes" }
    })
    const headers = { "retry-after": header(world.sandbox.clock.now()) }
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "rate-limited", headers })
    const call = begun(books.fetch("contacts", newContact()))
    await until("it was refused", () => callStatuses(world, "business-cloud").length === 1)
    await world.events.of("rate-limited")
    await world.sandbox.clock.advance(6_900)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [429])
    await world.sandbox.clock.advance(101)
    assert.strictEqual((await call).status, 201)
    assert.deepStrictEqual(
      (await world.events.of("rate-limited")).map(({ code, connection, retryAfter }) => ({
        code,
        connection,
        retryAfter
      })),
      [{ code: "429", connection: "books", retryAfter: 7_000 }]
    )
    assert.strictEqual(refreshes(world), 0)
  })

  it("without a word is tried again by the schedule, and handed over when that ends", async () => {
    const { books, ...world } = await connected()
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "rate-limited", times: 3 })
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "rate-limited", times: 99 })
    const response = await books.fetch("contacts")
    assert.strictEqual(response.status, 429)
    assert.include(await response.text(), "TooManyRequests")
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [429, 429, 429, 200, 429, 429, 429, 429])
  })

  it("under a stream is handed over at once", async () => {
    const { books, ...world } = await connected()
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "rate-limited" })
    assert.strictEqual((await books.fetch("contacts", newContact(new Blob(["{}"]).stream()))).status, 429)
    assert.strictEqual(callStatuses(world, "business-cloud").length, 1)
  })

  it("of the application's own limit is met, and gone the next day", async () => {
    const { books, ...world } = await connected({ sandbox: { businessCloud: { requestsPerDay: 1 } } })
    await books.fetch("contacts")
    assert.strictEqual((await books.fetch("contacts")).status, 429)
    await world.sandbox.clock.advance("24 hours")
    assert.strictEqual((await books.fetch("contacts")).status, 200)
  })
})

describe("a server that is away for a moment", () => {
  it.each([502, 503, 504, 525])("(%i) is asked again for what only reads", async (status) => {
    let answers = 0
    const { books, server } = await against(() => (++answers < 3 ? { status, body: "" } : { body: "{}" }))
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    assert.strictEqual(server.arrived.length, 3)
  })

  it("is not sent a write again", async () => {
    const { books, server } = await against(() => ({ status: 503, body: "away" }))
    const keyed = { ...newContact(), headers: { "idempotency-key": "this API knows none" } }
    for (const init of [newContact(), keyed]) {
      const response = await books.fetch("contacts", init)
      assert.strictEqual(response.status, 503)
      assert.strictEqual(await response.text(), "away")
    }
    assert.strictEqual(server.arrived.length, 2)
  })

  it("is left alone for as long as it asks", async () => {
    const { books, ...world } = await connected({
      settings: { retry: {}, deadline: "5 minutes" }
    })
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "unavailable", headers: { "retry-after": "25" } })
    const call = begun(books.fetch("contacts"))
    await until("it was refused", () => callStatuses(world, "business-cloud").length === 1)
    await world.sandbox.clock.advance("1 second")
    await world.sandbox.clock.advance("23 seconds")
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [503])
    await world.sandbox.clock.advance("2 seconds")
    assert.strictEqual((await call).status, 200)
  })

  it("whose answer is lost is asked again for what only reads, and a write fails as lost", async () => {
    const { books, ...world } = await connected()
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "drop-response", times: 2 })
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "drop-response", times: 9 })
    assert.deepStrictEqual(await kindOf(books.fetch("contacts", newContact())), {
      reason: "ServiceUnavailable",
      id: "client.answer-lost"
    })
    assert.strictEqual(callStatuses(world, "business-cloud").length, 4)
  })
})

describe("the business that a call is about", () => {
  it("is the user's lead business, or the one of the connection, the client or the call, the nearest first", async () => {
    const world = await openWorld()
    const [lead, second, third] = world.sandbox.accounts["business-cloud"].user.businesses as unknown as [
      { id: string },
      { id: string },
      { id: string }
    ]
    const plain = await connected({ sandbox: world.sandbox })
    assert.strictEqual(await answered(plain.books), lead.id)
    assert.isFalse(plain.wire.to("/contacts")[0]?.headers.has("x-business"))
    const configured = await connected({ sandbox: world.sandbox, books: { business: second.id } })
    assert.strictEqual(await answered(configured.books), second.id)
    assert.strictEqual(await answered(configured.books.business(third.id)), third.id)
    assert.strictEqual(await answered(configured.books.business(third.id).business(lead.id)), lead.id)
    assert.strictEqual(await answered(configured.books, { "X-Business": lead.id }), lead.id)
    const byTenant = await connected(
      { sandbox: world.sandbox, books: { business: (tenant) => (tenant === "acme" ? third.id : lead.id) } },
      { tenant: "acme" }
    )
    assert.strictEqual(await answered(byTenant.books), third.id)
  })

  it("stands in the headers that are handed out", async () => {
    const { books } = await connected({ books: { business: "b1" } })
    assert.strictEqual((await books.headers())["x-business"], "b1")
    assert.strictEqual((await books.business("b2").headers())["x-business"], "b2")
    assert.strictEqual(await books.business("b2").run(async ({ headers }) => headers["x-business"]), "b2")
  })

  it("is said when it has become another one, and only where nobody chose it", async () => {
    const { books, events, sandbox } = await connected()
    const { businesses, email } = sandbox.accounts["business-cloud"].user
    await books.fetch("contacts")
    await books.fetch("contacts")
    assert.deepStrictEqual(await events.of("lead-business-changed"), [])
    const second = businesses[1]?.id ?? ""
    await books.business(second).fetch("contacts")
    await books.fetch("contacts", { headers: { "x-business": second } })
    await books.fetch("contacts")
    assert.deepStrictEqual(await events.of("lead-business-changed"), [])
    sandbox.businessCloud.setLeadBusiness(email, second)
    await books.fetch("contacts")
    await books.fetch("contacts")
    assert.deepStrictEqual(
      (await events.of("lead-business-changed")).map(({ connection, tenant }) => ({ connection, tenant })),
      [{ connection: "books", tenant: "default" }]
    )
  })
})

describe("the list of businesses", () => {
  it("has the user's businesses of the moment, the lead business first", async () => {
    const { books, sandbox } = await connected()
    const { businesses, email } = sandbox.accounts["business-cloud"].user
    assert.deepStrictEqual(
      await books.businesses(),
      businesses.map(({ id, name }) => ({ id, name }))
    )
    sandbox.businessCloud.setLeadBusiness(email, businesses[2]?.id ?? "")
    assert.strictEqual((await books.businesses())[0]?.id, businesses[2]?.id)
  })

  it("is read to its last page", async () => {
    const pages = [
      { $items: [{ id: "1", displayed_as: "One" }], $next: "/businesses?page=2" },
      { $items: [{ id: "2", displayed_as: "Two" }], $next: null }
    ]
    const { books, server } = await against(() => ({
      body: JSON.stringify(pages[Math.min(server.arrived.length, 2) - 1])
    }))
    assert.deepStrictEqual(await books.businesses(), [
      { id: "1", name: "One" },
      { id: "2", name: "Two" }
    ])
    assert.strictEqual(server.arrived.length, 2)
  })

  it.each([
    ["an earlier page", "/businesses?page=2"],
    ["another host", "https://elsewhere.example/businesses?page=3"],
    ["another host without a scheme", "//elsewhere.example/businesses?page=3"],
    ["a path above the API", "/../../businesses?page=3"]
  ])("is refused where its next page is %s", async (_, next) => {
    const pages = [
      { $items: [{ id: "1", displayed_as: "One" }], $next: "/businesses?page=2" },
      { $items: [{ id: "2", displayed_as: "Two" }], $next: next }
    ]
    const { books, server } = await against(() => ({
      body: JSON.stringify(pages[Math.min(server.arrived.length, 2) - 1])
    }))
    const failure = await failureOf(books.businesses())
    assert.strictEqual(failure.id, "client.page-refused")
    assert.strictEqual(server.arrived.length, 2)
  })

  it.each([
    [401, '[{"$dataCode":"AuthorizationFailure","$message":"No active subscription. (MSE)"}]', "AccountInactive"],
    [401, '[{"$dataCode":"AuthorizationFailure","$message":"Access denied."}]', "CredentialRejected"],
    [403, '[{"$dataCode":"MultiUserAccessDenied","$message":"Not allowed"}]', "PermissionDenied"],
    [429, "", "RateLimited"],
    [503, "", "ServiceUnavailable"],
    [404, "", "RequestRejected"],
    [200, "<html></html>", "ProtocolViolation"],
    [200, '{"$items":{}}', "ProtocolViolation"]
  ] as const)("fails with %i %s as %s says", async (status, body, reason) => {
    const { books } = await against(() => ({ status, body }))
    const failure = await failureOf(books.businesses())
    assert.strictEqual(failure.reason._tag, reason)
    assert.include(failure.message, `HTTP ${status}`)
    assert.strictEqual(failure.connection, "books")
  })
})

describe("a page of the list of businesses", () => {
  it("without an end is not read to it", async () => {
    const { books } = await against(() => ({ body: endless() }))
    const failure = await failureOf(books.businesses())
    assert.strictEqual(failure.id, "business-cloud.unreadable-answer")
    assert.include(failure.message, "larger than the limit")
  })

  it("that is cut off is a lost answer, and no refusal", async () => {
    const { books } = await against(() => ({
      headers: { "content-length": "100", connection: "close" },
      body: [Buffer.from("{")]
    }))
    assert.deepStrictEqual(await kindOf(books.businesses()), {
      reason: "ServiceUnavailable",
      id: "client.answer-lost"
    })
  })
})

describe("subscription and resource owner", () => {
  it("are sent with every call where they are given, and with no other request", async () => {
    const given = await connected({ books: { subscriptionId: "sub-1", resourceOwnerId: async () => "owner-1" } })
    await given.books.fetch("contacts")
    const sent = given.wire.to("/contacts")[0]?.headers
    assert.strictEqual(sent?.get("ocp-apim-subscription-key"), "sub-1")
    assert.strictEqual(sent?.get("x-site"), "owner-1")
    assert.isNull(given.wire.to("/token")[0]?.headers.get("ocp-apim-subscription-key"))
    const none = await connected()
    await none.books.fetch("contacts")
    const plain = none.wire.to("/contacts")[0]?.headers
    assert.isFalse(plain?.has("ocp-apim-subscription-key"))
    assert.isFalse(plain?.has("x-site"))
  })

  it("make the edition before v3.1 work, where each missing header is a 401", async () => {
    const { accounts, urls } = (await openWorld()).sandbox
    const { resourceOwnerId, subscriptionId } = accounts["business-cloud"].v3
    const { books, sandbox, ...world } = await connected({
      books: (sandbox) => ({
        api: "v3",
        subscriptionId,
        resourceOwnerId,
        urls: sandbox.urls["business-cloud-v3"]
      })
    })
    assert.strictEqual((await books.fetch("contacts")).status, 200)
    const headers = await books.headers()
    assert.deepStrictEqual(Object.keys(headers).toSorted(), [
      "accept",
      "authorization",
      "ocp-apim-subscription-key",
      "x-site"
    ])
    const raw = (without: string) => {
      const { [without]: _, ...rest } = headers
      return fetch(`${sandbox.urls["business-cloud-v3"].api}/contacts`, { headers: rest })
    }
    assert.strictEqual((await raw("nothing")).status, 200)
    for (const name of ["authorization", "ocp-apim-subscription-key", "x-site"]) {
      assert.strictEqual((await raw(name)).status, 401, name)
    }
    assert.notStrictEqual(urls["business-cloud-v3"].api, urls["business-cloud"].api)
    assert.strictEqual(refreshes({ sandbox }), 0)
    assert.strictEqual(world.wire.to("/contacts").length, 1)
  })

  it("that are wrong there are no reason to renew, unless the answer could mean the token", async () => {
    const { accounts } = (await openWorld()).sandbox
    const { resourceOwnerId } = accounts["business-cloud"].v3
    const { books, ...world } = await connected({
      books: (sandbox) => ({
        api: "v3",
        subscriptionId: "wrong",
        resourceOwnerId,
        urls: sandbox.urls["business-cloud-v3"]
      })
    })
    const response = await books.fetch("contacts")
    assert.strictEqual(response.status, 401)
    assert.include(await response.text(), "Cannot verify subscription")
    assert.strictEqual(refreshes(world), 0)
  })
})

describe("an address", () => {
  it("is a path below the API, with or without its slash, or the whole of it", async () => {
    const { books, wire, sandbox } = await connected()
    const { api } = sandbox.urls["business-cloud"]
    for (const path of [
      "contacts?page=2",
      "/contacts?page=2",
      "//contacts?page=2".slice(1),
      `${api}/contacts?page=2`
    ]) {
      assert.strictEqual((await books.fetch(path)).status, 200)
    }
    assert.deepStrictEqual([...new Set(wire.to("/contacts").map(({ url }) => url))], [`${api}/contacts?page=2`])
  })

  it.each([
    "https://evil.example/contacts",
    "//evil.example/contacts",
    "\\\\evil.example/contacts",
    "/\\evil.example/contacts",
    "ht\ntps://evil.example/contacts",
    "http://127.0.0.1:1/contacts",
    "../../elsewhere",
    "contacts/%2e%2e/%2e%2e/%2e%2e/elsewhere",
    "file:///etc/passwd",
    "data:text/plain,x"
  ])("elsewhere is refused before anything is sent: %j", async (path) => {
    const { books, wire } = await connected()
    const before = wire.sent.length
    const failure = await failureOf(books.fetch(path))
    assert.deepStrictEqual(
      { reason: failure.reason._tag, id: failure.id },
      { reason: "Misconfigured", id: "client.host-refused" }
    )
    assert.strictEqual(wire.sent.length, before)
  })

  it("that a redirect names is not followed: the redirect is the answer", async () => {
    const elsewhere = await startRawServer(() => ({ body: "stolen" }))
    const { books, server } = await against(() => ({ status: 302, headers: { location: elsewhere.url }, body: "" }))
    const response = await books.fetch("contacts", { redirect: "follow" })
    assert.strictEqual(response.status, 302)
    assert.strictEqual(response.headers.get("location"), elsewhere.url)
    assert.strictEqual(server.arrived.length, 1)
    assert.strictEqual(elsewhere.arrived.length, 0)
  })
})

describe("headers of the caller's own", () => {
  it("are sent, but never in place of the credential", async () => {
    const { books, wire } = await connected()
    await books.fetch("contacts", { headers: { Authorization: "Bearer mine", Accept: "text/csv", "x-mine": "1" } })
    const sent = wire.to("/contacts")[0]?.headers
    assert.strictEqual(sent?.get("authorization"), (await books.headers())["authorization"])
    assert.strictEqual(sent?.get("accept"), "text/csv")
    assert.strictEqual(sent?.get("x-mine"), "1")
  })

  it.each([{ "x-bad": "v4l\nue" }, { "bad name": "v4lue" }, { "x-bad": "\u2603" }])(
    "that cannot be sent are refused, and their value is not shown: %j",
    async (headers) => {
      const { books, wire } = await connected()
      const failure = await failureOf(books.fetch("contacts", { headers: headers as Record<string, string> }))
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.notInclude(`${failure.message}${failure.stack ?? ""}`, Object.values(headers)[0] ?? "")
      assert.strictEqual(wire.to("/contacts").length, 0)
      assert.throws(() => books.business("\u2603"), /business\(id\)/)
    }
  )
})

describe("the headers for other libraries", () => {
  it("are one frozen object for each credential, and at hand without a turn of the loop", async () => {
    const { books, sandbox } = await connected()
    const headers = await books.headers()
    assert.isTrue(Object.isFrozen(headers))
    assert.deepStrictEqual(Object.keys(headers), ["accept", "authorization"])
    assert.strictEqual(await books.headers(), headers)
    // settled as it was made: no fiber was started for it
    assert.notInclude(inspect(books.headers()), "<pending>")
    const other = books.business("b2")
    assert.isTrue(Object.isFrozen(await other.headers()))
    assert.strictEqual(await other.headers(), await other.headers())
    await books.refresh()
    assert.notStrictEqual(await books.headers(), headers)
    assert.notStrictEqual((await other.headers())["authorization"], headers["authorization"])
    assert.strictEqual(sandbox.requests({ surface: "business-cloud", step: "api" }).length, 0)
  })

  it("are handed out to nobody after the application has closed", async () => {
    const { books, sage } = await connected()
    await books.headers()
    await sage.close()
    for (const call of [
      books.headers(),
      books.business("b").headers(),
      books.fetch("contacts"),
      books.run(async () => 1)
    ]) {
      assert.strictEqual((await kindOf(call)).reason, "Closed")
    }
  })
})

describe("a caller", () => {
  it("that is aborted hears its own reason, before, while waiting and while reading", async () => {
    const { books, ...world } = await connected()
    const reason = new Error("mine")
    const gone = AbortSignal.abort(reason)
    for (const call of [
      books.fetch("contacts", { signal: gone }),
      books.headers({ signal: gone }),
      books.refresh({ signal: gone }),
      books.businesses({ signal: gone }),
      books.run(async () => 1, { signal: gone })
    ]) {
      assert.strictEqual(await call.catch((thrown: unknown) => thrown), reason)
    }
    assert.strictEqual(callStatuses(world, "business-cloud").length, 0)
    const waiting = new AbortController()
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "hang" })
    const call = begun(books.fetch("contacts", { signal: waiting.signal }))
    await until("it hangs", () => callStatuses(world, "business-cloud").length === 1)
    waiting.abort(reason)
    assert.strictEqual(await call.catch((thrown: unknown) => thrown), reason)
    const reading = new AbortController()
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "slow-bytes" })
    const response = await books.fetch("contacts", { signal: reading.signal })
    const text = begun(response.text())
    reading.abort(reason)
    assert.strictEqual(await text.catch((thrown: unknown) => thrown), reason)
  })

  it("that leaves does not stop the renewal it waited for", async () => {
    const { books, ...world } = await connected()
    await world.sandbox.clock.advance("300 seconds")
    world.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "20 seconds" })
    const leaving = new AbortController()
    const call = begun(books.fetch("contacts", { signal: leaving.signal }))
    const patient = begun(books.headers())
    await until("it is renewed", () => refreshes(world) === 1)
    leaving.abort(new Error("gone"))
    assert.strictEqual(((await call.catch((thrown: unknown) => thrown)) as Error).message, "gone")
    await world.sandbox.clock.advance("20 seconds")
    assert.property(await patient, "authorization")
    assert.strictEqual(refreshes(world), 1)
  })

  it("is released by its deadline, of the call, the connection or the application", async () => {
    const world = await connected({ books: { deadline: "10 seconds" } })
    world.sandbox.fault("business-cloud", { on: "contacts", kind: "hang", times: 2 })
    for (const [options, seconds] of [
      [{}, 10],
      [{ deadline: "3 seconds" }, 3]
    ] as const) {
      const before = callStatuses(world, "business-cloud").length
      const call = begun(kindOf(world.books.fetch("contacts", options)))
      await until("it hangs", () => callStatuses(world, "business-cloud").length > before)
      await world.sandbox.clock.advance(`${seconds} seconds`)
      assert.deepStrictEqual(await call, { reason: "DeadlineExceeded", id: "client.deadline-exceeded" })
    }
  })
})

describe("the body of an error", () => {
  it("is handed over byte for byte, whatever its size and kind", async () => {
    const bytes = new Uint8Array(3 * 1024 * 1024).map((_, index) => (index * 31) % 256)
    const small = bytes.slice(0, 1_000)
    let body = bytes
    const { books } = await against(() => ({
      status: 500,
      headers: { "content-type": "application/octet-stream", "x-own": "kept" },
      body
    }))
    for (const next of [bytes, small, new Uint8Array()]) {
      body = next
      const response = await books.fetch("contacts")
      assert.strictEqual(response.status, 500)
      assert.strictEqual(response.headers.get("x-own"), "kept")
      assert.match(response.url, /\/v3\.1\/contacts$/)
      assert.isTrue(Buffer.from(await response.arrayBuffer()).equals(next))
    }
  })

  it("without an end can be dropped", async () => {
    const { books } = await against(() => ({ status: 500, body: endless() }))
    const response = await books.fetch("contacts")
    assert.strictEqual(response.status, 500)
    const reader = response.body?.getReader()
    assert.strictEqual((await reader?.read())?.done, false)
    await reader?.cancel()
  })
})

it("asks each tenant's own human, client and business", async () => {
  const world = await openWorld({
    books: (sandbox) => ({
      country: (tenant) => (tenant === "maple" ? "ca" : "gb"),
      clientId: (tenant) => booksOf(sandbox, tenant).clientId,
      clientSecret: async (tenant) => booksOf(sandbox, tenant).clientSecret
    })
  })
  const { second } = world.sandbox.accounts["business-cloud"]
  await consent(world, "books", { tenant: "harbour" })
  await consent(world, "books", { tenant: "maple", login: second })
  assert.deepStrictEqual(await world.sage.client("books", { tenant: "maple" }).businesses(), second.businesses)
  assert.strictEqual((await world.sage.client("books", { tenant: "harbour" }).businesses()).length, 3)
  assert.strictEqual((await kindOf(world.sage.client("books").fetch("contacts"))).reason, "ReauthorizationRequired")
})

const booksOf = (sandbox: World["sandbox"], tenant: string) => {
  const { client, otherClient } = sandbox.accounts["business-cloud"]
  return tenant === "maple" ? otherClient : { ...client, ...booksOptions(sandbox), ...client }
}
