// A file of its own: readers of every kind of answer need it, and share nothing else.

/** Levels of objects and arrays that are read of JSON that somebody else wrote; of XML, as many levels are read. */
export const mostLevels = 100

const quote = 0x22
const backslash = 0x5c
const bracketOpens = 0x5b
const bracketCloses = 0x5d
const braceOpens = 0x7b
const braceCloses = 0x7d

/**
 * Where a text nests deeper than is read, in UTF-16 code units from its start; undefined: nowhere. One pass, and no
 * judgement on whether it is JSON. The platform's parser takes the more time for each level the more levels there are,
 * and holds the event loop meanwhile.
 */
export const tooDeepAt = (text: string, most = mostLevels): number | undefined => {
  let levels = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      // to the quote that ends it
      while (++at < text.length) {
        const inner = text.charCodeAt(at)
        if (inner === quote) break
        if (inner === backslash) at++
      }
    } else if (unit === bracketOpens || unit === braceOpens) {
      if (++levels > most) return at
    } else if (unit === bracketCloses || unit === braceCloses) levels--
  }
  return undefined
}
