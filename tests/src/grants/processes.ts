import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Sandbox } from "@sage-auth/sandbox"
import { inject, onTestFinished } from "vitest"
import type { Task } from "./children/task.ts"
import type { ConsentFlow } from "./world.ts"

/** Another process, and what it has to say. */
export interface Child {
  readonly process: ChildProcess
  /** the next thing that it tells; fails if it ends without */
  readonly told: () => Promise<unknown>
  /** everything that it told, once it has ended */
  readonly toldInAll: () => Promise<ReadonlyArray<unknown>>
  /** tells it to go on */
  readonly go: () => void
  /** how it ended, and what it had to complain about */
  readonly ended: Promise<Ended>
}

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly problems: string
}

const scriptOf = (name: "caller" | "killAt" | "payer"): string => join(inject("children"), `${name}.mjs`)

/** What a process may have that differs. */
export interface StartOptions {
  /** dies instead of its step with that number, counted from 1 */
  readonly killAt?: number | undefined
  /** stops before its step with that number, until it is told SIGCONT */
  readonly stopAt?: number | undefined
  readonly spawn?: SpawnOptions | undefined
}

/** Starts a process of its own with an application in it; it is killed when the test ends, unless it has ended by then. */
export const startCaller = (task: Task, options?: StartOptions): Child => startChild("caller", task, options)

/** The same with another program in it. */
export const startChild = (
  program: "caller" | "payer",
  task: object,
  { killAt, spawn: options, stopAt }: StartOptions = {}
): Child => {
  const steps = killAt === undefined && stopAt === undefined ? [] : ["--import", scriptOf("killAt")]
  const child = spawn(process.execPath, [...steps, scriptOf(program)], {
    stdio: ["pipe", "pipe", "pipe"],
    ...options,
    env: {
      PATH: process.env["PATH"],
      // what one process has compiled, the next need not compile again
      NODE_COMPILE_CACHE: join(tmpdir(), "sage-auth-compiled"),
      SAGE_AUTH_TASK: JSON.stringify(task),
      ...(killAt === undefined ? {} : { SAGE_AUTH_KILL_AT: String(killAt) }),
      ...(stopAt === undefined ? {} : { SAGE_AUTH_STOP_AT: String(stopAt) })
    }
  })
  let problems = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    problems += chunk.toString()
  })
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, problems }))
  )
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
    await ended
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    process: child,
    told: async () => {
      const next = await lines.next()
      if (next.done === true) throw new Error(`the process ended and told nothing more: ${problems}`)
      return JSON.parse(next.value)
    },
    toldInAll: async () => {
      const all: Array<unknown> = []
      for (let next = await lines.next(); next.done !== true; next = await lines.next())
        all.push(JSON.parse(next.value))
      return all
    },
    go: () => child.stdin?.write("go\n"),
    ended
  }
}

/** A connection of a sandbox that has grants, as plain values that another process can be given. */
export const connectionOf = (
  { accounts, urls }: Pick<Sandbox, "accounts" | "urls">,
  name: ConsentFlow = "books"
): Task["connection"] => {
  const environment = "sandbox"
  switch (name) {
    case "books":
      return {
        name,
        options: { ...accounts["business-cloud"].client, country: "gb", environment, urls: urls["business-cloud"] }
      }
    case "payables":
      return { name, options: { ...accounts["intacct-rest"].client, environment, urls: urls["intacct-rest"] } }
    case "erpSso": {
      const { onlineRedirectUri: _, ...auth } = accounts["x3-web-services"].oauth2
      return { name, auth, options: { baseUrl: urls["x3-web-services"].onPremise, environment } }
    }
    case "gateway": {
      const { clientId, clientSecret, customer, redirectUri, scope } = accounts["x3-gateway"]
      const rootUrl = urls["x3-gateway"].root
      return { name, options: { rootUrl, clientId, clientSecret, redirectUri, customer, scope, environment } }
    }
  }
}
