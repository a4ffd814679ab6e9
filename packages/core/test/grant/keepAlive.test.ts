import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { failure } from "../../src/errors/SageAuthError.ts"
import { type KeptAlive, defaultConcurrency, keepAlivePass } from "../../src/grant/storePasses.ts"
import { keptAliveOf } from "../../src/oauth2/OAuthGrants.ts"
import { openApplication } from "../application/openApplication.ts"
import { turns } from "../calls/openCalls.ts"
import { openWorld, startProcess } from "../oauth2/openGrants.ts"

const record = {
  family: "family",
  state: "connected",
  cause: undefined,
  version: 1,
  sealed: "sealed",
  keyId: "key",
  lease: undefined,
  fence: 0,
  intent: undefined,
  grantExpiresAt: undefined,
  dueAt: 0
} as const

/** An application with so many grants of two connections that are due. */
const openDue = (grants: number) =>
  Effect.gen(function* () {
    const { application } = yield* openApplication()
    const { store } = yield* application.vault
    for (const connection of ["hangs", "answers"]) {
      for (let at = 0; at < grants; at++) {
        yield* store.compareAndSet({ surface: "business-cloud", connection, tenant: `tenant-${at}` }, undefined, record)
      }
    }
    return application
  })

/** A connection whose renewals take that long, and how many of them were under way at once, and are over. */
const kept = (connection: string, concurrency: number, milliseconds: number) => {
  const seen = { underWay: 0, most: 0, over: 0 }
  const renewDue = () =>
    Effect.gen(function* () {
      seen.underWay++
      seen.most = Math.max(seen.most, seen.underWay)
      yield* Effect.sleep(milliseconds)
      seen.underWay--
      seen.over++
    })
  const keptAlive: KeptAlive = { surface: "business-cloud", connection, concurrency, renewDue }
  return { seen, keptAlive }
}

const refuse = (tenant: string) => Effect.fail(failure("client.defect", { surface: "business-cloud", tenant }))

describe("a pass of keep-alive", () => {
  it.effect("has as many renewals of each connection under way as it says", () =>
    Effect.gen(function* () {
      const application = yield* openDue(250)
      const hangs = kept("hangs", 5, 60_000)
      const answers = kept("answers", 50, 100)
      const pass = yield* Effect.forkChild(keepAlivePass(application, [hangs.keptAlive, answers.keptAlive]))
      yield* turns
      assert.strictEqual(hangs.seen.underWay, 5)
      assert.strictEqual(answers.seen.underWay, 50)
      // servers of one connection that hang do not delay the next
      for (let step = 0; step < 5; step++) yield* Effect.andThen(TestClock.adjust(100), turns)
      assert.deepStrictEqual(answers.seen, { underWay: 0, most: 50, over: 250 })
      assert.deepStrictEqual(hangs.seen, { underWay: 5, most: 5, over: 0 })
      for (let step = 0; step < 50; step++) yield* Effect.andThen(TestClock.adjust(60_000), turns)
      assert.deepStrictEqual(hangs.seen, { underWay: 0, most: 5, over: 250 })
      assert.deepInclude(yield* Fiber.join(pass), { due: 500, renewed: 500 })
    })
  )

  it.effect("counts all that fail, and keeps the first hundred of them", () =>
    Effect.gen(function* () {
      const application = yield* openDue(250)
      const refuses: KeptAlive = { ...kept("hangs", 1, 0).keptAlive, renewDue: refuse }
      const { failed, ...counts } = yield* keepAlivePass(application, [refuses])
      assert.deepStrictEqual(counts, { due: 250, renewed: 0, failures: 250 })
      const first = yield* (yield* application.vault).store.list({ connection: "hangs", limit: 100 })
      assert.deepStrictEqual(
        failed.map(({ tenant }) => tenant),
        first.rows.map(({ key }) => key.tenant)
      )
    })
  )

  it.effect("has sixteen where the options of a connection say nothing, and what they say else", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const { grants } = yield* startProcess(world)
      assert.strictEqual(keptAliveOf(grants).concurrency, 16)
      assert.strictEqual(defaultConcurrency, 16)
      const other = yield* startProcess(world, "other", { rules: { keepAliveConcurrency: 3 } })
      assert.strictEqual(keptAliveOf(other.grants).concurrency, 3)
    })
  )
})
