import type { NodelocalFinding, NodelocalReport, Report, Said } from "./Finding.ts"
import { readFragment } from "./fragment.ts"
import { parse, type Unparsable } from "./parse.ts"
import { type Exported, readExports } from "./Reader.ts"
import { checkConfig, type Listed, type Undecided } from "./rules.ts"
import { findSecrets } from "./secrets.ts"
import { language, nodelocalPage } from "./sources.ts"
import { waysIn } from "./waysIn.ts"

const unparsable = (problem: Unparsable): Said => {
  const tooMuch = problem === "too-long" || problem === "too-deep"
  return {
    id: tooMuch ? "nodelocal.too-much" : "nodelocal.not-javascript",
    severity: "error",
    meaning: tooMuch
      ? `The file is ${problem === "too-long" ? "longer than a mebibyte" : "nested too deeply"}, and was not read. No nodelocal.js is.`
      : problem === "unterminated"
        ? "The file is not JavaScript: what begins here (a text, a comment, a regular expression) does not end. X3 does not start with it either."
        : "The file is not JavaScript: what stands here cannot stand here, such as for a missing comma or brace before it. X3 does not start with it either.",
    remedy: tooMuch ? "Check that it is the right file." : "Correct it here, or just before.",
    source: language
  }
}

const checkExports = ({ config, esModule, exports }: Exported, report: Report): Listed | Undecided => {
  if (esModule !== undefined) {
    report(esModule, "", {
      id: "nodelocal.es-module",
      severity: "warning",
      meaning:
        "This is an ES module. Sage's page shows `exports.config`; that X3 reads an ES module is not documented.",
      remedy: "Write `exports.config = { … }`.",
      source: nodelocalPage
    })
  }
  if (config !== undefined) {
    findSecrets(config, report)
    return checkConfig(config, report)
  }
  if (esModule !== undefined) return { why: "the file is an ES module, which is not read" }
  const outside = exports.kind === "object" && exports.members.has("session")
  report(exports.place, "", {
    id: "nodelocal.no-config",
    severity: "error",
    meaning: `The file does not export \`config\`, in which X3 looks for its settings${outside ? ": they stand outside of it" : ""}.`,
    remedy: outside ? "Write `exports.config = { … }` around them." : "Write `exports.config = { session: { … } }`.",
    source: nodelocalPage
  })
  return { why: "the file does not export `config`" }
}

/**
 * Reads X3's `nodelocal.js` and says what its `session` means: what is misspelt, missing or doubtful in it, and which
 * ways in it opens. A piece of the file will do, such as `session: { … }`. The file is read as data and never run;
 * what only running it would tell (functions, conditions,
 * the environment, other files) is a finding, not a guess. It takes any text and never throws. Nothing that it says
 * quotes the file, but for the names of authentication methods.
 *
 * Source: online-help.sagex3.com, V11, Configuration file; V12, Configuration file nodelocal; V12, Web services: OAuth2
 * authentication.
 *
 * @category advice
 */
export const lintNodelocal = (source: string): NodelocalReport => {
  const found: Array<NodelocalFinding> = []
  const told = new Set<string>()
  const report: Report = ({ column, line }, path, said) => {
    // a value that several settings share is one place to correct
    const key = `${said.id} ${line} ${column}`
    if (told.has(key)) return
    told.add(key)
    found.push({
      id: said.id,
      severity: said.severity,
      line,
      column,
      path,
      meaning: said.meaning,
      remedy: said.remedy,
      source: said.source
    })
  }
  // from JavaScript it may be the Buffer that readFileSync gave
  const given: unknown = source
  const text = typeof given === "string" ? given : String(given)
  const parsed = parse(text)
  const file = parsed.program === undefined ? undefined : readExports(parsed.program)
  const fragment = file?.config === undefined ? readFragment(text) : undefined
  const listed = (): Listed | Undecided => {
    if (fragment !== undefined) {
      return checkExports(fragment.exported, (place, path, said) => report(fragment.moved(place), path, said))
    }
    if (file !== undefined) return checkExports(file, report)
    if (parsed.problem !== undefined) report(parsed.place, "", unparsable(parsed.problem))
    return { why: "the file cannot be read" }
  }
  const ways = waysIn(listed())
  return { findings: found.toSorted((a, b) => a.line - b.line || a.column - b.column), waysIn: ways }
}
