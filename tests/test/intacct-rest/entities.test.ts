import type { IntacctRestClient } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { consent, openWorld, tokenRequests, type World } from "../../src/oauth/world.ts"
import { begun, until } from "../../src/settle.ts"

const vendor = "objects/accounts-payable/vendor"

const works = async (client: IntacctRestClient): Promise<Response> => {
  const response = await client.fetch(vendor)
  assert.strictEqual(response.status, 200, await response.clone().text())
  await response.arrayBuffer()
  return response
}

const claimsOf = async (client: IntacctRestClient): Promise<Readonly<Record<string, unknown>>> => {
  const { authorization = "" } = await client.headers()
  return JSON.parse(Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>
}

const refreshes = (world: Pick<World, "sandbox">) => tokenRequests(world, "intacct-rest", "refresh_token")

const refreshForms = ({ wire }: Pick<World, "wire">) =>
  wire.tokenForms().filter((form) => form.get("grant_type") === "refresh_token")

const recordsIn = async (entity: IntacctRestClient) => {
  const body = (await (await entity.fetch(vendor)).json()) as {
    readonly "ia::meta": { readonly totalCount: number }
  }
  return body["ia::meta"].totalCount
}

describe("one request in another entity", () => {
  it("goes by a header, with the token at the top level", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    await works(client.entity("E2"))
    await works(client)
    await works(client.entity("E2").entity("E3"))
    assert.deepStrictEqual(
      world.wire.to(vendor).map(({ headers }) => headers.get("x-ia-api-param-entity")),
      ["E2", null, "E3"]
    )
    assert.strictEqual(new Set(world.wire.to(vendor).map(({ headers }) => headers.get("authorization"))).size, 1)
    assert.strictEqual(tokenRequests(world, "intacct-rest"), 1)
    assert.strictEqual(await client.entity("E2").run(async ({ headers }) => headers["x-ia-api-param-entity"]), "E2")
  })

  it("sees what is the entity's", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    assert.isAbove(await recordsIn(client), await recordsIn(client.entity("E1")))
  })

  it.each(["fetch", "headers", "run"] as const)(
    "is refused before it is sent from a token of an entity: %s",
    async (method) => {
      const world = await openWorld({
        vendors: ({ accounts }) => ({ username: `${accounts["intacct-rest"].user.username}|E1` })
      })
      const entity = world.sage.client("vendors").entity("E2")
      const call =
        method === "fetch" ? entity.fetch(vendor) : method === "headers" ? entity.headers() : entity.run(async () => 1)
      assert.deepStrictEqual(await kindOf(call), { reason: "Misconfigured", id: "intacct-rest.entity-bound" })
      assert.strictEqual(world.wire.to(vendor).length, 0)
      // without the header it works as before
      await works(world.sage.client("vendors"))
    }
  )

  it("is refused for a user who is bound to an entity without having named it", async () => {
    const world = await openWorld({
      vendors: ({ accounts }) => ({ username: accounts["intacct-rest"].restricted.username })
    })
    const { entityId } = world.sandbox.accounts["intacct-rest"].restricted
    const client = world.sage.client("vendors")
    const other = client.entity(entityId === "E1" ? "E2" : "E1")
    assert.strictEqual((await kindOf(other.fetch(vendor))).id, "intacct-rest.entity-bound")
    // the one that the token is in needs no header
    assert.strictEqual((await client.entity(entityId).fetch(vendor)).status, 200)
  })

  it("is released by its deadline and its signal while its token is awaited", async () => {
    const world = await openWorld()
    world.sandbox.fault("intacct-rest", { on: "token", kind: "hang" })
    const entity = world.sage.client("vendors").entity("E2")
    const calls = [
      begun(kindOf(entity.fetch(vendor, { deadline: "2 seconds" }))),
      begun(kindOf(entity.headers({ deadline: "2 seconds" }))),
      begun(kindOf(entity.run(async () => 1, { deadline: "2 seconds" })))
    ]
    const leaving = new AbortController()
    const left = begun(entity.fetch(vendor, { signal: leaving.signal }))
    await until("it hangs", () => tokenRequests(world, "intacct-rest") === 1)
    const reason = new Error("mine")
    leaving.abort(reason)
    assert.strictEqual(await left.catch((thrown: unknown) => thrown), reason)
    await world.sandbox.clock.advance("2 seconds")
    for (const call of calls) assert.strictEqual((await call).reason, "DeadlineExceeded")
    // the request for the token has a minute of its own
    await world.sandbox.clock.advance("1 minute")
  })
})

