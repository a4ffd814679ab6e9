import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // Express is CommonJS: its packages take what they require, not what they could import
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  test: {
    name: "intacct-rest",
    env: environment,
    maxWorkers,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["test/**/*.test.ts"]
  }
})
