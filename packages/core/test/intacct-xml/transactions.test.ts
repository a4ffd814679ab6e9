import { assert, describe, expect, it } from "vitest"
import { inspect } from "node:util"
import { isSageAuthError, type SageAuthError } from "../../src/index.ts"
import { errorOf, openLedger, operation, rejectionOf } from "./fakeGateway.ts"

const rollback = errorOf("XL03000009", "The entire transaction in this operation has been rolled back due to an error.")
const duplicate = errorOf("BL34000061", "Another vendor with the given value exists [Support ID: abc%7E1]")
const invalid = errorOf("BL03000018", "A customer is required")

const write = (id: string) => ({ "@controlid": id, create: { VENDOR: { VENDORID: id } } })
const ids = ["one", "two", "three"]

type Part = readonly [status: string, errors?: string | undefined]

const result = (id: string, [status, errors]: Part): string =>
  `<result><status>${status}</status><function>create</function><controlid>${id}</controlid>${errors === undefined ? "" : `<errormessage>${errors}</errormessage>`}</result>`

/** What the transaction of three functions is rejected with, when they became this. */
const rejected = async (...parts: ReadonlyArray<Part>): Promise<SageAuthError> => {
  const { ledger } = openLedger(({ fn }) =>
    fn === "create" ? operation(parts.map((part, index) => result(ids[index] as string, part)).join("")) : undefined
  )
  const error = await rejectionOf(ledger.execute(ids.map(write), { transaction: true }))
  assert.isTrue(isSageAuthError(error))
  return error as SageAuthError
}

const idsOf = ({ results = [] }: SageAuthError) => results.map((each) => each.error?.id)

