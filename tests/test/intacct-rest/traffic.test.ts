import { createSageAuth, type IntacctRestClient, intacctRest } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { newVendor, vendors as readVendors } from "../../src/functions.ts"
import {
  begin,
  callStatuses,
  consent,
  openWorld,
  tokenRequests,
  vendorsOptions,
  type World
} from "../../src/oauth/world.ts"
import { begun, settle, until } from "../../src/settle.ts"

const vendor = "objects/accounts-payable/vendor"

const read = async (client: IntacctRestClient, path = vendor): Promise<number> => {
  const response = await client.fetch(path)
  await response.arrayBuffer()
  return response.status
}

const write = (client: IntacctRestClient, body: unknown, headers = {}) =>
  client.fetch(vendor, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body)
  })

/** Lets a sandbox that takes two seconds for everything do its work. */
const served = async (sandbox: World["sandbox"], calls: Promise<unknown>): Promise<void> => {
  const state = { done: false }
  const end = () => {
    state.done = true
  }
  calls.then(end, end)
  while (!state.done) await sandbox.clock.advance("2 seconds")
}

const mostAtOnce = ({ sandbox }: Pick<World, "sandbox">): number =>
  Math.max(...sandbox.requests().map(({ concurrent }) => concurrent))

describe("the pool of a company", () => {
  it("lets no more than two requests in at once, of XML and REST, of tokens and sessions together", async () => {
    const world = await openWorld({
      sandbox: { intacct: { latency: "2 seconds" }, intacctRest: { latency: "2 seconds" } },
      settings: { deadline: "2 hours" }
    })
    const { sage, sandbox } = world
    const callers = Array.from({ length: 6 }, () => [
      read(sage.client("vendors")),
      read(sage.client("bridge")),
      sage.client("ledger").execute([readVendors(1)]),
      read(sage.client("vendors").entity("E1", { token: true })),
      sage.client("vendors").session()
    ]).flat()
    const all = begun(Promise.all(callers))
    await served(sandbox, all)
    await all
    assert.strictEqual(mostAtOnce(world), 2)
    assert.deepStrictEqual(await world.events.of("rate-limited"), [])
    assert.isAtLeast(sandbox.requests().length, 30)
    assert.isAtLeast((await world.events.of("pool-saturated")).length, 1)
  })

  it("takes the first tokens of a borrowed session into account, and a revocation", async () => {
    const world = await openWorld({
      sandbox: { intacct: { latency: "2 seconds" }, intacctRest: { latency: "2 seconds" } },
      settings: { deadline: "2 hours" }
    })
    const { sage, sandbox } = world
    const calls = begun(
      Promise.all([
        ...Array.from({ length: 4 }, () => sage.client("ledger").execute([readVendors(1)])),
        ...["a", "b", "c"].map((tenant) => read(sage.client("bridge", { tenant })))
      ])
    )
    await served(sandbox, calls)
    await calls
    const ends = begun(
      Promise.all([
        ...["a", "b", "c"].map((tenant) => sage.client("bridge", { tenant }).disconnect({ revoke: true })),
        sage.client("ledger").execute([readVendors(1)])
      ])
    )
    await served(sandbox, ends)
    assert.isTrue((await ends).slice(0, 3).every((end) => "revoked" in end && end.revoked))
    assert.strictEqual(mostAtOnce(world), 2)
  })

  it("knows the company of a consent by its code", async () => {
    const world = await openWorld({
      sandbox: { intacct: { latency: "2 seconds" } },
      settings: { deadline: "2 hours" }
    })
    const { sage, sandbox } = world
    await served(sandbox, begun(sage.client("ledger").session()))
    const { cookie, url } = await begin(world, "payables")
    const busy = begun(Promise.all([1, 2, 3, 4].map(() => sage.client("ledger").execute([readVendors(1)]))))
    await until("both permits are taken", () => sandbox.requests({ step: "readByQuery" }).length === 2)
    const completed = begun(sage.completeAuthorization({ url, cookie }))
    await settle()
    assert.strictEqual(tokenRequests(world, "intacct-rest"), 0)
    await served(sandbox, begun(Promise.all([busy, completed])))
    await completed
    assert.strictEqual(mostAtOnce(world), 2)
  })

  it("has the permits that are configured", async () => {
    const world = await openWorld({
      sandbox: { intacct: { connectionsPerCompany: 8 }, intacctRest: { latency: "2 seconds" } },
      vendors: { permits: 5 },
      settings: { deadline: "2 hours" }
    })
    const calls = begun(Promise.all(Array.from({ length: 12 }, () => read(world.sage.client("vendors")))))
    await served(world.sandbox, calls)
    await calls
    assert.strictEqual(mostAtOnce(world), 5)
  })

  it("is lowered by what Intacct's headers say", async () => {
    const world = await openWorld({
      sandbox: { intacctRest: { connectionsPerCompany: 1, latency: "2 seconds" } },
      settings: { deadline: "2 hours" }
    })
    const { sandbox } = world
    const run = async (calls: number) => {
      const all = begun(Promise.all(Array.from({ length: calls }, () => read(world.sage.client("vendors")))))
      await served(sandbox, all)
      assert.deepStrictEqual(new Set(await all), new Set([200]))
    }
    await run(1)
    const before = sandbox.requests().length
    await run(6)
    assert.strictEqual(
      Math.max(
        ...sandbox
          .requests()
          .slice(before)
          .map(({ concurrent }) => concurrent)
      ),
      1
    )
  })

  it("is lowered for its XML traffic and its other connections too", async () => {
    const world = await openWorld({
      sandbox: { intacct: { latency: "2 seconds" }, intacctRest: { connectionsPerCompany: 1, latency: "2 seconds" } },
      settings: { deadline: "2 hours" }
    })
    const { sage, sandbox } = world
    const ledger = sage.client("ledger")
    await served(sandbox, begun(Promise.all([ledger.session(), sage.client("bridge").headers()])))
    await served(sandbox, begun(read(sage.client("vendors"))))
    const before = sandbox.requests().length
    const calls = begun(
      Promise.all(
        [1, 2, 3].flatMap(() => [
          ledger.execute([readVendors(1)]),
          read(sage.client("bridge")),
          read(sage.client("vendors"))
        ])
      )
    )
    await served(sandbox, calls)
    await calls
    assert.strictEqual(
      Math.max(
        ...sandbox
          .requests()
          .slice(before)
          .map(({ concurrent }) => concurrent)
      ),
      1
    )
  })

  it("gets its permit back when the body was read, and not before", async () => {
    const world = await openWorld({ vendors: { permits: 1 } })
    const client = world.sage.client("vendors")
    const first = await client.fetch(vendor)
    const second = begun(client.fetch(vendor))
    await settle()
    assert.strictEqual(world.wire.to(vendor).length, 1)
    await first.text()
    await (await second).body?.cancel()
    assert.strictEqual(await read(client), 200)
    assert.deepStrictEqual(await unread(world), [])
  })

  it.each([
    ["an error, which was read to be judged", `${vendor}/99999`, {}],
    ["an answer without a body", `${vendor}/4`, { method: "DELETE" }]
  ] as const)("gets it back at once for %s", async (_, path, init) => {
    const world = await openWorld({ vendors: { permits: 1 } })
    const client = world.sage.client("vendors")
    const response = await client.fetch(path, init)
    assert.isTrue(response.status === 204 || response.status >= 400, String(response.status))
    assert.strictEqual(await read(client), 200)
    if (response.status !== 204) assert.include(await response.text(), "REST-7001")
  })

  it("gets it back after 30 seconds where nobody reads, with an event; the body can still be read", async () => {
    const world = await openWorld({ vendors: { permits: 1 } })
    const client = world.sage.client("vendors")
    const response = await client.fetch(vendor)
    const second = begun(client.fetch(vendor))
    await world.sandbox.clock.advance("29 seconds")
    assert.strictEqual(world.wire.to(vendor).length, 1)
    await world.sandbox.clock.advance("1 second")
    assert.strictEqual((await second).status, 200)
    assert.deepStrictEqual(await unread(world), ["vendors"])
    assert.include(await response.text(), "ia::result")
  })

  it.each(["before it was admitted", "while it was served", "while it was read"])(
    "gets it back from a caller that leaves %s",
    async (when) => {
      const world = await openWorld({ vendors: { permits: 1 } })
      const client = world.sage.client("vendors")
      await read(client)
      const leaving = new AbortController()
      const { signal } = leaving
      const reason = new Error("mine")
      if (when === "before it was admitted") {
        const first = await client.fetch(vendor)
        const second = begun(client.fetch(vendor, { signal }))
        await settle()
        leaving.abort(reason)
        assert.strictEqual(await second.catch((thrown: unknown) => thrown), reason)
        await first.arrayBuffer()
      } else if (when === "while it was served") {
        world.sandbox.fault("intacct-rest", { on: vendor, kind: "hang" })
        const call = begun(client.fetch(vendor, { signal }))
        await until("it hangs", () => callStatuses(world, "intacct-rest").length === 2)
        leaving.abort(reason)
        assert.strictEqual(await call.catch((thrown: unknown) => thrown), reason)
      } else {
        world.sandbox.fault("intacct-rest", { on: vendor, kind: "slow-bytes" })
        const response = await client.fetch(vendor, { signal })
        const text = begun(response.text())
        leaving.abort(reason)
        assert.strictEqual(await text.catch((thrown: unknown) => thrown), reason)
      }
      assert.strictEqual(await read(client), 200)
    }
  )

  it("is what run() runs in, with the headers of a valid credential and a signal", async () => {
    const world = await openWorld({ vendors: { permits: 1 } })
    const client = world.sage.client("vendors")
    let inside = 0
    let most = 0
    const seen = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        client.run(async ({ headers, signal }) => {
          most = Math.max(most, ++inside)
          assert.strictEqual(headers, await client.headers())
          assert.isFalse(signal.aborted)
          await settle()
          inside--
          return index
        })
      )
    )
    assert.deepStrictEqual(seen, [0, 1, 2, 3, 4])
    assert.strictEqual(most, 1)
  })

  it("is left by run() however it ends, and what it throws is what its caller gets", async () => {
    const world = await openWorld({ vendors: { permits: 1 } })
    const client = world.sage.client("vendors")
    const mine = new Error("mine")
    assert.strictEqual(await client.run(() => Promise.reject(mine)).catch((thrown: unknown) => thrown), mine)
    assert.strictEqual(
      await client
        .run(() => {
          throw mine
        })
        .catch((thrown: unknown) => thrown),
      mine
    )
    let stopped: AbortSignal | undefined
    const slow = begun(
      kindOf(
        client.run(
          ({ signal }) => {
            stopped = signal
            return new Promise(() => {})
          },
          { deadline: "5 seconds" }
        )
      )
    )
    await until("it runs", () => stopped !== undefined)
    await world.sandbox.clock.advance("5 seconds")
    assert.strictEqual((await slow).reason, "DeadlineExceeded")
    assert.isTrue(stopped?.aborted)
    assert.strictEqual(await read(client), 200)
  })
})

