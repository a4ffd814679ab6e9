import type { Sandbox } from "@sage-auth/sandbox"
import type { Flow, Stage } from "./Flow.ts"
import { makeRecorder, type Sent } from "./Recorder.ts"
import type { Outcome, Screen } from "./Screen.ts"

/** A flow that takes longer than this hangs, in real milliseconds. */
const longest = 30_000

const say = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const withinTime = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${longest / 1000} s`)), longest)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs one flow, printing its steps as they happen. */
export const runFlow = async (flow: Flow, sandbox: Sandbox<"manual">, screen: Screen): Promise<Outcome> => {
  const recorder = makeRecorder(sandbox)
  // what earlier flows sent is theirs
  recorder.take()
  let requests = 0
  let doing = flow.name
  const stage: Stage = {
    sandbox,
    settings: { clock: sandbox.clock, fetch: recorder.fetch },
    step: async (did, action, came) => {
      doing = did
      const started = performance.now()
      let sent: ReadonlyArray<Sent> = []
      const result = await action().finally(() => {
        sent = recorder.take()
        requests += sent.length
        screen.requests(sent)
      })
      const took = performance.now() - started
      screen.came(did, came(result, sent), took)
      return result
    }
  }
  screen.title(flow.name)
  const started = performance.now()
  let failure: string | undefined
  try {
    await withinTime(flow.run(stage))
  } catch (error) {
    failure = `${doing}: ${say(error)}`
    screen.failed(doing, say(error))
  }
  sandbox.clearFaults()
  return { name: flow.name, requests, failure, milliseconds: performance.now() - started }
}
