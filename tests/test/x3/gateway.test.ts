import { businessCloud, createSageAuth, generateKey, x3 } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { begun, settle } from "../../src/settle.ts"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { booksOptions, withParameters } from "../../src/oauth/world.ts"
import { fastRetry, openSandbox } from "../../src/world.ts"
import { ask, gatewayOptions, openGatewayWorld, pair, pause, take, tokenBodies } from "../../src/x3/gatewayWorld.ts"

const day = 24 * 60 * 60_000

const early = { callbackOrder: "before-acceptance", codeLife: "30 days" } as const

describe("a pairing request", () => {
  it("leads to the server that the root document names, with the customer and without a response type", async () => {
    const world = await openGatewayWorld()
    const { cookie, url } = await world.sage.client("gateway").authorize({ returnTo: "/" })
    const { origin, pathname, searchParams } = new URL(url)
    const { clientId, customer, redirectUri, scope } = world.sandbox.accounts["x3-gateway"]
    assert.strictEqual(`${origin}${pathname}`, world.sandbox.urls["x3-gateway"].authorise)
    assert.deepStrictEqual(
      [...searchParams].filter(([name]) => name !== "state" && name !== "code_challenge"),
      [
        ["customer", customer],
        ["client_id", clientId],
        ["redirect_uri", redirectUri],
        ["scope", scope],
        ["code_challenge_method", "S256"]
      ]
    )
    assert.match(searchParams.get("code_challenge") ?? "", /^[\w-]{43}$/)
    assert.strictEqual(cookie, "")
    const [document] = world.wire.sent
    assert.strictEqual(document?.url, world.sandbox.urls["x3-gateway"].root)
    assert.isFalse(document?.headers.has("authorization"))
  })

  it("asks for the root document once, whoever needs it", async () => {
    const world = await openGatewayWorld()
    await pair(world)
    await pair(world, "acme")
    await world.sage.client("gateway").folders()
    assert.strictEqual(world.wire.sent.filter(({ url }) => url.endsWith("/v1")).length, 1)
  })

  it("differs by tenant where the options do", async () => {
    const world = await openGatewayWorld({ gateway: { customer: (tenant) => `https://x3.${tenant}.example` } })
    const { url } = await world.sage.client("gateway", { tenant: "birch" }).authorize({ returnTo: "/" })
    assert.strictEqual(new URL(url).searchParams.get("customer"), "https://x3.birch.example")
  })
})

