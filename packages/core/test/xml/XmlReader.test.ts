import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { type XmlLimits, XmlReader } from "../../src/xml/XmlReader.ts"
import type { XmlErrorKind } from "../../src/xml/XmlText.ts"
import { processorTime } from "../steps.ts"
import { anything } from "../../../../tests/src/arbitraries.ts"

const read = (text: string, limits?: XmlLimits): ReadonlyArray<string> => {
  const reader = new XmlReader(text, limits)
  const seen: Array<string> = []
  for (;;) {
    const event = reader.next()
    if (event === "eof") return seen
    if (event === "error") return [...seen, `${reader.error?.kind}@${reader.error?.offset}`]
    if (event === "text") seen.push(`"${reader.text}"`)
    else {
      const attributes = event === "start" ? reader.attributes().map(([name, value]) => ` ${name}=[${value}]`) : []
      seen.push((event === "start" ? "+" : "-") + reader.name + attributes.join(""))
    }
  }
}

const errorOf = (text: string, limits?: XmlLimits): string => read(text, limits).at(-1) ?? ""

describe("tokens", () => {
  it("gives starts, ends and text in their order, with the end of an empty element", () => {
    assert.deepStrictEqual(read("<a><b/>x<c d='1'>y</c ></a>\n"), [
      "+a",
      "+b",
      "-b",
      '"x"',
      "+c d=[1]",
      '"y"',
      "-c",
      "-a"
    ])
  })

  it("skips the byte order mark, the declaration, comments and instructions", () => {
    const text = '\ufeff<?xml version="1.0"?><!-- <x> --><?p a > b ?>\n<a>1<!-- 2 -->3<?q?></a><!---->'
    assert.deepStrictEqual(read(text), ["+a", '"1"', '"3"', "-a"])
  })

  it("decodes the five entities and numeric references, and normalises line ends", () => {
    assert.deepStrictEqual(read("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#039;&#x1F600;&#13;\r\n\r</a>"), [
      "+a",
      '"<>&"\'AA\'😀\r\n\n"',
      "-a"
    ])
  })

  it("takes character data as it is", () => {
    assert.deepStrictEqual(read("<a><![CDATA[<b>&amp;]]]></a>"), ["+a", '"<b>&amp;]"', "-a"])
  })

  it("reads attributes in either quote, with > inside and white space as spaces", () => {
    assert.deepStrictEqual(read('<a b = "x>\'y"\n c=\'&#10;&amp;\t\' d=""/>'), ["+a b=[x>'y] c=[\n& ] d=[]", "-a"])
  })

  it("reads names outside ASCII", () => {
    assert.deepStrictEqual(read("<数-1><𐀀/></数-1>"), ["+数-1", "+𐀀", "-𐀀", "-数-1"])
  })

  it("says where a token lies", () => {
    const text = "<a> <b>x</b></a>"
    const reader = new XmlReader(text)
    reader.next()
    reader.next()
    reader.next()
    assert.strictEqual(text.slice(reader.start, reader.end), "<b>")
    assert.strictEqual(reader.depth, 2)
    reader.next()
    assert.strictEqual(text.slice(reader.start, reader.end), "x")
    reader.next()
    assert.strictEqual(text.slice(reader.start, reader.end), "</b>")
  })
})

