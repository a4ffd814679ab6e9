import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"
import { type GrantKey, type GrantRecord, GrantStore } from "../../src/grant/GrantStore.ts"
import { layerMemory } from "../../src/grant/memory.ts"
import { layerSqlite, type SqliteOptions } from "../../src/grant/sqlite.ts"

/** A SQLite store of its own, closed with the scope. */
export const openSqlite = (options: SqliteOptions) =>
  Effect.map(Layer.build(Layer.fresh(layerSqlite(options))), (context) => Context.get(context, GrantStore))

/** A memory store of its own. */
export const openMemory = Effect.map(Layer.build(Layer.fresh(layerMemory)), (context) =>
  Context.get(context, GrantStore)
)

/** A directory that is removed with the scope. */
export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "sage-auth-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

export const aKey = (tenant = "acme"): GrantKey => ({ surface: "business-cloud", connection: "books", tenant })

export const aRecord = (changes: Partial<GrantRecord> = {}): GrantRecord => ({
  family: "family-1",
  state: "connected",
  cause: undefined,
  version: 1,
  sealed: "a.b.c.d",
  keyId: "key-1",
  lease: undefined,
  fence: 0,
  intent: undefined,
  grantExpiresAt: undefined,
  dueAt: undefined,
  ...changes
})