describe("a posted callback", () => {
  it("needs no cookie, and brings a grant by a JSON request", async () => {
    const world = await openGatewayWorld()
    const callback = await ask(world)
    assert.strictEqual(callback.method, "POST")
    assert.deepStrictEqual(await take(world, callback), {
      connection: "gateway",
      tenant: "default",
      returnTo: "/settings"
    })
    const { clientId, clientSecret, redirectUri } = world.sandbox.accounts["x3-gateway"]
    const [exchange] = tokenBodies(world)
    assert.match(String(exchange?.["code_verifier"]), /^[\w-]{43,128}$/)
    assert.deepStrictEqual(tokenBodies(world), [
      {
        code_verifier: exchange?.["code_verifier"] ?? "",
        grant_type: "authorization_code",
        code: new URLSearchParams(callback.body).get("authorizationCode") ?? "",
        redirect_uri: redirectUri,
        client_id: clientId,
        client_secret: clientSecret
      }
    ])
    const client = world.sage.client("gateway")
    assert.deepStrictEqual(await client.folders(), ["SEED", "REPOSX3"])
    const answer = await client.fetch("service/SEED/api", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ __typename }" })
    })
    assert.strictEqual(answer.status, 200)
  })

  it.each([
    ["in the query", { callbackMethod: "GET" }],
    ["as JSON from the gateway's server", { callbackBody: "json", callbackSender: "server" }]
  ] as const)("is taken %s as well", async (_, server) => {
    const world = await openGatewayWorld({ server })
    await pair(world)
    assert.strictEqual((await world.sage.client("gateway").status()).state, "connected")
  })

  it("is taken once: not again, and not twice at the same time", async () => {
    const world = await openGatewayWorld()
    const callback = await ask(world)
    const both = await Promise.allSettled([take(world, callback), take(world, callback)])
    assert.deepStrictEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"])
    assert.strictEqual((await kindOf(take(world, callback))).reason, "CallbackRejected")
    assert.strictEqual(tokenBodies(world).length, 1)
  })

  it("is refused with the state of another pairing, and uses neither up", async () => {
    const world = await openGatewayWorld()
    const mine = await ask(world)
    const theirs = await ask(world, { tenant: "birch" })
    const swapped = new URLSearchParams(mine.body)
    swapped.set("state", "x".repeat(43))
    assert.strictEqual((await kindOf(take(world, { ...mine, body: swapped.toString() }))).reason, "CallbackRejected")
    // the state says whose it is: a callback for another tenant than the one that is signed in is refused
    assert.strictEqual((await kindOf(take(world, theirs, "default"))).reason, "CallbackRejected")
    assert.strictEqual((await take(world, theirs, "birch")).tenant, "birch")
    assert.strictEqual((await take(world, mine)).tenant, "default")
  })

  it("is refused on another connection's path", async () => {
    const world = await openGatewayWorld()
    const callback = await ask(world)
    const elsewhere = { ...callback, url: "https://app.example/sage/callback/books" }
    assert.strictEqual((await kindOf(take(world, elsewhere))).reason, "CallbackRejected")
    await take(world, callback)
  })

  it("is taken days later, and not after a week", async () => {
    const world = await openGatewayWorld({ server: { requestLife: "30 days", codeLife: "30 days" } })
    const inTime = await ask(world)
    const late = await ask(world, { tenant: "birch" })
    await world.sandbox.clock.advance(6 * day)
    await take(world, inTime)
    await world.sandbox.clock.advance(day)
    assert.strictEqual((await kindOf(take(world, late))).reason, "CallbackRejected")
    assert.strictEqual(tokenBodies(world).length, 1)
  })

  it("that says that the pairing was declined ends it", async () => {
    const world = await openGatewayWorld({ server: { declinedCallback: true } })
    const { url } = await world.sage.client("gateway").authorize({ returnTo: "/" })
    const callback = await world.sandbox.x3.pairingCallback(url, { deny: true })
    assert.deepStrictEqual(await kindOf(take(world, callback)), {
      reason: "CallbackRejected",
      id: "x3-gateway.access-denied"
    })
  })

  it("is found by the process that did not begin it", async () => {
    const path = temporaryStore()
    const settings = { store: `sqlite:${path}`, keys: [generateKey()] } as const
    const one = await openGatewayWorld({ settings })
    const other = await openGatewayWorld({ sandbox: one.sandbox, settings })
    const callback = await ask(one)
    await one.sage.close()
    await take(other, callback)
    assert.deepStrictEqual(await other.sage.client("gateway").folders(), ["SEED", "REPOSX3"])
  })
})

