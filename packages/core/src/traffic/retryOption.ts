import * as Predicate from "effect/Predicate"
import * as Result from "../config/Result.ts"
import { millisOf } from "../config/duration.ts"
import * as OptionDecoder from "../config/optionDecoder.ts"
import type { Retry } from "./RetryPolicy.ts"

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
