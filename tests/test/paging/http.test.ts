import { createSageAuth, isSageAuthError, type Progress, x3 } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { Effect, Stream } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { consent } from "../../src/oauth/world.ts"
import { addVendors, atRecord, collect } from "../../src/paging.ts"
import { settle } from "../../src/settle.ts"
import { fastRetry, openSandbox } from "../../src/world.ts"

const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query"
const customersDocument = `query Customers($first: Int, $after: String) { x3MasterData { customer { query(first: $first, after: $after) {
  edges { node { code creditLimit } } pageInfo { hasNextPage endCursor } totalCount } } } }`

const open = async () => {
  const sandbox = await openSandbox()
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, retry: fastRetry })
  onTestFinished(() => sage.close())
  return { sandbox, sage }
}

type World = Awaited<ReturnType<typeof open>>

/** A list of a dozen pages on one surface. */
interface Listed {
  readonly records: (options?: {
    readonly pageSize?: number
    readonly signal?: AbortSignal
    readonly onProgress?: (progress: Progress) => void
  }) => AsyncIterable<unknown>
  readonly keyOf: (record: unknown) => unknown
  readonly total: number
  /** how many pages of the list were asked for */
  readonly asked: () => number
  /** what the step of a page is called in faults */
  readonly step: string
  readonly surface: "business-cloud" | "intacct-rest" | "x3-web-services" | "x3-graphql"
  readonly expire: () => unknown
  readonly mostRecords: number
  readonly tellsTotal: boolean
}

const fieldOf = (name: string) => (record: unknown) => (record as Record<string, unknown>)[name]

const surfaces: Readonly<Record<string, (world: World) => Promise<Listed>>> = {
  "Business Cloud Accounting": async ({ sage, sandbox }) => {
    await consent({ sage, sandbox } as never, "books")
    const books = sage.client("books")
    const [{ id } = { id: "" }] = await books.businesses()
    const names = Array.from({ length: 555 }, (_, index) => `Paged ${index}`)
    sandbox.businessCloud.addContacts(id, names)
    return {
      records: (options) => books.records("contacts?attributes=email", { pageSize: 40, ...options }),
      keyOf: fieldOf("id"),
      total: 600,
      asked: () =>
        sandbox.requests({ surface: "business-cloud", step: "api" }).filter(({ path }) => path.includes("contacts"))
          .length,
      step: "contacts",
      surface: "business-cloud",
      expire: () => sandbox.businessCloud.expireAccessTokens(),
      mostRecords: 200,
      tellsTotal: true
    }
  },
  "objects of Intacct's REST API": async ({ sage, sandbox }) => {
    const total = addVendors(sandbox, 440)
    const vendors = sage.client("vendors")
    return {
      records: (options) => vendors.records("objects/accounts-payable/vendor", { pageSize: 50, ...options }),
      keyOf: fieldOf("key"),
      total,
      asked: () => sandbox.requests({ surface: "intacct-rest", step: "api" }).length,
      step: "objects/accounts-payable/vendor",
      surface: "intacct-rest",
      expire: () => sandbox.intacctRest.rejectAccessTokens(),
      mostRecords: 1_000,
      tellsTotal: true
    }
  },
  "queries of Intacct's REST API": async ({ sage, sandbox }) => {
    const total = addVendors(sandbox, 440)
    const vendors = sage.client("vendors")
    const query = { object: "accounts-payable/vendor", fields: ["id", "name"] }
    return {
      records: (options) => vendors.records(query, { pageSize: 50, ...options }),
      keyOf: fieldOf("id"),
      total,
      asked: () => sandbox.requests({ surface: "intacct-rest", step: "api" }).length,
      step: "services/core/query",
      surface: "intacct-rest",
      expire: () => sandbox.intacctRest.expireAccessTokens(),
      mostRecords: 4_000,
      tellsTotal: true
    }
  },
  "X3's web services": async ({ sage, sandbox }) => {
    const more = Array.from({ length: 540 }, (_, index) => ({ BPCNUM: `P${String(index).padStart(5, "0")}` }))
    sandbox.x3.addRecords("BPCUSTOMER", more)
    const erp = sage.client("erp")
    return {
      records: (options) => erp.records(customers, { pageSize: 50, ...options }),
      keyOf: fieldOf("BPCNUM"),
      total: 600,
      asked: () => sandbox.requests({ surface: "x3-web-services" }).length,
      step: "BPCUSTOMER",
      surface: "x3-web-services",
      // user and password have no end
      expire: () => {},
      mostRecords: 10_000,
      tellsTotal: false
    }
  },
  "X3's GraphQL API": async ({ sage, sandbox }) => {
    const more = Array.from({ length: 540 }, (_, index) => ({ BPCNUM: `P${String(index).padStart(5, "0")}` }))
    sandbox.x3.addRecords("BPCUSTOMER", more)
    const graph = sage.client("graph")
    return {
      records: (options) => graph.records(customersDocument, {}, { pageSize: 50, ...options }),
      keyOf: fieldOf("code"),
      total: 600,
      asked: () => sandbox.requests({ surface: "x3-graphql" }).length,
      step: "graphql",
      surface: "x3-graphql",
      expire: () => sandbox.clock.advance("20 minutes"),
      mostRecords: 500,
      tellsTotal: true
    }
  }
}

