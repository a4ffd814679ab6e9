import { isSageAuthError, type Progress, type XmlFunction } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { addVendors, atRecord, collect } from "../../src/paging.ts"
import { begun, settle, until } from "../../src/settle.ts"
import { openWorld } from "../../src/world.ts"

const readVendors = { readByQuery: { object: "VENDOR", fields: "RECORDNO,VENDORID", query: "", pagesize: 50 } }
const queryVendors = {
  query: { object: "VENDOR", select: { field: ["RECORDNO", "VENDORID"] }, pagesize: 50 }
}
const listVendors = { get_list: { "@object": "vendor", "@maxitems": 50, fields: { field: ["vendorid"] } } }

const ids = (records: ReadonlyArray<unknown>) =>
  new Set(
    records.map(
      (record) => (record as Record<string, unknown>)["VENDORID"] ?? (record as { readonly vendorid: string }).vendorid
    )
  )

const openLedger = async (options: Parameters<typeof openWorld>[0] = {}) => {
  const world = await openWorld(options)
  const total = addVendors(world.sandbox, 380)
  const asked = (step: string) => world.sandbox.requests({ surface: "intacct-xml", step }).length
  return { ...world, total, asked }
}

const idOf = (thrown: unknown): string => (isSageAuthError(thrown) ? thrown.id : String(thrown))

