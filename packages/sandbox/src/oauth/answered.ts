import { setImmediate as nextTurn } from "node:timers/promises"
import { type DurationInput, type SystemClock, toMilliseconds } from "../clock.ts"
import type { SurfaceResponse } from "../surface.ts"
import { dated } from "./answers.ts"

/** An answer that ends the work on a request from anywhere within it. */
export class Refusal extends Error {
  readonly response: SurfaceResponse
  constructor(response: SurfaceResponse) {
    super("refused")
    this.response = response
  }
}

/** The answer that the work ends with, or is ended with by a {@link Refusal}. */
export const answered = async (work: () => SurfaceResponse | Promise<SurfaceResponse>): Promise<SurfaceResponse> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error.response
    throw error
  }
}

/** Does the work once the latency has gone by, and dates its answer by the server's own clock. */
export const answeredAfterLatency = async (
  clock: SystemClock,
  options: () => { readonly latency: DurationInput; readonly clockSkew: number },
  work: () => SurfaceResponse | Promise<SurfaceResponse>,
  signal: AbortSignal
): Promise<SurfaceResponse> => {
  const latency = toMilliseconds(options().latency, "latency")
  // Even without latency one turn passes, so that requests that arrive together are seen together.
  await (latency > 0 ? clock.sleep(latency, signal) : nextTurn())
  return dated(await answered(work), clock.now(), options().clockSkew)
}

/** An error that an authorization server sends back to the application, in either of Sage's two forms. */
export interface AuthorizationRefusal {
  /** The `error`, such as `"access_denied"` or `"Invalid request"`. */
  readonly error: string
  /** What stands beside `error` in OAuth's form. */
  readonly error_description?: string | undefined
  /** What stands in place of a description in Sage's own form. */
  readonly reason?: string | undefined
}

/** The parameters of such an error in a callback URL. */
export const refusalParams = (refusal: AuthorizationRefusal): Record<string, string | undefined> => ({
  error: refusal.error,
  error_description: refusal.error_description,
  reason: refusal.reason
})
