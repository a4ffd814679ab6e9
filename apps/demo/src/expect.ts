import { isDeepStrictEqual } from "node:util"

/** What was claimed and is not so. */
export class ClaimFailed extends Error {
  override readonly name = "ClaimFailed"
}

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value))

/** Fails unless both are the same. */
export const same = <A>(what: string, actual: A, expected: A): void => {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new ClaimFailed(`${what}: expected ${show(expected)}, got ${show(actual)}`)
  }
}

/** Fails unless it holds. */
export function holds(what: string, claim: boolean): asserts claim {
  if (!claim) throw new ClaimFailed(`not so: ${what}`)
}

/** The error that a promise rejects with; fails when it resolves. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  let resolved: unknown
  try {
    resolved = await promise
  } catch (error) {
    return error
  }
  throw new ClaimFailed(`expected a rejection, got ${show(resolved)}`)
}
