/** What the environment says; see `.env.example`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable's value; empty ones are not there. */
export const given = (environment: Environment, name: string): string | undefined => environment[name] || undefined

/** A variable without which the application does not start. */
export const needed = (environment: Environment, name: string): string => {
  const value = given(environment, name)
  if (value === undefined) throw new Error(`${name} is missing: see .env.example`)
  return value
}

/** A variable that is one of a few words. */
export const oneOf = <const Word extends string>(
  environment: Environment,
  name: string,
  words: ReadonlyArray<Word>
): Word | undefined => {
  const value = given(environment, name)
  if (value === undefined) return undefined
  const word = words.find((each) => each === value)
  if (word === undefined) throw new Error(`${name} has to be one of ${words.join(", ")}`)
  return word
}