const everyOnce = ({ keyOf, total }: Listed, records: ReadonlyArray<unknown>, thrown: unknown) => {
  assert.isUndefined(thrown)
  assert.deepStrictEqual([records.length, new Set(records.map(keyOf)).size], [total, total])
}

const idOf = (thrown: unknown): string => (isSageAuthError(thrown) ? thrown.id : String(thrown))

describe.each(Object.entries(surfaces))("a list of %s", (_, surface) => {
  const openList = async () => {
    const world = await open()
    return { ...world, list: await surface(world) }
  }

  it("is read to its end, with every record once", async () => {
    const { list } = await openList()
    const progress: Array<Progress> = []
    const { records, thrown } = await collect(list.records({ onProgress: (seen) => progress.push(seen) }))
    everyOnce(list, records, thrown)
    assert.strictEqual(progress.length, list.asked())
    assert.deepStrictEqual(progress.at(-1), { done: list.total, total: list.tellsTotal ? list.total : undefined })
  })

  it("goes on where the credential ends, a limit is hit and the server is away between two pages", async () => {
    const { list, sandbox } = await openList()
    const { records, thrown } = await collect(list.records(), async (have) => {
      if (have === 100) await list.expire()
      if (have === 200)
        sandbox.fault(list.surface, {
          on: list.step,
          kind: "rate-limited",
          times: 2,
          ...(list.surface.startsWith("x3") ? { status: 429 } : {})
        })
      if (have === 300) sandbox.fault(list.surface, { on: list.step, kind: "unavailable", times: 2 })
      if (have === 400) sandbox.fault(list.surface, { on: list.step, kind: "drop-response" })
    })
    everyOnce(list, records, thrown)
    assert.lengthOf(sandbox.faults(), 0)
  })

  it("is not read further than its reader goes", async () => {
    const { list } = await openList()
    const before = list.asked()
    const records = list.records()
    await settle()
    assert.strictEqual(list.asked(), before)
    for await (const _ of records) break
    await settle()
    assert.strictEqual(list.asked(), before + 1)
  })

  it("ends with the reason of an aborted signal between two pages", async () => {
    const { list } = await openList()
    const left = new AbortController()
    const reason = new Error("gone")
    const { records, thrown } = await collect(
      list.records({ signal: left.signal }),
      atRecord(50, () => left.abort(reason))
    )
    assert.strictEqual(thrown, reason)
    assert.isAtMost(records.length, 80)
  })

  it("refuses a page of more than the server gives", async () => {
    const { list } = await openList()
    const { thrown } = await collect(list.records({ pageSize: list.mostRecords + 1 }))
    assert.strictEqual(idOf(thrown), "client.misconfigured")
    assert.include(String(thrown), `from 1 to ${list.mostRecords}`)
  })
})

