import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

/** What breaks naive writers and readers of XML, and what XML cannot carry. */
const fragments = [
  "&",
  "<",
  ">",
  '"',
  "'",
  "\r",
  "\n",
  "\r\n",
  "\t",
  " ",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "<?x",
  "?>",
  "</password>",
  "&amp;",
  "&#13;",
  "&nbsp;",
  "é",
  "\u0085",
  "\u2028",
  "\ufffd",
  "😀",
  "𝒳",
  "|",
  "a",
  "Z",
  "0"
] as const

const uncarriable = ["\u0000", "\u0001", "\u0008", "\u000b", "\u001f", "\ufffe", "\uffff", "\ud800", "\udc00"] as const

const joined = (pieces: ReadonlyArray<string>): string => pieces.join("")

/** Strings that XML 1.0 can carry, most of them unpleasant. */
export const carriable = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Schema.Literals(fragments))), joined)

/** Any string. */
export const anything = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(Schema.Union([Schema.Literals(fragments), Schema.String, Schema.Literals(uncarriable)]))
  ),
  joined
)

/** Whether XML 1.0 can carry a string, from the Char production and independent of the writer. */
export const isCarriable = (value: string): boolean => {
  for (const character of value) {
    const code = character.codePointAt(0)!
    const allowed =
      code === 0x9 ||
      code === 0xa ||
      code === 0xd ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000
    if (!allowed) return false
  }
  return true
}
