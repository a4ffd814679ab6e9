import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import type { SageAuthError, XmlFunction, XmlResult } from "../../src/index.ts"
import * as IntacctXml from "../../src/IntacctXml.ts"
import { errorOf, openLedger, operation, rejectionOf, xml } from "./fakeGateway.ts"

const anything: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }

const succeeded = (inner: string): string =>
  `<result><status>success</status><function>any</function><controlid>f</controlid>${inner}</result>`

/** The results of functions that are answered by this. */
const resultsOf = async (...answers: ReadonlyArray<string>): Promise<ReadonlyArray<XmlResult>> => {
  const { ledger } = openLedger(({ fn }) => (fn === "getAPISession" ? undefined : operation(answers.join(""))))
  return ledger.execute(answers.map(() => anything))
}

const resultOf = async (inner: string): Promise<XmlResult> => (await resultsOf(succeeded(inner)))[0] as XmlResult

const records =
  '<data listtype="vendor" count="2"><VENDOR><VENDORID>007</VENDORID><NAME>A &amp; B</NAME><TOTALDUE>12.50</TOTALDUE></VENDOR>' +
  "<VENDOR><VENDORID>8</VENDORID><NAME>&#x41;</NAME><TOTALDUE/></VENDOR></data>"

const failed = `<result><status>failure</status><function>any</function><controlid>f</controlid><errormessage>${errorOf("BL01", "no such object")}</errormessage></result>`

describe("parse", () => {
  it("gives the content of the data, numbers where nothing is lost", async () => {
    assert.deepStrictEqual(await (await resultOf(records)).parse(), {
      VENDOR: [
        { VENDORID: "007", NAME: "A & B", TOTALDUE: 12.5 },
        { VENDORID: 8, NAME: "A", TOTALDUE: "" }
      ]
    })
  })

  it("goes by the caller's own options, by those of each call", async () => {
    const result = await resultOf(records)
    const texts = await result.parse({ parseTagValue: false, ignoreAttributes: false, attributeNamePrefix: "$" })
    assert.deepStrictEqual(texts["$count"], "2")
    assert.deepStrictEqual(texts["VENDOR"], [
      { VENDORID: "007", NAME: "A & B", TOTALDUE: "12.50" },
      { VENDORID: "8", NAME: "A", TOTALDUE: "" }
    ])
    interface Names {
      readonly vendor: ReadonlyArray<{ readonly name: ReadonlyArray<string> }>
    }
    const lower = await result.parse<Names>({
      transformTagName: (name) => name.toLowerCase(),
      isArray: (name) => name === "name"
    })
    assert.deepStrictEqual(lower.vendor[0]?.name, ["A & B"])
  })

  it.each(["", "<data/>", "<data>\n</data>"])("is an object where there is nothing: %j", async (inner) => {
    assert.deepStrictEqual(await (await resultOf(inner)).parse(), {})
  })

  it("fails as the function failed", async () => {
    const [ok, refused] = await resultsOf(succeeded(records), failed)
    assert.isOk(await ok?.parse())
    assert.isOk(refused?.error)
    assert.strictEqual(await rejectionOf(refused.parse()), refused.error)
  })

  it("says where data is broken, as data() does", async () => {
    const result = await resultOf("<data>\n<VENDOR><NAME>A & B</NAME></VENDOR></data>")
    const error = (await rejectionOf(result.parse())) as SageAuthError
    const same = (await rejectionOf(result.data())) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.data-malformed")
    assert.strictEqual(error.message, same.message)
    assert.include(error.message, "line 2")
  })

  it("refuses entities and declarations whatever the options say", async () => {
    const result = await resultOf("<data><VENDOR><NAME>&xxe;</NAME></VENDOR></data>")
    const error = (await rejectionOf(result.parse({ processEntities: true, htmlEntities: true }))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.data-malformed")
  })

  it("names the limit that data is over", async () => {
    const result = await resultOf(`<data>${"<a>".repeat(60)}${"</a>".repeat(60)}</data>`)
    const error = (await rejectionOf(result.parse({ maxNestedTags: 50 }))) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.data-over-limit")
    assert.isOk(await result.parse())
    const name = (await rejectionOf((await resultOf("<data><prototype/></data>")).parse())) as SageAuthError
    assert.strictEqual(name.id, "intacct-xml.data-refused")
  })

  it("says which option cannot be meant", async () => {
    const result = await resultOf(records)
    for (const options of [{ maxNestedTags: 1_001 }, { textNodeName: "__proto__" }, "numbers"]) {
      const error = (await rejectionOf(result.parse(options as object))) as SageAuthError
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.include(error.message, "parse(")
      assert.notInclude(error.message, "__proto__")
    }
  })

  it("hands on what a function among the options throws", async () => {
    const mine = new Error("mine")
    const isArray = (): boolean => {
      throw mine
    }
    assert.strictEqual(await rejectionOf((await resultOf(records)).parse({ isArray })), mine)
  })

  it("is not for JSON, and says what is", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "getAPISession" ? undefined : xml('[{"A":1}]', 200, { "content-type": "application/json" })
    )
    const [result] = await ledger.execute([
      { readByQuery: { object: "VENDOR", fields: "*", query: "", returnFormat: "json" } }
    ])
    const error = (await rejectionOf((result as XmlResult).parse())) as SageAuthError
    assert.strictEqual(error.reason._tag, "Misconfigured")
    assert.include(error.message, "records()")
  })
})

const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect)

describe("results as effects", () => {
  it("are what the promises are", async () => {
    const result = await resultOf(records)
    assert.deepStrictEqual(await run(IntacctXml.data(result)), await result.data())
    assert.deepStrictEqual(await run(IntacctXml.records(result)), await result.records())
    assert.deepStrictEqual(await run(IntacctXml.parse(result)), await result.parse())
    const options = { parseTagValue: false }
    assert.deepStrictEqual(await run(IntacctXml.parse(result, options)), await result.parse(options))
  })

  it("fail with the typed error, and die of what an option throws", async () => {
    const [, refused] = await resultsOf(succeeded(records), failed)
    for (const read of [IntacctXml.data, IntacctXml.records, IntacctXml.parse]) {
      assert.strictEqual(await run(Effect.flip(read(refused as XmlResult))), refused?.error)
    }
    const mine = new Error("mine")
    const tagValueProcessor = (): never => {
      throw mine
    }
    const died = Effect.catchDefect(IntacctXml.parse(await resultOf(records), { tagValueProcessor }), (defect) =>
      Effect.succeed(defect)
    )
    assert.strictEqual(await run(died), mine)
  })
})
