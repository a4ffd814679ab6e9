import { Kept } from "../oauth/kept.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { operationProblem, payloadProblem, resultError } from "./errors.ts"

interface Remembered {
  readonly asked: string
  readonly at: number
  readonly response: SurfaceResponse
}

const hour = 3_600_000
const answered = 48 * hour
const known = 60 * 24 * hour
const longestKey = 256

/** The answers of writes that were sent with an `Idempotency-Key`. */
export class Idempotency {
  readonly #remembered = new Kept<Remembered>(10_000)

  /**
   * Does `work` unless the same request of this owner was answered before: for 48 hours that answer is repeated,
   * failures included. The same key with another request, or after that time within 60 days, is a conflict.
   */
  once(owner: string, request: SurfaceRequest, now: number, work: () => SurfaceResponse): SurfaceResponse {
    const key = request.headers["idempotency-key"]
    if (key === undefined || (request.method !== "POST" && request.method !== "PATCH")) return work()
    if (key.length === 0 || key.length > longestKey) {
      return resultError(payloadProblem("Idempotency-Key must have between 1 and 256 characters"))
    }
    const place = JSON.stringify([owner, key])
    const asked = JSON.stringify([request.method, request.path, request.body])
    const before = this.#remembered.get(place)
    const echo = { "idempotency-key": key }
    if (before !== undefined && now - before.at < known) {
      if (before.asked !== asked || now - before.at >= answered) {
        const conflict = resultError(operationProblem("The Idempotency-Key was used before", 409))
        return { ...conflict, headers: { ...conflict.headers, ...echo } }
      }
      const cachedDate = new Date(before.at).toISOString()
      const { response } = before
      return { ...response, headers: { ...response.headers, ...echo, "x-ia-idempotency-cached-date": cachedDate } }
    }
    const response = work()
    this.#remembered.set(place, { asked, at: now, response })
    return { ...response, headers: { ...response.headers, ...echo } }
  }
}
