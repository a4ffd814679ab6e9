import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../build/tests.ts"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // without "import": vitest hands these to Node, where CommonJS packages such as ioredis would get ES modules
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // files share a worker: each has a prefix of its own, and none of them changes what belongs to all
  // the limit is for a machine that is busy with something else
  test: {
    name: "redis",
    env: environment,
    maxWorkers,
    globalSetup: "test/findServer.ts",
    isolate: false,
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