describe("a failed transaction", () => {
  const rolledBack = "intacct-xml.transaction-rolled-back"
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<Part>]> = [
    [
      "all are aborted, and the rollback is said of each",
      [
        ["aborted", rollback],
        ["aborted", duplicate + rollback],
        ["aborted", rollback]
      ]
    ],
    ["all are aborted, and the rollback is said of none", [["aborted"], ["aborted", duplicate], ["aborted"]]],
    ["the rollback is said first", [["aborted", rollback], ["aborted", rollback + duplicate], ["aborted"]]],
    [
      "the guilty one has failed",
      [
        ["aborted", rollback],
        ["failure", duplicate + rollback],
        ["aborted", rollback]
      ]
    ],
    [
      "errors are empty where nothing is wrong",
      [
        ["aborted", "<error/>"],
        ["aborted", duplicate],
        ["aborted", errorOf("", "")]
      ]
    ],
    ["the guilty one has no status", [["aborted"], ["", duplicate], ["aborted"]]]
  ]
  it.each(cases)("is the guilty function's own failure: %s", async (_, parts) => {
    const error = await rejected(...parts)
    assert.strictEqual(error.id, "intacct-xml.duplicate")
    assert.strictEqual(error.code, "BL34000061")
    assert.strictEqual(error.supportId, "abc~1")
    assert.deepInclude(error, { index: 1, controlId: "two" })
    assert.include(error.message, 'functions[1] (control id "two")')
    assert.include(error.message, "Another vendor with the given value exists")
    assert.notInclude(error.message, "entire transaction")
    assert.deepStrictEqual(idsOf(error), [rolledBack, "intacct-xml.duplicate", rolledBack])
    assert.deepStrictEqual(
      error.results?.map(({ controlId, error: each }) => [controlId, each?.index, each?.controlId]),
      ids.map((id, index) => [id, index, id])
    )
    assert.strictEqual(error.results?.[1]?.error, error)
    assert.include(error.results?.[0]?.error?.message, 'because functions[1] (control id "two") failed')
  })

  it("of several guilty functions is the failure of the first, and names the others", async () => {
    const error = await rejected(
      ["aborted", duplicate + rollback],
      ["aborted", rollback],
      ["aborted", invalid + rollback]
    )
    assert.deepInclude(error, { id: "intacct-xml.duplicate", index: 0, controlId: "one" })
    assert.include(error.message, 'functions[2] (control id "three") failed too')
    assert.deepStrictEqual(idsOf(error), ["intacct-xml.duplicate", rolledBack, "intacct-xml.function-failed"])
    assert.include(error.results?.[2]?.error?.message, "A customer is required")
  })

  it("is told by a failure without a reason where that is all there is", async () => {
    for (const errors of [undefined, rollback]) {
      const error = await rejected(["aborted", rollback], ["failure", errors], ["aborted"])
      assert.deepInclude(error, { id: "intacct-xml.function-failed", index: 1, controlId: "two" })
      assert.include(error.message, "gave no reason")
    }
  })

  it.each([
    ["with", rollback],
    ["without", undefined]
  ])("that names nobody says so, %s the rollback", async (_, errors) => {
    const error = await rejected(["aborted", errors], ["aborted", errors], ["aborted", errors])
    assert.strictEqual(error.id, rolledBack)
    assert.isUndefined(error.index)
    assert.isUndefined(error.controlId)
    assert.include(error.message, "names no function that failed")
    assert.deepStrictEqual(idsOf(error), [rolledBack, rolledBack, rolledBack])
  })

  it.each([
    ["all are aborted", ["aborted", "aborted", "aborted"], undefined],
    ["one has failed", ["aborted", "failure", "aborted"], 1]
  ] as const)("has the reason that stands beside its results: %s", async (_, statuses, index) => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create"
        ? operation(
            `${statuses.map((status, at) => result(ids[at]!, [status])).join("")}<errormessage>${duplicate}</errormessage>`
          )
        : undefined
    )
    const error = (await rejectionOf(ledger.execute(ids.map(write), { transaction: true }))) as SageAuthError
    assert.deepInclude(error, { id: "intacct-xml.duplicate", code: "BL34000061", supportId: "abc~1" })
    assert.strictEqual(error.index, index)
    assert.include(error.message, "Another vendor with the given value exists")
    assert.lengthOf(error.results ?? [], 3)
  })

  it("is told of by control ids where its results come in another order", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create"
        ? operation(
            result("three", ["aborted", duplicate]) + result("one", ["aborted"]) + result("two", ["aborted", rollback])
          )
        : undefined
    )
    const error = (await rejectionOf(ledger.execute(ids.map(write), { transaction: true }))) as SageAuthError
    assert.deepInclude(error, { id: "intacct-xml.duplicate", index: 2, controlId: "three" })
    assert.deepStrictEqual(
      error.results?.map(({ controlId }) => controlId),
      ids
    )
    assert.deepStrictEqual(idsOf(error), [rolledBack, rolledBack, "intacct-xml.duplicate"])
  })

  it.each([
    ["in the message", "Vendor is locked [Support ID: abc%7E1]"],
    ["in an error", "<error>Vendor is locked [Support ID: abc%7E1]</error>"]
  ])("has a reason that stands as text %s", async (_, errors) => {
    const error = await rejected(["aborted"], ["aborted", errors], ["aborted"])
    assert.deepInclude(error, { id: "intacct-xml.function-failed", index: 1, supportId: "abc~1" })
    assert.include(error.message, "Vendor is locked")
  })

  it("keeps the statuses that Intacct gave, and rejects whoever asks for the data", async () => {
    const error = await rejected(["aborted", rollback], ["failure", duplicate], ["aborted", rollback])
    assert.deepStrictEqual(
      error.results?.map(({ status }) => status),
      ["aborted", "failure", "aborted"]
    )
    for (const each of error.results ?? []) {
      await expect(each.data()).rejects.toBe(each.error)
      await expect(each.records()).rejects.toBe(each.error)
    }
  })

  it("tells its reason where results are missing", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create" ? operation(result("three", ["failure", duplicate + rollback])) : undefined
    )
    const error = (await rejectionOf(ledger.execute(ids.map(write), { transaction: true }))) as SageAuthError
    assert.deepInclude(error, { id: "intacct-xml.duplicate", index: 2, controlId: "three" })
    assert.lengthOf(error.results ?? [], 1)
  })

  it("shows no result in a log, and no secret in any of them", async () => {
    const quoted = errorOf("X", "the password sender password is refused")
    const error = await rejected(["aborted"], ["aborted", quoted], ["aborted"])
    const shown = inspect(error, { depth: 10 }) + JSON.stringify(error)
    assert.notInclude(shown, "<result>")
    const everything = shown + error.results?.map((each) => each.raw + inspect(each) + JSON.stringify(each)).join("")
    assert.notInclude(everything, "sender password")
  })
})

describe("functions that fail outside of a transaction", () => {
  it("leave each result to tell for itself", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create" ? operation(result("one", ["success"]) + result("two", ["failure", duplicate])) : undefined
    )
    const results = await ledger.execute([write("one"), write("two")])
    assert.deepStrictEqual(
      results.map(({ error }) => [error?.id, error?.index, error?.controlId]),
      [
        [undefined, undefined, undefined],
        ["intacct-xml.duplicate", 1, "two"]
      ]
    )
  })

  it("alone fail the call, with the result on the error", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create" ? operation(result("one", ["failure", duplicate])) : undefined
    )
    const error = (await rejectionOf(ledger.execute([write("one")]))) as SageAuthError
    assert.deepInclude(error, { id: "intacct-xml.duplicate", index: 0, controlId: "one" })
    assert.strictEqual(error.results?.[0]?.error, error)
  })

  it("say what they say where results are missing", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "create" ? operation(result("one", ["failure", duplicate])) : undefined
    )
    const error = (await rejectionOf(ledger.execute(ids.map(write)))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.result-missing")
    assert.include(error.message, "3 functions were sent and 1 results came back")
    assert.include(error.message, "Another vendor with the given value exists")
  })
})
