import { setImmediate as turn } from "node:timers/promises"
import { intacctXml, type IntacctXmlOptions, type SageEvent, type XmlResult } from "@sage-auth/core"
import { ClaimFailed } from "../../expect.ts"
import type { Stage } from "../../Flow.ts"
import type { Sent } from "../../Recorder.ts"

/** A connection to the sandbox with its first account, and what a flow wants otherwise. */
export const ledgerOf = (
  { sandbox }: Stage,
  differs: Partial<Omit<IntacctXmlOptions, "environment" | "urls">> = {}
): ReturnType<typeof intacctXml> => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  const { xml } = sandbox.urls["intacct-xml"]
  return intacctXml({ sender, login, ...differs, environment: "sandbox", urls: { xml } })
}

/** The function that most flows call: the first vendors. */
export const readVendors = {
  readByQuery: { object: "VENDOR", fields: "VENDORID,NAME", query: "", pagesize: 100 }
} as const

/** The `count` of a `readByQuery`: how many records came back. */
export const countOf = async ([result]: ReadonlyArray<XmlResult>): Promise<number> =>
  (await result?.records())?.length ?? Number.NaN

/** The functions of these requests, in the order of their arrival. */
export const stepsOf = (requests: ReadonlyArray<Sent>): ReadonlyArray<string> => requests.map(({ step }) => step)

/** How many requests asked for that function. */
export const timesOf = (step: string, requests: ReadonlyArray<Sent>): number =>
  requests.filter((request) => request.step === step).length

/** The events of an application, kept as they come. */
export const watch = (sage: { readonly events: () => AsyncIterable<SageEvent> }) => {
  const seen: Array<SageEvent> = []
  const events = sage.events()
  // ends when the application closes
  void (async () => {
    for await (const event of events) seen.push(event)
  })()
  return {
    seen,
    /** the first event of that type, which may be on its way */
    first: async <T extends SageEvent["type"]>(type: T): Promise<Extract<SageEvent, { readonly type: T }>> => {
      // real time: what it waits for may be an answer of the sandbox, on a machine that is busy
      for (const until = performance.now() + 60_000; performance.now() < until; ) {
        const found = seen.find((event) => event.type === type)
        if (found !== undefined) return found as Extract<SageEvent, { readonly type: T }>
        await turn()
      }
      throw new ClaimFailed(`expected an event ${type}, got ${seen.map((event) => event.type).join(", ") || "none"}`)
    }
  }
}

/**
 * Waits for a promise while the sandbox's clock goes on: pauses of minutes pass at once.
 * @param by milliseconds of the sandbox's clock between two looks
 */
export const whileTimePasses = async <A>({ sandbox }: Stage, promise: Promise<A>, by: number): Promise<A> => {
  const ended = promise.then(
    () => true,
    () => true
  )
  let over = false
  while (!over) over = await Promise.race([ended, sandbox.clock.advance(by).then(() => false)])
  return promise
}

/** The part of a URL behind its host. */
export const pathOf = (url: string): string => new URL(url).pathname
