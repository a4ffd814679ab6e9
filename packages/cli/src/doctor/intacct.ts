import type { MeterReading, PoolReading, Surface } from "@sage-auth/core"
import { type Check, failed, ofError, ok, type Patient, warning } from "./Check.ts"

interface CompanyClient {
  meter(): Promise<MeterReading>
  pool(): Promise<PoolReading>
}

const clientOf = ({ sage, settings }: Patient): CompanyClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

const dollars = (amount: number): string => `US$ ${amount.toFixed(2)}`

/** What XML and REST have in common: the company's pool and its meter. */
export const companyChecks = (surface: Surface, signedIn: string): ReadonlyArray<Check> => [
  {
    id: `${surface}.pool`,
    title: "Pool",
    says: "The company's pool has room: no call waits for another to end.",
    surface,
    needs: ["coordination", signedIn],
    run: async (patient) => {
      try {
        const { inUse, permits, pool, waiting } = await clientOf(patient).pool()
        const shown = `${pool}: ${inUse} of ${permits} permits in use, ${waiting} waiting.`
        return waiting > 0
          ? warning(shown, "Send fewer calls at once. Where the contract has a higher tier, set `tier` or `permits`.")
          : ok(shown)
      } catch (error) {
        return ofError(error)
      }
    }
  },
  {
    id: `${surface}.meter`,
    title: "Meter",
    says: "The transactions that were counted this month stay within the allowance.",
    surface,
    needs: ["store", signedIn],
    run: async (patient) => {
      try {
        const reading = await clientOf(patient).meter()
        const { allowance, budget, durable, month, policy, projected, projectedOverage, used } = reading
        const shown = [
          `${month}: ${used} of ${allowance} counted, ${Math.round(projected)} by its end at this pace.`,
          "Compare it with Usage Insights in Intacct: `meter({ used })` sets it.",
          ...(durable ? [] : ["It is in memory and starts at zero with each process."])
        ].join(" ")
        if (used >= budget && policy === "stop") {
          return failed(
            `${shown} The budget of ${budget} is used up, and calls are refused.`,
            "Raise `meter.budget`, or wait for the next month."
          )
        }
        return projected > allowance
          ? warning(
              `${shown} Beyond the allowance it would cost ${dollars(projectedOverage)}.`,
              "Send fewer calls, or move to a higher tier."
            )
          : ok(shown)
      } catch (error) {
        return ofError(error)
      }
    }
  }
]

/** Why a check that would be billed was left out. */
export const metered = "It sends a metered transaction: give --deep."
