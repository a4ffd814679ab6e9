import type { IntacctRestClient } from "@sage-auth/core"
import { queryAll, textOf } from "../intacct/query.ts"

export interface Vendor {
  readonly id: string
  readonly name: string
}

export interface Entity {
  readonly id: string
  readonly name: string
}

const inOrder = { fields: ["id", "name"], orderBy: [{ id: "asc" as const }] }

/** The vendors that a client sees: all of them at top level, or those of an entity. */
export const readVendors = async (client: IntacctRestClient, signal?: AbortSignal): Promise<ReadonlyArray<Vendor>> => {
  const rows = await queryAll(client, { object: "accounts-payable/vendor", ...inOrder }, signal)
  return rows.map((row) => ({ id: textOf(row, "id"), name: textOf(row, "name") }))
}

/** The entities of a company. */
export const readEntities = async (client: IntacctRestClient, signal?: AbortSignal): Promise<ReadonlyArray<Entity>> => {
  const rows = await queryAll(client, { object: "company-config/entity", ...inOrder }, signal)
  return rows.map((row) => ({ id: textOf(row, "id"), name: textOf(row, "name") }))
}
