import * as Cause from "effect/Cause"
import * as Result from "../config/Result.ts"
import { isSageAuthError, type SageAuthError } from "./SageAuthError.ts"

/**
 * The failure that something handed in, such as a coordination, threw in the words of this library. Any other defect may
 * quote anything, a secret included.
 */
export const failureIn = (cause: Cause.Cause<unknown>): SageAuthError | undefined => {
  const defect = Result.getOrUndefined(Cause.findDefect(cause))
  return isSageAuthError(defect) ? defect : undefined
}
