import type { SystemClock } from "../clock.ts"
import type { SurfaceRequest } from "../surface.ts"
import type { ControlEcho } from "./answers.ts"
import type { CompanyPool } from "./companyPool.ts"
import type { Directory } from "./companies.ts"
import type { RecordFunctions } from "./recordFunctions.ts"
import type { ResolvedIntacctXmlOptions } from "./options.ts"
import type { GatewayRequest } from "./readRequest.ts"
import type { Sessions } from "./sessions.ts"

/** What the gateway counted for a company in a month. */
export interface IntacctXmlTransactions {
  /** The functions that are billed: reading, querying, creating, updating and deleting. */
  readonly billable: number
  /** Every function that ran, by name, whether it succeeded or failed. */
  readonly functions: Readonly<Record<string, number>>
}

// Whether these are billed is published nowhere; they are counted by name and left out of the sum.
const unbilled: ReadonlySet<string> = new Set(["getAPISession", "inspect", "getUserPermissions"])

/** Counts functions by company and calendar month of UTC. */
export class TransactionCount {
  readonly #now: () => number
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(now: () => number) {
    this.#now = now
  }

  count(company: string, name: string): void {
    const key = this.#key(company, undefined)
    const counts = this.#counts.get(key) ?? new Map<string, number>()
    this.#counts.set(key, counts)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  /** The counts of a month such as `2026-11`; without one, of the current month. */
  of(company: string, month: string | undefined): IntacctXmlTransactions {
    const counts = [...(this.#counts.get(this.#key(company, month)) ?? [])]
    return {
      billable: counts.reduce((sum, [name, count]) => (unbilled.has(name) ? sum : sum + count), 0),
      functions: Object.fromEntries(counts)
    }
  }

  #key(company: string, month: string | undefined): string {
    return `${month ?? new Date(this.#now()).toISOString().slice(0, 7)} ${company}`
  }
}

/** Everything that a gateway keeps between requests. */
export interface GatewayState {
  readonly clock: SystemClock
  readonly directory: Directory
  readonly sessions: Sessions
  readonly transactions: TransactionCount
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedIntacctXmlOptions
  readonly pool: CompanyPool
  readonly functions: RecordFunctions
  /** Company, sender and control id of every function that was sent to be unique. */
  readonly usedControlIds: Set<string>
}

/** One request on its way through the gateway. */
export interface Call {
  readonly state: GatewayState
  readonly request: SurfaceRequest
  readonly read: GatewayRequest
  readonly echo: ControlEcho
}
