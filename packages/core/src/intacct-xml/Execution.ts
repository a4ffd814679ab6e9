import * as Effect from "effect/Effect"
import { builtin } from "../config/builtin.ts"
import { deadlineOf, whileOpen, withCallOptions } from "../application/Application.ts"
import { Admission, type AdmissionRequest, type Admitted, Patience } from "../calls/Admission.ts"
import * as Result from "../config/Result.ts"
import { effectOf } from "../config/resolve.ts"
import type { Credential } from "../credential/CredentialCache.ts"
import type { AcquireReasons, Misconfigured, RequestRejected } from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import { catalogue } from "../errors/catalogue.ts"
import {
  annotateSpan,
  answerAttributes,
  type Attributes,
  callsOf,
  inSpan,
  methodAttributes,
  outcomeOf,
  placeAttributes,
  serverAttributes
} from "../telemetry/instrumentation.ts"
import { type MeterEntry, requestMeter } from "../traffic/MeterEntry.ts"
import { mayRepeat } from "../transport/Answer.ts"
import { fromThrown } from "../transport/TransportFailure.ts"
import { type Access, own, type Session, type Variant } from "./Access.ts"
import { answeredExchange, type Exchanged, ExchangeFailure, lostExchange, writtenExchange } from "./Exchange.ts"
import type { ExecuteOptions } from "./IntacctXmlClient.ts"
import { notAdmitted, type Sessions, type XmlSlot } from "./Sessions.ts"
import { acknowledged as fromAcknowledgement, fromJson, type XmlResult } from "./XmlResult.ts"
import type { XmlPlace, XmlTraffic } from "./XmlTraffic.ts"
import { type ExecuteReasons, judge } from "./judge.ts"
import type { CheckedLogin } from "./options.ts"
import { type FunctionBody, functionBody, type XmlFunction } from "./wire/request.ts"

// What the name of a function says about sending it twice and about counting it.

const replayable: ReadonlySet<string> = new Set([
  "read",
  "readByQuery",
  "readByName",
  "readByKey",
  "readRelated",
  "readView",
  "query",
  "inspect",
  "lookup",
  "get",
  "getAPISession",
  "getSession"
])

/**
 * Whether a function may be sent again when it is unknown whether the first one arrived: those that only read.
 *
 * `readMore` is none of them: the cursor moves with every call, and a second one would skip a page. Neither is
 * `readReport`, which starts a job. A function this library does not know is taken for one that writes.
 */
export const isReplayable = (functionName: string): boolean =>
  replayable.has(functionName) || /^get(_|[A-Z])/.test(functionName)

const unbilled: ReadonlySet<string> = new Set(["inspect", "lookup"])

/**
 * Whether a function counts as one transaction of the company's allowance.
 *
 * Everything that reads or writes records does, the older functions of a single object (`create_invoice`, `get_list`)
 * included, and so does a function this library does not know. A count that is too high warns early, one that is too
 * low costs money. Functions about the session, the user or the definition of objects do not: `getAPISession`,
 * `getUserPermissions`, `inspect` and the like.
 *
 * @see https://developer.sage.com/intacct/docs/developer-portal/api-essentials/txn-volume-concurrency-scaling
 */
export const billable = (functionName: string): boolean =>
  !unbilled.has(functionName) && !/^get[A-Z]/.test(functionName)

/** The largest answer that is read, in bytes. */
const answerLimit = 64 * 1024 * 1024

/** Logins sent with this many requests raise the advice to open a session instead. */
const loginsUntilAdvice = 3

interface Prepared extends FunctionBody {
  readonly controlId: string
}

/** What came of one request. */
type XmlOutcome = Result.Result<Exchanged, ExchangeFailure>

/** One call: its functions, and where and how they are sent. */
interface XmlCall extends AdmissionRequest<Access> {
  readonly place: XmlPlace
  readonly slot: XmlSlot
  readonly variant: Variant
  readonly functions: ReadonlyArray<Prepared>
  readonly transaction: boolean
  readonly uniqueId: boolean
  readonly policyId: string | undefined
  readonly cursor: ResultCursor | undefined
  /** where it went last, and the HTTP status of the answer, if one came */
  url: string | undefined
  status: number | undefined
}

