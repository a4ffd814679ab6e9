import { defineConfig } from "vitest/config"
import { testsOfAll } from "./build/tests.ts"

export default defineConfig({
  test: {
    projects: [
      testsOfAll("all", ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tests/test/**/*.test.ts"]),
      "packages/nest/nest-11"
    ]
  }
})
