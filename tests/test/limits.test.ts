import type { IntacctXmlOptions, SageEvent } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { failureOf, kindOf } from "../src/failureOf.ts"
import { dataOf, newVendor, vendors } from "../src/functions.ts"
import { begun, settle, until } from "../src/settle.ts"
import { openWorld as openOAuthWorld } from "../src/oauth/world.ts"
import { openWorld, type World } from "../src/world.ts"

const limited = (events: ReadonlyArray<SageEvent>) =>
  events.filter((event) => event.type === "rate-limited").map(({ code, retryAfter }) => ({ code, retryAfter }))

describe("the pool of a company", () => {
  it("can be read: its permits, who uses them, and who waits", async () => {
    const { ledger, sandbox } = await openWorld()
    assert.deepStrictEqual(await ledger.pool(), { pool: "acmeholdings", permits: 2, inUse: 0, waiting: 0 })
    assert.strictEqual(sandbox.requests().length, 0)
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang", times: 2 })
    const leave = new AbortController()
    const calls = Array.from({ length: 5 }, () => ledger.execute([vendors()], { signal: leave.signal }).catch(() => {}))
    await until("two calls hang", () => sandbox.requests({ step: "readByQuery" }).length === 2)
    assert.deepStrictEqual(await ledger.pool(), { pool: "acmeholdings", permits: 2, inUse: 2, waiting: 3 })
    leave.abort()
    await Promise.all(calls)
    await settle()
    assert.deepStrictEqual(await ledger.pool(), { pool: "acmeholdings", permits: 2, inUse: 0, waiting: 0 })
  })

  it("is the same one for the REST API, by the company of the user that is configured", async () => {
    const { sage } = await openOAuthWorld()
    assert.deepStrictEqual(await sage.client("vendors").pool(), await sage.client("ledger").pool())
  })
})

