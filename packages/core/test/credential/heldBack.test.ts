import { assert, describe, it, onTestFinished } from "vitest"
import { createSageAuth, intacctXml, type Status, x3 } from "../../src/index.ts"
import { accepted, signInRefused } from "../intacct-xml/fakeGateway.ts"

const minute = 60_000
const login = { user: "u", password: "p" }
const ledger = {
  sender: { id: "s", password: "p" },
  login: { companyId: "acme", userId: "u", password: "p" }
}
const graph = { url: "https://x3.acme.example/xtrem/api", endpoint: "REPOSX3" }

const listing = { fn: "readByQuery", by: "login", body: "" } as const
const vendors = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }

/** An application whose credentials are refused everywhere, until they are `good`. */
const openRefused = () => {
  const server = { good: false }
  const clock = { now: Date.UTC(2026, 10, 20) }
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml(ledger),
      logins: intacctXml({ ...ledger, authentication: "login" }),
      erp: x3.onPremise({ baseUrl: "https://x3.acme.example:8124", auth: x3.basic(login) }),
      graphs: x3.graphql({ ...graph, deployment: "on-premise", auth: x3.basic(login) }),
      apps: x3.graphql({ ...graph, app: { clientId: "id", clientSecret: "secret" } })
    },
    fetch: async (input) => {
      const isIntacct = new Request(input).url.includes("intacct")
      if (server.good) return isIntacct ? accepted(listing, clock.now) : Response.json({ data: {} })
      return isIntacct
        ? signInRefused()
        : new Response("Error 45: Invalid token", { status: 401, headers: { "content-type": "text/plain" } })
    },
    clock: { now: () => clock.now }
  })
  onTestFinished(() => sage.close())
  return { sage, clock, server }
}

type Application = ReturnType<typeof openRefused>["sage"]

interface Held {
  readonly status: () => Promise<Status>
  /** a call, which is refused */
  readonly call: () => Promise<unknown>
  /** makes the credential, without a request where it is held back */
  readonly make: () => Promise<unknown>
}

/** Every kind of credential whose refusal has a name, so that tenants share it. */
const kinds: Readonly<Record<string, (sage: Application, tenant: string) => Held>> = {
  "Intacct's XML API": (sage, tenant) => {
    const client = sage.client("ledger", { tenant })
    return { status: () => client.status(), call: () => client.session(), make: () => client.session() }
  },
  "Intacct's XML API, by a login with every request": (sage, tenant) => {
    const client = sage.client("logins", { tenant })
    const call = () => client.execute([vendors])
    return { status: () => client.status(), call, make: call }
  },
  "X3's web services": (sage, tenant) => {
    const client = sage.client("erp", { tenant })
    return { status: () => client.status(), call: () => client.fetch("api1/x"), make: () => client.headers() }
  },
  "X3's GraphQL, by user and password": (sage, tenant) => {
    const client = sage.client("graphs", { tenant })
    return { status: () => client.status(), call: () => client.query("{ x }"), make: () => client.headers() }
  },
  "X3's GraphQL, by a connected app": (sage, tenant) => {
    const client = sage.client("apps", { tenant })
    return { status: () => client.status(), call: () => client.query("{ x }"), make: () => client.headers() }
  }
}

const settled = async (promise: Promise<unknown>): Promise<void> => {
  await Promise.allSettled([promise])
}

describe.each(Object.entries(kinds))("a refused credential of %s", (_, open) => {
  it("needs a human for 15 minutes after its last refusal, and is configured again then", async () => {
    const { clock, sage } = openRefused()
    const { call, status } = open(sage, "acme")
    assert.include(await status(), { state: "configured", refreshable: true })
    await settled(call())
    assert.include(await status(), { state: "reauthorization-required", refreshable: false })
    clock.now += 15 * minute - 1
    assert.include(await status(), { state: "reauthorization-required", refreshable: false })
    clock.now += 1
    assert.include(await status(), { state: "configured", refreshable: true })
    await settled(call())
    assert.include(await status(), { state: "reauthorization-required", refreshable: false })
  })

  it("needs a human for every tenant that uses it", async () => {
    const { sage } = openRefused()
    await settled(open(sage, "acme").call())
    const { make, status } = open(sage, "globex")
    await settled(make())
    assert.include(await status(), { state: "reauthorization-required", refreshable: false })
  })
})

describe.each(Object.entries(kinds).filter(([kind]) => kind !== "Intacct's XML API"))(
  "a credential of %s that goes with every request",
  (_, open) => {
    it("is connected again for every tenant once it is accepted for one", async () => {
      const { sage, server } = openRefused()
      const [acme, globex] = [open(sage, "acme"), open(sage, "globex")]
      server.good = true
      await globex.call()
      server.good = false
      await settled(acme.call())
      assert.include(await globex.status(), { state: "reauthorization-required" })
      server.good = true
      await globex.call()
      assert.include(await globex.status(), { state: "connected", refreshable: true })
      assert.include(await acme.status(), { state: "configured", refreshable: true })
    })
  }
)
