import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client"
import { businessCloud, createSageAuth, intacctRest, intacctXml, x3 } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { Effect, ManagedRuntime, Tracer } from "effect"
import { anyAccounts } from "../accounts.ts"
import { cannedAnswer } from "../answers.ts"
import { answerTasks } from "../answerTasks.ts"
import { type LoadOptions, loadInTurns, type Turns } from "../load.ts"

type Call = () => Promise<unknown>

/** Two who send the same request, and read its answer as text. */
interface Pair {
  /** carries a credential */
  readonly own: Call
  /** the platform's fetch with the same bytes */
  readonly plain: Call
}

/** as many as there are callers: none of them waits for a permit */
const permits = 64
const redirectUri = "https://app.example/sage/callback/books"
const bearer = "a".repeat(900)

/** Reads one vendor by `execute`, as `ourClient` does. */
const readVendor = [{ readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 1 } }] as const

const plainAt = (url: string, init: RequestInit = {}): Call => {
  const headers = { authorization: `Bearer ${bearer}` }
  return async () => (await fetch(url, { ...init, headers })).text()
}

const booksAt = (url: string) =>
  businessCloud({
    clientId: "id",
    clientSecret: "secret",
    redirectUri,
    environment: "sandbox",
    urls: { token: `${url}/token`, authorize: `${url}/authorize`, revoke: `${url}/revoke`, api: `${url}/api/v1` }
  })

const restAt = (url: string) =>
  intacctRest.clientCredentials({
    clientId: "id",
    clientSecret: "secret",
    username: "user@company",
    permits,
    environment: "sandbox",
    urls: { token: `${url}/token`, revoke: `${url}/revoke`, api: `${url}/api/v1` }
  })

const restCall = (url: string, path: string): Pair => {
  const rest = createSageAuth({ connections: { rest: restAt(url) } }).client("rest")
  return { own: async () => (await rest.fetch(path)).text(), plain: plainAt(`${url}/api/v1/${path}`) }
}

const pairs = {
  /** what a deadline alone costs: a fetch that can be ended */
  signal: (url: string) => {
    const at = `${url}/api/v1/objects/vendor`
    const headers = { authorization: `Bearer ${bearer}` }
    const own = async () => {
      const ends = new AbortController()
      const timer = setTimeout(() => ends.abort(), 30_000)
      const response = await fetch(at, { headers, signal: ends.signal })
      clearTimeout(timer)
      return response.text()
    }
    return { own, plain: plainAt(at) }
  },
  badgateway: (url: string) => {
    const client = new OAuth2Client({ server: url, clientId: "id", clientSecret: "secret", tokenEndpoint: "/token" })
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials(), scheduleRefresh: false })
    const at = `${url}/api/v1/objects/vendor`
    return { own: async () => (await wrapper.fetch(at)).text(), plain: plainAt(at) }
  },
  "business-cloud": async (url: string) => {
    const sage = createSageAuth({ connections: { books: booksAt(url) } })
    const books = sage.client("books")
    const consent = await books.authorize({ returnTo: "/" })
    const state = new URL(consent.url).searchParams.get("state") ?? ""
    await sage.completeAuthorization({ url: `/sage/callback/books?code=c&state=${state}`, cookie: consent.cookie })
    return {
      own: async () => (await books.fetch("objects/vendor")).text(),
      plain: plainAt(`${url}/api/v1/objects/vendor`)
    }
  },
  /** with the company's pool and meter; an answer so short that it may be a limit, which is read */
  "intacct-rest": (url: string) => restCall(url, "objects/vendor"),
  /** the same with an answer of 5 kB, whose permit is held until it was read */
  "intacct-rest-page": (url: string) => restCall(url, "objects/bill"),
  "x3-web-services": (url: string) => {
    const erp = createSageAuth({
      connections: {
        erp: x3.onPremise({
          baseUrl: url,
          auth: x3.bearer(() => bearer),
          allowPlainHttp: "trusted-network",
          permits
        })
      }
    }).client("erp")
    const path = "api1/x3/erp/SEED/BPCUSTOMER"
    return { own: async () => (await erp.fetch(path)).text(), plain: plainAt(`${url}/${path}`) }
  },
  "intacct-xml": async (url: string) => {
    const { login, sender } = anyAccounts("")
    const at = `${url}/vendors/1`
    let last: { readonly url: string; readonly init: RequestInit } | undefined
    const ledgerBy = (by?: typeof fetch) =>
      createSageAuth({
        connections: { ledger: intacctXml({ sender, login, permits, environment: "sandbox", urls: { xml: at } }) },
        fetch: by
      }).client("ledger")
    const captured = ledgerBy((input, init) => {
      // the last request is the call itself, which goes out as text to a URL that is text
      last = { url: input as string, init: { method: "POST", headers: init?.headers, body: init?.body } as RequestInit }
      return fetch(input, init)
    })
    await captured.execute(readVendor)
    const ledger = ledgerBy()
    return {
      own: () => ledger.execute(readVendor),
      plain: async () => last !== undefined && (await fetch(last.url, last.init)).text()
    }
  },
  /** the effect of an Intacct REST call, with a tracer that ends every span and keeps none */
  traced: async (url: string) => {
    class Sage extends SageAuth.Service<Sage>()("benchmark/Sage", { connections: { rest: restAt(url) } }) {}
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
    const own = () => runtime.runPromise(text)
    await own()
    if (spans === 0) throw new Error("no span was collected")
    return { own, plain: plainAt(`${url}/api/v1/objects/vendor`) }
  }
} satisfies Readonly<Record<string, (url: string) => Pair | Promise<Pair>>>

/** What a pair is called. */
export type CallerName = keyof typeof pairs

/** Answers what the canned server answers, in this process: what is left is what a caller does itself. */
const cannedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const { origin, pathname } = new URL(input instanceof Request ? input.url : input)
  const body = init?.body
  const { bytes, headers } = cannedAnswer(origin, pathname, (part) => typeof body === "string" && body.includes(part))
  const stream = new ReadableStream({
    type: "bytes",
    pull: (controller) => {
      controller.enqueue(new Uint8Array(bytes))
      controller.close()
    }
  })
  return new Response(stream, { headers: { ...headers, "content-length": String(bytes.length) } })
}

/** Who calls, where, and how often before anything is measured. */
interface Opening {
  readonly name: CallerName
  /** undefined: a fetch in this process answers, which is no network and no server */
  readonly url: string | undefined
  readonly calls: number
}

let measured: Pair | undefined

const tasks = {
  open: async ({ calls, name, url }: Opening): Promise<void> => {
    if (url === undefined) globalThis.fetch = cannedFetch
    const pair: Pair = await pairs[name](url ?? "http://127.0.0.1:1")
    for (let made = 0; made < calls; made++) {
      await pair.plain()
      await pair.own()
    }
    measured = pair
  },
  load: (options: LoadOptions & { readonly turns: number }): Promise<Turns> => {
    if (measured === undefined) throw new Error("open comes first")
    return loadInTurns(measured.own, measured.plain, options)
  }
}

/** Calls an API with a credential in hand, and without one. */
export type ApiCaller = typeof tasks

answerTasks(tasks)
