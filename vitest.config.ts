import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
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
