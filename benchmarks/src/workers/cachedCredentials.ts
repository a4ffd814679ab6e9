import process from "node:process"
import { setTimeout } from "node:timers/promises"
import { createSageAuth, type IntacctXmlClient, intacctXml } from "@sage-auth/core"
import { answerTasks } from "../answerTasks.ts"
import { sessionAnswer } from "../answers.ts"
import type { Load } from "../load.ts"

const url = "http://127.0.0.1:1/ia/xml/xmlgw.phtml"

/** Coprime to every number of tenants measured, so that all are visited, and far from the last one in memory. */
const stride = 7919

let sessions = 0

/** Sessions are opened by the library's own flow, from answers that are made in this process. */
const answer = async (): Promise<Response> =>
  new Response(sessionAnswer(String(++sessions).padStart(56, "s"), url), { headers: { "content-type": "text/xml" } })

const sage = createSageAuth({
  connections: {
    ledger: intacctXml({
      sender: { id: "sender", password: "sender-password" },
      // a company of its own for every tenant, as applications with many customers have it
      login: (tenant) => ({ companyId: `company-${tenant}`, userId: "user", password: `password-of-${tenant}` }),
      environment: "sandbox",
      urls: { xml: url }
    })
  },
  fetch: answer
})

const tenants: Array<string> = []
const clients: Array<IntacctXmlClient> = []

const collect = globalThis.gc ?? (() => {})

const heap = async (): Promise<number> => {
  // again and again with a pause: what one pass finalizes, such as the platform's abort signals, the next one frees
  for (let pass = 0; pass < 5; pass++) {
    collect()
    await setTimeout(50)
  }
  return process.memoryUsage().heapUsed
}

/** What is awaited for each tenant visited. */
export type Acquire = "floor" | "kept" | "made"

const settled = Promise.resolve()

const acquire: Record<Acquire, (index: number) => Promise<unknown>> = {
  floor: () => settled,
  kept: (index) => (clients[index] as IntacctXmlClient).session(),
  made: (index) => sage.client("ledger", { tenant: tenants[index] as string }).session()
}

const tasks = {
  /** opens a session for every tenant; bytes of heap for each, and then for a client that is kept */
  open: async ({
    count
  }: {
    readonly count: number
  }): Promise<{ readonly session: number; readonly client: number }> => {
    for (let index = 0; index < count; index++) tenants.push(`tenant-${index}`)
    // loads what is loaded on first use, so that it does not count as memory of a session
    await sage.client("ledger", { tenant: "first" }).session()
    const before = await heap()
    let next = 0
    const opener = async (): Promise<void> => {
      while (next < count) await sage.client("ledger", { tenant: tenants[next++] as string }).session()
    }
    await Promise.all(Array.from({ length: 64 }, opener))
    const opened = await heap()
    for (const tenant of tenants) clients.push(sage.client("ledger", { tenant }))
    return { session: (opened - before) / count, client: ((await heap()) - opened) / count }
  },
  acquire: async (options: {
    readonly how: Acquire
    readonly tenants: number
    readonly milliseconds: number
  }): Promise<Load> => {
    const get = acquire[options.how]
    const start = performance.now()
    const end = start + options.milliseconds
    let index = 0
    let calls = 0
    let now = start
    while (now < end) {
      for (let one = 0; one < 1_000; one++) {
        index = (index + stride) % options.tenants
        await get(index)
      }
      calls += 1_000
      now = performance.now()
    }
    if (sessions > tenants.length + 1) throw new Error("a session was renewed: this was no cached credential")
    return { calls, milliseconds: now - start, cpuMilliseconds: 0 }
  }
}

/** Reads sessions that are in the cache. */
export type CachedCredentials = typeof tasks

answerTasks(tasks)
