import { defineConfig } from "tsdown"
import { library } from "../../build/library.ts"

export default defineConfig(
  library({
    entries: { index: "src/index.ts", testing: "src/testing/index.ts" },
    imports: ["@nestjs/common", "@nestjs/core", "@nestjs/terminus", "@sage-auth/core", "@sage-auth/sandbox", "rxjs"]
  })
)
