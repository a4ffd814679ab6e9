import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { millisOf } from "../config/duration.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Retry, RetryPolicy } from "./options.ts"

/** A schedule over the errors of this library. */
export type RetrySchedule = Schedule.Schedule<unknown, SageAuthError>

/** When a call or a renewal is tried again. Both are plain values: read them, replace them, test them. */
export interface RetrySchedules {
  /** for answers that never came or were not the server's own, and for "try again later" */
  readonly transient: RetrySchedule
  /** for the server's own limits: `Retry-After` wins where it is longer */
  readonly rateLimited: RetrySchedule
}

const retryAfterOf = (error: SageAuthError): Duration.Duration =>
  Duration.millis(error.reason._tag === "RateLimited" ? (error.reason.retryAfter ?? 0) : 0)

const obeyRetryAfter = (schedule: RetrySchedule): RetrySchedule =>
  Schedule.modifyDelay(schedule, ({ input, duration }) => Effect.succeed(Duration.max(duration, retryAfterOf(input))))

/**
 * 200 ms, doubled up to 5 s, 80 to 120 % of it, four retries within 30 s.
 *
 * @category retries
 */
export const transient: RetrySchedule = Schedule.min([
  Schedule.exponential("200 millis"),
  Schedule.spaced("5 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ times: 4, duration: "30 seconds" }), Schedule.setInputType<SageAuthError>())

/**
 * 1 s, doubled up to 30 s, 80 to 120 % of it, six retries within two minutes. A longer `Retry-After` is obeyed; the
 * caller's deadline is what ends the wait.
 *
 * @category retries
 */
export const rateLimited: RetrySchedule = Schedule.min([
  Schedule.exponential("1 second"),
  Schedule.spaced("30 seconds")
]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 6, duration: "2 minutes" }),
  Schedule.setInputType<SageAuthError>(),
  obeyRetryAfter
)

/**
 * For a pairing that an X3 user has yet to accept: 5 s, doubled up to 5 minutes, 80 to 120 % of it, for 30 days. A
 * restart may lie between two tries: the schedule only says how long the next pause is.
 *
 * @category retries
 */
export const pairing: RetrySchedule = Schedule.min([
  Schedule.exponential("5 seconds"),
  Schedule.spaced("5 minutes")
]).pipe(Schedule.jittered, Schedule.upTo({ duration: "30 days" }), Schedule.setInputType<SageAuthError>())

/**
 * What is used unless the application says otherwise.
 *
 * @category retries
 */
export const defaults: RetrySchedules = { transient, rateLimited }

const scheduleOfPolicy = ({ factor, first, jitter, longest, retryAfter, times, within }: RetryPolicy): RetrySchedule =>
  Schedule.min([
    Schedule.exponential(millisOf(first) ?? 0, factor ?? 2),
    Schedule.spaced(longest === undefined ? Duration.infinity : (millisOf(longest) ?? 0))
  ]).pipe(
    (schedule) => (jitter === false ? schedule : Schedule.jittered(schedule)),
    Schedule.upTo({ times: times ?? Number.MAX_SAFE_INTEGER, duration: millisOf(within) ?? 0 }),
    Schedule.setInputType<SageAuthError>(),
    (schedule) => (retryAfter === false ? schedule : obeyRetryAfter(schedule))
  )

/**
 * The schedule of what the settings say, in either way.
 *
 * @category retries
 */
export const scheduleOf = (retry: Retry): RetrySchedule =>
  Schedule.isSchedule(retry) ? retry : scheduleOfPolicy(retry)
