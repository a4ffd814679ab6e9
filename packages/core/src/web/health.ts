import type { ApplicationClock } from "../application/clock.ts"
import { defaultTenant } from "../Config.ts"
import type { BaseClient, Connections, Status } from "../Connection.ts"
import { day } from "../config/duration.ts"
import { applicationClock, type Sage } from "../createSageAuth.ts"
import type { Surface } from "../errors/Reason.ts"
import { isSageAuthError, misconfigured } from "../errors/SageAuthError.ts"
import type { SageEvent } from "../telemetry/SageEvent.ts"
import type { MeterReading } from "../traffic/Meter.ts"
import type { WebReply } from "./WebRequest.ts"

/** What keeps a connection from being well. */
export type SageProblemKind =
  /** the grant store cannot be read, so no consent can be used */
  | "store-unavailable"
  /** no credential can be had at the moment: the server is away, limits the rate, or refuses for another reason */
  | "unavailable"
  /** renewals fail, and callers still have a valid credential */
  | "renewal-failing"
  /** a rotation was sent and its answer never came */
  | "in-doubt"
  /** another process holds the lease of a grant and does not finish: no other process can renew it */
  | "stalled"
  /** a human has to consent again, or a configured credential was rejected and has to be corrected */
  | "reauthorization-required"
  /** the sender's developer licence ends soon or has ended */
  | "license-expiring"
  /** the client certificate ends soon or has ended */
  | "certificate-expiring"
  /** the month's budget of transactions is nearly used up, or is */
  | "budget-near"
  /** the application is closing */
  | "closing"

/** One problem of one connection. No secret, and no tenant's name: health is often public. */
export interface SageProblem {
  /** what kind of problem it is */
  readonly problem: SageProblemKind
  /** undefined: it is not about one connection */
  readonly connection?: string | undefined
  /** how many tenants have it; undefined in applications without a tenant resolver */
  readonly tenants?: number | undefined
  /** until the licence or the certificate ends; negative once it has */
  readonly daysLeft?: number | undefined
  /** how much of the budget is used, as a fraction of it */
  readonly used?: number | undefined
}

/** How an application is doing. */
export interface SageHealth {
  /**
   * - `down`: the store or a server is away, or the application is closing
   * - `degraded`: every tenant is served, and the operator should look at it before that changes; or it is one tenant
   *   of many
   */
  readonly state: "up" | "degraded" | "down"
  /** what is wrong, one entry for each problem of a connection */
  readonly problems: ReadonlyArray<SageProblem>
}

/** What is looked at. */
export interface SageHealthOptions {
  /** the connections to look at. Default: all */
  readonly connections?: ReadonlyArray<string> | undefined
  /**
   * The tenants without which the application is down. Default: `"default"` without a tenant resolver, none with one:
   * what happens to any other tenant degrades it
   */
  readonly tenants?: ReadonlyArray<string> | undefined
}

type MonitoredClient = BaseClient<"promise", Surface> & { readonly meter?: () => Promise<MeterReading> }

interface Suspect {
  readonly connection: string
  readonly tenant: string
  /** what was announced last */
  readonly announced: SageProblemKind
  /**
   * what ends it: the state that `status()` reads; or, where a configured credential was refused, of which no state
   * tells, the next renewal, and once that was announced, the announcement that it is accepted again
   */
  readonly until: "state" | "renewed" | "recovered"
}

interface Ending {
  readonly kind: "license-expiring" | "certificate-expiring"
  readonly connection: string
  readonly daysLeft: number
  readonly at: number
}

interface Budget {
  readonly month: string
  used: number
  readonly at: number
}

/** announced once a day while the connection is used. One that is not repeated is over, or its connection is unused */
const endingLife = 2 * day
/** thresholds of the budget from here on are near */
const nearly = 0.8
/** tenants in trouble, and budgets that are near, that are counted at most; and how many tenants are looked at */
const mostSuspects = 1000
const mostLooks = 100

/** what a failed renewal means; where a human has to do something, time does not help */
const meaningOf = ({
  covered,
  reason
}: Extract<SageEvent, { readonly type: "renewal-failed" }>): Pick<Suspect, "announced" | "until"> => {
  if (reason === "CredentialRejected") return { announced: "reauthorization-required", until: "renewed" }
  if (reason === "ReauthorizationRequired") return { announced: "reauthorization-required", until: "state" }
  return { announced: covered ? "renewal-failing" : "unavailable", until: "state" }
}

const keyOf = (connection: string, tenant: string) => `${connection}\u0000${tenant}`

/**
 * Answers how an application is doing, for a load balancer or an orchestrator.
 *
 * @category web
 */
export const healthReply = (health: SageHealth): WebReply => ({
  status: health.state === "down" ? 503 : 200,
  headers: { "cache-control": "no-store", "content-type": "application/json" },
  body: JSON.stringify(health)
})