describe("the limit of connections", () => {
  it.each(["rate-limited", "rate-limited-200"] as const)(
    "as %s is waited for, not answered with a login",
    async (kind) => {
      const { events, ledger, sandbox, sessionsAsked } = await openWorld()
      await ledger.session()
      sandbox.fault("intacct-xml", { on: "readByQuery", kind, times: 2 })
      await ledger.execute([vendors()])
      assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 3)
      assert.strictEqual(sessionsAsked(), 1)
      assert.deepStrictEqual(limited(await events.seen()), [
        { code: "GW-0010", retryAfter: undefined },
        { code: "GW-0010", retryAfter: undefined }
      ])
    }
  )

  it.each(["rate-limited", "rate-limited-200"] as const)(
    "as %s of a write is waited for too: it did not run",
    async (kind) => {
      const { ledger, sandbox } = await openWorld()
      sandbox.fault("intacct-xml", { on: "create", kind, times: 2 })
      const [result] = await ledger.execute([newVendor("once")])
      assert.strictEqual(result?.status, "success")
      assert.strictEqual(sandbox.intacct.transactions("AcmeHoldings").functions["create"], 1)
    }
  )

  it("of a login is waited for", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld()
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "rate-limited", times: 2 })
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 3)
    assert.strictEqual(limited(await events.seen()).length, 2)
  })

  it("ends in RateLimited when the schedule does", async () => {
    const { ledger, sandbox } = await openWorld()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "rate-limited", times: Number.POSITIVE_INFINITY })
    const failure = await failureOf(ledger.execute([vendors()]))
    assert.strictEqual(failure.reason._tag, "RateLimited")
    assert.strictEqual(failure.id, "intacct.rate-limited")
    assert.isTrue(failure.retryable)
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 4)
  })

  it("of a login ends in RateLimited after one schedule, not after one inside of another", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "rate-limited", times: Number.POSITIVE_INFINITY })
    assert.strictEqual((await kindOf(ledger.execute([vendors()]))).reason, "RateLimited")
    assert.strictEqual(sessionsAsked(), 4)
  })

  it.each([
    ["in seconds", () => "40"],
    ["as a date", (now: number) => new Date(now + 40_000).toUTCString()]
  ] as const)("says how long to wait %s, and is obeyed", async (_, header) => {
    const { events, ledger, sandbox } = await openWorld({
      settings: { retry: {}, deadline: "5 minutes" }
    })
    await ledger.session()
    const headers = { "retry-after": header(sandbox.clock.now()) }
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "rate-limited", headers })
    const call = begun(ledger.execute([vendors()]))
    await until("the first try was refused", () => limited(events.soFar).length === 1)
    await sandbox.clock.advance("39 seconds")
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 1)
    await sandbox.clock.advance("1 second")
    await call
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 2)
    assert.deepStrictEqual(limited(await events.seen()), [{ code: "GW-0010", retryAfter: 40_000 }])
  })

  it("without a word is retried by the default schedule, over two minutes and no longer", async () => {
    const { events, ledger, sandbox } = await openWorld({
      settings: { retry: {}, deadline: "1 hour" }
    })
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "rate-limited", times: Number.POSITIVE_INFINITY })
    const call = begun(kindOf(ledger.execute([vendors()])))
    await until("the first try was refused", () => limited(events.soFar).length === 1)
    await sandbox.clock.advance("3 minutes")
    assert.strictEqual((await call).reason, "RateLimited")
    const starts = sandbox.requests({ step: "readByQuery" }).map(({ startedAt }) => startedAt)
    const pauses = starts.slice(1).map((start, index) => start - (starts[index] as number))
    assert.isAtLeast(pauses.length, 4)
    pauses.forEach((pause, index) => {
      const planned = Math.min(1_000 * 2 ** index, 30_000)
      assert.isAtLeast(pause, planned * 0.8 - 1)
      assert.isAtMost(pause, planned * 1.2 + 1)
    })
  })

  it("is met by nobody but the third connection of a foreign client, which our calls then wait for", async () => {
    const { events, ledger, sandbox } = await openWorld({
      sandbox: { intacct: { latency: "50 seconds" } },
      settings: { deadline: "1 hour", retry: {} }
    })
    const session = begun(ledger.session())
    await sandbox.clock.advance("50 seconds")
    const { endpoint, sessionId } = await session
    const { sender } = sandbox.accounts["intacct-xml"]
    const foreign = (): Promise<Response> =>
      fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/xml" },
        body: `<?xml version="1.0"?><request><control><senderid>${sender.id}</senderid><password>${sender.password}</password><controlid>foreign</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><sessionid>${sessionId}</sessionid></authentication><content><function controlid="f"><readByQuery><object>VENDOR</object><fields>NAME</fields><query></query></readByQuery></function></content></operation></request>`
      })
    const foreigners = [begun(foreign()), begun(foreign())]
    await until("both connections are taken", () => sandbox.requests({ step: "readByQuery" }).length === 2)
    const call = begun(ledger.execute([vendors()]))
    await until("ours waits at Intacct", () => sandbox.requests({ step: "readByQuery" }).length === 3)
    // after 30 seconds Intacct refuses the third; after 50 the first two are served
    await sandbox.clock.advance("31 seconds")
    await until("ours was refused", () => limited(events.soFar).length === 1)
    assert.deepStrictEqual(limited(await events.seen()), [{ code: "GW-0010", retryAfter: undefined }])
    await sandbox.clock.advance("5 minutes")
    assert.strictEqual((await call)[0]?.status, "success")
    for (const response of await Promise.all(foreigners)) assert.strictEqual(response.status, 200)
  })

  it("is never met by this library alone: a third call waits here, and says so once", async () => {
    const { events, ledger, sandbox } = await openWorld({
      sandbox: { intacct: { latency: "50 seconds" } },
      settings: { deadline: "1 hour" }
    })
    const calls = begun(Promise.all(Array.from({ length: 7 }, () => ledger.execute([vendors()]))))
    await sandbox.clock.advance("10 minutes")
    await calls
    assert.deepStrictEqual(await events.of("rate-limited"), [])
    const saturated = await events.of("pool-saturated")
    assert.deepStrictEqual(
      saturated.map(({ company, permits }) => ({ company, permits })),
      [{ company: "acmeholdings", permits: 2 }]
    )
  })
})

describe("Intacct that is off line for a moment", () => {
  it("is asked again", async () => {
    const { ledger, sandbox } = await openWorld()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "service-offline", times: 2 })
    await ledger.execute([vendors()])
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 3)
  })

  it("is ServiceUnavailable when the schedule ends", async () => {
    const { ledger, sandbox } = await openWorld()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "service-offline", times: Number.POSITIVE_INFINITY })
    assert.deepStrictEqual(await kindOf(ledger.execute([vendors()])), {
      reason: "ServiceUnavailable",
      id: "intacct-xml.service-offline"
    })
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 4)
  })

  it("is asked again for a session", async () => {
    const { ledger, sandbox } = await openWorld()
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "service-offline", times: 2 })
    await ledger.execute([vendors()])
    assert.strictEqual(sandbox.requests({ step: "getAPISession" }).length, 3)
  })
})

