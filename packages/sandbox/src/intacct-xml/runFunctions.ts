import type { Failure, FunctionResult } from "./answers.ts"
import type { Authenticated } from "./authenticate.ts"
import type { Call } from "./call.ts"
import { companyKey } from "./companies.ts"
import type { Outcome, PlainAnswer } from "./functions/context.ts"
import { gatewayPath } from "./paths.ts"
import type { RequestFunction } from "./readRequest.ts"
import { undocumentedFailure, undocumentedFunctionFailure, undocumentedRefusal } from "./refusal.ts"
import type { Identity } from "./sessions.ts"
import { child, node } from "./xml.ts"

/** What the functions of a call came to. */
export interface Run {
  readonly results: ReadonlyArray<FunctionResult>
  /** The answer of a single function that asked for another format than XML. */
  readonly plain: PlainAnswer | undefined
  /** Errors that stand beside the results. */
  readonly beside: ReadonlyArray<Failure>
}

const rolledBack: Failure = {
  errorno: "XL03000009",
  description2: "The entire transaction in this operation has been rolled back due to an error."
}

/** What one function came to. */
interface Ran {
  readonly called: RequestFunction
  readonly outcome: Outcome
  /** Whether its control id was used before. */
  readonly duplicate: boolean
}

/**
 * Runs the functions of a call in their order. With `offline` none is run, and each fails with it.
 *
 * @throws `Refusal` when the call fails as a whole.
 */
export const runFunctions = (call: Call, { identity, session }: Authenticated, offline: Failure | undefined): Run => {
  const { state, read } = call
  refuseCompanion(call, identity)
  const used: Array<string> = []
  const alone = read.functions.length === 1

  const runOne = (called: RequestFunction): Ran => {
    if (offline !== undefined) return { called, outcome: { failures: [offline] }, duplicate: false }
    const { name, controlId } = called
    const company = companyKey(identity.company.companyId)
    const mark = JSON.stringify([company, read.control.senderId, controlId])
    if (read.control.uniqueId && state.usedControlIds.has(mark)) {
      const failure = undocumentedFunctionFailure(call, "replayedControlId", identity, { controlId })
      return { called, outcome: { failures: [failure] }, duplicate: true }
    }
    state.transactions.count(company, name)
    const outcome =
      name === "getAPISession"
        ? openSession(call, identity, called)
        : state.functions.run(identity, session?.id, called, alone)
    if (read.control.uniqueId && !("failures" in outcome)) {
      state.usedControlIds.add(mark)
      used.push(mark)
    }
    return { called, outcome, duplicate: false }
  }

  if (!read.transaction) {
    const ran = read.functions.map(runOne)
    const only = alone ? ran[0]?.outcome : undefined
    return {
      results: ran.map((each) => resultOf(call, each)),
      plain: only !== undefined && "content" in only ? only.plain : undefined,
      beside: ran.flatMap((each) => besideOf(call, each))
    }
  }
  const ran: Array<Ran> = []
  let kept = false
  try {
    identity.company.records.transaction(() => {
      for (const called of read.functions) {
        const each = runOne(called)
        ran.push(each)
        if ("failures" in each.outcome && !state.options().transactionGoesOn) break
      }
      return (kept = ran.every(({ outcome }) => !("failures" in outcome)))
    })
  } finally {
    // What was undone may be sent again under its control id.
    if (!kept) for (const mark of used) state.usedControlIds.delete(mark)
  }
  if (!kept) {
    return {
      results: read.functions.map((called, index) => undone(call, called, ran[index])),
      plain: undefined,
      beside: ran.flatMap((each) => besideOf(call, each))
    }
  }
  const only = alone ? ran[0]?.outcome : undefined
  return {
    results: ran.map((each) => resultOf(call, each)),
    plain: only !== undefined && "content" in only ? only.plain : undefined,
    beside: []
  }
}

const resultOf = (call: Call, { called, outcome, duplicate }: Ran): FunctionResult => {
  const { name, controlId } = called
  if (!("failures" in outcome)) return { status: "success", name, controlId, content: outcome.content }
  const absent = duplicate && call.state.options().duplicateStatus === "absent"
  const failures = insideOf(call, duplicate, outcome.failures)
  return { status: absent ? undefined : "failure", name, controlId, failures }
}

/** What of its own errors a failed function has in its result. */
const insideOf = (
  call: Call,
  duplicate: boolean,
  failures: ReadonlyArray<Failure>
): ReadonlyArray<Failure> | undefined =>
  duplicate && call.state.options().duplicateError !== "inside" ? undefined : failures

const besideOf = (call: Call, { duplicate, outcome }: Ran): ReadonlyArray<Failure> =>
  duplicate && "failures" in outcome && call.state.options().duplicateError === "beside" ? outcome.failures : []

const undone = (call: Call, { name, controlId }: RequestFunction, ran: Ran | undefined): FunctionResult => {
  const { guiltyStatus, rollbackError } = call.state.options()
  if (ran !== undefined && "failures" in ran.outcome) {
    const own = insideOf(call, ran.duplicate, ran.outcome.failures)
    const failures = rollbackError === "all" ? [...(own ?? []), rolledBack] : own
    return { status: guiltyStatus, name, controlId, failures }
  }
  return { status: "aborted", name, controlId, failures: rollbackError === "none" ? undefined : [rolledBack] }
}

/** getAPISession travels alone. */
const refuseCompanion = (call: Call, identity: Identity): void => {
  const { functions } = call.read
  if (functions.length === 1 || functions.every((called) => called.name !== "getAPISession")) return
  const { level } = call.state.options().undocumented.isolation
  // It is the request that is wrong, so that no single function can carry the failure.
  const carried = level === "function" ? "authentication" : level
  throw undocumentedRefusal(call, carried, identity, undocumentedFailure(call, "isolation", identity))
}

const openSession = (call: Call, identity: Identity, called: RequestFunction): Outcome => {
  const { state, request } = call
  const asked = child(called.element, "locationid")?.text
  const { restrictedTopLevel, restrictedEntity, endpoint } = state.options()
  const { company, home, user } = identity
  const restricted = user.entities
  const names = { entityId: asked ?? "", controlId: called.controlId }
  if (asked === "" && restricted !== undefined && restrictedTopLevel === "refused") {
    return { failures: [undocumentedFunctionFailure(call, "topLevelRefused", identity, names)] }
  }
  if (asked !== undefined && asked !== "") {
    const outside = restricted !== undefined && !restricted.includes(asked)
    if (!company.entities.includes(asked) || (outside && restrictedEntity === "refused")) {
      return { failures: [undocumentedFunctionFailure(call, "unknownEntity", identity, names)] }
    }
  }
  const entity = asked === undefined ? identity.entity : asked === "" ? undefined : asked
  const path = endpoint === "pod" ? `/pods/${company.pod}${gatewayPath}` : request.path
  const session = state.sessions.open({ company, home, user, entity }, `http://${request.host}${path}`)
  return {
    content: [
      node("data", [
        node("api", [
          node("sessionid", session.id),
          node("endpoint", session.endpoint),
          node("locationid", entity ?? "")
        ])
      ])
    ]
  }
}
