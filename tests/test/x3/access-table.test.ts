/** Every cell of the table of `docs/x3.md`, by the data that the page is written from: production, over TLS. */
import { type CatalogueId, type Connection, createSageAuth, isSageAuthError, x3 } from "@sage-auth/core"
import type { LoggedRequest } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import {
  x3Access,
  type X3AccessCell,
  type X3AccessSurface,
  type X3Credential,
  type X3Deployment
} from "../../../packages/core/src/advice/x3Access.ts"
import { catalogue } from "../../../packages/core/src/errors/catalogue.ts"
import { authMethods } from "../../../packages/core/src/x3/nodelocal/Reader.ts"
import {
  consent,
  gatewayOptions,
  type GraphName,
  openX3Servers,
  openX3World,
  type WebServicesName,
  x3Credentials,
  type X3Interacting,
  type X3Servers,
  type X3World
} from "../../src/x3/world.ts"

// ---------------------------------------------------------------- what is called

/** How a call ended: with customers, or with the answer or error of a refusal. */
type Called = ReadonlyArray<string> | Refused

interface Refused {
  readonly id: CatalogueId | undefined
  /** of an answer that was handed over as it is */
  readonly answer: { readonly status: number; readonly text: string } | undefined
}

type Call = (world: X3World) => Promise<Called>

const orRefused = async (called: () => Promise<Called>): Promise<Called> => {
  try {
    return await called()
  } catch (error) {
    if (!isSageAuthError(error)) throw error
    return { id: error.id, answer: undefined }
  }
}

const customerPath = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=3"

/** REST hands every answer over, one that refuses too. */
const rest =
  (name: WebServicesName): Call =>
  ({ sage }) =>
    orRefused(async () => {
      const response = await sage.client(name).fetch(customerPath)
      const text = await response.text()
      if (!response.ok) return { id: undefined, answer: { status: response.status, text } }
      const { $resources } = JSON.parse(text) as { readonly $resources: ReadonlyArray<{ readonly BPCNUM: string }> }
      return $resources.map(({ BPCNUM }) => BPCNUM)
    })

const soap =
  (name: WebServicesName): Call =>
  ({ sage, sandbox }) =>
    orRefused(async () => {
      const { pool } = sandbox.accounts["x3-web-services"]
      const call = { pool, operation: "query", publicName: "WSBPC", listSize: 3 } as const
      const { result } = await sage.client(name).soap(call)
      return (result as ReadonlyArray<{ readonly BPCNUM: string }>).map(({ BPCNUM }) => BPCNUM)
    })

const document = "{ x3MasterData { customer { query(first: 3) { edges { node { code } } } } } }"

interface Customers {
  readonly x3MasterData: {
    readonly customer: {
      readonly query: { readonly edges: ReadonlyArray<{ readonly node: { readonly code: string } }> }
    }
  }
}

const codesOf = (data: Customers): ReadonlyArray<string> =>
  data.x3MasterData.customer.query.edges.map(({ node }) => node.code)

const graphql =
  (name: GraphName): Call =>
  ({ sage }) =>
    orRefused(async () => codesOf((await sage.client(name).query<Customers>(document)).data))

const gateway: Call = ({ sage }) =>
  orRefused(async () => {
    const client = sage.client("gateway")
    assert.include(await client.folders(), "SEED")
    const response = await client.fetch("service/SEED/api", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: document })
    })
    return codesOf(((await response.json()) as { readonly data: Customers }).data)
  })

// ---------------------------------------------------------------- what is configured

/** A way in that goes over the wire. */
interface Sent {
  readonly call: Call
  /** the surface and what the server says that it was shown */
  readonly shows: Pick<LoggedRequest, "surface" | "authentication">
  readonly consents?: X3Interacting
}

/** A way in that no application starts with. What TypeScript says of it stands where it is written. */
interface Unsent {
  readonly write: (servers: X3Servers) => Connection
  /** the option that the error names, and what it says to do instead */
  readonly option: string
  readonly remedy: RegExp
}

type Ways = Readonly<Record<X3Credential, Sent | Unsent>>

const unsent = (option: string, remedy: RegExp, write: Unsent["write"]): Unsent => ({ option, remedy, write })

const shown = (authentication: "basic" | "certificate" | "bearer") =>
  ({ surface: "x3-web-services", authentication }) as const

const forGraphQL = /x3\.graphql\(\{ url, endpoint, app \}\)/
const moves = /x3\.oauth2\(…\).*Try it on the on-premise server first.*session\.auth: \["oauth2", "bearer"\]/

const onPremise = (call: (name: WebServicesName) => Call): Ways => ({
  basic: { call: call("erp"), shows: shown("basic") },
  certificate: { call: call("erpTls"), shows: shown("certificate") },
  oauth2: { call: call("erpSso"), shows: shown("bearer"), consents: "erpSso" },
  "client-credentials": { call: call("erpMachine"), shows: shown("bearer") },
  bearer: { call: call("erpOwn"), shows: shown("bearer") },
  "connected-app": unsent("app", forGraphQL, ({ apps, ca, front }) =>
    // @ts-expect-error
    x3.onPremise({ baseUrl: front, ca, app: apps.onPremise })
  ),
  pairing: unsent("auth", /what x3\.basic\(…\), .* returns/, (servers) =>
    // @ts-expect-error
    x3.onPremise({ baseUrl: servers.front, auth: x3.gateway(gatewayOptions(servers)) })
  )
})

