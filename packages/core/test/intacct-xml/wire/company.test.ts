import { assert, it } from "@effect/vitest"
import { companyOf } from "../../../src/intacct-xml/XmlTraffic.ts"

it("counts a login against its company, whatever its case", () => {
  assert.strictEqual(companyOf({ companyId: "Acme" }), "acme")
  assert.strictEqual(companyOf({ companyId: " ACME ", clientId: undefined }), "acme")
})

it("counts a slide-in against the client company", () => {
  assert.strictEqual(companyOf({ companyId: "Console", clientId: "Client" }), "client")
  assert.strictEqual(companyOf({ companyId: "Console", clientId: "" }), "console")
})

it("reads the packed forms: two parts are company and entity, the middle one of three is the client", () => {
  assert.strictEqual(companyOf({ companyId: "Acme|E1" }), "acme")
  assert.strictEqual(companyOf({ companyId: "Console|Client|E1" }), "client")
  assert.strictEqual(companyOf({ companyId: "Console|Client|" }), "client")
  assert.strictEqual(companyOf({ companyId: "Console||E1" }), "console")
})
