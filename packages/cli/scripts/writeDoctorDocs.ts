// Writes the table of doctor's checks in docs/cli.md.
import { readFileSync, writeFileSync } from "node:fs"
import { withChecks } from "../test/doctorDocs.ts"

const page = new URL("../../../docs/cli.md", import.meta.url)
writeFileSync(page, withChecks(readFileSync(page, "utf8")))
