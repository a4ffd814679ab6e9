import { readFileSync } from "node:fs"

/** A line of a document that is not empty, and its number in the file, from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

/** Without what is the document's form alone: references, numbers and bullets of lists, and blanks. */
export const plain = (text: string): string =>
  text
    .replaceAll(/ ?\[src\d+(?:, src\d+)*\]/g, "")
    .replace(/^\s*(?:\d\.|•)\s+(?=\S)/, "")
    .trim()

const linesOf = (file: string): ReadonlyArray<Line> =>
  readFileSync(new URL(file, import.meta.url), "utf8")
    .split("\n")
    .map((text, at) => ({ number: at + 1, text }))
    .filter(({ text }) => text.trim() !== "")

/** The comparison card that the advice answers line by line. */
export const card: ReadonlyArray<Line> = linesOf("card.txt")

/** An edition of Sage's guide to OAuth 2.0 at Intacct. */
export const guide: ReadonlyArray<Line> = linesOf("guide.txt")

/** Something that a document gives to be typed in, or shows as it comes back. */
export interface Sample {
  readonly name: string
  readonly document: "card" | "guide"
  /** its first and last line in the file */
  readonly from: number
  readonly to: number
  readonly text: string
  /** whether the data of `@sage-auth/core/advice` has it word for word */
  readonly data: boolean
}

type Where = readonly [name: string, from: number, to: number]

const cardSamples: ReadonlyArray<Where> = [
  ["x3 call", 157, 160],
  ["x3 nodelocal.js", 161, 162],
  ["python session", 165, 203],
  ["python client credentials", 204, 204],
  ["curl xml", 205, 209],
  ["curl business cloud", 210, 213],
  ["curl x3", 214, 217],
  ["wrong login", 305, 312],
  ["right session", 313, 324],
  ["wrong endpoint", 325, 330],
  ["right endpoint", 331, 335],
  ["wrong server-to-server", 336, 344],
  ["right consent", 345, 356],
  ["test xml", 365, 392],
  ["test rest token", 393, 397],
  ["test business cloud", 398, 402],
  ["test x3", 403, 407]
]

const guideSamples: ReadonlyArray<Where> = [
  ["authorization endpoint", 20, 20],
  ["access token request", 49, 55],
  ["access token answer", 59, 62],
  ["refresh token request", 77, 82],
  ["refresh token answer", 86, 89],
  ["client credentials by username", 119, 125],
  ["client credentials by session", 129, 135],
  ["client credentials answer", 139, 142],
  ["entity header", 152, 156],
  ["entity token", 162, 169],
  ["php authorization", 204, 214],
  ["php callback", 219, 237],
  ["php refresh", 242, 258]
]

const cut = (document: Sample["document"], file: string, where: ReadonlyArray<Where>): ReadonlyArray<Sample> => {
  const lines = readFileSync(new URL(file, import.meta.url), "utf8").split("\n")
  return where.map(([name, from, to]) => ({
    name,
    document,
    from,
    to,
    text: lines.slice(from - 1, to).join("\n"),
    data: /^(?:wrong|right|test|x3) /.test(name)
  }))
}

/** Every literal sample of both documents. */
export const samples: ReadonlyArray<Sample> = [
  ...cut("card", "card.txt", cardSamples),
  ...cut("guide", "guide.txt", guideSamples)
]

/** A sample by its name. */
export const sample = (name: string): Sample => {
  const found = samples.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no sample ${name}`)
  return found
}
