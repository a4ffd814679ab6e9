import { toMilliseconds } from "../clock.ts"
import { checkMembers } from "../members.ts"

/**
 * Lays options over those that hold; undefined changes nothing.
 *
 * @throws `TypeError` for an option that there is not.
 */
export const laidOver = <Options extends object>(current: Options, given: object | undefined): Options => {
  checkMembers(given, Object.keys(current), "The server")
  const changes = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return Object.assign({}, current, Object.fromEntries(changes))
}

/** @throws `RangeError` when one of these options is no length of time. */
export const checkDurations = <Options extends object>(
  options: Options,
  names: ReadonlyArray<keyof Options & string>
): void => {
  for (const name of names) {
    const value = options[name]
    if (value !== null && value !== undefined) toMilliseconds(value as string | number, name)
  }
}

/** @throws `RangeError` when one of these options is no whole number from 1. */
export const checkCounts = <Options extends object>(
  options: Options,
  names: ReadonlyArray<keyof Options & string>
): void => {
  for (const name of names) {
    const value: unknown = options[name]
    if (value !== null && !(typeof value === "number" && Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`${name} must be a whole number from 1`)
    }
  }
}
