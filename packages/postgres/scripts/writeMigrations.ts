/** Writes `migrations` of this package from its sources: node scripts/writeMigrations.ts. */
import { mkdirSync, writeFileSync } from "node:fs"
import { migrations } from "../src/migrations.ts"

const folder = new URL("../migrations/", import.meta.url)
mkdirSync(folder, { recursive: true })
for (const { name, sql } of migrations()) writeFileSync(new URL(name, folder), sql)
