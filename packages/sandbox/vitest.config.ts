import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "import", "module", "default"] } },
  // files share a worker: none of them changes what belongs to all, and each would load the same modules again
  test: {
    name: "sandbox",
    env: environment,
    maxWorkers,
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["test/**/*.test.ts"]
  }
})
