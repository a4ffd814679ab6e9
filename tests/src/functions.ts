import type { XmlFunction, XmlResult } from "@sage-auth/core"

/** A page of vendors. */
export const vendors = (pagesize = 1, query = ""): XmlFunction => ({
  readByQuery: { object: "VENDOR", fields: "RECORDNO,VENDORID,NAME", query, pagesize }
})

/** A new vendor, under a control id where the write has to be told from another. */
export const newVendor = (name: string, controlId?: string): XmlFunction => ({
  ...(controlId === undefined ? {} : { "@controlid": controlId }),
  create: { VENDOR: { VENDORID: name, NAME: name } }
})

/** The data of one of a call's results, in the shape that the test knows it has. */
export const dataOf = async <A>(results: ReadonlyArray<XmlResult>, index = 0): Promise<A> => {
  const result = results[index]
  if (result === undefined) throw new Error(`there is no result ${index}`)
  return (await result.data()) as A
}

/** A page of records as `data()` gives it. */
export interface Page {
  readonly "@count": string
  readonly "@totalcount": string
}
