import { assert, describe, it } from "@effect/vitest"
import * as Result from "../../../src/config/Result.ts"
import { functionBody, getAPISession, type XmlFunction } from "../../../src/intacct-xml/wire/request.ts"

const made = (fn: XmlFunction | string) => Result.getOrThrow(functionBody(fn, "functions[0]"))

const refused = (fn: unknown): string => {
  // As from JavaScript, where nothing checks the argument.
  const body: ReturnType<typeof functionBody> = Reflect.apply(functionBody, undefined, [fn, "functions[0]"])
  return Result.isFailure(body) ? body.failure.message : "made"
}

describe("from an object", () => {
  it("takes the one key as the name of the function", () => {
    assert.deepStrictEqual(made({ readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 100 } }), {
      name: "readByQuery",
      controlId: undefined,
      body: "<readByQuery><object>VENDOR</object><fields>*</fields><query /><pagesize>100</pagesize></readByQuery>"
    })
  })

  it("takes the control id and attributes from their keys", () => {
    assert.deepStrictEqual(made({ "@controlid": "x", get_list: { "@object": "customer", "@maxitems": 10 } }), {
      name: "get_list",
      controlId: "x",
      body: '<get_list object="customer" maxitems="10" />'
    })
  })

  it("takes a function without arguments, and ignores what is undefined", () => {
    assert.strictEqual(made({ getUserPermissions: null, other: undefined }).body, "<getUserPermissions />")
  })

  it("refuses what is not one function", () => {
    assert.match(refused({}), /^functions\[0\] has 0 elements: give one key/)
    assert.match(refused({ read: {}, query: {} }), /^functions\[0\] has 2 elements/)
    assert.match(refused({ read: undefined }), /has 0 elements/)
    assert.match(refused({ read: [{}, {}] }), /^functions\[0\]\.read is an array/)
    assert.match(refused({ "a b": {} }), /a key that is not the name of a function/)
    assert.match(refused({ read: {}, "@controlid": 1 }), /^functions\[0\]\.@controlid is not a string/)
    assert.match(
      refused({ create: { VENDOR: { NAME: "\u0002" } } }),
      /^functions\[0\]\.create\.VENDOR\.NAME contains a control character/
    )
    for (const nothing of [null, undefined, 1, []]) assert.match(refused(nothing), /neither an object nor a string/)
  })
})

describe("from XML", () => {
  it("takes the element of a function as it is", () => {
    const body = "<readByQuery><object>VENDOR</object><!-- all --><query>A &lt; 'b'</query></readByQuery>"
    assert.deepStrictEqual(made(`<?xml version="1.0"?>\n ${body}\n`), {
      name: "readByQuery",
      controlId: undefined,
      body
    })
  })

  it("takes a whole function apart", () => {
    assert.deepStrictEqual(
      made("<function controlid=\"a&amp;b\">\n  <!-- x --><read a='1'><object>V</object></read>\n</function>"),
      {
        name: "read",
        controlId: "a&b",
        body: "<read a='1'><object>V</object></read>"
      }
    )
    assert.deepStrictEqual(made("<function><inspect/></function>"), {
      name: "inspect",
      controlId: undefined,
      body: "<inspect/>"
    })
  })

  it("refuses what could not be sent or would end the function early", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "truncated at offset 0"],
      ["read", "malformed at offset 0"],
      ["<read>", "truncated at offset 6"],
      ["<read/><read/>", "malformed at offset 7"],
      ["<read/></function><function controlid='2'><delete/>", "malformed at offset 7"],
      ["<!DOCTYPE a><read/>", "dtd-refused at offset 0"],
      ["<read>&x;</read>", "entity-refused at offset 6"],
      ["<read>&</read>", "malformed at offset 6"],
      ["<function controlid='1'><read/>", "truncated at offset 31"],
      ["<read>\u0001</read>", "contains a control character (U+0001)"],
      ["<function controlid='1'/>", "has a <function> with 0 elements: give exactly one"],
      ["<function><read/><query/></function>", "has a <function> with 2 elements: give exactly one"],
      ["<function>x<read/></function>", "has text beside the element of its function"],
      ["<function controlId='1'><read/></function>", "with an attribute other than controlid"],
      ["<function controlid='1' x='2'><read/></function>", "with an attribute other than controlid"]
    ]
    for (const [xml, expected] of cases) assert.include(refused(xml), expected, xml)
  })
})

describe("getAPISession", () => {
  it("stays, goes to an entity, or goes to the top level", () => {
    assert.strictEqual(Result.getOrThrow(getAPISession()), "<getAPISession />")
    assert.strictEqual(
      Result.getOrThrow(getAPISession("A&B")),
      "<getAPISession><locationid>A&amp;B</locationid></getAPISession>"
    )
    assert.strictEqual(Result.getOrThrow(getAPISession(null)), "<getAPISession><locationid /></getAPISession>")
  })

  it("refuses an entity that XML cannot carry by name", () => {
    const body = getAPISession("\u0000")
    assert.isTrue(Result.isFailure(body) && body.failure.path === "entityId")
  })
})
