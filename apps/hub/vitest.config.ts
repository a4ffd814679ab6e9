import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // Express is CommonJS: its packages take what they require, not what they could import
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // the limits end what hangs, and nothing that a busy machine is slow at
  test: {
    name: "hub",
    env: environment,
    maxWorkers,
    globalSetup: ["../../packages/postgres/test/database.ts", "../../packages/redis/test/findServer.ts"],
    isolate: false,
    include: ["test/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
})
