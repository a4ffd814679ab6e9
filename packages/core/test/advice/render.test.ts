import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { csvField, render, table } from "../../src/advice/Table.ts"
import { tables } from "../../src/advice/Advice.ts"

const small = table("small", {
  title: "Small",
  from: { document: "card", section: "Somewhere" },
  columns: ["What", "One", "Two"],
  rows: [
    ["Life", "~1h ≠ 300 s @books", "a | b `c|d` @card"],
    ["+ Formula", "+ =1+1 @books", 'He said "no", twice\nand left @guide']
  ]
})

/** Reads CSV as RFC 4180 has it. */
const parseCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  let at = 0
  while (at < text.length) {
    let field = ""
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++
        field += text[at]
      }
      at++
    } else {
      while (at < text.length && text[at] !== "," && text[at] !== "\r") field += text[at++]
    }
    row.push(field)
    if (text[at] === ",") at++
    else {
      assert.strictEqual(text.slice(at, at + 2), "\r\n")
      at += 2
      rows.push(row)
      row = []
    }
  }
  return rows
}

describe("a table as text", () => {
  it("has columns, and says what is contradicted and what stands alone", () => {
    assert.strictEqual(
      render(small, "text"),
      [
        "Small",
        "",
        "What     One               Two",
        "-------  ----------------  -----------------------",
        "Life     300 s (not: ~1h)  a | b `c|d` (card only)",
        "",
        'Formula  =1+1              He said "no", twice',
        "                           and left"
      ].join("\n")
    )
  })

  it("is written in paragraphs where it is too wide", () => {
    const narrow = render(small, "text", { width: 24 })
    assert.include(narrow, "Life\n  One: 300 s (not:\n    ~1h)\n  Two: a | b `c|d`\n    (card only)")
  })

  it.each(tables)("keeps $name within the width, but for words that are longer", (each) => {
    for (const width of [60, 100, 200]) {
      for (const line of render(each, "text", { width }).split("\n")) {
        const unbroken = Math.max(...line.split(" ").map((word) => word.length))
        assert.isAtMost(
          line.length,
          Math.max(width, unbroken + each.columns.reduce((most, { length }) => Math.max(most, length), 0) + 8),
          line
        )
      }
    }
  })
})

describe("a table as Markdown", () => {
  it("keeps bars, line breaks and HTML inside of cells", () => {
    assert.strictEqual(
      render(small, "markdown"),
      [
        "| What    | One              | Two                             |",
        "| ------- | ---------------- | ------------------------------- |",
        "| Life    | 300 s (not: ~1h) | a \\| b `c\\|d` (card only)       |",
        '| Formula | =1+1             | He said "no", twice<br>and left |'
      ].join("\n")
    )
  })
})

describe("a table as CSV", () => {
  it.each(tables)("is $name again when it is read", (each) => {
    const [head, ...body] = parseCsv(render(each, "csv"))
    assert.deepStrictEqual(head, each.columns)
    assert.strictEqual(body.length, each.rows.length)
    for (const row of body) assert.strictEqual(row.length, each.columns.length)
  })

  it("runs nothing in a spreadsheet", () => {
    for (const begin of ["=", "+", "-", "@", "\t", "\r", "\n"]) {
      const [[field = ""] = []] = parseCsv(`${csvField(`${begin}cmd|' /C calc'!A0`)}\r\n`)
      assert.strictEqual(field, `'${begin}cmd|' /C calc'!A0`)
    }
    assert.include(render(small, "csv"), "'=1+1")
  })

  it.prop("gives every text back", [Schema.Array(Schema.String).check(Schema.isMinLength(1))], ([fields]) => {
    const [row = []] = parseCsv(`${fields.map(csvField).join(",")}\r\n`)
    assert.deepStrictEqual(
      row.map((field, at) => (/^[=+\-@\t\r\n]/.test(fields[at] ?? "") ? field.slice(1) : field)),
      fields
    )
  })
})

describe("a table as JSON", () => {
  it("is the whole table", () => {
    for (const each of tables)
      assert.deepStrictEqual(JSON.parse(render(each, "json")), JSON.parse(JSON.stringify(each)))
  })
})

describe("sources", () => {
  it("stand behind each cell where they are asked for", () => {
    const { from: _, ...rest } = small
    for (const format of ["text", "csv"] as const) {
      const rendered = render({ ...rest, from: undefined }, format, { sources: true, width: 400 })
      assert.include(rendered, "[the comparison card, Somewhere]", format)
    }
  })
})
