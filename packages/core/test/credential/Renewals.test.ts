import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Metric, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { vi } from "vitest"
import { withCallOptions } from "../../src/application/Application.ts"
import { Renewals } from "../../src/credential/Renewals.ts"
import type { Reason } from "../../src/errors/Reason.ts"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { openApplication } from "../application/openApplication.ts"
import { openRenewals } from "./openRenewals.ts"

const minute = 60_000
const away = () => failure("client.not-sent")

/** A fixed factor of jitter: 0 gives 80 %, 0.5 gives 100 %, 1 gives 120 %. */
const withRandom = (value: number) =>
  Effect.acquireRelease(
    Effect.sync(() => vi.spyOn(Math, "random").mockReturnValue(value)),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

/** An engine that holds the credential "first", good for an hour and due for renewal after half of it. */
const openWithCredential = Effect.gen(function* () {
  const opened = yield* openRenewals()
  const waiting = yield* opened.renewals.acquire(opened.slot).pipe(Effect.forkChild({ startImmediately: true }))
  yield* opened.succeed("first", 60 * minute, 30 * minute)
  const first = yield* Fiber.join(waiting)
  return { ...opened, first }
})

describe("Renewals: a fresh credential", () => {
  it.effect("is read without starting a fiber", () =>
    Effect.gen(function* () {
      const { fibers, renewals, slot, first, started } = yield* openWithCredential
      const before = fibers.started
      for (let read = 0; read < 1000; read++) assert.strictEqual(renewals.peek(slot), first)
      assert.strictEqual(fibers.started, before)
      assert.strictEqual(started.length, 1)
      // the count does see fibers: past the renewal point a read starts one
      yield* TestClock.adjust(30 * minute)
      renewals.peek(slot)
      assert.strictEqual(fibers.started, before + 1)
    })
  )

  it.effect("is acquired without a renewal", () =>
    Effect.gen(function* () {
      const { fibers, renewals, slot, first, started } = yield* openWithCredential
      const before = fibers.started
      assert.strictEqual(Effect.runSync(renewals.acquire(slot)), first)
      assert.strictEqual(fibers.started, before)
      assert.strictEqual(started.length, 1)
    })
  )

  it.effect("is used until the millisecond at which it expires", () =>
    Effect.gen(function* () {
      const { renewals, slot, first, fail } = yield* openWithCredential
      yield* TestClock.adjust(60 * minute - 1)
      assert.strictEqual(renewals.peek(slot)?.id, first.id)
      yield* fail(away())
      yield* TestClock.adjust(1)
      assert.isUndefined(renewals.peek(slot))
    })
  )
})

describe("Renewals: without a valid credential", () => {
  it.effect("1000 concurrent callers on a cold slot cause one renewal", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, events } = yield* openRenewals()
      const callers = yield* Effect.all(
        Array.from({ length: 1000 }, () => renewals.acquire(slot)),
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(
        started.map((s) => s.request),
        [{ key: "acme", cause: "cold", replaces: undefined }]
      )
      yield* succeed("only", minute)
      const credentials = yield* Fiber.join(callers)
      assert.strictEqual(new Set(credentials).size, 1)
      assert.strictEqual(credentials[0]?.value, "only")
      assert.strictEqual(started.length, 1)
      // the first of all is nobody's renewal
      assert.deepStrictEqual(events, [])
    })
  )

  it.effect("1000 concurrent callers on an expired credential cause one renewal that names what it replaces", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first, events } = yield* openWithCredential
      yield* TestClock.adjust(60 * minute)
      const callers = yield* Effect.all(
        Array.from({ length: 1000 }, () => renewals.acquire(slot)),
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(1)
      yield* succeed("second", minute)
      const credentials = yield* Fiber.join(callers)
      assert.deepStrictEqual([...new Set(credentials.map((c) => c.value))], ["second"])
      assert.strictEqual(started.length, 2)
      assert.deepStrictEqual(started[1]?.request, { key: "acme", cause: "expired", replaces: first })
      assert.deepStrictEqual(events, [
        {
          type: "credential-renewed",
          surface: "intacct-xml",
          connection: "ledger",
          tenant: "acme",
          at: 60 * minute + 1,
          cause: "expired",
          expiresAt: 61 * minute + 1
        }
      ])
    })
  )

  it.effect("a renewal that fails fails everybody who waits for it, and the next caller starts another", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, fail, succeed, events } = yield* openRenewals()
      const callers = yield* Effect.all(
        Array.from({ length: 1000 }, () => Effect.flip(renewals.acquire(slot))),
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(1)
      const error = away()
      yield* fail(error)
      assert.deepStrictEqual([...new Set(yield* Fiber.join(callers))], [error])
      assert.strictEqual(started.length, 1)
      assert.deepStrictEqual(
        events.map((e) => (e.type === "renewal-failed" ? [e.reason, e.covered] : e.type)),
        [["ServiceUnavailable", false]]
      )
      const next = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.strictEqual(started.length, 2)
      yield* succeed("late", minute)
      assert.strictEqual((yield* Fiber.join(next)).value, "late")
    })
  )

  it.effect("each key renews for itself", () =>
    Effect.gen(function* () {
      const { renewals, started } = yield* openRenewals()
      const keys = ["a", "b", "c"]
      const callers = yield* Effect.all(
        keys.map((key) => renewals.acquire(renewals.cache.slot(key))),
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.forkChild({ startImmediately: true }))
      assert.deepStrictEqual(
        started.map((s) => s.request.key),
        keys
      )
      for (const { request, answer } of started.toReversed()) {
        yield* Deferred.succeed(answer, { value: `of ${request.key}`, expiresAt: minute })
      }
      const credentials = yield* Fiber.join(callers)
      assert.deepStrictEqual(
        credentials.map((c) => c.value),
        ["of a", "of b", "of c"]
      )
      assert.strictEqual(new Set(credentials.map((c) => c.id)).size, 3)
    })
  )
})

