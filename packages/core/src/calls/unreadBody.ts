import type { CatalogueId } from "../errors/catalogue.ts"
import type { Reason } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import { unanswered } from "../transport/unanswered.ts"

/** The failure of an answer whose body could not be read: `unreadable` if it is larger than is read. */
export const unreadBody = <Rs extends Reason>(
  lost: TransportFailure,
  unreadable: CatalogueId,
  place: Place
): SageAuthError<Rs> =>
  lost.problem === "too-large"
    ? failure<Rs>(unreadable, { ...place, message: "the answer is larger than the limit" })
    : unanswered<Rs>(lost, place, [], " while the answer was read")
