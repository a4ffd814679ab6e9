import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Schema from "../../src/config/decoder.ts"
import { decode } from "../../src/config/decoder.ts"
import { resolve } from "../../src/config/resolve.ts"
import { text } from "../../src/config/options.ts"

const decodeIds = (value: unknown, at: string) =>
  decode(Schema.Struct({ id: text }).annotate({ expected: "an object { id }" }), value, at)
const of = (option: unknown) => resolve(option, "acme", decodeIds, "connections.ledger.sender")

// Some promises are not the platform's, and some only look like one.
const hook: string = ["th", "en"].join("")

describe("resolve", () => {
  it.effect("decodes a plain value", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of({ id: "one" }), { id: "one" })
    })
  )

  it.effect.each([
    ["returns", (tenant: string) => ({ id: tenant })],
    ["resolves", async (tenant: string) => ({ id: tenant })],
    [
      "answers with a thenable",
      (tenant: string) => ({ [hook]: (done: (value: unknown) => void) => done({ id: tenant }) })
    ]
  ] as const)("asks a function that %s for the tenant", ([, option]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of(option), { id: "acme" })
    })
  )

  it.effect("takes a function that does not answer within a minute for broken", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(of(() => new Promise(() => {}))), { startImmediately: true })
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [
        { option: "connections.ledger.sender", expected: "a function that answers within a minute" }
      ])
    })
  )

  it.effect.each([
    ["returned", () => Effect.succeed({ id: "one" })],
    ["resolved to", async () => Effect.succeed({ id: "one" })],
    ["of Effect 3", () => ({ [Symbol.for("effect/Effect")]: {}, id: "one" })]
  ] as const)("says what to do with an effect, which nobody would run: %s", ([, option]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.flip(of(option)), [
        {
          option: "connections.ledger.sender",
          expected: "a function that returns a value, or a promise of one: run the effect, such as by Effect.runPromise"
        }
      ])
    })
  )

  it.effect("asks a function anew each time", () =>
    Effect.gen(function* () {
      let asked = 0
      const option = () => ({ id: `answer ${++asked}` })
      assert.deepStrictEqual(yield* of(option), { id: "answer 1" })
      assert.deepStrictEqual(yield* of(option), { id: "answer 2" })
    })
  )

  it.effect.each([
    [
      "threw",
      (): never => {
        throw new Error("canary")
      }
    ],
    ["rejected", () => Promise.reject(new Error("canary"))],
    [
      "rejected",
      () =>
        Object.defineProperty({}, hook, {
          get() {
            throw new Error("canary")
          }
        })
    ]
  ] as const)("says that a function %s and not what with", ([what, option]) =>
    Effect.gen(function* () {
      const issues = yield* Effect.flip(of(option))
      assert.deepStrictEqual(issues, [
        { option: "connections.ledger.sender", expected: `a function that answers for every tenant: it ${what}` }
      ])
    })
  )

  it.effect.each<readonly [string, () => unknown, string, string]>([
    ["nothing", () => undefined, "connections.ledger.sender", "an object { id }"],
    ["half of it", () => ({}), "connections.ledger.sender.id", "a non-empty string"],
    ["a function", () => () => ({ id: "one" }), "connections.ledger.sender", "an object { id }"]
  ])("checks the answer like the plain form: %s", ([, option, path, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.flip(of(option)), [{ option: path, expected }])
    })
  )
})
