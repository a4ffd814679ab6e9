import process from "node:process"

/** What one contender got done in one round. */
export interface Load {
  readonly calls: number
  readonly milliseconds: number
  /** processor time of the process that made the calls, in milliseconds */
  readonly cpuMilliseconds: number
}

/** How long a round is, and how many callers it has. */
export interface LoadOptions {
  readonly concurrency: number
  readonly milliseconds: number
}

/** Calls for that long, with so many callers, each of whom waits for its answer before the next call. */
export const load = async (call: () => Promise<unknown>, options: LoadOptions): Promise<Load> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + options.milliseconds
  let calls = 0
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, caller))
  const { system, user } = process.cpuUsage(cpu)
  return { calls, milliseconds: performance.now() - start, cpuMilliseconds: (system + user) / 1000 }
}

/** Turns of two that do the same work, one after the other. */
export interface Turns {
  readonly own: ReadonlyArray<Load>
  readonly plain: ReadonlyArray<Load>
}

/** Calls in turns by one and by the other in one process, forwards and backwards: what disturbs one disturbs both. */
export const loadInTurns = async (
  own: () => Promise<unknown>,
  plain: () => Promise<unknown>,
  { turns, ...options }: LoadOptions & { readonly turns: number }
): Promise<Turns> => {
  const made = { own: new Array<Load>(), plain: new Array<Load>() }
  for (let turn = 0; turn < turns; turn++) {
    for (const name of turn % 2 === 0 ? (["plain", "own"] as const) : (["own", "plain"] as const)) {
      made[name].push(await load(name === "own" ? own : plain, options))
    }
  }
  return made
}
