import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Result from "../../src/config/Result.ts"
import { failure } from "../../src/errors/SageAuthError.ts"
import { endOf, openCalls, stream, type Told, tokenOf, turns, ways, wordOf } from "./openCalls.ts"

/** What a server may do, what a call then comes to, and how many requests that takes. */
interface Expected {
  readonly told: Exclude<Told, Response>
  /** the status that the caller gets, or the entry of its error */
  readonly end: number | string
  /** how many requests are sent, by whether it is idempotent and whether its body can be sent again */
  readonly requests: (idempotent: boolean, repeatable: boolean) => number
  /** whether each of them is on the bill: it was processed, or may have been */
  readonly counts: boolean
}

const once = () => 1

/** Sent again where the server surely did not process it. */
const notProcessed = (_: boolean, repeatable: boolean) => (repeatable ? 3 : 1)

/** Sent again where processing it twice is the same as once. */
const inDoubt = (idempotent: boolean, repeatable: boolean) => (idempotent && repeatable ? 3 : 1)

const table: ReadonlyArray<Expected> = [
  { told: 200, end: 200, requests: once, counts: true },
  { told: 302, end: 302, requests: once, counts: true },
  { told: 404, end: 404, requests: once, counts: true },
  { told: 500, end: 500, requests: once, counts: true },
  { told: 403, end: 403, requests: once, counts: false },
  { told: 429, end: 429, requests: notProcessed, counts: false },
  { told: 503, end: 503, requests: inDoubt, counts: true },
  { told: "refuses the connection", end: "client.not-sent", requests: notProcessed, counts: false },
  { told: "has no name", end: "client.name-not-found", requests: once, counts: false },
  { told: "drops the answer", end: "client.answer-lost", requests: inDoubt, counts: true }
]

const calls = table.flatMap((expected) =>
  ways.flatMap((way) =>
    [true, false].flatMap((idempotent) =>
      [true, false].map((repeatable) => ({ expected, way, idempotent, repeatable }))
    )
  )
)

const initOf = (idempotent: boolean, repeatable: boolean) => ({
  method: "POST",
  body: repeatable ? "again" : stream(),
  ...(idempotent ? { headers: { "idempotency-key": "one" } } : {})
})

const awayForTwoSeconds = () => new Response(null, { status: 503, headers: { "retry-after": "2" } })

const neverAsEffect = () => Promise.reject<Response>(new Error("the call became an effect"))

