import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { plainText } from "../../src/oauth2/errorBody.ts"

const pieces = [
  "<script>",
  "</script>",
  "<",
  ">",
  "<!--",
  "-->",
  "a",
  " ",
  "\n",
  "\u202e",
  "\u0000",
  "😀",
  "\ud83d",
  "é"
] as const
const anything = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Union([Schema.Literals(pieces), Schema.String]))),
  (parts) => parts.join("")
)

describe("plainText", () => {
  it.each([
    ["<html><body><h1>502 Bad Gateway</h1></body></html>", "502 Bad Gateway"],
    ["a <script>alert(1)</script> b", "a alert(1) b"],
    ["cut <img src=x onerror=alert(1)", "cut"],
    ["<scr<script>ipt>x", "scr ipt x"],
    ["1 < 2 and 3 > 2", "1 2 and 3 2"],
    ["line\r\n\tbreaks\u2028too", "line breaks too"],
    ["abc\u202egpj.exe", "abc gpj.exe"],
    ["Renouvellement refusé 😀", "Renouvellement refusé 😀"]
  ])("turns %j into %j", (text, plain) => {
    assert.strictEqual(plainText(text, 100), plain)
  })

  it("cuts what is too long, and no character in two", () => {
    assert.strictEqual(plainText("abcdef", 4), "abc…")
    assert.strictEqual(plainText("ab😀def", 4), "ab…")
  })

  it.prop("leaves neither markup nor controls, in one line of the given length", [anything], ([text]) => {
    const plain = plainText(text, 40)
    assert.isAtMost(plain.length, 40)
    assert.notMatch(plain, /[<>\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
    assert.strictEqual(plainText(plain, 40), plain)
  })
})
