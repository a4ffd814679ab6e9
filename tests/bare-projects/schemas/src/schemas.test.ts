// What comes from Sage, typed by the caller or by a schema of Valibot or Zod: compiled and run from the packed packages.
import assert from "node:assert/strict"
import { test } from "node:test"
import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import * as v from "valibot"
import * as z from "zod"

/** Whether each of two types is the other; `any` is none. */
type Same<A, B> = 0 extends A & 1 ? false : [A, B] extends [B, A] ? true : false
const same = <A, B>(is: Same<A, B> & true): void => assert.ok(is)

interface Vendor {
  readonly VENDORID: string
}

const read = { readByQuery: { object: "VENDOR", fields: "RECORDNO,VENDORID", query: "", pagesize: 60 } }

const open = async () => {
  const sandbox = await startSandbox()
  const sage = createSageAuth({ connections: sandbox.connections() })
  return {
    ledger: sage.client("ledger"),
    graph: sage.client("graph"),
    close: async () => {
      await sage.close()
      await sandbox.stop()
    }
  }
}

test("the caller names the type of data() and of records()", async () => {
  const { close, ledger } = await open()
  const [result] = await ledger.execute([read])
  assert.ok(result)
  const data = await result.data<{ readonly vendor: ReadonlyArray<Vendor> }>()
  same<typeof data, { readonly vendor: ReadonlyArray<Vendor> }>(true)
  assert.equal(data.vendor.length, 60)
  for await (const vendor of ledger.records<Vendor>(read)) {
    same<typeof vendor, Vendor>(true)
    assert.ok(vendor.VENDORID)
    break
  }
  await close()
})

const schemas = {
  Valibot: v.object({ RECORDNO: v.pipe(v.string(), v.decimal(), v.transform(Number)), VENDORID: v.string() }),
  Zod: z.object({ RECORDNO: z.string().transform(Number), VENDORID: z.string() })
}

for (const [library, schema] of Object.entries(schemas)) {
  test(`a schema of ${library} makes the type of records`, async () => {
    const { close, ledger } = await open()
    const [result] = await ledger.execute([read])
    assert.ok(result)
    const records = await result.records(schema)
    same<typeof records, ReadonlyArray<{ RECORDNO: number; VENDORID: string }>>(true)
    assert.equal(typeof records[0]?.RECORDNO, "number")
    let sum = 0
    for await (const vendor of ledger.records(read, { schema })) {
      same<typeof vendor, { RECORDNO: number; VENDORID: string }>(true)
      sum += vendor.RECORDNO
    }
    assert.ok(Number.isSafeInteger(sum))
    await close()
  })
}

test("a schema of either makes the type of data(), and what does not fit is told without its value", async () => {
  const { close, ledger } = await open()
  const [result] = await ledger.execute([read])
  assert.ok(result)
  const byValibot = await result.data(v.object({ vendor: v.array(v.object({ VENDORID: v.string() })) }))
  same<typeof byValibot, { vendor: Array<{ VENDORID: string }> }>(true)
  const byZod = await result.data(z.object({ vendor: z.array(z.object({ VENDORID: z.string() })) }))
  same<typeof byZod, { vendor: Array<{ VENDORID: string }> }>(true)
  assert.deepEqual(byZod, byValibot)
  for (const schema of [v.object({ VENDORID: v.number() }), z.object({ VENDORID: z.number() })]) {
    await assert.rejects(result.records(schema), (error) => {
      assert.ok(isSageAuthError(error))
      assert.equal(error.id, "client.schema-mismatch")
      assert.doesNotMatch(JSON.stringify(error), new RegExp(byZod.vendor[0]?.VENDORID ?? "^"))
      return true
    })
  }
  await close()
})

test("options have no place among the variables of a document", async () => {
  const { close, graph } = await open()
  const document = `query ($first: Int, $after: String) { x3MasterData { customer { query(first: $first, after: $after) {
    edges { node { code } } pageInfo { hasNextPage endCursor } } } } }`
  // @ts-expect-error -- pageSize is an option, and stands behind the variables
  const mistaken = graph.records(document, { pageSize: 5 })
  await assert.rejects(async () => {
    for await (const _ of mistaken) break
  }, /records\(document, \{\}, \{ pageSize \}\)/)
  await close()
})
