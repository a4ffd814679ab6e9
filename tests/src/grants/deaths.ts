import { generateKey } from "@sage-auth/core"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { assert, it, onTestFinished } from "vitest"
import type { SharedStore } from "./children/task.ts"
import { older } from "./postgres.ts"
import { type Child, connectionOf, startCaller } from "./processes.ts"
import { storeAt } from "./sharedStore.ts"
import { temporaryStore } from "./temporary.ts"
import { type App, call, consent, type ConsentFlow, endOf, flows, openApp, refreshes } from "./world.ts"

export const minute = 60_000

/** A grant that processes share. */
export interface Grant {
  readonly flow: ConsentFlow
  readonly sandbox: Sandbox
  readonly file: SharedStore & { readonly key: string }
  /** an application over the same store, whose clock is so far ahead */
  readonly restart: (ahead?: number) => App
}

/** a grant whose token came so many milliseconds ago, in a file unless it is given another store */
export const openGrant = async (
  age: number,
  options: SandboxOptions,
  flow: ConsentFlow = "books",
  store: SharedStore = { path: temporaryStore() }
): Promise<Grant> => {
  const sandbox = await startSandbox(options)
  onTestFinished(() => sandbox.stop())
  const file = { ...store, key: generateKey() }
  const restart = (ahead = 0) =>
    openApp(sandbox, { store: storeAt(file), keys: [file.key], clock: { now: () => Date.now() + ahead } })
  const before = restart(-age)
  await consent(before, flow)
  await before.sage.close()
  await older(store, age)
  return { flow, sandbox, file, restart }
}

export const start = ({ file, flow, sandbox }: Grant, killAt?: number): Child =>
  // the first call takes what is in the file, the second one renews it where it is old
  startCaller({ connection: connectionOf(sandbox, flow), ...file, callers: 1, rounds: 2 }, { killAt })

/** the steps among what a process told */
export const stepsOf = (told: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  told.flatMap((line) => (line as { readonly step?: string }).step ?? [])

/** the steps of a process that was killed, up to the one that it died at; undefined: it came to its end before */
export const stepsUntilKilled = async (grant: Grant, killAt: number): Promise<ReadonlyArray<string> | undefined> => {
  const child = start(grant, killAt)
  const told = await child.toldInAll()
  const { code, problems, signal } = await child.ended
  if (code === 0) return undefined
  assert.strictEqual(signal, "SIGKILL", problems)
  return stepsOf(told)
}

/** What became of a grant whose process was killed. */
export interface Death {
  /** what the process had done */
  readonly steps: ReadonlyArray<string>
  /** how the first call after the restart ended */
  readonly end: string
  /** how often a refresh token was sent before the death and after the restart */
  readonly sent: readonly [before: number, after: number]
  readonly state: string
  readonly events: ReadonlyArray<string>
}

/** restarts the application, and calls: twice, since whoever comes next has to find it settled */
export const afterDeath = async (grant: Grant, steps: ReadonlyArray<string>): Promise<Death> => {
  const { flow, sandbox } = grant
  const { surface } = flows[flow]
  const before = refreshes(sandbox, surface)
  const app = grant.restart()
  const end = await endOf(call(app, flow))
  const after = refreshes(sandbox, surface) - before
  const { state } = await app.sage.client(flow).status()
  const events = (await app.events.seen()).map(({ type }) => type)
  await app.sage.close()
  assert.strictEqual(await endOf(call(grant.restart(), flow)), end)
  assert.strictEqual(refreshes(sandbox, surface), before + after)
  return { steps, end, sent: [before, after], state, events }
}

/** the steps of a rotation, counted from 1: lease and intent, send, answer, store */
export const everyStep = [1, 2, 3, 4]

/** kills a process at each of these steps, and says what was left each time; undefined: it came to its end before */
export const eachDeath = async <A>(
  steps: ReadonlyArray<number>,
  open: () => Promise<Grant>,
  after: (grant: Grant, steps: ReadonlyArray<string>) => Promise<A>
): Promise<ReadonlyArray<A | undefined>> =>
  Promise.all(
    steps.map(async (step) => {
      const grant = await open()
      const done = await stepsUntilKilled(grant, step)
      return done === undefined ? undefined : after(grant, done)
    })
  )

// the first write notes the lease and the intent, the second one stores what came
export const intent = ["write"]
export const sent = [...intent, "send"]
export const answered = [...sent, "answer"]

const rotates = { end: "HTTP 200", state: "connected", events: ["rotation-done"] } as const
export const replays = { ...rotates, events: ["rotation-in-doubt", "rotation-done"] } as const
export const inDoubt = {
  end: "RotationInDoubt",
  state: "reauthorization-required",
  events: ["rotation-in-doubt", "reauthorization-required", "renewal-failed"]
} as const

/** What the death of a process leaves behind, whatever its step, at a server that forgives and at one that does not. */
export const leavesWhatItMay = (
  flow: ConsentFlow,
  { lenient, strict }: { readonly lenient: () => Promise<Grant>; readonly strict: () => Promise<Grant> }
): void => {
  it(`leaves a grant of ${flow} that works, but for the one death that no strict server forgives, and that is called by its name`, async () => {
    // a fifth step there is none
    assert.deepStrictEqual(await eachDeath<unknown>([...everyStep, 5], strict, afterDeath), [
      { steps: [], sent: [0, 1], ...rotates },
      { steps: intent, sent: [0, 1], ...replays },
      { steps: sent, sent: [1, 1], ...inDoubt },
      { steps: answered, sent: [1, 1], ...inDoubt },
      undefined
    ])
  })

  // until a token was sent, no server has anything to forgive
  it(`leaves a grant of ${flow} that works, whatever the step, where the server forgives`, async () => {
    assert.deepStrictEqual(await eachDeath<unknown>([3, 4], lenient, afterDeath), [
      { steps: sent, sent: [1, 1], ...replays },
      { steps: answered, sent: [1, 1], ...replays }
    ])
  })
}
