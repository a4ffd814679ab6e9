import type { BusinessCloudOptions } from "@sage-auth/core"

/** What another process is to do. */
export interface Task {
  readonly books: BusinessCloudOptions
  /** the SQLite file */
  readonly path: string
  readonly key: string
  /** so many calls at once */
  readonly callers: number
  /** and again so many times after them; default 1 */
  readonly rounds?: number | undefined
  /** how far its clock is ahead, in milliseconds; default 0 */
  readonly ahead?: number | undefined
  /** shorter times of leases, for tests of this library */
  readonly times?: Readonly<Record<string, number>> | undefined
  /** whether a call waits to be told so; default: it begins at once */
  readonly waits?: boolean | undefined
}

/** What it tells in the end: how often it was served, and how it was not. */
export interface Told {
  readonly served: number
  readonly failures: ReadonlyArray<string>
}
