import type { OncePort } from "@sage-auth/core"
import type { Database } from "./Database.ts"
import { durably } from "./grants.ts"
import { checkNames } from "./names.ts"
import { now } from "./rows.ts"

/** The one-time records of a schema. */
export const onceIn = (database: Database, schema: string): OncePort => {
  const table = `${schema}.once`
  return {
    put: async (id, sealed, expiresAt) => {
      checkNames({ id })
      const rows = await database.writeOnce(
        // what has expired goes when somebody else begins, a few at a time, and never by waiting for another process
        `with dropped as (
           delete from ${table} where id in (
             select id from ${table} where expires_at <= ${now} and id <> $1::text limit 100 for update skip locked
           )
         )
         insert into ${table} as kept (id, sealed, expires_at)
         select $1::text, $2::text, $3::float8 where ${durably}
         on conflict (id) do update set sealed = excluded.sealed, expires_at = excluded.expires_at
           where kept.expires_at <= ${now}
         returning id`,
        [id, sealed, expiresAt],
        { text: `select id from ${table} where id = $1::text and sealed = $2::text`, values: [id, sealed] }
      )
      return rows.length > 0
    },
    read: async (id) => {
      checkNames({ id })
      const [found] = await database.read(`select sealed from ${table} where id = $1::text and expires_at > ${now}`, [
        id
      ])
      return found && String(found["sealed"])
    },
    take: async (id) => {
      checkNames({ id })
      const [taken] = await database.write(
        `delete from ${table} where id = $1::text and ${durably}
         returning sealed, (expires_at > ${now})::text as fresh`,
        [id]
      )
      return taken?.["fresh"] === "true" ? String(taken["sealed"]) : undefined
    }
  }
}