describe("a list of Intacct's REST API", () => {
  it.each([
    ["a path", "objects/accounts-payable/vendor", "objects/accounts-payable/vendor"],
    ["a query", { object: "accounts-payable/vendor", fields: ["id"] }, "services/core/query"]
  ])(
    "of %s counts exactly what Intacct does, where the token ends and a limit is hit between pages",
    async (_, list, step) => {
      const { sandbox, sage } = await open()
      const total = addVendors(sandbox, 440)
      const vendors = sage.client("vendors")
      await vendors.fetch("objects/company-config/entity")
      const { companyId } = sandbox.accounts["intacct-xml"].login
      const before = { meter: (await vendors.meter()).used, billed: sandbox.intacct.transactions(companyId).billable }
      const { records, thrown } = await collect(vendors.records(list as string, { pageSize: 50 }), async (have) => {
        if (have === 100) sandbox.intacctRest.expireAccessTokens()
        if (have === 200) sandbox.fault("intacct-rest", { on: step, kind: "rate-limited", times: 2 })
      })
      assert.isUndefined(thrown)
      assert.lengthOf(records, total)
      assert.lengthOf(sandbox.faults(), 0)
      const counted = (await vendors.meter()).used - before.meter
      assert.strictEqual(counted, sandbox.intacct.transactions(companyId).billable - before.billed)
      assert.isAtLeast(counted, total / 50)
    }
  )

  it("counts each page on the meter as Intacct does, and leaves the company's only permit free between two", async () => {
    const { sandbox, sage } = await open()
    addVendors(sandbox, 40)
    const vendors = sage.client("vendors")
    await vendors.fetch("objects/company-config/entity")
    const { companyId } = sandbox.accounts["intacct-xml"].login
    const before = { meter: (await vendors.meter()).used, billed: sandbox.intacct.transactions(companyId).billable }
    for await (const { done } of vendors.pages("objects/accounts-payable/vendor", { pageSize: 20 })) {
      if (done === 100) sandbox.intacctRest.expireAccessTokens()
      assert.strictEqual((await vendors.pool()).inUse, 0)
    }
    assert.strictEqual((await vendors.meter()).used - before.meter, 10)
    assert.strictEqual(sandbox.intacct.transactions(companyId).billable - before.billed, 10)
  })

  it("is of the entity that its client is in", async () => {
    const { sage } = await open()
    const query = { object: "accounts-payable/vendor", fields: ["id", "entity.id"] }
    const { records } = await collect(sage.client("vendors").entity("E1").records(query, { pageSize: 20 }))
    assert.isAbove(records.length, 20)
    assert.sameMembers([...new Set(records.map(fieldOf("entity.id")))], ["", "E1"])
  })

  it("begins where its request says", async () => {
    const { sage } = await open()
    const { records } = await collect(
      sage.client("vendors").records("objects/accounts-payable/vendor?start=151", { pageSize: 4 })
    )
    assert.lengthOf(records, 10)
  })

  it.each([
    ["a path that leads nowhere", "objects/nowhere/nothing", "RequestRejected"],
    ["a field that cannot be queried", { object: "accounts-payable/vendor", fields: ["nothing"] }, "RequestRejected"],
    ["no list at all", 5, "RequestRejected"],
    ["a query without an object", { fields: ["id"] }, "RequestRejected"],
    ["another host", "https://elsewhere.example/objects", "Misconfigured"]
  ])("fails for %s", async (_, list, reason) => {
    const { sage } = await open()
    const { thrown } = await collect(sage.client("vendors").records(list as string))
    assert.strictEqual(isSageAuthError(thrown) ? thrown.reason._tag : thrown, reason)
  })
})

describe("a list of Business Cloud Accounting", () => {
  it("keeps what else was asked for on every page, and is of the business that its client is in", async () => {
    const { sandbox, sage } = await open()
    await consent({ sage, sandbox } as never, "books")
    const books = sage.client("books")
    const [, second] = await books.businesses()
    const { records } = await collect(
      books.business(second?.id ?? "").records("contacts?attributes=email", { pageSize: 20 })
    )
    assert.lengthOf(records, 45)
    assert.isTrue(records.every((record) => String(fieldOf("email")(record)).includes("@")))
    assert.isTrue(records.every((record) => String(fieldOf("id")(record)).startsWith(second?.id.slice(0, 20) ?? "x")))
  })

  it("fails for what is no list, and for a user without the right", async () => {
    const { sandbox, sage } = await open()
    await consent({ sage, sandbox } as never, "books")
    const { thrown } = await collect(sage.client("books").records("user"))
    assert.strictEqual(idOf(thrown), "business-cloud.unreadable-answer")
    await consent({ sage, sandbox } as never, "books", {
      tenant: "other",
      login: sandbox.accounts["business-cloud"].outsider
    })
    const refused = await collect(sage.client("books", { tenant: "other" }).records("contacts"))
    assert.strictEqual(idOf(refused.thrown), "business-cloud.forbidden")
  })
})

describe("a list of X3's web services", () => {
  it("keeps condition and order on every page", async () => {
    const { sage } = await open()
    const path = `${customers}&where=${encodeURIComponent("CRY eq 'FR'")}&orderBy=BPCNAM`
    const { records, thrown } = await collect(sage.client("erp").records(path, { pageSize: 5 }))
    assert.isUndefined(thrown)
    assert.lengthOf(records, 12)
    const names = records.map((record) => String(fieldOf("BPCNAM")(record)))
    assert.deepStrictEqual(names, names.toSorted())
  })

  it("fails for a class without its representation, and for an error in $diagnoses", async () => {
    const { sage } = await open()
    const { thrown } = await collect(sage.client("erp").records("api1/x3/erp/SEED/BPCUSTOMER"))
    assert.strictEqual(idOf(thrown), "x3-web-services.request-rejected")
    const missing = await collect(
      sage.client("erp").records("api1/x3/erp/SEED/BPCUSTOMER('NOBODY')?representation=BPCUSTOMER.$details")
    )
    assert.strictEqual(idOf(missing.thrown), "x3-web-services.diagnoses")
  })
})

