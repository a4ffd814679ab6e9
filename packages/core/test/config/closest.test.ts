import { assert, it } from "@effect/vitest"
import { closest } from "../../src/config/decoder.ts"

const known = ["sender", "login", "companyId", "userId", "password", "clientId", "tier"]

it.each([
  ["sendr", "sender"],
  ["pasword", "password"],
  ["passwrod", "password"],
  ["company_id", "companyId"],
  ["CompanyID", "companyId"],
  ["cilentId", "clientId"],
  ["teir", "tier"],
  ["foo", undefined],
  ["", undefined],
  ["__proto__", undefined],
  ["somethingElse", undefined],
  ["x".repeat(100_000), undefined]
])("for %s it proposes %s", (name, meant) => {
  assert.strictEqual(closest(name, known), meant)
})
