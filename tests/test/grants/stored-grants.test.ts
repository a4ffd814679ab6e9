import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { generateKey, type StoredGrant } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { consent, openWorld, type World } from "../../src/oauth/world.ts"

const openSqlite = async (): Promise<World> => {
  const folder = await mkdtemp(join(tmpdir(), "sage-auth-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return openWorld({ settings: { store: `sqlite:${join(folder, "grants.db")}`, keys: [generateKey()] } })
}

const named = ({ connection, tenant }: StoredGrant): string => `${connection} ${tenant}`

describe.each([
  ["memory:", false, () => openWorld()],
  ["sqlite:", true, openSqlite]
] as const)("what the store %s has", (_, durable, open) => {
  it("is nothing before anybody consents", async () => {
    const { sage } = await open()
    assert.deepStrictEqual(await sage.grants(), { durable, grants: [], next: undefined })
  })

  it("is listed by page, each grant once", async () => {
    const world = await open()
    for (const tenant of ["acme", "birch", "cedar"]) await consent(world, "books", { tenant })
    await consent(world, "payables", { tenant: "acme" })
    const found: Array<string> = []
    let after: string | undefined
    let pages = 0
    do {
      const page = await world.sage.grants({ limit: 3, after })
      found.push(...page.grants.map(named))
      after = page.next
      pages++
    } while (after !== undefined)
    assert.deepStrictEqual(found.toSorted(), ["books acme", "books birch", "books cedar", "payables acme"])
    assert.strictEqual(pages, 2)
  })

  it("is narrowed by connection, tenant and state", async () => {
    const world = await open()
    for (const tenant of ["acme", "birch"]) await consent(world, "books", { tenant })
    await consent(world, "payables", { tenant: "acme" })
    await world.sage.client("books", { tenant: "birch" }).disconnect()
    const ask = async (filter: Parameters<World["sage"]["grants"]>[0]) =>
      (await world.sage.grants(filter)).grants.map(named).toSorted()
    assert.deepStrictEqual(await ask({ connection: "payables" }), ["payables acme"])
    assert.deepStrictEqual(await ask({ tenant: "acme" }), ["books acme", "payables acme"])
    assert.deepStrictEqual(await ask({ connection: "books", state: "connected" }), ["books acme"])
  })

  it("says when a grant ends and when it is renewed, and shows nothing that is sealed", async () => {
    const world = await open()
    await consent(world, "books", { tenant: "acme" })
    const { grantExpiresAt } = await world.sage.client("books", { tenant: "acme" }).status()
    const {
      grants: [grant]
    } = await world.sage.grants()
    assert.isDefined(grant)
    assert.deepStrictEqual(Object.keys(grant).toSorted(), [
      "connection",
      "dueAt",
      "grantExpiresAt",
      "state",
      "surface",
      "tenant"
    ])
    assert.strictEqual(grant.surface, "business-cloud")
    assert.deepStrictEqual(grant.grantExpiresAt, grantExpiresAt)
    assert.instanceOf(grant.dueAt, Date)
  })
})
