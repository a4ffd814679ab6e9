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

describe.skipIf(noServer)("a hundred thousand grants in PostgreSQL", () => {
  it("are passed over by a keep-alive pass, which holds a page of what is due, over the connections of its pool", async () => {
    const place = temporarySchema()
    const sandbox = await openSandbox({ businessCloud: { mostRecentOnly: false } })
    const pool = new Pool({ connectionString: place.url, max: 2 })
    onTestFinished(() => pool.end())
    const opened: StorePort = postgresStore({ pool, schema: place.schema })
    const pages: Array<number> = []
    const grants: GrantPort = {
      ...opened.grants,
      list: async (filter) => {
        const page = await opened.grants.list(filter)
        pages.push(page.rows.length)
        return page
      }
    }
    let most = 0
    pool.on("acquire", () => (most = Math.max(most, pool.totalCount)))
    const app = openApp(sandbox, { store: { ...opened, grants }, keys: [generateKey()], clock: sandbox.clock })
    for (const tenant of due) await consent(app, "books", tenant)
    await fill(place)
    await ask(place.url, `analyze ${place.schema}.grants`)
    await ask(place.url, `update ${place.schema}.grants set due_at = 1 where tenant not like 'other-%'`)
    const before = refreshes(sandbox)
    const pass = await app.sage.keepAlive()
    assert.deepStrictEqual({ ...pass, failed: pass.failed.length }, { due: 5, renewed: 5, failures: 0, failed: 0 })
    assert.strictEqual(refreshes(sandbox) - before, 5)
    assert.strictEqual(
      pages.reduce((sum, rows) => sum + rows, 0),
      5
    )
    assert.isAtMost(most, 2)
    // any of them is there at once
    assert.strictEqual((await call(app, "books", { tenant: "cedar" })).status, 200)
    const one = `surface = 'business-cloud' and connection = 'books' and tenant = 'other-77777'`
    assert.isAtMost(await blocks(place, `select * from ${place.schema}.grants where ${one}`), 10)
    const page = await opened.grants.list({ limit: 1_000 })
    assert.strictEqual(page.rows.length, 1_000)
  })
})
