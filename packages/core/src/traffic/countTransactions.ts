import type { Application } from "../application/Application.ts"
import * as metrics from "../telemetry/metrics.ts"
import type { MeterRules } from "./Meter.ts"

/** Counts billable transactions, and announces a threshold of the budget that this passed. */
export const countTransactions = (
  application: Application,
  company: string,
  transactions: number,
  rules: MeterRules
): void => {
  if (transactions === 0) return
  application.count(metrics.transactions, transactions)
  const passed = application.meters.add(company, transactions, rules)
  if (passed === undefined) return
  application.publish({ type: "budget-threshold", company, at: application.now(), budget: rules.budget, ...passed })
}
