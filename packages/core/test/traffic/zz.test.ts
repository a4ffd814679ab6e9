import { it } from "@effect/vitest"
import { Effect, Fiber, Scheduler, Exit, Cause } from "effect"
import { Coordination, layerMemory } from "../../src/traffic/Pool.ts"
for (const ops of [2,3,4,5,7]) for (let pad = 0; pad < 8; pad++)
it.effect("sweep fast " + ops + pad, () => Effect.gen(function* () {
  const out: string[] = []
  const padded = <A, E, R>(e: Effect.Effect<A, E, R>) => { let r = e; for (let i = 0; i < pad; i++) { const q = r; r = Effect.suspend(() => q) }; return r }
  for (let n = 0; n < 40; n++) {
    yield* Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      let begun = false
      const fiber = yield* withPermit("a", { limit: 1, ahead: false })(Effect.suspend(() => { begun = true; return Effect.never })).pipe(
        padded, Effect.provideService(Scheduler.MaxOpsBeforeYield, ops), Effect.forkChild)
      for (let i = 0; i < n; i++) yield* Effect.yieldNow
      fiber.interruptUnsafe()
      const exit = yield* Fiber.await(fiber)
      const s = yield* state("a")
      const bad = s.inUse !== 0 || (Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      if (bad) out.push(`fast n=${n} begun=${begun} ${JSON.stringify(s)} ${Exit.isFailure(exit) ? Cause.pretty(exit.cause).slice(0, 120) : ""}`)
    }).pipe(Effect.provide(layerMemory, { local: true }))
    yield* Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      const holder = yield* withPermit("a", { limit: 1, ahead: false })(Effect.never).pipe(Effect.forkChild({ startImmediately: true }))
      const fiber = yield* withPermit("a", { limit: 1, ahead: false })(Effect.never).pipe(
        padded, Effect.provideService(Scheduler.MaxOpsBeforeYield, ops), Effect.forkChild)
      for (let i = 0; i < n; i++) yield* Effect.yieldNow
      fiber.interruptUnsafe()
      const exit = yield* Fiber.await(fiber)
      const s = yield* state("a")
      const bad = s.inUse !== 1 || s.waiting !== 0 || (Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      if (bad) out.push(`wait n=${n} ${JSON.stringify(s)} ${Exit.isFailure(exit) ? Cause.pretty(exit.cause).slice(0, 120) : ""}`)
      yield* Fiber.interrupt(holder)
    }).pipe(Effect.provide(layerMemory, { local: true }))
    yield* Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      const holder = yield* withPermit("a", { limit: 1, ahead: false })(Effect.never).pipe(Effect.forkChild({ startImmediately: true }))
      const fiber = yield* withPermit("a", { limit: 1, ahead: false })(Effect.never).pipe(
        padded, Effect.provideService(Scheduler.MaxOpsBeforeYield, ops), Effect.forkChild)
      for (let i = 0; i < 60; i++) yield* Effect.yieldNow
      holder.interruptUnsafe()
      for (let i = 0; i < n; i++) yield* Effect.yieldNow
      fiber.interruptUnsafe()
      const exit = yield* Fiber.await(fiber)
      const s = yield* state("a")
      const bad = s.inUse !== 0 || s.waiting !== 0 || (Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      if (bad) out.push(`grant n=${n} ${JSON.stringify(s)} ${Exit.isFailure(exit) ? Cause.pretty(exit.cause).slice(0, 120) : ""}`)
    }).pipe(Effect.provide(layerMemory, { local: true }))
  }
  if (out.length) console.log("OPS", ops, pad, out.join("\nOUT ") || "clean")
}))
