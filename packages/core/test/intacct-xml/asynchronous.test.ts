import { assert, describe, it } from "vitest"
import type { SageAuthError } from "../../src/index.ts"
import { errorOf, openLedger, operation, rejectionOf, xml } from "./fakeGateway.ts"

const control =
  "<control><status>success</status><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>"
const acknowledgement = (status = "success") =>
  xml(`<response><acknowledgement><status>${status}</status></acknowledgement>${control}</response>`)

const write = (id: string) => ({ "@controlid": id, create: { VENDOR: { VENDORID: id } } })

describe("an asynchronous request", () => {
  it("names its policy, carries the login, and gives one acknowledged result for each function", async () => {
    const { arrived, ledger } = openLedger(({ fn }) => (fn === "create" ? acknowledgement() : undefined))
    const results = await ledger.execute([write("one"), write("two")], { policyid: "async & slow" })
    assert.deepStrictEqual(
      results.map(({ controlId, error, status }) => ({ controlId, error, status })),
      ["one", "two"].map((controlId) => ({ controlId, error: undefined, status: "acknowledged" as const }))
    )
    for (const result of results) {
      assert.deepStrictEqual(await result.data(), {})
      assert.deepStrictEqual(await result.records(), [])
      assert.include(result.raw, "<acknowledgement>")
    }
    const sent = arrived.find(({ fn }) => fn === "create")
    assert.include(sent?.body, "<policyid>async &amp; slow</policyid>")
    assert.strictEqual(sent?.by, "login")
  })

  it("is not sent again when its answer is lost, even if it only reads", async () => {
    const { arrived, ledger } = openLedger(({ fn }) => {
      if (fn === "readByQuery") throw new TypeError("fetch failed")
      return undefined
    })
    const read = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }
    const error = (await rejectionOf(ledger.execute([read], { policyid: "async" }))) as SageAuthError
    assert.strictEqual(error.id, "client.answer-lost")
    assert.lengthOf(
      arrived.filter(({ fn }) => fn === "readByQuery"),
      1
    )
  })

  it("that is answered at once has its results", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create"
        ? operation("<result><status>success</status><function>create</function><controlid>one</controlid></result>")
        : undefined
    )
    const [result] = await ledger.execute([write("one")], { policyid: "async" })
    assert.strictEqual(result?.status, "success")
  })

  it("whose policy does not exist says so", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create"
        ? xml(
            `<response><control><status>failure</status></control><errormessage>${errorOf("XL03000006", "async is not a valid transport policy.")}</errormessage></response>`
          )
        : undefined
    )
    const error = (await rejectionOf(ledger.execute([write("one")], { policyid: "async" }))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.transport-policy-unknown")
  })

  it.each([
    ["that is empty", "", "policyid is not the name"],
    ["that is no text", 7 as never, "policyid is not the name"],
    ["that XML cannot carry", "a\u0000", "policyid contains"]
  ])("with a policy %s is refused by name, and nothing is sent", async (_, policyid, words) => {
    const { arrived, ledger } = openLedger(() => undefined)
    const error = (await rejectionOf(ledger.execute([write("one")], { policyid }))) as SageAuthError
    assert.strictEqual(error.id, "client.function-refused")
    assert.include(error.message, words)
    assert.isFalse(arrived.some(({ fn }) => fn === "create"))
  })

  it("that is longer than Intacct takes is refused", async () => {
    const { arrived, ledger } = openLedger(({ fn }) => (fn === "create" ? acknowledgement() : undefined))
    const long = { create: { VENDOR: { NAME: "x".repeat(500_000) } } }
    const error = (await rejectionOf(ledger.execute([long], { policyid: "async" }))) as SageAuthError
    assert.strictEqual(error.id, "client.function-refused")
    assert.include(error.message, "500000")
    assert.isFalse(arrived.some(({ fn }) => fn === "create"))
  })

  it("that nobody asked for is told, since it has no results", async () => {
    const { ledger } = openLedger(({ fn }) => (fn === "create" ? acknowledgement() : undefined))
    const error = (await rejectionOf(ledger.execute([write("one")]))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.acknowledged-only")
  })
})
