import { Arbitrary, Schema } from "effect"

const pieces = [
  "&",
  "<",
  ">",
  '"',
  "'",
  "\r",
  "\n",
  "\t",
  " ",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "</password>",
  "</login>",
  "&amp;",
  "&#13;",
  "%41",
  "é",
  "\u0085",
  "\u2028",
  "\ufffd",
  "😀",
  "𝒳",
  "|",
  "a",
  "0"
] as const

const uncarriable = ["\u0000", "\u0008", "\u001f", "\ufffe", "\ud800"] as const

/** Any text, most of it unpleasant to carry in XML, some of it impossible. */
export const anyText = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(Schema.Union([Schema.Literals(pieces), Schema.String, Schema.Literals(uncarriable)])),
    { minLength: 1 }
  ),
  (parts) => parts.join("") || "a"
)

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

/** Whether XML 1.0 can carry a text, by its production for characters. */
export const isCarriable = (text: string): boolean =>
  Array.from(text).every((character) => {
    const code = character.codePointAt(0) as number
    if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
    return (code <= 0xd7ff || code >= 0xe000) && code !== 0xfffe && code !== 0xffff
  })

/** Whether XML can carry a text and no character of it controls anything, as befits an id or a password. */
export const isPrintable = (text: string): boolean => isCarriable(text) && !/\p{Cc}/u.test(text)
