import type { ServerResponse } from "node:http"

const reasons = new WeakSet<Error>()

/**
 * Whether something failed because {@link goneSignal} fired. There is no client to answer then.
 *
 * @category web
 */
export const isCallerGone = (thrown: unknown): boolean => thrown instanceof Error && reasons.has(thrown)

/**
 * A signal that fires when the client closes its connection before it has the whole answer. It does not fire when the
 * answer was sent: what a handler goes on with afterwards is not stopped.
 *
 * @category web
 */
export const goneSignal = (response: ServerResponse): (() => AbortSignal) => {
  let controller: AbortController | undefined
  // made when somebody first waits: most requests never do
  return () => {
    if (controller !== undefined) return controller.signal
    const made = (controller = new AbortController())
    const end = () => {
      if (response.writableFinished) return
      const gone = new Error("the client of this request closed its connection before it was answered")
      gone.name = "AbortError"
      reasons.add(gone)
      made.abort(gone)
    }
    if (response.destroyed || response.closed) end()
    else response.once("close", end)
    return made.signal
  }
}

/**
 * What adapters for web frameworks are made of: `@sage-auth/express` and `@sage-auth/nest` are, and one for another
 * framework can be. Applications use an adapter instead.
 */
export { isUnderTest } from "../config/log.ts"
export { misconfigured } from "../errors/SageAuthError.ts"
export { type Caller, callerOf, orAborted, type ResolvedTenant, tenantOf } from "./Caller.ts"
export { deferredClient, type DeferredClients, type Extend } from "./deferredClient.ts"
export {
  HealthWatch,
  type HealthWatchOptions,
  type SageHealth,
  type SageHealthOptions,
  type SageProblem,
  type SageProblemKind
} from "./health.ts"
export { maskerOf } from "./maskerOf.ts"
export { outsideOfRequest } from "./WebRequest.ts"
export type { PageKind, PageText, PageTexts, SomePageTexts, TextsByLanguage } from "./pages.ts"
export type { Problem, ShownProblem } from "./Problem.ts"
export { problemOf } from "./problems.ts"
export { readBody } from "./WebRequest.ts"
export { type ListedConnection, type Web, webOf } from "./webOf.ts"
export type { WebOptions } from "./webOptions.ts"
export type { WebReply, WebRequest } from "./WebRequest.ts"