describe("a call", () => {
  it.effect.each(
    calls.map((each) => [String(each.expected.told), each.way, each.idempotent, each.repeatable, each] as const)
  )(
    "to a server that says %s, made %s, idempotent: %s, repeatable: %s",
    ([, , , , { expected, idempotent, repeatable, way }]) =>
      Effect.gen(function* () {
        const { call, got, inUse, meter, withToken } = yield* openCalls(() => expected.told)
        yield* withToken(true)
        const end = yield* endOf(call(way, initOf(idempotent, repeatable)))
        assert.strictEqual(wordOf(end), expected.end)
        assert.strictEqual(got.length, expected.requests(idempotent, repeatable))
        assert.deepStrictEqual(
          { counted: meter.counted, held: meter.held },
          { counted: expected.counts ? got.length : 0, held: 0 }
        )
        assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
      })
  )

  it.effect.each(
    ways.flatMap((way) =>
      ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"].map((method) => [way, method] as const)
    )
  )("%s with %s is idempotent by its method", ([way, method]) =>
    Effect.gen(function* () {
      const { call, got, withToken } = yield* openCalls(() => "drops the answer")
      yield* withToken(true)
      yield* endOf(call(way, { method }))
      assert.strictEqual(got.length, ["GET", "HEAD", "OPTIONS"].includes(method) ? 3 : 1)
    })
  )

  it.effect.each(ways)("made %s comes to what the next try brings", (way) =>
    Effect.gen(function* () {
      const script: ReadonlyArray<Told> = ["drops the answer", 429, "refuses the connection", 200]
      const { call, got, withToken } = yield* openCalls((request) => script[request - 1] ?? "hangs")
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), 200)
      assert.strictEqual(got.length, script.length)
    })
  )

  it.effect.each(ways)("made %s follows no redirect and carries its credential over a header of the caller's", (way) =>
    Effect.gen(function* () {
      const { call, got, withToken } = yield* openCalls(() => 200)
      yield* withToken(true)
      yield* endOf(call(way, { headers: { authorization: "Bearer another", accept: "text/plain" } }))
      assert.deepStrictEqual(got.map(tokenOf), ["Bearer token-1"])
      assert.strictEqual(got[0]?.headers.get("accept"), "text/plain")
      assert.strictEqual(got[0]?.init.redirect, "manual")
      assert.strictEqual(got[0]?.url, "https://api.test/v1/objects")
    })
  )

  it.effect.each(ways)("made %s with a time to come back waits for it", (way) =>
    Effect.gen(function* () {
      const { application, call, got, withToken } = yield* openCalls((request) =>
        request === 1 ? awayForTwoSeconds() : 200
      )
      yield* withToken(true)
      const began = application.now()
      assert.strictEqual(wordOf(yield* endOf(call(way))), 200)
      assert.strictEqual(got.length, 2)
      assert.isAtLeast(application.now() - began, 2_000)
    })
  )

  it.effect.each(ways)("made %s reports the failure inside of a success, and is not sent again", (way) =>
    Effect.gen(function* () {
      const error = failure("intacct.service-unavailable")
      const { call, got, meter, withToken } = yield* openCalls(() => 200, {
        rules: { reads: () => true, failed: (_, text) => (text === "status 200" ? error : undefined) }
      })
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), "intacct.service-unavailable")
      assert.deepStrictEqual([got.length, meter.counted], [1, 1])
    })
  )

  it.effect.each(ways)("made %s whose connection breaks for its credential is not sent again", (way) =>
    Effect.gen(function* () {
      const error = failure("x3-web-services.certificate-refused")
      const { call, got, withToken } = yield* openCalls(() => "refuses the connection", {
        rules: { explain: () => error }
      })
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), "x3-web-services.certificate-refused")
      assert.strictEqual(got.length, 1)
    })
  )
})

describe("a credential", () => {
  it.effect.each(
    ways.flatMap((way) =>
      [true, false].flatMap((idempotent) => [true, false].map((accepted) => [way, idempotent, accepted] as const))
    )
  )(
    "made %s, idempotent: %s: one that is over is renewed once if it was ever accepted: %s",
    ([way, idempotent, accepted]) =>
      Effect.gen(function* () {
        const { call, got, meter, renewals, slot, withToken } = yield* openCalls((request) =>
          request === 1 ? 401 : 200
        )
        yield* withToken(accepted)
        assert.strictEqual(wordOf(yield* endOf(call(way, initOf(idempotent, true)))), accepted ? 200 : 401)
        assert.deepStrictEqual(got.map(tokenOf), accepted ? ["Bearer token-1", "Bearer token-2"] : ["Bearer token-1"])
        assert.strictEqual(meter.counted, accepted ? 1 : 0)
        // it is not used again, whatever became of the call
        assert.strictEqual(renewals.peek(slot)?.value, accepted ? "token-2" : undefined)
      })
  )

  it.effect.each(ways)("made %s is renewed once, and a successor that is refused too is the answer", (way) =>
    Effect.gen(function* () {
      const { call, got, renewed, withToken } = yield* openCalls(() => 401)
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), 401)
      assert.deepStrictEqual(got.map(tokenOf), ["Bearer token-1", "Bearer token-2"])
      assert.strictEqual(renewed(), 2)
    })
  )

  it.effect.each(ways)("made %s is not renewed for a body that cannot be sent again", (way) =>
    Effect.gen(function* () {
      const { call, got, renewed, withToken } = yield* openCalls(() => 401)
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way, initOf(true, false)))), 401)
      assert.deepStrictEqual([got.length, renewed()], [1, 1])
    })
  )

  it.effect.each(ways)("made %s that was never accepted is renewed once it is a minute old", (way) =>
    Effect.gen(function* () {
      const { call, got, withToken } = yield* openCalls((request) => (request === 1 ? 401 : 200))
      yield* withToken(false)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(wordOf(yield* endOf(call(way))), 200)
      assert.strictEqual(got.length, 2)
    })
  )

  it.effect.each(ways)("made %s that costs nothing to renew is renewed though it was never accepted", (way) =>
    Effect.gen(function* () {
      const { call, got, withToken } = yield* openCalls((request) => (request === 1 ? 401 : 200), {
        rules: { renewsFreely: true }
      })
      yield* withToken(false)
      assert.strictEqual(wordOf(yield* endOf(call(way))), 200)
      assert.strictEqual(got.length, 2)
    })
  )

  it.effect.each(ways)("made %s that is refused as it is configured is told, and not renewed", (way) =>
    Effect.gen(function* () {
      const { call, got, refused, renewals, slot, withToken } = yield* openCalls(() => 403)
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), 403)
      assert.deepStrictEqual([got.length, refused], [1, ["token-1"]])
      assert.isUndefined(renewals.peek(slot))
    })
  )

  it.effect.each(ways)("made %s whose renewal fails fails the call with it, and holds no permit", (way) =>
    Effect.gen(function* () {
      const { call, got, inUse, renewed, withToken } = yield* openCalls(() => 401, {
        renewed: (renewal) => (renewal === 1 ? undefined : failure("intacct.service-unavailable"))
      })
      yield* withToken(true)
      assert.strictEqual(wordOf(yield* endOf(call(way))), "intacct.service-unavailable")
      // a renewal has tried again itself
      assert.deepStrictEqual([got.length, renewed()], [1, 2])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )
})

