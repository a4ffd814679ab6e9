import type { ServerResponse } from "node:http"
import { misconfigured, failure } from "../errors/SageAuthError.ts"
import type { PermissionDenied } from "../errors/Reason.ts"
import { defaultTenant, isFilled } from "../checkConfig.ts"

/** What a tenant resolver may give: `undefined` refuses the request with 401. */
export type ResolvedTenant = string | undefined | PromiseLike<string | undefined>

/** The one request on whose behalf a client is used. */
export interface Caller {
  /**
   * Whose data it is. It asks the tenant resolver at its first call and never again. It rejects with
   * `client.tenant-refused` where the resolver names no tenant, and with what the resolver threw.
   */
  tenant(): string | Promise<string>
  /** fires when the client of the request went away before it had its answer */
  readonly signal: AbortSignal | undefined
}

const checked = (tenant: string | null | undefined): string => {
  if (tenant === undefined || tenant === null || (typeof tenant === "string" && !isFilled(tenant))) {
    throw failure<PermissionDenied>("client.tenant-refused")
  }
  if (typeof tenant === "string") return tenant
  throw misconfigured([{ option: "tenant", expected: "a function that gives a text, or undefined to refuse" }])
}

const isPromise = (given: ResolvedTenant): given is PromiseLike<string | undefined> =>
  typeof (given as PromiseLike<unknown> | null | undefined)?.then === "function"

class AskedOnce implements Caller {
  readonly #resolve: (() => ResolvedTenant) | undefined
  readonly #signal: (() => AbortSignal | undefined) | undefined
  #asked: string | Promise<string> | undefined

  constructor(resolve: (() => ResolvedTenant) | undefined, signal: (() => AbortSignal | undefined) | undefined) {
    this.#resolve = resolve
    this.#signal = signal
  }

  tenant(): string | Promise<string> {
    return (this.#asked ??= this.#ask())
  }

  get signal(): AbortSignal | undefined {
    return this.#signal?.()
  }

  #ask(): string | Promise<string> {
    if (this.#resolve === undefined) return defaultTenant
    try {
      const given = this.#resolve()
      if (!isPromise(given)) return checked(given)
      return Promise.resolve(given).then((tenant) => (this.#asked = checked(tenant)))
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }
}

/**
 * A caller whose tenant is asked for once, when it is first needed. Without a resolver it is `"default"`.
 *
 * @category web
 */
export const callerOf = (resolve: (() => ResolvedTenant) | undefined, signal?: () => AbortSignal | undefined): Caller =>
  new AskedOnce(resolve, signal)

/**
 * Who uses a client outside of any request while there is a tenant resolver: no tenant. It is never the tenant
 * `"default"`, which would be the wrong data.
 *
 * @category web
 */
export const outsideOfRequest: Caller = {
  tenant: () =>
    Promise.reject(
      misconfigured([
        {
          option: "tenant",
          expected:
            "a request to take it from: outside of one, say whom the work is for, with forTenant(id) of the client"
        }
      ])
    ),
  signal: undefined
}

/** what such signals were aborted with */
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
 * Gives up waiting for a promise when the signal is aborted, with the signal's own reason.
 *
 * @throws what the signal was aborted with
 *
 * @category web
 */
export const orAborted = <A>(promise: Promise<A>, signal: AbortSignal | undefined): Promise<A> => {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener("abort", leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave))
  })
}

/**
 * The caller's tenant; a caller that went away does not wait for it.
 *
 * @throws `SageAuthError` with reason `Misconfigured` outside of a request, what the resolver threw, or what ended the
 * request
 *
 * @category web
 */
export const tenantOf = async (caller: Caller): Promise<string> => {
  const tenant = caller.tenant()
  return typeof tenant === "string" ? tenant : orAborted(tenant, caller.signal)
}
