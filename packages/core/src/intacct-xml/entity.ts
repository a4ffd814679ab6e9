import * as Result from "../config/Result.ts"
import { readText } from "../config/text.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"

/** An id that is missing must not widen to the top level, which is what Intacct makes of an empty one. */
export const readEntity = (place: Place, id: string | null): string | null => {
  if (id === null) return null
  const read = readText(id)
  if (Result.isSuccess(read)) return read.success
  throw misconfigured([{ option: "entity(id)", expected: `${read.failure}, or null for the top level` }], place)
}
