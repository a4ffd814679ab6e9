/** What XML and HTML escape alike. A file of its own: pages need this of XML and no more, and what web loads is counted. */

const special = /[&<>\r]/
const specials = /[&<>\r]/g
const attributeSpecial = /[&<>"'\t\n\r]/
const attributeSpecials = /[&<>"'\t\n\r]/g

const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;"
}

/**
 * Escapes character data. Does not look for characters that XML cannot carry: see `text` of `XmlWriter.ts`.
 */
export const escapeText = (value: string): string =>
  special.test(value) ? value.replace(specials, (character) => references[character]!) : value

/**
 * Escapes an attribute value for either kind of quote.
 */
export const escapeAttribute = (value: string): string =>
  attributeSpecial.test(value) ? value.replace(attributeSpecials, (character) => references[character]!) : value
