import { randomUUID } from "node:crypto"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { whileOpen, withCallOptions } from "../Application.ts"
import type { Credential } from "../credential/Credential.ts"
import { catalogue } from "../errors/catalogue.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  PermissionDenied,
  RequestRejected
} from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import * as metrics from "../telemetry/metrics.ts"
import { type Access, own, type Variant } from "./Access.ts"
import { type Exchanged, exchange, ExchangeFailure } from "./Exchange.ts"
import type { ExecuteOptions } from "./IntacctXmlClient.ts"
import { judge } from "./judge.ts"
import type { CheckedLogin } from "./options.ts"
import type { Sessions, XmlSlot } from "./Sessions.ts"
import { type FunctionBody, functionBody, type XmlFunction } from "./wire/functionBody.ts"
import { billable, isReplayable } from "./wire/functions.ts"
import { acknowledged as fromAcknowledgement, fromJson, type XmlResult } from "./XmlResult.ts"
import type { XmlPlace, XmlTraffic } from "./XmlTraffic.ts"

/** What executing functions can fail with. */
export type ExecuteReasons =
  | AcquireReasons["intacct-xml"]
  | PermissionDenied
  | RequestRejected
  | FunctionFailed
  | BudgetExhausted

/** The largest answer that is read, in bytes. */
const answerLimit = 64 * 1024 * 1024

/** Logins sent with this many requests raise the advice to open a session instead. */
const loginsUntilAdvice = 3

interface Prepared extends FunctionBody {
  readonly controlId: string
}

/** One call: its functions, and where and how they are sent. */
interface Call {
  readonly place: XmlPlace
  readonly slot: XmlSlot
  readonly variant: Variant
  readonly functions: ReadonlyArray<Prepared>
  readonly transactions: number
  readonly transaction: boolean
  readonly uniqueId: boolean
  readonly policyId: string | undefined
}

/** Sends functions with the sessions of one connection, and says what became of each. */
export class Execution {
  readonly #traffic: XmlTraffic
  readonly #sessions: Sessions
  #loginsSent = 0

  constructor(traffic: XmlTraffic, sessions: Sessions) {
    this.#traffic = traffic
    this.#sessions = sessions
  }

