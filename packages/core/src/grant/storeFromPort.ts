import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { builtin } from "../config/builtin.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "../errors/SageAuthError.ts"
import { GrantStore, MeterStore, OnceStore, type StoreEffect } from "./GrantStore.ts"
import type { StorePort } from "./StorePort.ts"
import { storeUnavailable } from "./storeUnavailable.ts"

const away = (thrown: unknown): SageAuthError<StoreUnavailable> =>
  isSageAuthError(thrown) && thrown.reason._tag === "StoreUnavailable"
    ? (thrown as SageAuthError<StoreUnavailable>)
    : // what a driver says may quote what was written
      storeUnavailable({
        message: "the grant store failed",
        remedy: "See what the store's own log says; calls are tried again."
      })

const stored = <A>(call: () => Promise<A>): StoreEffect<A> => Effect.tryPromise({ try: call, catch: away })

const pollEvery = 250

/**
 * The service of a store that was written with promises.
 *
 * @category stores
 */
export const layerGrantStoreFromPort = (port: StorePort): Layer.Layer<GrantStore, SageAuthError<StoreUnavailable>> =>
  Layer.effectContext(
    Effect.gen(function* () {
      if (port.open !== undefined) yield* stored(async () => port.open?.())
      yield* Effect.addFinalizer(() => Effect.ignore(stored(async () => port.close?.())))
      const { grants } = port
      const now = grants.now?.bind(grants)
      const self = builtin("node:crypto").randomUUID()
      const nameOf = async ({ owners }: StorePort["grants"]): Promise<string> => {
        if (owners === undefined) return self
        return typeof owners.self === "function" ? owners.self() : owners.self
      }
      const store: GrantStore["Service"] = {
        durable: port.durable ?? true,
        now: now === undefined ? Clock.currentTimeMillis : stored(async () => now()),
        read: (key) => stored(() => grants.read(key)),
        // once it was sent, its result is unknown until the answer: a caller that leaves does not stop it
        compareAndSet: (key, revision, next, options) =>
          Effect.uninterruptible(stored(() => grants.compareAndSet(key, revision, next, options))),
        list: (filter) => stored(() => grants.list(filter)),
        changed: (key, revision, milliseconds) => {
          if (grants.changed !== undefined) {
            return Effect.promise(async (signal) => grants.changed?.(key, revision, milliseconds, signal))
          }
          const look = Effect.gen(function* () {
            while (true) {
              const row = yield* Effect.orElseSucceed(
                stored(() => grants.read(key)),
                () => undefined
              )
              if ((row?.revision ?? 0) !== revision) return
              yield* Effect.sleep(pollEvery)
            }
          })
          return Effect.asVoid(Effect.timeoutOption(look, milliseconds))
        },
        owner: stored(() => nameOf(grants)),
        alive: (owner) => stored(async () => grants.owners?.alive(owner))
      }
      const { meters, once } = port
      let services: Context.Context<GrantStore> = Context.make(GrantStore, store)
      if (once !== undefined) {
        services = Context.add(services, OnceStore, {
          put: (id, sealed, expiresAt) => stored(() => once.put(id, sealed, expiresAt)),
          read: (id) => stored(() => once.read(id)),
          take: (id) => stored(() => once.take(id))
        })
      }
      if (meters !== undefined) {
        services = Context.add(services, MeterStore, {
          add: (company, month, transactions) => stored(() => meters.add(company, month, transactions)),
          set: (company, month, transactions) => stored(() => meters.set(company, month, transactions)),
          read: (company, month) => stored(() => meters.read(company, month))
        })
      }
      return services
    })
  )
