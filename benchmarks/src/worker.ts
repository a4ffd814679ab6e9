import { fork } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { fileURLToPath } from "node:url"

/** What a worker can be asked for. */
export interface Tasks {
  // oxlint-disable-next-line typescript/no-explicit-any -- each worker declares its own inputs
  readonly [task: string]: (input: any) => unknown
}

/** What a worker sends back. */
export type Reply = { readonly value: unknown } | { readonly failed: string }

/** A process of its own, so that no contender pays for another's garbage or shares its optimised code. */
export interface Worker<T extends Tasks> {
  /** has one thing done at a time */
  ask<K extends keyof T & string>(task: K, input: Parameters<T[K]>[0]): Promise<Awaited<ReturnType<T[K]>>>
  stop(): Promise<void>
}

/** How a worker's process starts. */
export interface WorkerOptions {
  /** the Node that runs it; default: this one */
  readonly node?: string | undefined
  readonly flags?: ReadonlyArray<string> | undefined
}

/** Starts `workers/<name>.js`. */
export const startWorker = <T extends Tasks>(name: string, options: WorkerOptions = {}): Worker<T> => {
  const child = fork(fileURLToPath(new URL(`./workers/${name}.js`, import.meta.url)), {
    execPath: options.node ?? process.execPath,
    execArgv: [...(options.flags ?? [])],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_NO_WARNINGS: "1" }
  })
  const ended = once(child, "exit").then(([code]) => code as number | null)
  return {
    ask: async (task, input) => {
      const reply = once(child, "message") as Promise<[Reply]>
      child.send({ task, input })
      const answer = await Promise.race([reply, ended])
      if (!Array.isArray(answer)) throw new Error(`${name} ended with ${answer} while it was asked for ${task}`)
      if ("failed" in answer[0]) throw new Error(`${name} failed at ${task}: ${answer[0].failed}`)
      return answer[0].value as never
    },
    stop: async () => {
      if (child.connected) child.disconnect()
      await ended
    }
  }
}

/** Runs `use` and stops the workers that it started, whatever comes of it. */
export const withWorkers = async <A>(
  use: (start: <T extends Tasks>(name: string, options?: WorkerOptions) => Worker<T>) => Promise<A>
): Promise<A> => {
  const started: Array<{ stop(): Promise<void> }> = []
  try {
    return await use((name, options) => {
      const worker = startWorker<never>(name, options)
      started.push(worker)
      return worker
    })
  } finally {
    await Promise.all(started.map((worker) => worker.stop()))
  }
}
