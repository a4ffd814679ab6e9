import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { onTestFinished } from "vitest"
import { createSageAuth, intacctRest, intacctXml } from "../../src/index.ts"
import { accepted } from "../intacct-xml/fakeGateway.ts"

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
    advance: (milliseconds: number, before?: (now: number) => void) => {
      now += milliseconds
      before?.(now)
      for (const sleeper of sleepers) {
        if (sleeper.at > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    }
  }
}

// what a first call loads, before the first test's time begins to run
beforeAll(
  () =>
    Promise.all([
      import("../../src/engine.ts"),
      import("../../src/intacct-rest/IntacctRestEngine.ts"),
      import("../../src/intacct-xml/IntacctXmlEngine.ts")
    ]),
  60_000
)

/** Turns of the event loop, in which everything that can happen happens. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const path = "objects/accounts-payable/vendor"

/** How a caller may leave. */
interface Leaving {
  readonly deadline?: number | string
  readonly signal?: AbortSignal
}

/** Answers a request of that caller, or leaves it hanging. */
type Answer = (caller: number) => Response | undefined

/**
 * A client of a company with two permits, whose server hangs until it is told what to answer. Each request says which
 * caller it is of: `alive` is asked whether that one is still there.
 */
const open = async (surface: "Intacct REST" | "execute", answer?: Answer, alive?: (caller: number) => boolean) => {
  const clock = manualClock()
  const accessToken = `${encode({ alg: "none" })}.${encode({ cnyId: "acme", iat: start / 1000, exp: start / 1000 + 43_200 })}.s`
  const arrived: Array<number> = []
  const late: Array<number> = []
  const answers = new Map<number, (response: Response) => void>()
  let most = 0
  const hang = async (caller: number, signal: AbortSignal | null | undefined): Promise<Response> => {
    arrived.push(caller)
    if (alive?.(caller) === false) late.push(caller)
    try {
      return await new Promise<Response>((resolve, reject) => {
        answers.set(caller, resolve)
        most = Math.max(most, answers.size)
        signal?.addEventListener("abort", () => reject(signal.reason as Error))
        const now = answer?.(caller)
        if (now !== undefined) resolve(now)
      })
    } finally {
      answers.delete(caller)
    }
  }
  const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    if (String(url).includes("oauth2/token")) {
      return Response.json({ token_type: "Bearer", access_token: accessToken, expires_in: 43_200 })
    }
    if (typeof init?.body !== "string") {
      return hang(Number(/caller=(\d+)/.exec(String(url))?.[1] ?? -1), init?.signal)
    }
    if (init.body.includes("<getAPISession")) return acceptedAt(clock.now(), "getAPISession")
    return hang(Number(/<keys>(\d+)<\/keys>/.exec(init.body)?.[1]), init.signal)
  }
  const meter = { policy: "stop", budget: 1_000_000 } as const
  const sage = createSageAuth({
    connections: {
      vendors: intacctRest.clientCredentials({
        clientId: "id",
        clientSecret: "secret",
        username: "gateway@acme",
        permits: 2,
        meter
      }),
      ledger: intacctXml({
        sender: { id: "sender", password: "sender password" },
        login: { companyId: "acme", userId: "gateway", password: "user password" },
        permits: 2,
        meter
      })
    },
    clock,
    fetch
  })
  onTestFinished(() => sage.close())
  const ledger = sage.client("ledger")
  if (surface === "execute") await ledger.session()
  const vendors = sage.client("vendors")
  if (surface === "Intacct REST") await vendors.headers()
  const company = surface === "execute" ? ledger : vendors
  const { used } = await company.meter()
  return {
    vendors,
    clock,
    arrived,
    /** callers whose request arrived when they had left */
    late,
    /** callers whose request hangs */
    hanging: () => [...answers.keys()],
    finish: (caller: number) => answers.get(caller)?.(surface === "execute" ? acceptedAt(clock.now(), "read") : page()),
    call: (caller: number, options: Leaving): Promise<unknown> =>
      surface === "execute"
        ? ledger.execute([{ read: { object: "VENDOR", keys: `${caller}`, fields: "*" } }], options)
        : vendors.fetch(`${path}?caller=${caller}`, options).then((response) => response.text()),
    seen: () => ({ arrived: arrived.length, most }),
    used: async () => (await company.meter()).used - used,
    pool: () => company.pool()
  }
}

const acceptedAt = (now: number, fn: string): Response => accepted({ fn, by: "session", body: "" }, now)

const page = (): Response => Response.json({ "ia::result": [] })