describe("Renewals: a caller that leaves", () => {
  it.effect("by its deadline is released alone, and the renewal lands", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed } = yield* openRenewals()
      const place = renewals.place("acme")
      const hasty = yield* renewals
        .acquire(slot)
        .pipe(withCallOptions({ deadline: "10 seconds" }, 30_000, place), Effect.flip, Effect.forkChild)
      const patient = yield* renewals.acquire(slot).pipe(withCallOptions(undefined, 30_000, place), Effect.forkChild)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(hasty)
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      assert.strictEqual(error.connection, "ledger")
      assert.strictEqual(error.tenant, "acme")
      assert.isUndefined(patient.pollUnsafe())
      yield* TestClock.adjust("5 seconds")
      yield* succeed("landed", minute)
      assert.strictEqual((yield* Fiber.join(patient)).value, "landed")
      assert.strictEqual(started.length, 1)
    })
  )

  it.effect("by an aborted signal is released alone", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed } = yield* openRenewals()
      const place = renewals.place("acme")
      const controller = new AbortController()
      const leaving = yield* renewals
        .acquire(slot)
        .pipe(
          withCallOptions({ signal: controller.signal }, 30_000, place),
          Effect.forkChild({ startImmediately: true })
        )
      const staying = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      controller.abort()
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(leaving)))
      assert.isUndefined(staying.pollUnsafe())
      yield* succeed("landed", minute)
      assert.strictEqual((yield* Fiber.join(staying)).value, "landed")
      assert.strictEqual(started.length, 1)
    })
  )

  it.effect("stops nothing even if it was the only one: the next caller finds the credential", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed } = yield* openRenewals()
      const only = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* Fiber.interrupt(only)
      yield* succeed("landed", minute)
      assert.strictEqual(renewals.peek(slot)?.value, "landed")
      assert.strictEqual((yield* renewals.acquire(slot)).value, "landed")
      assert.strictEqual(started.length, 1)
    })
  )
})

