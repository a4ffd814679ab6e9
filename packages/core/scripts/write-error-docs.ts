import { writeFileSync } from "node:fs"
import { renderErrorDocs } from "../test/errors/errorDocs.ts"

writeFileSync(new URL("../../../docs/errors.md", import.meta.url), renderErrorDocs())
