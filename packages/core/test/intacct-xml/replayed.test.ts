import { assert, describe, it } from "vitest"
import type { SageAuthError } from "../../src/index.ts"
import { errorOf, openLedger, operation, rejectionOf } from "./fakeGateway.ts"

const write = (id: string) => ({ "@controlid": id, create: { VENDOR: { VENDORID: id } } })

const seen = errorOf("XL03000008", "This control id was used before")

const result = (inner: string): string =>
  `<result>${inner}<function>create</function><controlid>one</controlid></result>`

/** What a write becomes whose first answer is lost, or that is the first. */
const executed = async (lost: boolean, answer: () => Response, functions = [write("one")], options = {}) => {
  let first = lost
  const { arrived, ledger } = openLedger(({ fn }) => {
    if (fn !== "create") return undefined
    if (!first) return answer()
    first = false
    throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(), { code: "ECONNRESET" }) })
  })
  const results = await ledger.execute(functions, { uniqueid: true, ...options }).then(
    (all) => all,
    (error: unknown) => error as SageAuthError
  )
  assert.lengthOf(arrived, lost ? 3 : 2)
  return results
}

const failed = `<status>failure</status>`
const inside = (errors: string) => `<errormessage>${errors}</errormessage>`

const refusals: ReadonlyArray<readonly [string, () => Response]> = [
  ["with its status and the error inside", () => operation(result(failed + inside(seen)))],
  ["with its status and no error", () => operation(result(failed))],
  ["without a status, with the error inside", () => operation(result(inside(seen)))],
  ["without a status, with the error beside it", () => operation(result("") + inside(seen))],
  ["without a status, with the error before it", () => operation(inside(seen) + result(""))],
  ["without a status, with the error beside the operation", () => operation(result(""), inside(seen))],
  ["without a status or an error", () => operation(result(""))],
  ["with an empty status and an empty error", () => operation(result(`<status/>${inside("<error/>")}`))],
  ["as an empty element", () => operation("<result/>")],
  ["without a result, with an error", () => operation(inside(seen))],
  ["without a result or an error", () => operation("")],
  ["as one that was aborted", () => operation(result("<status>aborted</status>"))]
]

describe("a write that is refused", () => {
  it.each(refusals)("%s, after a lost answer, may have been carried out", async (_, answer) => {
    const error = (await executed(true, answer)) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.replay-refused")
    assert.strictEqual(error.reason._tag, "FunctionFailed")
    assert.include(error.remedy, "Look for the record")
  })

  it.each(refusals)("%s, at the first attempt, is no replay", async (_, answer) => {
    const error = (await executed(false, answer)) as SageAuthError
    assert.notStrictEqual(error.id, "intacct-xml.replay-refused")
    assert.include(["FunctionFailed", "ProtocolViolation"], error.reason._tag)
  })

  it.each(refusals.slice(2, 7))("%s, in a transaction, may have been carried out", async (_, answer) => {
    const error = (await executed(true, answer, undefined, { transaction: true })) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.replay-refused")
  })

  it("tells the server's words", async () => {
    for (const [, answer] of refusals.slice(2, 6)) {
      assert.include(((await executed(true, answer)) as SageAuthError).message, "This control id was used before")
    }
  })

  it("among others leaves each result to tell for itself", async () => {
    const results = await executed(true, () => operation(result("") + result("<status>success</status>")), [
      write("one"),
      write("two")
    ])
    assert.isArray(results)
    assert.deepStrictEqual(
      (results as ReadonlyArray<{ readonly error: SageAuthError | undefined }>).map(({ error }) => error?.id),
      ["intacct-xml.replay-refused", undefined]
    )
  })

  it("for want of a permission is not in doubt", async () => {
    const denied = errorOf("PL04000005", "You do not have permission for API operation CREATE")
    const error = (await executed(true, () => operation(result(inside(denied))))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.permission-denied")
  })

  it("is not in doubt without uniqueid: then nothing was sent again", async () => {
    const { arrived, ledger } = openLedger(({ fn }) => {
      if (fn === "create") throw new TypeError("fetch failed")
      return undefined
    })
    const error = (await rejectionOf(ledger.execute([write("one")]))) as SageAuthError
    assert.strictEqual(error.id, "client.answer-lost")
    assert.lengthOf(arrived, 2)
  })
})
