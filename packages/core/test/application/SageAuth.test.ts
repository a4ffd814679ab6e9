import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Application } from "../../src/application/Application.ts"
import * as SageAuth from "../../src/SageAuth.ts"
import { detached, probe } from "./probe.ts"

const connections = { ledger: probe(), vendors: probe() }
class Sage extends SageAuth.Service<Sage>()("test/Sage", { connections }) {}
class Broken extends SageAuth.Service<Broken>()("test/Broken", {
  deadline: -1,
  connections: { ledger: probe(["login"]) }
}) {}

describe("SageAuth.Service", () => {
  it.effect("is the application as a service: clients by name and tenant, without a request", () =>
    Effect.gen(function* () {
      const sage = yield* Sage
      assert.deepInclude(sage.client("ledger"), { world: "effect", name: "ledger", tenant: "default" })
      assert.deepInclude(sage.client("vendors", { tenant: "acme" }), { name: "vendors", tenant: "acme" })
      assert.strictEqual(sage.connections, connections)
      assert.strictEqual(yield* Sage.use((same) => Effect.succeed(same)), sage)
    }).pipe(Effect.provide(Sage.layer))
  )

  it.effect("throws for a client that cannot be", () =>
    Effect.gen(function* () {
      const sage = yield* Sage
      assert.throws(() => (sage.client as (name: string) => unknown)("typo"), /ledger, vendors/)
    }).pipe(Effect.provide(Sage.layer))
  )

  it.effect("fails to open with all mistakes at once", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Broken.layer)))
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.sameMembers(
        error.reason.issues.map(({ option }) => option),
        ["deadline", "connections.ledger.login"]
      )
    })
  )

  it.effect("tells time by the clock of its surroundings", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(1234)
      const sage = yield* Sage
      assert.strictEqual(sage.client("ledger").application.now(), 1234)
    }).pipe(Effect.provide(Sage.layer))
  )

  it.effect("closes with the scope of its layer, and waits for renewals that were sent", () =>
    Effect.gen(function* () {
      const opened = yield* Deferred.make<Application>()
      const using = yield* Effect.gen(function* () {
        const sage = yield* Sage
        yield* Deferred.succeed(opened, sage.client("ledger").application)
      }).pipe(Effect.provide(Layer.fresh(Sage.layer)), Effect.scoped, Effect.forkChild)
      const application = yield* Deferred.await(opened)
      yield* Fiber.join(using)
      assert.isTrue(application.isClosed())
    })
  )
})

describe("SageAuth.make", () => {
  it.effect("streams events until the scope is closed, and closing waits for renewals that were sent", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const sage = yield* Scope.provide(SageAuth.make({ connections: { ledger: probe() } }), scope)
      const { application } = sage.client("ledger")
      const seen = yield* Stream.runCollect(sage.events).pipe(Effect.forkChild({ startImmediately: true }))
      application.publish({ type: "recovered", surface: "intacct-xml", connection: "ledger", tenant: "default", at: 1 })
      const renewal = detached(application)
      const closing = yield* Scope.close(scope, Exit.void).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust("1 second")
      assert.isTrue(application.isClosed())
      assert.isUndefined(closing.pollUnsafe())
      application.publish({ type: "recovered", surface: "intacct-xml", connection: "ledger", tenant: "default", at: 2 })
      renewal.land()
      yield* Fiber.join(closing)
      assert.deepStrictEqual(
        (yield* Fiber.join(seen)).map(({ at }) => at),
        [1, 2]
      )
    })
  )
})
