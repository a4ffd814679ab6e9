import { readNamedOrNull } from "../calls/named.ts"
import { fitsHeader } from "../config/text.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"

/**
 * An id that is missing must not widen to the top level: a header that is left out is no entity. A header carries Latin-1
 * alone and Intacct documents no encoding for it; a token is asked for in a body, which carries everything.
 */
export const readEntity = (
  place: Place,
  id: string | null,
  options?: { readonly token?: boolean | undefined }
): string | null => {
  const named = readNamedOrNull(place, "entity(id)", id, "what the token itself is in")
  if (named === null || options?.token === true || fitsHeader(named)) return named
  const expected =
    "an id that a header can carry (characters of Latin-1), or { token: true } beside it: a token of the entity's own is asked for without a header"
  throw misconfigured([{ option: "entity(id)", expected }], place)
}