describe("a list that was asked for in a wrong way", () => {
  type Given = (path: never, options?: never) => AsyncIterable<unknown>
  const ofPaths = ["vendors", "books", "erp"] as const

  it.each(
    ofPaths.flatMap((connection) => (["records", "pages"] as const).map((called) => [connection, called] as const))
  )("of %s names %s, which its caller called", async (connection, called) => {
    const { sage, sandbox } = await open()
    await consent({ sage, sandbox } as never, "books")
    const client = sage.client(connection)
    const list = client[called].bind(client) as Given
    // Intacct REST takes a query as well, which is no text
    for (const path of connection === "vendors" ? [5] : [5, undefined, { readByQuery: { object: "VENDOR" } }]) {
      const { thrown } = await collect(list(path as never))
      assert.strictEqual(idOf(thrown), "client.request-rejected")
      assert.include(String(thrown), `${called}(`)
      assert.notInclude(String(thrown), "fetch(")
    }
    const away = await collect(list("https://elsewhere.example/objects" as never))
    assert.strictEqual(idOf(away.thrown), "client.host-refused")
    assert.include(String(away.thrown), `${called}(`)
    assert.notInclude(String(away.thrown), "fetch(")
  })

  it.each(["records", "pages"] as const)("of a document names %s, which its caller called", async (called) => {
    const { sage } = await open()
    const graph = sage.client("graph")
    const list = graph[called].bind(graph) as Given
    for (const document of [5, undefined, " "]) {
      const { thrown } = await collect(list(document as never))
      assert.strictEqual(idOf(thrown), "client.misconfigured")
      assert.include(String(thrown), `${called}(document)`)
    }
    for (const variables of [5, "after", ["C0001"]]) {
      const { thrown } = await collect(list(customersDocument as never, variables as never))
      assert.strictEqual(idOf(thrown), "client.misconfigured")
      assert.include(String(thrown), `${called}(document, variables)`)
    }
  })

  it.each([
    ["pageSize", 10],
    ["deadline", "5 seconds"],
    ["signal", new AbortController().signal],
    ["onProgress", () => {}],
    ["maxPages", 1]
  ])("refuses %s among the variables of a document, and shows its place", async (option, value) => {
    const { sage, sandbox } = await open()
    const { records, thrown } = await collect(sage.client("graph").records(customersDocument, { [option]: value }))
    assert.strictEqual(idOf(thrown), "client.misconfigured")
    assert.include(String(thrown), `records(document, { ${option} })`)
    assert.include(String(thrown), `records(document, {}, { ${option} })`)
    assert.lengthOf(records, 0)
    assert.lengthOf(sandbox.requests({ surface: "x3-graphql" }), 0)
  })

  it("refuses a variable that the document does not have, with those that it has", async () => {
    const { sage, sandbox } = await open()
    const { thrown } = await collect(sage.client("graph").pages(customersDocument, { first: 10, frist: 10 }))
    assert.strictEqual(idOf(thrown), "client.misconfigured")
    assert.include(String(thrown), "pages(document, { frist })")
    assert.include(String(thrown), "did you mean first?")
    const other = await collect(sage.client("graph").records(customersDocument, { country: "FR" }))
    assert.include(String(other.thrown), "first, after")
    assert.lengthOf(sandbox.requests({ surface: "x3-graphql" }), 0)
  })

  it("takes a variable of an option's name that the document has", async () => {
    const { sage } = await open()
    const document = `query ($pageSize: Int, $after: String) { x3MasterData { customer { query(first: $pageSize, after: $after) {
      edges { node { code } } pageInfo { hasNextPage endCursor } } } } }`
    const variables: Record<string, unknown> = { pageSize: 25, after: undefined }
    const { records, thrown } = await collect(sage.client("graph").records(document, variables))
    assert.isUndefined(thrown)
    assert.lengthOf(records, 60)
  })

  it.each(["deadline", "signal"])("refuses %s among the variables of a query, and shows its place", async (option) => {
    const { sage, sandbox } = await open()
    const thrown: unknown = await sage
      .client("graph")
      .query(customersDocument, { [option]: option === "signal" ? new AbortController().signal : "5 seconds" })
      .catch((error: unknown) => error)
    assert.strictEqual(idOf(thrown), "client.misconfigured")
    assert.include(String(thrown), `query(document, { ${option} })`)
    assert.include(String(thrown), `query(document, {}, { ${option} })`)
    assert.lengthOf(sandbox.requests({ surface: "x3-graphql" }), 0)
  })
})

