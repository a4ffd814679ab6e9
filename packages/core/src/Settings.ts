import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { type ApplicationClock, type ApplicationSettings, defaultSettings } from "./Application.ts"
import { decode } from "./config/issues.ts"
import * as Option from "./config/schema.ts"
import type { Secret } from "./config/Secret.ts"
import type { Issue, StoreUnavailable } from "./errors/Reason.ts"
import { failure, isSageAuthError, type SageAuthError } from "./errors/SageAuthError.ts"
import type { GrantStore } from "./grant/GrantStore.ts"
import { generateKey, parseKeys } from "./grant/keys.ts"
import { layerSqlite } from "./grant/sqlite.ts"
import type { GrantTimes } from "./grant/times.ts"
import type { Coordination } from "./traffic/Pool.ts"
import type { RetrySchedule, RetrySchedules } from "./traffic/RetrySchedules.ts"
import type { Fetch } from "./transport/Answer.ts"

/** What all connections of an application share. Every setting has a default. */
export interface Settings {
  /** how long a caller waits: milliseconds, or a text such as `"10 seconds"`. Default 30 seconds */
  readonly deadline?: number | string | undefined
  /** how long `close()` waits for renewals that were sent. Default 20 seconds */
  readonly shutdown?: number | string | undefined
  /** credentials kept in memory at most, per connection; above it, the least recently used are dropped. Default 100,000 */
  readonly capacity?: number | undefined
  /** carries the calls; default: the platform's. Connections with `ca` use one of their own */
  readonly fetch?: Fetch | undefined
  /** when calls and renewals are tried again; default: `RetrySchedules.defaults` */
  readonly retry?: Partial<RetrySchedules> | undefined
  /**
   * where grants live: `"memory:"` (default), `"sqlite:<path>"` for one file that several processes of one machine share,
   * or a layer of `GrantStore` such as that of `@sage-auth/postgres`
   */
  readonly store?: "memory:" | `sqlite:${string}` | Layer.Layer<GrantStore, unknown> | undefined
  /**
   * what grants and cookies are sealed with: 32 random bytes in base64url each, the newest first. Needed for every store
   * but memory, which makes a key of its own: consents under way then die with the process
   */
  readonly keys?: ReadonlyArray<Secret> | undefined
  /**
   * renews grants that would die unused, in the background: at the latest after `every`, such as `"7 days"`. Without it,
   * `keepAlive()` does one pass when a scheduler of yours calls it. Default: off
   */
  readonly keepAlive?: { readonly every?: number | string | undefined } | undefined
  /**
   * where the pools of companies are: `"memory:"` (default), or a layer of `Coordination` for several processes that
   * serve the same company, such as that of `@sage-auth/redis`
   */
  readonly coordination?: "memory:" | Layer.Layer<Coordination, unknown> | undefined
  /** a clock for everything this library times: the sandbox's, or one of a test. Default: the system's */
  readonly clock?: ApplicationClock | undefined
}

const given = <A>(expected: string, is: (input: unknown) => boolean) =>
  Schema.optional(Option.leaf<A>(expected, (input) => (is(input) ? Result.succeed(input as A) : Result.fail(expected))))

const schedule = given<RetrySchedule>("a Schedule of effect", Schedule.isSchedule)

const week = 7 * 24 * 60 * 60_000

const storeText = '"memory:", "sqlite:<path>", or a layer of GrantStore'

const isStore = (input: unknown): boolean =>
  input === "memory:" || (typeof input === "string" && /^sqlite:./s.test(input)) || Layer.isLayer(input)

/** For tests of this library: shorter times for leases, so that a matrix of deaths does not take an hour. */
export const grantTimes: unique symbol = Symbol.for("@sage-auth/core/grantTimes")

const timesOf = (input: unknown): GrantTimes => ({
  ...defaultSettings.times,
  ...(Predicate.hasProperty(input, grantTimes) && Predicate.isObject(input[grantTimes]) ? input[grantTimes] : {})
})

const SettingsSchema = Schema.Struct({
  connections: Schema.optional(Schema.Unknown),
  [grantTimes]: Schema.optional(Schema.Unknown),
  store: given<NonNullable<Settings["store"]>>(storeText, isStore),
  coordination: given<NonNullable<Settings["coordination"]>>(
    '"memory:", or a layer of Coordination',
    (input) => input === "memory:" || Layer.isLayer(input)
  ),
  keys: Schema.optional(Schema.Unknown),
  keepAlive: Schema.optional(
    Schema.Struct({ every: Schema.optional(Option.longDuration) }).annotate({
      expected: 'an object such as { every: "7 days" }'
    })
  ),
  deadline: Schema.optional(Option.duration),
  shutdown: Schema.optional(Option.duration),
  capacity: Schema.optional(Option.count(1)),
  fetch: given<Fetch>("a function with the shape of the platform's fetch", Predicate.isFunction),
  retry: Schema.optional(
    Schema.Struct({ transient: schedule, rateLimited: schedule }).annotate({
      expected: "an object with a schedule under transient, rateLimited or both"
    })
  ),
  clock: given<ApplicationClock>(
    "an object with a function now() that returns milliseconds since the epoch",
    (input) => Predicate.hasProperty(input, "now") && Predicate.isFunction(input.now)
  )
}).annotate({ expected: "an object with the connections of the application" })

/** Whatever a foreign layer fails with, the application hears that its store is away. */
const layerOf = (store: Settings["store"]): ApplicationSettings["store"] => {
  if (store === undefined || store === "memory:") return defaultSettings.store
  if (typeof store === "string") return layerSqlite({ path: store.slice("sqlite:".length) })
  return store.pipe(
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
}

/** Checks the settings whole; the connections beside them are checked by their builders. */
export const check = (input: unknown): Result.Result<ApplicationSettings, ReadonlyArray<Issue>> => {
  const decoded = decode(SettingsSchema, input, "")
  const { keys, store } = (Predicate.isObject(input) ? input : {}) as Pick<Settings, "keys" | "store">
  const inMemory = store === undefined || store === "memory:"
  const parsed =
    keys !== undefined
      ? parseKeys(keys)
      : inMemory
        ? parseKeys([generateKey()])
        : Result.fail([
            { option: "keys", expected: "keys for every store but memory: 32 random bytes in base64url each" }
          ])
  if (Result.isFailure(decoded) || Result.isFailure(parsed)) {
    return Result.fail([
      ...(Result.isFailure(decoded) ? decoded.failure : []),
      ...(Result.isFailure(parsed) ? parsed.failure : [])
    ])
  }
  const { capacity, clock, coordination, deadline, fetch, keepAlive, retry, shutdown } = decoded.success
  return Result.succeed({
    deadline: deadline ?? defaultSettings.deadline,
    shutdown: shutdown ?? defaultSettings.shutdown,
    capacity: capacity ?? defaultSettings.capacity,
    fetch: fetch ?? defaultSettings.fetch,
    retry: {
      transient: retry?.transient ?? defaultSettings.retry.transient,
      rateLimited: retry?.rateLimited ?? defaultSettings.retry.rateLimited
    },
    clock,
    store: layerOf(decoded.success.store),
    keys: parsed.success,
    times: timesOf(input),
    coordination: coordination === undefined || coordination === "memory:" ? undefined : Layer.orDie(coordination),
    keepsMeters: !inMemory,
    ownKeys: keys === undefined,
    keepAlive: keepAlive === undefined ? undefined : { every: keepAlive.every ?? week }
  })
}
