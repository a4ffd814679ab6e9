import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { type ApplicationClock, type ApplicationSettings, defaultSettings } from "./Application.ts"
import { decode } from "./config/issues.ts"
import * as Option from "./config/schema.ts"
import type { Issue } from "./errors/Reason.ts"
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
  /** a clock for everything this library times: the sandbox's, or one of a test. Default: the system's */
  readonly clock?: ApplicationClock | undefined
}

const given = <A>(expected: string, is: (input: unknown) => boolean) =>
  Schema.optional(Option.leaf<A>(expected, (input) => (is(input) ? Result.succeed(input as A) : Result.fail(expected))))

const schedule = given<RetrySchedule>("a Schedule of effect", Schedule.isSchedule)

const SettingsSchema = Schema.Struct({
  connections: Schema.Unknown,
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

/** Checks the settings whole; the connections beside them are checked by their builders. */
export const check = (input: unknown): Result.Result<ApplicationSettings, ReadonlyArray<Issue>> =>
  Result.map(decode(SettingsSchema, input, ""), ({ capacity, clock, deadline, fetch, retry, shutdown }) => ({
    deadline: deadline ?? defaultSettings.deadline,
    shutdown: shutdown ?? defaultSettings.shutdown,
    capacity: capacity ?? defaultSettings.capacity,
    fetch: fetch ?? defaultSettings.fetch,
    retry: {
      transient: retry?.transient ?? defaultSettings.retry.transient,
      rateLimited: retry?.rateLimited ?? defaultSettings.retry.rateLimited
    },
    clock
  }))
