import * as Result from "./Result.ts"

// Why a reader of our own. The files are those of Sage Intacct's JavaScript SDK, which reads them with `ini` 1.3.8, and
// Effect's `encoding/Ini` follows the same rules. An unquoted `;` or `#` ends a value without a word, a header with
// anything after it becomes a key and its keys go to the section before, the last of two keys wins. In a file of
// passwords each of these sends a wrong credential. Here they are mistakes, and a parsed record cannot tell them any
// more.

/** What one key holds: its value, or what would be right in its place. */
export type IniValue = Result.Result<string, string>

/** The sections of a file by name, and the keys of each. */
export interface Ini {
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, IniValue>>
  /** numbers of the lines that start like a section header and are none, counted from 1 */
  readonly brokenHeaders: ReadonlyArray<number>
}

/**
 * Reads `[section]` headers and `key = value` lines. A value in double quotes is a JSON string, one in single quotes is
 * what stands between them. Outside of quotes `\;`, `\#` and `\\` are escapes. A line that starts with `;` or `#` is a
 * comment. A byte order mark and all three line ends are accepted.
 */
export const parseIni = (input: string): Ini => {
  const sections = new Map<string, Map<string, IniValue>>()
  const brokenHeaders: Array<number> = []
  let current = new Map<string, IniValue>()
  for (const [index, raw] of input
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim()
    if (line === "" || line.startsWith(";") || line.startsWith("#")) continue
    if (line.startsWith("[")) {
      const header = /^\[([^\]]*)\]$/.exec(line)?.[1]
      // Keys below a broken header belong to no section, rather than to the one before.
      current = new Map()
      if (header === undefined) brokenHeaders.push(index + 1)
      else {
        const name = sectionName(header)
        current = sections.get(name) ?? current
        sections.set(name, current)
      }
      continue
    }
    const [key, entry] = readLine(line)
    current.set(key, current.has(key) ? Result.fail("given once in its section") : entry)
  }
  return { sections, brokenHeaders }
}

/** Dots separate the parts of a nested section; `\.` is a dot of the name. We have no nesting, so both are a dot. */
const sectionName = (header: string): string =>
  Result.getOrElse(readValue(header), () => header.trim()).replaceAll("\\.", ".")

const readLine = (line: string): readonly [string, IniValue] => {
  const equals = line.indexOf("=")
  const written = equals === -1 ? line : line.slice(0, equals)
  const key = Result.getOrElse(readValue(written), () => written.trim())
  if (key.endsWith("[]")) return [key.slice(0, -2), Result.fail('a single value: "[]" after the key makes it a list')]
  return [key, equals === -1 ? Result.fail('a value after "="') : readValue(line.slice(equals + 1))]
}

const quoted = (value: string, quote: string): boolean =>
  value.length >= 2 && value.startsWith(quote) && value.endsWith(quote)

const readValue = (raw: string): IniValue => {
  const value = raw.trim()
  if (quoted(value, '"')) return readJson(value)
  if (quoted(value, "'")) {
    const inner = value.slice(1, -1)
    return quoted(inner, '"') ? Result.fail("one kind of quotes around the value") : Result.succeed(inner)
  }
  const unescaped = withoutEscapes(value)
  if (unescaped !== undefined) return Result.succeed(unescaped)
  return Result.fail('a value in double quotes: it has ";" or "#", which starts a comment outside of quotes')
}

/** undefined where a comment starts in the middle */
const withoutEscapes = (value: string): string | undefined => {
  let read = ""
  let from = 0
  for (let at = 0; at < value.length; at++) {
    const char = value[at]
    if (char === ";" || char === "#") return undefined
    if (char !== "\\") continue
    const next = value[at + 1]
    at++
    // any other backslash is one
    if (next !== "\\" && next !== ";" && next !== "#") continue
    read += value.slice(from, at - 1)
    from = at
  }
  return read + value.slice(from)
}

const readJson = (value: string): IniValue => {
  const wrong = 'a JSON string in double quotes: \\ and " inside it are written \\\\ and \\"'
  const parsed = Result.try({ try: (): unknown => JSON.parse(value), catch: () => wrong })
  return Result.flatMap(parsed, (text) => (typeof text === "string" ? Result.succeed(text) : Result.fail(wrong)))
}