describe("errors", () => {
  const cases: ReadonlyArray<readonly [XmlErrorKind, ReadonlyArray<string>]> = [
    [
      "malformed",
      [
        "x<a/>",
        "<a/>x",
        "<a/><b/>",
        "<a></b>",
        "</a>",
        "<a></a></a>",
        "<a b></a>",
        "<a b=1></a>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "< a/>",
        "<1/>",
        "<a>&</a>",
        "<a>& b</a>",
        "<a>&amp</a>",
        "<a>&;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#X41;</a>",
        "<a>&#0;</a>",
        "<a>&#1;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999999999999;</a>",
        "<a><!-- -- --></a>",
        "<a/><![CDATA[x]]>",
        "<a><!x></a>",
        '<a/><?xml version="1.0"?>',
        "<?XML?><a/>",
        "<a><??></a>",
        "<a/ >"
      ]
    ],
    [
      "truncated",
      [
        "",
        " ",
        "<!-- x -->",
        "<",
        "<a",
        "<a ",
        "<a b",
        "<a b=",
        "<a b='",
        "<a b='>' c",
        "<a/",
        "<a>",
        "<a>x",
        "<a>&am",
        "<a></",
        "<a></a",
        "<a><!",
        "<a><!-",
        "<a><!--",
        "<a><!-- -",
        "<a><!-- --",
        "<a><![CDA",
        "<a><![CDATA[",
        "<a><![CDATA[]]",
        "<a><?p",
        "<!DOC"
      ]
    ],
    ["dtd-refused", ["<!DOCTYPE a><a/>", "<!doctype html><html/>", "<a><!DOCTYPE a></a>"]],
    ["entity-refused", ["<a>&nbsp;</a>", "<a b='&x;'/>", "<a>&constructor;</a>"]]
  ]
  for (const [kind, texts] of cases) {
    it(`${kind}: says so and where, within the text`, () => {
      for (const text of texts) {
        const [found, offset] = errorOf(text).split("@")
        assert.strictEqual(found, kind, JSON.stringify(text))
        assert.isAtMost(Number(offset), text.length)
      }
    })
  }

  it("keeps to its limits", () => {
    assert.strictEqual(errorOf("<a></a>", { maxLength: 6 }), "too-large@6")
    assert.strictEqual(errorOf("<a></a>", { maxLength: 7 }), "-a")
    assert.strictEqual(errorOf("<a><b><c/></b></a>", { maxDepth: 2 }), "too-deep@6")
    assert.strictEqual(errorOf("<a><b><c/></b></a>", { maxDepth: 3 }), "-a")
    assert.strictEqual(errorOf("<a b='1' c='2'/>", { maxAttributes: 1 }), "too-large@9")
    assert.strictEqual(errorOf("<abc/>", { maxNameLength: 2 }), "too-large@0")
    assert.strictEqual(errorOf("<a bcd=''/>", { maxNameLength: 2 }), "too-large@3")
    assert.strictEqual(errorOf("<a>".repeat(101)), "too-deep@300")
  })

  it("gives its error again and nothing else after it", () => {
    const reader = new XmlReader("<a>&</a>")
    reader.next()
    assert.strictEqual(reader.next(), "error")
    assert.strictEqual(reader.next(), "error")
    assert.isFalse(reader.skip())
    assert.deepStrictEqual(reader.error, { _tag: "XmlError", kind: "malformed", offset: 3 })
  })
})

const skipped = (text: string, limits?: XmlLimits): string => {
  const reader = new XmlReader(text, limits)
  reader.next()
  reader.next()
  return reader.skip() ? text.slice(reader.start, reader.end) : `${reader.error?.kind}@${reader.error?.offset}`
}

describe("skip", () => {
  it("finds the end behind comments, character data, instructions and quotes that look like one", () => {
    const inner = "<b d='>'><b c=\"</b>\" d='>'/><!-- </b> --><![CDATA[</b>]]><?x </b>?><b>&bad</b ></b\n>"
    const text = `<a>${inner}rest</a>`
    assert.strictEqual(skipped(text), inner)
    const reader = new XmlReader(text)
    reader.next()
    reader.next()
    assert.isTrue(reader.skip())
    assert.strictEqual(reader.next(), "text")
    assert.strictEqual(reader.text, "rest")
    assert.strictEqual(reader.next(), "end")
    assert.strictEqual(reader.next(), "eof")
  })

  it("skips an empty element", () => {
    assert.strictEqual(skipped("<a><b x='1'/><c/></a>"), "<b x='1'/>")
  })

  it("does nothing anywhere but at a start", () => {
    const reader = new XmlReader("<a>x</a>")
    assert.isFalse(reader.skip())
    assert.strictEqual(reader.next(), "start")
    assert.strictEqual(reader.next(), "text")
    assert.isFalse(reader.skip())
    assert.strictEqual(reader.next(), "end")
    assert.strictEqual(reader.next(), "eof")
  })

  it("reports what has no end, another end, a declaration, or too many levels", () => {
    assert.strictEqual(skipped("<a><b><c></c>"), "truncated@13")
    assert.strictEqual(skipped("<a><b></c></a>"), "malformed@6")
    assert.strictEqual(skipped("<a><b><c d='>"), "truncated@13")
    assert.strictEqual(skipped("<a><b><c"), "truncated@8")
    assert.strictEqual(skipped("<a><b></"), "truncated@8")
    assert.strictEqual(skipped("<a><b><c <d></b></a>"), "malformed@9")
    assert.strictEqual(skipped("<a><b><!-- "), "truncated@11")
    assert.strictEqual(skipped("<a><b><![CDATA[ "), "truncated@16")
    assert.strictEqual(skipped("<a><b><?x "), "truncated@10")
    assert.strictEqual(skipped("<a><b><!DOCTYPE x></b></a>"), "dtd-refused@6")
    assert.strictEqual(skipped("<a><b><c><d/></c></b></a>", { maxDepth: 3 }), "too-deep@9")
    assert.strictEqual(skipped("<a><b><c><d/></c></b></a>", { maxDepth: 4 }), "<b><c><d/></c></b>")
  })
})

