import { createSageAuth, generateKey, type Sage, type Settings, x3 } from "@sage-auth/core"
import { type GrantStore, layerGrantStoreMemory, type MeterStore, type OnceStore } from "@sage-auth/core/effect"
import { Deferred, Effect, Layer } from "effect"
import { portOf, type Store, storeOf } from "../grants/portOf.ts"
import { fastRetry } from "../world.ts"
import { gatewayOptions, type GatewayWorld } from "./gatewayWorld.ts"

/** A store that several applications share, each of which counts as a process. */
export interface SharedStore {
  readonly store: Store
  readonly keys: ReadonlyArray<string>
  readonly dead: Set<string>
}

/** Opens a store that lasts as long as the test. */
export const openSharedStore = async (): Promise<SharedStore> => ({
  store: await Effect.runPromise(
    Effect.provide(
      Effect.map(Effect.context<GrantStore | OnceStore | MeterStore>(), storeOf),
      Layer.fresh(layerGrantStoreMemory),
      { local: true }
    )
  ),
  keys: [generateKey()],
  dead: new Set()
})

/** Where a process stops for good, or for a while: before its step with that number, counted from 1. */
export interface StopsAt {
  /** counts only the steps that change something: to die before one that looks is to die before the next one */
  readonly dies?: number | undefined
  readonly pauses?: number | undefined
}

/** An application whose every use of the store and of a token endpoint is a step, at which it can be stopped. */
export interface SteppedApp extends Pick<GatewayWorld, "sage" | "sandbox"> {
  /** what it has done so far */
  readonly steps: ReadonlyArray<string>
  /** from now on its steps count, and it stops where it was told to */
  readonly arm: () => void
  /** resolves when it has come to where it stops */
  readonly stopped: Promise<void>
  /** goes on after a pause */
  readonly resume: () => void
}

/** the operations of one part of a store, each of them a step with its name */
const stepped = <Part extends object>(
  part: Part,
  step: (name: string) => Promise<void>,
  named: (name: string) => string = (name) => name
): Part => {
  const gated = (name: string, use: () => Effect.Effect<unknown>) =>
    Effect.andThen(
      Effect.promise(() => step(name)),
      Effect.suspend(use)
    )
  return Object.fromEntries(
    Object.entries(part).map(([name, member]) => [
      name,
      typeof member === "function"
        ? (...parameters: ReadonlyArray<unknown>) => gated(named(name), () => Reflect.apply(member, part, parameters))
        : Effect.isEffect(member)
          ? gated(named(name), () => member as Effect.Effect<unknown>)
          : member
    ])
  ) as Part
}

/** the steps that leave the store and the servers as they are */
const looks = new Set(["read", "readOnce"])

let processes = 0

/** Opens an application that is a process of its own to a shared store. One that dies is never closed, as in life. */
export const openSteppedApp = (
  sandbox: GatewayWorld["sandbox"],
  { dead, keys, store }: SharedStore,
  { dies, pauses }: StopsAt = {}
): SteppedApp => {
  const name = `process ${++processes}`
  const steps: Array<string> = []
  const reached = Deferred.makeUnsafe<void>()
  const pause = Deferred.makeUnsafe<void>()
  let armed = false
  let changes = 0
  const step = async (what: string): Promise<void> => {
    // the dead do nothing any more, whatever they still had under way
    if (dead.has(name)) return new Promise(() => {})
    if (!armed) return
    if (!looks.has(what) && ++changes === dies) {
      dead.add(name)
      Deferred.doneUnsafe(reached, Effect.void)
      return new Promise(() => {})
    }
    steps.push(what)
    if (steps.length !== pauses) return
    Deferred.doneUnsafe(reached, Effect.void)
    await Effect.runPromise(Deferred.await(pause))
  }
  const settings: Settings = {
    store: portOf(
      {
        grants: {
          ...stepped(store.grants, step),
          // the time is nobody's to change
          now: store.grants.now,
          owner: Effect.succeed(name),
          alive: (owner) => Effect.sync(() => !dead.has(owner))
        },
        once: stepped(store.once, step, (operation) => `${operation}Once`),
        meters: store.meters
      },
      sandbox.clock
    ),
    keys,
    clock: sandbox.clock,
    retry: fastRetry,
    fetch: async (input, init) => {
      const exchanges = new Request(input).url.endsWith("/token")
      if (exchanges) await step("send")
      const response = await globalThis.fetch(input, init)
      if (exchanges) await step("answer")
      return response
    }
  }
  const sage: Sage<{ readonly gateway: ReturnType<typeof x3.gateway> }> = createSageAuth({
    connections: { gateway: x3.gateway(gatewayOptions(sandbox)) },
    ...settings
  })
  return {
    sage,
    sandbox,
    steps,
    arm: () => {
      armed = true
    },
    stopped: Effect.runPromise(Deferred.await(reached)),
    resume: () => Deferred.doneUnsafe(pause, Effect.void)
  }
}
