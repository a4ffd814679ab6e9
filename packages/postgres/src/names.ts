import { type GrantKey, storeUnavailable } from "@sage-auth/core"

/** The schema that is used unless another one is named. */
export const defaultSchema = "sage_auth"

// what needs no quotes in any tool is quoted all the same: it may be a word of SQL, such as `user`
const fit = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/** The name of a schema, quoted; throws for one that cannot be used. */
export const quotedSchema = (schema: string = defaultSchema): string => {
  if (typeof schema === "string" && fit.test(schema) && !/^pg_/i.test(schema)) return `"${schema}"`
  throw storeUnavailable({
    message: "`schema` of the PostgreSQL store is not the name of a schema that it can use",
    remedy: "Use letters, digits and underscores for `schema`, 63 at most, no digit first and no `pg_` in front.",
    retryable: false
  })
}

// PostgreSQL refuses NUL, and UTF-8 has no form for half a surrogate pair: what comes back would be another text
const unfit = /^$|\0|\p{Cs}/u

/** Refuses names that the database would not give back as they were. */
export const checkNames = (names: Readonly<Record<string, string>>): void => {
  const wrong = Object.keys(names).find((what) => unfit.test(names[what] ?? ""))
  if (wrong === undefined) return
  throw storeUnavailable({
    message: `${wrong} cannot be a key of the grant store: it is empty, or holds NUL or half of a surrogate pair`,
    remedy: `Use a non-empty text of whole characters without NUL as ${wrong}.`,
    retryable: false
  })
}

/** The parts of a key, in the order of the table's primary key; refuses what would not come back as it was. */
export const partsOf = ({ connection, surface, tenant }: GrantKey): [string, string, string] => {
  checkNames({ surface, connection, tenant })
  return [surface, connection, tenant]
}