/** What holds the pages of one result together: a `resultId` is of the session that it came in. */
export class ResultCursor {
  /** whether the calls go on with a result; otherwise they ask for one */
  goesOn = false
  /** the session that the result came in; undefined where every request carries the login */
  session: Session | undefined

  /** whether a session has the result */
  isOf(session: Session | undefined): boolean {
    return !this.goesOn || this.session?.id === session?.id
  }
}

/** Sends functions with the sessions of one connection, and says what became of each. */
export class Execution {
  readonly #traffic: XmlTraffic
  readonly #sessions: Sessions
  readonly #admission: Admission<Access, AcquireReasons["intacct-xml"]>
  #loginsSent = 0
  /** names this connection in control ids, which makes them unique */
  readonly #name = builtin("node:crypto").randomUUID()
  #ids = 0

  constructor(traffic: XmlTraffic, sessions: Sessions) {
    this.#traffic = traffic
    this.#sessions = sessions
    const meter = requestMeter<Access>(traffic.application, traffic.rules, ({ company }) => company)
    this.#admission = new Admission(traffic.application, sessions.renewals, meter)
  }

  execute(
    tenant: string,
    variant: Variant,
    functions: ReadonlyArray<XmlFunction | string>,
    options: ExecuteOptions | undefined,
    cursor?: ResultCursor
  ): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> {
    return Effect.suspend(() => {
      const { application, deadline } = this.#traffic
      const place = this.#traffic.place(tenant)
      return whileOpen(application, place).pipe(
        Effect.andThen(Effect.suspend(() => effectOf(this.#callOf(place, variant, functions, options, cursor)))),
        Effect.flatMap((call) => Effect.onExit(this.#send(call), () => annotateSpan(() => answeredBy(call)))),
        withCallOptions(options, deadline, place),
        Effect.onExit((exit) => Effect.sync(() => this.#observe(outcomeOf(exit)))),
        inSpan("IntacctXml.execute", {
          kind: "client",
          attributes: () => ({
            ...placeAttributes(place),
            // from JavaScript it may be anything
            "sage_auth.functions": Array.isArray(functions) ? functions.length : 0,
            ...methodAttributes("POST")
          })
        })
      )
    })
  }

  /**
   * `execute` for promises: as long as nothing is unusual without a fiber. From there on `run` goes on as an effect,
   * with the answer that has come. undefined: ask `execute`.
   */
  executePlainly(
    tenant: string,
    variant: Variant,
    functions: ReadonlyArray<XmlFunction | string>,
    options: ExecuteOptions | undefined,
    run: (
      rest: Effect.Effect<ReadonlyArray<XmlResult>, unknown>,
      signal: AbortSignal | undefined
    ) => Promise<ReadonlyArray<XmlResult>>
  ): Promise<ReadonlyArray<XmlResult>> | undefined {
    const { application } = this.#traffic
    if (application.callerContext !== undefined || application.isClosed() || options?.signal?.aborted === true) {
      return undefined
    }
    const place = this.#traffic.place(tenant)
    const slot = this.#slotOf(tenant, variant)
    const credential = this.#admission.peek(slot)
    if (credential === undefined) return undefined
    const made = this.#callOf(place, variant, functions, options)
    if (Result.isFailure(made)) return undefined
    const call = made.success
    const { patience } = call
    const rest = (outcome?: XmlOutcome) => {
      const { left } = patience
      return run(
        this.#send(call, outcome).pipe(
          withCallOptions({ deadline: left }, left, place),
          Effect.onExit((exit) => Effect.sync(() => this.#observe(outcomeOf(exit))))
        ),
        patience.signal
      )
    }
    return this.#admission.sendPlainly<XmlOutcome, ReadonlyArray<XmlResult>>(slot, credential, call, {
      use: (admitted, ends) => this.#attempt(call, admitted, ends),
      settle: (outcome, permit) => {
        permit?.release()
        const all = Result.isSuccess(outcome) ? results(outcome.success, call, false) : undefined
        if (all === undefined || Result.isFailure(all)) return rest(outcome)
        this.#observe("ok")
        return all.success
      },
      otherwise: rest,
      left: (how) => this.#observe(how)
    })
  }

  #controlId(): string {
    return `${this.#name}-${++this.#ids}`
  }

  #observe(outcome: string): void {
    this.#traffic.application.count(outcome === "ok" ? succeeded : xmlCallsOf(outcome), 1)
  }

  /** where every request carries the login, it also names the entity */
  #slotOf(tenant: string, variant: Variant): XmlSlot {
    return this.#sessions.slot(tenant, this.#traffic.configuration.authentication === "login" ? own : variant)
  }

  #callOf(
    place: XmlPlace,
    variant: Variant,
    functions: ReadonlyArray<XmlFunction | string>,
    options: ExecuteOptions | undefined,
    cursor?: ResultCursor
  ): Result.Result<XmlCall, SageAuthError<RequestRejected | Misconfigured>> {
    const { application, deadline: otherwise } = this.#traffic
    const deadline = deadlineOf(options?.deadline, otherwise, place)
    if (Result.isFailure(deadline)) return Result.fail(deadline.failure)
    const uniqueId = options?.uniqueid ?? false
    const prepared = prepare(functions, uniqueId, place, () => this.#controlId())
    if (Result.isFailure(prepared)) return Result.fail(prepared.failure)
    const transactions = prepared.success.filter(({ name }) => billable(name)).length
    return Result.map(policyOf(options, place), (policyId) => ({
      place,
      slot: this.#slotOf(place.tenant, variant),
      variant,
      patience: new Patience(application.now, deadline.success, options?.signal),
      functions: prepared.success,
      traffic: ({ company }) => this.#traffic.trafficOf(company),
      weigh: () => transactions,
      transaction: options?.transaction ?? false,
      uniqueId,
      policyId,
      cursor,
      url: undefined,
      status: undefined
    }))
  }

  /** sends a call as often as it takes; `first` is what came of the request that was sent already */
  #send(call: XmlCall, first?: XmlOutcome): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> {
    // after a lost answer only what cannot run twice is sent again
    const replayable =
      call.uniqueId || (call.policyId === undefined && call.functions.every(({ name }) => isReplayable(name)))
    let replayed = false
    let known = first
    const sent = Effect.suspend(() => {
      const outcome = known
      known = undefined
      return outcome === undefined ? this.#sendOnce(call) : effectOf(outcome)
    })
    return sent.pipe(
      // the functions of a request whose session is dead did not run: one replay with its successor
      Effect.catchIf(
        (lost) => lost.sessionDead,
        () => sent
      ),
      this.#traffic.retried(call.place, (lost) => {
        if (lost.processed === "no") return true
        replayed = mayRepeat(lost.processed, replayable)
        return replayed
      }),
      Effect.mapError((lost) => finalError(lost, call, replayed)),
      Effect.flatMap((exchanged) => effectOf(results(exchanged, call, replayed)))
    )
  }

