import type { MeterPort } from "@sage-auth/core"
import type { Database } from "./Database.ts"
import { checkNames } from "./names.ts"

/** The meters of a schema. */
export const metersIn = (database: Database, schema: string): MeterPort => {
  const table = `${schema}.meters`
  const write = (sum: string) =>
    `insert into ${table} as kept (company, month, transactions) values ($1::text, $2::text, $3::float8)
     on conflict (company, month) do update set transactions = ${sum} returning transactions::text`
  return {
    add: async (company, month, transactions) => {
      checkNames({ company, month })
      const [row] = await database.write(write("kept.transactions + excluded.transactions"), [
        company,
        month,
        transactions
      ])
      return Number(row?.["transactions"])
    },
    set: async (company, month, transactions) => {
      checkNames({ company, month })
      await database.write(write("excluded.transactions"), [company, month, transactions])
    },
    read: async (company, month) => {
      checkNames({ company, month })
      const [row] = await database.read(
        `select transactions::text from ${table} where company = $1::text and month = $2::text`,
        [company, month]
      )
      return Number(row?.["transactions"] ?? 0)
    }
  }
}
