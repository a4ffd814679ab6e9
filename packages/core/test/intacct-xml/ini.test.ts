import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parseIni } from "../../src/intacct-xml/environment.ts"
import * as Result from "../../src/config/Result.ts"

const comment = 'a value in double quotes: it has ";" or "#", which starts a comment outside of quotes'
const json = 'a JSON string in double quotes: \\ and " inside it are written \\\\ and \\"'

const valueOf = (written: string) => parseIni(`[default]\nkey = ${written}`).sections.get("default")?.get("key")

describe("a value", () => {
  it.each([
    ["plain", "plain"],
    ["  spaces around  ", "spaces around"],
    ["a=b=c", "a=b=c"],
    ["", ""],
    ['"quoted;with#both"', "quoted;with#both"],
    ['"  kept  "', "  kept  "],
    [String.raw`"a\"b\\cé"`, 'a"b\\cé'],
    ["'quoted;with#both'", "quoted;with#both"],
    [`'it"s'`, 'it"s'],
    ["'1e3'", "1e3"],
    ["''", ""],
    ['""', ""],
    [String.raw`a\;b\#c\\d`, "a;b#c\\d"],
    [String.raw`a\b`, "a\\b"],
    ["a\\", "a\\"],
    ['"unbalanced', '"unbalanced'],
    ['"', '"'],
    ["true", "true"],
    ["null", "null"],
    ["007", "007"]
  ])("%s is read as %j", (written, value) => {
    assert.deepStrictEqual(valueOf(written), Result.succeed(value))
  })

  it.each([
    ["ini;pw#x", comment],
    ["pass#word", comment],
    ["value ; a remark", comment],
    ['"quoted" ; a remark', comment],
    [";", comment],
    [String.raw`a\\;b`, comment],
    [String.raw`"C:\pass"`, json],
    ['"a"b"', json],
    [`'"both"'`, "one kind of quotes around the value"]
  ])("%s is refused", (written, expected) => {
    assert.deepStrictEqual(valueOf(written), Result.fail(expected))
  })

  it.prop("any text in JSON quotes is read unchanged", [Schema.String], ([text]) => {
    assert.deepStrictEqual(valueOf(JSON.stringify(text)), Result.succeed(text))
  })

  it.prop("any text is read as one value, unchanged but for escapes, or refused", [Schema.String], ([text]) => {
    const written = text.replaceAll(/[\r\n]/g, "")
    const read = valueOf(written)
    assert.isDefined(read)
    if (read === undefined || Result.isFailure(read) || /["'\\]/.test(written)) return
    assert.strictEqual(read.success, written.trim())
    assert.notMatch(written, /[;#]/)
  })
})

const values = (text: string) =>
  [...parseIni(text).sections].map(([name, keys]) => [
    name,
    Object.fromEntries([...keys].map(([key, entry]) => [key, Result.getOrElse(entry, (expected) => ({ expected }))]))
  ])

describe("a file", () => {
  it.each([
    ["line feeds", "\n"],
    ["carriage returns and line feeds", "\r\n"],
    ["carriage returns", "\r"]
  ])("may end its lines with %s, begin with a byte order mark and hold comments and blank lines", (_, end) => {
    const lines = ["\uFEFF[default]", "; a comment", "", "  # another", "a=1", " b = 2 ", "[ other ] ", "a = 3"]
    assert.deepStrictEqual(values(lines.join(end)), [
      ["default", { a: "1", b: "2" }],
      ["other", { a: "3" }]
    ])
  })

  it("refuses a key that is given twice, in a repeated section too", () => {
    const twice = { expected: "given once in its section" }
    assert.deepStrictEqual(values("[a]\nk = 1\nk = 1\n[b]\nk = 1\n[a]\nj = 1"), [
      ["a", { k: twice, j: "1" }],
      ["b", { k: "1" }]
    ])
    assert.deepStrictEqual(values("[a]\nk = 1\n[b]\n[a]\nk = 2"), [
      ["a", { k: twice }],
      ["b", {}]
    ])
  })

  it("refuses lists and keys without a value", () => {
    assert.deepStrictEqual(values("[a]\nk[] = 1\nj"), [
      [
        "a",
        { k: { expected: 'a single value: "[]" after the key makes it a list' }, j: { expected: 'a value after "="' } }
      ]
    ])
  })

  it("keeps the keys below a broken header out of the section before", () => {
    const ini = parseIni("[a]\nk = 1\n[b] ; a remark\nk = 2\n[c\nk = 3")
    assert.deepStrictEqual(ini.brokenHeaders, [3, 5])
    assert.deepStrictEqual(
      [...ini.sections].map(([name, keys]) => [name, [...keys.keys()]]),
      [["a", ["k"]]]
    )
  })

  it.each([
    ["[my.company]", "my.company"],
    [String.raw`[my\.company]`, "my.company"],
    ['["quoted"]', "quoted"],
    ["[__proto__]", "__proto__"]
  ])("names the section of %s %s", (header, name) => {
    assert.deepStrictEqual([...parseIni(`${header}\nk = 1`).sections.keys()], [name])
  })

  it("leaves keys outside of any section alone", () => {
    assert.deepStrictEqual(values("k = 1\n[a]"), [["a", {}]])
  })
})
