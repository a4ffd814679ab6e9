import { readFileSync, writeFileSync } from "node:fs"
import { withX3Access } from "../test/advice/x3AccessDocs.ts"

const page = new URL("../../../docs/x3.md", import.meta.url)
writeFileSync(page, withX3Access(readFileSync(page, "utf8")))
