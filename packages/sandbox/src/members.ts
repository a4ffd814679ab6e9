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
