import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { lintNodelocal } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { auth, found } from "./linted.ts"

const punctuation = "{}[]():;,.=+-*/!?<>&|^~`'\"\\\n".split("")
const names = ["exports", "module", "config", "session", "auth", "timeout", "sage_id", "passphrase", "this", "x"]
const operators = [" = ", " => ", "...", "${", "//", "/*", "*/", "?.", "??", "||", "&&", "+=", "#!", "@", "#"]
const words =
  "const |let |var |function |async |await |yield |class |new |delete |typeof |if (x) |for (;;) |return |throw |import |export |default |from |with (x) |get "
const values = ['"basic"', '"Basic"', '"oauth2"', "'bearer '", "`certificate`", "20", "0x1F", "1n", "null", "/a/g"]
const pieces = [
  "exports.config = ",
  "config.session.auth = ",
  "auth: [",
  "session: {",
  ".push(",
  "process.env.X",
  "\u2028",
  "😀"
]
const tokens = Schema.Literals([...punctuation, ...names, ...operators, ...words.split("|"), ...values, ...pieces])
const likeJavaScript = Arbitrary.map(Arbitrary.array(Arbitrary.schema(tokens), { maxLength: 40 }), (parts) =>
  parts.join("")
)

/** Wherever a value may stand. `@` is its place. */
const positions = [
  "exports.config = @",
  "exports.config = { session: @ }",
  "exports.config = { session: { auth: @ } }",
  "exports.config = { session: { auth: [@] } }",
  "exports.config = { session: { auth: ['basic', ...@] } }",
  "exports.config = { session: { ...@ } }",
  "exports.config = { session: { [@]: 'basic' } }",
  "exports.config = { session: { auth: `a${@}b` } }",
  "exports.config = { session: { auth: 'a' + @ } }",
  "exports.config = { session: { auth: @ ? 'basic' : @ } }",
  "exports.config = { session: { auth: @ || 'basic' } }",
  "exports.config = { session: { auth: (@, 'basic') } }",
  "exports.config = { session: { auth: !@ } }",
  "exports.config = { session: { timeout: @, realm: @, checkInterval: @, authAlwaysLogin: @ } }",
  "exports.config = { session: { auth: 'sage-id' }, sage_id: @ }",
  "exports.config = { get session() { return @ } }",
  "exports.config = { session: { auth: 'basic', toString() { @ }, valueOf: () => @ } }",
  "exports.config = f(@)",
  "exports.config = new F(@)",
  "exports.config = t`${@}`",
  "exports.config = class { static x = @ }",
  "const { a = @ } = {}; exports.config = a",
  "let a; a ??= @; a += @; exports.config = a",
  "const a = []; a.push(@); exports.config = { session: { auth: a } }",
  "delete @.x; @.y = 1; @[@] = @",
  "(function () { @ })(); (() => @)()",
  "if (@) { @ } else @; for (const x of @) @; while (@) { @; break }",
  "try { @ } catch { @ } finally { @ }",
  "export default @",
  "export const config = @",
  "@"
]

const globals = globalThis as Record<string, unknown>

describe("any text", () => {
  it.prop("never makes it throw, and every finding stands in the text", [Schema.String], ([text]) => {
    for (const source of [text, auth(text), auth(JSON.stringify(text)), `${auth('"basic"')};${text}`]) inside(source)
  })

  it.prop("of JavaScript's own words neither", [likeJavaScript], ([text]) => {
    for (const source of [
      text,
      `exports.config = {${text}}`,
      `exports.config = { session: {${text}} }`,
      auth(`[${text}]`)
    ]) {
      inside(source)
    }
  })

  it("takes what is no text at all from JavaScript", () => {
    for (const value of [undefined, null, 5, Buffer.from(auth('"Basic"')), {}, Symbol("x")]) {
      assert.isArray(lintNodelocal(value as string).findings)
    }
    assert.deepStrictEqual(found(Buffer.from(auth('"Basic"')) as unknown as string), ["auth-case 1:37 session.auth"])
  })
})

const inside = (source: string): void => {
  const lines = source.split(/\r\n|[\r\n\u2028\u2029]/)
  const { findings, waysIn } = lintNodelocal(source)
  for (const { column, id, line, meaning, remedy } of findings) {
    assert.isAtLeast(line, 1)
    assert.isAtMost(line, lines.length, id)
    assert.isAtLeast(column, 1)
    assert.isAtMost(column, (lines[line - 1] ?? "").length + 1, id)
    assert.isNotEmpty(meaning)
    assert.isNotEmpty(remedy)
  }
  const order = findings.map(({ column, line }) => line * 1e6 + column)
  assert.deepStrictEqual(
    order,
    order.toSorted((a, b) => a - b)
  )
  for (const { answer, why } of Object.values(waysIn)) {
    assert.include(["enabled", "disabled", "cannot-tell"], answer)
    assert.isNotEmpty(why)
  }
}

describe("the file is not run", () => {
  const effects = [
    "globalThis.ran()",
    "globalThis.ran`x`",
    "new globalThis.ran()",
    "(globalThis.canary.value)",
    "(globalThis.canary.value = 1)"
  ]

  it.each(positions)("not with an effect in %s", (position) => {
    let runs = 0
    globals["ran"] = () => {
      runs++
      return "basic"
    }
    const canary = { get: () => runs++, set: () => runs++ }
    globals["canary"] = Object.defineProperty({}, "value", canary)
    try {
      for (const effect of effects) {
        const source = position.replaceAll("@", effect)
        lintNodelocal(source)
        assert.strictEqual(runs, 0, source)
      }
    } finally {
      delete globals["ran"]
      delete globals["canary"]
    }
  })

  it("leaves prototypes alone", () => {
    for (const key of ["__proto__", "['__proto__']", "constructor", '"prototype"', "toString"]) {
      lintNodelocal(`exports.config = { ${key}: { session: { polluted: true } } }`)
      lintNodelocal(
        `exports.__proto__.polluted = 1; exports.config = {}; exports.config.constructor.prototype.polluted = 1`
      )
      lintNodelocal(`exports.config = { session: { ${key}: { polluted: 1 }, auth: "${key.replaceAll(/\W/g, "")}" } }`)
    }
    assert.notProperty({}, "polluted")
    assert.deepStrictEqual(found("exports.config = { __proto__: { session: {} } }").slice(0, 1), [
      "not-data 1:20 config"
    ])
  })
})

describe("secrets of the file", () => {
  const secret = Arbitrary.map(Arbitrary.schema(Schema.String), (text) => `sEcReT${text.replaceAll(/[^\w]/g, "")}`)
  let turn = 0

  it.prop("are in no finding, wherever they stand", [secret], ([planted]) => {
    // by turns: each of the runs takes a third of the positions
    turn++
    for (const position of positions.filter((_, index) => (index + turn) % 3 === 0)) {
      for (const value of [
        `"${planted}"`,
        `'${planted}`,
        planted,
        `{ password: "${planted}" }`,
        `{ ${planted}: { pwd: "x" } }`
      ]) {
        const report = JSON.stringify(lintNodelocal(position.replaceAll("@", value)))
        assert.notInclude(report, planted)
      }
    }
  })
})
