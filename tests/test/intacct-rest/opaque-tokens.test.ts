import { createSageAuth, generateKey, type IntacctRestClient, intacctRest } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { vendors as readVendors } from "../../src/functions.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { type Opaque, opaqueTokens } from "../../src/oauth/opaqueTokens.ts"
import {
  callStatuses,
  consent,
  openWorld,
  vendorsOptions,
  type World,
  type WorldOptions
} from "../../src/oauth/world.ts"

const vendor = "objects/accounts-payable/vendor"

const read = async (client: IntacctRestClient): Promise<number> => {
  const response = await client.fetch(vendor)
  await response.arrayBuffer()
  return response.status
}

const both: Opaque = ["access_token", "refresh_token"]

const stopAt = (budget: number) => ({ meter: { budget, policy: "stop" } }) as const

const openOpaque = (members: Opaque, options: WorldOptions = {}): Promise<World> =>
  openWorld({ ...options, settings: { ...options.settings, fetch: opaqueTokens(members) } })

describe("tokens that are no JSON web tokens", () => {
  it.each([
    ["a username", (sandbox: World["sandbox"]) => sandbox.accounts["intacct-rest"].user.username],
    ["a username by tenant", (sandbox: World["sandbox"]) => () => sandbox.accounts["intacct-rest"].user.username],
    [
      "a username by tenant, later",
      (sandbox: World["sandbox"]) => async () => sandbox.accounts["intacct-rest"].user.username
    ]
  ] as const)("count for the company of %s, and stop at its budget", async (_, username) => {
    const world = await openOpaque(both, {
      vendors: (sandbox) => ({ username: username(sandbox), sessionId: undefined, session: undefined, ...stopAt(3) }),
      ledger: stopAt(3)
    })
    const client = world.sage.client("vendors")
    assert.strictEqual((await client.meter()).company, "acmeholdings")
    await world.sage.client("ledger").execute([readVendors(1)])
    assert.deepStrictEqual([await read(client), await read(client)], [200, 200])
    assert.strictEqual((await client.meter()).used, 3)
    assert.strictEqual((await failureOf(read(client))).reason._tag, "BudgetExhausted")
    assert.strictEqual((await kindOf(client.run(async () => 1))).reason, "BudgetExhausted")
    assert.strictEqual((await kindOf(world.sage.client("ledger").execute([readVendors(1)]))).reason, "BudgetExhausted")
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 2)
    assert.strictEqual((await client.pool()).permits, (await world.sage.client("ledger").pool()).permits)
  })

  it("count for the company whose session was borrowed", async () => {
    const world = await openOpaque(both, { bridge: stopAt(1) })
    const client = world.sage.client("bridge")
    assert.strictEqual(await read(client), 200)
    assert.strictEqual((await kindOf(read(client))).reason, "BudgetExhausted")
    assert.strictEqual((await world.sage.client("ledger").meter()).used, 1)
  })

  it.each([
    ["the access token alone", ["access_token"]],
    ["both tokens", both]
  ] as const)("count for the company of the consent where %s tell nothing", async (_, members) => {
    const world = await openOpaque(members, { payables: stopAt(3) })
    const client = world.sage.client("payables")
    await consent(world, "payables")
    assert.strictEqual(await read(client), 200)
    assert.strictEqual((await client.meter()).company, "acmeholdings")
    // renewed, by a refresh token that tells nothing either
    await client.refresh()
    assert.strictEqual(await read(client), 200)
    assert.strictEqual((await world.sage.client("ledger").meter()).used, 2)
    assert.strictEqual(await read(client.entity("E1")), 200)
    assert.strictEqual((await kindOf(read(client))).reason, "BudgetExhausted")
  })

  it("count for the company of the consent in another process, which finds the grant in the store", async () => {
    const fetch = opaqueTokens(both)
    const settings = { store: `sqlite:${temporaryStore()}`, keys: [generateKey()], fetch } as const
    const world = await openWorld({ settings })
    await consent(world, "payables")
    const other = await openWorld({ sandbox: world.sandbox, settings, payables: stopAt(1) })
    const client = other.sage.client("payables")
    await client.refresh()
    assert.strictEqual(await read(client), 200)
    assert.strictEqual((await client.meter()).company, "acmeholdings")
    assert.strictEqual((await kindOf(read(client))).reason, "BudgetExhausted")
  })

  it("count for the tenant where nothing says which company it is, and stop at the budget all the same", async () => {
    const world = await openOpaque(both)
    const { sandbox } = world
    const { sessionId } = await world.sage.client("ledger").session()
    const options = vendorsOptions(sandbox, { username: undefined, sessionId, ...stopAt(1) })
    const sage = createSageAuth({
      connections: { lent: intacctRest.clientCredentials(options) },
      clock: sandbox.clock,
      fetch: opaqueTokens(both)
    })
    onTestFinished(() => sage.close())
    const client = sage.client("lent", { tenant: "acme" })
    assert.strictEqual(await read(client), 200)
    const { company, used } = await client.meter()
    assert.deepStrictEqual({ company, used }, { company: "tenant acme of lent", used: 1 })
    assert.strictEqual((await kindOf(read(client))).reason, "BudgetExhausted")
    assert.strictEqual(await read(sage.client("lent", { tenant: "other" })), 200)
  })

  it("are in the entity that the username names, where no header can name another one", async () => {
    const world = await openOpaque(both, {
      vendors: ({ accounts }) => ({
        username: `${accounts["intacct-rest"].user.username}|E1`,
        sessionId: undefined,
        session: undefined
      })
    })
    const client = world.sage.client("vendors")
    assert.strictEqual(await read(client), 200)
    assert.strictEqual((await kindOf(read(client.entity("E2")))).id, "intacct-rest.entity-bound")
  })
})
