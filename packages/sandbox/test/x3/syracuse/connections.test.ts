import { createSageAuth } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { start } from "./support.ts"

const open = async () => {
  const sandbox = await start()
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock })
  onTestFinished(() => sage.close())
  return { sandbox, sage }
}

const customer = "api1/x3/erp/SEED/BPCUSTOMER('C0002')?representation=BPCUSTOMER.$details"

const dataOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { readonly BPCNAM: string }).BPCNAM

describe("the connections to X3", () => {
  it("read the same customer by password, certificate, consent on premise and online, SOAP and GraphQL", async () => {
    const { sandbox, sage } = await open()
    const name = "Acme Industries"
    assert.strictEqual(await dataOf(await sage.client("erp").fetch(customer)), name)
    assert.strictEqual(await dataOf(await sage.client("erpTls").fetch(customer)), name)
    for (const connection of ["erpSso", "erpCloud"] as const) {
      const { url, cookie } = await sage.client(connection).authorize({ returnTo: "/" })
      await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
      assert.strictEqual(await dataOf(await sage.client(connection).fetch(customer)), name)
    }
    const { pool } = sandbox.accounts["x3-web-services"]
    const read = await sage
      .client("erp")
      .soap({ pool, operation: "read", publicName: "WSBPC", objectKeys: { BPCNUM: "C0002" } })
    assert.include(JSON.stringify(read), name)
    const answer = await sage.client("graph").query(`{ x3MasterData { customer { read(_id: "C0002") { name } } } }`)
    assert.include(JSON.stringify(answer), name)
    assert.deepStrictEqual(
      new Set(sandbox.requests().map(({ listener }) => listener)),
      new Set(["main", "tls", "online"] as const)
    )
  })
})
