import { toMilliseconds } from "./clock.ts"

/** What an object may hold: the values that a member can have, where these are few. */
export type Choices<Options> = {
  readonly [name in keyof Options]?: ReadonlyArray<Exclude<Options[name], undefined>>
}

/**
 * Refuses a member that nothing looks at: a slip of the hand would change nothing, and say nothing.
 *
 * @throws `TypeError`
 */
export const checkMembers = (given: object | undefined, known: Iterable<string>, where: string): void => {
  const names = new Set(known)
  const unknown = Object.keys(given ?? {}).find((name) => !names.has(name))
  if (unknown === undefined) return
  throw new TypeError(`${where} has no ${unknown}${names.size === 0 ? "" : `: there are ${[...names].join(", ")}`}`)
}

/** @throws `RangeError` for a value that is none of those that its member can have */
export const checkChoices = <Options extends object>(options: Options, choices: Choices<Options>): void => {
  for (const [name, values] of Object.entries(choices) as Array<[keyof Options & string, ReadonlyArray<unknown>]>) {
    if (!values.includes(options[name])) {
      throw new RangeError(`${name} must be one of ${values.map((value) => JSON.stringify(value)).join(", ")}`)
    }
  }
}

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
