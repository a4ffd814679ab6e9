import type { CatalogueId } from "../errors/catalogue.ts"
import type { Reason } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"

/** The failure of an answer whose body could not be read: `unreadable` if it is larger than is read. */
export const unreadBody = <Rs extends Reason>(
  { code, problem }: TransportFailure,
  unreadable: CatalogueId,
  place: Place
): SageAuthError<Rs> =>
  problem === "too-large"
    ? failure<Rs>(unreadable, { ...place, message: "the answer is larger than the limit" })
    : failure<Rs>("client.answer-lost", { ...place, code, message: "the answer was cut off" })
