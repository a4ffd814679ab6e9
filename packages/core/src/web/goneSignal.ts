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
