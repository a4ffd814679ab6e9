import { assert, describe, it } from "@effect/vitest"
import { retryAfter } from "../../src/transport/Answer.ts"

const now = Date.parse("2026-11-21T12:00:00Z")
const read = (value: string | undefined) =>
  retryAfter(new Headers(value === undefined ? {} : { "retry-after": value }), now)

describe("retryAfter", () => {
  it.each([
    ["0", 0],
    ["1", 1000],
    ["120", 120_000],
    ["Sat, 21 Nov 2026 12:02:00 GMT", 120_000],
    // the two older forms of RFC 9110, section 5.6.7
    ["Saturday, 21-Nov-26 12:02:00 GMT", 120_000],
    ["Sat Nov 21 12:02:00 2026", 120_000],
    ["Tue Dec  1 12:00:00 2026", 10 * 24 * 60 * 60_000],
    // names of days and months in any case, and the day's is not compared with the date
    ["mon, 21 NOV 2026 12:02:00 gmt", 120_000],
    [" 120 ", 120_000],
    // a leap second is the one after it
    ["Sat, 21 Nov 2026 12:01:60 GMT", 120_000],
    // no wait is longer than a number can say
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
    // a date that has passed asks for no wait
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0]
  ])("reads %j", (value, milliseconds) => {
    assert.strictEqual(read(value), milliseconds)
  })

  it.each([
    undefined,
    "",
    "soon",
    "-5",
    "1.5",
    "5s",
    "0x10",
    "NaN",
    "Infinity",
    "Sat, 99 Foo 2026",
    "120, 240",
    "Sat, 31 Feb 2027 12:00:00 GMT",
    "Sat, 00 Nov 2026 12:00:00 GMT",
    "Sat, 21 Foo 2026 12:02:00 GMT",
    "Sat, 21 Nov 2026 24:00:00 GMT",
    "Sat, 21 Nov 2026 12:60:00 GMT",
    "Sat, 21 Nov 2026 12:02:61 GMT",
    "Sat, 21 Nov 2026 12:02:00",
    "Sat, 21 Nov 2026 12:02:00 CET",
    "2026-11-21T12:02:00Z",
    "1e3"
  ])("says nothing where the header is %j", (value) => {
    assert.isUndefined(read(value))
  })
})
