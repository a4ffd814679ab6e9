import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { readReturnTo } from "../../src/oauth2/returnTo.ts"
import * as Result from "../../src/config/Result.ts"

const pieces = [
  "/",
  "\\",
  "//",
  ".",
  "..",
  "%2f",
  "%2F",
  "%5c",
  "%252f",
  "%25%32%66",
  "%2e",
  "%09",
  "%0d%0a",
  "%",
  "\t",
  "\n",
  "\r",
  "\0",
  " ",
  "?",
  "#",
  "@",
  ":",
  ";",
  "evil.example",
  "https:",
  "javascript:",
  "settings",
  "é",
  "／",
  "。",
  "\u2028",
  "\ud800"
] as const

const nasty = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Schema.Literals(pieces))), (parts) => parts.join(""))

const origin = "https://app.example"

describe("readReturnTo", () => {
  it.each([
    ["/", "/"],
    ["/settings", "/settings"],
    ["/settings?tab=sage&next=https://x.example//y#top", "/settings?tab=sage&next=https://x.example//y#top"],
    ["/a//b", "/a//b"],
    ["/a/../b", "/b"],
    ["/discount/100%25", "/discount/100%25"],
    ["/search?q=%0Aline%5C", "/search?q=%0Aline%5C"],
    ["/réglages", "/r%C3%A9glages"],
    ["/@me/:id;v=1", "/@me/:id;v=1"]
  ])("accepts %j", (input, output) => {
    assert.deepStrictEqual(readReturnTo(input), Result.succeed(output))
  })

  it.each([
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/settings\r\nset-cookie: a=b",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/ ",
    "settings",
    "?tab=1",
    "",
    "/.//evil.example",
    "/..//evil.example",
    "/%2e//evil.example",
    "/a/..//evil.example",
    "/%2fevil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/%252fevil.example",
    "/%25252fevil.example",
    "/%25%32%66evil.example",
    "/%25%32%35%32%66evil.example%25",
    "/a%00",
    "/a%0d%0aset-cookie:a=b",
    "/a%",
    "/a\ud800",
    `/${"a".repeat(1_000)}`,
    `/${"é".repeat(500)}`,
    undefined,
    null,
    7,
    { toString: () => "/settings" },
    ["/settings"]
  ])("refuses %j", (input) => {
    const read = readReturnTo(input)
    assert.isTrue(Result.isFailure(read))
    assert.notInclude(String(Result.isFailure(read) && read.failure), "evil")
  })

  it.prop("gives only what stays on the application's own host, however often it is decoded", [nasty], ([input]) => {
    for (const candidate of [input, `/${input}`, `/settings/${input}`]) {
      const read = readReturnTo(candidate)
      if (Result.isFailure(read)) continue
      let path = read.success
      assert.match(path, /^\/(?![/\\])[\x21-\x7e]*$/)
      for (let round = 0; round < 4; round++) {
        assert.strictEqual(new URL(path, origin).origin, origin, path)
        assert.isFalse(new URL(path, origin).pathname.startsWith("//"), path)
        try {
          path = decodeURIComponent(path.split(/[?#]/, 1)[0]!)
        } catch {
          break
        }
      }
      // and it is stable: reading it again changes nothing
      assert.deepStrictEqual(readReturnTo(read.success), read)
    }
  })
})
