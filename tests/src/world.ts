import {
  createSageAuth,
  type IntacctXmlClient,
  type IntacctXmlOptions,
  intacctXml,
  type Sage,
  type SageEvent,
  type Settings
} from "@sage-auth/core"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { settle } from "./settle.ts"

/** Three retries without a pause, for tests whose subject is not the schedule. */
export const fastRetry: NonNullable<Settings["retry"]> = {
  transient: { first: 0, times: 3, within: "24 hours", retryAfter: false },
  rateLimited: { first: 0, times: 3, within: "24 hours", retryAfter: false }
}

/** One retry without a pause: enough to tell what fails once from what fails for good. */
export const retryOnce: NonNullable<Settings["retry"]> = {
  transient: { first: 0, times: 1, within: "24 hours", retryAfter: false },
  rateLimited: { first: 0, times: 1, within: "24 hours", retryAfter: false }
}

/** No retry at all. */
export const noRetry: NonNullable<Settings["retry"]> = {
  transient: { first: 0, times: 0, within: 0 },
  rateLimited: { first: 0, times: 0, within: 0 }
}

/** A sandbox with a clock that stands still, stopped when the test ends. */
export const openSandbox = async (options: Omit<SandboxOptions, "clock"> = {}): Promise<Sandbox<"manual">> => {
  const sandbox = await startSandbox({ ...options, clock: "manual" })
  onTestFinished(() => sandbox.stop())
  return sandbox
}

/** The options of an intacct-xml connection to a sandbox, in parts that a test replaces. */
export const ledgerOptions = (
  sandbox: Sandbox<"manual">,
  differs: Partial<IntacctXmlOptions> = {}
): IntacctXmlOptions => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  const target = { environment: "sandbox", urls: { xml: sandbox.urls["intacct-xml"].xml } } as const
  return { sender, login, ...target, ...differs } as IntacctXmlOptions
}

/** Every event from now on; `seen` and `of` let what is under way be announced first. */
export interface EventLog {
  readonly soFar: ReadonlyArray<SageEvent>
  seen(): Promise<ReadonlyArray<SageEvent>>
  of<T extends SageEvent["type"]>(type: T): Promise<ReadonlyArray<Extract<SageEvent, { readonly type: T }>>>
}

/** Reads an application's events until it closes. */
export const logEvents = (iterator: AsyncIterableIterator<SageEvent>): EventLog => {
  const events: Array<SageEvent> = []
  const reading = (async () => {
    for await (const event of iterator) events.push(event)
  })()
  reading.catch(() => {})
  const seen = async () => {
    await settle()
    return events
  }
  return {
    soFar: events,
    seen,
    of: async (type) =>
      (await seen()).filter((event): event is Extract<SageEvent, { readonly type: typeof type }> => event.type === type)
  }
}

type Ledger = ReturnType<typeof intacctXml>

/** An application with one connection, and the sandbox it talks to. */
export interface World {
  readonly sandbox: Sandbox<"manual">
  readonly sage: Sage<{ readonly ledger: Ledger }>
  readonly ledger: IntacctXmlClient
  readonly events: EventLog
  /** how many requests for a session arrived */
  readonly sessionsAsked: () => number
}

/** What a world may have that differs. */
export interface WorldOptions {
  readonly sandbox?: Omit<SandboxOptions, "clock"> | Sandbox<"manual"> | undefined
  readonly ledger?:
    | Partial<IntacctXmlOptions>
    | ((sandbox: Sandbox<"manual">) => Partial<IntacctXmlOptions>)
    | undefined
  readonly settings?: Settings | undefined
}

const isSandbox = (given: Omit<SandboxOptions, "clock"> | Sandbox<"manual">): given is Sandbox<"manual"> =>
  "accounts" in given

/** Opens a sandbox and an application that lives by its clock; both end with the test. */
export const openWorld = async ({ ledger, sandbox: given = {}, settings }: WorldOptions = {}): Promise<World> => {
  const sandbox = isSandbox(given) ? given : await openSandbox(given)
  const differs = typeof ledger === "function" ? ledger(sandbox) : ledger
  const sage = createSageAuth({
    connections: { ledger: intacctXml(ledgerOptions(sandbox, differs)) },
    clock: sandbox.clock,
    retry: fastRetry,
    ...settings
  })
  onTestFinished(() => sage.close())
  return {
    sandbox,
    sage,
    ledger: sage.client("ledger"),
    events: logEvents(sage.events()),
    sessionsAsked: () => sandbox.requests({ step: "getAPISession" }).length
  }
}