/** What an adapter watches. */
export interface HealthWatchOptions {
  /** whether requests tell whose data they are about: then no single tenant is vital, and tenants are counted */
  readonly hasTenants: boolean
}

/**
 * Remembers what the events of an application say about its health, and looks again when it is asked. It asks no server
 * of Sage's.
 *
 * @category web
 */
export class HealthWatch {
  readonly #sage: Sage<Connections>
  readonly #tenants: ReadonlyArray<string>
  readonly #now: () => number
  readonly #suspects = new Map<string, Suspect>()
  readonly #endings = new Map<string, Ending>()
  readonly #budgets = new Map<string, Budget>()
  /** the company of a connection and tenant, by what its meter said: only of the tenants that the options name */
  readonly #companies = new Map<string, string>()
  #closing = false

  constructor(sage: Sage<Connections>, { hasTenants }: HealthWatchOptions) {
    const clock = (sage as { readonly [applicationClock]?: ApplicationClock | undefined })[applicationClock]
    this.#sage = sage
    this.#tenants = hasTenants ? [] : [defaultTenant]
    this.#now = clock === undefined ? Date.now : () => clock.now()
    void this.#follow(sage.events())
  }

  /** from now on the application is down for every health check, and no more work is sent to it */
  closing(): void {
    this.#closing = true
  }

