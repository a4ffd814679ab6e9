import * as Effect from "effect/Effect"
import { day } from "../config/duration.ts"
import type { Tier } from "./Pool.ts"

/**
 * Billable transactions a month that a performance tier includes. Source: developer.sage.com, Intacct, Transaction
 * volume, concurrency and scaling.
 */
export const allowanceOfTier = { 1: 100_000, 2: 250_000, "2-500k": 500_000, 3: 1_000_000, 4: 2_500_000 } as const

/** Beyond the allowance: US dollars for every started pack of {@link packSize} transactions. */
export const packPrice = 0.15

/** Transactions in a pack. */
export const packSize = 10

/** How a connection wants its company's transactions watched. */
export interface MeterOptions {
  /** transactions a month that the contract includes; default: what the tier includes, 100,000 for tier 1 */
  readonly allowance?: number | undefined
  /** transactions a month that are acceptable; default: the allowance */
  readonly budget?: number | undefined
  /** `warn` (default) announces thresholds; `stop` also refuses what would pass the budget */
  readonly policy?: "warn" | "stop" | undefined
  /** fractions of the budget that are announced, once a month each; default 0.5, 0.8, 0.95, 1 */
  readonly thresholds?: ReadonlyArray<number> | undefined
  /** whether opening a session counts as a transaction; default false */
  readonly countLogins?: boolean | undefined
}

/** The rules of one company's meter, complete. */
export interface MeterRules {
  readonly allowance: number
  readonly budget: number
  readonly policy: "warn" | "stop"
  readonly thresholds: ReadonlyArray<number>
  readonly countLogins: boolean
}

/** Fills in what the options leave open. */
export const rulesOf = (options: MeterOptions | undefined, tier: Tier | undefined): MeterRules => {
  const allowance = options?.allowance ?? allowanceOfTier[tier ?? 1]
  return {
    allowance,
    budget: options?.budget ?? allowance,
    policy: options?.policy ?? "warn",
    thresholds: (options?.thresholds ?? [0.5, 0.8, 0.95, 1]).toSorted((a, b) => a - b),
    countLogins: options?.countLogins ?? false
  }
}

/** What a meter shows. */
export interface MeterReading {
  /** the company, case folded; `tenant … of …` where no token and no option says which company it is */
  readonly company: string
  /** calendar month in UTC, such as `2026-11` */
  readonly month: string
  /** transactions that were counted in this month */
  readonly used: number
  /** transactions a month that the tier includes */
  readonly allowance: number
  /** transactions a month that the application allows itself */
  readonly budget: number
  /** what happens once the budget is used up */
  readonly policy: "warn" | "stop"
  /** transactions by the end of the month if the rest of it goes as it went so far */
  readonly projected: number
  /** what the projected transactions beyond the allowance would cost, in US dollars */
  readonly projectedOverage: number
  /** false: the count lives in memory and starts at zero with every process */
  readonly durable: boolean
}

/** Where counts outlive the process, and are summed over several. */
export interface KeptCounts {
  readonly add: (company: string, month: string, transactions: number) => Effect.Effect<number, unknown>
  readonly set: (company: string, month: string, transactions: number) => Effect.Effect<void, unknown>
  readonly read: (company: string, month: string) => Effect.Effect<number, unknown>
}

/** How counts are kept: in a store, written behind the callers' backs. */
export interface Keeping {
  readonly store: Effect.Effect<KeptCounts, unknown>
  readonly detach: (effect: Effect.Effect<void>) => void
}

interface Count {
  readonly company: string
  month: string
  /** when the month is over, in milliseconds since the epoch */
  ends: number
  used: number
  /** what is being sent, and may be used in a moment */
  held: number
  /** the highest threshold that was announced this month */
  announced: number
  /** whether what the store knew is in `used` */
  loaded: boolean
  /** counted, and not in the store yet */
  unwritten: number
  /** the count was set, and the store does not know it yet */
  setTo: number | undefined
  writing: boolean
}

/** A threshold that was passed just now. */
export interface Passed {
  readonly month: string
  readonly threshold: number
  readonly used: number
}

const longestMonth = 31 * day

const nothing = () => {}

/** counts that are looked at for one that can leave: with a store that is away, none can */
const mostLooks = 8

/** The price of transactions beyond an allowance, in US dollars. */
export const overage = (transactions: number, allowance: number): number =>
  // in cents, so that packs add up exactly
  (Math.ceil(Math.max(0, transactions - allowance) / packSize) * Math.round(packPrice * 100)) / 100

const project = (used: number, now: number): number => {
  const date = new Date(now)
  const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  // the first hour of a month says little; a projection from it would cry wolf
  const elapsed = Math.max(now - start, 3_600_000)
  return Math.round((used * (end - start)) / elapsed)
}

/**
 * Counts billable transactions by company and calendar month. Only the current month is kept in memory. Months are
 * those of UTC: no source says where Sage's month begins.
 *
 * With a store, the count starts from what the store knows and is written behind the callers' backs. What other
 * processes counted is in it after each write. A store that is away stops no call: counting goes on in memory, and is
 * written when the store is back.
 *
 * A count cannot hang on the slot of a credential, since all tenants and connections of a company share it. With a
 * store, above the capacity, the count that was used longest ago leaves once it is written, and is read again when it
 * is needed. Without one the memory is the only record of what was billed: there a count leaves with its month.
 */
export class Meters {
  readonly #now: () => number
  readonly #counts = new Map<string, Count>()
  readonly #capacity: number
  readonly #keeping: Keeping | undefined
  #month = ""

