/**
 * Creates and disconnects tenants, and tells how much memory is taken at the beginning and at the end.
 *
 * Their names are long, so that anything which is kept by name stands out from what a heap does by itself. Some do
 * nothing but to be disconnected: `node tenants.mjs HOW-MANY LENGTH-OF-THEIR-NAMES`.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { businessCloud, createSageAuth, intacctRest, intacctXml, x3 } from "../../../src/index.ts"
import { tell } from "../../grant/children/tell.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** in kilobytes, of what is still reachable */
const taken = async (): Promise<number> => {
  // what was detached comes to its end
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  collect()
  return Math.round(process.memoryUsage().heapUsed / 1024)
}

const json = (body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { headers: { "content-type": "application/json", ...headers } })

let now = Date.UTC(2026, 10, 20)

const session = (): Response => {
  const [timestamp, timeout] = [now, now + 60 * 60_000].map((time) => new Date(time).toISOString())
  return new Response(
    `<response><control><status>success</status><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><status>success</status><userid>u</userid><companyid>acme</companyid><locationid></locationid><sessiontimestamp>${timestamp}</sessiontimestamp><sessiontimeout>${timeout}</sessiontimeout></authentication><result><status>success</status><function>getAPISession</function><controlid>f</controlid><data><api><sessionid>session</sessionid><endpoint>https://api.intacct.com/ia/xml/xmlgw.phtml</endpoint></api></data></result></operation></response>`,
    { headers: { "content-type": "text/xml" } }
  )
}

const fetch = async (input: unknown, init?: RequestInit): Promise<Response> => {
  const { host, pathname } = new URL(String(input))
  if (pathname.endsWith(".phtml")) return session()
  if (init?.method === "POST") {
    return json({ access_token: "access", token_type: "Bearer", refresh_token: "refresh", expires_in: 300 })
  }
  // a password that was changed meanwhile
  if (host === "erp.example") return new Response(null, { status: 401 })
  return json([], { "x-business": "lead", "x-ia-throttle-limit": "4" })
}

const redirectUri = "https://app.example/callback"

const sage = createSageAuth({
  connections: {
    books: businessCloud({ clientId: "app", clientSecret: "secret", redirectUri }),
    ledger: intacctXml({
      sender: { id: "sender", password: "sender password" },
      login: { companyId: "acme", userId: "gateway", password: "user password" },
      keepSessionAlive: true
    }),
    payables: intacctRest.clientCredentials({ clientId: "app", clientSecret: "secret", session: "ledger" }),
    erp: x3.onPremise({
      baseUrl: "https://erp.example",
      auth: x3.basic((tenant) => ({ user: "WEB", password: tenant }))
    }),
    things: x3.graphql({
      url: "https://things.example/xtrem/api",
      endpoint: "REPOSX3",
      app: { clientId: "app", clientSecret: "secret" }
    })
  },
  fetch,
  log: false,
  clock: { now: () => now },
  capacity: 40
})

/** One tenant from its first use to its disconnection, by connection. */
const lives = {
  /** a consent, a lead business that is learned, a revocation */
  books: async (tenant: string) => {
    const books = sage.client("books", { tenant })
    const { cookie, url } = await books.authorize({ returnTo: "/" })
    const state = new URL(url).searchParams.get("state") ?? ""
    await sage.completeAuthorization({ url: `${redirectUri}?code=code&state=${state}`, cookie, tenant })
    await (await books.fetch("contacts")).text()
    await books.disconnect()
  },
  /** a session that is kept alive and lent */
  payables: async (tenant: string) => {
    const payables = sage.client("payables", { tenant })
    await (await payables.fetch("objects/vendor")).text()
    await payables.disconnect()
    await sage.client("ledger", { tenant }).disconnect()
  },
  /** a password that is refused, and held back */
  erp: async (tenant: string) => {
    const erp = sage.client("erp", { tenant })
    await erp.fetch("soap-generic").catch(() => undefined)
    await erp.disconnect()
  },
  /** a token that is made here */
  things: async (tenant: string) => {
    const things = sage.client("things", { tenant })
    await (await things.fetch("")).text()
    await things.disconnect()
  }
} as const

/** Names of that many characters: one that is kept anywhere is kept whole. */
const nameOf = (index: number, length: number): string => Buffer.alloc(length, `tenant ${index} `).toString("latin1")

let born = 0

/** Lets so many tenants live, and tells what is taken after the first few and after all of them. */
const generations = async (
  what: string,
  { first, length, more }: { readonly first: number; readonly more: number; readonly length: number },
  live: (tenant: string) => Promise<unknown>
): Promise<void> => {
  const run = async (tenants: number) => {
    for (const end = born + tenants; born < end; born++) {
      // a minute for each: what is kept for some time is over when the next few have come
      now += 60_000
      await live(nameOf(born, length))
    }
  }
  await run(first)
  const before = await taken()
  await run(more)
  tell({ what, grown: (await taken()) - before, names: Math.round((more * length) / 1024) })
}

for (const [what, live] of Object.entries(lives)) {
  await generations(what, { first: 70, more: 60, length: 40_000 }, live)
}
const [more = 1_000, length = 20_000] = process.argv.slice(2).map(Number)
await generations("disconnections", { first: 70, more, length }, (tenant) =>
  sage.client("erp", { tenant }).disconnect()
)
await sage.close()
