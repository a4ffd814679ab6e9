/**
 * Undoes what logs, terminals, mails and web pages make of a server's words, so that those are found in a text that was
 * pasted.
 *
 * Every pattern is bounded, so that time is linear in the length of the text, whatever the text.
 */

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", amp: "&" }

const character = (code: number, otherwise: string): string =>
  code >= 0x20 && code <= 0xffff ? String.fromCharCode(code) : code < 0x20 ? " " : otherwise

// oxlint-disable-next-line no-control-regex -- a terminal's colours begin with one
const colours = /\u001b\[[\d;:?]{0,32}[A-Za-z]/g
/** `\n`, `\"` and `\u003c` of JSON or a programming language, escaped as often as you like */
const backslashed = /\\{1,16}(?:u([\da-f]{4})|x([\da-f]{2})|[nrt]|(["'/`]))/gi
/** `&lt;`, `&#039;` and `&amp;quot;` */
const marked = /&(?:amp;){0,4}(?:(lt|gt|quot|apos|nbsp|amp)|#(\d{1,5})|#x([\da-f]{1,4}));/gi
/** `%20` and `%2520` */
const percented = /%(?:25){0,4}([2-7][\da-f])/gi
/** what mails, `curl -v` and tables put before a line */
const lineStart = /(^|[\r\n])[ \t]{0,8}(?:[<>|*#] ?){1,8}(?=[\w"'{[( \r\n]|$)/g

/** The words of a text, with one space between them. Case is left. */
export const pastedText = (text: string): string =>
  text
    .replace(colours, "")
    .replace(backslashed, (_, unicode?: string, byte?: string, quote?: string) => {
      const code = unicode ?? byte
      return code === undefined ? (quote ?? " ") : character(Number.parseInt(code, 16), "")
    })
    .replace(marked, (whole: string, name?: string, decimal?: string, hex?: string) =>
      name === undefined
        ? character(decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal), whole)
        : (entities[name.toLowerCase()] ?? whole)
    )
    .replace(percented, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    // a form's space, and no sign: `+1` stands alone
    .replace(/(?<=[\w.:,;)'"])\+(?=[\w('"])/g, " ")
    .replace(lineStart, "$1")
    .replace(/[\u2018\u2019\u201a\u201b\u00b4]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/\s+/g, " ")