const unread = async ({ events }: Pick<World, "events">) =>
  (await events.of("advice")).filter(({ subject }) => subject === "unread-body").map(({ connection }) => connection)

const submit = (client: IntacctRestClient, records: string | Blob) => {
  const form = new FormData()
  form.append("ia::requestBody", JSON.stringify({ objectName: "accounts-payable/vendor", operation: "create" }))
  form.append("file", records)
  return client.fetch("services/bulk/job/create", { method: "POST", body: form })
}

describe("the meter of a company", () => {
  it("counts reads, queries and writes with those of its XML traffic, and no token, session or refusal", async () => {
    const world = await openWorld()
    const { sage, sandbox } = world
    const client = sage.client("vendors")
    const used = async () => (await client.meter()).used
    await sage.client("ledger").execute([readVendors(1), newVendor("one")])
    assert.strictEqual(await used(), 2)
    await client.session()
    await client.refresh()
    assert.strictEqual(await used(), 2)
    await read(client)
    await read(client, `${vendor}/4,5,6`)
    await client.fetch("services/core/query", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ object: "accounts-payable/vendor" })
    })
    await write(client, { name: "A" })
    await write(client, [{ name: "B" }, { name: "C" }])
    assert.strictEqual(await used(), 2 + 1 + 3 + 1 + 1 + 2)
    assert.strictEqual(await used(), sandbox.intacct.transactions("AcmeHoldings").billable)
    assert.strictEqual((await sage.client("ledger").meter()).used, await used())
    assert.strictEqual((await client.meter()).company, "acmeholdings")
    // neither was carried out
    sandbox.intacctRest.rejectAccessTokens()
    sandbox.fault("intacct-rest", { on: vendor, kind: "rate-limited" })
    await read(client)
    assert.strictEqual(await used(), sandbox.intacct.transactions("AcmeHoldings").billable)
  })

  it("counts what may have been carried out, and what a caller left", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    await read(client)
    world.sandbox.fault("intacct-rest", { on: vendor, kind: "drop-response" })
    assert.strictEqual((await kindOf(write(client, { name: "lost" }))).id, "client.answer-lost")
    assert.strictEqual((await client.meter()).used, 2)
    world.sandbox.fault("intacct-rest", { on: vendor, kind: "hang" })
    const leaving = new AbortController()
    const call = begun(client.fetch(vendor, { signal: leaving.signal }))
    await until("it hangs", () => callStatuses(world, "intacct-rest").length === 3)
    leaving.abort()
    await call.catch(() => {})
    await settle()
    assert.strictEqual((await client.meter()).used, 3)
  })

  it.each([
    ["record", 3],
    ["call", 1]
  ] as const)("counts bulk requests by %s", async (bulkCounts, each) => {
    const world = await openWorld({ sandbox: { intacctRest: { bulkCounts } }, vendors: { bulkCounts } })
    const client = world.sage.client("vendors")
    const records = JSON.stringify([{ name: "A" }, { name: "B" }, { name: "C" }])
    for (const [index, file] of [records, new Blob([records], { type: "application/json" })].entries()) {
      const response = await submit(client, file)
      assert.strictEqual(response.status, 200, await response.text())
      assert.strictEqual((await client.meter()).used, each * (index + 1))
    }
    assert.strictEqual(world.sandbox.intacct.transactions("AcmeHoldings").billable, 2 * each)
  })

  it("announces its thresholds, and stops where that is the policy: nothing is sent then", async () => {
    const meter = { budget: 4, policy: "stop", thresholds: [0.5, 1] } as const
    const world = await openWorld({ vendors: { meter }, ledger: { meter } })
    const client = world.sage.client("vendors")
    await world.sage.client("ledger").execute([readVendors(1)])
    await read(client)
    const failure = await failureOf(write(client, [{ name: "A" }, { name: "B" }, { name: "C" }]))
    assert.deepStrictEqual(
      { reason: failure.reason._tag, id: failure.id },
      {
        reason: "BudgetExhausted",
        id: "intacct.budget-exhausted"
      }
    )
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 1)
    await read(client)
    assert.strictEqual(await client.run(async () => "counted as one"), "counted as one")
    assert.strictEqual((await kindOf(read(client))).reason, "BudgetExhausted")
    assert.strictEqual((await kindOf(client.run(async () => 1))).reason, "BudgetExhausted")
    assert.strictEqual((await kindOf(world.sage.client("ledger").execute([readVendors(1)]))).reason, "BudgetExhausted")
    // what is free is free
    await client.session()
    assert.deepStrictEqual(
      (await world.events.of("budget-threshold")).map(({ company, threshold }) => ({ company, threshold })),
      [
        { company: "acmeholdings", threshold: 0.5 },
        { company: "acmeholdings", threshold: 1 }
      ]
    )
    await client.meter({ used: 0 })
    assert.strictEqual(await read(client), 200)
  })

  it("keeps room for what is under way: calls at once do not pass the budget together", async () => {
    const world = await openWorld({ vendors: { permits: 10, meter: { budget: 3, policy: "stop" } } })
    const client = world.sage.client("vendors")
    await client.headers()
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => read(client)))
    assert.strictEqual(ends.filter(({ status }) => status === "fulfilled").length, 3)
    assert.strictEqual(world.sandbox.intacct.transactions("AcmeHoldings").billable, 3)
  })

  it("takes no figure that is none", async () => {
    const world = await openWorld()
    for (const used of [-1, 1.5, Number.NaN, "5"]) {
      assert.strictEqual(
        (await kindOf(world.sage.client("vendors").meter({ used: used as number }))).reason,
        "Misconfigured"
      )
    }
  })
})

