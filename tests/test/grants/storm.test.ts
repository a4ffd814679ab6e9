import { generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import type { Told } from "../../src/grants/children/task.ts"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { call, consent, type ConsentFlow, endOf, flows, openApp, refreshes } from "../../src/grants/world.ts"
import { until } from "../../src/settle.ts"

const processes = 4
const callers = 200

/** a sandbox by the machine's clock, since several processes share its time */
const openServer = async (): Promise<Sandbox> => {
  const sandbox = await startSandbox({
    businessCloud: { refreshReuse: "revoke-family", concurrentRequests: processes * callers },
    x3: {
      identityProvider: { refreshReuse: "revoke-family", accessTokenLife: "5 minutes" },
      gateway: { refreshReuse: "end-pairing" }
    }
  })
  onTestFinished(() => sandbox.stop())
  return sandbox
}

/** a grant whose token came ten minutes ago, in a file */
const expiredGrant = async (sandbox: Sandbox, flow: ConsentFlow = "books") => {
  const file = { path: temporaryStore(), key: generateKey() }
  const before = openApp(sandbox, {
    store: `sqlite:${file.path}`,
    keys: [file.key],
    clock: { now: () => Date.now() - 10 * 60_000 }
  })
  await consent(before, flow)
  await before.sage.close()
  return file
}

/** has every process call at the same moment; gives what they tell */
const storm = async (
  sandbox: Sandbox,
  file: { readonly path: string; readonly key: string },
  flow: ConsentFlow = "books"
) => {
  const children = Array.from({ length: processes }, () =>
    startCaller({ connection: connectionOf(sandbox, flow), ...file, callers, waits: true })
  )
  await Promise.all(children.map(({ told }) => told()))
  for (const { go } of children) go()
  return (await Promise.all(children.map(({ told }) => told()))) as ReadonlyArray<Told>
}

/** a family that was revoked would refuse its next rotation */
const assertAlive = async (
  sandbox: Sandbox,
  { key, path }: { readonly path: string; readonly key: string },
  flow: ConsentFlow = "books"
) => {
  const after = openApp(sandbox, { store: `sqlite:${path}`, keys: [key] })
  const { surface } = flows[flow]
  const client = after.sage.client(flow)
  assert.strictEqual((await client.status()).state, "connected")
  assert.strictEqual(await endOf(call(after, flow)), "HTTP 200")
  assert.strictEqual(refreshes(sandbox, surface), 1)
  await client.refresh()
  await client.refresh()
  assert.strictEqual(refreshes(sandbox, surface), 3)
}

/** so that whoever judges a lease by its signs of life would take it away at once */
const shortTimes = { beat: 50, silence: 100, doubt: 150, look: 50 }

const served: ReadonlyArray<Told> = Array.from({ length: processes }, () => ({ served: callers, failures: [] }))

describe("200 callers in each of four processes on one expired grant in one SQLite file", () => {
  it.each(["books", "erpSso", "gateway"] as const)(
    "are all served by one rotation of %s, and its family lives",
    async (flow) => {
      const sandbox = await openServer()
      const file = await expiredGrant(sandbox, flow)
      assert.deepStrictEqual(await storm(sandbox, file, flow), served)
      assert.strictEqual(refreshes(sandbox, flows[flow].surface), 1)
      await assertAlive(sandbox, file, flow)
    }
  )

  it("are all served by one rotation when the server takes 20 seconds", { timeout: 60_000 }, async () => {
    const sandbox = await openServer()
    const file = await expiredGrant(sandbox)
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "20 seconds" })
    assert.deepStrictEqual(await storm(sandbox, file), served)
    const [rotation, ...others] = sandbox.requests({ surface: "business-cloud", step: "token" }).slice(1)
    assert.deepStrictEqual(others, [])
    assert.isAtLeast((rotation?.endedAt ?? 0) - (rotation?.startedAt ?? 0), 20_000)
    await assertAlive(sandbox, file)
  })
})

describe("a process that stands still in the middle of its rotation, and lives", () => {
  it("keeps its lease, whoever waits, and serves them all when it goes on", async () => {
    const sandbox = await openServer()
    const file = await expiredGrant(sandbox)
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "1 second" })
    const task = { connection: connectionOf(sandbox), ...file, callers: 5, times: shortTimes }
    const waiting = startCaller({ ...task, waits: true })
    await waiting.told()
    const stopped = startCaller(task)
    await until("the rotation was sent", () => refreshes(sandbox) === 1)
    stopped.process.kill("SIGSTOP")
    waiting.go()
    const answered = () => sandbox.requests({ step: "token" }).filter(({ status }) => status === 200).length
    await until("the rotation was answered", () => answered() === 2)
    // many times as long as the signs of life may stay away
    const since = performance.now()
    await until("a second has passed", () => performance.now() - since >= 1_000)
    assert.strictEqual(refreshes(sandbox), 1)
    stopped.process.kill("SIGCONT")
    const all = { served: 5, failures: [] }
    assert.deepStrictEqual(await Promise.all([stopped.told(), waiting.told()]), [all, all])
    assert.strictEqual(refreshes(sandbox), 1)
    await assertAlive(sandbox, file)
  })
})