  /** @param capacity counts in memory at most, where a store keeps them */
  constructor(now: () => number, capacity: number, keeping?: Keeping) {
    this.#now = now
    this.#capacity = capacity
    this.#keeping = keeping
  }

  /** counts in memory */
  get size(): number {
    return this.#counts.size
  }

  /** reads what the store knows of a company, once a month; to be waited for before the first transaction is counted */
  ready(company: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#keeping === undefined || this.isReady(company)) return Effect.void
      const count = this.#count(company)
      return Effect.flatMap(this.#keeping.store, (store) => store.read(company, count.month)).pipe(
        Effect.map((known) => {
          // another caller may have been faster
          if (count.loaded) return
          count.loaded = true
          count.used += known
        }),
        Effect.ignore
      )
    })
  }

  /** nothing has to be read before a transaction is counted */
  isReady(company: string): boolean {
    return this.#keeping === undefined || this.#count(company).loaded
  }

  #write(count: Count): void {
    if (this.#keeping === undefined || count.writing) return
    count.writing = true
    const { detach, store } = this.#keeping
    const writeAll = Effect.gen(function* () {
      const meters = yield* store
      while (count.unwritten > 0 || count.setTo !== undefined) {
        const { setTo, unwritten } = count
        count.setTo = undefined
        count.unwritten = 0
        const written =
          setTo === undefined
            ? meters.add(count.company, count.month, unwritten)
            : Effect.as(meters.set(count.company, count.month, setTo + unwritten), setTo + unwritten)
        const sum = yield* Effect.tapError(written, () =>
          Effect.sync(() => {
            // for the next try, with what was counted meanwhile
            count.setTo ??= setTo
            count.unwritten += unwritten
          })
        )
        count.loaded = true
        count.used = (count.setTo ?? sum) + count.unwritten
      }
    })
    detach(
      Effect.ignore(writeAll).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            count.writing = false
          })
        )
      )
    )
  }

  #count(company: string): Count {
    const now = this.#now()
    const found = this.#counts.get(company)
    if (found !== undefined && now < found.ends && now >= found.ends - longestMonth) return found
    const date = new Date(now)
    const ends = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
    const fresh: Count = {
      company,
      month: date.toISOString().slice(0, 7),
      ends,
      used: 0,
      held: 0,
      announced: 0,
      loaded: false,
      unwritten: 0,
      setTo: undefined,
      writing: false
    }
    // a clock that was set back into this month
    if (found?.month === fresh.month) return found
    this.#makeRoom(fresh.month)
    this.#counts.set(company, fresh)
    return fresh
  }

  #makeRoom(month: string): void {
    if (month !== this.#month) {
      this.#month = month
      for (const [company, count] of this.#counts) if (count.month !== month) this.#counts.delete(company)
    }
    if (this.#keeping === undefined || this.#counts.size < this.#capacity) return
    let looks = mostLooks
    for (const [company, count] of this.#counts) {
      if (this.#counts.size < this.#capacity || looks-- === 0) return
      this.#counts.delete(company)
      const written = count.unwritten === 0 && count.setTo === undefined && !count.writing
      // what the store does not know yet stays, behind those that were used since; and so does what is being sent
      if (!written || count.held > 0) this.#counts.set(company, count)
    }
  }

  /** it was used: others leave before it */
  #touch(count: Count): void {
    if (this.#keeping === undefined) return
    this.#counts.delete(count.company)
    this.#counts.set(count.company, count)
  }

  /** whether that many more transactions are within the budget, or the policy is only to warn */
  allows(company: string, transactions: number, rules: MeterRules): boolean {
    if (transactions === 0 || rules.policy === "warn") return true
    const { held, used } = this.#count(company)
    return used + held + transactions <= rules.budget
  }

  /**
   * keeps room in the budget for what is being sent, until the function that it returns is called; undefined where the
   * budget has none
   */
  hold(company: string, transactions: number, rules: MeterRules): (() => void) | undefined {
    if (!this.allows(company, transactions, rules)) return undefined
    if (transactions === 0) return nothing
    const count = this.#count(company)
    count.held += transactions
    return () => {
      count.held -= transactions
    }
  }

  /** adds what was sent; returns the highest threshold that this passed for the first time this month */
  add(company: string, transactions: number, rules: MeterRules): Passed | undefined {
    if (transactions === 0) return undefined
    const count = this.#count(company)
    this.#touch(count)
    count.used += transactions
    count.unwritten += transactions
    this.#write(count)
    const threshold = rules.thresholds.findLast((t) => count.used >= t * rules.budget)
    if (threshold === undefined || threshold <= count.announced) return undefined
    count.announced = threshold
    return { month: count.month, threshold, used: count.used }
  }

  /** sets the count to a figure read elsewhere, such as Company > Admin > Usage Insights */
  set(company: string, used: number): void {
    const count = this.#count(company)
    // a lower figure: what was announced was announced too early
    if (used < count.used) count.announced = 0
    count.used = used
    count.setTo = used
    count.unwritten = 0
    this.#write(count)
  }

  read(company: string, rules: MeterRules): MeterReading {
    const { month, used } = this.#count(company)
    const projected = project(used, this.#now())
    return {
      company,
      month,
      used,
      allowance: rules.allowance,
      budget: rules.budget,
      policy: rules.policy,
      projected,
      projectedOverage: overage(projected, rules.allowance),
      durable: this.#keeping !== undefined
    }
  }
}