describe.each(["Intacct REST", "execute"] as const)("a thousand callers of %s on two permits", (surface) => {
  const crowd = Array.from({ length: 1_000 }, (_, caller) => caller)

  it("that one signal aborts send no more than the two that were sent, which count", async () => {
    const { call, pool, seen, used } = await open(surface)
    const leaving = new AbortController()
    const ended = Promise.allSettled(crowd.map((caller) => call(caller, { signal: leaving.signal })))
    await settle()
    leaving.abort(new Error("mine"))
    assert.isTrue((await ended).every(({ status }) => status === "rejected"))
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
    assert.deepInclude(await pool(), { inUse: 0, waiting: 0 })
  })

  it("that are aborted one after the other send no more than that either", async () => {
    const { call, seen, used } = await open(surface)
    const leaving = crowd.map(() => new AbortController())
    const ended = Promise.allSettled(leaving.map(({ signal }, caller) => call(caller, { signal })))
    await settle()
    for (const each of leaving) each.abort(new Error("mine"))
    await ended
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
  })

  it("whose deadlines end together send no more than that either", async () => {
    const { call, clock, seen, used } = await open(surface)
    const ended = Promise.allSettled(crowd.map((caller) => call(caller, { deadline: "1 second" })))
    await settle()
    clock.advance(1_000)
    assert.isTrue((await ended).every(({ status }) => status === "rejected"))
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
  })

  it("whose deadlines end a millisecond apart are not sent by who gave up just before them", async () => {
    const { call, clock, seen, used } = await open(surface)
    const ended = Promise.allSettled(crowd.map((caller) => call(caller, { deadline: 1_000 + (caller % 20) })))
    await settle()
    clock.advance(1_000)
    for (let passed = 0; passed < 20; passed++) {
      await settle()
      clock.advance(1)
    }
    assert.isTrue((await ended).every(({ status }) => status === "rejected"))
    assert.deepStrictEqual(seen(), { arrived: 2, most: 2 })
    assert.strictEqual(await used(), 2)
  })

  it("that leave in the turn in which they came send nothing, and nothing counts", async () => {
    const { call, seen, used } = await open(surface)
    const leaving = new AbortController()
    const ended = Promise.allSettled(crowd.map((caller) => call(caller, { signal: leaving.signal })))
    leaving.abort(new Error("mine"))
    await ended
    await settle()
    assert.deepStrictEqual(seen(), { arrived: 0, most: 0 })
    assert.strictEqual(await used(), 0)
  })
})

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe.each(["Intacct REST", "execute"] as const)("callers of %s who come and leave as they like", (surface) => {
  const step = Schema.Struct({
    kind: Schema.Literals(["call", "call", "crowd", "abort", "pass", "answer", "answer", "settle"]),
    which: between(0, 9)
  })

  it.effect.prop(
    "send a request only while they are there, two at a time, and what was sent counts once",
    [Arbitrary.array(Arbitrary.schema(step), { minLength: 10, maxLength: 40 })],
    ([steps]) =>
      Effect.promise(async () => {
        const there = new Set<number>()
        const { arrived, call, clock, finish, hanging, late, pool, seen, used } = await open(
          surface,
          undefined,
          (one) => there.has(one)
        )
        const signals = Array.from({ length: 10 }, () => new AbortController())
        const ends: Array<{ readonly caller: number; readonly at: number; readonly signal: number }> = []
        const settled: Array<Promise<unknown>> = []
        const begin = (which: number) => {
          const caller = ends.length
          const seconds = 1 + (which % 3)
          ends.push({ caller, at: clock.now() + seconds * 1_000, signal: which })
          if (signals[which]?.signal.aborted === false) there.add(caller)
          settled.push(
            call(caller, { deadline: `${seconds} seconds`, signal: signals[which]!.signal }).then(
              () => there.delete(caller),
              () => there.delete(caller)
            )
          )
        }
        for (const { kind, which } of steps) {
          if (kind === "call") begin(which)
          else if (kind === "crowd") for (let one = 0; one < 5; one++) begin(which)
          else if (kind === "settle") await settle()
          else if (kind === "answer") {
            const open = hanging()
            const caller = open[which % Math.max(1, open.length)]
            if (caller !== undefined) finish(caller)
          } else {
            // who leaves now is not there any more, whatever is told to whom first
            if (kind === "pass") {
              // no time passes between what one turn of the event loop begins and what it waits for
              await settle()
              clock.advance(which * 100, (now) => leave(({ at }) => at <= now))
            } else {
              leave(({ signal }) => signal === which)
              signals[which]?.abort(new Error("mine"))
            }
          }
        }
        function leave(who: (end: (typeof ends)[number]) => boolean) {
          for (const end of ends) if (who(end)) there.delete(end.caller)
        }
        await settle()
        clock.advance(10_000, () => there.clear())
        await Promise.all(settled)
        await settle()
        assert.deepStrictEqual(late, [])
        assert.isAtMost(seen().most, 2)
        assert.strictEqual(new Set(arrived).size, arrived.length)
        assert.strictEqual(await used(), arrived.length)
        assert.deepInclude(await pool(), { inUse: 0, waiting: 0 })
      }),
    { arbitrary: { runs: 100 } }
  )
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
    const { pool, vendors } = await open("Intacct REST", answer)
    for (let call = 0; call < 5; call++) await vendors.fetch(path)
    await settle()
    assert.deepInclude(await pool(), { inUse: 0, waiting: 0 })
  })

  it("comes back at once from a caller that leaves behind the head, and not before", async () => {
    const { pool, vendors } = await open(
      "Intacct REST",
      () => new Response("x".repeat(5_000), { headers: { "content-length": "5000" } })
    )
    const leaving = new AbortController()
    await vendors.fetch(path, { signal: leaving.signal })
    await settle()
    assert.strictEqual((await pool()).inUse, 1)
    leaving.abort()
    assert.strictEqual((await pool()).inUse, 0)
  })
})
