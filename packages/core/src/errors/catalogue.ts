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
import { findEntries } from "./findEntries.ts"
import { pastedText } from "./pastedText.ts"

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
