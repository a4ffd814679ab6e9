import { parse as read, type Program } from "acorn"
import type { Position } from "./Value.ts"

/** Far above any nodelocal.js, which has a few hundred lines. */
const longest = 1 << 20

/** What is wrong with a text that cannot be read, in words that hold nothing of it. */
export type Unparsable = "syntax" | "unterminated" | "too-long" | "too-deep"

/** What a text is as JavaScript. */
export type Parsed =
  | { readonly program: Program; readonly problem?: undefined }
  | { readonly program?: undefined; readonly problem: Unparsable; readonly place: Position }

const start: Position = { line: 1, column: 1 }

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
  const options = { ecmaVersion: "latest", locations: true, allowHashBang: true } as const
  try {
    return {
      program: read(source, {
        ...options,
        sourceType: "script",
        allowReturnOutsideFunction: true,
        allowImportExportEverywhere: true
      })
    }
  } catch (asScript) {
    try {
      // what only a module may have, such as await outside of functions
      return { program: read(source, { ...options, sourceType: "module" }) }
    } catch {
      return problemOf(asScript)
    }
  }
}