describe("Renewals: in the background", () => {
  it.effect("past the renewal point callers get the credential in hand while one renewal is under way", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first, events } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      for (let read = 0; read < 1000; read++) assert.strictEqual(renewals.peek(slot), first)
      assert.strictEqual(yield* renewals.acquire(slot), first)
      assert.strictEqual(started.length, 2)
      assert.deepStrictEqual(started[1]?.request, { key: "acme", cause: "early", replaces: first })
      yield* succeed("second", 60 * minute)
      assert.strictEqual(renewals.peek(slot)?.value, "second")
      assert.deepStrictEqual(
        events.map((e) => (e.type === "credential-renewed" ? e.cause : e.type)),
        ["early"]
      )
    })
  )

  it.effect("what only a human can change is announced once, until something came in its place", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, fail, succeed, events } = yield* openRenewals()
      const announced = () => events.filter(({ type }) => type === "renewal-failed").length
      const ask = (answer: () => Effect.Effect<unknown>) =>
        Effect.gen(function* () {
          const asking = yield* Effect.exit(renewals.acquire(slot)).pipe(Effect.forkChild({ startImmediately: true }))
          yield* answer()
          yield* Fiber.join(asking)
        })
      const dead = () => fail(failure<never>("client.grant-expired"))
      for (let call = 0; call < 3; call++) yield* ask(dead)
      assert.deepStrictEqual([started.length, announced()], [3, 1])
      yield* ask(() => fail(away()))
      yield* ask(() => fail(away()))
      assert.strictEqual(announced(), 3, "each of these was a try of its own")
      yield* ask(dead)
      assert.strictEqual(announced(), 3, "it is the same incident")
      yield* ask(() => succeed("anew", minute))
      renewals.forget(slot)
      yield* ask(dead)
      assert.strictEqual(announced(), 4)
    })
  )

  it.effect("a failure while the credential is valid is seen by nobody but the event stream", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, fail, first, events } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      renewals.peek(slot)
      yield* fail(failure("client.not-sent", { code: "ECONNREFUSED" }))
      for (let read = 0; read < 100; read++) assert.strictEqual(yield* renewals.acquire(slot), first)
      assert.strictEqual(started.length, 2)
      assert.deepStrictEqual(events, [
        {
          type: "renewal-failed",
          surface: "intacct-xml",
          connection: "ledger",
          tenant: "acme",
          at: 30 * minute,
          reason: "ServiceUnavailable",
          code: "ECONNREFUSED",
          covered: true
        }
      ])
    })
  )

  it.effect("the next try waits 5 seconds, then twice as long each time, and a minute at most", () =>
    Effect.gen(function* () {
      yield* withRandom(0.5)
      const { renewals, slot, started, fail } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      for (const seconds of [5, 10, 20, 40, 60, 60, 60]) {
        const before = started.length
        renewals.peek(slot)
        assert.strictEqual(started.length, before + 1)
        yield* fail(away())
        yield* TestClock.adjust(seconds * 1000 - 1)
        renewals.peek(slot)
        assert.strictEqual(started.length, before + 1, `${seconds} seconds are not over`)
        yield* TestClock.adjust(1)
      }
    })
  )

  it.effect("the pause is jittered between 80 and 120 percent", () =>
    Effect.gen(function* () {
      for (const [random, pause] of [
        [0, 4000],
        [1, 6000]
      ] as const) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* withRandom(random)
            const { renewals, slot, started, fail } = yield* openWithCredential
            yield* TestClock.adjust(30 * minute)
            renewals.peek(slot)
            yield* fail(away())
            yield* TestClock.adjust(pause - 1)
            renewals.peek(slot)
            assert.strictEqual(started.length, 2)
            yield* TestClock.adjust(1)
            renewals.peek(slot)
            assert.strictEqual(started.length, 3)
          })
        )
      }
    })
  )

  it.effect("a success starts the pauses over", () =>
    Effect.gen(function* () {
      yield* withRandom(0.5)
      const { renewals, slot, started, fail, succeed } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      for (const seconds of [5, 10, 20]) {
        renewals.peek(slot)
        yield* fail(away())
        yield* TestClock.adjust(seconds * 1000)
      }
      renewals.peek(slot)
      yield* succeed("second", 60 * minute, 10 * minute)
      yield* TestClock.adjust(10 * minute)
      renewals.peek(slot)
      yield* fail(away())
      const before = started.length
      yield* TestClock.adjust(5000)
      renewals.peek(slot)
      assert.strictEqual(started.length, before + 1)
    })
  )

  it.effect("callers whose credential expires meanwhile wait for the renewal that is under way", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      renewals.peek(slot)
      yield* TestClock.adjust(30 * minute)
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("second", 60 * minute)
      assert.strictEqual((yield* Fiber.join(caller)).value, "second")
      assert.strictEqual(started.length, 2)
    })
  )

  it.effect("a pause after a failure holds nobody back who has no valid credential", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, fail, succeed } = yield* openWithCredential
      yield* TestClock.adjust(60 * minute - 1)
      renewals.peek(slot)
      yield* fail(away())
      yield* TestClock.adjust(1)
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.strictEqual(started.length, 3)
      yield* succeed("second", 60 * minute)
      assert.strictEqual((yield* Fiber.join(caller)).value, "second")
    })
  )
})

