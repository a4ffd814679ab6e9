import { statfsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import type { TestProjectInlineConfiguration } from "vitest/config"

/** Where Linux keeps files in memory. */
const memory = "/dev/shm"

/** In bytes: what all test files need at the same moment, many times over. */
const needed = 512 * 1024 * 1024

const hasRoom = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize > needed
  } catch {
    return false
  }
}

/**
 * The environment of tests. Their temporary files lie in memory where there is room: a grant store waits for the disk at
 * each commit, and a test of something else need not.
 */
export const environment: Readonly<Record<string, string>> =
  process.env["TMPDIR"] === undefined && hasRoom() ? { TMPDIR: memory } : {}

/**
 * How many files run at a time. On few cores more than those: many files wait for a server or for another process, and
 * leave a core to others.
 */
export const maxWorkers: number = Math.max(4, availableParallelism())

const root = resolve(import.meta.dirname, "..")

/**
 * Tests of all packages as one project. They run from the sources, and their files share workers: each would load and
 * compile the same sources again, which costs a project more than most of its tests. So what a file changes that belongs
 * to all (an environment variable, `fetch`, the clock) it puts back.
 */
export const testsOfAll = (
  name: string,
  include: ReadonlyArray<string>,
  workers = maxWorkers
): TestProjectInlineConfiguration => ({
  root,
  resolve: { conditions: ["@sage-auth/source"] },
  // without "import": Vitest hands these to Node, where CommonJS packages such as pg would get ES modules
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  test: {
    name,
    env: environment,
    maxWorkers: workers,
    isolate: false,
    globalSetup: [
      "tests/src/bundleChildren.ts",
      "packages/cli/test/bundleProgram.ts",
      "packages/postgres/test/database.ts",
      "packages/redis/test/findServer.ts"
    ],
    include: [...include],
    // time is the sandbox's and stands still: the limits are for a machine that is busy with something else
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
})
