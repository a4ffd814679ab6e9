import * as Effect from "effect/Effect"
import type { CatalogueId } from "./catalogue.ts"
import type { Issue, Misconfigured, Reason } from "./Reason.ts"
import { failure, type FailureDetail, misconfigured, type Place, type SageAuthError } from "./SageAuthError.ts"

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