const listOf = (inside: string, head = "query ($first: Int, $after: String)") =>
  `${head} { x3MasterData { customer { query(first: $first, after: $after) { ${inside} } } } }`

describe("a list of X3's GraphQL API", () => {
  it.each([
    [
      "no variable for the next page",
      "query ($first: Int) { x3MasterData { customer { query(first: $first) { edges { node { code } } pageInfo { hasNextPage } } } } }",
      "$after"
    ],
    ["nothing about the next page", listOf("edges { node { code } }"), "pageInfo"],
    ["nothing about its end", listOf("edges { node { code } } pageInfo { endCursor }"), "hasNextPage"],
    ["no place for the next page", listOf("edges { node { code } } pageInfo { hasNextPage }"), "endCursor"],
    [
      "two lists",
      "query ($first: Int, $after: String) { x3MasterData { customer { query(first: $first, after: $after) { edges { node { code } } pageInfo { hasNextPage endCursor } } } product { query { edges { node { code } } pageInfo { hasNextPage endCursor } } } } }",
      "more than one list"
    ]
  ])("is refused for a document with %s", async (_, document, named) => {
    const { sage } = await open()
    const { records, thrown } = await collect(sage.client("graph").records(document, {}, { pageSize: 10 }))
    assert.strictEqual(idOf(thrown), "client.request-rejected")
    assert.include(String(thrown), named)
    assert.lengthOf(records, 0)
  })

  it("takes the cursor of the last record where the page has no other", async () => {
    const { sage } = await open()
    const document = listOf("edges { cursor node { code } } pageInfo { hasNextPage }")
    const { records, thrown } = await collect(sage.client("graph").records(document, {}, { pageSize: 25 }))
    assert.isUndefined(thrown)
    assert.lengthOf(records, 60)
  })

  it("tells by page what the user may not see, and fails by record", async () => {
    const sandbox = await openSandbox()
    const { password, user } = sandbox.accounts["x3-web-services"].limited
    const { endpoint } = sandbox.accounts["x3-graphql"]
    const own = createSageAuth({
      connections: {
        graph: x3.graphql({
          url: sandbox.urls["x3-graphql"].api,
          endpoint,
          deployment: "on-premise",
          auth: x3.basic({ user, password }),
          environment: "sandbox"
        })
      },
      clock: sandbox.clock
    })
    onTestFinished(() => own.close())
    const pages = await collect(own.client("graph").pages(customersDocument, {}, { pageSize: 40 }))
    assert.isUndefined(pages.thrown)
    assert.deepStrictEqual(
      pages.records.map(({ errors, records }) => [records.length, errors.length]),
      [
        [40, 40],
        [20, 20]
      ]
    )
    const { records, thrown } = await collect(own.client("graph").records(customersDocument, {}, { pageSize: 40 }))
    assert.strictEqual(idOf(thrown), "x3-graphql.errors-beside-data")
    assert.lengthOf(records, 0)
  })
})

describe("lists with Effect", () => {
  it("are streams of the same engine, on every surface", async () => {
    const sandbox = await openSandbox()
    const read = Effect.gen(function* () {
      const sage = yield* SageAuth.make({ connections: sandbox.connections(), clock: sandbox.clock })
      const counts = yield* Effect.all([
        Stream.runCount(
          sage.client("ledger").records({ readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 50 } })
        ),
        Stream.runCount(
          sage.client("vendors").entity("E1").records("objects/accounts-payable/vendor", { pageSize: 30 })
        ),
        Stream.runCount(sage.client("erp").records(customers, { pageSize: 7 })),
        Stream.runCount(sage.client("graph").records(customersDocument, {}, { pageSize: 7 }))
      ])
      const refused = yield* Effect.flip(Stream.runCollect(sage.client("books").records("contacts")))
      return { counts, refused: refused.reason._tag }
    })
    assert.deepStrictEqual(await Effect.runPromise(Effect.scoped(read)), {
      counts: [160, 80, 60, 60],
      refused: "ReauthorizationRequired"
    })
  })
})
