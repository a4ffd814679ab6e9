import type { IntacctXmlOptions } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { type Answer, open, readByQuery, send, sessionXml, start } from "../support.ts"

const create = "<create><VENDOR><VENDORID>V-T</VENDORID><NAME>Undone</NAME></VENDOR></create>"
const wrong = "<delete><object>VENDOR</object><keys>999999</keys></delete>"

const statuses = (answer: Answer): ReadonlyArray<readonly [status: unknown, errors: ReadonlyArray<string>]> => {
  const found = answer.at("response.operation.result")
  return (Array.isArray(found) ? found : [found]).map((result: Record<string, unknown>) => {
    const message = result["errormessage"] as { readonly error: unknown } | undefined
    const errors = message === undefined ? [] : Array.isArray(message.error) ? message.error : [message.error]
    return [result["status"], errors.map((error: { readonly errorno: string }) => error.errorno)] as const
  })
}

const transaction = async (intacct: IntacctXmlOptions | undefined, ...functions: ReadonlyArray<string>) => {
  const sandbox = await start({ intacct })
  const session = await open(sandbox)
  return statuses(
    await send(
      sandbox,
      { authentication: sessionXml(session.sessionId), functions, transaction: true },
      session.endpoint
    )
  )
}

const undone = ["aborted", ["XL03000009"]] as const

describe("a failed transaction", () => {
  it("marks every result aborted; only the guilty one has an error of its own", async () => {
    assert.deepStrictEqual(await transaction(undefined, create, wrong, readByQuery("VENDOR")), [
      undone,
      ["aborted", ["BL01001973"]],
      undone
    ])
  })

  it.each<readonly [string, IntacctXmlOptions, ReadonlyArray<readonly [string, ReadonlyArray<string>]>]>([
    ["a guilty one that says so", { guiltyStatus: "failure" }, [undone, ["failure", ["BL01001973"]], undone]],
    ["the rollback on each", { rollbackError: "all" }, [undone, ["aborted", ["BL01001973", "XL03000009"]], undone]],
    [
      "the rollback on none",
      { rollbackError: "none" },
      [
        ["aborted", []],
        ["aborted", ["BL01001973"]],
        ["aborted", []]
      ]
    ],
    [
      "both, as older fixtures have it",
      { guiltyStatus: "failure", rollbackError: "all" },
      [undone, ["failure", ["BL01001973", "XL03000009"]], undone]
    ]
  ])("has %s on demand", async (_, options, expected) => {
    assert.deepStrictEqual(await transaction(options, create, wrong, readByQuery("VENDOR")), expected)
  })

  it("has several guilty ones when it goes on", async () => {
    assert.deepStrictEqual(await transaction({ transactionGoesOn: true }, wrong, create, readByQuery("BAD")), [
      ["aborted", ["BL01001973"]],
      undone,
      ["aborted", ["Query Failed"]]
    ])
  })
})

const replay = async (intacct: IntacctXmlOptions | undefined, transaction = false) => {
  const sandbox = await start({ intacct })
  const session = await open(sandbox)
  const run = () =>
    send(
      sandbox,
      {
        authentication: sessionXml(session.sessionId),
        functions: [readByQuery("VENDOR")],
        controlIds: ["once"],
        uniqueId: true,
        transaction
      },
      session.endpoint
    )
  await run()
  return run()
}

describe("a control id that was used before", () => {
  it("answers a result without status that has the error inside", async () => {
    const answer = await replay(undefined)
    assert.deepStrictEqual(statuses(answer), [[undefined, ["XL03000006"]]])
    assert.notInclude(answer.text.slice(answer.text.indexOf("<result>")), "<status>")
  })

  it("has the error beside the result, or nowhere, on demand", async () => {
    const beside = await replay({ duplicateError: "beside" })
    assert.deepStrictEqual(statuses(beside), [[undefined, []]])
    assert.strictEqual(beside.at("response.operation.errormessage.error.errorno"), "XL03000006")
    const nowhere = await replay({ duplicateError: "nowhere" })
    assert.deepStrictEqual(statuses(nowhere), [[undefined, []]])
    assert.notInclude(nowhere.text, "errormessage")
  })

  it("is aborted in a transaction, with the error where it stands outside of one", async () => {
    assert.deepStrictEqual(statuses(await replay(undefined, true)), [["aborted", ["XL03000006"]]])
    const beside = await replay({ duplicateError: "beside" }, true)
    assert.deepStrictEqual(statuses(beside), [["aborted", []]])
    assert.strictEqual(beside.at("response.operation.errormessage.error.errorno"), "XL03000006")
    const nowhere = await replay({ duplicateError: "nowhere" }, true)
    assert.deepStrictEqual(statuses(nowhere), [["aborted", []]])
    assert.notInclude(nowhere.text, "errormessage")
  })

  it("answers a failure on demand", async () => {
    assert.deepStrictEqual(statuses(await replay({ duplicateStatus: "failure" })), [["failure", ["XL03000006"]]])
  })
})

describe("the control block", () => {
  it("lacks the sender on demand", async () => {
    const sandbox = await start({ intacct: { omitSenderId: true } })
    const { answer } = await open(sandbox)
    assert.notInclude(answer.text, "senderid")
  })
})
