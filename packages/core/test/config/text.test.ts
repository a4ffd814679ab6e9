import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { readText } from "../../src/config/options.ts"
import * as Result from "../../src/config/Result.ts"

it.each([
  [
    "\n",
    "text without control characters: it has U+000A (line feed); text read from a file often ends with one: trim it"
  ],
  [
    "\r\n",
    "text without control characters: it has U+000D (carriage return); text read from a file often ends with one: trim it"
  ],
  ["\t", "text without control characters: it has U+0009 (tab)"],
  ["\u0000", "text without control characters: it has U+0000 (null)"],
  ["\u0001", "text without control characters: it has U+0001"],
  ["\u007f", "text without control characters: it has U+007F (delete)"],
  ["\u0085", "text without control characters: it has U+0085"],
  ["\ud83d", "well-formed Unicode: it has half a surrogate pair"],
  ["\ude00", "well-formed Unicode: it has half a surrogate pair"],
  ["\uffff", "text without noncharacters: it has U+FFFF"]
])("names the character %j that cannot be sent, and nothing around it", (character, expected) => {
  assert.deepStrictEqual(readText(`before${character}`), Result.fail(expected))
})

it.each([undefined, null, 5, "", {}, ["text"]])("refuses %j, which is no text", (input) => {
  assert.deepStrictEqual(readText(input), Result.fail("a non-empty string"))
})

it.prop(
  "whatever it accepts comes through UTF-8 unchanged and has no control character",
  [Schema.String, Schema.Literals(["", "😀", "é", "\ud83d", "\n", "&<>\"'"])],
  ([start, end]) => {
    const text = start + end
    const read = readText(text)
    if (Result.isFailure(read)) return
    assert.strictEqual(read.success, text)
    assert.strictEqual(new TextDecoder().decode(new TextEncoder().encode(text)), text)
    assert.notMatch(text, /\p{Cc}/u)
  },
  { arbitrary: { runs: 300 } }
)
