/** Controls, formatting characters that reorder or hide text, half surrogate pairs, and what no text should hold. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]+/gu

/** a tag, a comment or a declaration, whole or cut off at the end of the text; a "<" that begins none stays for the next step */
const markup = /<[!/?a-z][^<>]*(?:>|$)/gi

/**
 * A server's words as one line of plain text: without markup, controls and characters that reorder what is read, at
 * most `limit` characters long. It can stand in a log line or a page, whatever the server had put in.
 */
export const plainText = (text: string, limit: number): string => {
  const clean = text.replace(markup, " ").replace(/[<>]/g, " ").replace(unprintable, " ").replace(/\s+/g, " ").trim()
  if (clean.length <= limit) return clean
  // not through the middle of a surrogate pair
  const cut = clean.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")
  return `${cut.trimEnd()}…`
}