describe("records() of Intacct's XML API", () => {
  it.each<[string, XmlFunction, string]>([
    ["readByQuery", readVendors, "readMore"],
    ["query", queryVendors, "query"],
    ["get_list", listVendors, "get_list"]
  ])("gives every record of %s once, and counts each page on the meter", async (_, fn, next) => {
    const { ledger, sandbox, total } = await openLedger()
    const { used } = await ledger.meter()
    const { records, thrown } = await collect(ledger.records(fn))
    assert.isUndefined(thrown)
    assert.lengthOf(records, total)
    assert.strictEqual(ids(records).size, total)
    const pages = Math.ceil(total / 50)
    assert.strictEqual((await ledger.meter()).used - used, pages)
    const company = sandbox.accounts["intacct-xml"].login.companyId
    const { billable, functions } = sandbox.intacct.transactions(company)
    assert.strictEqual(billable, pages)
    assert.isAtLeast(functions[next] ?? 0, pages - 1)
  })

  it("reads the rows of a report once it is ready, by the clock of the application", async () => {
    const { ledger, sandbox } = await openLedger()
    const read = begun(
      collect(ledger.records({ readReport: { "@type": "interactive", report: "OpenBills", pagesize: 10 } }))
    )
    await settle()
    await sandbox.clock.advance("1 second")
    await settle()
    await sandbox.clock.advance("3 seconds")
    const { records, thrown } = await read
    assert.isUndefined(thrown)
    const bills = sandbox.company(sandbox.accounts["intacct-xml"].login.companyId).records("APBILL")
    assert.strictEqual(
      new Set(records.map(({ RECORDID }) => RECORDID)).size,
      bills.filter(({ STATE }) => STATE !== "Paid").length
    )
  })

  it("asks for nothing before it is asked, and for nothing after its reader has left", async () => {
    const { asked, ledger } = await openLedger()
    const list = ledger.records(readVendors)
    await settle()
    assert.strictEqual(asked("readByQuery"), 0)
    for await (const _ of list) break
    await settle()
    assert.deepStrictEqual([asked("readByQuery"), asked("readMore")], [1, 0])
    assert.strictEqual((await ledger.pool()).inUse, 0)
  })

  it.each([
    ["before its first page", "readByQuery", 0],
    ["between two pages", "readMore", 50]
  ])("leaves nothing running where its reader leaves while a page is on its way, %s", async (_, on, before) => {
    const { asked, ledger, sandbox } = await openLedger()
    sandbox.fault("intacct-xml", { on, kind: "hang" })
    const iterator = ledger.records(readVendors)[Symbol.asyncIterator]()
    for (let record = 0; record < before; record++) await iterator.next()
    const waiting = iterator.next()
    await until("the page is asked for", () => sandbox.faults().length === 0)
    assert.deepStrictEqual(await iterator.return?.(), { done: true, value: undefined })
    assert.deepStrictEqual(await waiting, { done: true, value: undefined })
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    assert.strictEqual((await ledger.pool()).inUse, 0)
    await settle()
    assert.strictEqual(asked("readByQuery") + asked("readMore"), before === 0 ? 1 : 2)
  })

  it("holds no permit between two pages", async () => {
    const { ledger } = await openLedger({ ledger: { permits: 1 } })
    let inside = 0
    for await (const _ of ledger.records({ ...readVendors })) {
      if (++inside % 125 !== 1) continue
      // the company's only permit is free
      await ledger.execute([{ read: { object: "VENDOR", keys: "1", fields: "NAME" } }])
    }
    assert.isAbove(inside, 500)
  })

  it("reads a list in another entity, and where every request carries the login", async () => {
    const { ledger, total } = await openLedger()
    const inEntity = await collect(ledger.entity("E1").records({ ...readVendors }, { pageSize: 30 }))
    assert.isUndefined(inEntity.thrown)
    assert.isBelow(inEntity.records.length, total)
    const byLogin = await openLedger({ ledger: { authentication: "login" } })
    const { records, thrown } = await collect(byLogin.ledger.records(readVendors))
    assert.isUndefined(thrown)
    assert.strictEqual(ids(records).size, byLogin.total)
  })

  it("reads the list from its beginning each time that it is iterated", async () => {
    const { ledger } = await openLedger()
    const list = ledger.records({ query: { object: "VENDOR", select: { field: "RECORDNO" }, pagesize: 500 } })
    const first = await collect(list)
    assert.deepStrictEqual((await collect(list)).records, first.records)
  })

  it("tells how far it has come", async () => {
    const { ledger, total } = await openLedger()
    const seen: Array<Progress> = []
    await collect(ledger.records(readVendors, { pageSize: 250, onProgress: (progress) => seen.push(progress) }))
    assert.deepStrictEqual(seen, [
      { done: 250, total },
      { done: 500, total },
      { done: total, total }
    ])
    const pages = await collect(ledger.pages(readVendors, { pageSize: 250 }))
    assert.deepStrictEqual(
      pages.records.map(({ done, records, total }) => ({ done, total, records: records.length })),
      [
        { done: 250, total, records: 250 },
        { done: 500, total, records: 250 },
        { done: total, total, records: total - 500 }
      ]
    )
  })

  it("throws what the caller's own onProgress throws", async () => {
    const { ledger } = await openLedger()
    const own = new Error("mine")
    const { records, thrown } = await collect(
      ledger.records(readVendors, {
        onProgress: () => {
          throw own
        }
      })
    )
    assert.strictEqual(thrown, own)
    assert.lengthOf(records, 0)
  })

  it("ends with the reason of an aborted signal, also between two pages", async () => {
    const { asked, ledger } = await openLedger()
    const left = new AbortController()
    const reason = new Error("gone")
    const { records, thrown } = await collect(
      ledger.records(readVendors, { signal: left.signal }),
      atRecord(50, () => left.abort(reason))
    )
    assert.strictEqual(thrown, reason)
    assert.lengthOf(records, 50)
    assert.strictEqual(asked("readMore"), 0)
  })

  it.each(["rate-limited", "rate-limited-200", "unavailable"] as const)(
    "goes on after %s between two pages, with every record once",
    async (kind) => {
      const { ledger, sandbox, total } = await openLedger()
      const { records, thrown } = await collect(
        ledger.records(readVendors),
        atRecord(150, () => sandbox.fault("intacct-xml", { on: "readMore", kind, times: 2 }))
      )
      assert.isUndefined(thrown)
      assert.deepStrictEqual([records.length, ids(records).size], [total, total])
      assert.lengthOf(sandbox.faults(), 0)
    }
  )

  it.each(["query", "get_list"] as const)("goes on in another session where pages are numbered: %s", async (name) => {
    const { ledger, sandbox, total } = await openLedger()
    const fn = name === "query" ? queryVendors : listVendors
    const { records, thrown } = await collect(
      ledger.records(fn),
      atRecord(150, () => sandbox.intacct.endSessions())
    )
    assert.isUndefined(thrown)
    assert.deepStrictEqual([records.length, ids(records).size], [total, total])
  })
})

