// A file of its own: in `StandardSchema.ts` it would close a circle, since `SageAuthError.ts` names its types.

import type { ProtocolViolation } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { SchemaIssue, StandardSchema } from "./StandardSchema.ts"

/** as many places as say what is wrong */
const mostPlaces = 5

/** A name of the server's goes to logs: anything that does not look like one is not repeated. */
const segment = (part: PropertyKey | { readonly key: PropertyKey }): string => {
  const name = String(typeof part === "object" ? part.key : part)
  return /^[\w@#$:-]{1,60}$/.test(name) ? name : "(unnamed)"
}

const placeOf = ({ path = [] }: SchemaIssue): string =>
  path.length === 0 ? "as a whole" : `at ${path.slice(0, 8).map(segment).join(".")}`

/** Whether something is a schema of a library that follows Standard Schema. */
export const isSchema = (schema: unknown): schema is StandardSchema<unknown> =>
  (typeof schema === "object" || typeof schema === "function") &&
  schema !== null &&
  typeof (schema as Partial<StandardSchema<unknown>>)["~standard"]?.validate === "function"

/**
 * What a schema makes of a value. Where it does not fit, the failure names the places in it and nothing of what stands
 * there.
 *
 * @param what the value in words, such as `the record 3`
 */
export const validated = async <A>(
  schema: StandardSchema<A>,
  value: unknown,
  what: string,
  place: Place
): Promise<A> => {
  const refuse = (why: string): SageAuthError<ProtocolViolation> =>
    failure("client.schema-mismatch", { ...place, message: `${what} ${why}` })
  let outcome: Awaited<ReturnType<StandardSchema<A>["~standard"]["validate"]>>
  try {
    outcome = await schema["~standard"].validate(value)
  } catch {
    // what was thrown may quote the value
    throw refuse("made the schema throw")
  }
  if (outcome.issues === undefined) return outcome.value
  const places = [...new Set(outcome.issues.map(placeOf))]
  const more = places.length > mostPlaces ? ` and in ${places.length - mostPlaces} more places` : ""
  throw refuse(`does not fit the schema ${places.slice(0, mostPlaces).join(", ")}${more}`)
}
