import * as Predicate from "effect/Predicate"
import * as Decoder from "../config/decoder.ts"
import { millisOf } from "../config/duration.ts"
import * as OptionDecoder from "../config/options.ts"
import * as Result from "../config/Result.ts"
import type { World } from "../Connection.ts"

/**
 * When something is tried again: pauses that grow, and an end. Spans are milliseconds, or texts such as `"5 seconds"`.
 */
export interface RetryPolicy {
  /** the first pause */
  readonly first: number | string
  /** each pause is so many times the one before; default 2 */
  readonly factor?: number | undefined
  /** no pause is longer; default: none is cut */
  readonly longest?: number | string | undefined
  /**
   * whether a pause is 80 to 120 % of what it would be, which keeps callers from coming back all at once; default true
   */
  readonly jitter?: boolean | undefined
  /** whether a longer `Retry-After` of the server is obeyed; the caller's deadline ends that wait, too. Default true */
  readonly retryAfter?: boolean | undefined
  /** retries at most; default: as many as there is time for */
  readonly times?: number | undefined
  /** nothing is tried again after so long */
  readonly within: number | string
}

/** What a retry may be given as, by world: `@sage-auth/core/effect` also takes a `Schedule`. */
export interface Retries {
  /** of the promise API */
  readonly promise: RetryPolicy
}

/** When something is tried again. */
export type Retry<W extends World = World> = Retries[W]

/** The schema of `MeterOptions`. */
export const meterSchema = Decoder.Struct(
  {
    allowance: Decoder.optional(OptionDecoder.count(1)),
    budget: Decoder.optional(OptionDecoder.count(1)),
    policy: Decoder.optional(OptionDecoder.oneOf("warn", "stop")),
    thresholds: Decoder.optional(
      OptionDecoder.list(
        OptionDecoder.fraction("a fraction of the budget above 0, such as 0.8 for 80 %", 0, 10),
        "a list of fractions of the budget, such as [0.8, 1]"
      )
    ),
    countLogins: Decoder.optional(OptionDecoder.flag)
  },
  "an object such as { budget, policy, thresholds }"
)

const expected = 'an object such as { first: "200 millis", longest: "5 seconds", times: 4, within: "30 seconds" }'

const isSpan = (input: unknown): boolean => (millisOf(input) ?? -1) >= 0

const isPolicy = (input: object): boolean => {
  const { factor, first, jitter, longest, retryAfter, times, within } = input as Partial<Record<string, unknown>>
  return (
    isSpan(first) &&
    isSpan(within) &&
    (longest === undefined || isSpan(longest)) &&
    (factor === undefined || (Predicate.isNumber(factor) && factor >= 1)) &&
    (jitter === undefined || Predicate.isBoolean(jitter)) &&
    (retryAfter === undefined || Predicate.isBoolean(retryAfter)) &&
    (times === undefined || (Number.isSafeInteger(times) && (times as number) >= 0))
  )
}

/** A schedule passes: whether it can be used is the engine's to say. */
export const retryOption = OptionDecoder.leaf<Retry>(expected, (input) =>
  Predicate.isObject(input) && ("~effect/Schedule" in input || isPolicy(input))
    ? Result.succeed(input as unknown as Retry)
    : Result.fail(expected)
)
