import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { isSageAuthError } from "../../src/errors/SageAuthError.ts"
import { callerOf, deferredClients, type ResolvedTenant } from "../../src/web/Caller.ts"
import type { Sage } from "../../src/createSageAuth.ts"
import { connectionOf, type Connections } from "../../src/Connection.ts"

interface Called {
  readonly on: string
  readonly name: string
  readonly input: ReadonlyArray<unknown>
}

/** An application whose clients note what they are called with. */
const noting = () => {
  const calls: Array<Called> = []
  const clientOf = (on: string): object => ({
    connection: "books",
    surface: "business-cloud",
    tenant: on,
    fetch: (...input: ReadonlyArray<unknown>) => Promise.resolve(calls.push({ on, name: "fetch", input })),
    headers: (...input: ReadonlyArray<unknown>) => Promise.resolve(calls.push({ on, name: "headers", input })),
    status: (...input: ReadonlyArray<unknown>) => Promise.resolve(calls.push({ on, name: "status", input })),
    disconnect: () => new Promise(() => {}),
    records: async function* (...input: ReadonlyArray<unknown>) {
      calls.push({ on, name: "records", input })
      yield on
    },
    business: (id: string) => clientOf(`${on}/${id}`)
  })
  const books = connectionOf({
    surface: "business-cloud",
    interactive: false,
    builder: "business-cloud",
    options: undefined,
    members: {
      calls: { fetch: 1, headers: 0, status: undefined, disconnect: undefined },
      lists: { records: 1 },
      narrowing: { business: () => {} }
    },
    validate: () => [],
    load: () => assert.fail("nothing is loaded"),
    createSageAuth: () => assert.fail("nothing is opened")
  })
  const sage = {
    connections: { books },
    client: (_: string, { tenant = "default" }: { readonly tenant?: string | undefined }) => clientOf(tenant)
  } as unknown as Pick<Sage<Connections>, "client" | "connections">
  return { calls, sage }
}

interface Client {
  readonly connection: string
  readonly surface: string
  readonly tenant: string
  fetch(path: string, init?: object): Promise<unknown>
  headers(options?: object): Promise<unknown>
  status(): Promise<unknown>
  disconnect(): Promise<unknown>
  records(path: string, options?: object): AsyncIterable<unknown>
  business(id: string): Client
}

const open = (resolve: () => ResolvedTenant, signal?: AbortSignal) => {
  const { calls, sage } = noting()
  const caller = callerOf(resolve, () => signal)
  return { calls, client: deferredClients(sage)("books", () => caller) as unknown as Client }
}

/** Everything of a list. */
const readAll = async <A>(list: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const read: Array<A> = []
  for await (const each of list) read.push(each)
  return read
}

describe("a deferred client", () => {
  it("is there at once with what the connection's clients can do, and asks for the tenant when it is used", async () => {
    let asked = 0
    const { calls, client } = open(() => {
      asked++
      return Promise.resolve("acme")
    })
    assert.strictEqual(client.connection, "books")
    assert.strictEqual(client.surface, "business-cloud")
    const business = client.business("b1").business("b2")
    assert.notProperty(client, "authorize")
    assert.strictEqual(asked, 0)
    await business.fetch("contacts")
    await client.status()
    assert.deepStrictEqual(calls, [
      { on: "acme/b1/b2", name: "fetch", input: ["contacts"] },
      { on: "acme", name: "status", input: [] }
    ])
    assert.strictEqual(asked, 1)
  })

  it("gives the request's signal to calls that take one, where they have none of their own", async () => {
    const { signal } = new AbortController()
    const own = new AbortController().signal
    const { calls, client } = open(() => "acme", signal)
    await client.fetch("contacts")
    await client.fetch("contacts", { method: "POST" })
    await client.fetch("contacts", { signal: own })
    await client.fetch("contacts", { signal: null })
    await client.headers()
    await client.status()
    assert.deepStrictEqual(
      calls.map(({ input }) => input),
      [
        ["contacts", { signal }],
        ["contacts", { method: "POST", signal }],
        ["contacts", { signal: own }],
        ["contacts", { signal: null }],
        [{ signal }],
        []
      ]
    )
  })

  it("releases a caller that went away from calls that take no signal, and begins none for it", async () => {
    const gone = new AbortController()
    const { calls, client } = open(() => "acme", gone.signal)
    const waiting = client.disconnect().catch((reason: unknown) => reason)
    gone.abort("left")
    assert.strictEqual(await waiting, "left")
    assert.strictEqual(await client.fetch("contacts").catch((reason: unknown) => reason), "left")
    assert.deepStrictEqual(calls, [])
  })

  it("asks for the tenant of a list when it is iterated, and gives it the request's signal", async () => {
    const { signal } = new AbortController()
    let asked = 0
    const { calls, client } = open(() => {
      asked++
      return Promise.resolve("acme")
    }, signal)
    const list = client.business("b1").records("contacts", { pageSize: 5 })
    assert.strictEqual(asked, 0)
    assert.deepStrictEqual(await readAll(list), ["acme/b1"])
    assert.deepStrictEqual(calls, [{ on: "acme/b1", name: "records", input: ["contacts", { pageSize: 5, signal }] }])
  })

  it("begins no list for a caller that went away", async () => {
    const { calls, client } = open(() => "acme", AbortSignal.abort("left"))
    assert.strictEqual(await readAll(client.records("contacts")).catch((reason: unknown) => reason), "left")
    assert.deepStrictEqual(calls, [])
  })

  it("rejects, and does not throw, where the tenant cannot be had", async () => {
    const { client } = open(() => undefined)
    const refused = await client.fetch("contacts").catch((error: unknown) => error)
    assert.isTrue(isSageAuthError(refused) && refused.id === "client.tenant-refused")
  })

  it("tells its tenant where that is known, and otherwise what to do", async () => {
    assert.strictEqual(open(() => "acme").client.tenant, "acme")
    const { client } = open(() => Promise.resolve("acme"))
    assert.throws(() => client.tenant, /expected to be read after a call of the client/)
    await client.status()
    assert.strictEqual(client.tenant, "acme")
  })

  it("can be looked at without the resolver being asked", () => {
    const { client } = open(() => assert.fail("it was asked"))
    assert.include(inspect(client), "books")
    assert.include(JSON.stringify(client), "books")
  })
})
