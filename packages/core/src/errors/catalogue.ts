/**
 * The error catalogue: what each failure means, why it happens and what to do, as data.
 *
 * `docs/errors.md` is written from it; `explain` looks an entry up by its id or by what a server said.
 */
import { businessCloudEntries } from "./catalogue/businessCloud.ts"
import { clientEntries } from "./catalogue/client.ts"
import type { CatalogueEntry } from "./catalogue/Entry.ts"
import { intacctEntries } from "./catalogue/intacct.ts"
import { intacctRestEntries } from "./catalogue/intacctRest.ts"
import { intacctXmlEntries } from "./catalogue/intacctXml.ts"
import { x3GraphQLEntries, x3WebServicesEntries } from "./catalogue/x3.ts"
import { x3GatewayEntries } from "./catalogue/x3Gateway.ts"
import { findEntries } from "./findEntries.ts"

export type { CatalogueEntry, Level, ReasonTag } from "./catalogue/Entry.ts"

/** The id of an entry: its surface, its product or `client`, then a dot and what happened. */
export type CatalogueId =
  | keyof typeof clientEntries
  | keyof typeof intacctEntries
  | keyof typeof intacctXmlEntries
  | keyof typeof intacctRestEntries
  | keyof typeof businessCloudEntries
  | keyof typeof x3WebServicesEntries
  | keyof typeof x3GraphQLEntries
  | keyof typeof x3GatewayEntries

/**
 * Every failure that this library knows.
 *
 * @category errors
 */
export const catalogue: Readonly<Record<CatalogueId, CatalogueEntry>> = {
  ...clientEntries,
  ...intacctEntries,
  ...intacctXmlEntries,
  ...intacctRestEntries,
  ...businessCloudEntries,
  ...x3WebServicesEntries,
  ...x3GraphQLEntries,
  ...x3GatewayEntries
}

/** An entry together with its id. */
export type Explained = { readonly id: CatalogueId } & CatalogueEntry

/** Whether a text is the id of an entry. */
export const isCatalogueId = (id: string): id is CatalogueId => Object.hasOwn(catalogue, id)

const withId = (id: CatalogueId): Explained => ({ id, ...catalogue[id] })

/** The longest text that is looked through, in characters: a page of a log. */
const longestText = 64 * 1024

const textOf = (what: unknown): string => {
  if (typeof what === "string") return what
  if (typeof what !== "object" || what === null) return ""
  const { cause, code, id, message } = what as Readonly<Record<"cause" | "code" | "id" | "message", unknown>>
  if (typeof id === "string" && isCatalogueId(id)) return id
  // the platform's fetch says "fetch failed", and why in its cause
  const { code: codeOfCause } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    readonly code?: unknown
  }
  return [code, codeOfCause, message].filter((part) => typeof part === "string").join(" ")
}

/** A text without the quotes around all of it. */
const unquoted = (text: string): string => /^(["'])([^"']*)\1$/.exec(text)?.[2]?.trim() ?? text

/**
 * The entries for an id, for a server's code or status, or for what a server says: its whole sentence or a part of it.
 *
 * What many servers say, such as `Invalid request` or `Not found`, gives every entry that it may be. Entries with that
 * very sentence come first, then those with that code, then those with a part of it.
 *
 * An error can be given as it was caught, or as its JSON was kept. So can text with any of these in it: a line of a
 * log, a stack trace, a server's whole answer. Of a text, the first 65,536 characters are read.
 *
 * Colours, escapes of JSON, HTML and URLs, and what logs and mails put before a line are seen through.
 *
 * Case does not count. A code may mean several things, so there may be several entries: their `level` and `text` tell
 * them apart. What is not known gives an empty array.
 *
 * @example
 * explain("XL03000006").map((entry) => entry.id)
 * explain("No active subscription")[0]?.remedy
 * explain(error)[0]?.remedy
 *
 * @category errors
 */
export const explain = (what: unknown): ReadonlyArray<Explained> => {
  const wanted = unquoted(pastedText(textOf(what).slice(0, longestText)).trim().toLowerCase())
  if (wanted === "") return []
  return findEntries({ catalogue, text: wanted }).filter(isCatalogueId).map(withId)
}

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

/**
 * The words of a text that was pasted, with one space between them. What logs, terminals, mails and web pages make of a
 * server's words is undone. Case is left.
 *
 * Every pattern is bounded, so that time is linear in the length of the text, whatever the text.
 */
const pastedText = (text: string): string =>
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
