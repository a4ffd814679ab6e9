import { randomUUID } from "node:crypto"
import { generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Redis } from "ioredis"
import { assert, inject, onTestFinished } from "vitest"
import { startChild } from "../grants/processes.ts"
import { sharedPools } from "./sharedPools.ts"
import type { Paid, PayerTask, SharedPools } from "./task.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** the address of a Redis server; undefined: there is none, and tests that need one are skipped */
    readonly redisUrl: string | undefined
  }
}

/** Whether there is no Redis server. In CI the run has failed then. */
export const noRedis = inject("redisUrl") === undefined

const processes = 4

/** Callers of each process. */
export const callers = 10

/** What a storm differs in. */
export interface StormOptions {
  /** of each process */
  readonly calls: number
  /** milliseconds that Intacct takes for a call */
  readonly latency: number
  /** whether one process is killed in the middle */
  readonly kill?: boolean | undefined
  /** whether one process makes calls alone, before and after, as the measure of what two connections can do */
  readonly compared?: boolean | undefined
  /** what happens in the middle */
  readonly middle?: (() => Promise<void>) | undefined
}

/** What came of it. */
export interface Stormed {
  readonly told: ReadonlyArray<Paid>
  /** how many requests of the company were at Intacct at once, at most */
  readonly most: number
  /** billable transactions by Intacct's own count, and by the meter */
  readonly billed: number
  readonly metered: number
  /** its calls in a second, as a part of those that one process makes which shares its two connections with nobody */
  readonly throughput: number | undefined
  /** the share of the time between first and last request in which the permits were in use at Intacct */
  readonly used: number
}

/** What share of the time so many connections were in use. */
const usedOf = (requests: ReturnType<Sandbox["requests"]>, connections: number): number => {
  const began = Math.min(...requests.map(({ startedAt }) => startedAt))
  const ended = Math.max(...requests.map(({ endedAt, startedAt }) => endedAt ?? startedAt))
  const busy = requests.reduce((sum, { endedAt, startedAt }) => sum + (endedAt ?? startedAt) - startedAt, 0)
  return busy / connections / (ended - began)
}

const taskOf = (sandbox: Sandbox, pools: SharedPools | undefined, calls: number, callers: number): PayerTask => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  const { client, user } = sandbox.accounts["intacct-rest"]
  const { clientId, clientSecret } = client
  const environment = "sandbox"
  return {
    pools,
    key: generateKey(),
    ledger: { sender, login, environment, urls: { xml: sandbox.urls["intacct-xml"].xml } },
    vendors: {
      clientId,
      clientSecret,
      username: user.username,
      environment,
      urls: sandbox.urls["intacct-rest"]
    },
    calls,
    callers
  }
}

/** Pools of one test in Redis, which are removed when it ends. */
export const inRedis = (): Extract<SharedPools, { readonly redisUrl: string }> => {
  const pools = { redisUrl: inject("redisUrl") ?? "", prefix: `test-${randomUUID()}:`, heartbeat: 2_000 }
  const client = new Redis(pools.redisUrl)
  onTestFinished(async () => {
    const keys = await client.keys(`${pools.prefix}*`)
    if (keys.length > 0) await client.del(...keys)
    client.disconnect()
  })
  return pools
}

/** How many calls a second two connections make without a pause: those of one process, whose pool is in its memory. */
const aloneAt = async (sandbox: Sandbox, calls: number): Promise<number> => {
  const child = startChild("payer", taskOf(sandbox, undefined, calls, 2))
  await child.told()
  const began = performance.now()
  child.go()
  await child.told()
  return calls / (performance.now() - began)
}

/** Four processes call one company through XML and REST, over one pool and one meter. */
export const storm = async (options: StormOptions, pools: SharedPools = inRedis()): Promise<Stormed> => {
  const { calls, compared = false, kill = false, latency, middle } = options
  const intacct = { latency }
  const sandbox = await startSandbox({
    intacct,
    intacctRest: { latency, requestsPerMinute: 1e9, requestsPerHour: 1e9 }
  })
  onTestFinished(() => sandbox.stop())
  const before = {
    alone: compared ? await aloneAt(sandbox, calls / 2) : 0,
    billed: sandbox.intacct.transactions("AcmeHoldings").billable,
    requests: sandbox.requests().length
  }
  const children = Array.from({ length: processes }, () => startChild("payer", taskOf(sandbox, pools, calls, callers)))
  await Promise.all(children.map(({ told }) => told()))
  const began = performance.now()
  for (const { go } of children) go()
  const [victim, ...others] = children
  const later = () => sandbox.requests().length - before.requests > (processes * calls) / 4
  if (kill || middle !== undefined) while (!later()) await new Promise((resolve) => setTimeout(resolve, 5))
  if (kill) victim?.process.kill("SIGKILL")
  await middle?.()
  const told = (await Promise.all((kill ? others : children).map((child) => child.told()))) as ReadonlyArray<Paid>
  const took = performance.now() - began
  const requests = sandbox.requests().slice(before.requests)
  const { billable } = sandbox.intacct.transactions("AcmeHoldings")
  // before and after, for a machine that others use as well
  const after = compared ? await aloneAt(sandbox, calls / 2) : 0
  const shared = await sharedPools(pools)
  await shared.open()
  // nothing is left of it
  const { inUse, waiting } = await shared.coordination.state("acmeholdings")
  assert.deepStrictEqual({ inUse, waiting }, { inUse: 0, waiting: 0 })
  const month = new Date().toISOString().slice(0, 7)
  const metered = await shared.meters.read("acmeholdings", month)
  await shared.coordination.close?.()
  return {
    told,
    most: Math.max(...requests.map(({ concurrent }) => concurrent)),
    billed: billable - before.billed,
    metered,
    used: usedOf(requests, 2),
    throughput: compared ? ((processes * calls) / took / (before.alone + after)) * 2 : undefined
  }
}
