import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // much of the time goes by in waiting for sockets and for processes that are killed
    maxWorkers: "100%",
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
