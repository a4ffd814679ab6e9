import { assert, describe, it } from "@effect/vitest"
import { XMLParser } from "fast-xml-parser"
import * as Result from "../../src/config/Result.ts"
import { element, characterData, writeObject } from "../../src/xml/XmlWriter.ts"
import { escapeAttribute, escapeText } from "../../src/xml/escape.ts"
import { anything, carriable, isCarriable } from "../../../../tests/src/arbitraries.ts"

const independent = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Without this it leaves numeric references as they are.
  htmlEntities: true
})

const content = (value: unknown): string => Result.getOrThrow(writeObject(value, "fn")).content

const refusal = (value: unknown): string => {
  const written = writeObject(value, "fn")
  assert.isTrue(Result.isFailure(written))
  return Result.isFailure(written) ? written.failure.message : ""
}

describe("text and attributes", () => {
  it("escapes in text what would end it, and the carriage return that a reader would change", () => {
    assert.strictEqual(escapeText("p&<ass>\"123'\r\n"), "p&amp;&lt;ass&gt;\"123'&#13;\n")
  })

  it("escapes in attributes both quotes and every white space that a reader would turn into a space", () => {
    assert.strictEqual(escapeAttribute("&<>\"'\t\n\r "), "&amp;&lt;&gt;&quot;&apos;&#9;&#10;&#13; ")
  })

  it.prop(
    "carries any string through an independent parser or refuses it by the name of its path",
    [anything],
    ([value]) => {
      const written = characterData(value, "login.userId")
      if (Result.isFailure(written)) {
        assert.isFalse(isCarriable(value))
        assert.strictEqual(written.failure.path, "login.userId")
        assert.match(written.failure.message, /^login\.userId contains .* \(U\+[0-9A-F]{4}\)/)
        return
      }
      assert.isTrue(isCarriable(value))
      assert.strictEqual(independent.parse(element("a", written.success)).a, value)
    }
  )

  it.prop("carries any string in an attribute through an independent parser", [carriable], ([value]) => {
    const written = element("a", "", ` b="${escapeAttribute(value)}"`)
    assert.strictEqual(independent.parse(written).a["@b"], value)
  })

  it("never repeats a refused value", () => {
    const written = characterData("hunter2\u0001", "sender.password")
    assert.isTrue(Result.isFailure(written))
    assert.notInclude(JSON.stringify(written), "hunter2")
    assert.include(JSON.stringify(written), "U+0001")
  })
})

describe("element", () => {
  it("writes an empty element with a space before its slash", () => {
    assert.strictEqual(element("a", ""), "<a />")
    assert.strictEqual(element("a", "", ' b="1"'), '<a b="1" />')
    assert.strictEqual(element("soap:Body", "x"), "<soap:Body>x</soap:Body>")
  })

  it("throws on a name that is none, since names come from the program", () => {
    for (const name of ["", "1a", "a b", "a>", 'a"', "-a", "\ud800"]) assert.throws(() => element(name, ""), TypeError)
    for (const name of ["_", "a-1.b", "é", "数", "𐀀"]) assert.strictEqual(element(name, ""), `<${name} />`)
  })
})

describe("writeObject", () => {
  it("writes elements, repeats arrays, and takes attributes and text from their keys", () => {
    const value = {
      object: "VENDOR",
      field: ["A", "B & C"],
      filter: { "@operator": '="', value: 7, "#text": "x" },
      nothing: null,
      empty: "",
      skipped: undefined,
      none: [],
      mixed: [1, undefined, null],
      big: 10n,
      yes: true
    }
    assert.strictEqual(
      content(value),
      "<object>VENDOR</object><field>A</field><field>B &amp; C</field>" +
        '<filter operator="=&quot;"><value>7</value>x</filter><nothing /><empty />' +
        "<mixed>1</mixed><mixed /><big>10</big><yes>true</yes>"
    )
  })

  it("gives the attributes of the outermost element apart", () => {
    assert.deepStrictEqual(Result.getOrThrow(writeObject({ "@a": 1, b: "c" }, "fn")), {
      attributes: ' a="1"',
      content: "<b>c</b>"
    })
  })

  it("refuses by path everything that has no text of its own", () => {
    class Money {
      amount = 1
    }
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [{ a: { b: new Date(0) } }, "fn.a.b is an instance of Date"],
      [{ a: [1, new Money()] }, "fn.a[1] is an instance of Money"],
      [{ a: () => 1 }, "fn.a is a function"],
      [{ a: Symbol("s") }, "fn.a is a symbol"],
      [{ a: Number.NaN }, "fn.a is not a finite number"],
      [{ a: Number.POSITIVE_INFINITY }, "fn.a is not a finite number"],
      [{ a: [[1]] }, "fn.a[0] is an array inside an array"],
      [{ "@a": {} }, "fn.@a is an object"],
      [{ "#text": [] }, "fn.#text is an array"],
      [{ a: { "1x": 1 } }, 'fn.a."1x" is not a name'],
      [{ "@1": 1 }, 'fn.@"1" is not a name'],
      [{ a: "\u0007" }, "fn.a contains a control character (U+0007)"],
      [{ "@a": "\udfff" }, "fn.@a contains half of a surrogate pair (U+DFFF)"],
      [{ a: "\uffff" }, "fn.a contains a noncharacter (U+FFFF)"]
    ]
    for (const [value, expected] of cases) assert.include(refusal(value), expected)
  })

  it("refuses an object that contains itself, and one that is too deep", () => {
    const cyclic: Record<string, unknown> = {}
    cyclic["a"] = { b: [cyclic] }
    assert.strictEqual(refusal(cyclic), "fn.a.b[0] contains itself")
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100; i++) deep = { a: deep }
    assert.match(refusal(deep), /is more than 100 levels deep$/)
  })

  it("lets one object appear twice, where neither is inside the other", () => {
    const shared = { c: 1 }
    assert.strictEqual(content({ a: shared, b: shared }), "<a><c>1</c></a><b><c>1</c></b>")
  })

  it("treats names that objects inherit as names like any other", () => {
    assert.strictEqual(
      content(JSON.parse('{"__proto__":{"a":1},"constructor":2}')),
      "<__proto__><a>1</a></__proto__><constructor>2</constructor>"
    )
    assert.strictEqual(content(Object.assign(Object.create(null), { a: 1 })), "<a>1</a>")
  })
})