describe("the meter", () => {
  const startAt = new Date("2026-11-16T00:00:00Z")
  const metered = (meter: IntacctXmlOptions["meter"], differs: Partial<IntacctXmlOptions> = {}): Promise<World> =>
    openWorld({ sandbox: { startAt }, ledger: { meter, ...differs } })

  it("counts what Intacct bills, as the sandbox does, and neither logins nor what is not billed", async () => {
    const { ledger, sandbox } = await metered(undefined)
    await ledger.execute([vendors(), newVendor("M-1"), vendors(5, "VENDORID = 'M-1'")])
    const created = await ledger.execute([vendors(1, "VENDORID = 'M-1'")])
    type Vendors = { readonly vendor: ReadonlyArray<Readonly<Record<string, string>>> }
    const record = (await dataOf<Vendors>(created)).vendor[0]
    await ledger.execute([{ update: { VENDOR: { RECORDNO: record?.["RECORDNO"], NAME: "renamed" } } }])
    await ledger.execute([{ delete: { object: "VENDOR", keys: record?.["RECORDNO"] } }])
    await ledger.execute([{ query: { object: "VENDOR", select: { field: ["NAME"] }, pagesize: 1 } }])
    await ledger.execute([{ inspect: { object: "VENDOR" } }])
    await ledger.entity("E1").execute([vendors()])
    const { billable } = sandbox.intacct.transactions("AcmeHoldings")
    assert.strictEqual(billable, 8)
    const reading = await ledger.meter()
    assert.strictEqual(reading.used, billable)
    assert.deepStrictEqual(
      { company: reading.company, month: reading.month, allowance: reading.allowance, durable: reading.durable },
      { company: "acmeholdings", month: "2026-11", allowance: 100_000, durable: false }
    )
  })

  it("counts logins when it is told to", async () => {
    const { ledger } = await metered({ countLogins: true })
    await ledger.execute([vendors()])
    await ledger.refresh()
    assert.strictEqual((await ledger.meter()).used, 3)
  })

  it("counts what a function failed at, and not what a refused request never ran", async () => {
    const { ledger, sandbox } = await metered(undefined)
    await failureOf(ledger.execute([{ readByQuery: { object: "BADOBJECT", fields: "*", query: "" } }]))
    await failureOf(ledger.execute([{ readByQueri: {} }]))
    assert.strictEqual((await ledger.meter()).used, sandbox.intacct.transactions("AcmeHoldings").billable)
  })

  it("counts what a caller did not wait for, since it may have run", async () => {
    const { ledger, sandbox } = await metered(undefined)
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "slow-bytes" })
    const call = begun(kindOf(ledger.execute([vendors()], { deadline: "5 seconds" })))
    await until("it ran", () => sandbox.intacct.transactions("AcmeHoldings").billable === 1)
    await sandbox.clock.advance("5 seconds")
    assert.strictEqual((await call).reason, "DeadlineExceeded")
    assert.strictEqual((await ledger.meter()).used, 1)
  })

  it("announces each threshold once a month, and the next month from the start", async () => {
    const { events, ledger, sandbox } = await metered({ budget: 10 })
    for (let call = 0; call < 12; call++) await ledger.execute([vendors()])
    const passed = async () =>
      (await events.of("budget-threshold")).map(({ month, threshold, used }) => ({ month, threshold, used }))
    assert.deepStrictEqual(await passed(), [
      { month: "2026-11", threshold: 0.5, used: 5 },
      { month: "2026-11", threshold: 0.8, used: 8 },
      { month: "2026-11", threshold: 1, used: 10 }
    ])
    await sandbox.clock.advance("15 days")
    await ledger.execute([vendors(), newVendor("x1"), newVendor("x2"), newVendor("x3"), newVendor("x4")])
    assert.deepStrictEqual((await passed()).slice(3), [{ month: "2026-12", threshold: 0.5, used: 5 }])
    assert.strictEqual((await ledger.meter()).used, 5)
  })

  it("announces the thresholds it is given", async () => {
    const { events, ledger } = await metered({ budget: 10, thresholds: [0.2, 1.1] })
    for (let call = 0; call < 11; call++) await ledger.execute([vendors()])
    assert.deepStrictEqual(
      (await events.of("budget-threshold")).map(({ threshold }) => threshold),
      [0.2, 1.1]
    )
  })

  it("stops at the budget when that is its policy, before anything is sent", async () => {
    const { ledger, sandbox } = await metered({ budget: 3, policy: "stop" })
    for (let call = 0; call < 3; call++) await ledger.execute([vendors()])
    const failure = await failureOf(ledger.execute([vendors()]))
    assert.strictEqual(failure.reason._tag, "BudgetExhausted")
    assert.isFalse(failure.retryable)
    for (const way of [/batch/i, /Usage Insights/, /tier/i]) assert.match(failure.remedy, way)
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 3)
    // what is not billed still goes
    await ledger.execute([{ inspect: { object: "VENDOR" } }])
    await sandbox.clock.advance("16 days")
    await ledger.execute([vendors()])
  })

  it("stops no more than the budget when many call at once", async () => {
    const { ledger, sandbox } = await metered({ budget: 20, policy: "stop" })
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => ledger.execute([vendors()])))
    assert.strictEqual(outcomes.filter(({ status }) => status === "fulfilled").length, 20)
    assert.strictEqual(sandbox.intacct.transactions("AcmeHoldings").billable, 20)
  })

  it("only warns by default", async () => {
    const { ledger } = await metered({ budget: 2 })
    for (let call = 0; call < 5; call++) await ledger.execute([vendors()])
    assert.strictEqual((await ledger.meter()).used, 5)
  })

  it("is set to the figure of Usage Insights and projects from it", async () => {
    // half of the month is over: 90,000 become 180,000, of which 80,000 are 8,000 packs at 0.15 USD
    const { ledger } = await metered(undefined)
    const reading = await ledger.meter({ used: 90_000 })
    assert.strictEqual(reading.used, 90_000)
    assert.strictEqual(reading.projected, 180_000)
    assert.strictEqual(reading.projectedOverage, 1_200)
    await ledger.execute([vendors()])
    assert.strictEqual((await ledger.meter()).used, 90_001)
  })

  it("has the allowance of the tier", async () => {
    const { ledger } = await metered(undefined, { tier: 3 })
    assert.strictEqual((await ledger.meter()).allowance, 1_000_000)
  })

  it("refuses a figure that is none", async () => {
    const { ledger } = await metered(undefined)
    for (const used of [-1, 1.5, Number.NaN]) {
      assert.strictEqual((await kindOf(ledger.meter({ used }))).reason, "Misconfigured")
    }
  })
})

