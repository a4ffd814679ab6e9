import { assert, describe, it } from "vitest"
import { transactionsOf } from "../../src/intacct-rest/RestTraffic.ts"

const records = JSON.stringify([{ name: "A" }, { name: "B" }, { name: "C" }])

const bulk = (file: string | Blob): FormData => {
  const form = new FormData()
  form.append("file", file)
  return form
}

describe("what a call counts of the allowance", () => {
  it.each([
    ["objects/accounts-payable/vendor", undefined, 1],
    ["/objects/accounts-payable/vendor", undefined, 1],
    ["objects/accounts-payable/vendor?size=100", undefined, 1],
    ["objects/accounts-payable/vendor/4", undefined, 1],
    ["objects/accounts-payable/vendor/4,5,6", undefined, 3],
    ["objects/accounts-payable/vendor/4%2C5", undefined, 2],
    ["objects/accounts-payable/vendor?start=1,2", undefined, 1],
    ["services/core/query", '{"object":"accounts-payable/vendor"}', 1],
    ["objects/accounts-payable/vendor", '{"name":"A"}', 1],
    ["objects/accounts-payable/vendor", records, 3],
    ["objects/accounts-payable/vendor", ` \n${records}`, 3],
    ["objects/accounts-payable/vendor", "[]", 1],
    ["objects/accounts-payable/vendor", "[not JSON", 1],
    ["objects/accounts-payable/vendor", new TextEncoder().encode(records), 1],
    ["", undefined, 1],
    ["services/core/session/id", undefined, 0],
    ["/services/core/session/id", undefined, 0],
    ["services/core/model?name=vendor", undefined, 0],
    ["services/core/sessions", undefined, 1]
  ] as const)("%s with %s: %i", async (path, body, transactions) => {
    assert.strictEqual(await transactionsOf(path, body, "record"), transactions)
  })

  it("is one for each record of a bulk request, however its file is given", async () => {
    const path = "services/bulk/job/create"
    assert.strictEqual(await transactionsOf(path, bulk(records), "record"), 3)
    assert.strictEqual(await transactionsOf(path, bulk(new Blob([records])), "record"), 3)
    assert.strictEqual(await transactionsOf(path, bulk(new Blob(["not JSON"])), "record"), 1)
    assert.strictEqual(await transactionsOf(path, new FormData(), "record"), 1)
    assert.strictEqual(await transactionsOf(path, undefined, "record"), 1)
  })

  it("is one for each call where that is configured", async () => {
    assert.strictEqual(await transactionsOf("services/bulk/job/create", bulk(records), "call"), 1)
    assert.strictEqual(await transactionsOf("objects/accounts-payable/vendor", records, "call"), 1)
    assert.strictEqual(await transactionsOf("services/core/session/id", undefined, "call"), 0)
  })
})