  /**
   * Refuses options that name a connection which there is not.
   *
   * @throws `SageAuthError` with reason `Misconfigured`
   */
  check({ connections = [] }: SageHealthOptions): void {
    const known = Object.keys(this.#sage.connections)
    const wrong = connections.filter((name) => !known.includes(name))
    if (wrong.length === 0) return
    throw misconfigured(
      wrong.map((name) => ({
        option: `health({ connections: [${JSON.stringify(name)}] })`,
        expected: `the name of a connection: ${known.join(", ")}`
      }))
    )
  }

  /** how the connections are doing now */
  async read(options: SageHealthOptions = {}): Promise<SageHealth> {
    if (this.#closing) return { state: "down", problems: [{ problem: "closing" }] }
    const names = options.connections ?? Object.keys(this.#sage.connections)
    const vital = options.tenants ?? this.#tenants
    const found = new Map<string, { readonly problem: SageProblem; tenants: number; vital: boolean }>()
    const add = (problem: SageProblem, isVital: boolean, ofTenant: boolean) => {
      const key = `${problem.problem} ${problem.connection}`
      const before = found.get(key)
      found.set(key, {
        problem,
        tenants: (before?.tenants ?? 0) + (ofTenant ? 1 : 0),
        vital: isVital || before?.vital === true
      })
    }
    const looks = new Map<string, { readonly connection: string; readonly tenant: string }>()
    for (const connection of names)
      for (const tenant of vital) looks.set(keyOf(connection, tenant), { connection, tenant })
    for (const [key, suspect] of [...this.#suspects].slice(0, mostLooks)) {
      if (names.includes(suspect.connection)) looks.set(key, suspect)
    }
    await Promise.all(
      [...looks].map(async ([key, { connection, tenant }]) => {
        for (const problem of await this.#look(key, connection, tenant)) {
          add({ problem, connection }, vital.includes(tenant), true)
        }
      })
    )
    // beyond what is looked at: as the events left it
    for (const [key, { connection, announced }] of [...this.#suspects].slice(mostLooks)) {
      if (names.includes(connection) && !looks.has(key)) add({ problem: announced, connection }, false, true)
    }
    for (const ending of this.#lapsing(names)) add(ending, false, false)
    for (const budget of await this.#spent(names, vital)) add(budget, false, false)
    const problems = [...found.values()]
    const down = problems.some(
      ({ problem, vital }) => problem.problem === "store-unavailable" || (vital && problem.problem === "unavailable")
    )
    return {
      state: down ? "down" : problems.length > 0 ? "degraded" : "up",
      problems: problems.map(({ problem, tenants }) =>
        this.#tenants.length === 0 && tenants > 0 ? Object.assign(problem, { tenants }) : problem
      )
    }
  }

  /** ends when the connections are closed */
  async #follow(events: AsyncIterable<SageEvent>): Promise<void> {
    for await (const event of events) this.#note(event)
    this.#closing = true
  }

  #note(event: SageEvent): void {
    switch (event.type) {
      case "renewal-failed":
        return this.#suspect(event, meaningOf(event))
      case "rotation-in-doubt":
        return this.#suspect(event, { announced: "in-doubt", until: "state" })
      case "renewal-stalled":
        return this.#suspect(event, { announced: "stalled", until: "state" })
      case "reauthorization-required":
        return this.#suspect(event, { announced: "reauthorization-required", until: "state" })
      case "credential-rejected":
        return this.#suspect(event, { announced: "reauthorization-required", until: "recovered" })
      case "credential-renewed":
      case "session-opened":
        if (this.#suspects.get(keyOf(event.connection, event.tenant))?.until === "recovered") return
        this.#suspects.delete(keyOf(event.connection, event.tenant))
        return
      case "connected":
      case "recovered":
      case "disconnected":
        this.#suspects.delete(keyOf(event.connection, event.tenant))
        return
      case "license-expiring":
      case "certificate-expiring": {
        const { at, connection, daysLeft, type: kind } = event
        this.#endings.set(`${kind} ${connection}`, { kind, connection, daysLeft, at })
        return
      }
      case "budget-threshold":
        if (event.threshold < nearly) return
        for (const [company, { month }] of this.#budgets) if (month !== event.month) this.#budgets.delete(company)
        if (!this.#budgets.has(event.company) && this.#budgets.size >= mostSuspects) return
        this.#budgets.set(event.company, { month: event.month, used: event.used / event.budget, at: event.at })
    }
  }

  #suspect(
    { connection, tenant }: Pick<Suspect, "connection" | "tenant">,
    { announced, until }: Pick<Suspect, "announced" | "until">
  ): void {
    const key = keyOf(connection, tenant)
    const known = this.#suspects.get(key)
    if (known?.until === "recovered" || (known === undefined && this.#suspects.size >= mostSuspects)) return
    this.#suspects.set(key, { connection, tenant, announced, until })
  }

  async #look(key: string, connection: string, tenant: string): Promise<ReadonlyArray<SageProblemKind>> {
    let status: Status
    try {
      status = await (this.#sage.client(connection, { tenant }) as MonitoredClient).status()
    } catch (error) {
      return [isSageAuthError(error) && error.reason._tag === "StoreUnavailable" ? "store-unavailable" : "unavailable"]
    }
    const { state } = status
    if (state === "in-doubt" || state === "stalled" || state === "reauthorization-required") return [state]
    const suspect = this.#suspects.get(key)
    if (suspect === undefined) return []
    const valid = status.credentialExpiresAt !== undefined && status.credentialExpiresAt.getTime() > this.#now()
    // without a credential in hand a renewal had failed: one that is there now came by a call that is not announced
    const good = suspect.announced === "unavailable" ? valid : suspect.announced !== "renewal-failing"
    if ((suspect.until === "state" && good) || status.state === "disconnected") {
      this.#suspects.delete(key)
      return []
    }
    if (suspect.until !== "state") return [suspect.announced]
    return [valid ? "renewal-failing" : "unavailable"]
  }

  #lapsing(names: ReadonlyArray<string>): ReadonlyArray<SageProblem> {
    const now = this.#now()
    return [...this.#endings.values()]
      .filter(({ at, connection }) => now - at < endingLife && names.includes(connection))
      .map(({ at, connection, daysLeft, kind }) => ({
        problem: kind,
        connection,
        daysLeft: daysLeft - Math.floor((now - at) / day)
      }))
  }

  async #spent(names: ReadonlyArray<string>, tenants: ReadonlyArray<string>): Promise<ReadonlyArray<SageProblem>> {
    const month = new Date(this.#now()).toISOString().slice(0, 7)
    const problems: Array<SageProblem> = []
    for (const [company, budget] of this.#budgets) {
      if (budget.month !== month) {
        this.#budgets.delete(company)
        continue
      }
      const owners = await this.#connectionsOf(company, tenants)
      const connection = owners.find((owner) => names.includes(owner))
      if (connection === undefined && owners.length > 0) continue
      problems.push({ problem: "budget-near", connection, used: Math.round(budget.used * 1000) / 1000 })
    }
    return problems
  }

  /**
   * the connections whose meters count a company's transactions, as far as is known; reading a meter sends nothing
   * where a credential is held
   */
  async #connectionsOf(company: string, tenants: ReadonlyArray<string>): Promise<ReadonlyArray<string>> {
    const names: Array<string> = []
    for (const [name, { surface }] of Object.entries(this.#sage.connections)) {
      if (!surface.startsWith("intacct-")) continue
      const companies = await Promise.all(tenants.map((tenant) => this.#companyOf(name, tenant)))
      if (companies.includes(company)) names.push(name)
    }
    return names
  }

  async #companyOf(name: string, tenant: string): Promise<string | undefined> {
    const key = keyOf(name, tenant)
    const known = this.#companies.get(key)
    if (known !== undefined) return known
    try {
      const client = this.#sage.client(name, { tenant }) as MonitoredClient
      const held = (await client.status()).credentialExpiresAt !== undefined
      const company = held ? (await client.meter?.())?.company : undefined
      if (company !== undefined) this.#companies.set(key, company)
      return company
    } catch {
      // the look at this connection says what is wrong with it
      return undefined
    }
  }
}
