import type { CatalogueEntry } from "./catalogue/Entry.ts"

/** What is looked for, and in what. */
export interface Search {
  readonly catalogue: Readonly<Record<string, CatalogueEntry>>
  /** in lower case, without space around it, and no longer than what may be looked through */
  readonly text: string
}

/** The ids of the entries that a text is about, the likeliest first. `explain` says what of a text counts. */
export const findEntries = ({ catalogue, text }: Search): ReadonlyArray<string> => {
  const entries = Object.entries(catalogue).map(([id, { codes, meaning, text: own }]): SearchableEntry => {
    const sentences = own?.toLowerCase().split(" / ") ?? []
    return { id, codes: codes.map((code) => code.toLowerCase()), meaning: meaning.toLowerCase(), sentences }
  })
  const found = namedWhole(entries, text)
  return [...new Set((found.length > 0 ? found : namedWithin(entries, text)).map(({ id }) => id))]
}

/** What is looked at of an entry, in lower case. */
interface SearchableEntry {
  readonly id: string
  readonly codes: ReadonlyArray<string>
  readonly meaning: string
  readonly sentences: ReadonlyArray<string>
}

/** What servers say with a status, and so with every error of it. Source: RFC 9110, section 15; nginx says "time-out"; Cloudflare's 524. */
const statusWords: ReadonlyMap<string, string> = new Map([
  ["bad request", "400"],
  ["unauthorized", "401"],
  ["unauthorised", "401"],
  ["forbidden", "403"],
  ["not found", "404"],
  ["too many requests", "429"],
  ["internal server error", "500"],
  ["bad gateway", "502"],
  ["service unavailable", "503"],
  ["gateway timeout", "504"],
  ["gateway time-out", "504"],
  ["a timeout occurred", "524"]
])

/** less is in the sentences of nearly all */
const aWord = /[a-z0-9]{3}/

/**
 * Entries that a text is as a whole. Those with that sentence come first, then those with that code, then those with
 * the code in another spelling, then those with a part of their sentence.
 */
const namedWhole = (entries: ReadonlyArray<SearchableEntry>, text: string): ReadonlyArray<SearchableEntry> => {
  const named = entries.filter(({ id }) => id === text)
  if (named.length > 0) return named
  const sentence = withoutDots(text)
  const own = entries.filter(({ sentences }) => sentences.some((one) => withoutDots(one) === sentence))
  const status = statusWords.get(sentence)
  if (status !== undefined) return [...own, ...entries.filter(({ codes }) => codes.includes(status))]
  const coded = entries.filter(({ codes }) => codes.includes(text))
  const isSentence = text.includes(" ")
  if (coded.length > 0 && !isSentence) return [...own, ...coded]
  const words = respelled(sentence)
  const spelled = isSentence ? entries.filter(({ codes }) => codes.some((code) => respelled(code) === words)) : []
  const partly = aWord.test(text) ? entries.filter(({ sentences }) => sentences.join(" / ").includes(text)) : []
  return [...own, ...coded, ...spelled, ...partly]
}

/**
 * What a text names: ids of entries above all, then servers' codes, then what servers say, then a status.
 *
 * A numbered code such as `GW-0010` says more than a word such as `invalidRequest`, which stands beside many of them. A
 * code that several entries share is told apart by the text beside it.
 */
const namedWithin = (entries: ReadonlyArray<SearchableEntry>, text: string): ReadonlyArray<SearchableEntry> => {
  const named = entries.filter(({ id }) => holds(text, id))
  if (named.length > 0) return named
  // a message of this library's own, whose id was not kept
  const meant = entries.filter(({ meaning }) => text.includes(meaning))
  if (meant.length > 0) return meant
  const quotations = quotationsIn(entries, text)
  const isQuoted = (entry: SearchableEntry): boolean => quotations.some((one) => one.entry === entry)
  for (const kind of [isNumbered, isWord, isSpaced]) {
    const coded = entries.filter(({ codes }) => codes.some((code) => kind(code) && holds(text, code)))
    const sure = coded.filter(isQuoted)
    if (sure.length > 0) return sure
    // a code with a space in it is a sentence as well, which others may say
    if (coded.length > 0 && kind !== isSpaced) return coded
  }
  const own = quotations.filter(({ sentence }) => !isGeneral(sentence)).map(({ entry }) => entry)
  if (own.length > 0) return own
  const byStatus = entries.filter(({ codes }) => codes.some((code) => isStatusNumber(code) && holds(text, code)))
  if (byStatus.length > 0) return byStatus
  // what many servers say is no single entry's
  const spaced = entries.flatMap(({ codes }) => codes.filter((code) => isSpaced(code) && holds(text, code)))
  const general = new Set([...quotations.map(({ sentence }) => sentence), ...spaced])
  return [...general].flatMap((sentence) => namedWhole(entries, sentence))
}