describe("Renewals: after a server's word", () => {
  it.effect("a rejected credential is used no more, and the next renewal is told which one it was", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first } = yield* openWithCredential
      renewals.reject(slot, first)
      assert.isUndefined(renewals.peek(slot))
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.deepStrictEqual(started[1]?.request, { key: "acme", cause: "rejected", replaces: first })
      yield* succeed("second", 60 * minute)
      assert.strictEqual((yield* Fiber.join(caller)).value, "second")
      // the rejection is dealt with: what comes next is not about it
      yield* TestClock.adjust(60 * minute)
      yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.strictEqual(started[2]?.request.cause, "expired")
    })
  )

  it.effect("what was rejected is still named after a renewal that failed", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, fail, first } = yield* openWithCredential
      renewals.reject(slot, first)
      const caller = yield* Effect.flip(renewals.acquire(slot)).pipe(Effect.forkChild({ startImmediately: true }))
      yield* fail(away())
      yield* Fiber.join(caller)
      yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.deepStrictEqual(started[2]?.request, { key: "acme", cause: "rejected", replaces: first })
    })
  )

  it.effect("1000 calls that learn of the same rejection cause one renewal", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first } = yield* openWithCredential
      const call = Effect.suspend(() => {
        renewals.reject(slot, first)
        return renewals.acquire(slot)
      })
      const callers = yield* Effect.all(
        Array.from({ length: 1000 }, () => call),
        { concurrency: "unbounded" }
      ).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(1)
      yield* succeed("second", 60 * minute)
      const credentials = yield* Fiber.join(callers)
      assert.deepStrictEqual([...new Set(credentials.map((c) => c.value))], ["second"])
      assert.strictEqual(started.length, 2)
    })
  )

  it.effect("a late rejection of an old credential leaves the new one alone", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first } = yield* openWithCredential
      renewals.reject(slot, first)
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("second", 60 * minute)
      yield* Fiber.join(caller)
      renewals.reject(slot, first)
      assert.strictEqual(renewals.peek(slot)?.value, "second")
      assert.strictEqual(started.length, 2)
    })
  )

  it.effect("a rejection while a renewal is under way does not start another", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      renewals.peek(slot)
      renewals.reject(slot, first)
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.strictEqual(started.length, 2)
      yield* succeed("second", 60 * minute)
      assert.strictEqual((yield* Fiber.join(caller)).value, "second")
    })
  )

  it.effect("an accepted credential is known as such, and its end moves as the server says", () =>
    Effect.gen(function* () {
      const { renewals, slot, first } = yield* openWithCredential
      assert.isFalse(first.accepted)
      renewals.accept(slot, first, 90 * minute)
      assert.deepStrictEqual(renewals.peek(slot), { ...first, accepted: true, expiresAt: 90 * minute })
      // it is still the same credential: its rejection counts
      renewals.reject(slot, first)
      assert.isUndefined(renewals.peek(slot))
    })
  )

  it.effect("the renewal point moves with the end where both are one", () =>
    Effect.gen(function* () {
      const { renewals, slot, succeed } = yield* openRenewals()
      const waiting = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("sliding", 10 * minute)
      const credential = yield* Fiber.join(waiting)
      renewals.accept(slot, credential, 20 * minute)
      assert.strictEqual(renewals.peek(slot)?.renewAt, 20 * minute)
    })
  )

  it.effect("a late acceptance of an old credential says nothing about the new one", () =>
    Effect.gen(function* () {
      const { renewals, slot, succeed, first } = yield* openWithCredential
      renewals.reject(slot, first)
      const caller = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("second", 60 * minute)
      const second = yield* Fiber.join(caller)
      renewals.accept(slot, first, 500 * minute)
      assert.strictEqual(renewals.peek(slot), second)
    })
  )
})

