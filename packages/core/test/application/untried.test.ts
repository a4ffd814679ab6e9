import { assert, describe, it } from "vitest"
import { createSageAuth, intacctRest, intacctXml, type Status, x3 } from "../../src/index.ts"

const refusing = (() =>
  Promise.resolve(Response.json({ error: "invalid_client" }, { status: 401 }))) as typeof globalThis.fetch

const connections = {
  ledger: intacctXml({
    sender: { id: "s", password: "wrong" },
    login: { companyId: "acme", userId: "u", password: "wrong" }
  }),
  vendors: intacctRest.clientCredentials({ clientId: "c.app.sage.com", clientSecret: "wrong", username: "u@acme" }),
  erp: x3.onPremise({ baseUrl: "https://x3.acme.example:8124", auth: x3.basic({ user: "u", password: "wrong" }) }),
  erpCc: x3.onPremise({
    baseUrl: "https://x3.acme.example:8124",
    auth: x3.clientCredentials({ tokenUrl: "https://idp.acme.example/token", clientId: "c", clientSecret: "wrong" })
  }),
  graph: x3.graphql({
    url: "https://x3.acme.example:8124/xtrem/api",
    endpoint: "REPOSX3",
    app: { clientId: "c", clientSecret: "wrong".repeat(8), user: "u" }
  })
}

const open = () => createSageAuth({ connections, fetch: refusing })

describe("what was never tried", () => {
  for (const name of ["ledger", "vendors", "erp", "erpCc", "graph"] as const) {
    it(`is configured, and not connected, before and after the server refuses it: ${name}`, async () => {
      const sage = open()
      const client = sage.client(name) as { status: () => Promise<Status> }
      assert.strictEqual((await client.status()).state, "configured")
      const used: { fetch?: (path: string) => Promise<unknown>; session?: () => Promise<unknown> } = sage.client(
        name
      ) as never
      await (used.fetch?.("api1/x") ?? used.session?.() ?? Promise.resolve()).catch(() => {})
      assert.notStrictEqual((await client.status()).state, "connected")
      await sage.close()
    })
  }
})
