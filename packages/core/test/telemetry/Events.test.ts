import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { iterateEvents } from "../../src/application/promise.ts"
import * as Events from "../../src/telemetry/Events.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

const event = (at: number): SageEvent => ({
  type: "recovered",
  surface: "intacct-xml",
  connection: "ledger",
  tenant: "default",
  at
})

/** Events in a scope of its own, closed by the test. */
const opened = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const made = yield* Scope.provide(Events.make(), scope)
  const events = {
    stream: made.stream,
    publish: (published: SageEvent) => Effect.runSync(made.publish(published)),
    iterate: () => iterateEvents(made)
  }
  return { events, close: Scope.close(scope, Exit.void) }
})

/** Reads to the end, or as many as there should be and one more: a reader that never ends must not hang the test. */
const readAll = (iterator: AsyncIterator<SageEvent>, atMost: number) =>
  Effect.promise(async () => {
    const read: Array<number> = []
    while (read.length <= atMost) {
      const next = await iterator.next()
      if (next.done === true) return { read, ended: true }
      read.push(next.value.at)
    }
    return { read, ended: false }
  })

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("Events", () => {
  it.effect("an iterator sees what was announced between its making and its first read", () =>
    Effect.gen(function* () {
      const { events } = yield* opened
      events.publish(event(1))
      const iterator = events.iterate()
      events.publish(event(2))
      events.publish(event(3))
      assert.deepStrictEqual(yield* Effect.promise(() => iterator.next()), { done: false, value: event(2) })
      assert.deepStrictEqual(yield* Effect.promise(() => iterator.next()), { done: false, value: event(3) })
    })
  )

  it.effect("a reader that waits is woken by the next event", () =>
    Effect.gen(function* () {
      const { events } = yield* opened
      const iterator = events.iterate()
      const waiting = iterator.next()
      events.publish(event(1))
      assert.deepStrictEqual(yield* Effect.promise(() => waiting), { done: false, value: event(1) })
    })
  )

  it.effect("every reader gets every event", () =>
    Effect.gen(function* () {
      const { events, close } = yield* opened
      const readers = [events.iterate(), events.iterate(), events.iterate()]
      const streamed = yield* Stream.runCollect(events.stream).pipe(Effect.forkChild({ startImmediately: true }))
      for (const at of numbers(1, 5)) events.publish(event(at))
      yield* close
      for (const reader of readers) {
        assert.deepStrictEqual(yield* readAll(reader, 5), { read: numbers(1, 5), ended: true })
      }
      assert.deepStrictEqual(
        (yield* Fiber.join(streamed)).map((e) => e.at),
        numbers(1, 5)
      )
    })
  )

  it.effect("a slow reader loses its oldest events and no others, and a fast one none", () =>
    Effect.gen(function* () {
      const { events, close } = yield* opened
      const slow = events.iterate()
      const fast = events.iterate()
      const seen: Array<number> = []
      for (const at of numbers(1, 1500)) {
        events.publish(event(at))
        const next = yield* Effect.promise(() => fast.next())
        if (next.done !== true) seen.push(next.value.at)
      }
      assert.deepStrictEqual(seen, numbers(1, 1500))
      yield* close
      assert.deepStrictEqual(yield* readAll(slow, 1024), { read: numbers(1500 - 1023, 1500), ended: true })
    })
  )

  it.effect("closing delivers what is pending and then ends every reader, also one that waits", () =>
    Effect.gen(function* () {
      const { events, close } = yield* opened
      const behind = events.iterate()
      const waiting = events.iterate()
      events.publish(event(1))
      yield* Effect.promise(() => waiting.next())
      const next = waiting.next()
      yield* close
      assert.deepStrictEqual(yield* Effect.promise(() => next), { done: true, value: undefined })
      assert.deepStrictEqual(yield* readAll(behind, 1), { read: [1], ended: true })
      // and it stays ended
      assert.deepStrictEqual(yield* Effect.promise(() => behind.next()), { done: true, value: undefined })
    })
  )

  it.effect("closing ends a stream that waits, without a failure", () =>
    Effect.gen(function* () {
      const { events, close } = yield* opened
      const streamed = yield* Stream.runCollect(events.stream).pipe(Effect.forkChild({ startImmediately: true }))
      yield* close
      assert.deepStrictEqual(yield* Fiber.join(streamed), [])
    })
  )

  it.effect("publishing after the end is no failure, and a reader that comes later ends at once", () =>
    Effect.gen(function* () {
      const { events, close } = yield* opened
      yield* close
      events.publish(event(1))
      assert.deepStrictEqual(yield* readAll(events.iterate(), 1), { read: [], ended: true })
    })
  )

  it.effect("return() leaves: a loop that breaks reads no more, and the others go on", () =>
    Effect.gen(function* () {
      const { events } = yield* opened
      const leaving = events.iterate()
      const staying = events.iterate()
      events.publish(event(1))
      events.publish(event(2))
      yield* Effect.promise(async () => {
        for await (const seen of leaving) {
          assert.strictEqual(seen.at, 1)
          break
        }
      })
      assert.deepStrictEqual(yield* Effect.promise(() => leaving.next()), { done: true, value: undefined })
      assert.deepStrictEqual(yield* Effect.promise(() => staying.next()), { done: false, value: event(1) })
      assert.deepStrictEqual(yield* Effect.promise(() => staying.next()), { done: false, value: event(2) })
    })
  )

  it.effect("return() ends a read that is under way", () =>
    Effect.gen(function* () {
      const { events } = yield* opened
      const iterator = events.iterate()
      const next = iterator.next()
      yield* Effect.promise(() => iterator.return!())
      assert.deepStrictEqual(yield* Effect.promise(() => next), { done: true, value: undefined })
    })
  )
})
