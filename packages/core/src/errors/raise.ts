// A file of its own: it needs Effect, which `SageAuthError.ts` must not bring to the front.

import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { CatalogueId } from "./catalogue.ts"
import * as Result from "../config/Result.ts"
import type { Issue, Misconfigured, Reason } from "./Reason.ts"
import {
  failure,
  type FailureDetail,
  isSageAuthError,
  misconfigured,
  type Place,
  type SageAuthError
} from "./SageAuthError.ts"

/** `failure`, as an effect that fails with it. */
export const raise = <Rs extends Reason = Reason>(
  id: CatalogueId,
  detail?: FailureDetail
): Effect.Effect<never, SageAuthError<Rs>> => Effect.fail(failure<Rs>(id, detail))

/** `misconfigured`, as an effect that fails with it. */
export const raiseMisconfigured = (
  issues: ReadonlyArray<Issue>,
  place?: Place
): Effect.Effect<never, SageAuthError<Misconfigured>> => Effect.fail(misconfigured(issues, place))

/**
 * The failure that something handed in, such as a coordination, threw in the words of this library. Any other defect may
 * quote anything, a secret included.
 */
export const failureIn = (cause: Cause.Cause<unknown>): SageAuthError | undefined => {
  const defect = Result.getOrUndefined(Cause.findDefect(cause))
  return isSageAuthError(defect) ? defect : undefined
}
