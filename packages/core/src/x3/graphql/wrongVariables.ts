// A file of its own: it looks at what callers wrote, and `judge.ts` at what servers answer.

import * as Predicate from "effect/Predicate"
import { closest } from "../../config/closest.ts"
import type { Issue } from "../../errors/Reason.ts"

/** The names of variables as a document writes them: `$name`. Source: GraphQL specification, section 2.10. */
const variablesIn = (document: string): ReadonlyArray<string> => [
  ...new Set(Array.from(document.matchAll(/\$([A-Za-z_]\w*)/g), ([, name = ""]) => name))
]

/** What a document and its variables are called with. */
interface Called {
  /** the caller's word for the method, such as `records` */
  readonly called: "query" | "records" | "pages"
  /** the names of its options */
  readonly options: ReadonlyArray<string>
}

/**
 * What is wrong with a document and its variables. A server passes over a variable that the document does not have, and
 * so would an option do that stands among them.
 */
export const wrongVariables = (
  document: unknown,
  variables: unknown,
  { called, options }: Called
): ReadonlyArray<Issue> => {
  // from JavaScript
  if (typeof document !== "string" || document.trim() === "") {
    return [{ option: `${called}(document)`, expected: "a GraphQL document as text" }]
  }
  if (variables === undefined || variables === null) return []
  if (!Predicate.isObject(variables) || Array.isArray(variables)) {
    const expected = "an object of variables by their names, or nothing"
    return [{ option: `${called}(document, variables)`, expected }]
  }
  const there = variablesIn(document)
  return Object.keys(variables)
    .filter((name) => !there.includes(name))
    .flatMap((name) => {
      const option = `${called}(document, { ${name} })`
      if (options.includes(name)) {
        const expected = `a variable of the document: options are the third argument, ${called}(document, {}, { ${name} })`
        return [{ option, expected }]
      }
      // a program may send one set of variables with all of its documents
      if (called === "query") return []
      const near = closest(name, there)
      const expected = near === undefined ? `the document's variables are ${there.join(", ")}` : `did you mean ${near}?`
      return [{ option, expected: `no such variable in the document: ${expected}` }]
    })
}
