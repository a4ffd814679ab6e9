import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  PermissionDenied,
  RequestRejected
} from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError, withResults } from "../errors/SageAuthError.ts"
import type { Exchanged } from "./Exchange.ts"
import { type Failed, guiltOf, type ResultVerdict } from "./wire/classify.ts"
import type { ResponseResult } from "./wire/response.ts"
import { fromResult, type XmlResult } from "./XmlResult.ts"

/** What executing functions can fail with. */
export type ExecuteReasons =
  | AcquireReasons["intacct-xml"]
  | PermissionDenied
  | RequestRejected
  | FunctionFailed
  | BudgetExhausted

/** What was sent, as far as its results need it. */
export interface SentFunctions {
  readonly place: Place
  readonly functions: ReadonlyArray<{ readonly controlId: string }>
  readonly transaction: boolean
  readonly uniqueId: boolean
}

/** What became of each function, and what the call fails with, if it does. */
export interface Judged {
  readonly results: ReadonlyArray<XmlResult>
  readonly error: SageAuthError<ExecuteReasons> | undefined
}

/** A result with the function that it belongs to. */
interface Placed {
  readonly result: ResponseResult
  readonly verdict: ResultVerdict
  readonly controlId: string
  /** of its function; undefined where the answer does not tell which it is */
  readonly index: number | undefined
}

type ResultError = SageAuthError<FunctionFailed | PermissionDenied>

/**
 * Says what became of each function of an answer that has results.
 *
 * A single function that fails fails the call, and so does anything in a transaction. There, the call fails with the
 * error of the function that is the cause, and not with that of one that was only rolled back.
 *
 * @param replayed it was sent a second time, because the first answer was lost. A refusal may be that of a write that
 * the first request has done
 */
export const judge = (exchanged: Exchanged, sent: SentFunctions, replayed: boolean): Judged => {
  const { functions, place, transaction } = sent
  const { mask, results: came, verdicts } = exchanged
  if (functions.length === 1 && came.length === 1 && verdicts[0]?.kind === "accepted") {
    // nearly every call
    return { results: [fromResult(came[0]!, functions[0]!.controlId, undefined, { place, mask })], error: undefined }
  }
  const mayBeReplay = replayed && sent.uniqueId
  const whole = came.length === functions.length
  const placed = placedOf(exchanged, sent)
  const cause = transaction ? causeOf(placed) : undefined
  const errorOf = (at: Placed): ResultError | undefined => {
    if (at.verdict.kind === "accepted") return undefined
    const { code, supportId } = at.verdict
    const rolledBack = transaction && at.verdict.id === "intacct-xml.transaction-rolled-back"
    const guilty = rolledBack ? at === cause : undefined
    return failure<FunctionFailed | PermissionDenied>(idOf(at.verdict, mayBeReplay, guilty), {
      ...place,
      message: transaction
        ? inTransaction(at, at.verdict, cause, placed)
        : mayBeReplay
          ? refused(at.verdict)
          : at.verdict.text,
      code: guilty === true ? undefined : code,
      supportId,
      controlId: at.controlId,
      index: at.index
    })
  }
  const results = placed.map((at) => fromResult(at.result, at.controlId, errorOf(at), { place, mask }))
  const failed = results.filter(({ error }) => error !== undefined)
  if (!whole && !(transaction && failed.length > 0)) {
    const message = `${functions.length} functions were sent and ${came.length} results came back`
    const firstMessage = failed[0]?.error?.message
    const error = failure<ExecuteReasons>(mayBeReplay ? "intacct-xml.replay-refused" : "intacct-xml.result-missing", {
      ...place,
      message: firstMessage === undefined ? message : `${message}; one of them says: ${firstMessage}`
    })
    return { results, error: withResults(error, results) }
  }
  const [first] = failed
  if (first?.error === undefined || (functions.length > 1 && !transaction)) return { results, error: undefined }
  const decisive = cause === undefined ? undefined : results[placed.indexOf(cause)]?.error
  const error =
    decisive ?? (transaction ? withoutCause(exchanged.beside ?? first.error, place, mayBeReplay) : first.error)
  return { results, error: withResults(error, results) }
}

