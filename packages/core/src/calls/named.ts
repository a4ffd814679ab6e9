import * as Result from "../config/Result.ts"
import { readId } from "../config/text.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"

type HeaderRecord = Readonly<Record<string, string>>

/** Adds headers to those of a credential: one frozen object for each credential, as without them. */
export const extended = (extra: HeaderRecord | undefined): ((headers: HeaderRecord) => HeaderRecord) => {
  if (extra === undefined) return (headers) => headers
  const made = new WeakMap<HeaderRecord, HeaderRecord>()
  return (headers) => {
    const known = made.get(headers)
    if (known !== undefined) return known
    const fresh = Object.freeze({ ...headers, ...extra })
    made.set(headers, fresh)
    return fresh
  }
}

/**
 * The id of what a client is narrowed to, such as a business. One that is missing must not widen to everything, which
 * is what a server makes of a header that is left out or empty.
 */
export const readNamed = (place: Place, option: string, id: unknown): string => {
  const read = readId(id)
  if (Result.isSuccess(read)) return read.success
  throw misconfigured([{ option, expected: read.failure }], place)
}

/** The same where `null` names what is not narrowed. */
export const readNamedOrNull = (place: Place, option: string, id: unknown, whole: string): string | null => {
  if (id === null) return null
  const read = readId(id)
  if (Result.isSuccess(read)) return read.success
  throw misconfigured([{ option, expected: `${read.failure}, or null for ${whole}` }], place)
}