describe("Renewals: when asked", () => {
  it.effect("renews a credential that is still valid, and everybody may use the old one meanwhile", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed, first } = yield* openWithCredential
      const asked = yield* renewals.refresh(slot, "asked").pipe(Effect.forkChild({ startImmediately: true }))
      assert.deepStrictEqual(started[1]?.request, { key: "acme", cause: "asked", replaces: first })
      assert.strictEqual(renewals.peek(slot), first)
      yield* succeed("second", 60 * minute)
      assert.strictEqual((yield* Fiber.join(asked)).value, "second")
      assert.strictEqual(renewals.peek(slot)?.value, "second")
    })
  )

  it.effect("forgets: the next caller starts from nothing", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, first } = yield* openWithCredential
      renewals.reject(slot, first)
      renewals.forget(slot)
      yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      assert.deepStrictEqual(started[1]?.request, { key: "acme", cause: "cold", replaces: undefined })
    })
  )
})

describe("Renewals: a defect inside", () => {
  const canary = "hunter2-canary"
  const breaking: ReadonlyArray<readonly [string, () => Effect.Effect<never, SageAuthError>]> = [
    [
      "thrown while the renewal is made",
      () => {
        throw new Error(canary)
      }
    ],
    ["that the effect dies of", () => Effect.die(new Error(canary))],
    [
      "in the form of a failure that is not ours",
      () => Effect.fail(new Error(canary)) as unknown as Effect.Effect<never, SageAuthError>
    ],
    ["in the form of an interruption", () => Effect.interrupt]
  ]

  it.effect.each(breaking)("%s becomes client.defect and its text is told to nobody", ([, renew]) =>
    Effect.gen(function* () {
      const { application, events } = yield* openApplication()
      const renewals = new Renewals<string, Reason>(application, {
        surface: "intacct-xml",
        connection: "ledger",
        tenantOf: (key) => key,
        renew
      })
      const error = yield* Effect.flip(renewals.acquire(renewals.cache.slot("acme")))
      assert.strictEqual(error.id, "client.defect")
      assert.strictEqual(error.connection, "ledger")
      assert.strictEqual(error.tenant, "acme")
      const told =
        inspect([error, events], { depth: 10, showHidden: true }) + JSON.stringify([error, events]) + error.stack
      assert.notInclude(told, canary)
      assert.strictEqual(events.length, 1)
      // and the engine works on: another caller starts another renewal
      yield* Effect.flip(renewals.acquire(renewals.cache.slot("acme")))
      assert.strictEqual(events.length, 2)
    })
  )
})

describe("Renewals: when the application closes", () => {
  it.effect("new callers fail with Closed, those who wait are served, and close() waits for the renewal", () =>
    Effect.gen(function* () {
      const { application, renewals, slot, started, succeed } = yield* openRenewals()
      const waiting = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      const closing = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      assert.isTrue(application.isClosed())
      const other = renewals.cache.slot("other")
      const refused = yield* Effect.flip(renewals.acquire(other))
      assert.strictEqual(refused.reason._tag, "Closed")
      assert.strictEqual((yield* Effect.flip(renewals.refresh(other, "asked"))).reason._tag, "Closed")
      assert.strictEqual(started.length, 1)
      yield* TestClock.adjust("19 seconds")
      assert.isUndefined(closing.pollUnsafe())
      yield* succeed("landed", minute)
      assert.strictEqual((yield* Fiber.join(waiting)).value, "landed")
      yield* Fiber.join(closing)
    })
  )

  it.effect("close() waits no longer than the shutdown setting, and what was sent may still land", () =>
    Effect.gen(function* () {
      const { application, renewals, slot, succeed } = yield* openRenewals({ shutdown: 3000 })
      const waiting = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      const closing = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(2999)
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isDefined(closing.pollUnsafe())
      yield* succeed("landed", minute)
      assert.strictEqual((yield* Fiber.join(waiting)).value, "landed")
    })
  )

  it.effect("a use past the renewal point starts nothing any more", () =>
    Effect.gen(function* () {
      const { application, renewals, slot, started, first } = yield* openWithCredential
      yield* TestClock.adjust(30 * minute)
      yield* application.close
      assert.strictEqual(renewals.peek(slot), first)
      assert.strictEqual(started.length, 1)
    })
  )
})

