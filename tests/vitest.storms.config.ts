import { defineConfig } from "vitest/config"
import { environment } from "../build/tests.ts"

/** `pnpm test:storms`: what takes long and repeats, at other connections and in greater numbers, what `pnpm test` tries. */
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // without "import": vitest hands these to Node, where CommonJS packages such as pg would get ES modules
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // files share a worker, as those of `pnpm test` do
  test: {
    name: "storms",
    env: { ...environment, SAGE_AUTH_STORMS: "yes" },
    globalSetup: [
      "src/grants/bundleChildren.ts",
      "../packages/postgres/test/database.ts",
      "../packages/redis/test/findServer.ts"
    ],
    root: import.meta.dirname,
    isolate: false,
    // most of their time is a server's: what waits leaves the processors to others
    maxWorkers: 6,
    include: [
      "storms/**/*.test.ts",
      "../packages/*/storms/**/*.test.ts",
      "../packages/core/test/grant/rotation/schedules.test.ts"
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