const openBoth = async () => {
  const sandbox = await openSandbox()
  const sage = createSageAuth({
    connections: {
      gateway: x3.gateway(gatewayOptions(sandbox)),
      books: businessCloud(booksOptions(sandbox))
    },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  const books = await sage.client("books").authorize({ returnTo: "/" })
  return { sandbox, sage, books: { cookie: books.cookie, url: await sandbox.approve(books.url) } }
}

describe("beside a connection whose callbacks bring a cookie", () => {
  it("no transaction of that one is found without its cookie, nor used up by the attempt", async () => {
    const { books, sage } = await openBoth()
    for (const cookie of [undefined, "", "x"]) {
      const failure = await failureOf(sage.completeAuthorization({ url: books.url, cookie }))
      assert.strictEqual(failure.reason._tag, "CallbackRejected")
      assert.include(failure.message, "cookie")
    }
    assert.strictEqual((await sage.completeAuthorization(books)).connection, "books")
  })

  it("a posted callback is taken whatever cookie the browser still holds, and leaves that one's consent alone", async () => {
    const { books, sage, sandbox } = await openBoth()
    const { url } = await sage.client("gateway").authorize({ returnTo: "/" })
    const callback = await sandbox.x3.pairingCallback(url)
    const { cookie } = books
    const done = await sage.completeAuthorization({ url: callback.url, body: callback.body, cookie })
    assert.strictEqual(done.connection, "gateway")
    assert.strictEqual((await sage.completeAuthorization(books)).connection, "books")
  })

  it("its code is not taken with the state of a pairing", async () => {
    const { books, sage } = await openBoth()
    const { url } = await sage.client("gateway").authorize({ returnTo: "/" })
    const state = new URL(url).searchParams.get("state") ?? ""
    const mixed = withParameters(books.url, { state })
    assert.strictEqual((await kindOf(sage.completeAuthorization({ url: mixed }))).reason, "CallbackRejected")
    assert.strictEqual((await sage.client("books").status()).state, "disconnected")
  })
})

describe("a callback with another region", () => {
  it("is pinned with the grant, and everything goes there from then on", async () => {
    const world = await openGatewayWorld({ server: { endpoint: "path" } })
    const client = world.sage.client("gateway")
    await pair(world)
    assert.deepStrictEqual(await client.folders(), ["SEED", "REPOSX3"])
    await world.sandbox.clock.advance("6 minutes")
    await client.fetch("folders")
    const sent = world.wire.sent.filter(({ url }) => /\/(?:token|folders)$/.test(url))
    assert.isTrue(sent.length >= 4 && sent.every(({ url }) => url.includes("/x3-gateway-customer-region/")))
  })

  it("is refused on a host that is not configured, before anything is sent there", async () => {
    const world = await openGatewayWorld({ server: { endpoint: "host" } })
    const callback = await ask(world)
    const failure = await failureOf(take(world, callback))
    assert.strictEqual(failure.reason._tag, "CallbackRejected")
    assert.include(failure.message, "regions")
    assert.deepStrictEqual(tokenBodies(world), [])
  })

  it("is taken on a host that is", async () => {
    const world = await openGatewayWorld({
      server: { endpoint: "host" },
      gateway: { regions: ["http://localhost/v1"] }
    })
    await pair(world)
    assert.deepStrictEqual(await world.sage.client("gateway").folders(), ["SEED", "REPOSX3"])
    assert.isTrue(world.wire.to("/folders").every(({ url }) => url.startsWith("http://localhost:")))
  })
})

describe("a pairing that no X3 user has accepted yet", () => {
  it("is a state to wait in: asked for again by use, when its pause is over", async () => {
    const world = await openGatewayWorld({ server: early })
    const client = world.sage.client("gateway")
    await take(world, await ask(world, { decide: false }))
    const status = await client.status()
    assert.strictEqual(status.state, "pairing")
    assert.isFalse(status.refreshable)
    const failure = await failureOf(client.fetch("folders"))
    assert.strictEqual(failure.reason._tag, "PairingPending")
    assert.isTrue(failure.retryable)
    assert.strictEqual(tokenBodies(world).length, 1)
    await world.sandbox.clock.advance(pause)
    assert.strictEqual((await kindOf(client.fetch("folders"))).reason, "PairingPending")
    assert.strictEqual(tokenBodies(world).length, 2)
    await world.sandbox.x3.acceptPairing()
    assert.strictEqual((await kindOf(client.fetch("folders"))).reason, "PairingPending")
    await world.sandbox.clock.advance(pause)
    assert.strictEqual((await client.fetch("folders")).status, 200)
    assert.strictEqual((await client.status()).state, "connected")
  })

  it("is asked for at once by refresh, and by keep-alive when it is due", async () => {
    const world = await openGatewayWorld({ server: early })
    const client = world.sage.client("gateway")
    await take(world, await ask(world, { decide: false }))
    assert.strictEqual((await kindOf(client.refresh())).reason, "PairingPending")
    assert.strictEqual(tokenBodies(world).length, 2)
    assert.strictEqual((await world.sage.keepAlive()).due, 0)
    await world.sandbox.x3.acceptPairing()
    await world.sandbox.clock.advance(pause)
    assert.deepStrictEqual(await world.sage.keepAlive(), { due: 1, renewed: 1, failures: 0, failed: [] })
    assert.strictEqual((await client.status()).state, "connected")
  })

  it("outlives its process, and is done by another one", async () => {
    const path = temporaryStore()
    const settings = { store: `sqlite:${path}`, keys: [generateKey()] } as const
    const one = await openGatewayWorld({ server: early, settings })
    await take(one, await ask(one, { decide: false }))
    await one.sage.close()
    const other = await openGatewayWorld({ sandbox: one.sandbox, settings })
    const client = other.sage.client("gateway")
    assert.strictEqual((await client.status()).state, "pairing")
    await one.sandbox.x3.acceptPairing()
    await one.sandbox.clock.advance(pause)
    assert.strictEqual((await client.fetch("folders")).status, 200)
  })

  it("is exchanged once by two processes that are used at once", async () => {
    const path = temporaryStore()
    const settings = { store: `sqlite:${path}`, keys: [generateKey()] } as const
    const one = await openGatewayWorld({ server: early, settings })
    const other = await openGatewayWorld({ sandbox: one.sandbox, settings })
    await take(one, await ask(one, { decide: false }))
    await one.sandbox.x3.acceptPairing()
    await one.sandbox.clock.advance(pause)
    const before = tokenBodies(one).length
    const answers = await Promise.all([
      one.sage.client("gateway").fetch("folders"),
      other.sage.client("gateway").fetch("folders"),
      one.sage.client("gateway").fetch("folders")
    ])
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [200, 200, 200]
    )
    assert.strictEqual(tokenBodies(one).length + tokenBodies(other).length - before, 1)
  })

  it("that expires asks for a human", async () => {
    const world = await openGatewayWorld({ server: early })
    const client = world.sage.client("gateway")
    await take(world, await ask(world, { decide: false }))
    world.sandbox.x3.expirePairing()
    await world.sandbox.clock.advance(pause)
    const failure = await failureOf(client.fetch("folders"))
    assert.strictEqual(failure.id, "x3-gateway.pairing-expired")
    assert.strictEqual(failure.reason._tag, "ReauthorizationRequired")
    assert.strictEqual((await client.status()).state, "reauthorization-required")
    assert.strictEqual((await world.events.of("reauthorization-required")).length, 1)
    await take(world, await ask(world, { decide: false }))
    assert.strictEqual((await client.status()).state, "pairing")
  })

  it("that was over before its callback came is refused as a callback", async () => {
    const world = await openGatewayWorld({ server: { codeLife: "1 minute" } })
    const callback = await ask(world)
    await world.sandbox.clock.advance("2 minutes")
    const failure = await failureOf(take(world, callback))
    assert.strictEqual(failure.reason._tag, "CallbackRejected")
    assert.include(failure.remedy, "authorize()")
  })

  it("leaves an older grant at work, and takes its place when it is accepted", async () => {
    const world = await openGatewayWorld({ server: early })
    const client = world.sage.client("gateway")
    const first = await ask(world, { decide: false })
    await world.sandbox.x3.acceptPairing()
    await take(world, first)
    await take(world, await ask(world, { decide: false }))
    assert.strictEqual((await client.status()).state, "connected")
    await world.sandbox.clock.advance("10 minutes")
    assert.strictEqual((await client.fetch("folders")).status, 200)
    await world.sandbox.x3.acceptPairing({ folders: ["SEED"] })
    await world.sandbox.clock.advance("10 minutes")
    assert.deepStrictEqual(await client.folders(), ["SEED"])
  })

  it("keeps its code through a gateway that is away, and through a wrong secret", async () => {
    const world = await openGatewayWorld()
    const client = world.sage.client("gateway")
    const { clientId, clientSecret } = world.sandbox.accounts["x3-gateway"]
    const callback = await ask(world)
    world.sandbox.x3.gateway.setClientSecret(clientId, "another one")
    assert.strictEqual((await kindOf(take(world, callback))).reason, "CredentialRejected")
    world.sandbox.x3.gateway.setClientSecret(clientId, clientSecret)
    world.sandbox.fault("x3-gateway", { on: "token", kind: "unavailable", times: 2 })
    await world.sandbox.clock.advance(pause)
    assert.strictEqual((await kindOf(client.fetch("folders"))).reason, "ServiceUnavailable")
    await world.sandbox.clock.advance(pause)
    assert.strictEqual((await client.fetch("folders")).status, 200)
  })
})

describe("a grant of the gateway", () => {
  it("is rotated after five minutes, and lives for 30 days from its last refresh", async () => {
    const world = await openGatewayWorld()
    const client = world.sage.client("gateway")
    await pair(world)
    const { credentialExpiresAt, grantExpiresAt, grantIssuedAt } = await client.status()
    const now = world.sandbox.clock.now()
    assert.strictEqual(grantIssuedAt?.getTime(), now)
    assert.strictEqual((credentialExpiresAt?.getTime() ?? 0) - now, 300_000)
    assert.strictEqual((grantExpiresAt?.getTime() ?? 0) - now, 30 * day)
    await world.sandbox.clock.advance("6 minutes")
    assert.strictEqual((await client.fetch("folders")).status, 200)
    assert.strictEqual((await client.status()).grantIssuedAt?.getTime(), world.sandbox.clock.now())
    const [, refresh] = tokenBodies(world)
    assert.strictEqual(refresh?.["grant_type"], "refresh_token")
    assert.strictEqual((await world.events.of("rotation-done")).length, 1)
  })

  it("is kept alive while nobody uses it, for months", async () => {
    const world = await openGatewayWorld()
    await pair(world)
    for (let week = 0; week < 12; week++) {
      await world.sandbox.clock.advance(7 * day)
      assert.deepStrictEqual((await world.sage.keepAlive()).failed, [])
    }
    assert.strictEqual((await world.sage.client("gateway").fetch("folders")).status, 200)
  })

  it("that nobody kept alive is over", async () => {
    const world = await openGatewayWorld()
    await pair(world)
    await world.sandbox.clock.advance(31 * day)
    const failure = await failureOf(world.sage.client("gateway").fetch("folders"))
    assert.strictEqual(failure.id, "x3-gateway.grant-ended")
  })

  it("survives a lost answer to its rotation where the gateway takes the old token once more", async () => {
    const world = await openGatewayWorld({ server: { refreshReuse: "accepted" } })
    await pair(world)
    await world.sandbox.clock.advance("6 minutes")
    world.sandbox.fault("x3-gateway", { on: "token", kind: "drop-response", times: 1 })
    assert.strictEqual((await world.sage.client("gateway").fetch("folders")).status, 200)
  })

  it("is read in camel case too, and by its tokens where the answer says no times", async () => {
    const world = await openGatewayWorld({ server: { tokenNames: "camelCase", expiresIn: null } })
    await pair(world)
    const { credentialExpiresAt, refreshable } = await world.sage.client("gateway").status()
    assert.isTrue(refreshable)
    assert.strictEqual((credentialExpiresAt?.getTime() ?? 0) - world.sandbox.clock.now(), 300_000)
  })

  it("is forgotten here by disconnect, and deleted at the gateway where the operation is configured", async () => {
    const left = await openGatewayWorld()
    await pair(left)
    assert.deepStrictEqual(await left.sage.client("gateway").disconnect(), { revoked: false })
    assert.strictEqual(left.sandbox.x3.pairings()[0]?.status, "accepted")
    assert.strictEqual((await left.sage.client("gateway").status()).state, "disconnected")
    const deleted = await openGatewayWorld({ gateway: { deletion: { method: "DELETE", path: "token" } } })
    await pair(deleted)
    assert.deepStrictEqual(await deleted.sage.client("gateway").disconnect(), { revoked: true })
    assert.strictEqual(deleted.sandbox.x3.pairings()[0]?.status, "ended")
  })

  it("is renewed once when its access token is refused", async () => {
    const world = await openGatewayWorld()
    const client = world.sage.client("gateway")
    await pair(world)
    await client.fetch("folders")
    world.sandbox.x3.gateway.expireAccessTokens()
    const answers = await Promise.all([client.fetch("folders"), client.fetch("folders"), begun(client.folders())])
    assert.strictEqual(answers[0].status, 200)
    await settle()
    assert.strictEqual(tokenBodies(world).length, 2)
  })

  it("does not reach a folder that was not chosen", async () => {
    const world = await openGatewayWorld()
    const { url } = await world.sage.client("gateway").authorize({ returnTo: "/" })
    await take(world, await world.sandbox.x3.pairingCallback(url, { folders: ["SEED"] }))
    const answer = await world.sage.client("gateway").fetch("service/REPOSX3/api", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}"
    })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(tokenBodies(world).length, 1)
  })
})