const cloud = ({ ca, sandbox }: X3Servers) => ({ baseUrl: sandbox.urls["x3-web-services"].online, ca })

const online = (call: (name: WebServicesName) => Call): Ways => ({
  basic: unsent("auth", moves, (servers) =>
    // @ts-expect-error
    x3.online({ ...cloud(servers), auth: x3Credentials(servers).basic })
  ),
  certificate: unsent("auth", moves, (servers) =>
    // @ts-expect-error
    x3.online({ ...cloud(servers), auth: x3Credentials(servers).certificate })
  ),
  oauth2: { call: call("cloudSso"), shows: shown("bearer"), consents: "cloudSso" },
  "client-credentials": { call: call("cloudMachine"), shows: shown("bearer") },
  bearer: { call: call("cloudOwn"), shows: shown("bearer") },
  "connected-app": unsent("app", forGraphQL, (servers) =>
    // @ts-expect-error
    x3.online({ ...cloud(servers), app: servers.apps.online })
  ),
  pairing: unsent("auth", /what x3\.oauth2\(…\), .* returns/, (servers) =>
    // @ts-expect-error
    x3.online({ ...cloud(servers), auth: x3.gateway(gatewayOptions(servers)) })
  )
})

const graphqlShown = (authentication: "basic" | "bearer") => ({ surface: "x3-graphql", authentication }) as const

const ownGraph = ({ apps, ca }: X3Servers) =>
  ({ url: apps.onPremise.url, endpoint: "REPOSX3", ca, deployment: "on-premise" }) as const

const cloudGraph = ({ apps, ca }: X3Servers) => ({ url: apps.online.url, endpoint: "REPOSX3", ca })

const basicOrApp = /x3\.basic\(\{ user, password \}\): GraphQL takes it or a connected app/

const graphqlOnPremise: Ways = {
  basic: { call: graphql("graphBasic"), shows: graphqlShown("basic") },
  certificate: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...ownGraph(servers), auth: x3Credentials(servers).certificate })
  ),
  oauth2: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...ownGraph(servers), auth: x3Credentials(servers).oauth2 })
  ),
  "client-credentials": unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...ownGraph(servers), auth: x3Credentials(servers).clientCredentials })
  ),
  bearer: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...ownGraph(servers), auth: x3Credentials(servers).bearer })
  ),
  "connected-app": { call: graphql("graph"), shows: graphqlShown("bearer") },
  pairing: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...ownGraph(servers), auth: x3.gateway(gatewayOptions(servers)) })
  )
}

const graphqlOnline: Ways = {
  basic: unsent(
    "deployment",
    /user and password are for the customer's own server; elsewhere there is app/,
    (servers) =>
      // @ts-expect-error
      x3.graphql({ ...cloudGraph(servers), auth: x3Credentials(servers).basic })
  ),
  certificate: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...cloudGraph(servers), auth: x3Credentials(servers).certificate })
  ),
  oauth2: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...cloudGraph(servers), auth: x3Credentials(servers).oauth2 })
  ),
  "client-credentials": unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...cloudGraph(servers), auth: x3Credentials(servers).clientCredentials })
  ),
  bearer: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...cloudGraph(servers), auth: x3Credentials(servers).bearer })
  ),
  "connected-app": { call: graphql("graphOnline"), shows: graphqlShown("bearer") },
  pairing: unsent("auth", basicOrApp, (servers) =>
    // @ts-expect-error
    x3.graphql({ ...cloudGraph(servers), auth: x3.gateway(gatewayOptions(servers)) })
  )
}

const ownTokens = /the gateway takes its own tokens alone, once an X3 user accepts the pairing; see authorize\(\)/

const gatewayWays: Ways = {
  basic: unsent("auth", ownTokens, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), auth: x3Credentials(servers).basic })
  ),
  certificate: unsent("auth", ownTokens, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), auth: x3Credentials(servers).certificate })
  ),
  oauth2: unsent("auth", ownTokens, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), auth: x3Credentials(servers).oauth2 })
  ),
  "client-credentials": unsent("auth", ownTokens, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), auth: x3Credentials(servers).clientCredentials })
  ),
  bearer: unsent("auth", ownTokens, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), auth: x3Credentials(servers).bearer })
  ),
  "connected-app": unsent("app", forGraphQL, (servers) =>
    // @ts-expect-error
    x3.gateway({ ...gatewayOptions(servers), app: servers.apps.onPremise })
  ),
  pairing: { call: gateway, shows: { surface: "x3-gateway", authentication: "bearer" }, consents: "gateway" }
}

