import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { failure } from "../../src/errors/SageAuthError.ts"
import type { OAuthRules } from "../../src/oauth2/OAuthRules.ts"
import { clientErrors } from "../../src/intacct-rest/judge.ts"
import { life, openWorld, startProcess, storedIn, type World } from "./openGrants.ts"

/** A process whose tokens are issued for that; undefined: an earlier release, which did not keep it. */
const configured = (world: World, what: string | undefined, rules: Partial<OAuthRules> = {}) =>
  startProcess(world, what, {
    rules: {
      issuedFor: () =>
        what === undefined ? Effect.fail(failure("client.misconfigured") as never) : Effect.succeed([what]),
      ...rules
    }
  })

const asking = (world: World, what: string | undefined) =>
  Effect.gen(function* () {
    const process: Effect.Success<ReturnType<typeof startProcess>> = yield* configured(world, what, {
      interactive: undefined,
      ask: (tenant) =>
        process.grants.requestTokens(tenant, {
          parameters: { grant_type: "client_credentials" },
          errors: clientErrors
        })
    })
    return process
  })

describe("what a grant was issued for", () => {
  it.effect("makes it dead for another client, and leaves it as it was for its own", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const own = yield* configured(world, "own")
      yield* own.consents()
      const stored = yield* storedIn(world)
      const other = yield* configured(world, "other")
      const { id } = yield* Effect.flip(other.token())
      assert.strictEqual(id, "client.consent-of-another-client")
      assert.deepStrictEqual(yield* storedIn(world), stored)
      yield* TestClock.adjust(life)
      assert.isString(yield* own.token())
      assert.lengthOf(world.server.requests, 2)
    })
  )

  it.effect("follows the newest consent", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const own = yield* configured(world, "own")
      yield* own.consents()
      const other = yield* configured(world, "other")
      yield* Effect.flip(other.token())
      yield* other.consents()
      assert.isString(yield* other.token())
      assert.deepStrictEqual(other.types(), ["reauthorization-required", "renewal-failed", "recovered"])
      yield* TestClock.adjust(life)
      assert.strictEqual((yield* Effect.flip(own.token())).id, "client.consent-of-another-client")
    })
  )

  it.effect("is learned by the next rotation of a grant from before it was kept", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const earlier = yield* configured(world, undefined)
      yield* earlier.consents()
      const own = yield* configured(world, "own")
      const other = yield* configured(world, "other")
      assert.isString(yield* own.token())
      assert.isString(yield* other.token())
      yield* TestClock.adjust(life)
      assert.isString(yield* own.token())
      yield* TestClock.adjust(life)
      assert.strictEqual((yield* Effect.flip(other.token())).id, "client.consent-of-another-client")
      assert.isString(yield* own.token())
    })
  )

  it.effect("does not turn a grant that is dead already into another one's", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const own = yield* configured(world, "own")
      yield* own.consents()
      world.server.endEverything()
      yield* TestClock.adjust(life)
      const told = yield* Effect.flip(own.token())
      const other = yield* configured(world, "other")
      assert.strictEqual((yield* Effect.flip(other.token())).message, told.message)
      assert.notInclude(other.types(), "reauthorization-required")
    })
  )

  it.effect("keeps a token that was asked for from another user, whose next one takes its place", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const own = yield* asking(world, "own")
      const first = yield* own.token()
      const other = yield* asking(world, "other")
      assert.strictEqual((yield* other.status()).state, "configured")
      assert.notStrictEqual(yield* other.token(), first)
      // what is in memory is used to its end
      assert.strictEqual(yield* own.token(), first)
      const third = yield* asking(world, "own")
      assert.strictEqual((yield* third.status()).state, "configured")
      assert.notStrictEqual(yield* third.token(), first)
      assert.lengthOf(world.server.requests, 3)
      assert.strictEqual((yield* third.status()).state, "connected")
    })
  )
})
