import { createSageAuth } from "@sage-auth/core"
import { kyFor } from "@sage-auth/core/ky"
import { isHTTPError } from "ky"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../src/failureOf.ts"
import { callStatuses, consent, openWorld, tokenRequests } from "../src/oauth/world.ts"
import { begun, until } from "../src/settle.ts"
import { fastRetry, openSandbox } from "../src/world.ts"
import { openGatewayWorld, pair } from "../src/x3/gatewayWorld.ts"

interface Page {
  readonly $items: ReadonlyArray<{ readonly id: string }>
  readonly $next: string | null
}

/** The HTTPError of ky that a promise rejects with; anything else it does fails the test. */
const httpErrorOf = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => new Error("it succeeded, where it had to fail"),
    (thrown: unknown) => thrown
  )
  if (isHTTPError(error)) return error
  throw error
}

const books = async (options: Parameters<typeof openWorld>[0] = {}) => {
  const world = await openWorld(options)
  await consent(world, "books")
  return { ...world, books: world.sage.client("books") }
}

const stream = () => new Blob([JSON.stringify({ contact: { name: "Streamed" } })]).stream()

describe("ky with Business Cloud", () => {
  it("reads a page, and follows to the next", async () => {
    const world = await books()
    const api = kyFor(world.books)
    const page = await api.get("contacts", { searchParams: { items_per_page: 1 } }).json<Page>()
    assert.strictEqual(page.$items.length, 1)
    const [sent] = world.wire.to("/contacts")
    const base = world.sandbox.urls["business-cloud"].api
    assert.strictEqual(sent?.url, `${base}/contacts?items_per_page=1`)
    assert.match(sent?.headers.get("authorization") ?? "", /^Bearer /)
    assert.strictEqual(sent?.headers.get("accept"), "application/json")
    const next = await api.get(`${base}/contacts?items_per_page=1&page=2`).json<Page>()
    assert.notStrictEqual(next.$items[0]?.id, page.$items[0]?.id)
  })

  it("writes JSON, once more after a renewal when the token was over", async () => {
    const world = await books()
    await kyFor(world.books).get("contacts")
    world.sandbox.businessCloud.expireAccessTokens()
    const contact = { name: "A", contact_type_ids: ["CUSTOMER"] }
    const made = await kyFor(world.books).post("contacts", { json: { contact } })
    assert.strictEqual(made.status, 201)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [200, 401, 201])
    assert.strictEqual(tokenRequests(world, "business-cloud", "refresh_token"), 1)
    assert.deepStrictEqual(
      world.wire
        .to("/contacts")
        .slice(1)
        .map(({ body }) => JSON.parse(body) as unknown),
      [{ contact }, { contact }]
    )
  })

  it("does not send a stream twice", async () => {
    const world = await books()
    await kyFor(world.books).get("contacts")
    const headers = { "content-type": "application/json" }
    assert.strictEqual((await kyFor(world.books).post("contacts", { body: stream(), headers })).status, 201)
    world.sandbox.businessCloud.expireAccessTokens()
    const error = await httpErrorOf(kyFor(world.books).post("contacts", { body: stream(), headers }))
    assert.strictEqual(error.response.status, 401)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [200, 201, 401])
  })

  it("has an HTTPError for what is refused, with the server's reason and its address, and no credential", async () => {
    const world = await books()
    const error = await httpErrorOf(kyFor(world.books).get("contacts/nobody").json())
    assert.strictEqual(error.response.status, 404)
    assert.isOk(error.data)
    assert.strictEqual(error.request.url, `${world.sandbox.urls["business-cloud"].api}/contacts/nobody`)
    assert.isFalse(error.request.headers.has("authorization"))
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [404])
  })

  it("leaves repeating to the client", async () => {
    const world = await books()
    for (const _ of [1, 2]) world.sandbox.fault("business-cloud", { on: "api", kind: "status-503" })
    assert.strictEqual((await kyFor(world.books).get("contacts")).status, 200)
    assert.deepStrictEqual(callStatuses(world, "business-cloud"), [503, 503, 200])
  })

  it("has the client's error where there is no answer", async () => {
    const world = await books()
    const api = kyFor(world.books)
    assert.deepStrictEqual(await kindOf(api.get("https://evil.example/contacts")), {
      reason: "Misconfigured",
      id: "client.host-refused"
    })
    await world.books.disconnect()
    assert.strictEqual((await kindOf(api.get("contacts").json())).reason, "ReauthorizationRequired")
    assert.strictEqual(world.wire.to("/contacts").length, 0)
  })

  it("ends with its signal and with its deadline", async () => {
    const world = await books()
    world.sandbox.fault("business-cloud", { on: "api", kind: "hang" })
    world.sandbox.fault("business-cloud", { on: "api", kind: "hang" })
    const leaving = new AbortController()
    const reason = new Error("mine")
    const left = begun(kyFor(world.books).get("contacts", { signal: leaving.signal }).json())
    await until("it hangs", () => world.wire.to("/contacts").length === 1)
    leaving.abort(reason)
    assert.strictEqual(await left.catch((thrown: unknown) => thrown), reason)
    const late = begun(failureOf(kyFor(world.books, { deadline: "2 seconds" }).get("contacts").json()))
    await until("it hangs", () => world.wire.to("/contacts").length === 2)
    await world.sandbox.clock.advance("2 seconds")
    assert.strictEqual((await late).reason._tag, "DeadlineExceeded")
  })

  it("works in the business of its client", async () => {
    const world = await books()
    const [business] = await world.books.businesses()
    await kyFor(world.books.business(business?.id ?? "")).get("contacts")
    assert.strictEqual(world.wire.to("/contacts")[0]?.headers.get("x-business"), business?.id)
  })
})

