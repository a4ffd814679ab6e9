import { resolve } from "node:path"
import process from "node:process"
import { defineConfig } from "vitest/config"
import { testsOfAll } from "../build/tests.ts"

// what projects read of it when they are configured
process.env["SAGE_AUTH_STORMS"] = "yes"

// most of their time is a server's: what waits leaves the processors to others
const workers = 6

const storms = testsOfAll(
  "storms",
  [
    "tests/storms/**/*.test.ts",
    "packages/*/storms/**/*.test.ts",
    "packages/core/test/grant/rotation/schedules.test.ts"
  ],
  workers
)

/**
 * `pnpm test:storms`: what takes long and repeats what `pnpm test` tries, at other connections, in greater numbers, or
 * with another version.
 */
export default defineConfig({
  test: {
    projects: [
      // other numbers of workers are another group
      { ...storms, test: { ...storms.test, sequence: { groupOrder: 1 } } },
      resolve(import.meta.dirname, "../packages/nest/nest-11")
    ]
  }
})
