import { onTestFinished } from "vitest"
import {
  createSageAuth,
  type SageEvent,
  type Settings,
  type X3Auth,
  type X3OnPremiseOptions,
  x3
} from "../../../src/index.ts"

/** What arrived. */
export interface Arrived {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: string
}

/** Answers one request. */
export type Answering = (arrived: Arrived, count: number) => Response | Promise<Response>

/** when the clock of each application begins */
export const start = Date.UTC(2026, 10, 20)

export const baseUrl = "https://x3.acme.example:8124"

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

export const text = (body: string, status = 200, type = "text/plain"): Response =>
  new Response(body, { status, headers: { "content-type": type } })

/** An application with one connection whose requests are answered here, by a clock that moves when it is told to. */
export const openErp = <const A extends X3Auth>(
  auth: A,
  answering: Answering,
  options: Partial<Omit<X3OnPremiseOptions, "auth" | "environment" | "urls">> = {},
  settings: Settings = {}
) => {
  const arrived: Array<Arrived> = []
  let now = start
  const fetch = async (input: unknown, init?: RequestInit): Promise<Response> => {
    const request: Arrived = {
      url: new URL(String(input)),
      method: init?.method ?? "GET",
      headers: new Headers(init?.headers),
      body: typeof init?.body === "string" ? init.body : ""
    }
    arrived.push(request)
    return answering(request, arrived.length)
  }
  const sage = createSageAuth({
    connections: { erp: x3.onPremise({ baseUrl, auth, ...options }) },
    fetch,
    clock: { now: () => now },
    retry: {
      transient: { first: 0, times: 3, within: "24 hours" },
      rateLimited: { first: 0, times: 3, within: "24 hours" }
    },
    ...settings
  })
  const events: Array<SageEvent> = []
  const reading = (async () => {
    for await (const event of sage.events()) events.push(event)
  })()
  onTestFinished(() => sage.close())
  return {
    sage,
    erp: sage.client("erp"),
    arrived,
    /** everything that was announced; ends the application */
    announced: async () => {
      await sage.close()
      await reading
      return events
    },
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    now: () => now
  }
}

/** What a promise is rejected with. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it was not rejected")
}

export const minute = 60_000