describe("a token request that the gateway refuses", () => {
  it("names the option at fault", async () => {
    const world = await openGatewayWorld()
    const callback = await ask(world)
    world.sandbox.x3.gateway.disableApplication(world.sandbox.accounts["x3-gateway"].clientId)
    assert.deepStrictEqual(await kindOf(take(world, callback)), {
      reason: "CredentialRejected",
      id: "x3-gateway.application-disabled"
    })
    assert.strictEqual((await world.events.of("credential-rejected")).length, 1)
  })
})

describe("what the library says", () => {
  it("holds neither code nor token nor secret", async () => {
    const world = await openGatewayWorld({ server: early })
    const callback = await ask(world, { decide: false })
    await take(world, callback)
    const failure = await failureOf(world.sage.client("gateway").fetch("folders"))
    const code = new URLSearchParams(callback.body).get("authorizationCode") ?? "no code"
    const { clientSecret } = world.sandbox.accounts["x3-gateway"]
    const said = JSON.stringify([failure, failure.message, await world.events.seen()])
    assert.notInclude(said, code)
    assert.notInclude(said, clientSecret)
  })
})

/** what status() says, and what a call fails with */
const seen = async (world: Awaited<ReturnType<typeof openGatewayWorld>>) => {
  const client = world.sage.client("gateway")
  const call = await kindOf(client.folders())
  return [(await client.status()).state, call.reason]
}

