import { generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { assert, onTestFinished } from "vitest"
import type { Told } from "./children/task.ts"
import { connectionOf, startCaller } from "./processes.ts"
import { temporaryStore } from "./temporary.ts"
import { call, consent, type ConsentFlow, endOf, flows, openApp, refreshes } from "./world.ts"

const processes = 4
const callers = 200

/** a sandbox by the machine's clock, since several processes share its time */
export const openServer = async (): Promise<Sandbox> => {
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
export const expiredGrant = async (sandbox: Sandbox, flow: ConsentFlow = "books") => {
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
export const storm = async (
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
export const assertAlive = async (
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

/** What the processes tell when all of their callers were served. */
export const served: ReadonlyArray<Told> = Array.from({ length: processes }, () => ({ served: callers, failures: [] }))

/** How many rotations it takes to serve every caller of four processes; the family has to live on. */
export const rotationsIn = async (flow: ConsentFlow): Promise<number> => {
  const sandbox = await openServer()
  const file = await expiredGrant(sandbox, flow)
  assert.deepStrictEqual(await storm(sandbox, file, flow), served)
  const rotations = refreshes(sandbox, flows[flow].surface)
  await assertAlive(sandbox, file, flow)
  return rotations
}
