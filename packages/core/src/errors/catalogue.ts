/**
 * The error catalogue: what each failure means, why it happens and what to do, as data.
 *
 * `docs/errors.md` is written from it; `explain` looks an entry up by its id or by what a server said.
 */
import { businessCloud } from "./catalogue/businessCloud.ts"
import { client } from "./catalogue/client.ts"
import type { CatalogueEntry } from "./catalogue/Entry.ts"
import { intacct } from "./catalogue/intacct.ts"
import { intacctRest } from "./catalogue/intacctRest.ts"
import { intacctXml } from "./catalogue/intacctXml.ts"
import { x3Gateway, x3GraphQL, x3WebServices } from "./catalogue/x3.ts"

export type { CatalogueEntry, Level, ReasonTag } from "./catalogue/Entry.ts"

/** The id of an entry: its surface, its product or `client`, then a dot and what happened. */
export type CatalogueId =
  | keyof typeof client
  | keyof typeof intacct
  | keyof typeof intacctXml
  | keyof typeof intacctRest
  | keyof typeof businessCloud
  | keyof typeof x3WebServices
  | keyof typeof x3GraphQL
  | keyof typeof x3Gateway

/**
 * Every failure that this library knows.
 *
 * @category errors
 */
export const catalogue: Readonly<Record<CatalogueId, CatalogueEntry>> = {
  ...client,
  ...intacct,
  ...intacctXml,
  ...intacctRest,
  ...businessCloud,
  ...x3WebServices,
  ...x3GraphQL,
  ...x3Gateway
}

/** An entry together with its id. */
export type Explained = { readonly id: CatalogueId } & CatalogueEntry

/** Whether a text is the id of an entry. */
export const isCatalogueId = (id: string): id is CatalogueId => Object.hasOwn(catalogue, id)

const ids: ReadonlyArray<CatalogueId> = Object.keys(catalogue).filter(isCatalogueId)

const withId = (id: CatalogueId): Explained => ({ id, ...catalogue[id] })

const has = (id: CatalogueId, code: string): boolean =>
  id === code || catalogue[id].codes.some((known) => known.toLowerCase() === code)

const says = (id: CatalogueId, part: string): boolean => catalogue[id].text?.toLowerCase().includes(part) ?? false

/** The longest text that is looked through, in characters: a page of a log. */
const longestText = 64 * 1024

const inWord = /[a-z0-9_]/

/** Whether a text holds a word, and not as a part of a longer one. A number counts only as a status that says so. */
const holds = (text: string, word: string): boolean => {
  const marked = /^\d+$/.test(word) ? ["http ", "status ", "status: ", "status code "] : [""]
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text.slice(Math.max(0, at - 12), at)
    const alone = !inWord.test(text[at - 1] ?? "") && !inWord.test(text[at + word.length] ?? "")
    if (alone && marked.some((mark) => before.endsWith(mark))) return true
  }
  return false
}

/** Whether a text has the words of an entry, whatever stands where that has `<session id>`. */
const quotes = (text: string, own: string | undefined): boolean =>
  own !== undefined &&
  own
    .toLowerCase()
    .split(" / ")
    .some((one) => one.split(/<[^<>]*>/).every((part) => text.includes(part.trim())))

/** What a text names: ids of entries above all, then servers' codes, then what servers say. */
const namedIn = (text: string): ReadonlyArray<CatalogueId> => {
  const named = ids.filter((id) => holds(text, id))
  if (named.length > 0) return named
  // a message of this library's own, whose id was not kept
  const meant = ids.filter((id) => text.includes(catalogue[id].meaning.toLowerCase()))
  if (meant.length > 0) return meant
  const coded = ids.filter((id) => catalogue[id].codes.some((code) => holds(text, code.toLowerCase())))
  const said = ids.filter((id) => quotes(text, catalogue[id].text))
  // a code that several entries share is told apart by the text beside it
  const sure = coded.filter((id) => said.includes(id))
  return sure.length > 0 ? sure : coded.length > 0 ? coded : said
}

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

/**
 * The entries for an id, or for a server's code or status. Where neither is known, those for a part of a server's text.
 *
 * An error can be given as it was caught, or as its JSON was kept. So can text with any of these in it: a line of a
 * log, a stack trace, a server's whole answer. Of a text, the first 65,536 characters are read.
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
  const wanted = textOf(what).slice(0, longestText).trim().toLowerCase()
  if (wanted === "") return []
  const exact = ids.filter((id) => has(id, wanted))
  if (exact.length > 0) return exact.map(withId)
  const parts = ids.filter((id) => says(id, wanted))
  return (parts.length > 0 ? parts : namedIn(wanted)).map(withId)
}
