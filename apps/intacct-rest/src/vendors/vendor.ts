import type { IntacctRestClient } from "@sage-auth/core"
import { textOf } from "../intacct/record.ts"

export interface Vendor {
  readonly id: string
  readonly name: string
}

export interface Entity {
  readonly id: string
  readonly name: string
}

/** Every page of a query, one transaction on the company's meter each. */
const readAll = async (client: IntacctRestClient, object: string, signal: AbortSignal | undefined) => {
  const query = { object, fields: ["id", "name"], orderBy: [{ id: "asc" as const }] }
  const all: Array<{ readonly id: string; readonly name: string }> = []
  for await (const record of client.records(query, { pageSize: 1000, signal })) {
    all.push({ id: textOf(record, "id"), name: textOf(record, "name") })
  }
  return all
}

/** The vendors that a client sees: all of them at top level, or those of an entity. */
export const readVendors = (client: IntacctRestClient, signal?: AbortSignal): Promise<ReadonlyArray<Vendor>> =>
  readAll(client, "accounts-payable/vendor", signal)

/** The entities of a company. */
export const readEntities = (client: IntacctRestClient, signal?: AbortSignal): Promise<ReadonlyArray<Entity>> =>
  readAll(client, "company-config/entity", signal)
