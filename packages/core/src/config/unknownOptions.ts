// A file of its own: only lists and web need it, and `decoder.ts` would bring it to every import.

import type { Issue } from "../errors/Reason.ts"
import { closest } from "./decoder.ts"

/**
 * What is wrong with options that nobody knows, each with the name that was probably meant, or with all of them.
 *
 * @param given the names that were given
 * @param known the names of the options that there are
 * @param at how a reader knows the option; default its name
 * @category web
 */
export const unknownOptions = (
  given: ReadonlyArray<string>,
  known: ReadonlyArray<string>,
  at: (name: string) => string = (name) => name
): ReadonlyArray<Issue> =>
  given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = closest(name, known)
      const expected = near === undefined ? `the options here are ${known.join(", ")}` : `did you mean ${near}?`
      return { option: at(name), expected: `no such option: ${expected}` }
    })
