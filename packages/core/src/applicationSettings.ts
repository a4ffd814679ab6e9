import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ApplicationSettings, defaultSettings } from "./Application.ts"
import type { StoreUnavailable } from "./errors/Reason.ts"
import { failure, isSageAuthError, type SageAuthError } from "./errors/SageAuthError.ts"
import { fromPort as storeFromPort } from "./grant/fromPort.ts"
import type { GrantStore } from "./grant/GrantStore.ts"
import type { StorePort } from "./grant/ports.ts"
import { layerSqlite } from "./grant/sqlite.ts"
import type { CheckedSettings } from "./Settings.ts"
import { fromPort as coordinationFromPort } from "./traffic/fromPort.ts"
import type { Coordination } from "./traffic/Pool.ts"
import type { CoordinationPort } from "./traffic/ports.ts"
import { scheduleOf } from "./traffic/RetrySchedules.ts"

/** Whatever a foreign layer fails with, the application hears that its store is away. */
const ofLayer = (layer: Layer.Layer<GrantStore, unknown>): ApplicationSettings["store"] =>
  layer.pipe(
    Layer.catch((thrown) =>
      Layer.effectContext(
        Effect.fail(
          isSageAuthError(thrown) && thrown.reason._tag === "StoreUnavailable"
            ? (thrown as SageAuthError<StoreUnavailable>)
            : failure<StoreUnavailable>("client.store-unavailable", { message: "the layer of the grant store failed" })
        )
      )
    )
  )

const storeOf = (store: CheckedSettings["store"]): ApplicationSettings["store"] => {
  if (store === "memory:") return defaultSettings.store
  if (typeof store === "string") return layerSqlite({ path: store.slice("sqlite:".length) })
  return Layer.isLayer(store)
    ? ofLayer(store as unknown as Layer.Layer<GrantStore, unknown>)
    : storeFromPort(store as StorePort)
}

const coordinationOf = (coordination: CheckedSettings["coordination"]): ApplicationSettings["coordination"] => {
  if (coordination === "memory:") return undefined
  return Layer.isLayer(coordination)
    ? Layer.orDie(coordination as unknown as Layer.Layer<Coordination, unknown>)
    : coordinationFromPort(coordination as CoordinationPort)
}

/** The settings of an application as its engine takes them, complete. */
export const applicationSettings = (checked: CheckedSettings): ApplicationSettings => ({
  deadline: checked.deadline ?? defaultSettings.deadline,
  shutdown: checked.shutdown ?? defaultSettings.shutdown,
  capacity: checked.capacity ?? defaultSettings.capacity,
  fetch: checked.fetch ?? defaultSettings.fetch,
  retry: {
    transient:
      checked.retry.transient === undefined ? defaultSettings.retry.transient : scheduleOf(checked.retry.transient),
    rateLimited:
      checked.retry.rateLimited === undefined
        ? defaultSettings.retry.rateLimited
        : scheduleOf(checked.retry.rateLimited)
  },
  clock: checked.clock,
  store: storeOf(checked.store),
  keys: checked.keys,
  times: { ...defaultSettings.times, ...checked.times },
  coordination: coordinationOf(checked.coordination),
  keepsMeters: checked.store !== "memory:",
  ownKeys: checked.ownKeys,
  keepAlive: checked.keepAlive,
  storeAdvice: []
})
