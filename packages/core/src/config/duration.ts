import * as Result from "./Result.ts"

// Spans of time that several rooms share, in milliseconds.

export const day = 24 * 60 * 60_000

export const week = 7 * day

export const year = 365 * day

/** How old the answer of a function among the options may become before it is asked again. */
export const askAgainAfter = 5 * 60_000

/** How long a user has for login and consent. */
export const transactionLife = 10 * 60_000

// Timers of the platform count in a signed 32-bit number; a longer one would fire at once.
const longest = 2 ** 31 - 1

const expected = 'a number of milliseconds or a string such as "30 seconds"'

const units = {
  nano: 1e-6,
  micro: 1e-3,
  milli: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day,
  week
}

const written = /^(-?\d+(?:\.\d+)?)\s+(nano|micro|milli|second|minute|hour|day|week)s?$/

/** Milliseconds of a number, or of a text as Effect's `Duration` reads it; undefined where it is no duration. */
export const millisOf = (input: unknown): number | undefined => {
  if (typeof input === "number") return input
  if (typeof input !== "string") return undefined
  if (input === "Infinity") return Number.POSITIVE_INFINITY
  const [, amount, unit] = written.exec(input) ?? []
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units]
}

const century = 100 * year

const upTo =
  (most: number, limit: string) =>
  (input: unknown): Result.Result<number, string> => {
    const given = millisOf(input)
    if (given === undefined) return Result.fail(expected)
    return given >= 1 && given <= most
      ? Result.succeed(given)
      : Result.fail(`${expected}, from 1 millisecond to ${limit}`)
  }

/** Milliseconds as a number, or a string that Effect's `Duration` reads, such as `"30 seconds"` or `"2 minutes"`. */
export const readDuration = upTo(longest, "24 days")

/** The same for spans that no timer has to wait for, such as the life of a refresh token. */
export const readLongDuration = upTo(century, "100 years")
