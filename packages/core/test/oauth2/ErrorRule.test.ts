import { assert, describe, it } from "@effect/vitest"
import { type ErrorRule, matchRule } from "../../src/oauth2/errorBody.ts"

const body = (code: string, ...texts: ReadonlyArray<string>) => ({ codes: [code], texts, supportId: undefined })

const rules: ReadonlyArray<ErrorRule> = [
  { id: "business-cloud.email-in-use", codes: ["invalid_request"], text: /email already in use/i },
  { id: "business-cloud.authorization-invalid", codes: ["invalid_request", "unsupported_response_type"] },
  { id: "x3-gateway.pairing-pending", text: /has not been accepted/gi, statuses: [403] }
]

describe("matchRule", () => {
  it("takes the first rule of which everything holds", () => {
    assert.strictEqual(matchRule(rules, body("Invalid request", "Email already in use")), "business-cloud.email-in-use")
    assert.strictEqual(matchRule(rules, body("Invalid request", "Other")), "business-cloud.authorization-invalid")
    assert.strictEqual(matchRule(rules, body("INVALID_REQUEST")), "business-cloud.authorization-invalid")
    assert.isUndefined(matchRule(rules, body("invalid_scope")))
  })

  it("minds the status where a rule names one, and keeps nothing from one match to the next", () => {
    const pending = body("x", "The pairing request has not been accepted.")
    for (let round = 0; round < 3; round++) {
      assert.strictEqual(matchRule(rules, pending, 403), "x3-gateway.pairing-pending")
    }
    assert.isUndefined(matchRule(rules, pending, 400))
    assert.isUndefined(matchRule(rules, pending))
  })
})