  #sendOnce(call: XmlCall): Effect.Effect<Exchanged, ExchangeFailure> {
    return Effect.mapError(
      this.#admission.send(
        call.slot,
        call,
        (admitted, ends) => this.#attempt(call, admitted, ends),
        (outcome, permit) => {
          permit?.release()
          return effectOf(outcome)
        }
      ),
      (failed) => (failed instanceof ExchangeFailure ? failed : notAdmitted(failed))
    )
  }

  /** sends one request, and says what came of it */
  async #attempt(call: XmlCall, { credential, entry }: Admitted<Access>, ends: AbortSignal): Promise<XmlOutcome> {
    const { place, slot } = call
    const { login, sender, session } = credential.value
    if (session === undefined) this.#adviseSession(place)
    const bySession = sessionFor(call, credential)
    if (call.cursor?.isOf(bySession) === false) return Result.fail(resultLost(place))
    const authentication =
      bySession === undefined
        ? { login: loginIn(login, call.variant) }
        : { sessionId: bySession.id, endpoint: bySession.endpoint }
    const request = {
      sender,
      authentication,
      functions: call.functions,
      transaction: call.transaction,
      uniqueId: call.uniqueId,
      controlId: this.#controlId(),
      policyId: call.policyId,
      limit: answerLimit
    }
    const gateway = this.#traffic.gateway(place)
    const http = writtenExchange(gateway, request)
    if (Result.isFailure(http)) return Result.fail(this.#lost(call, credential, entry, http.failure))
    const { url } = http.success
    let outcome: XmlOutcome
    try {
      const answer = await gateway.transport.callPlainly(http.success, ends, () => {
        call.url = url
        entry.sent()
      })
      call.status = answer.status
      outcome = answeredExchange(gateway, request, answer)
    } catch (thrown) {
      outcome = Result.fail(lostExchange(gateway, request)(fromThrown(thrown, url)))
    }
    if (Result.isFailure(outcome)) return Result.fail(this.#lost(call, credential, entry, outcome.failure))
    entry.count()
    if (call.cursor !== undefined) call.cursor.session = bySession
    // an answer to a login says nothing of the session
    if (bySession === session) this.#sessions.accept(slot, credential, outcome.success)
    return unlessOffline(outcome.success, place)
  }

  /** a request that did not run, or whose answer is lost */
  #lost(
    call: XmlCall,
    credential: Credential<Access>,
    entry: MeterEntry<Access>,
    lost: ExchangeFailure
  ): ExchangeFailure {
    const { place, slot, variant } = call
    const { login, sender } = credential.value
    // what may have run may be billed
    if (lost.processed === "unknown") entry.count()
    if (lost.sessionDead) return this.#sessions.died(slot, credential, lost, place)
    const elsewhere = sessionFor(call, credential) === undefined && variant.kind === "entity" && credential.accepted
    if (elsewhere && lost.error.id === "intacct-xml.login-rejected") {
      return this.#sessions.entityRefused(slot, credential, lost, place)
    }
    const error = this.#sessions.judge(place, sender, login, lost.error)
    // an option that is a function may answer something else by now
    if (lost.error.reason._tag === "CredentialRejected") this.#sessions.renewals.reject(slot, credential)
    return error === lost.error ? lost : new ExchangeFailure({ error, processed: lost.processed, sessionDead: false })
  }

  #adviseSession(place: XmlPlace): void {
    if (++this.#loginsSent !== loginsUntilAdvice) return
    const { application } = this.#traffic
    application.publish({
      type: "advice",
      ...place,
      at: application.now(),
      subject: "login-per-request",
      message: `${place.connection} sends the login with every request (authentication: "login"), and each call signs in anew. authentication: "session" signs in once: calls answer sooner, and the password stays off the wire.`
    })
  }
}

