// A file of its own: declarations of both entries name these types, see `sharedTypes` in tsdown.config.ts.

import type { CallOptions } from "../application/Application.ts"
import type { StandardSchema } from "../schema/StandardSchema.ts"

/** How far a list was read. */
export interface Progress {
  /** how many records were handed over, those of this page included */
  readonly done: number
  /** how many there are, as the server says with this page; undefined where it does not */
  readonly total: number | undefined
}

/**
 * One page of a list.
 *
 * @typeParam R one record
 */
export interface Page<out R> extends Progress {
  /** in the server's order; never empty */
  readonly records: ReadonlyArray<R>
}

/** One record of a list whose pages are JSON, as the server writes it. */
export interface JsonRecord {
  /** a member by its name */
  readonly [member: string]: unknown
}

/**
 * How a list is read. `deadline` counts for each page, and `signal` for all of them: aborting it also ends the reading
 * between two pages.
 *
 * @typeParam R one record
 */
export interface PageOptions<R = unknown> extends CallOptions {
  /** records of a page; default: as the request says, or the server chooses. Each surface has a limit */
  readonly pageSize?: number | undefined
  /** after so many pages the list is refused, as one that never ends. Default 100,000 */
  readonly maxPages?: number | undefined
  /** called when a page is handed over */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** what each record must fit, and what it becomes: a schema of Valibot, Zod or another Standard Schema library */
  readonly schema?: StandardSchema<R> | undefined
}
