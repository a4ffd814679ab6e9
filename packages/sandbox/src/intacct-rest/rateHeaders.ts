import { type RetryAfterOptions, retryAfterOf } from "../oauth/answers.ts"
import type { SurfaceResponse } from "../surface.ts"
import { gatewayError } from "./errors.ts"
import type { ResolvedIntacctRestOptions } from "./options.ts"
import { poolLimits, type RestState } from "./state.ts"

/** The headers that tell a company's limits and what is left of them. */
export const rateHeaders = (state: RestState, company: string): Record<string, string> => {
  const options = state.options()
  if (!options.rateHeaders) return {}
  const { size } = poolLimits(state)
  const left = String(Math.max(size - state.xml.pool.serving(company), 0))
  const used = state.rates.of(company, state.xml.clock.now())
  return {
    "X-IA-Throttle-Limit": String(size),
    "X-IA-Throttle-Remaining": left,
    "X-IA-TENANT-Throttle-Limit": String(size),
    "X-IA-TENANT-Throttle-Remaining": left,
    "X-IA-Minute-Rate-Limit": String(options.requestsPerMinute),
    "X-IA-Minute-Rate-Limit-Remaining": String(Math.max(options.requestsPerMinute - used.minute, -1)),
    "X-IA-Hour-Rate-Limit": String(options.requestsPerHour),
    "X-IA-Hour-Rate-Limit-Remaining": String(Math.max(options.requestsPerHour - used.hour, -1)),
    "X-Kong-Response-Latency": "1"
  }
}

/** The answer to a company over its limit. */
export const rateLimited = (state: RestState, company: string | undefined, status: 429 | 200): SurfaceResponse => {
  const options = state.options()
  const wait = retryAfterOf(options, state.xml.clock.now())
  return gatewayError(status, "GW-0010", {
    ...(company === undefined ? {} : rateHeaders(state, company)),
    ...waitHeaders(options, wait)
  })
}

const waitHeaders = (
  options: ResolvedIntacctRestOptions & RetryAfterOptions,
  wait: string | undefined
): Record<string, string> => {
  if (wait === undefined) return {}
  if (!options.rateHeaders) return { "Retry-After": wait }
  const tail = options.rateHeaderSpelling === "joined" ? "RetryAfter" : "Retry-After"
  return { "Retry-After": wait, [`X-IA-Throttle-${tail}`]: wait, [`X-IA-TENANT-Throttle-${tail}`]: wait }
}
