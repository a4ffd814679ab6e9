import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inspect } from "node:util"
// oxlint-disable-next-line import/no-unassigned-import -- it makes errors effects
import "../../src/effect/index.ts"
import { type CatalogueId, catalogue } from "../../src/errors/catalogue.ts"
import type { Closed, RateLimited } from "../../src/errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, SageAuthError } from "../../src/errors/SageAuthError.ts"

const limited = () =>
  failure<RateLimited>("intacct.rate-limited", {
    surface: "intacct-xml",
    connection: "ledger",
    tenant: "acme",
    code: "GW-0010",
    supportId: "support-1",
    retryAfter: 5000
  })

describe("SageAuthError", () => {
  it("says what, where and what to do about it", () => {
    const error = limited()
    assert.instanceOf(error, Error)
    assert.strictEqual(error.name, "SageAuthError")
    assert.strictEqual(error._tag, "SageAuthError")
    assert.deepInclude(error, {
      id: "intacct.rate-limited",
      surface: "intacct-xml",
      connection: "ledger",
      tenant: "acme",
      code: "GW-0010",
      supportId: "support-1",
      retryable: true,
      remedy: catalogue["intacct.rate-limited"].remedy
    })
    assert.strictEqual(error.reason._tag, "RateLimited")
    assert.strictEqual(error.reason.retryAfter, 5000)
    assert.match(error.message, /^ledger: .+ \(GW-0010\)$/)
    assert.include(error.stack, "SageAuthError.test.ts")
  })

  it("shows its remedy however it is printed, and keeps no cause", () => {
    const error = limited()
    assert.strictEqual(error.cause, undefined)
    assert.notProperty(error, "cause")
    const json = JSON.parse(JSON.stringify(error))
    assert.deepInclude(json, {
      _tag: "SageAuthError",
      id: error.id,
      message: error.message,
      remedy: error.remedy,
      retryable: true
    })
    assert.deepInclude(json.reason, { _tag: "RateLimited", retryAfter: 5000 })
    assert.notProperty(json, "cause")
    for (const printed of [inspect(error), inspect({ error }, { depth: 10 })]) {
      assert.include(printed, error.message.slice(0, 40))
      assert.include(printed, "remedy")
      assert.notInclude(printed, "cause")
    }
    assert.include(Error.prototype.toString.call(error), error.message)
  })

  it("lets an occurrence say more than its entry", () => {
    const error = failure("client.closed", { message: "said here", remedy: "do this", retryable: true })
    assert.deepInclude(error, { message: "said here", remedy: "do this", retryable: true })
    assert.strictEqual(error.reason.message, "said here")
  })

  it("can be made for every entry, with the reason that the entry names", () => {
    const ids = Object.keys(catalogue) as Array<CatalogueId>
    assert.isNotEmpty(ids)
    for (const id of ids) {
      const error = failure(id)
      assert.strictEqual(error.reason._tag, catalogue[id].reason)
      assert.strictEqual(error.remedy, catalogue[id].remedy)
      assert.strictEqual(error.retryable, catalogue[id].retryable)
      assert.isNotEmpty(error.message)
    }
  })

  it("lists all mistakes of a configuration, one a line", () => {
    const issues = [
      { option: "deadline", expected: "a number" },
      { option: "connections.ledger.login.password", expected: "a string" }
    ]
    const error = misconfigured(issues)
    assert.strictEqual(
      error.message,
      "2 options cannot work\n  deadline: expected a number\n  connections.ledger.login.password: expected a string"
    )
    assert.deepStrictEqual(error.reason.issues, issues)
    assert.match(misconfigured(issues.slice(1)).message, /^one option cannot work\n/)
  })

  it("is known from another copy of the package, and nothing else is", () => {
    assert.isTrue(isSageAuthError(limited()))
    assert.isTrue(isSageAuthError(Object.assign(new Error("from elsewhere"), { _tag: "SageAuthError" })))
    for (const other of [
      undefined,
      null,
      "SageAuthError",
      { _tag: "SageAuthError" },
      new Error("SageAuthError"),
      limited().reason,
      SageAuthError
    ]) {
      assert.isFalse(isSageAuthError(other))
    }
  })
})

const failing = (which: "limited" | "closed"): Effect.Effect<string, SageAuthError<RateLimited | Closed>> =>
  Effect.fail(which === "limited" ? limited() : failure<Closed>("client.closed"))

const caught = (which: "limited" | "closed") =>
  failing(which).pipe(
    Effect.catchReason("SageAuthError", "RateLimited", (reason, error) =>
      Effect.succeed(`${reason.retryAfter} ${error.connection}`)
    )
  )

describe("SageAuthError in effects", () => {
  it.effect("one reason can be caught, and the others pass", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* caught("limited"), "5000 ledger")
      assert.strictEqual((yield* Effect.flip(caught("closed"))).reason._tag, "Closed")
    })
  )

  it.effect("reasons can become the errors", () =>
    Effect.gen(function* () {
      const unwrapped = failing("limited").pipe(
        Effect.unwrapReason("SageAuthError"),
        Effect.catchTags({ RateLimited: (reason) => Effect.succeed(String(reason.retryAfter)) })
      )
      assert.strictEqual(yield* unwrapped, "5000")
    })
  )

  it.effect("it can be yielded", () =>
    Effect.gen(function* () {
      const error = limited()
      const failed = yield* Effect.flip(
        Effect.gen(function* () {
          return yield* error
        })
      )
      assert.strictEqual(failed, error)
    })
  )

  it.effect("it is an effect that fails with itself, and so is its reason", () =>
    Effect.gen(function* () {
      const again: Effect.Effect<string, SageAuthError<RateLimited | Closed>> = failing("limited").pipe(
        Effect.catchTag("SageAuthError", (error) => error)
      )
      assert.strictEqual((yield* Effect.flip(again)).reason._tag, "RateLimited")
      const reason: Effect.Effect<string, SageAuthError<RateLimited | Closed> | RateLimited> = failing("limited").pipe(
        Effect.catchReason("SageAuthError", "RateLimited", (reason) => reason)
      )
      assert.strictEqual((yield* Effect.flip(reason))._tag, "RateLimited")
      assert.strictEqual(
        yield* limited().pipe(
          Effect.flip,
          Effect.map(({ id }) => id)
        ),
        "intacct.rate-limited"
      )
    })
  )

  it("is shown as it is without Effect", () => {
    const error = limited()
    assert.match(inspect(error), /^SageAuthError: [^]+ {2}remedy: /)
    assert.strictEqual(String(error), `SageAuthError: ${error.message}`)
    for (const shown of [inspect(error.reason), JSON.stringify(error), Object.keys(error).join()]) {
      assert.notMatch(shown, /_id|pipe|args/)
    }
  })
})
