import { storeUnavailable } from "@sage-auth/core"

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