  execute(
    tenant: string,
    variant: Variant,
    functions: ReadonlyArray<XmlFunction | string>,
    options: ExecuteOptions | undefined
  ): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> {
    const { application, configuration, deadline } = this.#traffic
    const place = this.#traffic.place(tenant)
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(application, place)
      const uniqueId = options?.uniqueid ?? false
      const prepared = yield* prepare(functions, uniqueId, place)
      const call: Call = {
        place,
        // where every request carries the login, it also names the entity
        slot: this.#sessions.slot(tenant, configuration.authentication === "login" ? own : variant),
        variant,
        functions: prepared,
        transactions: prepared.filter(({ name }) => billable(name)).length,
        transaction: options?.transaction ?? false,
        uniqueId,
        policyId: yield* policyOf(options, place)
      }
      return yield* this.#send(call)
    }).pipe(
      withCallOptions(options, deadline, place),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          const outcome = outcomeOf(exit)
          application.count(metrics.callsOf({ surface: place.surface, outcome }), 1)
        })
      ),
      Effect.withSpan("IntacctXml.execute", {
        kind: "client",
        attributes: {
          "sage_auth.surface": place.surface,
          "sage_auth.connection": place.connection,
          "sage_auth.tenant": tenant,
          // from JavaScript it may be anything
          "sage_auth.functions": Array.isArray(functions) ? functions.length : 0
        }
      })
    )
  }

  #send(call: Call): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> {
    // after a lost answer only what cannot run twice is sent again
    const replayable =
      call.uniqueId || (call.policyId === undefined && call.functions.every(({ name }) => isReplayable(name)))
    let replayed = false
    const sent = this.#sendOnce(call)
    return sent.pipe(
      // the functions of a request whose session is dead did not run: one replay with its successor
      Effect.catchIf(
        (lost) => lost.sessionDead,
        () => sent
      ),
      this.#traffic.retried(call.place, (lost) => {
        if (lost.ran === "no") return true
        replayed = replayable
        return replayable
      }),
      Effect.mapError((lost) => finalError(lost, call, replayed)),
      Effect.flatMap((exchanged) => results(exchanged, call, replayed))
    )
  }

  /** waits for a credential, then for a permit, until it has both */
  #sendOnce(call: Call): Effect.Effect<Exchanged, ExchangeFailure> {
    const { slot } = call
    return Effect.gen({ self: this }, function* () {
      while (true) {
        // no permit is held while waiting for a renewal, which needs one itself
        const { company } = (yield* this.#sessions.acquire(slot)).value
        if (call.transactions > 0) yield* this.#traffic.application.meters.ready(company)
        const attempt = Effect.suspend(() => {
          // read after the permit was got: the session may have ended while others were served
          const credential = this.#sessions.peek(slot)
          return credential?.value.company === company ? this.#attempt(call, credential) : Effect.undefined
        })
        const exchanged = yield* this.#traffic.withPermit(company, false)(attempt)
        if (exchanged !== undefined) return exchanged
      }
    })
  }

  #attempt(call: Call, credential: Credential<Access>): Effect.Effect<Exchanged, ExchangeFailure> {
    const { place, slot, transactions } = call
    const { company, login, sender, session } = credential.value
    const { application, rules } = this.#traffic
    if (!application.meters.allows(company, transactions, rules)) {
      const error = failure<BudgetExhausted>("intacct.budget-exhausted", place)
      return Effect.fail(new ExchangeFailure({ error, ran: "no", sessionDead: false }))
    }
    const letGo = application.meters.hold(company, transactions)
    if (session === undefined) this.#adviseSession(place)
    // a queued request may be carried out when a session is long over
    const bySession = call.policyId === undefined ? session : undefined
    const authentication =
      bySession === undefined
        ? { login: loginIn(login, call.variant) }
        : { sessionId: bySession.id, endpoint: bySession.endpoint }
    return exchange(this.#traffic.gateway(place), {
      sender,
      authentication,
      functions: call.functions,
      transaction: call.transaction,
      uniqueId: call.uniqueId,
      controlId: randomUUID(),
      policyId: call.policyId,
      limit: answerLimit
    }).pipe(
      // a caller that leaves does not take back what was sent
      Effect.onInterrupt(() => Effect.sync(() => this.#traffic.count(company, transactions))),
      Effect.tap((exchanged) =>
        Effect.sync(() => {
          this.#traffic.count(company, transactions)
          // an answer to a login says nothing of the session
          if (bySession === session) this.#sessions.accept(slot, credential, exchanged)
        })
      ),
      Effect.mapError((lost) => {
        // what may have run may be billed
        if (lost.ran === "maybe") this.#traffic.count(company, transactions)
        if (lost.sessionDead) return this.#sessions.died(slot, credential, lost, place)
        const elsewhere = bySession === undefined && call.variant.kind === "entity" && credential.accepted
        if (elsewhere && lost.error.id === "intacct-xml.login-rejected") {
          return this.#sessions.entityRefused(slot, credential, lost, place)
        }
        const error = this.#sessions.judge(place, sender, login, lost.error)
        // an option that is a function may answer something else by now
        if (lost.error.reason._tag === "CredentialRejected") this.#sessions.renewals.reject(slot, credential)
        return error === lost.error ? lost : new ExchangeFailure({ error, ran: lost.ran, sessionDead: false })
      }),
      Effect.ensuring(Effect.sync(letGo)),
      Effect.flatMap((exchanged) => unlessOffline(exchanged, place))
    )
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

/** The transport policy of a call, if it has one. */
const policyOf = (
  options: ExecuteOptions | undefined,
  place: XmlPlace
): Effect.Effect<string | undefined, SageAuthError<RequestRejected>> => {
  const policyId: unknown = options?.policyid
  if (policyId === undefined || (typeof policyId === "string" && policyId !== "")) return Effect.succeed(policyId)
  const message = "policyid is not the name of a transport policy: give a text, or leave it out"
  return Effect.fail(failure<RequestRejected>("client.function-refused", { ...place, message }))
}

/** The functions of a call as XML, each with a control id. */
const prepare = (
  functions: ReadonlyArray<XmlFunction | string>,
  uniqueId: boolean,
  place: XmlPlace
): Effect.Effect<ReadonlyArray<Prepared>, SageAuthError<RequestRejected>> => {
  const refuse = (message: string) =>
    Effect.fail(failure<RequestRejected>("client.function-refused", { ...place, message }))
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
    prepared.push({ ...body.success, controlId: controlId ?? randomUUID() })
  }
  if (new Set(prepared.map(({ controlId }) => controlId)).size < prepared.length) {
    return refuse("two functions have the same @controlid")
  }
  return Effect.succeed(prepared)
}

/** A function that failed alone because Intacct is off line for a moment is tried again like any transient failure. */
const unlessOffline = (exchanged: Exchanged, place: XmlPlace): Effect.Effect<Exchanged, ExchangeFailure> => {
  const [meaning, more] = exchanged.verdicts
  if (meaning === undefined || more !== undefined) return Effect.succeed(exchanged)
  if (meaning.kind === "accepted" || !catalogue[meaning.id].retryable) return Effect.succeed(exchanged)
  const { code, id, supportId, text } = meaning
  const error = failure(id, { ...place, message: text, code, supportId })
  return Effect.fail(new ExchangeFailure({ error, ran: "maybe", sessionDead: false }))
}

/** What a call fails with when nothing more will be tried. */
const finalError = (
  lost: ExchangeFailure,
  { place, uniqueId }: Call,
  replayed: boolean
): SageAuthError<ExecuteReasons> => {
  const { code, reason, supportId } = lost.error
  if (lost.sessionDead) return failure<ExecuteReasons>("intacct-xml.session-lost", { ...place, code, supportId })
  // let in and refused, without a result: one more form of the refusal of a write that the first request has done
  if (replayed && uniqueId && reason._tag === "FunctionFailed") {
    return failure<ExecuteReasons>("intacct-xml.replay-refused", {
      ...place,
      code,
      supportId,
      message: `sent again after its first answer was lost, and refused: ${lost.said ?? "Intacct gave no reason"}`
    })
  }
  // executing can fail with whatever an answer means: the catalogue has no other reason for this surface
  return lost.error as SageAuthError<ExecuteReasons>
}

const results = (
  exchanged: Exchanged,
  call: Call,
  replayed: boolean
): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> => {
  const { acknowledged, answer, head, mask } = exchanged
  const { functions, place } = call
  if (acknowledged) return Effect.succeed(functions.map(({ controlId }) => fromAcknowledgement(answer.text, controlId)))
  if (head === undefined) {
    return Effect.succeed([fromJson(answer.text, (functions[0] as Prepared).controlId, { place, mask })])
  }
  const judged = judge(exchanged, call, replayed)
  return judged.error === undefined ? Effect.succeed(judged.results) : Effect.fail(judged.error)
}
/** The login for another entity. */
const loginIn = (login: CheckedLogin, variant: Variant): CheckedLogin => {
  if (variant.kind === "own") return login
  const { entityId: _, ...rest } = login
  return variant.id === null ? rest : { ...rest, entityId: variant.id }
}

const outcomeOf = (exit: Exit.Exit<unknown, SageAuthError>): string => {
  if (Exit.isSuccess(exit)) return "ok"
  const error = Cause.findErrorOption(exit.cause)
  if (Option.isSome(error)) return error.value.reason._tag
  return Cause.hasInterruptsOnly(exit.cause) ? "aborted" : "defect"
}
