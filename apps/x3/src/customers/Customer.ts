/** A customer, whichever way it was read. */
export interface Customer {
  readonly code: string
  readonly name: string
  readonly country: string
}

/** Which part of the list is wanted. */
export interface Page {
  readonly limit: number
  /** what the page before gave as its `after` */
  readonly after: string | undefined
}

/** A part of the list. */
export interface Customers {
  readonly customers: ReadonlyArray<Customer>
  /** leads to the next part; undefined at the end, and where there are no pages */
  readonly after?: string | undefined
  /** what was missing beside it, in X3's words */
  readonly problems?: ReadonlyArray<string> | undefined
}

/** A record of the table BPCUSTOMER, by the names of its fields. */
export interface CustomerRecord {
  readonly BPCNUM?: string
  readonly BPCNAM?: string
  readonly CRY?: string
}

export const customerOf = ({ BPCNAM, BPCNUM, CRY }: CustomerRecord): Customer => ({
  code: BPCNUM ?? "",
  name: BPCNAM ?? "",
  country: CRY ?? ""
})
