import type { XmlResult } from "@sage-auth/core"

/** Where a flow says what it did. */
export type Print = (line: string) => void

/** A function that reads the first records of an object. */
export const readFirst = (object: string, pagesize = 1) => ({
  readByQuery: { object, fields: "RECORDNO", query: "", pagesize }
})

/** How many records there are, whatever the page holds. */
export const totalOf = ([result]: ReadonlyArray<XmlResult>): number => result?.totalcount ?? 0
