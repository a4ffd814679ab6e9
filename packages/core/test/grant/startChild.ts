import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Effect } from "effect"
import { inject } from "vitest"

/** Another process, and what it has to say. */
export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** the next thing that it tells; fails the test if it ends without */
  readonly told: () => Promise<unknown>
  /** how it ended */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** How to start a program of a folder `children`. */
export const command = (script: string, ...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  join(inject("children"), `${script}.mjs`),
  ...args
]

// what one process has compiled, the next need not compile again
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "sage-auth-compiled") }

/** Starts a process that is killed with the scope, unless it has ended by then. */
export const startChild = ([file = "", ...args]: ReadonlyArray<string>, options: SpawnOptions = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Child => {
      const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env, ...options })
      let problems = ""
      child.stderr?.on("data", (chunk: Buffer) => {
        problems += chunk.toString()
      })
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
      return {
        process: child,
        pid: child.pid ?? 0,
        told: async () => {
          const next = await lines.next()
          if (next.done === true) throw new Error(`the process ended and told nothing more: ${problems}`)
          return JSON.parse(next.value)
        },
        ended: new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })))
      }
    }),
    (child) =>
      Effect.promise(() => {
        if (child.process.exitCode === null && child.process.signalCode === null) child.process.kill("SIGKILL")
        return child.ended
      })
  )
