import { readNamed } from "../calls/named.ts"
import type { Place } from "../errors/SageAuthError.ts"

/** An id that is missing must not widen to the lead business, which is what Sage makes of a header that is left out. */
export const readBusiness = (place: Place, id: string): string => readNamed(place, "business(id)", id)
