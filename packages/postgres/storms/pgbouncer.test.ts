import { storeSuite } from "@sage-auth/core/testing"
import { Pool } from "pg"
import { describe } from "vitest"
import { postgresStore } from "../src/index.ts"
import { describeBehindPgBouncer } from "../test/bouncer.ts"
import { it, schemaOfFile } from "../test/server.ts"

const schema = schemaOfFile()

describeBehindPgBouncer((bounced) => {
  storeSuite({
    name: "PostgreSQL behind PgBouncer",
    open: () => {
      const pool = new Pool({ ...bounced(), max: 2 })
      const store = postgresStore({ pool, schema })
      return {
        ...store,
        close: async () => {
          await store.close?.()
          await pool.end()
        }
      }
    },
    durable: true,
    describe,
    it
  })
})