const isStatusNumber = (code: string): boolean => /^\d+$/.test(code)
const isNumbered = (code: string): boolean => /^[a-z].*\d/.test(code)
const isSpaced = (code: string): boolean => !isNumbered(code) && code.includes(" ")
const isWord = (code: string): boolean => !isNumbered(code) && !isSpaced(code) && !isStatusNumber(code)

/** Whether a sentence is one that any server may say. */
const isGeneral = (sentence: string): boolean => sentence.split(" ").length < 3

interface Quotation {
  readonly entry: SearchableEntry
  readonly sentence: string
}

/** What of the entries' sentences a text has, but for those that are a part of another one that it has. */
const quotationsIn = (entries: ReadonlyArray<SearchableEntry>, text: string): ReadonlyArray<Quotation> => {
  const all = entries.flatMap((entry) =>
    entry.sentences.filter((sentence) => quotes(text, sentence)).map((sentence): Quotation => ({ entry, sentence }))
  )
  return all.filter(
    ({ sentence }) =>
      !all.some((other) => other.sentence.length > sentence.length && other.sentence.includes(withoutDots(sentence)))
  )
}

const withoutDots = (text: string): string => {
  let end = text.length
  while (text[end - 1] === ".") end--
  return text.slice(0, end)
}

/** `invalid request`, `invalid_request` and `invalidRequest` are one word of servers'. */
const respelled = (code: string): string => code.replaceAll(" ", "").replaceAll("_", "")

const inWord = /[a-z0-9_]/

/** Whether a text holds a word, and not as a part of a longer one. A number counts only as a status that says so. */
const holds = (text: string, word: string): boolean => {
  const isNumber = isStatusNumber(word)
  for (const spelled of word.includes("-") ? [word, word.replace("-", "_"), word.replace("-", " ")] : [word]) {
    for (let at = text.indexOf(spelled); at >= 0; at = text.indexOf(spelled, at + 1)) {
      const end = at + spelled.length
      const isWholeWord = !inWord.test(text[at - 1] ?? "") && !inWord.test(text[end] ?? "")
      if (isWholeWord && (!isNumber || isStatus(text, at, word))) return true
    }
  }
  return false
}

/** What stands before a status: `HTTP/1.1`, `status code`, `"status": `, `returned error: `. */
const beforeStatus =
  /(?:http(?:\/\d(?:\.\d)?)?|http error|returned error|status(?:[ _-]?code)?)["']?\s?[:=]?\s?["'[(]?$/

const isStatus = (text: string, at: number, status: string): boolean => {
  const before = text.slice(Math.max(0, at - 24), at)
  const behind = text.slice(at + status.length, at + status.length + 30)
  return (
    beforeStatus.test(before) ||
    /^ (?:server|client) error\b/.test(behind) ||
    [...statusWords].some(
      ([words, known]) => known === status && /^:? /.test(behind) && behind.replace(/^:? /, "").startsWith(words)
    )
  )
}

/** How far what stands where a sentence has `<session id>` reaches, in characters. */
const longestName = 120

/** Whether a text has a sentence, whatever stands where that has `<session id>`. */
const quotes = (text: string, sentence: string): boolean => {
  const [first = "", ...rest] = sentence
    // what stands on both sides of a colon comes in elements of its own as well
    .split(/<[^<>]*>|(?<=\w+ \w+ \w+): /)
    .map((part) => part.trim())
    .filter((part) => part !== "")
  // a long sentence is known without its dot, which a quotation leaves out
  if (rest.length === 0) return text.includes(isGeneral(sentence) ? first : withoutDots(first))
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
    let end = at + first.length
    const follows = rest.every((part) => {
      const window = text.slice(end, end + longestName + part.length)
      const found = window.indexOf(part)
      end += found + part.length
      return found >= 0
    })
    if (follows) return true
  }
  return false
}
