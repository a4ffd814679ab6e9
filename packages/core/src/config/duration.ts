import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"

// Timers of the platform count in a signed 32-bit number; a longer one would fire at once.
const longest = 2 ** 31 - 1

const expected = 'a number of milliseconds or a string such as "30 seconds"'

// `fromInput` reads any string and answers with none where it is no duration.
const isInput = (input: unknown): input is Duration.Input => Predicate.isNumber(input) || Predicate.isString(input)

const century = 100 * 365 * 24 * 60 * 60_000

const upTo =
  (most: number, limit: string) =>
  (input: unknown): Result.Result<number, string> => {
    const given = isInput(input) ? Option.map(Duration.fromInput(input), Duration.toMillis) : Option.none()
    if (Option.isNone(given)) return Result.fail(expected)
    return given.value >= 1 && given.value <= most
      ? Result.succeed(given.value)
      : Result.fail(`${expected}, from 1 millisecond to ${limit}`)
  }

/** Milliseconds as a number, or a string that Effect's `Duration` reads, such as `"30 seconds"` or `"2 minutes"`. */
export const readDuration = upTo(longest, "24 days")

/** The same for spans that no timer has to wait for, such as the life of a refresh token. */
export const readLongDuration = upTo(century, "100 years")
