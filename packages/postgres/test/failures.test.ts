import { createServer } from "node:net"
import { inspect } from "node:util"
import { isSageAuthError, type SageAuthError } from "@sage-auth/core"
import { Pool } from "pg"
import { assert, describe, it as test } from "vitest"
import { postgresStore, type PostgresStoreOptions } from "../src/index.ts"
import { impatient } from "./impatient.ts"
import { describeWithServer, it, query, schemaOfFile, url } from "./server.ts"

const schema = schemaOfFile()
const password = "hunter2-and-more"

const failureOf = async (options: PostgresStoreOptions): Promise<SageAuthError> => {
  const store = postgresStore(options)
  try {
    await store.open?.()
  } catch (error) {
    if (isSageAuthError(error)) return error
    throw error
  } finally {
    await store.close?.()
  }
  return assert.fail("it was opened")
}

const shown = (error: SageAuthError): string => `${inspect(error)} ${JSON.stringify(error)} ${error.remedy}`

describe("a failure of the database", () => {
  test("names host, database and role, and no password", async () => {
    impatient()
    // a port that was free a moment ago refuses
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as { readonly port: number }
    await new Promise((resolve) => server.close(resolve))
    const address = `postgresql://sage:${password}@127.0.0.1:${port}/books`
    const error = await failureOf({ url: address })
    assert.strictEqual(error.reason._tag, "StoreUnavailable")
    assert.include(error.message, `the database books at 127.0.0.1:${port}, as sage, refuses connections`)
    assert.strictEqual(error.code, "ECONNREFUSED")
    assert.isTrue(error.retryable)
    assert.notInclude(shown(error), password)
    const pool = new Pool({ connectionString: address })
    const other = await failureOf({ pool })
    await pool.end()
    assert.strictEqual(other.message, error.message)
    assert.notInclude(shown(other), password)
  })

  test("names the option where neither a pool nor an address is given, or both", async () => {
    const pool = new Pool()
    for (const options of [{}, { pool, url: "postgresql://127.0.0.1/test" }]) {
      assert.match((await failureOf(options)).message, /either `pool` or `url`/)
    }
    await pool.end()
  })

  test("names the option where the address is none, and does not quote it", async () => {
    const error = await failureOf({ url: `postgresql://sage:${password}@[:x/%%%` })
    assert.match(error.message, /`url` of the PostgreSQL store/)
    assert.notInclude(shown(error), password)
  })
})

describeWithServer("a failure that the server tells", () => {
  it("says what to do about a database that is not there, at once", async () => {
    const address = new URL(url)
    address.pathname = "/no_such_database"
    const error = await failureOf({ url: address.href })
    assert.include(error.message, "the database no_such_database at ")
    assert.include(error.message, "does not exist")
    assert.strictEqual(error.code, "3D000")
    assert.isFalse(error.retryable)
  })

  it("says which rights are missing, and quotes nothing that was written", async () => {
    const store = postgresStore({ url, schema, connections: 1 })
    await store.open?.()
    await query(`alter table ${schema}.once rename to elsewhere`)
    const error: unknown = await store.once?.put("id", password, 0).catch((thrown: unknown) => thrown)
    await query(`alter table ${schema}.elsewhere rename to once`)
    await store.close?.()
    assert.isTrue(isSageAuthError(error))
    assert.strictEqual((error as SageAuthError).code, "42P01")
    assert.notInclude(shown(error as SageAuthError), password)
  })
})
