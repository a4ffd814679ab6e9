import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { ledgerOf, readVendors, watch } from "./kit.ts"

const dollars = (amount: number): string => `${amount.toFixed(2)} USD`

/** Every read and write is billed beyond the month's allowance. */
export const meter: Flow = {
  name: "the meter, and what the month will cost",
  run: async (stage) => {
    const { settings, step } = stage
    await using sage = createSageAuth({ connections: { ledger: ledgerOf(stage) }, ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await step(
      "five calls of two functions each",
      async () => {
        for (let calls = 0; calls < 5; calls++) await ledger.execute([readVendors, readVendors])
        return ledger.meter()
      },
      ({ allowance, month, used }) => {
        same("used", used, 10)
        same("allowance", allowance, 100_000)
        return `${used} of ${allowance} in ${month}; opening the session is not counted`
      }
    )
    await step(
      "the figure of Usage Insights: 99,995; then ten more",
      async () => {
        await ledger.meter({ used: 99_995 })
        await ledger.execute(Array.from({ length: 10 }, () => readVendors))
        return ledger.meter()
      },
      ({ projected, projectedOverage, used }) => {
        same("used", used, 100_005)
        holds("the projection counts the days that are left", projected >= used)
        const packs = Math.ceil((projected - 100_000) / 10)
        same("projected overage", projectedOverage, Math.round(packs * 15) / 100)
        return `${used} used, ${projected} projected: ${dollars(projectedOverage)} beyond the allowance`
      }
    )
    await step(
      "what the event stream says",
      () => events.first("budget-threshold"),
      (event) => {
        same("threshold", event.threshold, 1)
        return `${event.type} ${event.threshold * 100} %, ${event.used} of ${event.budget}`
      }
    )
  }
}

/** For applications that would rather stop than pay. */
export const budget: Flow = {
  name: "stop at the budget",
  run: async (stage) => {
    const { settings, step } = stage
    await using sage = createSageAuth({
      connections: { ledger: ledgerOf(stage, { meter: { budget: 2, policy: "stop" } }) },
      ...settings
    })
    const ledger = sage.client("ledger")
    await ledger.execute([readVendors, readVendors])
    await step(
      "a third transaction with a budget of two",
      () => rejectionOf(ledger.execute([readVendors])),
      (error, requests) => {
        same("sent after the budget was used up", requests.length, 2)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("reason", error.reason._tag, "BudgetExhausted")
        return `${error.reason._tag}, nothing sent`
      }
    )
  }
}