const total = async (api: ReturnType<typeof kyFor>) =>
  (await api.get("vendor").json<{ readonly "ia::meta": { readonly totalCount: number } }>())["ia::meta"].totalCount

describe("ky with Intacct REST", () => {
  it("works in the entity of its client, by the prefix of its caller", async () => {
    const world = await openWorld()
    const vendors = world.sage.client("vendors")
    const payable = { prefix: "objects/accounts-payable" }
    assert.isAbove(await total(kyFor(vendors, payable)), await total(kyFor(vendors.entity("E1"), payable)))
    assert.deepStrictEqual(
      world.wire.to("/vendor").map(({ headers }) => headers.get("x-ia-api-param-entity")),
      [null, "E1"]
    )
  })

  it("counts the records of a list on the meter", async () => {
    const world = await openWorld()
    const vendors = world.sage.client("vendors")
    await kyFor(vendors).get("objects/accounts-payable/vendor")
    const { used } = await vendors.meter()
    const json = [
      { id: "K1", name: "A" },
      { id: "K2", name: "B" },
      { id: "K3", name: "C" }
    ]
    await kyFor(vendors).post("objects/accounts-payable/vendor", { json, throwHttpErrors: false })
    assert.strictEqual((await vendors.meter()).used, used + 3)
    const form = new FormData()
    form.set("file", new Blob([JSON.stringify(json)]), "records.json")
    await kyFor(vendors).post("services/bulk/job/create", { body: form, throwHttpErrors: false })
    assert.strictEqual((await vendors.meter()).used, used + 6)
  })

  it("gives the permit back when a refusal was read", async () => {
    const world = await openWorld()
    const vendors = world.sage.client("vendors")
    for (const _ of [1, 2, 3, 4]) await httpErrorOf(kyFor(vendors).get("objects/no/such"))
    assert.strictEqual((await vendors.pool()).inUse, 0)
  })
})

const openX3 = async () => {
  const sandbox = await openSandbox()
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, retry: fastRetry })
  onTestFinished(() => sage.close())
  return { sandbox, sage }
}

describe("ky with X3", () => {
  it.each(["erp", "erpTls"] as const)("reads customers with %s", async (name) => {
    const { sage } = await openX3()
    const api = kyFor(sage.client(name), { prefix: "api1/x3/erp/SEED" })
    const searchParams = { representation: "BPCUSTOMER.$query", count: 20 }
    const { $resources } = await api
      .get("BPCUSTOMER", { searchParams })
      .json<{ readonly $resources: ReadonlyArray<unknown> }>()
    assert.isNotEmpty($resources)
  })

  it("has the client's error for a failure inside of a success", async () => {
    const { sage } = await openX3()
    const path = "api1/x3/erp/SEED/BPCUSTOMER('NOBODY')?representation=BPCUSTOMER.$details"
    const error = await failureOf(kyFor(sage.client("erp")).get(path).json())
    assert.strictEqual(error.reason._tag, "FunctionFailed")
    assert.property(await error.response?.json(), "$diagnoses")
  })

  it("sends a document to the GraphQL API itself", async () => {
    const { sage } = await openX3()
    const json = { query: "{ x3MasterData { customer { query(first: 2) { edges { node { code } } } } } }" }
    const { data } = await kyFor(sage.client("graph")).post("", { json }).json<{ readonly data: unknown }>()
    assert.isOk(data)
  })

  it("reads the folders of a pairing", async () => {
    const world = await openGatewayWorld()
    await pair(world)
    assert.isNotEmpty(await kyFor(world.sage.client("gateway")).get("folders").json<ReadonlyArray<unknown>>())
  })
})
