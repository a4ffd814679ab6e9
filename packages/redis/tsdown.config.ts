import { defineConfig } from "tsdown"
import { library } from "../../build/library.ts"

export default defineConfig(library({ entries: { index: "src/index.ts" }, imports: ["@sage-auth/core"] }))
