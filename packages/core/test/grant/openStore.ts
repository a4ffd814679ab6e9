import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"
import { type GrantKey, type GrantRecord, GrantStore, MeterStore, OnceStore } from "../../src/grant/GrantStore.ts"
import { layerGrantStoreMemory } from "../../src/grant/memory.ts"
import { layerGrantStoreSqlite, type SqliteOptions } from "../../src/grant/sqlite.ts"

/** The parts of a store that has all of them. */
export const whole = (services: Context.Context<GrantStore | OnceStore | MeterStore>) => ({
  ...Context.get(services, GrantStore),
  once: Context.get(services, OnceStore),
  meters: Context.get(services, MeterStore)
})

/** A store with all its parts. */
export type WholeStore = ReturnType<typeof whole>

/** A SQLite store of its own, closed with the scope. */
export const openSqlite = (options: SqliteOptions) =>
  Effect.map(Layer.build(Layer.fresh(layerGrantStoreSqlite(options))), whole)

/** A memory store of its own. */
export const openMemory = Effect.map(Layer.build(Layer.fresh(layerGrantStoreMemory)), whole)

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
