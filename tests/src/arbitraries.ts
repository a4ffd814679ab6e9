import { Arbitrary, Schema } from "effect"

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
  "</login>",
  "&amp;",
  "&#13;",
  "&nbsp;",
  "%41",
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

/** Any string but the empty one. */
export const anyText = Arbitrary.map(anything, (text) => text || "a")

/** Any bytes. */
export const anyBytes = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), {
    maxLength: 400
  }),
  (bytes) => Uint8Array.from(bytes)
)

const place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_000 }))

/** A text that is damaged in a few places: bytes removed, and others put there. */
export const damaged = (text: string) =>
  Arbitrary.map(
    Arbitrary.array(
      Arbitrary.all({
        at: Arbitrary.schema(place),
        remove: Arbitrary.schema(place),
        put: anyBytes,
        copy: Arbitrary.schema(place)
      }),
      { minLength: 1, maxLength: 4 }
    ),
    (damages) => {
      let bytes = Buffer.from(text)
      for (const { at, copy, put, remove } of damages) {
        const from = at % (bytes.length + 1)
        const copied = bytes.subarray(copy % (bytes.length + 1), (copy % (bytes.length + 1)) + 40)
        const inserted = put.subarray(0, put.length % 8)
        bytes = Buffer.concat([bytes.subarray(0, from), inserted, copied, bytes.subarray(from + (remove % 60))])
      }
      return Uint8Array.from(bytes)
    }
  )

/** Whether XML 1.0 can carry a text: its production for characters, and nothing of our writer. */
export const isCarriable = (text: string): boolean =>
  Array.from(text).every((character) => {
    const code = character.codePointAt(0) as number
    if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
    return (code <= 0xd7ff || code >= 0xe000) && code !== 0xfffe && code !== 0xffff
  })

/** Whether XML can carry a text and no character of it controls anything, as befits an id or a password. */
export const isPrintable = (text: string): boolean => isCarriable(text) && !/\p{Cc}/u.test(text)
