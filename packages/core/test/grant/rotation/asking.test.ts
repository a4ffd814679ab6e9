import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { failure } from "../../../src/errors/SageAuthError.ts"
import type { ReceivedTokens } from "../../../src/grant/GrantContents.ts"
import type { RotationFailure } from "../../../src/grant/GrantOptions.ts"
import { answerOf, call, isServed, refusalOf } from "./callers.ts"
import { type Process, tenant } from "./Process.ts"
import { expire, openWorld, pass, settle, type World } from "./World.ts"

const renewal = { tenant, context: "", replaces: undefined, rejected: false }

/** a request for a credential that is asked for anew; counts itself */
const asking = () => {
  const asked = { times: 0 }
  const request: Effect.Effect<ReceivedTokens, RotationFailure> = Effect.suspend(() => {
    const accessToken = Redacted.make(`asked-${++asked.times}`)
    const refreshToken = Redacted.make(`refresh-asked-${asked.times}`)
    return Effect.delay(Effect.succeed({ accessToken, refreshToken, lifetime: 300_000, grantLifetime: undefined }), 50)
  })
  return { asked, request }
}

const openEmpty = Effect.gen(function* () {
  const world = yield* openWorld()
  yield* (yield* world.start()).grants.forget(tenant)
  return world
})

const ask = (process: Process, request: Effect.Effect<ReceivedTokens, RotationFailure>) =>
  call(process.grants.ask(renewal, request))

const assertFree = (world: World) =>
  Effect.map(world.stored, ({ row }) => {
    assert.strictEqual(row.lease, undefined)
    assert.strictEqual(row.intent, undefined)
    assert.strictEqual(row.state, "connected")
  })

describe("a credential that is asked for anew", () => {
  it.effect("is asked for once by all processes, without a consent before", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty
      const { asked, request } = asking()
      const callers = [yield* ask(yield* world.start(), request), yield* ask(yield* world.start(), request)]
      yield* pass(50)
      assert.deepStrictEqual(callers.map(isServed), [true, true])
      assert.strictEqual(asked.times, 1)
      yield* assertFree(world)
    })
  )

  it.effect("is adopted while it is fresh, and asked for again when it has ended", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty
      const { asked, request } = asking()
      yield* ask(yield* world.start(), request)
      yield* pass(50)
      const adopting = yield* ask(yield* world.start(), request)
      yield* settle
      assert.isTrue(isServed(adopting))
      assert.strictEqual(asked.times, 1)
      yield* expire(world)
      const again = yield* ask(yield* world.start(), request)
      yield* pass(50)
      assert.isTrue(isServed(again))
      assert.strictEqual(asked.times, 2)
    })
  )

  it.effect("that is not what was asked for is refused, and its refresh token is kept", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty
      const { request } = asking()
      const unusable = failure("intacct-rest.entity-not-switched")
      const caller = yield* ask(
        yield* world.start(),
        Effect.map(request, (granted) => ({ ...granted, unusable }))
      )
      yield* pass(50)
      assert.strictEqual(yield* Effect.flip(answerOf(caller)), unusable)
      const { contents, refreshToken } = yield* world.stored
      assert.deepStrictEqual(contents.credentials, {})
      assert.strictEqual(refreshToken, "refresh-asked-1")
      yield* assertFree(world)
    })
  )

  it.effect("gives the lease back when the server refuses", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty
      const { request } = asking()
      const error = failure("business-cloud.service-unavailable")
      const refused = yield* ask(yield* world.start(), Effect.fail({ error, processed: "no" }))
      yield* settle
      assert.strictEqual(yield* refusalOf(refused), "ServiceUnavailable")
      yield* assertFree(world)
      const caller = yield* ask(yield* world.start(), request)
      yield* pass(50)
      assert.isTrue(isServed(caller))
    })
  )

  it.effect("and comes late does not take the lease from whoever took over", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty
      const { request } = asking()
      const slow = yield* world.start()
      const late = yield* ask(slow, request)
      yield* settle
      slow.pauseBefore = "write"
      yield* pass(100)
      const next = yield* world.start()
      next.pauseBefore = "write"
      const taking = yield* ask(next, request)
      yield* pass(5_100)
      const { row: before } = yield* world.stored
      slow.resume()
      yield* pass(1)
      assert.isTrue(isServed(late))
      assert.strictEqual((yield* world.stored).row.lease?.owner, before.lease?.owner)
      next.resume()
      yield* pass(1)
      assert.isTrue(isServed(taking))
      yield* assertFree(world)
    })
  )
})

describe("a rotation whose access token is not what was asked for", () => {
  it.effect("is refused, and its refresh token is kept", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const unusable = failure("intacct-rest.entity-not-switched")
      world.server.unusable = unusable
      const caller = yield* call((yield* world.start()).renew({ context: "E1" }))
      yield* pass(50)
      assert.strictEqual(yield* Effect.flip(answerOf(caller)), unusable)
      const { contents, refreshToken } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(contents.credentials["E1"], undefined)
      yield* assertFree(world)
    })
  )
})