describe("a token of another entity", () => {
  it.each([
    ["entity_id", ["entity_id"]],
    ["location_id", ["location_id"]],
    ["both", ["entity_id", "location_id"]]
  ] as const)("is asked for by %s", async (entityParameter, names) => {
    const world = await openWorld({
      sandbox: { intacctRest: { entityParameter } },
      payables: { entityParameter }
    })
    await consent(world, "payables")
    const entity = world.sage.client("payables").entity("E2", { token: true })
    await works(entity)
    assert.strictEqual((await claimsOf(entity))["entityId"], "E2")
    const [form] = refreshForms(world)
    assert.deepStrictEqual(
      [...(form ?? [])].filter(([name]) => /entity|location/.test(name)),
      names.map((name) => [name, "E2"])
    )
    assert.strictEqual((await claimsOf(world.sage.client("payables")))["entityId"], "")
  })

  it("that comes back for another place is not used, its refresh token is, and nothing is dead", async () => {
    const world = await openWorld({ sandbox: { intacctRest: { entityParameter: "ignored" } } })
    await consent(world, "payables")
    const client = world.sage.client("payables")
    const entity = client.entity("E2", { token: true })
    const failure = await failureOf(entity.fetch(vendor))
    assert.deepStrictEqual(
      { reason: failure.reason._tag, id: failure.id },
      { reason: "ProtocolViolation", id: "intacct-rest.entity-not-switched" }
    )
    assert.strictEqual(world.wire.to(vendor).length, 0)
    world.sandbox.intacctRest.configure({ entityParameter: "both" })
    await works(entity)
    await works(client)
    await client.refresh()
    assert.strictEqual((await client.status()).state, "connected")
    assert.strictEqual(new Set(refreshForms(world).map((form) => form.get("refresh_token"))).size, 3)
  })

  it.each(["refused", "revoke-family"] as const)(
    "that there is none of is refused by its name, and the grant as a whole lives: %s",
    async (refreshReuse) => {
      const world = await openWorld({ sandbox: { intacctRest: { refreshReuse } } })
      await consent(world, "payables")
      const client = world.sage.client("payables")
      for (const wrong of ["E99", "E98"]) {
        const failure = await failureOf(client.entity(wrong, { token: true }).fetch(vendor))
        assert.deepStrictEqual([failure.id, failure.code], ["intacct-rest.entity-not-switched", "invalid_grant"])
        assert.strictEqual((await client.status()).state, "connected")
      }
      await works(client.entity("E2", { token: true }))
      await world.sandbox.clock.advance("61 minutes")
      await works(client)
      assert.deepStrictEqual(await world.events.of("reauthorization-required"), [])
    }
  )

  it("is refused with a grant that is over, which is what ends then", async () => {
    const world = await openWorld()
    await consent(world, "payables")
    await works(world.sage.client("payables"))
    world.sandbox.intacctRest.endGrants()
    const failure = await failureOf(world.sage.client("payables").entity("E2", { token: true }).fetch(vendor))
    assert.strictEqual(failure.id, "intacct-rest.grant-ended")
    assert.strictEqual((await world.sage.client("payables").status()).state, "reauthorization-required")
  })

  it("of client credentials that there is none of is refused by its name too", async () => {
    const world = await openWorld()
    const failure = await failureOf(world.sage.client("vendors").entity("E99", { token: true }).fetch(vendor))
    assert.strictEqual(failure.id, "intacct-rest.entity-not-switched")
    await works(world.sage.client("vendors"))
  })

  it("lives beside others in one grant: a rotation by any of them replaces the one refresh token", async () => {
    const world = await openWorld({ sandbox: { intacctRest: { refreshReuse: "revoke-family" } } })
    await consent(world, "payables")
    const top = world.sage.client("payables")
    const clients = { top, e1: top.entity("E1", { token: true }), e2: top.entity("E2", { token: true }) }
    for (const client of Object.values(clients)) await works(client)
    assert.strictEqual(refreshes(world), 2)
    for (const _ of [1, 2, 3]) {
      await world.sandbox.clock.advance("61 minutes")
      await Promise.all(Object.values(clients).map(works))
    }
    // every renewal sent a refresh token of its own, and named its entity again
    const forms = refreshForms(world)
    assert.strictEqual(forms.length, 2 + 3 * 3)
    assert.strictEqual(new Set(forms.map((form) => form.get("refresh_token"))).size, forms.length)
    assert.strictEqual(forms.filter((form) => form.get("entity_id") === "E1").length, 4)
    assert.strictEqual(forms.filter((form) => form.get("entity_id") === "E2").length, 4)
    for (const [name, client] of Object.entries(clients)) {
      assert.strictEqual((await claimsOf(client))["entityId"], name === "top" ? "" : name.toUpperCase())
    }
    assert.deepStrictEqual(await world.events.of("reauthorization-required"), [])
  })

  it("is shared by the callers who want it, and renewed once for all of them", async () => {
    const world = await openWorld()
    await consent(world, "payables")
    const entity = () => world.sage.client("payables").entity("E1", { token: true })
    await Promise.all(Array.from({ length: 20 }, () => works(entity())))
    assert.strictEqual(refreshes(world), 1)
  })

  it("comes with client credentials too, of the refresh token that they bring", async () => {
    const world = await openWorld()
    const entity = world.sage.client("vendors").entity("E3", { token: true })
    await works(entity)
    assert.strictEqual((await claimsOf(entity))["entityId"], "E3")
    assert.strictEqual(tokenRequests(world, "intacct-rest", "client_credentials"), 1)
    assert.strictEqual(refreshes(world), 1)
    await world.sandbox.clock.advance("2 hours")
    await works(entity)
    await works(world.sage.client("vendors"))
    assert.strictEqual(tokenRequests(world, "intacct-rest", "client_credentials"), 2)
    assert.strictEqual(refreshes(world), 2)
  })

  it("of client credentials outlives the refresh token: they are simply asked for anew", async () => {
    const world = await openWorld()
    await works(world.sage.client("vendors"))
    world.sandbox.intacctRest.endRefreshTokens()
    const entity = world.sage.client("vendors").entity("E1", { token: true })
    await works(entity)
    assert.strictEqual((await claimsOf(entity))["entityId"], "E1")
    assert.strictEqual((await world.sage.client("vendors").status()).state, "connected")
  })

  it("cannot be had where the server gives no refresh token, and everything else goes on", async () => {
    const world = await openWorld({ sandbox: { intacctRest: { clientCredentialsRefreshToken: false } } })
    const client = world.sage.client("vendors")
    await works(client)
    assert.strictEqual(
      (await kindOf(client.entity("E1", { token: true }).fetch(vendor))).reason,
      "ReauthorizationRequired"
    )
    await works(client)
    await works(client.entity("E1"))
    assert.strictEqual(refreshes(world), 0)
  })

  it("that is refused is renewed for its own entity, and leaves the others alone", async () => {
    const world = await openWorld()
    await consent(world, "payables")
    const top = world.sage.client("payables")
    const entity = top.entity("E1", { token: true })
    await works(top)
    await works(entity)
    world.sandbox.intacctRest.expireAccessTokens()
    await works(entity)
    assert.strictEqual((await claimsOf(entity))["entityId"], "E1")
    assert.strictEqual(refreshes(world), 2)
    await works(top)
    assert.strictEqual(refreshes(world), 3)
    assert.isFalse(refreshForms(world)[2]?.has("entity_id"))
  })
})