describe("a visit that has no answer yet", () => {
  const never = ["disconnected", "ReauthorizationRequired"]
  const pending = ["pairing", "PairingPending"]

  it("is a pairing before its callback, after it, and until it is accepted", async () => {
    const world = await openGatewayWorld()
    assert.deepStrictEqual(await seen(world), never)
    const visit = () => world.sage.client("gateway").authorize({ returnTo: "/" })
    await visit()
    assert.deepStrictEqual(await seen(world), pending)
    // asked again: the newest one counts
    await visit()
    assert.deepStrictEqual(await seen(world), pending)
    await pair(world)
    assert.strictEqual((await world.sage.client("gateway").status()).state, "connected")
    const types = (await world.events.seen()).map(({ type }) => type)
    assert.notInclude(types, "renewal-failed")
    assert.strictEqual(types.filter((type) => type === "connected").length, 1)
  })

  it("is one when the callback comes before the acceptance, too", async () => {
    const world = await openGatewayWorld({ server: early })
    await world.sage.client("gateway").authorize({ returnTo: "/" })
    assert.deepStrictEqual(await seen(world), pending)
    await take(world, await ask(world, { decide: false }))
    assert.deepStrictEqual(await seen(world), pending)
    await world.sandbox.x3.acceptPairing()
    await world.sandbox.clock.advance(pause)
    await world.sage.client("gateway").folders()
    assert.strictEqual((await world.sage.client("gateway").status()).state, "connected")
  })

  it("ends with its transaction, with a disconnection, and is nobody else's", async () => {
    const world = await openGatewayWorld({ gateway: { pairing: { callbackWithin: "1 hour" } } })
    await world.sage.client("gateway").authorize({ returnTo: "/" })
    assert.strictEqual((await world.sage.client("gateway", { tenant: "birch" }).status()).state, "disconnected")
    assert.deepStrictEqual(await seen(world), pending)
    await world.sandbox.clock.advance("61 minutes")
    assert.deepStrictEqual(await seen(world), never)
    const late = await ask(world)
    assert.deepStrictEqual(await seen(world), pending)
    await world.sage.client("gateway").disconnect()
    assert.deepStrictEqual(await seen(world), never)
    // a disconnected tenant stays disconnected
    assert.strictEqual((await kindOf(take(world, late))).reason, "CallbackRejected")
    assert.deepStrictEqual(await seen(world), never)
  })
})
