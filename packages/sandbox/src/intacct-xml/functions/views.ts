import type { IntacctRecord } from "../records.ts"

/** A list view that somebody has set up in Intacct's pages. */
export interface ListView {
  /** `OBJECT#originalId`. */
  readonly id: string
  readonly object: string
  readonly fields: ReadonlyArray<string>
  readonly shows: (record: IntacctRecord) => boolean
}

const parties = (object: "VENDOR" | "CUSTOMER", original: string): ReadonlyArray<ListView> => {
  const fields = ["RECORDNO", `${object}ID`, "NAME", "STATUS", "TOTALDUE"]
  return [
    { id: `${object}#${original}1@10001`, object, fields, shows: () => true },
    { id: `${object}#${original}2@10001`, object, fields, shows: (record) => record["STATUS"] === "active" }
  ]
}

const documents = (object: "ARINVOICE" | "APBILL", party: string, original: string): ReadonlyArray<ListView> => [
  {
    id: `${object}#${original}1@10001`,
    object,
    fields: ["RECORDNO", "RECORDID", `${party}NAME`, "WHENDUE", "TOTALDUE"],
    shows: (record) => record["STATE"] !== "Paid"
  }
]

/** The views that every company has: all and active parties, open documents, all assets. */
export const listViews: ReadonlyArray<ListView> = [
  ...parties("VENDOR", "10010"),
  ...parties("CUSTOMER", "10020"),
  ...documents("ARINVOICE", "CUSTOMER", "10030"),
  ...documents("APBILL", "VENDOR", "10040"),
  { id: "ASSET#100501@10001", object: "asset", fields: ["id", "name", "cost"], shows: () => true }
]

/** The view of that id; the object's name may be in small letters. */
export const viewNamed = (id: string): ListView | undefined =>
  listViews.find((view) => view.id === id.trim().toUpperCase())
