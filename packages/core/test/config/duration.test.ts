import { assert, it } from "@effect/vitest"
import { readDuration } from "../../src/config/duration.ts"
import * as Result from "../../src/config/Result.ts"

it.each([
  [30_000, 30_000],
  [1, 1],
  ["30 seconds", 30_000],
  ["1.5 minutes", 90_000],
  ["250 millis", 250],
  [2 ** 31 - 1, 2 ** 31 - 1]
])("reads %j as %d milliseconds", (input, milliseconds) => {
  assert.deepStrictEqual(readDuration(input), Result.succeed(milliseconds))
})

it.each(["30s", "soon", "", true, null, undefined, {}, [1, 2]])("refuses %j, which is no duration", (input) => {
  assert.deepStrictEqual(readDuration(input), Result.fail('a number of milliseconds or a string such as "30 seconds"'))
})

it.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY, "Infinity", "-1 seconds", "25 days", "0 seconds"])(
  "refuses %j, which no timer can wait for",
  (input) => {
    assert.deepStrictEqual(
      readDuration(input),
      Result.fail('a number of milliseconds or a string such as "30 seconds", from 1 millisecond to 24 days')
    )
  }
)