describe("a write whose answer is lost", () => {
  it("is sent again under its Idempotency-Key, and carried out once", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    world.sandbox.fault("intacct-rest", { on: vendor, kind: "drop-response" })
    const response = await write(client, { name: "Once" }, { "Idempotency-Key": "key-1" })
    assert.strictEqual(response.status, 201)
    assert.isTrue(response.headers.has("x-ia-idempotency-cached-date"))
    assert.strictEqual(world.sandbox.intacct.transactions("AcmeHoldings").functions["rest-create"], 1)
  })

  it("is not sent again without one", async () => {
    const world = await openWorld()
    world.sandbox.fault("intacct-rest", { on: vendor, kind: "drop-response" })
    assert.strictEqual((await kindOf(write(world.sage.client("vendors"), { name: "Once" }))).id, "client.answer-lost")
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 1)
  })
})

describe("revoking", () => {
  it("is not what disconnect does here, since it would end the user's other tokens", async () => {
    const world = await openWorld()
    await consent(world, "payables")
    await read(world.sage.client("vendors"))
    assert.deepStrictEqual(await world.sage.client("payables").disconnect(), { revoked: false })
    assert.strictEqual(world.sandbox.requests({ surface: "intacct-rest", step: "revoke" }).length, 0)
    assert.strictEqual((await kindOf(read(world.sage.client("payables")))).reason, "ReauthorizationRequired")
    assert.strictEqual(await read(world.sage.client("vendors")), 200)
    assert.strictEqual(tokenRequests(world, "intacct-rest", "client_credentials"), 1)
  })

  it.each([200, 204] as const)("that is asked for says whom it hit (%i)", async (revokeAnswer) => {
    const world = await openWorld({ sandbox: { intacctRest: { revokeAnswer } } })
    await consent(world, "payables")
    await read(world.sage.client("vendors"))
    assert.deepStrictEqual(await world.sage.client("payables").disconnect({ revoke: true }), { revoked: true })
    const advice = (await world.events.of("advice")).filter(({ subject }) => subject === "revoked-more")
    assert.strictEqual(advice.length, 1)
    assert.include(advice[0]?.message, "every other token of the same user and company")
    // it really did, and client credentials are simply asked for again
    assert.strictEqual(await read(world.sage.client("vendors")), 200)
    assert.strictEqual(tokenRequests(world, "intacct-rest", "client_credentials"), 2)
    const [sent] = world.wire.to("/oauth2/revoke")
    const form = new URLSearchParams(sent?.body)
    assert.deepStrictEqual([...form.keys()], ["token", "client_id", "client_secret"])
  })

  it("that fails forgets the grant here all the same", async () => {
    const world = await openWorld()
    await consent(world, "payables")
    world.sandbox.fault("intacct-rest", { on: "revoke", kind: "drop-request" })
    assert.deepStrictEqual(await world.sage.client("payables").disconnect({ revoke: true }), { revoked: false })
    assert.strictEqual((await world.sage.client("payables").status()).state, "disconnected")
    assert.deepStrictEqual(
      (await world.events.of("advice")).filter(({ subject }) => subject === "revoked-more"),
      []
    )
  })
})

it("keeps one request at a time for a client of which no company is known yet", async () => {
  const first = await openWorld()
  const { sessionId } = await first.sage.client("ledger").session()
  const sandbox = first.sandbox
  sandbox.intacctRest.configure({ latency: "2 seconds" })
  const sage = createSageAuth({
    connections: {
      given: intacctRest.clientCredentials(vendorsOptions(sandbox, { username: undefined, sessionId }))
    },
    clock: sandbox.clock,
    deadline: "1 hour"
  })
  onTestFinished(() => sage.close())
  const calls = begun(Promise.all(["a", "b", "c"].map((tenant) => read(sage.client("given", { tenant })))))
  await served(sandbox, calls)
  assert.deepStrictEqual(await calls, [200, 200, 200])
  const tokens = sandbox.requests({ surface: "intacct-rest", step: "token" })
  assert.strictEqual(tokens.length, 3)
  for (const [index, { startedAt }] of tokens.entries()) {
    assert.isAtLeast(startedAt, tokens[index - 1]?.endedAt ?? 0)
  }
})
