/**
 * The names XML 1.0 allows for elements and attributes.
 *
 * @see https://www.w3.org/TR/xml/#NT-Name Extensible Markup Language (XML) 1.0, production 5
 */

const start = 1
const follow = 2

const ascii = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x3a || code === 0x5f
  const digit = code >= 0x30 && code <= 0x39
  ascii[code] = letter ? start | follow : digit || code === 0x2d || code === 0x2e ? follow : 0
}

const wideStart: ReadonlyArray<readonly [from: number, to: number]> = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff]
]

const wideFollow: ReadonlyArray<readonly [from: number, to: number]> = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040]
]

const within = (ranges: ReadonlyArray<readonly [from: number, to: number]>, code: number): boolean =>
  ranges.some(([from, to]) => code >= from && code <= to)

const isStart = (code: number): boolean => (code < 128 ? (ascii[code]! & start) !== 0 : within(wideStart, code))

const isFollow = (code: number): boolean =>
  code < 128 ? (ascii[code]! & follow) !== 0 : within(wideStart, code) || within(wideFollow, code)

/**
 * The offset after the name that begins at `from`; `from` itself when no name begins there.
 */
export const nameEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length) {
    let code = text.charCodeAt(at)
    let width = 1
    if (code >= 0xd800 && code <= 0xdfff) {
      code = text.codePointAt(at)!
      width = code > 0xffff ? 2 : 1
    }
    if (at === from ? !isStart(code) : !isFollow(code)) break
    at += width
  }
  return at
}

/** nearly every name: the platform is faster than the loop above */
const asciiName = /^[A-Za-z_:][\w:.-]*$/

/**
 * Whether the whole of `text` is one XML name.
 */
export const isXmlName = (text: string): boolean =>
  asciiName.test(text) || (text.length > 0 && nameEnd(text, 0) === text.length)
