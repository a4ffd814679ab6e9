import { readNamedOrNull } from "../calls/named.ts"
import type { Place } from "../errors/SageAuthError.ts"

/** An id that is missing must not widen to the top level, which is what Intacct makes of an empty one. */
export const readEntity = (place: Place, id: string | null): string | null =>
  readNamedOrNull(place, "entity(id)", id, "the top level")
