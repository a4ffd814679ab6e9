import { readNamedOrNull } from "../calls/named.ts"
import type { Place } from "../errors/SageAuthError.ts"

/** An id that is missing must not widen to the top level: a header that is left out is no entity. */
export const readEntity = (place: Place, id: string | null): string | null =>
  readNamedOrNull(place, "entity(id)", id, "what the token itself is in")
