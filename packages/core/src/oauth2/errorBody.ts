/**
 * The bodies that Sage's servers, and the gateways in front of them, put errors into. There is one reader for all of
 * them, for token endpoints and for API calls.
 *
 * | shape | who |
 * |---|---|
 * | `{ error, error_description }`, `{ error, reason }` | OAuth 2.0 servers (RFC 6749, section 5.2) |
 * | `{ error: { code, message, errorId, supportId, … } }` | Intacct REST |
 * | `{ "ia::error": { … } }`, `{ "ia::result": { "ia::error": { … } } }`, a list under `ia::result` | Intacct REST |
 * | `[{ $severity, $dataCode, $message, $source }]`, `{ $diagnoses: [ … ] }`, one such object | Business Cloud Accounting, X3 |
 * | `{ statusCode, message }`, `{ message }` | the gateways of Business Cloud Accounting V3.0 and of X3 |
 * | `{ errors: [{ message }] }` | GraphQL |
 */
import { tooDeepAt } from "../transport/Answer.ts"
import * as Predicate from "effect/Predicate"
import type { CatalogueId } from "../errors/catalogue.ts"
import { makeMasker, type KnownSecret } from "../errors/maskSecrets.ts"

/** Controls, formatting characters that reorder or hide text, half surrogate pairs, and what no text should hold. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]+/gu

/**
 * a tag, a comment or a declaration, whole or cut off at the end of the text. A "<" that begins none stays for the next
 * step
 */
const markup = /<[!/?a-z][^<>]*(?:>|$)/gi

/**
 * A server's words as one line of plain text: without markup, controls and characters that reorder what is read, at
 * most `limit` characters long. It can stand in a log line or a page, whatever the server had put in.
 */
export const plainText = (text: string, limit: number): string => {
  const clean = text.replace(markup, " ").replace(/[<>]/g, " ").replace(unprintable, " ").replace(/\s+/g, " ").trim()
  if (clean.length <= limit) return clean
  // not through the middle of a surrogate pair
  const cut = clean.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")
  return `${cut.trimEnd()}…`
}

/** What a body says about an error, in the server's own words: not for showing before `wordsOf`. */
export interface ErrorBody {
  /** the server's codes, the most telling first, such as `REST-2102`, `tokenInvalid`, `IA.TOKEN_IS_INVALID` */
  readonly codes: ReadonlyArray<string>
  /** the server's words; they may quote what was sent */
  readonly texts: ReadonlyArray<string>
  /** what Sage's support asks for */
  readonly supportId: string | undefined
}

/**
 * A body and what kind it is of. `broken`: it begins like JSON and is none, or not all of it. `deep`: it nests deeper
 * than is read.
 */
export type Body =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "empty" | "html" | "xml" | "text" | "broken" | "deep"; readonly text: string }

const htmlStart = /^<(?:!doctype\s+html|!--|html|head|body|center|title|h\d|p|div)\b/i

