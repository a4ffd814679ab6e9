import * as Match from "effect/Match"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import type { Issue } from "../errors/Reason.ts"
import { closest } from "./closest.ts"

export type { Issue }

/** What a caller of {@link decode} knows beyond the schema. */
export interface Rules {
  /**
   * For keys that exist somewhere else, what to say instead of naming the known ones: by key, or by dotted path below
   * the input, which wins.
   */
  readonly misplaced?: { readonly [key: string]: string } | undefined
  /**
   * What one option says about another, as issues with paths relative to the input. It is asked whether or not the
   * schema is content, so that all mistakes come at once, and must expect anything.
   */
  readonly relations?: ((input: unknown) => ReadonlyArray<Issue>) | undefined
}

/** `join("connections.ledger", "login")`: either side may be empty. */
export const join = (at: string, key: string): string => (at === "" ? key : key === "" ? at : `${at}.${key}`)

/**
 * Decodes an option with its schema. All mistakes are reported at once, each under its dotted path below `at`, with what
 * would be right; no issue holds a value of the input.
 */
export const decode = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  input: unknown,
  at: string,
  rules?: Rules
): Result.Result<S["Type"], ReadonlyArray<Issue>> => {
  // Options may be anything from JavaScript, a proxy or an object with getters included.
  const attempt = Result.try({
    try: () => ({
      decoded: Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(input),
      related: rules?.relations?.(input) ?? []
    }),
    catch: (): ReadonlyArray<Issue> => [{ option: at, expected: "an object whose properties can be read" }]
  })
  if (Result.isFailure(attempt)) return Result.fail(attempt.failure)
  const { decoded, related } = attempt.success
  const found = Result.isFailure(decoded) ? walk(decoded.failure.issue, "", undefined, rules?.misplaced ?? {}) : []
  const issues = distinct([...found, ...related]).map(({ option, expected }) => ({
    option: join(at, option),
    expected
  }))
  if (issues.length > 0) return Result.fail(issues)
  return Result.mapError(decoded, () => issues)
}

const distinct = (issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> => {
  const seen = new Map(issues.map((issue) => [JSON.stringify([issue.option, issue.expected]), issue]))
  return [...seen.values()]
}

/** `parent` is the object whose key the end of `path` is: an issue about a key says no more than which key. */
const walk = (
  issue: SchemaIssue.Issue,
  path: string,
  parent: SchemaAST.AST | undefined,
  misplaced: { readonly [key: string]: string }
): ReadonlyArray<Issue> => {
  const all = (issues: ReadonlyArray<SchemaIssue.Issue>, ast: SchemaAST.AST) =>
    issues.flatMap((child) => walk(child, path, ast, misplaced))
  const here = (expected: string) => [{ option: path, expected }]
  return Match.valueTags(issue, {
    Filter: ({ issue }) => walk(issue, path, parent, misplaced),
    Encoding: ({ issue }) => walk(issue, path, parent, misplaced),
    Composite: ({ issues, ast }) => all(issues, ast),
    AnyOf: ({ issues, ast }) => (issues.length > 0 ? all(issues, ast) : here(expectedOf(ast))),
    Pointer: (pointer) => {
      if (Predicate.isTagged(pointer.issue, "UnexpectedKey")) return [unexpected(pointer.path, path, parent, misplaced)]
      const below = pointer.path.reduce<string>((at, key) => join(at, segment(key)), path)
      return Predicate.isTagged(pointer.issue, "MissingKey")
        ? [{ option: below, expected: missing(pointer.path, parent) }]
        : walk(pointer.issue, below, parent, misplaced)
    },
    InvalidValue: ({ annotations }) => here(annotations?.expected ?? "another value"),
    InvalidType: ({ ast }) => here(expectedOf(ast)),
    OneOf: ({ ast }) => here(expectedOf(ast)),
    MissingKey: () => here("a value"),
    UnexpectedKey: () => here("no such option"),
    Forbidden: () => here("another value")
  })
}

const expectedOf = (ast: SchemaAST.AST): string => {
  const expected = SchemaAST.resolve(ast)?.["expected"]
  if (typeof expected === "string") return expected
  const members = SchemaAST.isUnion(ast) ? ast.types.filter((member) => !SchemaAST.isUndefined(member)) : []
  return members[0] === undefined ? "another value" : expectedOf(members[0])
}

const properties = (ast: SchemaAST.AST | undefined): ReadonlyArray<SchemaAST.PropertySignature> =>
  ast !== undefined && SchemaAST.isObjects(ast) ? ast.propertySignatures : []

const missing = (path: ReadonlyArray<PropertyKey>, parent: SchemaAST.AST | undefined): string => {
  const property = properties(parent).find((signature) => signature.name === path[0])
  return property === undefined ? "a value" : expectedOf(property.type)
}

const unexpected = (
  path: ReadonlyArray<PropertyKey>,
  at: string,
  parent: SchemaAST.AST | undefined,
  misplaced: { readonly [key: string]: string }
): Issue => {
  const key = String(path[0])
  const option = join(at, path[0] === undefined ? "" : segment(path[0]))
  // a symbol is an option of nobody's but our own tests
  const known = properties(parent).flatMap(({ name }) => (typeof name === "string" ? [name] : []))
  const meant =
    [option, key].find((name) => Object.hasOwn(misplaced, name)) ?? closest(key, [...known, ...Object.keys(misplaced)])
  if (meant === undefined) {
    return { option, expected: `no such option: the options here are ${known.join(", ")}` }
  }
  const elsewhere = known.includes(meant) ? undefined : misplaced[meant]
  return { option, expected: elsewhere ?? `no such option: did you mean ${meant}?` }
}

/** A key is the user's own text and goes to logs: anything that does not look like a name is not repeated. */
const segment = (key: PropertyKey): string => (/^[\w$-]{1,40}$/.test(String(key)) ? String(key) : "(unnamed)")
