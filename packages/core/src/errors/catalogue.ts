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

/** Every failure that this library knows. */
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

/**
 * The entries for an id, for a server's code or status, or, when neither is known, for a part of a server's text.
 *
 * Case does not count. A code may mean several things, so there may be several entries: their `level` and `text` tell
 * them apart. Nothing known gives an empty array.
 *
 * @example
 * explain("XL03000006").map((entry) => entry.id)
 * explain("No active subscription")[0]?.remedy
 */
export const explain = (code: string): ReadonlyArray<Explained> => {
  const wanted = code.trim().toLowerCase()
  if (wanted === "") return []
  const exact = ids.filter((id) => has(id, wanted))
  return (exact.length > 0 ? exact : ids.filter((id) => says(id, wanted))).map(withId)
}