/** What kind of body a text is, whatever its content type says. */
export const parseBody = (text: string): Body => {
  const start = text.trimStart().slice(0, 100)
  if (start === "") return { kind: "empty", text: "" }
  if (start.startsWith("<")) return { kind: htmlStart.test(start) || start.startsWith("<!--") ? "html" : "xml", text }
  if (tooDeepAt(text) !== undefined) return { kind: /^[[{]/.test(start) ? "deep" : "text", text }
  try {
    return { kind: "json", value: JSON.parse(text) }
  } catch {
    return { kind: /^["[{]/.test(start) ? "broken" : "text", text }
  }
}

/** no server says more codes or sentences worth reading */
const most = 10
/** deeper than any of the shapes above */
const deepest = 6

interface CollectedErrors {
  readonly codes: Array<string>
  readonly texts: Array<string>
  supportId: string | undefined
  readonly where: Where
}

/** Where errors are looked for. */
interface Where {
  /** members whose texts are the server's words */
  readonly texts: ReadonlyArray<string>
  /** members that hold errors */
  readonly lists: ReadonlyArray<string>
  /** a text that stands where an error could is the server's words too */
  readonly bare: boolean
}

type JsonObject = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is JsonObject => Predicate.isObject(value) && !Array.isArray(value)

const member = (fields: JsonObject, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined)

/** nothing is cut here: half a secret could not be masked any more */
const add = (into: Array<string>, value: string): void => {
  const text = value.trim()
  if (text !== "" && into.length < most && !into.includes(text)) into.push(text)
}

const isCode = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && /^[\w .:/-]{1,100}$/.test(value))

const addCode = (found: CollectedErrors, value: unknown): void => {
  if (isCode(value)) add(found.codes, String(value))
}

const codeNames = ["errorId", "code", "$dataCode"]

/** what is documented of token endpoints: whatever else such a body says may be a token */
const tokenErrors: Where = {
  texts: ["error_description", "reason", "message", "$message"],
  lists: ["$diagnoses", "details"],
  bare: false
}

const anyErrors: Where = {
  texts: [...tokenErrors.texts, "description", "title", "detail"],
  lists: [...tokenErrors.lists, "errors"],
  bare: true
}

const supportNames = ["supportId", "requestId"]
const supportIdText = /^[\x21-\x7e]{1,200}$/

const isGrave = (entry: unknown): boolean => {
  const severity = isFields(entry) ? member(entry, "$severity") : undefined
  return typeof severity !== "string" || /error|fatal/i.test(severity)
}

const collectAll = (entries: unknown, found: CollectedErrors, depth: number): void => {
  if (!Array.isArray(entries)) return collect(entries, found, depth)
  // warnings and notes stand among the errors of X3
  for (const entry of entries.filter(isGrave).slice(0, most)) collect(entry, found, depth)
}

/** Whether a body is a list of errors as Business Cloud Accounting writes it. */
export const isDiagnosis = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (entry) =>
      isFields(entry) && ["$severity", "$dataCode", "$message"].every((name) => typeof member(entry, name) === "string")
  )

/** the records of an answer may have members of any name: only the error in them counts */
const collectResult = (result: unknown, found: CollectedErrors, depth: number): void => {
  for (const entry of Array.isArray(result) ? result.slice(0, most * most) : [result]) {
    if (isFields(entry)) collectAll(member(entry, "ia::error"), found, depth)
  }
}

const collect = (value: unknown, found: CollectedErrors, depth: number): void => {
  if (depth > deepest) return
  if (typeof value === "string") return found.where.bare ? add(found.texts, value) : undefined
  if (!isFields(value)) return
  const error = member(value, "error")
  // a sentence where a code should be is a text
  if (isCode(error)) addCode(found, error)
  else if (typeof error === "string") add(found.texts, error)
  else collectAll(error, found, depth + 1)
  collectAll(member(value, "ia::error"), found, depth + 1)
  collectResult(member(value, "ia::result"), found, depth + 1)
  for (const name of codeNames) addCode(found, member(value, name))
  const info = member(value, "additionalInfo")
  if (isFields(info)) addCode(found, member(info, "messageId"))
  for (const name of found.where.texts) {
    const text = member(value, name)
    if (typeof text === "string") add(found.texts, text)
  }
  for (const name of supportNames) {
    const id = member(value, name)
    if (typeof id === "string" && supportIdText.test(id)) found.supportId ??= id
  }
  for (const name of found.where.lists) collectAll(member(value, name), found, depth + 1)
}

/**
 * What a JSON body says about an error; undefined when it says nothing of the kind. Meant for answers that are no
 * success: a record may have a member of its own that is called `message`. It never fails, whatever the body is.
 */
export const errorBody = (value: unknown): ErrorBody | undefined => errorIn(value, anyErrors)

/** The same of a token endpoint's body: nothing but what is documented, since the rest may be a token. */
export const tokenErrorBody = (value: unknown): ErrorBody | undefined => errorIn(value, tokenErrors)

const errorIn = (value: unknown, where: Where): ErrorBody | undefined => {
  const found: CollectedErrors = { codes: [], texts: [], supportId: undefined, where }
  if (isFields(value)) {
    // of several: one that is only a note is no error
    if (isGrave(value)) collect(value, found, 0)
  } else if (Array.isArray(value)) collectAll(value, found, 0)
  const { codes, supportId, texts } = found
  return codes.length + texts.length > 0 ? { codes, texts, supportId } : undefined
}

/** What any body says: a text that is no JSON is the server's words. */
export const errorOf = (body: Body): ErrorBody =>
  (body.kind === "json" ? errorBody(body.value) : undefined) ?? {
    codes: [],
    texts: body.kind === "text" || body.kind === "xml" ? [body.text] : [],
    supportId: undefined
  }

/** An error as it may be shown: plain text of a sensible length, secrets masked. */
export interface Words {
  /** the server's words in one line; undefined where it gave none */
  readonly text: string | undefined
  readonly code: string | undefined
  readonly supportId: string | undefined
}

/** Makes an error fit to be shown. `secrets` is everything secret that was sent. */
export const wordsOf = (body: ErrorBody, secrets: ReadonlyArray<KnownSecret>): Words => {
  const masked = makeMasker(secrets)
  const show = (text: string, limit: number) => plainText(masked(text), limit)
  const texts = [...new Set(body.texts.map((text) => show(text, 300)))].filter((text) => text !== "")
  const code = body.codes[0]
  return {
    text: texts.length === 0 ? undefined : plainText(texts.join("; "), 600),
    code: code === undefined ? undefined : show(code, 100),
    supportId: body.supportId === undefined ? undefined : show(body.supportId, 200)
  }
}

/**
 * How a surface recognises one entry of the error catalogue in an answer. Everything given must hold; of rules, the
 * first that fits wins, so the special ones come first.
 */
export interface ErrorRule {
  readonly id: CatalogueId
  /** any of the server's codes; case does not count, and a space is as good as an underscore */
  readonly codes?: ReadonlyArray<string> | undefined
  /** what the server's words must say */
  readonly text?: RegExp | undefined
  /** any of these HTTP statuses */
  readonly statuses?: ReadonlyArray<number> | undefined
}

const normal = (code: string): string => code.toLowerCase().replaceAll(" ", "_")

/** Whether a code is one of these. */
export const isAmong = (code: string, codes: ReadonlyArray<string>): boolean => codes.map(normal).includes(normal(code))

/** Whether a body gives one of these codes. */
export const hasCode = (body: ErrorBody, codes: ReadonlyArray<string>): boolean =>
  body.codes.some((code) => isAmong(code, codes))

/** Whether all that a rule asks for is there. */
export const fits = (
  { codes, statuses, text }: Omit<ErrorRule, "id">,
  body: ErrorBody,
  status: number | undefined
): boolean =>
  (codes === undefined || hasCode(body, codes)) &&
  (text === undefined || body.texts.some((errorText) => errorText.search(text) >= 0)) &&
  (statuses === undefined || (status !== undefined && statuses.includes(status)))

/** The entry of the first rule that fits. */
export const matchRule = (rules: ReadonlyArray<ErrorRule>, body: ErrorBody, status?: number): CatalogueId | undefined =>
  rules.find((rule) => fits(rule, body, status))?.id
