import type { Status } from "@sage-auth/core"
import { inspectSharing } from "@sage-auth/core/inspect"
import type {
  Board,
  CompanyShown,
  ConnectionShown,
  Product,
  SharingShown,
  Span,
  TenantShown,
  TrafficShown
} from "./Board.ts"
import { breakagesOf } from "./breakages.ts"
import type { Tenant } from "./tenants.ts"
import { deaths } from "./Timeline.ts"
import type { World } from "./World.ts"

/** What a connection is, in words. */
const about: Readonly<Record<string, string>> = {
  ledger: "Intacct XML, by a login",
  vendors: "Intacct REST, by client credentials",
  bridge: "Intacct REST, with the session of ledger",
  payables: "Intacct REST, by consent",
  books: "Business Cloud Accounting, by consent",
  erp: "X3 on premise, by user and password",
  erpTls: "X3 on premise, by client certificate",
  erpSso: "X3 on premise, by consent at the identity provider",
  erpCloud: "X3 online, by consent at the identity provider",
  graph: "X3 GraphQL, by a connected application",
  gateway: "X3 cloud gateway, by pairing"
}

const productOf = (surface: string): Product =>
  surface.startsWith("intacct") ? "Intacct" : surface.startsWith("x3") ? "X3" : "Business Cloud Accounting"

/** Reads what the page shows, and remembers since when: a bar needs both of its ends. */
export class Watch {
  readonly #world: World
  readonly #since = new Map<string, Span>()
  #readings = 0

  constructor(world: World) {
    this.#world = world
  }

  async board(traffic: TrafficShown): Promise<Board> {
    const { faults, sandbox, started, tenants, timeline } = this.#world
    const reading = ++this.#readings
    const read = await Promise.all(
      tenants.map(
        async (tenant): Promise<TenantShown> => ({
          id: tenant.id,
          name: tenant.name,
          connections: await Promise.all(this.#world.names.map((connection) => this.#connection(tenant, connection))),
          companies: await this.#companies(tenant.id)
        })
      )
    )
    return {
      reading,
      now: sandbox.clock.now(),
      traffic,
      faults: faults.pending(),
      tenants: read,
      sharing: await this.#sharing(),
      rotations: timeline.shown,
      started: { ...started, rotated: timeline.shown.length > 0 }
    }
  }

  /** whose grants only a human can bring back, each as tenant and connection */
  async dead(): Promise<ReadonlyArray<string>> {
    const all = this.#world.tenants.flatMap(({ id }) => this.#world.names.map((connection) => ({ connection, id })))
    const states = await Promise.all(all.map(({ connection, id }) => this.#world.clientOf(connection, id).status()))
    return all
      .filter((_, index) => states[index]?.state === "reauthorization-required")
      .map(({ connection, id }) => `${id} / ${connection}`)
  }

  async #connection(tenant: Tenant, connection: string): Promise<ConnectionShown> {
    const { sage } = this.#world
    const { interactive, surface } = sage.connections[connection as keyof typeof sage.connections]
    const { id } = tenant
    const shown = {
      connection,
      product: productOf(surface),
      about: about[connection] ?? surface,
      interactive,
      signInAs: interactive ? this.#signInAs(tenant, surface) : undefined,
      breakages: breakagesOf(connection).map(({ id, label }) => ({ id, label }))
    }
    try {
      const status = await this.#world.clientOf(connection, id).status()
      return {
        ...shown,
        state: status.state,
        refreshable: status.refreshable,
        credential: this.#span(`credential ${id} ${connection}`, status.credentialExpiresAt),
        grant: this.#span(`grant ${id} ${connection}`, status.grantExpiresAt),
        reason: this.#reason(connection, id, status, interactive)
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : "Its state cannot be read."
      return { ...shown, state: "disconnected", refreshable: false, credential: undefined, grant: undefined, reason }
    }
  }

  /** what is wrong, and what helps */
  #reason(connection: string, tenant: string, status: Status, interactive: boolean): string | undefined {
    switch (status.state) {
      case "reauthorization-required": {
        if (!interactive) return "Sage refuses what is configured. Change it, or wait 15 minutes."
        const cause = this.#world.timeline.death(connection, tenant)
        return cause === undefined ? "The grant is dead." : deaths[cause]
      }
      case "in-doubt":
        return "An answer was lost. The next renewal sends the refresh token once more."
      case "stalled":
        return "Another process holds the lease and does not finish. See whether it hangs."
      case "storing":
        return "The consent was given, and the store is away. Memory keeps it until then."
      case "pairing":
        return "A user of X3 has not accepted the request yet."
      default:
        return undefined
    }
  }

  /** whose button the sandbox's pages have for this tenant */
  #signInAs({ email, login }: Tenant, surface: string): string {
    const { accounts } = this.#world.sandbox
    if (surface === "business-cloud") return email
    if (surface === "intacct-rest") return `${login.userId}@${login.companyId}`
    return surface === "x3-gateway"
      ? accounts["x3-gateway"].user.user
      : accounts["x3-web-services"].identityProvider.user.email
  }

  #span(key: string, end: Date | undefined): Span | undefined {
    if (end === undefined) {
      this.#since.delete(key)
      return undefined
    }
    const known = this.#since.get(key)
    // read twice, an end may differ by the milliseconds in between
    if (known !== undefined && Math.abs(known.until - end.getTime()) < 1_500) return known
    const span = { from: this.#world.sandbox.clock.now(), until: end.getTime() }
    this.#since.set(key, span)
    return span
  }

  /** where grants and pools are, and who else works with them */
  async #sharing(): Promise<SharingShown> {
    const { coordination, store } = await inspectSharing(this.#world.sage)
    const memory = "the memory of this process"
    return {
      store: store === undefined ? memory : `${store.place}; processes that renew: ${store.processes}`,
      coordination:
        coordination === undefined ? memory : `${coordination.place}; processes that call: ${coordination.processes}`,
      leases: (store?.leases ?? []).map(
        ({ connection, holder, sent, tenant }) => `${tenant} / ${connection}: ${holder}${sent ? ", sent" : ""}`
      )
    }
  }

  async #companies(tenant: string): Promise<ReadonlyArray<CompanyShown>> {
    const ledger = this.#world.sage.client("ledger", { tenant })
    const [{ company, ...meter }, pool] = await Promise.all([ledger.meter(), ledger.pool()])
    const { budget, month, projected, projectedOverage, used } = meter
    const { inUse, permits, waiting } = pool
    return [{ company, permits, inUse, waiting, month, used, budget, projected, projectedOverage }]
  }
}
