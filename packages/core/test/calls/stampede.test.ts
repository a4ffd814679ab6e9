import { assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { createSageAuth, intacctRest } from "../../src/index.ts"

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const start = Date.UTC(2026, 10, 20)

/** A clock that moves when it is told to, and wakes who sleeps by it in order. */
const manualClock = () => {
  let now = start
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  return {
    now: () => now,
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const sleeper = { at: now + milliseconds, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener("abort", () => sleepers.delete(sleeper))
      }),
    advance: (milliseconds: number) => {
      now += milliseconds
      for (const sleeper of sleepers) {
        if (sleeper.at > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    }
  }
}

// what a first call loads, before the first test's time begins to run
beforeAll(() => Promise.all([import("../../src/engine.ts"), import("../../src/intacct-rest/work.ts")]), 60_000)

/** Turns of the event loop, in which everything that can happen happens. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A client of a company with two permits, whose server hangs until it is told what to answer. */
const openVendors = async (answer?: () => Response) => {
  const clock = manualClock()
  const accessToken = `${encode({ alg: "none" })}.${encode({ cnyId: "acme", iat: start / 1000, exp: start / 1000 + 43_200 })}.s`
  let arrived = 0
  let open = 0
  let most = 0
  const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    if (String(url).includes("oauth2/token")) {
      return Response.json({ token_type: "Bearer", access_token: accessToken, expires_in: 43_200 })
    }
    arrived++
    most = Math.max(most, ++open)
    try {
      return await new Promise<Response>((resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error))
        if (answer !== undefined) resolve(answer())
      })
    } finally {
      open--
    }
  }
  const sage = createSageAuth({
    connections: {
      vendors: intacctRest.clientCredentials({
        clientId: "id",
        clientSecret: "secret",
        username: "gateway@acme",
        permits: 2,
        meter: { policy: "stop", budget: 100 }
      })
    },
    clock,
    fetch
  })
  onTestFinished(() => sage.close())
  const client = sage.client("vendors")
  await client.headers()
  return {
    client,
    clock,
    seen: () => ({ arrived, most }),
    used: async () => (await client.meter()).used
  }
}

const path = "objects/accounts-payable/vendor"

describe("a thousand callers on two permits", () => {
  it("that one signal aborts send no more than the two that were sent, which count", async () => {
    const { client, seen, used } = await openVendors()
    const leaving = new AbortController()
    const calls = Array.from({ length: 1_000 }, () => client.fetch(path, { signal: leaving.signal }))
    const ended = Promise.allSettled(calls)
    await settle()
    leaving.abort(new Error("mine"))
    assert.isTrue((await ended).every(({ status }) => status === "rejected"))
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
    assert.deepInclude(await client.pool(), { inUse: 0, waiting: 0 })
  })

  it("that are aborted one after the other send no more than that either", async () => {
    const { client, seen, used } = await openVendors()
    const leaving = Array.from({ length: 1_000 }, () => new AbortController())
    const ended = Promise.allSettled(leaving.map(({ signal }) => client.fetch(path, { signal })))
    await settle()
    for (const each of leaving) each.abort(new Error("mine"))
    await ended
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
  })

  it("whose deadlines end together send no more than that either", async () => {
    const { client, clock, seen, used } = await openVendors()
    const ended = Promise.allSettled(Array.from({ length: 1_000 }, () => client.fetch(path, { deadline: "1 second" })))
    await settle()
    clock.advance(1_000)
    assert.isTrue((await ended).every(({ status }) => status === "rejected"))
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
  })

  it("that leave in the turn in which they came send nothing, and nothing counts", async () => {
    const { client, seen, used } = await openVendors()
    const leaving = new AbortController()
    const ended = Promise.allSettled(
      Array.from({ length: 1_000 }, () => client.fetch(path, { signal: leaving.signal }))
    )
    leaving.abort(new Error("mine"))
    await ended
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 0, most: 0 })
    assert.strictEqual(await used(), 0)
  })
})

describe("a permit", () => {
  const empty: ReadonlyArray<readonly [string, () => Response]> = [
    ["204", () => new Response(null, { status: 204 })],
    ["a length of 0", () => new Response("", { status: 201, headers: { "content-length": "0" } })],
    [
      "a redirect that does not say how long it is",
      () => new Response("", { status: 302, headers: { location: "/x" } })
    ]
  ]
  it.each(empty)("comes back at once from an answer without a body: %s", async (_, answer) => {
    const { client } = await openVendors(answer)
    for (let call = 0; call < 5; call++) await client.fetch(path)
    await settle()
    assert.deepInclude(await client.pool(), { inUse: 0, waiting: 0 })
  })

  it("comes back at once from a caller that leaves behind the head, and not before", async () => {
    const { client } = await openVendors(
      () => new Response("x".repeat(5_000), { headers: { "content-length": "5000" } })
    )
    const leaving = new AbortController()
    await client.fetch(path, { signal: leaving.signal })
    await settle()
    assert.strictEqual((await client.pool()).inUse, 1)
    leaving.abort()
    assert.strictEqual((await client.pool()).inUse, 0)
  })
})