describe("Renewals: with a full cache", () => {
  it.effect("forgetting ends what goes on in the background for it, and what comes later is not ended", () =>
    Effect.gen(function* () {
      const { renewals, slot } = yield* openWithCredential
      const ended: Array<string> = []
      slot.onLeave = () => ended.push("first")
      renewals.forget(slot)
      slot.onLeave = () => ended.push("second")
      assert.deepStrictEqual(ended, ["first"])
    })
  )

  it.effect("a slot that left is renewed in its successor, and its old holder sees what that brings", () =>
    Effect.gen(function* () {
      const { renewals, slot, started, succeed } = yield* openRenewals({ capacity: 1 })
      renewals.cache.slot("other")
      assert.isTrue(slot.evicted)
      const mine = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      const others = yield* renewals
        .acquire(renewals.cache.slot("acme"))
        .pipe(Effect.forkChild({ startImmediately: true }))
      assert.strictEqual(started.length, 1)
      yield* succeed("shared", minute)
      assert.strictEqual(yield* Fiber.join(mine), yield* Fiber.join(others))
      assert.strictEqual((yield* renewals.acquire(slot)).value, "shared")
      assert.strictEqual(started.length, 1)
    })
  )

  it.effect("a rejection that comes through a slot that left reaches its successor", () =>
    Effect.gen(function* () {
      const { renewals, slot, succeed } = yield* openRenewals({ capacity: 1 })
      renewals.cache.slot("other")
      const waiting = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("first", minute)
      renewals.reject(slot, yield* Fiber.join(waiting))
      assert.isUndefined(renewals.peek(renewals.cache.slot("acme")))
    })
  )
})

describe("Renewals: telemetry", () => {
  it.effect("counts outcomes and durations", () =>
    Effect.gen(function* () {
      const { renewals, slot, fail, succeed } = yield* openRenewals()
      const bad = yield* Effect.flip(renewals.acquire(slot)).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(25)
      yield* fail(away())
      yield* Fiber.join(bad)
      const good = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(75)
      yield* succeed("first", minute)
      yield* Fiber.join(good)
      const snapshot = yield* Metric.snapshot
      const counted = snapshot
        .filter((m) => m.id === "sage_auth_renewals_total" && m.type === "Counter")
        .map((m) => [m.attributes, m.type === "Counter" ? m.state.count : undefined])
      assert.sameDeepMembers(counted, [
        [{ surface: "intacct-xml", outcome: "failed" }, 1],
        [{ surface: "intacct-xml", outcome: "ok" }, 1]
      ])
      const durations = snapshot.find((m) => m.id === "sage_auth_renewal_duration_milliseconds")
      assert.strictEqual(durations?.type, "Histogram")
      if (durations?.type === "Histogram") assert.deepInclude(durations.state, { count: 2, min: 25, max: 75, sum: 100 })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("each renewal is a span that says where and why, and nothing else", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const collect = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const { renewals, slot, succeed } = yield* openRenewals().pipe(Effect.withTracer(collect))
      const waiting = yield* renewals.acquire(slot).pipe(Effect.forkChild({ startImmediately: true }))
      yield* succeed("first", minute)
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(
        spans.map((span) => [span.name, Object.fromEntries(span.attributes)]),
        [
          [
            "sage-auth.renewal",
            {
              "sage_auth.surface": "intacct-xml",
              "sage_auth.connection": "ledger",
              "sage_auth.tenant": "acme",
              "sage_auth.cause": "cold"
            }
          ]
        ]
      )
    })
  )
})