describe("a list of eleven pages in trouble", () => {
  it.each([
    ["readByQuery", readVendors],
    ["query", queryVendors],
    ["get_list", listVendors]
  ] as const)(
    "has every record once and counts exactly what Intacct does, where the session is killed, it ends and a limit is hit between pages: %s",
    async (step, fn) => {
      const { ledger, sandbox, total } = await openLedger()
      const { companyId } = sandbox.accounts["intacct-xml"].login
      const { used } = await ledger.meter()
      const { billable } = sandbox.intacct.transactions(companyId)
      const next = step === "readByQuery" ? "readMore" : step
      const { records, thrown } = await collect(ledger.records(fn), async (have) => {
        if (have === 100) sandbox.fault("intacct-xml", { on: next, kind: "rate-limited", times: 2 })
        if (have === 200) sandbox.intacct.endSessions()
        if (have === 300) await sandbox.clock.advance("31 minutes")
        if (have === 400) sandbox.fault("intacct-xml", { on: next, kind: "rate-limited-200", times: 2 })
      })
      assert.isUndefined(thrown)
      assert.deepStrictEqual([records.length, ids(records).size], [total, total])
      assert.lengthOf(sandbox.faults(), 0)
      const counted = (await ledger.meter()).used - used
      assert.strictEqual(counted, sandbox.intacct.transactions(companyId).billable - billable)
      assert.isAtLeast(counted, Math.ceil(total / 50))
    }
  )
})

