import { generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { assert, onTestFinished } from "vitest"
import type { SharedStore, Told } from "./children/task.ts"
import { connectionOf, startCaller } from "./processes.ts"
import { older } from "./postgres.ts"
import { storeAt } from "./sharedStore.ts"
import { temporaryStore } from "./temporary.ts"
import { call, consent, type ConsentFlow, endOf, flows, openApp, refreshes } from "./world.ts"

const processes = 4
const mostProcesses = 8
const callers = 200

/** a sandbox by the machine's clock, since several processes share its time */
export const openServer = async (): Promise<Sandbox> => {
  const sandbox = await startSandbox({
    businessCloud: { refreshReuse: "revoke-family", concurrentRequests: mostProcesses * callers },
    x3: {
      identityProvider: { refreshReuse: "revoke-family", accessTokenLife: "5 minutes" },
      gateway: { refreshReuse: "end-pairing" }
    }
  })
  onTestFinished(() => sandbox.stop())
  return sandbox
}

const tenMinutes = 10 * 60_000

/** A store, and the key to what is in it. */
export type Kept = SharedStore & { readonly key: string }

/** a grant whose token came ten minutes ago, in a file unless it is given another store */
export const expiredGrant = async (
  sandbox: Sandbox,
  flow: ConsentFlow = "books",
  store: SharedStore = { path: temporaryStore() }
): Promise<Kept> => {
  const kept = { ...store, key: generateKey() }
  const before = openApp(sandbox, {
    store: storeAt(kept),
    keys: [kept.key],
    clock: { now: () => Date.now() - tenMinutes }
  })
  await consent(before, flow)
  await before.sage.close()
  await older(store, tenMinutes)
  return kept
}

/** has every process call at the same moment; gives what they tell */
export const storm = async (sandbox: Sandbox, file: Kept, flow: ConsentFlow = "books", count = processes) => {
  const children = Array.from({ length: count }, () =>
    startCaller({ connection: connectionOf(sandbox, flow), ...file, callers, waits: true })
  )
  await Promise.all(children.map(({ told }) => told()))
  for (const { go } of children) go()
  return (await Promise.all(children.map(({ told }) => told()))) as ReadonlyArray<Told>
}

/** a family that was revoked would refuse its next rotation */
export const assertAlive = async (sandbox: Sandbox, kept: Kept, flow: ConsentFlow = "books") => {
  const after = openApp(sandbox, { store: storeAt(kept), keys: [kept.key] })
  const { surface } = flows[flow]
  const client = after.sage.client(flow)
  assert.strictEqual((await client.status()).state, "connected")
  assert.strictEqual(await endOf(call(after, flow)), "HTTP 200")
  assert.strictEqual(refreshes(sandbox, surface), 1)
  await client.refresh()
  await client.refresh()
  assert.strictEqual(refreshes(sandbox, surface), 3)
}

/** What the processes tell when all of their callers were served. */
export const servedBy = (count: number): ReadonlyArray<Told> =>
  Array.from({ length: count }, () => ({ served: callers, failures: [] }))

/** The same of four, the usual number. */
export const served = servedBy(processes)

/** How many rotations it takes to serve every caller of some processes; the family has to live on. */
export const rotationsIn = async (flow: ConsentFlow, count = processes): Promise<number> => {
  const sandbox = await openServer()
  const file = await expiredGrant(sandbox, flow)
  assert.deepStrictEqual(await storm(sandbox, file, flow, count), servedBy(count))
  const rotations = refreshes(sandbox, flows[flow].surface)
  await assertAlive(sandbox, file, flow)
  return rotations
}
