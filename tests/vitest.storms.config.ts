import { resolve } from "node:path"
import process from "node:process"
import { defineConfig } from "vitest/config"
import { environment } from "../build/tests.ts"

// what projects read of it when they are configured
process.env["SAGE_AUTH_STORMS"] = "yes"

/**
 * `pnpm test:storms`: what takes long and repeats what `pnpm test` tries, at other connections, in greater numbers, or
 * with another version.
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions: ["@sage-auth/source"] },
        // without "import": vitest hands these to Node, where CommonJS packages such as pg would get ES modules
        ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
        root: import.meta.dirname,
        // files share a worker, as those of `pnpm test` do
        test: {
          name: "storms",
          env: environment,
          globalSetup: [
            "src/grants/bundleChildren.ts",
            "../packages/postgres/test/database.ts",
            "../packages/redis/test/findServer.ts"
          ],
          isolate: false,
          // most of their time is a server's: what waits leaves the processors to others
          maxWorkers: 6,
          // other numbers of workers are another group
          sequence: { groupOrder: 1 },
          include: [
            "storms/**/*.test.ts",
            "../packages/*/storms/**/*.test.ts",
            "../packages/core/test/grant/rotation/schedules.test.ts"
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000
        }
      },
      resolve(import.meta.dirname, "../packages/nest/nest-11")
    ]
  }
})
