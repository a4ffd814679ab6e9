import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // on few cores more workers than those: many files wait for a server or for another process, and leave a core to others
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      "packages/*",
      "packages/nest/nest-11",
      "apps/hub",
      "apps/business-cloud",
      "apps/intacct-rest",
      "apps/intacct-xml",
      "apps/x3",
      "tests"
    ]
  }
})
