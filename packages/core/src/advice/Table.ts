import { type Cell, cell, type Written } from "./Cell.ts"
import { frozen } from "./frozen.ts"
import { sources } from "./sources.ts"

/**
 * The two documents that this advice started from: a card that compares Sage's products, and an edition of Sage's own
 * guide to OAuth 2.0 at Intacct.
 */
export type ReferenceDocument = "card" | "guide"

/** A table of statements. */
export interface Table {
  /** what it is asked for by, such as `quick-reference` */
  readonly name: string
  /** its heading */
  readonly title: string
  /** the document and section that it comes from; undefined where neither has such a table */
  readonly from: { readonly document: ReferenceDocument; readonly section: string } | undefined
  /** the names of its columns; the first one names the row */
  readonly columns: ReadonlyArray<string>
  /** each row has a cell for each column */
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
}

/** A row: its name, which has no source of its own, and a cell for each further column. `"+ "` begins a name that the document does not have. */
export type WrittenRow = readonly [name: string, ...cells: ReadonlyArray<Written>]

interface WrittenTable {
  readonly title: string
  readonly from?: NonNullable<Table["from"]>
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<WrittenRow>
}

/** A table from what is written. Every row has as many cells as there are columns. */
export const table = <Name extends string>(
  name: Name,
  { columns, from, rows, title }: WrittenTable
): Table & { readonly name: Name } =>
  frozen({
    name,
    title,
    from,
    columns,
    rows: rows.map(([first, ...rest]) => {
      if (rest.length !== columns.length - 1) throw new Error(`${name}: ${first} has ${rest.length + 1} cells`)
      const own = first.startsWith("+ ")
      const source = from === undefined || own ? sources.library : `${sources[from.document]}, ${from.section}`
      const label = own ? first.slice(2) : first
      const named: Cell = {
        value: label,
        says: own ? undefined : label,
        standing: "confirmed",
        source,
        note: undefined
      }
      return [named, ...rest.map((each) => cell(each, from?.section))]
    })
  })
