import { assert, describe, it } from "vitest"
import { extended } from "../../src/calls/plainCalls.ts"

describe("headers with more of them", () => {
  it("are made once for each credential, and frozen", () => {
    const inEntity = extended({ "x-entity": "E1" })
    const [one, other] = [{ authorization: "a" }, { authorization: "b" }]
    assert.deepStrictEqual(inEntity(one), { authorization: "a", "x-entity": "E1" })
    assert.strictEqual(inEntity(one), inEntity(one))
    assert.isTrue(Object.isFrozen(inEntity(one)))
    assert.deepStrictEqual(inEntity(other), { authorization: "b", "x-entity": "E1" })
    assert.deepStrictEqual(one, { authorization: "a" })
  })

  it("are the credential's own where there are none", () => {
    const headers = { authorization: "a" }
    assert.strictEqual(extended(undefined)(headers), headers)
  })
})
