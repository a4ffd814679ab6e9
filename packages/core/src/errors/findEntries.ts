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

/** What servers say with a status, and so with every error of it. Source: RFC 9110, section 15; nginx says "time-out". */
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
  ["gateway time-out", "504"]
])

/** less is in the sentences of nearly all */
const aWord = /[a-z0-9]{3}/

/**
 * Entries that a text is as a whole. Those with that sentence come first, then those with that code, then those with the
 * code in another spelling, then those with a part of their sentence.
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

/** What a text names: ids of entries above all, then servers' codes, then what servers say. */
const namedWithin = (entries: ReadonlyArray<SearchableEntry>, text: string): ReadonlyArray<SearchableEntry> => {
  const named = entries.filter(({ id }) => holds(text, id))
  if (named.length > 0) return named
  // a message of this library's own, whose id was not kept
  const meant = entries.filter(({ meaning }) => text.includes(meaning))
  if (meant.length > 0) return meant
  const coded = entries.filter(({ codes }) => codes.some((code) => holds(text, code)))
  const quoted = entries.filter(({ sentences }) => sentences.some((one) => quotes(text, one)))
  // a code that several entries share is told apart by the text beside it; the words of a status are no such text
  const sure = coded.filter((entry) => quoted.includes(entry) && !entry.sentences.some((one) => statusWords.has(one)))
  if (sure.length > 0) return sure
  // a code with a space in it is a sentence as well, which others may say
  const plain = coded.filter(({ codes }) => codes.some((code) => !code.includes(" ") && holds(text, code)))
  return plain.length > 0 ? plain : [...quoted, ...coded]
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
  const isNumber = /^\d+$/.test(word)
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length
    const isWholeWord = !inWord.test(text[at - 1] ?? "") && !inWord.test(text[end] ?? "")
    if (isWholeWord && (!isNumber || isStatus(text, at, word))) return true
  }
  return false
}

const isStatus = (text: string, at: number, status: string): boolean => {
  const before = text.slice(Math.max(0, at - 12), at)
  const behind = text.slice(at + status.length, at + status.length + 30)
  return (
    ["http ", "status ", "status: ", "status code "].some((mark) => before.endsWith(mark)) ||
    [...statusWords].some(([words, known]) => known === status && behind.startsWith(` ${words}`))
  )
}

/** Whether a text has a sentence, whatever stands where that has `<session id>`. */
const quotes = (text: string, sentence: string): boolean =>
  sentence.split(/<[^<>]*>/).every((part) => text.includes(part.trim()))