describe("a deadline", () => {
  it.effect.each(ways)("of a call made %s ends it, and the request with it", (way) =>
    Effect.gen(function* () {
      const { application, call, got, inUse, meter, withToken } = yield* openCalls(() => "hangs")
      yield* withToken(true)
      const began = application.now()
      assert.strictEqual(wordOf(yield* endOf(call(way, { deadline: 1_000 }))), "client.deadline-exceeded")
      assert.strictEqual(application.now() - began, 1_000)
      assert.deepStrictEqual(
        got.map(({ init }) => init.signal?.aborted),
        [true]
      )
      // it was sent, and may be on the bill
      assert.deepStrictEqual({ ...meter, room: 0 }, { counted: 1, held: 0, room: 0 })
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect.each(ways)("of a call made %s that waits for a permit ends it with nothing sent", (way) =>
    Effect.gen(function* () {
      const { application, call, got, inUse, meter, withToken } = yield* openCalls(() => 200)
      yield* withToken(true)
      const first = yield* application.coordination.acquire("acme", { limit: 1, ahead: false })
      assert.strictEqual(wordOf(yield* endOf(call(way, { deadline: 1_000 }))), "client.deadline-exceeded")
      assert.deepStrictEqual(yield* inUse, { inUse: 1, waiting: 0 })
      first.release()
      yield* turns
      assert.deepStrictEqual([got.length, meter.counted, meter.held], [0, 0, 0])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect.each(ways)("of a call made %s is not reached by tries that a signal ends", (way) =>
    Effect.gen(function* () {
      const { call, got, inUse, meter, withToken } = yield* openCalls(() => "hangs")
      yield* withToken(true)
      const leaving = new AbortController()
      const fiber = yield* Effect.forkChild(Effect.exit(call(way, { signal: leaving.signal })), {
        startImmediately: true
      })
      yield* turns
      assert.strictEqual(got.length, 1)
      leaving.abort(new Error("gone"))
      yield* turns
      assert.isDefined(fiber.pollUnsafe())
      assert.deepStrictEqual(
        got.map(({ init }) => init.signal?.aborted),
        [true]
      )
      assert.deepStrictEqual([meter.counted, meter.held], [1, 0])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )
})

/** An answer whose body has no end. */
const endless = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(8)) }))

describe("a permit", () => {
  it.effect.each(ways)("of a call made %s is held until the body of its answer was read", (way) =>
    Effect.gen(function* () {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const { call, got, inUse, withToken } = yield* openCalls((request) =>
        request === 1 ? new Response(readable) : 200
      )
      yield* withToken(true)
      const first = yield* Effect.forkChild(call(way), { startImmediately: true })
      yield* turns
      const second = yield* Effect.forkChild(call(way), { startImmediately: true })
      yield* turns
      assert.strictEqual(got.length, 1)
      assert.deepStrictEqual(yield* inUse, { inUse: 1, waiting: 1 })
      yield* Effect.promise(() => writable.close())
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.strictEqual(got.length, 2)
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect.each(ways)("that came to a call made %s when its credential was over goes to another credential", (way) =>
    Effect.gen(function* () {
      const { application, call, got, renewals, slot, withToken } = yield* openCalls(() => 200)
      yield* withToken(true)
      const before = yield* application.coordination.acquire("acme", { limit: 1, ahead: false })
      const waiting = yield* Effect.forkChild(call(way), { startImmediately: true })
      yield* turns
      renewals.forget(slot)
      before.release()
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(got.map(tokenOf), ["Bearer token-2"])
    })
  )

  it.effect.each(ways)("that came to a call made %s when another pool serves its credential is not used", (way) =>
    Effect.gen(function* () {
      let pool = "acme"
      const { application, call, got, inUse, withToken } = yield* openCalls(() => 200, {
        rules: { traffic: () => ({ pool, permits: 1 }) }
      })
      yield* withToken(true)
      const before = yield* application.coordination.acquire("acme", { limit: 1, ahead: false })
      const other = yield* application.coordination.acquire("globex", { limit: 1, ahead: false })
      const waiting = yield* Effect.forkChild(call(way), { startImmediately: true })
      yield* turns
      pool = "globex"
      before.release()
      yield* turns
      assert.strictEqual(got.length, 0)
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
      other.release()
      yield* Fiber.join(waiting)
      assert.strictEqual(got.length, 1)
    })
  )

  it.effect("is not held by who waits for a renewal", () =>
    Effect.gen(function* () {
      const { calls, inUse, renewals, slot } = yield* openCalls(() => 200)
      const permits: Array<number> = []
      const acquire = renewals.acquire.bind(renewals)
      renewals.acquire = (asked) =>
        Effect.tap(acquire(asked), () => Effect.map(inUse, (state) => permits.push(state.inUse)))
      const response = yield* calls.fetch(slot, "objects", {})
      yield* Effect.promise(() => response.text())
      assert.deepStrictEqual(permits, [0])
    })
  )

  it.effect("is not taken where there is no pool", () =>
    Effect.gen(function* () {
      const { application, call, withToken } = yield* openCalls(() => 200, { rules: { traffic: () => undefined } })
      yield* withToken(true)
      yield* application.coordination.acquire("acme", { limit: 1, ahead: false })
      for (const way of ways) assert.strictEqual(wordOf(yield* endOf(call(way))), 200)
    })
  )

  it.effect.each(ways)("of a call made %s comes back when nobody reads its answer, and it is said so", (way) =>
    Effect.gen(function* () {
      const { calls, events, inUse, slot, withToken } = yield* openCalls(endless)
      yield* withToken(true)
      yield* way === "as an effect"
        ? calls.fetch(slot, "objects", {})
        : Effect.promise(() => calls.fetchPlainly(slot, "objects", {}, undefined, neverAsEffect) ?? neverAsEffect())
      assert.deepStrictEqual(yield* inUse, { inUse: 1, waiting: 0 })
      yield* TestClock.adjust(29_999)
      assert.deepStrictEqual(yield* inUse, { inUse: 1, waiting: 0 })
      yield* TestClock.adjust(1)
      yield* turns
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
      assert.deepStrictEqual(
        events.flatMap((event) => (event.type === "advice" ? [event.subject] : [])),
        ["unread-body"]
      )
    })
  )
})

describe("a meter", () => {
  it.effect.each(ways)("without room refuses a call made %s before it is sent", (way) =>
    Effect.gen(function* () {
      const { call, got, inUse, meter, withToken } = yield* openCalls(() => 200)
      yield* withToken(true)
      meter.room = 0
      assert.strictEqual(wordOf(yield* endOf(call(way))), "intacct.budget-exhausted")
      assert.deepStrictEqual([got.length, meter.counted], [0, 0])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect.each(ways)("keeps room for a call made %s that is under way", (way) =>
    Effect.gen(function* () {
      const { call, got, meter, withToken } = yield* openCalls(() => "hangs", { rules: { traffic: () => undefined } })
      yield* withToken(true)
      meter.room = 1
      const first = yield* Effect.forkChild(Effect.exit(call(way)), { startImmediately: true })
      yield* turns
      assert.strictEqual(meter.held, 1)
      assert.strictEqual(wordOf(yield* endOf(call(way))), "intacct.budget-exhausted")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(first)
      assert.deepStrictEqual([got.length, meter.held, meter.counted], [1, 0, 1])
    })
  )

  it.effect.each(ways)("that is still read is waited for by a call made %s, unless it counts nothing", (way) =>
    Effect.gen(function* () {
      let weight = 1
      const { call, got, inUse, meter, withToken } = yield* openCalls(() => 200, {
        rules: {
          meter: {
            weigh: () => weight,
            ready: () => Effect.sleep("1 second"),
            hold: () => Result.succeed(() => {}),
            count: () => {}
          }
        }
      })
      yield* withToken(true)
      const waiting = yield* Effect.forkChild(call(way), { startImmediately: true })
      yield* turns
      assert.strictEqual(got.length, 0)
      // others may send meanwhile
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiting)
      assert.strictEqual(got.length, 1)
      weight = 0
      yield* call(way)
      assert.strictEqual(got.length, 2)
      assert.strictEqual(meter.counted, 0)
    })
  )

  it.effect.each(ways)("whose weight has to be waited for counts a call made %s all the same", (way) =>
    Effect.gen(function* () {
      const counted: Array<number> = []
      const { call, withToken } = yield* openCalls(() => 200, {
        rules: {
          meter: {
            weigh: () => Promise.resolve(7),
            ready: () => undefined,
            hold: () => Result.succeed(() => {}),
            count: (_, transactions) => counted.push(transactions)
          }
        }
      })
      yield* withToken(true)
      yield* endOf(call(way))
      assert.deepStrictEqual(counted, [7])
    })
  )
})

describe("run", () => {
  it.effect("gives the headers of a valid credential, inside of pool and meter", () =>
    Effect.gen(function* () {
      const { calls, inUse, meter, slot } = yield* openCalls(() => 200)
      const used = yield* calls.run(
        slot,
        ({ headers }) => Effect.map(inUse, (state) => ({ headers, state, held: meter.held })),
        undefined
      )
      assert.deepStrictEqual(used, {
        headers: { authorization: "Bearer token-1" },
        state: { inUse: 1, waiting: 0 },
        held: 1
      })
      assert.deepStrictEqual([meter.counted, meter.held], [1, 0])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect("counts what fails or is left, and gives its permit back", () =>
    Effect.gen(function* () {
      const { calls, inUse, meter, slot } = yield* openCalls(() => 200)
      assert.strictEqual(yield* Effect.flip(calls.run(slot, () => Effect.fail("own"), undefined)), "own")
      const left = yield* endOf(Effect.flip(calls.run(slot, () => Effect.never, { deadline: 1_000 })))
      assert.strictEqual(left._tag === "Success" && left.value.id, "client.deadline-exceeded")
      assert.deepStrictEqual([meter.counted, meter.held], [2, 0])
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )

  it.effect("does not begin where the budget has no room", () =>
    Effect.gen(function* () {
      const { calls, inUse, meter, slot } = yield* openCalls(() => 200)
      meter.room = 0
      let begun = false
      const error = yield* Effect.flip(calls.run(slot, () => Effect.sync(() => (begun = true)), undefined))
      assert.strictEqual(error.id, "intacct.budget-exhausted")
      assert.isFalse(begun)
      assert.deepStrictEqual(yield* inUse, { inUse: 0, waiting: 0 })
    })
  )
})

describe("an application that is closed", () => {
  it.effect("sends nothing, and makes no call without a fiber", () =>
    Effect.gen(function* () {
      const { application, call, calls, got, slot, withToken } = yield* openCalls(() => 200)
      yield* withToken(true)
      yield* application.close
      assert.strictEqual(wordOf(yield* endOf(call("as an effect"))), "client.closed")
      assert.isUndefined(calls.fetchPlainly(slot, "objects", {}, undefined, neverAsEffect))
      assert.strictEqual(got.length, 0)
    })
  )
})