const probing = (account: "login" | "restricted", refuses = false): Promise<World> =>
  openWorld({
    sandbox: { intacct: { restrictedEntity: refuses ? "refused" : "empty" } },
    ledger: ({ accounts }) => ({ login: accounts["intacct-xml"][account], entities: ["E1", "E2", "E3"] })
  })

describe("the probe of entities", () => {
  it("finds records in every entity for a user who may see them", async () => {
    const { events, ledger } = await probing("login")
    assert.deepStrictEqual(
      (await ledger.probeEntities()).map(({ entity, outcome }) => ({ entity, outcome })),
      [
        { entity: "E1", outcome: "answers" },
        { entity: "E2", outcome: "answers" },
        { entity: "E3", outcome: "answers" }
      ]
    )
    assert.deepStrictEqual(await events.of("advice"), [])
  })

  it("finds the entities that a restricted user sees nothing of, and says what helps", async () => {
    const { events, ledger } = await probing("restricted")
    assert.deepStrictEqual(
      (await ledger.probeEntities()).map(({ outcome }) => outcome),
      ["empty", "answers", "empty"]
    )
    const advice = await events.of("advice")
    assert.deepStrictEqual(
      advice.map(({ subject }) => subject),
      ["entity-not-visible", "entity-not-visible"]
    )
    assert.include(advice[0]?.message, "E1")
    assert.match(advice[0]?.message ?? "", /top.level/i)
  })

  it("finds the entities that a restricted user is refused", async () => {
    const { ledger } = await probing("restricted", true)
    const probes = await ledger.probeEntities()
    assert.deepStrictEqual(
      probes.map(({ outcome }) => outcome),
      ["refuses", "answers", "refuses"]
    )
    assert.strictEqual(probes[0]?.error?.reason._tag, "CredentialRejected")
    // refused in an entity, not refused altogether
    assert.strictEqual((await ledger.status()).state, "connected")
    assert.isUndefined(probes[1]?.error)
  })

  it("does not take an entity that cannot be asked for one that cannot be seen", async () => {
    const { ledger, sandbox } = await probing("login")
    sandbox.fault("intacct-xml", { on: "*", kind: "status-503", times: Number.POSITIVE_INFINITY })
    assert.strictEqual((await kindOf(ledger.probeEntities())).reason, "ServiceUnavailable")
  })

  it("asks for another object where the user wants it", async () => {
    const { ledger, sandbox } = await probing("login")
    await ledger.probeEntities({ object: "APBILL" })
    await settle()
    assert.isTrue(sandbox.requests({ step: "readByQuery" }).every(({ body }) => body.includes("APBILL")))
  })

  it("needs to be told the entities", async () => {
    const { ledger } = await openWorld()
    const failure = await failureOf(ledger.probeEntities())
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.ledger.entities")
  })
})
