import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { isSageAuthError } from "@sage-auth/core"
import { assert, describe, onTestFinished } from "vitest"
import { migrations, postgresStore, type PostgresStoreOptions } from "../src/index.ts"
import { describeWithServer, it, query, url } from "./server.ts"

const folder = new URL("../migrations/", import.meta.url)

const all = migrations().map((_, index) => ({ version: index + 1 }))

const newSchema = (): string => {
  const schema = `Test_${randomUUID().replaceAll("-", "")}`
  onTestFinished(async () => {
    await query(`drop schema if exists "${schema}" cascade`)
  })
  return schema
}

const opened = async (options: Partial<PostgresStoreOptions>): Promise<string> => {
  const store = postgresStore({ url, connections: 1, ...options })
  try {
    await store.open?.()
    return "opened"
  } catch (error) {
    if (!isSageAuthError(error)) throw error
    assert.isFalse(error.retryable, error.message)
    return error.message
  } finally {
    await store.close?.()
  }
}

const stepsIn = (schema: string) => query(`select version from "${schema}".migrations order by version`)

describe("the files in `migrations`", () => {
  it("are what the store runs", () => {
    const files = readdirSync(folder).toSorted()
    assert.deepStrictEqual(
      files.map((name) => ({ name, sql: readFileSync(new URL(name, folder), "utf8") })),
      migrations()
    )
  })
})

describe("a schema's name", () => {
  for (const schema of ['a"b', "a b", "", "1a", "pg_sage", "a;drop schema public", "ä", "x".repeat(64), "a\0"]) {
    it(`is refused where it is ${JSON.stringify(schema).slice(0, 30)}`, () => {
      assert.throws(() => postgresStore({ url, schema }), /`schema` of the PostgreSQL store/)
      assert.throws(() => migrations({ schema }), /`schema` of the PostgreSQL store/)
    })
  }
})

describeWithServer("migrations", () => {
  it("run once, however many open a store together, and whatever the schema's name", async () => {
    const schema = newSchema()
    assert.deepStrictEqual(
      await Promise.all(Array.from({ length: 20 }, () => opened({ schema }))),
      Array<string>(20).fill("opened")
    )
    assert.deepStrictEqual(await stepsIn(schema), all)
  })

  it("may be another tool's", async () => {
    const schema = newSchema()
    assert.match(await opened({ schema, migrate: false }), /has version 0, and this release .* needs \d+/)
    for (const { sql } of migrations({ schema })) await query(sql)
    assert.strictEqual(await opened({ schema, migrate: false }), "opened")
    assert.strictEqual(await opened({ schema }), "opened")
    assert.deepStrictEqual(await stepsIn(schema), all)
  })

  it("leave a schema of a newer release as it is", async () => {
    const schema = newSchema()
    assert.strictEqual(await opened({ schema }), "opened")
    await query(`insert into "${schema}".migrations values (99)`)
    assert.match(await opened({ schema }), /has version 99; this release .* knows versions up to \d+/)
  })

  it("need no more rights than to read and write once they are done", async () => {
    const schema = newSchema()
    assert.strictEqual(await opened({ schema }), "opened")
    const role = `role_${randomUUID().replaceAll("-", "")}`
    await query(`create role ${role} login`)
    onTestFinished(async () => {
      await query(`drop owned by ${role}`)
      await query(`drop role ${role}`)
    })
    await query(`grant usage on schema "${schema}" to ${role}`)
    await query(`grant select, insert, update, delete on all tables in schema "${schema}" to ${role}`)
    await query(`grant usage on all sequences in schema "${schema}" to ${role}`)
    const address = new URL(url)
    address.username = role
    const store = postgresStore({ url: address.href, schema, connections: 1 })
    await store.open?.()
    assert.strictEqual(await store.meters?.add("acme", "2026-11", 3), 3)
    assert.strictEqual(await store.once?.put("id", "sealed", Number.MAX_SAFE_INTEGER), true)
    assert.match(String(await store.grants.owners?.alive("nobody")), /undefined/)
    await store.close?.()
  })
})