/** every token behind the first one, with where it lies */
const rest = (reader: XmlReader): ReadonlyArray<string> => {
  const seen: Array<string> = []
  for (;;) {
    const event = reader.next()
    if (event === "eof" || event === "error") return [...seen, `${event} ${reader.error?.kind}@${reader.error?.offset}`]
    seen.push(`${event} ${reader.name} ${reader.start}-${reader.end} ${reader.depth}`)
  }
}

const at = (reader: XmlReader) => [reader.name, reader.start, reader.end, reader.depth]

describe("plainText", () => {
  it.each(["x", "", " x y ", "é😀", "x>y", "]]>"])("is the text of an element that holds nothing else: %j", (text) => {
    const [plain, token] = [new XmlReader(`<a><b>${text}</b ><c/></a>`), new XmlReader(`<a><b>${text}</b ><c/></a>`)]
    for (const reader of [plain, token]) reader.next()
    for (const reader of [plain, token]) reader.next()
    assert.strictEqual(plain.plainText(), text)
    while (token.next() !== "end");
    assert.deepStrictEqual(at(plain), at(token))
    assert.deepStrictEqual(rest(plain), rest(token))
  })

  it.each([
    "<a>x<b/></a>",
    "<a>&amp;</a>",
    "<a>x\ry</a>",
    "<a>x<!-- y --></a>",
    "<a><![CDATA[x]]></a>",
    "<a>x<?y?></a>",
    "<a/>",
    "<a>x",
    "<a>x</b>",
    "<a>x</a",
    "<a>x</aa>",
    "<a>&nbsp;</a>"
  ])("is undefined for every other element, which is then read as without it: %s", (text) => {
    const [asked, other] = [new XmlReader(text), new XmlReader(text)]
    for (const reader of [asked, other]) assert.strictEqual(reader.next(), "start")
    assert.isUndefined(asked.plainText())
    assert.deepStrictEqual(rest(asked), rest(other))
  })

  it("is undefined anywhere but at a start", () => {
    const reader = new XmlReader("<a>x</a>")
    assert.isUndefined(reader.plainText())
    while (reader.next() !== "text");
    assert.isUndefined(reader.plainText())
    reader.next()
    assert.isUndefined(reader.plainText())
  })
})

describe("any text", () => {
  it.prop("ends in eof or in an error inside the text, and never throws", [anything], ([text]) => {
    for (const document of [text, `<a>${text}</a>`, `<a b="${text}"/>`]) {
      const last = errorOf(document)
      const [, offset] = last.split("@")
      if (offset !== undefined && !last.startsWith('"')) assert.isAtMost(Number(offset), document.length)
    }
  })

  const step = Schema.Literals([
    "<a>",
    "</a>",
    "<b c='1'>",
    "</b>",
    "<d/>",
    "x",
    "&amp;",
    "<!-- - -->",
    "<![CDATA[<]]>",
    "\r\n"
  ])
  it.prop("skips to the same place that reading leads to", [Arbitrary.array(Arbitrary.schema(step))], ([steps]) => {
    const text = `<r><s>${steps.join("")}</s></r>`
    const reading = new XmlReader(text)
    reading.next()
    reading.next()
    let event = reading.next()
    while (event !== "error" && reading.depth > 1) event = reading.next()
    const skipping = new XmlReader(text)
    skipping.next()
    skipping.next()
    if (event === "error") return
    assert.isTrue(skipping.skip())
    assert.strictEqual(skipping.end, reading.end)
  })

  it("takes time in proportion to the length, whatever the text", () => {
    const n = 100_000
    const hostile = [
      "<",
      "<a>",
      "<a ",
      "<a b='",
      "<a b='&",
      "&",
      "&a",
      "&#",
      "<a>&amp;",
      "\r",
      "<a>\r</a>",
      "<!--",
      "<!-- -",
      "<![CDATA[",
      "<?",
      "</",
      "]]>",
      "a='1' ",
      '"',
      "<a/>\r\n"
    ]
    for (const piece of hostile) {
      const time = processorTime(() => {
        for (const opening of ["", "<a>", "<a><b>", "<a "]) {
          const text = opening + piece.repeat(n)
          errorOf(text, { maxDepth: n * 2, maxNameLength: n * 10 })
          const reader = new XmlReader(text, { maxDepth: n * 2 })
          while (reader.next() === "start") if (!reader.skip()) break
        }
      })
      assert.isBelow(time, 1_000, piece)
    }
  })
})