describe("a result that is lost between two pages", () => {
  it("is read again behind what was handed over, when its session dies", async () => {
    const { asked, ledger, sandbox, total } = await openLedger()
    const { used } = await ledger.meter()
    const { records, thrown } = await collect(
      ledger.records(readVendors),
      atRecord(150, () => sandbox.intacct.endSessions())
    )
    assert.isUndefined(thrown)
    assert.deepStrictEqual([records.length, ids(records).size], [total, total])
    assert.strictEqual(asked("readByQuery"), 2)
    // three pages, a refusal that ran nothing, and all pages once more
    const pages = 3 + Math.ceil(total / 50)
    assert.strictEqual((await ledger.meter()).used - used, pages)
    assert.strictEqual(sandbox.intacct.transactions(sandbox.accounts["intacct-xml"].login.companyId).billable, pages)
  })

  it.each(["drop-response", "truncate", "cloudflare-524"] as const)(
    "is read again when an answer is lost (%s): the cursor has moved on",
    async (kind) => {
      const { ledger, sandbox, total } = await openLedger()
      const { records, thrown } = await collect(
        ledger.records(readVendors),
        atRecord(150, () => sandbox.fault("intacct-xml", { on: "readMore", kind }))
      )
      assert.isUndefined(thrown)
      assert.deepStrictEqual([records.length, ids(records).size], [total, total])
    }
  )

  it("is not asked for in another session: that would be one more transaction for nothing", async () => {
    const { asked, ledger } = await openLedger()
    const { thrown } = await collect(
      ledger.records(readVendors, { onLostResult: "fail" }),
      atRecord(150, () => ledger.refresh())
    )
    assert.strictEqual(idOf(thrown), "intacct-xml.result-lost")
    assert.strictEqual(asked("readMore"), 2)
  })

  it.each([
    [
      "its session dies",
      (sandbox: Awaited<ReturnType<typeof openLedger>>["sandbox"]) => void sandbox.intacct.endSessions()
    ],
    [
      "an answer is lost",
      (sandbox: Awaited<ReturnType<typeof openLedger>>["sandbox"]) =>
        sandbox.fault("intacct-xml", { on: "readMore", kind: "drop-response" })
    ]
  ])("fails and says so where that is asked for, when %s", async (_, happens) => {
    const { ledger, sandbox } = await openLedger()
    const { records, thrown } = await collect(
      ledger.records(readVendors, { onLostResult: "fail" }),
      atRecord(150, () => happens(sandbox))
    )
    assert.strictEqual(idOf(thrown), "intacct-xml.result-lost")
    assert.propertyVal(thrown as object, "retryable", true)
    assert.lengthOf(records, 150)
  })

  it("fails where records have moved before the place that it was read to", async () => {
    const { ledger, sandbox } = await openLedger()
    const { thrown } = await collect(
      ledger.records(readVendors),
      atRecord(150, async () => {
        await ledger.execute([{ delete: { object: "VENDOR", keys: "5" } }])
        sandbox.intacct.endSessions()
      })
    )
    assert.strictEqual(idOf(thrown), "intacct-xml.result-lost")
    assert.include(String(thrown), "150 records")
  })

  it("is read again three times in a row at most", async () => {
    const { asked, ledger, sandbox } = await openLedger()
    const { thrown } = await collect(
      ledger.records(readVendors),
      atRecord(50, () => sandbox.fault("intacct-xml", { on: "readMore", kind: "drop-response", times: 9 }))
    )
    assert.strictEqual(idOf(thrown), "intacct-xml.result-lost")
    assert.strictEqual(asked("readByQuery"), 4)
  })
})

describe("what records() refuses", () => {
  it.each<[string, unknown, unknown, string]>([
    [
      "a function that writes",
      { create: { VENDOR: { VENDORID: "X", NAME: "x" } } },
      undefined,
      "client.function-refused"
    ],
    ["a text", "<readByQuery/>", undefined, "client.function-refused"],
    ["two functions", { ...readVendors, ...queryVendors }, undefined, "client.function-refused"],
    [
      "another format",
      { readByQuery: { ...readVendors.readByQuery, returnFormat: "json" } },
      undefined,
      "client.function-refused"
    ],
    [
      "what a report is",
      { readReport: { "@type": "interactive", "@returnDef": "true", report: "OpenBills" } },
      undefined,
      "client.function-refused"
    ],
    ["a page of nothing", readVendors, { pageSize: 0 }, "client.misconfigured"],
    ["a page of more than Intacct gives", readVendors, { pageSize: 1_001 }, "client.misconfigured"],
    ["another word for a lost result", readVendors, { onLostResult: "ignore" }, "client.misconfigured"],
    ["a schema that is none", readVendors, { schema: {} }, "client.misconfigured"],
    ["no pages at all", readVendors, { maxPages: 0 }, "client.misconfigured"]
  ])("%s", async (_, fn, options, id) => {
    const { ledger, sandbox } = await openLedger()
    const { thrown } = await collect(ledger.records(fn as XmlFunction, options as object))
    assert.strictEqual(idOf(thrown), id)
    assert.lengthOf(
      sandbox.requests({ surface: "intacct-xml" }),
      fn === undefined ? 0 : id === "client.function-refused" && JSON.stringify(fn).includes("returnDef") ? 2 : 0
    )
  })

  it("a list that is longer than maxPages, after that many pages", async () => {
    const { ledger } = await openLedger()
    const { records, thrown } = await collect(ledger.records(readVendors, { maxPages: 3 }))
    assert.strictEqual(idOf(thrown), "client.page-refused")
    assert.lengthOf(records, 150)
  })
})
