import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "../../../../src/config/Result.ts"
import * as Schema from "effect/Schema"
import { XMLParser } from "fast-xml-parser"
import { writeCall } from "../../../../src/x3/web-services/soap/SoapCall.ts"
import { parseRecords } from "../../../../src/xml/parseRecords.ts"
import { anything, carriable, isCarriable } from "../../../../../../tests/src/arbitraries.ts"

const written = (call: object) => Result.getOrThrow(writeCall(call, { language: "ENG" }))

const issuesOf = (call: unknown): ReadonlyArray<string> =>
  Result.match(writeCall(call, { language: "ENG" }), {
    onSuccess: () => [],
    onFailure: (issues) => issues.map(({ expected, option }) => `${option}: ${expected}`)
  })

/** read by somebody else's parser */
const parsed = (call: object) =>
  new XMLParser({ ignoreAttributes: false, parseTagValue: false, trimValues: false }).parse(written(call).body)[
    "soapenv:Envelope"
  ]["soapenv:Body"]

const value = (node: { readonly "#text"?: string } | string): string =>
  typeof node === "string" ? node : (node["#text"] ?? "")

const least = { pool: "AWS", operation: "run", publicName: "SUB" }

describe("a SOAP call", () => {
  it("carries its context, and neither user nor password", () => {
    const { callContext, publicName } = parsed({ ...least, language: "FRA", poolId: "2" })["wss:run"]
    assert.strictEqual(value(callContext.codeLang), "FRA")
    assert.strictEqual(value(callContext.poolAlias), "AWS")
    assert.strictEqual(value(callContext.poolId), "2")
    assert.strictEqual(value(callContext.requestConfig), "adxwss.optreturn=JSON")
    assert.deepStrictEqual(
      Object.keys(callContext).filter((name) => !name.startsWith("@")),
      ["codeLang", "poolAlias", "poolId", "requestConfig"]
    )
    assert.strictEqual(value(publicName), "SUB")
    assert.strictEqual(publicName["@_xsi:type"], "xsd:string")
  })

  it("asks for JSON unless it is told otherwise", () => {
    assert.isTrue(written(least).json)
    const { body, json } = written({ ...least, requestConfig: { "adxwss.optreturn": "XML", "adxwss.beautify": true } })
    assert.isFalse(json)
    assert.include(body, ">adxwss.optreturn=XML&amp;adxwss.beautify=true<")
    assert.isFalse(written({ ...least, requestConfig: "" }).json)
    assert.isTrue(written({ ...least, requestConfig: "adxwss.beautify=true&adxwss.optreturn=json" }).json)
  })

  it.each([
    ["run", { parameters: { GRP1: { A: "1" } } }, ["inputXml"], '{"GRP1":{"A":"1"}}'],
    ["run", { xml: "<PARAM>é & ü</PARAM>" }, ["inputXml"], "<PARAM>é & ü</PARAM>"],
    ["save", { xml: "<PARAM/>" }, ["objectXml"], "<PARAM/>"],
    ["modify", { objectKeys: { A: 1 }, xml: "<PARAM/>" }, ["objectKeys", "objectXml"], "<PARAM/>"],
    ["actionObject", { actionCode: "C", xml: "<PARAM/>" }, ["actionCode", "objectXml"], "<PARAM/>"],
    ["getDescription", {}, [], undefined],
    ["getDataXmlSchema", {}, [], undefined],
    ["actionObjectKeys", { actionCode: "C", objectKeys: { A: 1 } }, ["actionCode", "objectKeys"], undefined],
    ["delete", { objectKeys: { A: 1 } }, ["objectKeys"], undefined],
    ["read", { objectKeys: { A: 1 } }, ["objectKeys"], undefined],
    ["query", {}, ["objectKeys", "listSize"], undefined],
    [
      "deleteLines",
      { objectKeys: { A: 1 }, blocKey: "B", lineKeys: [1, 2] },
      ["objectKeys", "blocKey", "lineKeys"],
      undefined
    ],
    [
      "insertLines",
      { objectKeys: { A: 1 }, blocKey: "B", lineKey: 3, xml: "<LIN/>" },
      ["objectKeys", "blocKey", "lineKey", "lineXml"],
      "<LIN/>"
    ]
  ] as const)("%s writes its arguments in the WSDL's order", (operation, given, names, payload) => {
    const call = parsed({ pool: "AWS", operation, publicName: "SOH", ...given })[`wss:${operation}`]
    assert.deepStrictEqual(
      Object.keys(call).filter((name) => !name.startsWith("@")),
      ["callContext", "publicName", ...names]
    )
    if (payload !== undefined) assert.strictEqual(value(call[names.at(-1) as string]), payload)
  })

  it("writes keys as the array that RPC encoding knows", () => {
    const { objectKeys } = parsed({
      pool: "AWS",
      operation: "read",
      publicName: "SOH",
      objectKeys: [
        { key: "A", value: 1 },
        { key: "A", value: "<2>" }
      ]
    })["wss:read"]
    assert.strictEqual(objectKeys["@_soapenc:arrayType"], "wss:CAdxParamKeyValue[2]")
    assert.deepStrictEqual(
      objectKeys.keys.map((pair: { key: string; value: string }) => [value(pair.key), value(pair.value)]),
      [
        ["A", "1"],
        ["A", "<2>"]
      ]
    )
  })

  it("may be sent twice only where it reads", () => {
    const keyed = { pool: "AWS", publicName: "SOH", objectKeys: { A: 1 } }
    const idempotent = ["read", "query", "delete", "save", "run", "getDescription", "other"].filter(
      (operation) =>
        Result.getOrUndefined(
          writeCall(
            {
              ...(operation === "save" || operation === "run" || operation === "getDescription" || operation === "other"
                ? { pool: "AWS", publicName: "SOH" }
                : keyed),
              operation
            },
            { language: "ENG" }
          )
        )?.idempotent
    )
    assert.deepStrictEqual(idempotent, ["read", "query", "getDescription"])
  })

  it("takes operations that nobody knew when this was written", () => {
    const call = parsed({ pool: "AWS", operation: "newer", arguments: { b: "1", a: true } })["wss:newer"]
    assert.deepStrictEqual(
      Object.keys(call).filter((name) => !name.startsWith("@")),
      ["callContext", "b", "a"]
    )
  })

  it.each([
    [undefined, "soap(call)"],
    [[], "soap(call)"],
    [{ operation: "run", publicName: "X" }, "soap({ pool })"],
    [{ pool: "", operation: "run", publicName: "X" }, "soap({ pool })"],
    [{ pool: "AWS", operation: "run" }, "soap({ publicName })"],
    [{ pool: "AWS", publicName: "X" }, "soap({ operation })"],
    [{ ...least, operation: 'run xmlns:x="y"' }, "soap({ operation })"],
    [{ ...least, operation: "constructor", objectKeys: {} }, "soap({ objectKeys })"],
    [{ ...least, operation: "read", objectKeys: {} }, "soap({ objectKeys })"],
    [{ ...least, operation: "read", objectKeys: "A" }, "soap({ objectKeys })"],
    [{ ...least, operation: "read", objectKeys: [5] }, "soap({ objectKeys })"],
    [{ ...least, operation: "query", listSize: 0 }, "soap({ listSize })"],
    [{ ...least, xml: "\u0000" }, "soap({ xml })"],
    [{ ...least, xml: "<a/>", parameters: {} }, "soap({ parameters })"],
    [{ ...least, parameters: { a: 1n } }, "soap({ parameters })"],
    [{ ...least, parameters: "<PARAM/>" }, "soap({ parameters })"],
    [{ ...least, password: "s3cret" }, "soap({ password })"],
    [{ ...least, requestConfig: 5 }, "soap({ requestConfig })"],
    [{ ...least, operation: "newer", arguments: { "a b": "x" } }, "soap({ arguments })"]
  ])("refuses %o by the option at fault", (call, option) => {
    const issues = issuesOf(call)
    assert.isTrue(
      issues.some((issue) => issue.startsWith(`${option}:`)),
      issues.join("\n")
    )
    assert.notInclude(issues.join(), "s3cret")
  })

  const name = Schema.Literals(["pool", "publicName", "language", "poolId", "requestConfig", "xml"])

  it.prop("lets no text out of its element", [carriable, Arbitrary.schema(name)], ([text, option]) => {
    const given = text === "" ? "x" : text
    const call = { ...least, [option]: given }
    const read = Result.getOrThrow(parseRecords(written(call).body))
    // one call, with four elements in its context, whatever the text
    assert.strictEqual(JSON.stringify(read).split("wss:run").length, 2)
    const shown = parsed(call)["wss:run"]
    const places: Record<typeof option, unknown> = {
      pool: shown.callContext.poolAlias,
      publicName: shown.publicName,
      language: shown.callContext.codeLang,
      poolId: shown.callContext.poolId,
      requestConfig: shown.callContext.requestConfig,
      xml: shown.inputXml
    }
    assert.isDefined(places[option])
    const records = read as { readonly "soapenv:Body": ReadonlyArray<{ readonly "wss:run": Record<string, never> }> }
    const run = records["soapenv:Body"][0]?.["wss:run"] as unknown as Record<string, Record<string, string>>
    const ours: Record<typeof option, unknown> = {
      pool: run["callContext"]?.["poolAlias"],
      publicName: run["publicName"],
      language: run["callContext"]?.["codeLang"],
      poolId: run["callContext"]?.["poolId"],
      requestConfig: run["callContext"]?.["requestConfig"],
      xml: run["inputXml"]
    }
    assert.strictEqual((ours[option] as { "#text"?: string })["#text"], given)
  })

  it.prop("refuses by name what XML cannot carry, and never throws", [anything], ([text]) => {
    const issues = issuesOf({ ...least, xml: text })
    assert.strictEqual(issues.length === 0, isCarriable(text))
    assert.isTrue(issues.every((issue) => issue.startsWith("soap({ xml })")))
  })
})
