import { BadGatewayException } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"

/** What Intacct's query service is asked. Source: developer.sage.com, Sage Intacct REST API, Queries. */
export interface Query {
  readonly object: string
  readonly fields: ReadonlyArray<string>
  readonly filters?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly orderBy?: ReadonlyArray<Readonly<Record<string, "asc" | "desc">>>
  /** the first record, counted from 1 */
  readonly start?: number
  /** how many at most, up to 4000 */
  readonly size?: number
}

/** A record, by the fields that were asked for. */
export type Row = Readonly<Record<string, unknown>>

interface Answer {
  readonly "ia::result": ReadonlyArray<Row>
  readonly "ia::meta": { readonly next: number | null }
}

/** A field as text; what is empty or missing is `""`. */
export const textOf = (row: Row, field: string): string => {
  const value = row[field]
  return typeof value === "string" || typeof value === "number" ? String(value) : ""
}

/** One page of a query, and where the next one starts. One transaction on the company's meter. */
export const queryPage = async (
  client: IntacctRestClient,
  query: Query,
  signal?: AbortSignal
): Promise<{ readonly rows: ReadonlyArray<Row>; readonly next: number | null }> => {
  const response = await client.fetch("services/core/query", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(query),
    signal
  })
  if (!response.ok) {
    // an unread body keeps its place in the company's pool
    await response.body?.cancel()
    throw new BadGatewayException(`Intacct answered with HTTP ${response.status}`)
  }
  const { "ia::meta": meta, "ia::result": rows } = (await response.json()) as Answer
  return { rows, next: meta.next }
}

/** Every record of a query, page by page. */
export const queryAll = async (
  client: IntacctRestClient,
  query: Query,
  signal?: AbortSignal
): Promise<ReadonlyArray<Row>> => {
  const all: Array<Row> = []
  let start: number | null = 1
  while (start !== null) {
    const { next, rows }: Awaited<ReturnType<typeof queryPage>> = await queryPage(
      client,
      { ...query, start, size: 1000 },
      signal
    )
    all.push(...rows)
    start = next
  }
  return all
}
