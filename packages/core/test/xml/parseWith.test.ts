import { assert, describe, it } from "@effect/vitest"
import { parseWith, type XmlParseOptions } from "../../src/xml/parseWith.ts"

const value = async (xml: string, options?: XmlParseOptions): Promise<unknown> => {
  const parsed = await parseWith(xml, options)
  return parsed._tag === "parsed" ? parsed.value : assert.fail(parsed._tag)
}

const failure = async (xml: string, options?: XmlParseOptions): Promise<string> => {
  const parsed = await parseWith(xml, options)
  if (parsed._tag === "malformed") return parsed.error.kind
  return parsed._tag === "options" ? parsed.option : parsed._tag
}

const deep = (levels: number): string => "<d>".repeat(levels) + "</d>".repeat(levels)

describe("what the caller says nothing about", () => {
  it("is read so that one record and many are of one type, and nothing is lost of a text", async () => {
    const one = "<data><VENDOR><ID>007</ID><NAME>A &amp; B &#65;</NAME><DUE>12.50</DUE><EMPTY/></VENDOR></data>"
    assert.deepStrictEqual(await value(one), {
      VENDOR: [{ ID: "007", NAME: "A & B A", DUE: 12.5, EMPTY: "" }]
    })
    assert.deepStrictEqual(await value("<data><a>1</a><a>2</a><b.c>3</b.c></data>"), { a: [1, 2], "b.c": [3] })
    const ids = ["+441", "0x1F", "1e5", "00", "-0", "12345678901234567890", " 7 "]
    assert.deepStrictEqual(await value(`<data>${ids.map((id) => `<i>${id}</i>`).join("")}</data>`), {
      i: [...ids.slice(0, -1), 7]
    })
  })

  it("is an object where there is nothing, or nothing but text", async () => {
    for (const xml of ["<data/>", "<data></data>", "<data>\n  </data>", "<data><!-- none --></data>"]) {
      assert.deepStrictEqual(await value(xml), {}, xml)
      assert.deepStrictEqual(await value(xml, { trimValues: false }), {}, xml)
    }
    assert.deepStrictEqual(await value("<data count='0'/>", { ignoreAttributes: false }), { "@_count": "0" })
    assert.deepStrictEqual(await value("<data>text</data>"), { "#text": "text" })
    assert.deepStrictEqual(await value("<data>0</data>", { textNodeName: "_" }), { _: 0 })
  })

  it("is what an option that is undefined means", async () => {
    const options = { isArray: undefined, parseTagValue: undefined, textNodeName: undefined, jPath: undefined }
    assert.deepStrictEqual(await value("<data><a>1</a></data>", options), { a: [1] })
  })
})

