import * as Result from "./Result.ts"
import type { Issue } from "../errors/Reason.ts"
import { type Decoder, failed, type DecodingContext, join } from "./decoder.ts"

export type { Issue }
export { join }

/** What a caller of {@link decode} knows beyond the decoder. */
export interface Rules {
  /**
   * For keys that exist somewhere else, what to say instead of naming the known ones: by key, or by dotted path below
   * the input, which wins.
   */
  readonly misplaced?: { readonly [key: string]: string } | undefined
  /**
   * What one option says about another, as issues with paths relative to the input. It is asked whether or not the
   * decoder is content, so that all mistakes come at once, and must expect anything.
   */
  readonly relations?: ((input: unknown) => ReadonlyArray<Issue>) | undefined
}

/**
 * Decodes an option. All mistakes are reported at once, each under its dotted path below `at`, with what would be
 * right; no issue holds a value of the input.
 */
export const decode = <A>(
  decoder: Decoder<A>,
  input: unknown,
  at: string,
  rules?: Rules
): Result.Result<A, ReadonlyArray<Issue>> => {
  const found: DecodingContext = { issues: [], misplaced: rules?.misplaced ?? {} }
  // Options may be anything from JavaScript, a proxy or an object with getters included.
  let decoded: A | typeof failed
  let related: ReadonlyArray<Issue>
  try {
    decoded = decoder.read(input, "", found)
    related = rules?.relations?.(input) ?? []
  } catch {
    return Result.fail([{ option: at, expected: "an object whose properties can be read" }])
  }
  const issues = distinct([...found.issues, ...related]).map(({ option, expected }) => ({
    option: join(at, option),
    expected
  }))
  return decoded === failed || issues.length > 0 ? Result.fail(issues) : Result.succeed(decoded)
}

const distinct = (issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> => {
  const seen = new Map(issues.map((issue) => [JSON.stringify([issue.option, issue.expected]), issue]))
  return [...seen.values()]
}
