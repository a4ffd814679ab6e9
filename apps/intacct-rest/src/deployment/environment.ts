/** What the environment says; see `.env.example`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable's value; empty ones are not there. */
export const given = (environment: Environment, name: string): string | undefined => environment[name] || undefined

/**
 * The values of variables that all have to be there, once one of them is; undefined where none is.
 *
 * @throws `Error` with the names of those that are missing
 */
export const allOrNone = <const Name extends string>(
  environment: Environment,
  names: ReadonlyArray<Name>
): Readonly<Record<Name, string>> | undefined => {
  const missing = names.filter((name) => given(environment, name) === undefined)
  if (missing.length === names.length) return undefined
  if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}. See .env.example`)
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<Name, string>
}
