import { assert, describe, it } from "vitest"
import type { SageEvent } from "../../src/index.ts"
import { openLedger, rejectionOf, signInRefused } from "./fakeGateway.ts"

const read = [{ readByQuery: { object: "VENDOR", fields: "*", query: "" } }]

describe("entity()", () => {
  it.each([
    ["an empty text, which Intacct would take for the top level", ""],
    ["a control character", "a\u0001b"],
    ["half a surrogate pair", "\ud800"],
    ["a number", 5],
    ["undefined", undefined]
  ])("refuses %s before anything is sent", async (_, id) => {
    const { arrived, ledger } = openLedger(() => undefined)
    let thrown: unknown
    try {
      ledger.entity(id as string)
    } catch (error) {
      thrown = error
    }
    assert.propertyVal(thrown, "id", "client.misconfigured")
    assert.include(String(thrown), "entity(id)")
    assert.lengthOf(arrived, 0)
  })
})

describe("execute()", () => {
  it("says what is wrong with functions that are no list", async () => {
    const { ledger } = openLedger(() => undefined)
    for (const functions of [undefined, null, "<read/>", {}]) {
      assert.propertyVal(await rejectionOf(ledger.execute(functions as never)), "id", "client.function-refused")
    }
  })
})

describe("session()", () => {
  it("hands nothing over once the application is closed", async () => {
    const { ledger, sage } = openLedger(() => undefined)
    await ledger.session()
    await sage.close()
    assert.propertyVal(await rejectionOf(ledger.session()), "id", "client.closed")
  })
})

describe("probeEntities()", () => {
  it("fails when the connection's own login is refused, which says nothing about an entity", async () => {
    const { arrived, ledger } = openLedger(signInRefused, { entities: ["E1", "E2"] })
    assert.propertyVal(await rejectionOf(ledger.probeEntities()), "id", "intacct-xml.login-rejected")
    assert.lengthOf(arrived, 1)
  })

  it("says of an entity that refuses the connection's session that it refuses", async () => {
    const { ledger } = openLedger(({ body }) => (body.includes("<locationid>E1<") ? signInRefused() : undefined), {
      entities: ["E1", "E2"]
    })
    assert.deepStrictEqual(
      (await ledger.probeEntities()).map(({ entity, outcome }) => [entity, outcome]),
      [
        ["E1", "refuses"],
        ["E2", "empty"]
      ]
    )
  })
})

describe("the end of the licence", () => {
  it("is announced while one session goes on for days, because answers move its end", async () => {
    const { ledger, pass, sage, arrived } = openLedger(() => undefined, {
      sender: { id: "sender", password: "sender password", licenseExpires: "2027-01-20" }
    })
    const events: Array<SageEvent> = []
    const reading = (async () => {
      for await (const event of sage.events()) events.push(event)
    })()
    // 61 days before, and then 60
    for (let hour = 0; hour < 30; hour++) {
      await ledger.execute(read)
      pass(50 * 60_000)
    }
    await sage.close()
    await reading
    assert.lengthOf(
      arrived.filter(({ fn }) => fn === "getAPISession"),
      1
    )
    assert.deepStrictEqual(
      events.flatMap((event) => (event.type === "license-expiring" ? [event.daysLeft] : [])),
      [60]
    )
  })
})
