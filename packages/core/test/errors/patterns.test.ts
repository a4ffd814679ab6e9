/**
 * Every regular expression of the library, found by a parser, against hostile text: texts of its own characters, repeated
 * until something that backtracks takes seconds where something linear takes a few milliseconds of processor.
 */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "rolldown/parseAst"
import { assert, describe, it } from "vitest"
import { processorTime } from "../steps.ts"

const root = fileURLToPath(new URL("../../src", import.meta.url))

interface Pattern {
  readonly where: string
  readonly pattern: RegExp
}

const patternsOf = (file: string): ReadonlyArray<Pattern> => {
  const found: Array<Pattern> = []
  const code = readFileSync(path.join(root, file), "utf8")
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return
    if (Array.isArray(node)) return node.forEach(visit)
    const { callee, regex, type } = node as {
      readonly type?: string
      readonly regex?: { readonly pattern: string; readonly flags: string }
      readonly callee?: { readonly name?: string }
    }
    if (type === "Literal" && regex !== undefined) {
      found.push({ where: `${file} /${regex.pattern}/`, pattern: new RegExp(regex.pattern, regex.flags) })
    }
    // what is put together while it runs cannot be looked at here
    if (type === "NewExpression" && callee?.name === "RegExp") {
      found.push({ where: `${file} new RegExp`, pattern: /(?:)/ })
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseAst(code, { lang: "ts" }))
  return found
}

const patterns = globSync("**/*.ts", { cwd: root }).toSorted().flatMap(patternsOf)

/** Characters that a pattern is about: what stands in its source, and one of each class that it may name. */
const charactersOf = ({ source }: RegExp): ReadonlyArray<string> => [
  ...new Set(Array.from(`${source.replaceAll(/\\[a-zA-Z]/g, "")}a0 -_.\t\n\\é`))
]

const length = 40_000

/** Each character, and pairs of neighbours in the source, over and over, with an end that fits nothing. */
const hostileFor = (pattern: RegExp): ReadonlyArray<string> => {
  const characters = charactersOf(pattern).slice(0, 40)
  const units = [...characters, ...characters.map((char, index) => char + (characters[index + 1] ?? "a"))]
  return units.flatMap((unit) => {
    const body = unit.repeat(Math.ceil(length / unit.length))
    return [body, `${body}\u0000!`]
  })
}

/** The milliseconds of processor of the text that takes longest; two tries, so that nobody else's garbage counts. */
const slowest = (pattern: RegExp): number => {
  let most = 0
  for (const text of hostileFor(pattern)) {
    const once = () =>
      processorTime(() => {
        pattern.lastIndex = 0
        text.replace(pattern, "")
      })
    const first = once()
    if (first > 100) most = Math.max(most, Math.min(first, once()))
  }
  return most
}

/** Not linear, and why nobody can make use of it. */
const excepted: ReadonlyMap<string, string> = new Map([
  [
    String.raw`config/schema.ts /^\s*-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/`,
    "reads the application's own options"
  ]
])

/** Put together from constants, and tried by tests of their own. */
const putTogether = ["config/hosts.ts new RegExp", ...Array<string>(3).fill("transport/retryAfter.ts new RegExp")]

describe("a regular expression", () => {
  it("is found in every file that has one", () => {
    assert.isAbove(patterns.length, 100)
    assert.deepStrictEqual(
      patterns.filter(({ where }) => where.endsWith("new RegExp")).map(({ where }) => where),
      putTogether
    )
  })

  it("that backtracks is noticed", { timeout: 60_000 }, () => {
    assert.isAbove(slowest(/\/+$/), 100)
  })

  it("takes time that grows with the text alone", { timeout: 120_000 }, () => {
    const slow = patterns.flatMap(({ pattern, where }) => {
      const time = slowest(pattern)
      return time > 100 && !excepted.has(where) ? [`${where}: ${Math.round(time)} ms`] : []
    })
    assert.deepStrictEqual(slow, [])
  })
})
