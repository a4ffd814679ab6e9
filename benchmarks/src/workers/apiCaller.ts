import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client"
import { businessCloud, createSageAuth, intacctRest, intacctXml, x3 } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { Effect, ManagedRuntime, Tracer } from "effect"
import { anyAccounts } from "../accounts.ts"
import { answerTasks } from "../answerTasks.ts"
import { type Load, load, type LoadOptions } from "../load.ts"

const path = "/api/v1/objects/vendor"
const permits = 64
const redirectUri = "https://app.example/sage/callback/books"

/** Reads one vendor by `execute`, as `ourClient` does. */
const readVendor = [{ readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 1 } }] as const

const booksAt = (url: string) =>
  businessCloud({
    clientId: "id",
    clientSecret: "secret",
    redirectUri,
    environment: "sandbox",
    urls: { token: `${url}/token`, authorize: `${url}/authorize`, revoke: `${url}/revoke`, api: `${url}/api/v1` }
  })

/** Who carries a credential to the server at that URL; what comes back makes one call, and reads its answer as text. */
const callers = {
  /** the platform's fetch with the same header */
  fetch: (url: string) => {
    const headers = { authorization: `Bearer ${"a".repeat(900)}` }
    return async () => (await fetch(`${url}${path}`, { headers })).text()
  },
  badgateway: (url: string) => {
    const client = new OAuth2Client({ server: url, clientId: "id", clientSecret: "secret", tokenEndpoint: "/token" })
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials(), scheduleRefresh: false })
    return async () => (await wrapper.fetch(`${url}${path}`)).text()
  },
  "business-cloud": async (url: string) => {
    const sage = createSageAuth({ connections: { books: booksAt(url) } })
    const books = sage.client("books")
    const consent = await books.authorize({ returnTo: "/" })
    const state = new URL(consent.url).searchParams.get("state") ?? ""
    await sage.completeAuthorization({ url: `/sage/callback/books?code=c&state=${state}`, cookie: consent.cookie })
    return async () => (await books.fetch("objects/vendor")).text()
  },
  /** with the company's pool and meter */
  "intacct-rest": (url: string) => {
    const sage = createSageAuth({
      connections: {
        rest: intacctRest.clientCredentials({
          clientId: "id",
          clientSecret: "secret",
          username: "user@company",
          permits,
          environment: "sandbox",
          urls: { token: `${url}/token`, revoke: `${url}/revoke`, api: `${url}/api/v1` }
        })
      }
    })
    const rest = sage.client("rest")
    return async () => (await rest.fetch("objects/vendor")).text()
  },
  "x3-web-services": (url: string) => {
    const sage = createSageAuth({
      connections: {
        erp: x3.onPremise({
          baseUrl: url,
          auth: x3.bearer(() => "a".repeat(900)),
          allowPlainHttp: "trusted-network",
          permits
        })
      }
    })
    const erp = sage.client("erp")
    return async () => (await erp.fetch("api1/x3/erp/SEED/BPCUSTOMER")).text()
  },
  /** the request that `execute` sends, by the platform's fetch */
  "xml-fetch": async (url: string) => {
    let last: { readonly url: string; readonly init: RequestInit } | undefined
    const { execute } = ledgerAt(url, (input, init) => {
      // the last request is the call itself, which goes out as text to a URL that is text
      last = { url: input as string, init: { method: "POST", headers: init?.headers, body: init?.body } as RequestInit }
      return fetch(input, init)
    })
    await execute()
    return async () => {
      if (last !== undefined) await (await fetch(last.url, last.init)).text()
    }
  },
  "intacct-xml": (url: string) => ledgerAt(url).execute,
  /** the effect of an Intacct REST call, with a tracer that ends every span and keeps none */
  traced: async (url: string) => {
    class Sage extends SageAuth.Service<Sage>()("benchmark/Sage", {
      connections: {
        rest: intacctRest.clientCredentials({
          clientId: "id",
          clientSecret: "secret",
          username: "user@company",
          permits,
          environment: "sandbox",
          urls: { token: `${url}/token`, revoke: `${url}/revoke`, api: `${url}/api/v1` }
        })
      }
    }) {}
    let spans = 0
    const tracer = Tracer.make({
      span: (options) => {
        spans++
        return new Tracer.NativeSpan(options)
      }
    })
    const runtime = ManagedRuntime.make(Sage.layer)
    const text = Effect.gen(function* () {
      const sage = yield* Sage
      const response = yield* sage.client("rest").fetch("objects/vendor")
      return yield* Effect.promise(() => response.text())
    }).pipe(Effect.withTracer(tracer))
    const call = () => runtime.runPromise(text)
    await call()
    if (spans === 0) throw new Error("no span was collected")
    return call
  }
} satisfies Readonly<Record<string, (url: string) => Call | Promise<Call>>>

type Call = () => Promise<unknown>

/** What a caller is called. */
export type CallerName = keyof typeof callers

const ledgerAt = (url: string, fetch?: typeof globalThis.fetch) => {
  const { login, sender } = anyAccounts("")
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml({ sender, login, permits, environment: "sandbox", urls: { xml: `${url}/vendors/1` } })
    },
    fetch
  })
  const ledger = sage.client("ledger")
  return { execute: () => ledger.execute(readVendor) }
}

/** Who calls, where, and how often before anything is measured. */
interface Opening {
  readonly name: CallerName
  readonly url: string
  readonly calls: number
}

let measured: Call | undefined

const tasks = {
  open: async ({ calls, name, url }: Opening): Promise<void> => {
    const call: Call = await callers[name](url)
    for (let made = 0; made < calls; made++) await call()
    measured = call
  },
  load: (options: LoadOptions): Promise<Load> => {
    if (measured === undefined) throw new Error("open comes first")
    return load(measured, options)
  }
}

/** Calls an API with a credential in hand. */
export type ApiCaller = typeof tasks

answerTasks(tasks)
