import { readNamed } from "../calls/named.ts"
import { fitsHeader } from "../config/text.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"

/** An id that is missing must not widen to the lead business, which is what Sage makes of a header that is left out. */
export const readBusiness = (place: Place, id: string): string => {
  const named = readNamed(place, "business(id)", id)
  if (fitsHeader(named)) return named
  throw misconfigured(
    [{ option: "business(id)", expected: "an id that a header can carry: characters of Latin-1" }],
    place
  )
}
