import { notPlayedNumber, notPlayedText } from "../notPlayed.ts"
import type { Failure } from "./answers.ts"

/** A function refused; becomes the failure of its result. */
export class Refused extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.errorno)
    this.failure = failure
  }
}

/**
 * The failure for something that is right and that the sandbox cannot do. `remedy` says what a test can do about it.
 */
export const notPlayedFailure = (what: string, remedy: string): Failure => ({
  errorno: notPlayedNumber,
  description2: notPlayedText(what, "Intacct"),
  correction: remedy
})

/** @throws `Refused` always: something that is right and that the sandbox cannot do. */
export const notPlayed = (what: string, remedy: string): Refused => new Refused(notPlayedFailure(what, remedy))

/** What to do about a function. */
export const defineFunction = (name: string): string =>
  `Define it: sandbox.company(id).define({ functions: { ${name}: () => ({ data: {} }) } }).`

/** What to do about an object or a field. */
export const defineObject = (name: string): string =>
  `Define it: sandbox.company(id).define({ objects: { ${name}: { fields: [] } } }).`
