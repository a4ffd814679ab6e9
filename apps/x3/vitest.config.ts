import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  test: {
    name: "x3",
    env: environment,
    maxWorkers,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["test/**/*.test.ts"]
  }
})