const tests: Readonly<Record<string, Ways>> = {
  "rest on-premise": onPremise(rest),
  "soap on-premise": onPremise(soap),
  "rest online": online(rest),
  "soap online": online(soap),
  "graphql on-premise": graphqlOnPremise,
  "graphql online": graphqlOnline,
  "gateway multi-tenant": gatewayWays
} satisfies Partial<Record<`${X3AccessSurface} ${X3Deployment}`, Ways>>

// ---------------------------------------------------------------- what becomes of it

const customers = ["C0001", "C0002", "C0003"]

const opened = async ({ consents }: Sent, options: Parameters<typeof openX3World>[0]): Promise<X3World> => {
  const world = await openX3World(options)
  if (consents !== undefined) await consent(world, consents)
  return world
}

const assertWorks = async (way: Sent, options: Parameters<typeof openX3World>[0]): Promise<void> => {
  const world = await opened(way, options)
  assert.deepStrictEqual(await way.call(world), customers)
  const { authentication, surface } = way.shows
  const last = world.sandbox.requests({ surface }).at(-1)
  assert.deepStrictEqual([last?.status, last?.authentication], [200, authentication])
}

const assertRefused = async (
  way: Sent,
  id: CatalogueId | undefined,
  options: Parameters<typeof openX3World>[0]
): Promise<void> => {
  const called = await way.call(await opened(way, options))
  assert(!Array.isArray(called), `it was let in, where ${id} had to come`)
  const { answer, id: refusal } = called as Refused
  assert(id !== undefined)
  if (answer === undefined) return assert.strictEqual(refusal, id)
  // an answer that is handed over is the one that the catalogue tells of
  const { level, text } = catalogue[id]
  assert.deepStrictEqual([answer.status, level], [401, "http"])
  if (text !== undefined) assert.strictEqual(answer.text, text)
}

/** which values `session.auth` lists: those of a cell alone, or all others alone */
const listing = (needs: ReadonlyArray<string>, listed: boolean) => ({
  session: { auth: listed ? needs : authMethods.filter((method) => !needs.includes(method)) }
})

const assertUnsent = async ({ option, remedy, write }: Unsent, { explained, refusal }: X3AccessCell): Promise<void> => {
  const servers = await openX3Servers()
  try {
    createSageAuth({ connections: { erp: write(servers) } })
  } catch (error) {
    assert(isSageAuthError(error))
    assert.strictEqual(error.id, refusal)
    assert(error.reason._tag === "Misconfigured")
    assert.deepStrictEqual(
      error.reason.issues.map((issue) => issue.option).filter((at) => at === `connections.erp.${option}`),
      [`connections.erp.${option}`],
      error.message
    )
    assert.match(error.message, remedy)
    if (explained !== undefined) assert.include(error.message, explained)
    assert.deepStrictEqual(servers.sandbox.requests(), [])
    return
  }
  assert.fail("the application started")
}

const nameOf = ({ credential, deployment, surface }: X3AccessCell): string => `${surface} ${deployment} ${credential}`

const wayOf = ({ credential, deployment, surface }: X3AccessCell): Sent | Unsent | undefined =>
  tests[`${surface} ${deployment}`]?.[credential]

it("each cell has a test, and each test a cell", () => {
  const tested = Object.entries(tests).flatMap(([where, ways]) => Object.keys(ways).map((way) => `${where} ${way}`))
  assert.deepStrictEqual(tested.toSorted(), x3Access.map(nameOf).toSorted())
})

// what the table calls unproven works at a server that maps such tokens to a user, which is a switch
const mapped = { clientCredentialsUser: "wsadmin" }

describe("an application does not start with", () => {
  for (const cell of x3Access) {
    const way = wayOf(cell)
    if (way === undefined || !("write" in way)) continue
    it(`${nameOf(cell)}, and is told the option and the remedy`, async () => {
      assert.strictEqual(cell.outcome, "refused-before-sending")
      await assertUnsent(way, cell)
    })
  }
})

describe("it is as the table says, over the wire, with", () => {
  for (const cell of x3Access) {
    const way = wayOf(cell)
    if (way === undefined || "write" in way) continue
    const { needs, outcome, refusal } = cell
    const rightly = listing(needs, true)
    it(`${nameOf(cell)}: ${outcome}`, async () => {
      assert.include(["works", "unproven", "refused-by-server"], outcome)
      if (outcome === "works") return assertWorks(way, rightly)
      await assertRefused(way, refusal, rightly)
      if (outcome === "unproven") await assertWorks(way, { ...rightly, ...mapped })
    })
  }
})

describe("where session.auth lists everything but what is needed, the server refuses", () => {
  for (const cell of x3Access) {
    const way = wayOf(cell)
    const { needs, without } = cell
    if (way === undefined || "write" in way || needs.length === 0) continue
    it(`${nameOf(cell)}, which needs ${needs.join(" and ")}`, async () => {
      assert.isDefined(without)
      await assertRefused(way, without, { ...listing(needs, false), ...mapped })
    })
  }
})
