/** Clients that nobody here wrote, with the credentials that this library keeps: production, over TLS. */
import { Agent as HttpsAgent } from "node:https"
import { GraphQLClient } from "graphql-request"
import { createClientAsync } from "soap"
import { Agent, fetch, type RequestInfo, type RequestInit } from "undici"
import { assert, describe, it } from "vitest"
import { consent, openX3World, type X3World } from "../../src/x3/world.ts"

const customers = ["C0001", "C0002", "C0003"]

const document =
  "query Customers($first: Int!) { x3MasterData { customer { query(first: $first) { edges { node { code } } } } } }"

interface Customers {
  readonly x3MasterData: {
    readonly customer: {
      readonly query: { readonly edges: ReadonlyArray<{ readonly node: { readonly code: string } }> }
    }
  }
}

const codesOf = (data: Customers) => data.x3MasterData.customer.query.edges.map(({ node }) => node.code)

/** undici's own fetch, which trusts the private authority */
const trusting = ({ ca }: X3World): typeof globalThis.fetch => {
  const dispatcher = new Agent({ connect: { ca } })
  return (input: unknown, init: unknown) => fetch(input as RequestInfo, { ...(init as RequestInit), dispatcher })
}

describe("graphql-request", () => {
  it.each(["graph", "graphBasic", "graphOnline"] as const)("with the headers of %s", async (name) => {
    const world = await openX3World()
    const url = world.apps[name === "graphOnline" ? "online" : "onPremise"].url
    // asked for at each request: a token of a connected app lives for minutes
    const client = new GraphQLClient(url, { fetch: trusting(world) })
    const graph = world.sage.client(name)
    const ask = async () => codesOf(await client.request<Customers>(document, { first: 3 }, await graph.headers()))
    assert.deepStrictEqual(await ask(), customers)
    await world.sandbox.clock.advance("1 hour")
    assert.deepStrictEqual(await ask(), customers)
  })

  it("with the headers of the gateway, through the rotations of an hour", async () => {
    const world = await openX3World()
    await consent(world, "gateway")
    const { pathname } = new URL(world.sandbox.urls["x3-gateway"].root)
    const client = new GraphQLClient(`${world.front}${pathname}/service/SEED/api`, { fetch: trusting(world) })
    const gateway = world.sage.client("gateway")
    for (let minutes = 0; minutes < 60; minutes += 10) {
      const data = await client.request<Customers>(document, { first: 3 }, await gateway.headers())
      assert.deepStrictEqual(codesOf(data), customers)
      await world.sandbox.clock.advance("10 minutes")
    }
    const refreshes = world.sandbox
      .requests({ surface: "x3-gateway" })
      .filter(({ grantType }) => grantType === "refresh_token")
    assert.lengthOf(refreshes, 5)
  })
})

describe("undici", () => {
  it("with the certificate of tls(), and no header", async () => {
    const world = await openX3World()
    const erp = world.sage.client("erpTls")
    assert.deepStrictEqual(await erp.headers(), {})
    const url = `${world.sandbox.urls["x3-web-services"].tls}/api1/x3/erp/SEED/BPCUSTOMER('C0001')?representation=BPCUSTOMER.$details`
    const response = await fetch(url, { dispatcher: new Agent({ connect: await erp.tls() }) })
    assert.strictEqual(response.status, 200)
    assert.propertyVal(await response.json(), "BPCNUM", "C0001")
    assert.strictEqual(world.sandbox.requests({ surface: "x3-web-services" }).at(-1)?.authentication, "certificate")
  })
})

const wsdlOf = (origin: string) => `${origin}/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC?wsdl`

/** asks as that package writes it after the WSDL */
const ask = async (
  { sandbox }: X3World,
  origin: string,
  headers: Readonly<Record<string, string>>,
  httpsAgent: HttpsAgent
): Promise<unknown> => {
  const client = await createClientAsync(wsdlOf(origin), {
    wsdl_headers: { ...headers },
    wsdl_options: { httpsAgent }
  })
  for (const [name, value] of Object.entries(headers)) client.addHttpHeader(name, value)
  const callContext = {
    codeLang: "ENG",
    poolAlias: sandbox.accounts["x3-web-services"].pool,
    poolId: "",
    requestConfig: "adxwss.optreturn=JSON"
  }
  const [answer] = (await client["queryAsync"]({ callContext, publicName: "WSBPC", listSize: 3 }, { httpsAgent })) as [
    {
      readonly queryReturn: {
        readonly status: { readonly $value: number }
        readonly resultXml: { readonly $value: string }
      }
    }
  ]
  const { resultXml, status } = answer.queryReturn
  assert.strictEqual(status.$value, 1)
  return (JSON.parse(resultXml.$value) as ReadonlyArray<{ readonly BPCNUM: string }>).map(({ BPCNUM }) => BPCNUM)
}

describe("soap", () => {
  it("with the Basic header of a login beyond ASCII", async () => {
    const world = await openX3World()
    const headers = await world.sage.client("erp").headers()
    assert.deepStrictEqual(await ask(world, world.front, headers, new HttpsAgent({ ca: world.ca })), customers)
  })

  it("with a token of the customer's identity provider, at X3 Online", async () => {
    const world = await openX3World()
    await consent(world, "cloudSso")
    const headers = await world.sage.client("cloudSso").headers()
    const { online } = world.sandbox.urls["x3-web-services"]
    assert.deepStrictEqual(await ask(world, online, headers, new HttpsAgent({ ca: world.ca })), customers)
  })

  it("with the certificate of tls()", async () => {
    const world = await openX3World()
    const agent = new HttpsAgent(await world.sage.client("erpTls").tls())
    assert.deepStrictEqual(await ask(world, world.sandbox.urls["x3-web-services"].tls, {}, agent), customers)
  })
})
