import type { Failure, FunctionResult } from "./answers.ts"
import type { Call } from "./call.ts"
import { companyKey } from "./companies.ts"
import type { Outcome } from "./functions.ts"
import { gatewayPath } from "./paths.ts"
import type { RequestFunction } from "./readRequest.ts"
import { undocumentedFailure, undocumentedFunctionFailure, undocumentedRefusal } from "./refusal.ts"
import type { Identity } from "./sessions.ts"
import { child, node } from "./xml.ts"

/** What the functions of a call came to. */
export interface Run {
  readonly results: ReadonlyArray<FunctionResult>
  /** The records, when a single `readByQuery` asked for them as JSON. */
  readonly json: ReadonlyArray<unknown> | undefined
}

const rolledBack: Failure = {
  errorno: "XL03000009",
  description2: "The entire transaction in this operation has been rolled back due to an error."
}

/**
 * Runs the functions of a call in their order. With `offline` none is run, and each fails with it.
 *
 * @throws `Refusal` when the call fails as a whole.
 */
export const runFunctions = (call: Call, identity: Identity, offline: Failure | undefined): Run => {
  const { state, read } = call
  refuseCompanion(call, identity)
  const results: Array<FunctionResult> = []
  const used: Array<string> = []
  let json: ReadonlyArray<unknown> | undefined

  const runOne = (called: RequestFunction): Outcome => {
    if (offline !== undefined) return { failures: [offline] }
    const { name, controlId } = called
    const company = companyKey(identity.company.companyId)
    const mark = JSON.stringify([company, read.control.senderId, controlId])
    if (read.control.uniqueId && state.usedControlIds.has(mark)) {
      return { failures: [undocumentedFunctionFailure(call, "replayedControlId", identity, { controlId })] }
    }
    state.transactions.count(company, name)
    const outcome =
      name === "getAPISession" ? openSession(call, identity, called) : state.functions.run(identity, called)
    if (read.control.uniqueId && !("failures" in outcome)) {
      state.usedControlIds.add(mark)
      used.push(mark)
    }
    return outcome
  }
  const runInOrder = (): boolean => {
    for (const called of read.functions) {
      const { name, controlId } = called
      const outcome = runOne(called)
      if ("failures" in outcome) {
        results.push({ status: "failure", name, controlId, failures: outcome.failures })
        if (read.transaction) return false
      } else {
        results.push({ status: "success", name, controlId, content: outcome.content })
        if (read.functions.length === 1) json = outcome.json
      }
    }
    return true
  }

  if (!read.transaction) {
    runInOrder()
    return { results, json }
  }
  let kept = false
  try {
    identity.company.records.transaction(() => (kept = runInOrder()))
  } finally {
    // What was undone may be sent again under its control id.
    if (!kept) for (const mark of used) state.usedControlIds.delete(mark)
  }
  if (kept) return { results, json }
  return { results: read.functions.map((called, index) => undone(called, results[index])), json: undefined }
}

const undone = ({ name, controlId }: RequestFunction, result: FunctionResult | undefined): FunctionResult =>
  result?.status === "failure"
    ? { ...result, failures: [...(result.failures ?? []), rolledBack] }
    : { status: "aborted", name, controlId, failures: [rolledBack] }

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
