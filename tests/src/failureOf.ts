import { type CatalogueId, isSageAuthError, type Reason, type SageAuthError } from "@sage-auth/core"

/** The typed error that a promise rejects with; anything else it does fails the test. */
export const failureOf = async (promise: Promise<unknown>): Promise<SageAuthError> => {
  const error: unknown = await promise.then(
    () => new Error("it succeeded, where it had to fail"),
    (reason: unknown) => reason
  )
  if (isSageAuthError(error)) return error
  throw error
}

/** The reason's tag and the catalogue's entry of the error that a promise rejects with. */
export const kindOf = async (
  promise: Promise<unknown>
): Promise<{ readonly reason: Reason["_tag"]; readonly id: CatalogueId }> => {
  const { id, reason } = await failureOf(promise)
  return { reason: reason._tag, id }
}
