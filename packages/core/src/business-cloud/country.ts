import { closest } from "../config/closest.ts"
import * as Result from "../config/Result.ts"

/** What people call the countries of Business Cloud Accounting, in letters alone, by the code that is sent. */
const names: Readonly<Record<string, string>> = {
  ca: "canada can",
  de: "germany deutschland deu ger dede allemagne",
  es: "spain espana esp eses spanien",
  fr: "france fra frfr frankreich",
  gb: "uk gbr unitedkingdom greatbritain britain england scotland wales northernireland engb",
  ie: "ireland irl eire republicofireland enie",
  us: "usa unitedstates unitedstatesofamerica america enus"
}

const codes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(names).flatMap(([code, known]) => [code, ...known.split(" ")].map((name) => [name, code]))
)

/** `U.K.`, `Éire` and `United Kingdom` in letters alone. */
const fold = (text: string): string =>
  text
    .slice(0, 64)
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")

const meantBy = (text: string): string | undefined => {
  const name = fold(text)
  const known = Object.keys(codes)
  const near = Object.hasOwn(codes, name) ? name : closest(name, known)
  return near === undefined ? undefined : codes[near]
}

const expected = 'the code of a country in two small letters, such as "gb", "ie" or "ca"'

/**
 * The country whose page of Sage is skipped. Any code of two letters is taken, but for those that stand for another one:
 * nobody publishes a list of what Sage takes. Source: developer.sage.com, Accounting, Authentication (`country`).
 */
export const readCountry = (input: unknown): Result.Result<string, string> => {
  if (typeof input !== "string" || input === "") return Result.fail(expected)
  const small = /^[a-z]{2}$/.test(input)
  const meant = small && !Object.hasOwn(codes, input) ? input : meantBy(input)
  if (meant === input) return Result.succeed(input)
  return Result.fail(meant === undefined ? expected : `${expected}; did you mean "${meant}"?`)
}
