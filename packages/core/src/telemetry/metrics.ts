import * as Metric from "effect/Metric"

/**
 * The metrics of this library. They are kept in Effect's registry; no exporter is installed.
 * Attributes are low in cardinality on purpose: tenants and companies are in events and spans, not here.
 */

/** Renewals that ended. Attributes: `surface`, `outcome` (`ok`, `failed`). */
export const renewals = Metric.counter("sage_auth_renewals_total", {
  description: "Renewals that ended, by surface and outcome",
  incremental: true
})

/** How long a renewal took, in milliseconds. Attribute: `surface`. */
export const renewalDuration = Metric.histogram("sage_auth_renewal_duration_milliseconds", {
  description: "How long renewals took",
  boundaries: Metric.exponentialBoundaries({ start: 10, factor: 2, count: 14 })
})

/** A metric with its attributes, made once for each set of them: this is on the path of every call. */
export const attributed = <Input, State>(
  metric: Metric.Metric<Input, State>
): ((attributes: Readonly<Record<string, string>>) => Metric.Metric<Input, State>) => {
  const made = new Map<string, Metric.Metric<Input, State>>()
  return (attributes) => {
    const key = Object.values(attributes).join("\u0000")
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = Metric.withAttributes(metric, attributes)
    made.set(key, fresh)
    return fresh
  }
}

/** Calls that carried a credential. Attributes: `surface`, `outcome` (`ok` or the tag of the reason). */
export const calls = Metric.counter("sage_auth_calls_total", {
  description: "Calls that carried a credential, by surface and outcome",
  incremental: true
})

/** Calls waiting for a permit, over all pools. */
export const poolWaiting = Metric.gauge("sage_auth_pool_waiting", { description: "Calls waiting for a permit" })

/** Permits in use, over all pools. */
export const poolInUse = Metric.gauge("sage_auth_pool_in_use", { description: "Permits in use" })

/** Billable transactions counted. */
export const transactions = Metric.counter("sage_auth_billable_transactions_total", {
  description: "Billable transactions counted by the meters",
  incremental: true
})

/** {@link calls} for a surface and an outcome. */
export const callsOf = attributed(calls)
