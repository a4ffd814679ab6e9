import type * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import * as Result from "../config/Result.ts"
import type { BudgetExhausted } from "../errors/Reason.ts"
import { failure, type SageAuthError, type TenantPlace } from "../errors/SageAuthError.ts"
import * as metrics from "../telemetry/instrumentation.ts"
import type { MeterRules } from "./Meter.ts"

/** The meter that the requests of a connection are counted on. */
export interface RequestMeter<V> {
  /** what has to be known before anything is counted or refused; undefined where it is known */
  readonly ready: (value: V) => Effect.Effect<void> | undefined
  /** keeps room in the budget until what it returns is called, or refuses */
  readonly hold: (
    value: V,
    transactions: number,
    place: TenantPlace
  ) => Result.Result<() => void, SageAuthError<BudgetExhausted>>
  readonly count: (value: V, transactions: number) => void
}

/** Counts requests on the meter of who pays for them: a company, or what stands for it while none is known. */
export const requestMeter = <V>(
  application: Application,
  rules: MeterRules,
  payerOf: (value: V) => string
): RequestMeter<V> => {
  const { meters } = application
  return {
    ready: (value) => {
      const payer = payerOf(value)
      return meters.isReady(payer) ? undefined : meters.ready(payer)
    },
    hold: (value, transactions, place) => {
      const payer = payerOf(value)
      const letGo = meters.hold(payer, transactions, rules)
      return letGo === undefined
        ? Result.fail(failure<BudgetExhausted>("intacct.budget-exhausted", place))
        : Result.succeed(letGo)
    },
    count: (value, transactions) => countTransactions(application, payerOf(value), transactions, rules)
  }
}

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

/** The transactions of one request on the meter: they count once, and only if the request was sent. */
export class MeterEntry<V> {
  readonly #meter: RequestMeter<V> | undefined
  readonly #value: V
  readonly #transactions: number
  /** gives back the room that is kept in the budget; undefined: none is */
  #letGo: (() => void) | undefined
  #state: "new" | "sent" | "counted" = "new"

  /** @param meter undefined: nothing is counted */
  constructor(meter: RequestMeter<V> | undefined, value: V, transactions: number, letGo: (() => void) | undefined) {
    this.#meter = meter
    this.#value = value
    this.#transactions = transactions
    this.#letGo = letGo
  }

  /** the request leaves now */
  sent(): void {
    if (this.#state === "new") this.#state = "sent"
  }

  /** it was carried out, or may have been */
  count(): void {
    if (this.#state === "counted") return
    this.#state = "counted"
    this.#meter?.count(this.#value, this.#transactions)
  }

  /** gives back the room that was kept for it in the budget */
  end(): void {
    const letGo = this.#letGo
    this.#letGo = undefined
    letGo?.()
  }

  /** its caller has left, and does not take back what was sent */
  left(): void {
    if (this.#state === "sent") this.count()
    this.end()
  }
}
