import { writeFileSync } from "node:fs"
import { pages } from "../test/advice/adviceDocs.ts"

for (const [file, write] of pages) writeFileSync(new URL(`../../../docs/${file}`, import.meta.url), write())
