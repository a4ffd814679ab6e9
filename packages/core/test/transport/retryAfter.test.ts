import { assert, describe, it } from "@effect/vitest"
import { retryAfter } from "../../src/transport/retryAfter.ts"

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
    // a date that has passed asks for no wait
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0]
  ])("reads %j", (value, milliseconds) => {
    assert.strictEqual(read(value), milliseconds)
  })

  it.each([undefined, "", "soon", "-5", "1.5", "5s", "0x10", "NaN", "Infinity", "Sat, 99 Foo 2026", "120, 240"])(
    "says nothing where the header is %j",
    (value) => {
      assert.isUndefined(read(value))
    }
  )
})
