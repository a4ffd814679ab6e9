/** A record, by the fields that were asked for. */
export type IntacctRecord = Readonly<Record<string, unknown>>

/** A field as text; what is empty or missing is `""`. */
export const textOf = (record: IntacctRecord, field: string): string => {
  const value = record[field]
  return typeof value === "string" || typeof value === "number" ? String(value) : ""
}