/**
 * Results come in the order of the functions. Their control ids tell where one is missing, and where they come in
 * another order after all.
 */
const placedOf = ({ results, verdicts }: Exchanged, { functions }: SentFunctions): ReadonlyArray<Placed> => {
  if (functions.length === 1 && results.length === 1) {
    return [{ result: results[0]!, verdict: verdicts[0]!, controlId: functions[0]!.controlId, index: 0 }]
  }
  const positions = new Map(functions.map(({ controlId }, position) => [controlId, position]))
  const told = results.map(({ controlId }) => positions.get(controlId ?? "") ?? -1)
  const whole = results.length === functions.length
  const reordered = whole && new Set(told).size === functions.length && !told.includes(-1)
  const placed = results.map((result, position): Placed => {
    const index = whole && !reordered ? position : told[position]!
    return {
      result,
      verdict: verdicts[position]!,
      controlId: functions[index]?.controlId ?? "",
      index: index < 0 ? undefined : index
    }
  })
  return reordered ? placed.toSorted((a, b) => a.index! - b.index!) : placed
}

const failedOnes = (placed: ReadonlyArray<Placed>): ReadonlyArray<Placed> =>
  placed.filter(({ verdict }) => verdict.kind === "failed")

/** The function that made its transaction fail; undefined where the answer does not tell. */
const causeOf = (placed: ReadonlyArray<Placed>): Placed | undefined => {
  const failed = failedOnes(placed)
  return (
    failed.find(({ result }) => guiltOf(result) === "reason") ??
    failed.find(({ result }) => guiltOf(result) === "status") ??
    failed.find(({ verdict }) => verdict.kind === "failed" && verdict.id === "intacct-xml.result-missing")
  )
}

const idOf = ({ id }: Failed, mayBeReplay: boolean, guilty: boolean | undefined): CatalogueId => {
  // rolled back with the others, and no more said of it
  if (guilty === false) return id
  const told = guilty === true ? "intacct-xml.function-failed" : id
  const ambiguous = catalogue[told].reason === "FunctionFailed" || told === "intacct-xml.result-missing"
  return mayBeReplay && ambiguous ? "intacct-xml.replay-refused" : told
}

const nameOf = ({ controlId, index }: Placed): string =>
  index === undefined ? "a function" : `functions[${index}] (control id "${controlId}")`

const refused = ({ text }: Failed): string => `sent again after its first answer was lost, and refused: ${text}`

const inTransaction = (
  at: Placed,
  { id, text }: Failed,
  cause: Placed | undefined,
  placed: ReadonlyArray<Placed>
): string => {
  const rolledBack = id === "intacct-xml.transaction-rolled-back"
  if (cause === undefined) return unnamed
  if (at !== cause) {
    return rolledBack
      ? `rolled back with its transaction, because ${nameOf(cause)} failed`
      : `${nameOf(at)} failed too: ${text}`
  }
  const others = failedOnes(placed).filter((other) => other !== cause && guiltOf(other.result) === "reason")
  const too = others.length === 0 ? "" : `; ${others.slice(0, 5).map(nameOf).join(", ")} failed too`
  const why = rolledBack ? "Intacct gave no reason" : text
  return `${nameOf(at)} failed, and its transaction was rolled back: ${why}${too}`
}

const unnamed = "the transaction was rolled back, and Intacct names no function that failed"

/** The transaction failed and no function says why; `answered` may. */
const withoutCause = (
  answered: Failed | ResultError,
  place: Place,
  mayBeReplay: boolean
): SageAuthError<ExecuteReasons> => {
  const reason = "kind" in answered ? answered : undefined
  const id = reason === undefined ? "intacct-xml.transaction-rolled-back" : reason.id
  const ambiguous = catalogue[id].reason === "FunctionFailed"
  return failure<ExecuteReasons>(mayBeReplay && ambiguous ? "intacct-xml.replay-refused" : id, {
    ...place,
    message: reason === undefined ? unnamed : `${unnamed}, but says: ${reason.text}`,
    code: answered.code,
    supportId: answered.supportId
  })
}
