import type { Sandbox } from "@sage-auth/sandbox"

/** Vendors of the company of the accounts, beside the 160 that it has. */
export const addVendors = (sandbox: Sandbox<"manual">, more: number): number => {
  const company = sandbox.company(sandbox.accounts["intacct-xml"].login.companyId)
  company.define({
    records: {
      VENDOR: Array.from({ length: more }, (_, index) => ({
        VENDORID: `P-${String(index).padStart(5, "0")}`,
        NAME: `Paged ${index}`
      }))
    }
  })
  return company.records("VENDOR").length
}

/** How a list was read. */
export interface Collected<R> {
  readonly records: ReadonlyArray<R>
  /** why it ended before its end */
  readonly thrown: unknown
}

/** Reads a list to its end or its failure. `between` is called after each record, with how many there are. */
export const collect = async <R>(
  list: AsyncIterable<R>,
  between: (count: number) => unknown = () => {}
): Promise<Collected<R>> => {
  const records: Array<R> = []
  try {
    for await (const record of list) {
      records.push(record)
      await between(records.length)
    }
    return { records, thrown: undefined }
  } catch (thrown) {
    return { records, thrown }
  }
}

/** Calls once, when so many records are there. */
export const atRecord =
  (count: number, then: () => unknown) =>
  (have: number): unknown =>
    have === count ? then() : undefined
