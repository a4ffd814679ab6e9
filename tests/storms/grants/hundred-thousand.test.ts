import { generateKey, type GrantPort, type StorePort } from "@sage-auth/core"
import { postgresStore } from "@sage-auth/postgres"
import { Pool } from "pg"
import { assert, describe, it, onTestFinished } from "vitest"
import { ask, noServer, type PostgresPlace, temporarySchema } from "../../src/grants/postgres.ts"
import { call, consent, openApp, refreshes } from "../../src/grants/world.ts"
import { openSandbox } from "../../src/world.ts"

const others = 100_000
const due = ["acme", "birch", "cedar", "dunes", "elder"]
const day = 86_400_000

/** copies of one grant, none of them due; a database cannot compress what is in them */
const fill = ({ schema, url }: PostgresPlace) =>
  ask(
    url,
    `insert into ${schema}.grants (surface, connection, tenant, revision, written_by, family, state, version, key_id,
       fence, grant_expires_at, due_at, sealed_at, sealed)
     select surface, connection, 'other-' || number, nextval('${schema}.revisions'), written_by, family, state, version,
       key_id, fence, grant_expires_at, due_at + ${365 * day}, sealed_at,
       (select string_agg(md5(random()::text || number || piece), '') from generate_series(1, 30) as piece)
     from ${schema}.grants as template, generate_series(1, ${others}) as number where template.tenant = '${due[0]}'`
  )

/** how many blocks the database looks at to answer */
const blocks = async ({ url }: PostgresPlace, text: string): Promise<number> => {
  const [row] = await ask(url, `explain (analyze, buffers, format json) ${text}`)
  assert.isDefined(row)
  const [{ Plan: plan }] = row["QUERY PLAN"] as [{ readonly Plan: Readonly<Record<string, number>> }]
  return (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0)
}

/** An application with all of them over a pool of two connections, and what it takes of both. */
const opened = async () => {
  const place = temporarySchema()
  const sandbox = await openSandbox({ businessCloud: { mostRecentOnly: false } })
  const pool = new Pool({ connectionString: place.url, max: 2 })
  onTestFinished(() => pool.end())
  const store: StorePort = postgresStore({ pool, schema: place.schema })
  const pages: Array<number> = []
  const grants: GrantPort = {
    ...store.grants,
    list: async (filter) => {
      const page = await store.grants.list(filter)
      pages.push(page.rows.length)
      return page
    }
  }
  const connections = { most: 0 }
  pool.on("acquire", () => (connections.most = Math.max(connections.most, pool.totalCount)))
  const app = openApp(sandbox, { store: { ...store, grants }, keys: [generateKey()], clock: sandbox.clock })
  for (const tenant of due) await consent(app, "books", tenant)
  await fill(place)
  await ask(place.url, `analyze ${place.schema}.grants`)
  return { app, connections, grants, pages, place, sandbox }
}

describe.skipIf(noServer)("a hundred thousand grants in PostgreSQL", () => {
  it("are passed over by a keep-alive pass, which reads what is due alone, over the connections of its pool", async () => {
    const { app, connections, grants, pages, place, sandbox } = await opened()
    await ask(place.url, `update ${place.schema}.grants set due_at = 1 where tenant not like 'other-%'`)
    const before = refreshes(sandbox)
    const pass = await app.sage.keepAlive()
    assert.deepStrictEqual({ ...pass, failed: pass.failed.length }, { due: 5, renewed: 5, failures: 0, failed: 0 })
    assert.strictEqual(refreshes(sandbox) - before, 5)
    assert.strictEqual(
      pages.reduce((sum, rows) => sum + rows, 0),
      5
    )
    assert.isAtMost(connections.most, 2)
    // any of them is there at once
    assert.strictEqual((await call(app, "books", { tenant: "cedar" })).status, 200)
    const one = `surface = 'business-cloud' and connection = 'books' and tenant = 'other-77777'`
    assert.isAtMost(await blocks(place, `select * from ${place.schema}.grants where ${one}`), 10)
    const page = await grants.list({ limit: 1_000 })
    assert.strictEqual(page.rows.length, 1_000)
  })

  it("of which more than a thousand are due, and cannot be opened, are held a page at a time, and their failures counted", async () => {
    const { app, connections, pages, place } = await opened()
    // sealed for another tenant: each fails by itself
    await ask(place.url, `update ${place.schema}.grants set due_at = 1 where tenant like 'other-10%'`)
    const { failed, ...counts } = await app.sage.keepAlive()
    // 10, 100 to 109, 1000 to 1099, 10000 to 10999, and the last of all
    const broken = 1 + 10 + 100 + 1_000 + 1
    assert.deepStrictEqual(counts, { due: broken, renewed: 0, failures: broken })
    assert.strictEqual(failed.length, 100)
    assert.deepStrictEqual(
      pages.filter((rows) => rows > 0),
      [...Array.from({ length: Math.floor(broken / 100) }, () => 100), broken % 100]
    )
    assert.isAtMost(connections.most, 2)
  })
})
