import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { inject, onTestFinished } from "vitest"

/** Another process of the application. */
export interface Child {
  /** the next line that it writes, read as JSON; fails when it ends without */
  readonly told: () => Promise<unknown>
  readonly tell: (line: string) => void
}

/** Starts `manyCalls.ts` as a process of its own, killed when the test ends. */
export const startCaller = (settings: object): Child => {
  const script = join(inject("children"), "manyCalls.mjs")
  const flags = ["--disable-warning=ExperimentalWarning"]
  const started = spawn(process.execPath, [...flags, script, JSON.stringify(settings)])
  const closed = new Promise<void>((resolve) => {
    started.once("close", () => resolve())
  })
  onTestFinished(() => {
    started.kill("SIGKILL")
    return closed
  })
  let problems = ""
  started.stderr.on("data", (chunk: Buffer) => {
    problems += chunk.toString()
  })
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
  return {
    told: async () => {
      const next = await lines.next()
      if (next.done === true) throw new Error(`the process ended and told nothing more: ${problems}`)
      return JSON.parse(next.value) as unknown
    },
    tell: (line) => {
      started.stdin.write(`${line}\n`)
    }
  }
}
