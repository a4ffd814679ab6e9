import { createSageAuth, type IntacctXmlClient, intacctXml, type XmlResult } from "@sage-auth/core"
import type { Accounts } from "../accounts.ts"
import { answerTasks } from "../answerTasks.ts"
import { type Load, load, type LoadOptions } from "../load.ts"
import type { PlainRequest } from "./plainFetch.ts"

/** Where the client calls, and how many calls at a time the company's pool allows. */
export interface OurOptions {
  readonly accounts: Accounts
  readonly permits: number
}

/** What one call asks for, and whether the records of its answer are parsed. */
export interface OurCall {
  readonly pageSize: number
  readonly parses: boolean
}

const connect = ({ accounts: { login, sender, url }, permits }: OurOptions, fetch?: typeof globalThis.fetch) =>
  createSageAuth({
    connections: { ledger: intacctXml({ sender, login, permits, environment: "sandbox", urls: { xml: url } }) },
    fetch
  })

const read = async (client: IntacctXmlClient, pageSize: number): Promise<XmlResult> => {
  const [result] = await client.execute([
    { readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: pageSize } }
  ])
  if (result === undefined) throw new Error("one function was executed and no result came")
  return result
}

let measured: IntacctXmlClient | undefined

const client = (): IntacctXmlClient => {
  if (measured === undefined) throw new Error("open comes first")
  return measured
}

const tasks = {
  open: async (options: OurOptions): Promise<void> => {
    measured = connect(options).client("ledger")
    await measured.session()
  },
  /** the bytes of one call, for those who send them without this library */
  capture: async ({ pageSize, ...options }: OurOptions & { readonly pageSize: number }): Promise<PlainRequest> => {
    let last: PlainRequest | undefined
    const sage = connect(options, (input, init) => {
      // the last request is the call itself, which goes out as text to a URL that is text
      last = { url: input, headers: init?.headers, body: init?.body } as PlainRequest
      return fetch(input, init)
    })
    await read(sage.client("ledger"), pageSize)
    await sage.close()
    if (last === undefined) throw new Error("nothing was sent")
    return last
  },
  load: ({ pageSize, parses, ...options }: OurCall & LoadOptions): Promise<Load> => {
    const kept = client()
    return load(async () => {
      const result = await read(kept, pageSize)
      if (parses) await result.data()
    }, options)
  },
  /** time spent from an answer's text to its records alone, in milliseconds for each answer */
  parse: async ({ answers, pageSize }: { readonly answers: number; readonly pageSize: number }): Promise<number> => {
    let spent = 0
    for (let index = 0; index < answers; index++) {
      const result = await read(client(), pageSize)
      const start = performance.now()
      await result.data()
      spent += performance.now() - start
    }
    return spent / answers
  }
}

/** The client of this library, as its README shows it. */
export type OurClient = typeof tasks

answerTasks(tasks)
