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

const root = fileURLToPath(new URL("../../../..", import.meta.url))

/** Whose servers, and whose pages, get foreign text: the library, its adapters, the stand-in, and the hub's server. */
const sources = [
  "packages/core/src",
  "packages/express/src",
  "packages/nest/src",
  "packages/sandbox/src",
  "apps/hub/src"
]

interface Pattern {
  readonly where: string
  readonly pattern: RegExp
}

/** A node of the parser's, as far as it is read here. */
interface Node {
  readonly type?: string
  readonly name?: string
  readonly value?: unknown
  readonly regex?: { readonly pattern: string; readonly flags: string }
  readonly callee?: Node
  readonly arguments?: ReadonlyArray<Node>
  readonly id?: Node
  readonly init?: Node | null
  readonly quasi?: Node
  readonly quasis?: ReadonlyArray<{ readonly value: { readonly raw: string } }>
  readonly expressions?: ReadonlyArray<Node>
}

/** What a pattern is put together from: texts, and templates of constants of the same file. */
const textOf = (node: Node | null | undefined, constants: ReadonlyMap<string, Node>): string | undefined => {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value
  if (node?.type === "Identifier") return textOf(constants.get(node.name ?? ""), constants)
  if (node?.type !== "TaggedTemplateExpression") return undefined
  const { expressions = [], quasis = [] } = node.quasi ?? {}
  const parts = expressions.map((expression) => textOf(expression, constants))
  return parts.includes(undefined)
    ? undefined
    : quasis.map(({ value }, index) => value.raw + (parts[index] ?? "")).join("")
}

const patternsOf = (file: string): ReadonlyArray<Pattern> => {
  const found: Array<Pattern> = []
  const constants = new Map<string, Node>()
  const put = (pattern: string, flags: string): void => {
    found.push({ where: `${file} /${pattern}/`, pattern: new RegExp(pattern, flags) })
  }
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return
    if (Array.isArray(node)) return node.forEach(visit)
    const { arguments: given = [], callee, id, init, regex, type } = node as Node
    if (type === "VariableDeclarator" && id?.name !== undefined && init) constants.set(id.name, init)
    if (type === "Literal" && regex !== undefined) put(regex.pattern, regex.flags)
    if (type === "NewExpression" && callee?.name === "RegExp") {
      const pattern = textOf(given[0], constants)
      const flags = given[1] === undefined ? "" : textOf(given[1], constants)
      // what is put together from anything else cannot be looked at here
      if (pattern === undefined || flags === undefined) found.push({ where: `${file} new RegExp`, pattern: /(?:)/ })
      else put(pattern, flags)
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseAst(readFileSync(path.join(root, file), "utf8"), { lang: "ts" }))
  return found
}

const patterns = sources.flatMap((source) =>
  globSync(`${source}/**/*.ts`, { cwd: root }).toSorted().flatMap(patternsOf)
)

/** Characters that a pattern is about: what stands in its source, and one of each class that it may name. */
const charactersOf = ({ source }: RegExp): ReadonlyArray<string> => [
  ...new Set(Array.from(`${source.replaceAll(/\\[a-zA-Z]/g, "")}a0 -_.\t\n\\é`))
]

/** how long a text is, in characters */
const usualLength = 40_000

/** The words that a pattern looks for: what stands between its operators. */
const wordsOf = ({ source }: RegExp): ReadonlyArray<string> =>
  source
    .replaceAll(/\\b|\(\?(?:<[=!a-z]?\w*>?|[:=!])/g, "(")
    .split(/\\[a-zA-Z]|[()[\]{}*+?|^$.\\]/)
    .filter((word) => word.length > 2)

/** Each character, pairs of neighbours in the source, and its words, over and over, with an end that fits nothing. */
const hostileFor = (pattern: RegExp, length: number): ReadonlyArray<string> => {
  const characters = charactersOf(pattern).slice(0, 40)
  const words = wordsOf(pattern).slice(0, 40)
  const units = [
    ...words,
    ...words.map((word) => `${word} `),
    ...characters,
    ...characters.map((char, index) => char + (characters[index + 1] ?? "a"))
  ]
  return units.flatMap((unit) => {
    const body = unit.repeat(Math.ceil(length / unit.length))
    return [body, `${body}\u0000!`]
  })
}

/**
 * In milliseconds of processor: more than that is slow. What is no library reads texts of its own tests, and searches to
 * the end for each beginning of a tag: that takes half as long as this on a machine that is kept busy.
 */
const limitOf = (where: string): number => (/^packages\/(?!sandbox)/.test(where) ? 100 : 500)

/** The milliseconds of processor of the first text that is slow; two tries, so that nobody else's garbage counts. */
const slowness = (pattern: RegExp, limit: number, length = usualLength): number => {
  for (const text of hostileFor(pattern, length)) {
    const once = () =>
      processorTime(() => {
        pattern.lastIndex = 0
        text.replace(pattern, "")
      })
    const time = once()
    const again = time > limit ? Math.min(time, once()) : 0
    if (again > limit) return again
  }
  return 0
}

/** Not linear, and why nobody can make use of it. */
const excepted: ReadonlyMap<string, string> = new Map([
  [
    String.raw`packages/core/src/config/options.ts /^\s*-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/`,
    "reads the application's own options"
  ]
])

describe("a regular expression", () => {
  it("is found in every file that has one", () => {
    for (const source of sources) {
      assert.isNotEmpty(
        patterns.filter(({ where }) => where.startsWith(source)),
        source
      )
    }
    assert.isAbove(patterns.length, 150)
    assert.deepStrictEqual(
      patterns.filter(({ where }) => where.endsWith("new RegExp")),
      []
    )
  })

  it("that is put together from constants is read, too", () => {
    const together = patterns.filter(({ where }) => /config\/hosts|transport\/retryAfter/.test(where))
    assert.isTrue(together.some(({ pattern }) => pattern.test("host.example")))
    assert.isTrue(together.some(({ pattern }) => pattern.test("Sunday, 06-Nov-94 08:49:37 GMT")))
  })

  it("that backtracks is noticed", () => {
    // half of the length, and a quarter of the time
    assert.isAbove(slowness(/\/+$/, 50, usualLength / 2), 50)
  })

  it("takes time that grows with the text alone", () => {
    assert.includeMembers(
      patterns.map(({ where }) => where),
      [...excepted.keys()]
    )
    const slow = patterns.flatMap(({ pattern, where }) => {
      const time = excepted.has(where) ? 0 : slowness(pattern, limitOf(where))
      return time > 0 ? [`${where}: ${Math.round(time)} ms`] : []
    })
    assert.deepStrictEqual(slow, [])
  })
})