const xmlCallsOf = (outcome: string) => callsOf({ surface: "intacct-xml", outcome })

const succeeded = xmlCallsOf("ok")

/** What the span of a call says of the request that it sent last. */
const answeredBy = ({ status, url }: XmlCall): Attributes => ({
  ...(url === undefined ? {} : serverAttributes(url)),
  ...(status === undefined ? {} : answerAttributes(status))
})

/** The transport policy of a call, if it has one. */
const policyOf = (
  options: ExecuteOptions | undefined,
  place: XmlPlace
): Result.Result<string | undefined, SageAuthError<RequestRejected>> => {
  const policyId: unknown = options?.policyid
  if (policyId === undefined || (typeof policyId === "string" && policyId !== "")) return Result.succeed(policyId)
  const message = "policyid is not the name of a transport policy: give a text, or leave it out"
  return Result.fail(failure<RequestRejected>("client.function-refused", { ...place, message }))
}

/** The functions of a call as XML, each with a control id. */
const prepare = (
  functions: ReadonlyArray<XmlFunction | string>,
  uniqueId: boolean,
  place: XmlPlace,
  newId: () => string
): Result.Result<ReadonlyArray<Prepared>, SageAuthError<RequestRejected>> => {
  const refuse = (message: string) =>
    Result.fail(failure<RequestRejected>("client.function-refused", { ...place, message }))
  if (!Array.isArray(functions) || functions.length === 0) return refuse("functions is empty: give at least one")
  const prepared: Array<Prepared> = []
  for (const [index, fn] of functions.entries()) {
    const path = `functions[${index}]`
    const body = functionBody(fn, path)
    if (Result.isFailure(body)) return refuse(body.failure.message)
    const { controlId, name } = body.success
    if (name === "getAPISession") {
      return refuse(`${path} is getAPISession: it travels alone, and session() and entity() send it`)
    }
    if (uniqueId && controlId === undefined) {
      return refuse(`${path} has no @controlid: with uniqueid it needs one that names this write for good`)
    }
    prepared.push({ ...body.success, controlId: controlId ?? newId() })
  }
  if (prepared.length > 1 && new Set(prepared.map(({ controlId }) => controlId)).size < prepared.length) {
    return refuse("two functions have the same @controlid")
  }
  return Result.succeed(prepared)
}

