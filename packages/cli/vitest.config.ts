import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // without "import": vitest hands these to Node, where CommonJS packages such as Express's would get ES modules
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // files share a worker: none of them changes what belongs to all, and each would load the same modules again
  // time is the sandbox's and stands still; the limit is for a machine that is busy with something else
  test: {
    name: "cli",
    env: environment,
    maxWorkers,
    globalSetup: "test/bundleProgram.ts",
    isolate: false,
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
