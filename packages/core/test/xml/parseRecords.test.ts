import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "../../src/config/Result.ts"
import * as Schema from "effect/Schema"
import { parseRecords } from "../../src/xml/parseRecords.ts"
import type { XmlLimits } from "../../src/xml/XmlReader.ts"
import { element, writeObject } from "../../src/xml/XmlWriter.ts"
import { carriable } from "../../../../tests/src/arbitraries.ts"

const value = (xml: string): unknown => Result.getOrThrow(parseRecords(xml))

const errorOf = (xml: string, limits?: XmlLimits): string => {
  const parsed = parseRecords(xml, limits)
  return Result.isFailure(parsed) ? parsed.failure.kind : "parsed"
}

const deep = (levels: number): string => "<d>".repeat(levels) + "</d>".repeat(levels)

describe("values", () => {
  it("gives records as plain objects and converts no value", () => {
    const xml =
      '<data listtype="vendor" count="2">\n' +
      "  <VENDOR><ID>007</ID><NAME>A &amp; B &#x41;</NAME><NOTE> x </NOTE><EMPTY/><ACTIVE>true</ACTIVE></VENDOR>\n" +
      '  <VENDOR><ID>1e3</ID><LINE n="1">a</LINE><LINE n="2"/></VENDOR>\n' +
      "</data>"
    assert.deepStrictEqual(value(xml), {
      "@listtype": "vendor",
      "@count": "2",
      VENDOR: [
        { ID: "007", NAME: "A & B A", NOTE: " x ", EMPTY: "", ACTIVE: "true" },
        { ID: "1e3", LINE: [{ "@n": "1", "#text": "a" }, { "@n": "2" }] }
      ]
    })
  })

  it("makes one record an array as well, so that one and many read alike", () => {
    assert.deepStrictEqual(value("<data><api><sessionid>s</sessionid></api></data>"), { api: [{ sessionid: "s" }] })
  })

  it("keeps text beside elements, and white space where it is all there is", () => {
    assert.deepStrictEqual(value("<d>a<b/>c</d>"), { b: [""], "#text": "ac" })
    assert.deepStrictEqual(value("<d> <b> </b> </d>"), { b: [" "] })
    assert.deepStrictEqual(value("<d><b x='1'> </b></d>"), { b: [{ "@x": "1", "#text": " " }] })
    assert.strictEqual(value("<d/>"), "")
  })

  it("reads character data, comments and instructions for what they are", () => {
    assert.deepStrictEqual(
      value("<?xml version='1.0'?><d><a>1<!-- 2 --><![CDATA[<&]]>3</a><?p ' ?><b>4</b><?p ' ?></d>"),
      {
        a: ["1<&3"],
        b: ["4"]
      }
    )
  })

  it("makes properties of names that objects inherit", () => {
    const parsed = value(
      "<d><r><__proto__><x>1</x></__proto__><constructor>2</constructor><toString/><prototype a='3'/><hasOwnProperty>4</hasOwnProperty><valueOf/><valueOf/></r></d>"
    )
    assert.strictEqual(
      JSON.stringify(parsed),
      '{"r":[{"__proto__":{"x":"1"},"constructor":"2","toString":"","prototype":{"@a":"3"},"hasOwnProperty":"4","valueOf":["",""]}]}'
    )
    assert.isUndefined(Object.getOwnPropertyDescriptor(Object.prototype, "x"))
    assert.strictEqual(
      JSON.stringify(value("<d __proto__='1' constructor='2'/>")),
      '{"@__proto__":"1","@constructor":"2"}'
    )
  })
})

describe("refusals", () => {
  it("refuses what is not well-formed instead of guessing", () => {
    for (const xml of ["<d><a></d>", "<d>a & b</d>", "<d a=1/>", "<d/><d/>", "x", "<d>&#0;</d>"]) {
      assert.strictEqual(errorOf(xml), "malformed", xml)
    }
    for (const xml of ["", "<d><a>", "<d><a>1</a"]) assert.strictEqual(errorOf(xml), "truncated", xml)
  })

  it("refuses declarations and entities, so that nothing expands", () => {
    const bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><d>&b;</d>'
    assert.strictEqual(errorOf(bomb), "dtd-refused")
    assert.strictEqual(errorOf("<d>&a;</d>"), "entity-refused")
    assert.strictEqual(errorOf("<d>&eacute;</d>"), "entity-refused")
  })

  it("decodes as many references as a large answer has", () => {
    const text = "&amp;&#65;".repeat(50_000)
    assert.deepStrictEqual(value(`<d><a>${text}</a></d>`), { a: ["&A".repeat(50_000)] })
  })

  it("keeps to its limits", () => {
    assert.strictEqual(errorOf(deep(100)), "parsed")
    assert.strictEqual(errorOf(deep(101)), "too-deep")
    assert.strictEqual(errorOf(deep(4), { maxDepth: 3 }), "too-deep")
    assert.strictEqual(errorOf("<d/>", { maxLength: 3 }), "too-large")
  })
})

describe("any object", () => {
  const name = Schema.Literals(["NAME", "a", "_x-1", "é", "__proto__", "constructor", "toString", "prototype"])
  const leaf = Arbitrary.all([Arbitrary.schema(name), carriable])
  const record = Arbitrary.array(leaf, { maxLength: 6 })

  it.prop("comes back as it was written", [Arbitrary.array(record, { minLength: 1, maxLength: 4 })], ([records]) => {
    const written = records.map((entries) => Object.fromEntries(entries))
    const { content } = Result.getOrThrow(writeObject({ R: written }, "data"))
    const expected = written.map((entries) => (Object.keys(entries).length === 0 ? "" : entries))
    assert.strictEqual(JSON.stringify(value(element("data", content))), JSON.stringify({ R: expected }))
  })
})