/** A function that failed alone because Intacct is off line for a moment is tried again like any transient failure. */
const unlessOffline = (exchanged: Exchanged, place: XmlPlace): XmlOutcome => {
  const [meaning, more] = exchanged.verdicts
  if (meaning === undefined || more !== undefined) return Result.succeed(exchanged)
  if (meaning.kind === "accepted" || !catalogue[meaning.id].retryable) return Result.succeed(exchanged)
  const { code, id, supportId, text } = meaning
  const error = failure(id, { ...place, message: text, code, supportId })
  return Result.fail(new ExchangeFailure({ error, processed: "unknown", sessionDead: false }))
}

/** A result that ended with its session, or whose cursor stands nobody knows where. */
const resultLost = (place: XmlPlace): ExchangeFailure =>
  // not one to be sent again: nothing brings this result back
  new ExchangeFailure({ error: failure("intacct-xml.result-lost", place), processed: "yes", sessionDead: false })

/** What a call fails with when nothing more will be tried. */
const finalError = (
  lost: ExchangeFailure,
  { cursor, place, uniqueId }: XmlCall,
  replayed: boolean
): SageAuthError<ExecuteReasons> => {
  const { code, reason, supportId } = lost.error
  // the cursor may have moved on: the page that it stood at cannot be asked for again
  if (cursor?.goesOn === true && lost.processed === "unknown")
    return resultLost(place).error as SageAuthError<ExecuteReasons>
  if (lost.sessionDead) return failure<ExecuteReasons>("intacct-xml.session-lost", { ...place, code, supportId })
  // let in and refused, without a result: one more form of the refusal of a write that the first request has done
  if (replayed && uniqueId && reason._tag === "FunctionFailed") {
    return failure<ExecuteReasons>("intacct-xml.replay-refused", {
      ...place,
      code,
      supportId,
      message: `sent again after its first answer was lost, and refused: ${lost.description ?? "Intacct gave no reason"}`
    })
  }
  // executing can fail with whatever an answer means: the catalogue has no other reason for this surface
  return lost.error as SageAuthError<ExecuteReasons>
}

const results = (
  exchanged: Exchanged,
  call: XmlCall,
  replayed: boolean
): Result.Result<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> => {
  const { acknowledged, answer, head, mask } = exchanged
  const { functions, place } = call
  if (acknowledged) return Result.succeed(functions.map(({ controlId }) => fromAcknowledgement(answer.text, controlId)))
  if (head === undefined) {
    return Result.succeed([fromJson(answer.text, (functions[0] as Prepared).controlId, { place, mask })])
  }
  const judged = judge(exchanged, call, replayed)
  return judged.error === undefined ? Result.succeed(judged.results) : Result.fail(judged.error)
}

/** The session that a call is sent with. A queued request may be carried out when a session is long over. */
const sessionFor = ({ policyId }: XmlCall, { value }: Credential<Access>): Session | undefined =>
  policyId === undefined ? value.session : undefined

/** The login for another entity. */
const loginIn = (login: CheckedLogin, variant: Variant): CheckedLogin => {
  if (variant.kind === "own") return login
  const { entityId: _, ...rest } = login
  return variant.id === null ? rest : { ...rest, entityId: variant.id }
}
