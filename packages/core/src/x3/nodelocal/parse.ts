import { createRequire } from "node:module"
import type * as Acorn from "acorn"
import type { Place } from "./Value.ts"

/** Far above any nodelocal.js, which has a few hundred lines. */
const longest = 1 << 20

/** What is wrong with a text that cannot be read, in words that hold nothing of it. */
export type Unparsable = "syntax" | "unterminated" | "too-long" | "too-deep"

/** What a text is as JavaScript. */
export type Parsed =
  | { readonly program: Acorn.Program; readonly problem?: undefined }
  | { readonly program?: undefined; readonly problem: Unparsable; readonly place: Place }

let loaded: typeof Acorn | undefined

/**
 * The parser takes 6 to 10 ms to load, which nobody should pay who imports this library for its connections, and an
 * answer that is only a matter of reading should not be a promise. `require` is both: at the first use, and at once.
 */
const acorn = (): typeof Acorn => (loaded ??= createRequire(import.meta.url)("acorn") as typeof Acorn)

const start: Place = { line: 1, column: 1 }

/** The parser's own words quote the text, so that only its place and kind are taken. */
const problemOf = (thrown: unknown): Parsed => {
  const { loc, message } = thrown as { readonly message?: string; readonly loc?: { line: number; column: number } }
  const place = loc === undefined ? start : { line: loc.line, column: loc.column + 1 }
  if (thrown instanceof RangeError || message?.startsWith("Not enough stack") === true) {
    return { problem: "too-deep", place }
  }
  return { problem: message?.startsWith("Unterminated") === true ? "unterminated" : "syntax", place }
}

/** The syntax tree of a CommonJS file or of an ES module. Nothing is run. */
export const parse = (source: string): Parsed => {
  if (source.length > longest) return { problem: "too-long", place: start }
  const { parse } = acorn()
  const options = { ecmaVersion: "latest", locations: true, allowHashBang: true } as const
  try {
    return {
      program: parse(source, {
        ...options,
        sourceType: "script",
        allowReturnOutsideFunction: true,
        allowImportExportEverywhere: true
      })
    }
  } catch (asScript) {
    try {
      // what only a module may have, such as await outside of functions
      return { program: parse(source, { ...options, sourceType: "module" }) }
    } catch {
      return problemOf(asScript)
    }
  }
}
