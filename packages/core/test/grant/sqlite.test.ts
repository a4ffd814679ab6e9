import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, it } from "vitest"
import { layerGrantStoreSqlite } from "../../src/grant/sqlite.ts"
import { grantStoreSuite } from "../../src/effect/testing.ts"

const directory = mkdtempSync(join(tmpdir(), "sage-auth-suite-"))
afterAll(() => rmSync(directory, { recursive: true }))

grantStoreSuite({
  name: "SQLite",
  layer: layerGrantStoreSqlite({ path: join(directory, "grants.db") }),
  durable: true,
  describe,
  it
})
