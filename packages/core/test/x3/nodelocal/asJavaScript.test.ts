import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { parseModule } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { readExports, type Value } from "../../../src/x3/nodelocal/Reader.ts"

/** What programs are made of: what is followed, and beside it what may change it behind a reader's back. */
const statements = `
a = ["x"]
b = a
c = { a, n: 1 }
c = { ...c, t: "t" + 1 }
d = c
a = [...a, "y"]
c.a = a
c.d = { a: b }
d.a = ["z"]
c["n"] = 2 * 3
a.push("pushed")
if (yes) b.push("b")
f(c)
f(d.d)
console.log(c, a.push("logged"))
console.log(exports)
for (const one of [c, d]) one.n = -1
later = () => { c.t = "later"; a.push("later") }
later()
keep = [a, c]
keep[1].n = 7
keep[0].push("kept")
g({ a })
Object.assign(c, { a: "assigned" })
delete c.a
;({ a } = { a: ["taken"] })
var e = yes ? a : b; e.push("e")
const self = this; self.more = a
exports.c = c
exports.config = c
exports.config = { session: c, list: a }
exports.config.session = d
exports.config.list = [...b, \`\${c.t}\`]
module.exports = { config: { c, d } }
f(exports)
f(module)
function f(x) { if (x) x.f = "f" }
function g(x) { x.a.push("g"); exports.config = { g: true } }
`
  .trim()
  .split("\n")

// most of what is chosen is followed: a program of other code is unknown as a whole
const often = statements.filter(
  (statement) => /^(?:[abcd]\b|exports|module)/.test(statement) && !/push|\(/.test(statement)
)

const programs = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals([...statements, ...often, ...often, ...often])), { maxLength: 10 }),
  (chosen) =>
    ["var a = ['a'], b = ['b'], c = {}, d = {}, keep = [], later", ...chosen, "module.exports.all = { a, c }"].join(
      "\n"
    )
)

/** Compares all that the reader claims to know with what is the case, and counts it. */
const compare = (value: Value, is: unknown, program: string, within: ReadonlyArray<Value> = []): number => {
  if (value.kind === "unknown" || within.includes(value)) return 0
  const inside = [...within, value]
  let known = 1
  if (value.kind === "list") {
    if (value.touched !== undefined || value.gap !== undefined) return 0
    assert.isArray(is, program)
    const items = is as ReadonlyArray<unknown>
    assert.strictEqual(value.items.length, items.length, program)
    for (const [index, item] of value.items.entries()) known += compare(item, items[index], program, inside)
  } else if (value.kind === "object") {
    if (value.touched !== undefined) return 0
    assert.isObject(is, program)
    const members = is as Readonly<Record<string, unknown>>
    if (value.gap === undefined) assert.sameMembers([...value.members.keys()], Object.keys(members), program)
    for (const [key, member] of value.members) known += compare(member.value, members[key], program, inside)
  } else if (value.kind === "text") assert.strictEqual(is, value.text, program)
  else if (value.kind === "number") assert.strictEqual(is, value.number, program)
  return known
}

describe("a program", () => {
  let known = 0

  it.prop(
    "is known as what it is when it runs, or not known",
    { program: programs },
    ({ program }) => {
      const { program: tree } = parseModule(program)
      if (tree === undefined) return
      const module = { exports: {} }
      try {
        const run = `(function (exports, yes) {${program}\n}).call(module.exports, module.exports, true)`
        runInNewContext(run, { module, console: { log: () => {} } })
      } catch {
        // X3 does not start with it
        return
      }
      const { exports } = readExports(tree)
      known += compare(exports, module.exports, program)
    },
    { arbitrary: { runs: 400 } }
  )

  it("is known often enough for that to say something", () => {
    assert.isAbove(known, 200)
  })
})
