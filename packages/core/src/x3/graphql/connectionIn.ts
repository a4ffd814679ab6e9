import * as Predicate from "effect/Predicate"
import type { ReadPage } from "../../paging/readPages.ts"

/** A list as the Relay specification of cursor connections has it, and X3 with it. */
interface Connection {
  readonly edges: ReadonlyArray<unknown>
  readonly pageInfo: object
  readonly totalCount?: unknown
}

const isConnection = (value: unknown): value is Connection =>
  Predicate.hasProperty(value, "edges") &&
  Array.isArray(value.edges) &&
  Predicate.hasProperty(value, "pageInfo") &&
  Predicate.isObject(value.pageInfo)

/** deeper than any document that lists something */
const deepest = 20

/** The lists of an answer, those inside of their records left out. */
const connectionsIn = (value: unknown, depth = 0): ReadonlyArray<Connection> => {
  if (isConnection(value)) return [value]
  if (depth > deepest || !Predicate.isObject(value) || Array.isArray(value)) return []
  return Object.values(value).flatMap((each) => connectionsIn(each, depth + 1))
}

/** What is wrong with a document by its answer, in words. */
export type WrongDocument = string

/** One page of the list that an answer has, or what its document lacks. */
export const pageIn = (data: unknown): ReadPage<string> | WrongDocument => {
  const [connection, another] = connectionsIn(data)
  if (connection === undefined)
    return "asks for no list: it needs edges { node { … } } beside pageInfo { hasNextPage endCursor }"
  if (another !== undefined) return "asks for more than one list: ask for each by a document of its own"
  const { edges, pageInfo, totalCount } = connection
  const records = edges.flatMap((edge) =>
    Predicate.hasProperty(edge, "node") && edge.node !== null && edge.node !== undefined ? [edge.node] : []
  )
  const total = typeof totalCount === "number" ? totalCount : undefined
  if (!Predicate.hasProperty(pageInfo, "hasNextPage") || typeof pageInfo.hasNextPage !== "boolean") {
    return "does not ask whether there is more: it needs pageInfo { hasNextPage endCursor }"
  }
  if (!pageInfo.hasNextPage) return { records, total, next: undefined }
  const last = edges.at(-1)
  const cursor =
    Predicate.hasProperty(pageInfo, "endCursor") && typeof pageInfo.endCursor === "string"
      ? pageInfo.endCursor
      : Predicate.hasProperty(last, "cursor") && typeof last.cursor === "string"
        ? last.cursor
        : undefined
  return cursor === undefined
    ? "does not ask where the next page begins: it needs pageInfo { hasNextPage endCursor }"
    : { records, total, next: cursor }
}
