import { statfsSync } from "node:fs"
import { availableParallelism } from "node:os"

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
 * leave a core to others. Each project says it itself, since none of them takes it from the workspace.
 */
export const maxWorkers: number = Math.max(4, availableParallelism())