describe("the caller's own options", () => {
  const xml = '<data count="2"><V a="1"><ID>007</ID><L><N>1</N></L></V><V a="2"><ID>8</ID></V></data>'

  it("say what is an array", async () => {
    assert.deepStrictEqual(await value(xml, { isArray: (name) => name === "N" }), {
      V: [{ ID: "007", L: { N: [1] } }, { ID: 8 }]
    })
    assert.deepStrictEqual(await value("<data><V><ID>1</ID></V></data>", { isArray: () => false }), { V: { ID: 1 } })
  })

  it("say what is a number", async () => {
    assert.deepStrictEqual(await value("<data><a>1</a></data>", { parseTagValue: false }), { a: ["1"] })
    const numberParseOptions = { hex: true, leadingZeros: true }
    assert.deepStrictEqual(await value("<data><a>007</a></data>", { numberParseOptions }), { a: [7] })
  })

  it("say how attributes are called", async () => {
    const options = { ignoreAttributes: false, attributeNamePrefix: "$" }
    assert.deepStrictEqual(await value("<data c='1'><V a='&lt;'/></data>", options), { $c: "1", V: [{ $a: "<" }] })
    assert.deepStrictEqual(await value("<data><V a='1'/></data>", { ...options, jPath: false }), { V: [{ $a: "1" }] })
  })

  it("keep the order", async () => {
    assert.deepStrictEqual(await value("<data c='1'><a>1</a><b/></data>", { preserveOrder: true }), [
      { a: [{ "#text": 1 }] },
      { b: [] }
    ])
    assert.deepStrictEqual(await value("<data/>", { preserveOrder: true, ignoreAttributes: false }), [])
  })

  it("leave references as they came, or decode them otherwise", async () => {
    const text = "<data><a>&amp; &#65;</a></data>"
    assert.deepStrictEqual(await value(text, { processEntities: false }), { a: ["&amp; &#65;"] })
    assert.deepStrictEqual(await value(text, { processEntities: true }), { a: ["& A"] })
    assert.deepStrictEqual(await value(text, { processEntities: { allowedTags: ["b"] } }), { a: ["&amp; &#65;"] })
    assert.deepStrictEqual(await value(text, { htmlEntities: true }), { a: ["& A"] })
  })

  it("rename the root without losing it", async () => {
    assert.deepStrictEqual(await value("<data><a>1</a></data>", { transformTagName: (name) => name.toUpperCase() }), {
      A: [1]
    })
    assert.deepStrictEqual(await value("<data><a>1</a></data>", { updateTag: () => false }), {})
  })

  it("throw what they throw", async () => {
    const mine = new Error("mine")
    const options: XmlParseOptions = {
      tagValueProcessor: () => {
        throw mine
      }
    }
    const thrown: unknown = await parseWith("<data><a>1</a></data>", options).catch((error: unknown) => error)
    assert.strictEqual(thrown, mine)
  })

  it("are refused where they cannot be meant", async () => {
    for (const options of [null, "text", 7]) {
      assert.strictEqual(await failure("<data/>", options as never), "parse(options)")
    }
    assert.strictEqual(await failure("<data/>", { attributeNamePrefix: "__proto__" }), "parse(options)")
    for (const maxNestedTags of [0, 1.5, 1001, Number.NaN, Infinity, "9"]) {
      assert.strictEqual(await failure("<data/>", { maxNestedTags } as never), "parse({ maxNestedTags })")
    }
  })
})

describe("what never reaches the parser", () => {
  it("is what is not well-formed", async () => {
    for (const xml of ["<d><a></d>", "<d>a & b</d>", "<d a=1/>", "<d/><d/>", "x", "<d>&#0;</d>", "<d><br></d>"]) {
      assert.strictEqual(await failure(xml, { unpairedTags: ["br"] }), "malformed", xml)
    }
    assert.strictEqual(await failure("<d><a>"), "truncated")
  })

  it("is a declaration, or an entity, whatever the options say", async () => {
    const bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><d>&b;</d>'
    for (const options of [undefined, { processEntities: true }, { htmlEntities: true }]) {
      assert.strictEqual(await failure(bomb, options), "dtd-refused")
      assert.strictEqual(await failure("<d>&b;</d>", options), "entity-refused")
    }
  })

  it("is what is nested deeper than the caller allows", async () => {
    assert.strictEqual(await failure(deep(101)), "too-deep")
    assert.strictEqual(await failure(deep(4), { maxNestedTags: 3 }), "too-deep")
    assert.isOk(await value(deep(100)))
    assert.isOk(await value(deep(1_000), { maxNestedTags: 1_000 }))
  })

  it("is a text that would keep everything else waiting for long", async () => {
    assert.strictEqual(await failure(`<d>${" ".repeat(16 * 1024 * 1024)}</d>`), "too-large")
    assert.deepStrictEqual(await value(`<d>${"<a/>".repeat(100_000)}</d>`), { a: Array(100_000).fill("") })
  })

  it("is not a name that the parser takes for an attack, which is told", async () => {
    assert.strictEqual(await failure("<d><constructor>1</constructor></d>"), "refused")
    assert.deepStrictEqual(await value("<d><toString>1</toString></d>"), { __toString: [1] })
  })

  it("is bounded by nothing else: references of a large answer are decoded, all of them", async () => {
    const text = "&amp;&#65;".repeat(200_000)
    const expected = JSON.stringify({ a: ["&A".repeat(200_000)] })
    assert.isTrue(JSON.stringify(await value(`<d><a>${text}</a></d>`)) === expected)
  })
})
