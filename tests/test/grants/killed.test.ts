import { generateKey } from "@sage-auth/core"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { connectionOf, type Child, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import {
  type App,
  call,
  consent,
  type ConsentFlow,
  endOf,
  flows,
  openApp,
  refreshes,
  tokenRequests
} from "../../src/grants/world.ts"
import { until } from "../../src/settle.ts"

const minute = 60_000

interface Grant {
  readonly flow: ConsentFlow
  readonly sandbox: Sandbox
  readonly file: { readonly path: string; readonly key: string }
  /** an application over the same file, whose clock is so far ahead */
  readonly restart: (ahead?: number) => App
}

/** a grant whose token came so many milliseconds ago, in a file */
const openGrant = async (age: number, options: SandboxOptions, flow: ConsentFlow = "books"): Promise<Grant> => {
  const sandbox = await startSandbox(options)
  onTestFinished(() => sandbox.stop())
  const file = { path: temporaryStore(), key: generateKey() }
  const restart = (ahead = 0) =>
    openApp(sandbox, { store: `sqlite:${file.path}`, keys: [file.key], clock: { now: () => Date.now() + ahead } })
  const before = restart(-age)
  await consent(before, flow)
  await before.sage.close()
  return { flow, sandbox, file, restart }
}

const start = ({ file, flow, sandbox }: Grant, killAt?: number): Child =>
  // the first call takes what is in the file, the second one renews it where it is old
  startCaller({ connection: connectionOf(sandbox, flow), ...file, callers: 1, rounds: 2 }, { killAt })

/** the steps among what a process told */
const stepsOf = (told: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  told.flatMap((line) => (line as { readonly step?: string }).step ?? [])

/** the steps of a process that was killed, up to the one that it died at; undefined: it came to its end before */
const stepsUntilKilled = async (grant: Grant, killAt: number): Promise<ReadonlyArray<string> | undefined> => {
  const child = start(grant, killAt)
  const told = await child.toldInAll()
  const { code, problems, signal } = await child.ended
  if (code === 0) return undefined
  assert.strictEqual(signal, "SIGKILL", problems)
  return stepsOf(told)
}

/** What became of a grant whose process was killed. */
interface Death {
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
const afterDeath = async (grant: Grant, steps: ReadonlyArray<string>): Promise<Death> => {
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

/** the steps of a rotation: lease, intent, send, answer, store */
const steps = 5

/** kills a process at its first step, another one at its second, and so on; only one with a step too few comes to its end */
const eachDeath = async <A>(
  open: () => Promise<Grant>,
  after: (grant: Grant, steps: ReadonlyArray<string>) => Promise<A>
): Promise<ReadonlyArray<A | undefined>> =>
  Promise.all(
    Array.from({ length: steps + 1 }, async (_, step) => {
      const grant = await open()
      const done = await stepsUntilKilled(grant, step + 1)
      return done === undefined ? undefined : after(grant, done)
    })
  )

// the first two writes note the lease and the intent, the third one stores what came
const lease = ["write"]
const intent = [...lease, "write"]
const sent = [...intent, "send"]
const answered = [...sent, "answer"]

const rotates = { end: "HTTP 200", state: "connected", events: ["rotation-done"] } as const
const replays = { ...rotates, events: ["rotation-in-doubt", "rotation-done"] } as const
const inDoubt = {
  end: "RotationInDoubt",
  state: "reauthorization-required",
  events: ["rotation-in-doubt", "reauthorization-required", "renewal-failed"]
} as const

const strict = () => openGrant(10 * minute, { businessCloud: { refreshReuse: "revoke-family" } })
const lenient = () => openGrant(10 * minute, { businessCloud: { refreshReuse: "accepted" } })
/** its token is past its renewal and not at its end */
const early = () => openGrant(4 * minute, { businessCloud: { refreshReuse: "revoke-family" } })

/** X3's grants, at servers that forgive or do not */
const ofX3 = {
  erpSso: (forgives: boolean) => {
    const refreshReuse = forgives ? "accepted" : "revoke-family"
    const identityProvider = { accessTokenLife: "5 minutes", refreshReuse } as const
    return openGrant(10 * minute, { x3: { identityProvider } }, "erpSso")
  },
  gateway: (forgives: boolean) =>
    openGrant(10 * minute, { x3: { gateway: { refreshReuse: forgives ? "accepted" : "end-pairing" } } }, "gateway")
} as const

describe("a process that is killed at each step of a rotation", () => {
  it.each([
    ["books", strict],
    ["erpSso", () => ofX3.erpSso(false)],
    ["gateway", () => ofX3.gateway(false)]
  ] as const)(
    "leaves a grant of %s that works, but for the one death that no strict server forgives, and that is called by its name",
    async (_, open) => {
      assert.deepStrictEqual(await eachDeath(open, afterDeath), [
        { steps: [], sent: [0, 1], ...rotates },
        { steps: lease, sent: [0, 1], ...rotates },
        { steps: intent, sent: [0, 1], ...replays },
        { steps: sent, sent: [1, 1], ...inDoubt },
        { steps: answered, sent: [1, 1], ...inDoubt },
        undefined
      ])
    }
  )

  it.each([
    ["books", lenient],
    ["erpSso", () => ofX3.erpSso(true)],
    ["gateway", () => ofX3.gateway(true)]
  ] as const)("leaves a grant of %s that works, whatever the step, where the server forgives", async (_, open) => {
    assert.deepStrictEqual(await eachDeath(open, afterDeath), [
      { steps: [], sent: [0, 1], ...rotates },
      { steps: lease, sent: [0, 1], ...rotates },
      { steps: intent, sent: [0, 1], ...replays },
      { steps: sent, sent: [1, 1], ...replays },
      { steps: answered, sent: [1, 1], ...replays },
      undefined
    ])
  })

  it("leaves the token in hand to be used to its end, and only then the doubt is settled", async () => {
    const deaths = await eachDeath(early, async (grant, steps) => {
      const before = refreshes(grant.sandbox)
      const now = grant.restart()
      const ends = [await endOf(call(now, "books")), await endOf(call(now, "books"))]
      // what it does in the background is awaited by its end
      await now.sage.close()
      const meanwhile = refreshes(grant.sandbox) - before
      const { state } = await grant.restart().sage.client("books").status()
      return { steps, ends, state, meanwhile, later: await endOf(call(grant.restart(2 * minute), "books")) }
    })
    const ends = ["HTTP 200", "HTTP 200"]
    const unsent = { ends, state: "connected" as const, meanwhile: 1, later: "HTTP 200" }
    const doubted = { ends, state: "in-doubt" as const, meanwhile: 0 }
    assert.deepStrictEqual(deaths, [
      { steps: [], ...unsent },
      { steps: lease, ...unsent },
      { steps: intent, ...doubted, later: "HTTP 200" },
      { steps: sent, ...doubted, later: "RotationInDoubt" },
      { steps: answered, ...doubted, later: "RotationInDoubt" },
      undefined
    ])
  })

  it("is done with its last write: nobody rotates again", async () => {
    const grant = await strict()
    const child = startCaller({ connection: connectionOf(grant.sandbox), ...grant.file, callers: 1 }, { killAt: 100 })
    assert.deepStrictEqual(stepsOf(await child.toldInAll()), [...answered, "write"])
    assert.strictEqual(await endOf(call(grant.restart(), "books")), "HTTP 200")
    assert.strictEqual(refreshes(grant.sandbox), 1)
  })
})

describe("a process that is killed while it waits for the answer to a rotation", () => {
  it("leaves a grant that works, where the server had not begun", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "hang" })
    const child = start(grant)
    await until("the request arrived", () => refreshes(grant.sandbox) === 1)
    child.process.kill("SIGKILL")
    await child.ended
    assert.deepStrictEqual(await afterDeath(grant, []), { steps: [], sent: [1, 1], ...replays })
  })

  it("leaves a grant that is called in doubt, where the server had rotated", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "1 hour" })
    const child = start(grant)
    await until("the request arrived", () => refreshes(grant.sandbox) === 1)
    child.process.kill("SIGKILL")
    await child.ended
    assert.deepStrictEqual(await afterDeath(grant, []), { steps: [], sent: [1, 1], ...inDoubt })
  })

  it("leaves a grant that a new consent makes whole", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "drop-response" })
    const steps = await stepsUntilKilled(grant, answered.length)
    assert.deepStrictEqual(steps, sent)
    const app = grant.restart()
    assert.strictEqual(await endOf(call(app, "books")), "RotationInDoubt")
    await consent(app, "books")
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.strictEqual((await app.events.of("recovered")).length, 1)
    assert.strictEqual(tokenRequests(grant.sandbox, "business-cloud", "authorization_code").length, 2)
  })
})
