import * as Predicate from "effect/Predicate"
import type { GrantKey } from "./GrantStore.ts"

/** One text for a key; different keys have different ones. */
export const idOf = (key: GrantKey): string => JSON.stringify([key.surface, key.connection, key.tenant])

/** Where a row stands in the order of a listing: what it is ordered by, the first thing first. */
export type Position = ReadonlyArray<string | number>

/** The text that stands for a position. */
export const cursorOf = (position: Position): string => Buffer.from(JSON.stringify(position)).toString("base64url")

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isPart = (part: unknown): part is string | number => Predicate.isString(part) || Predicate.isNumber(part)

/** The position that a cursor stands for; undefined for anything that is not a cursor of so many parts. */
export const positionOfCursor = (cursor: string, parts: number): Position | undefined => {
  const position = parse(Buffer.from(cursor, "base64url").toString())
  return Array.isArray(position) && position.length === parts && position.every(isPart) ? position : undefined
}
