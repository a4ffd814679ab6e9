import type { Board, CompanyShown, ConnectionShown, Span, TenantShown, TrafficShown } from "./Board.ts"
import { breakagesOf } from "./breakages.ts"
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

/** Reads what the page shows, and remembers since when: a bar needs both of its ends. */
export class Watch {
  readonly #world: World
  readonly #since = new Map<string, Span>()

  constructor(world: World) {
    this.#world = world
  }

  async board(traffic: TrafficShown): Promise<Board> {
    const { faults, sandbox, tenants } = this.#world
    return {
      now: sandbox.clock.now(),
      traffic,
      faults: faults.pending(),
      tenants: await Promise.all(
        tenants.map(
          async ({ id, name }): Promise<TenantShown> => ({
            id,
            name,
            connections: await Promise.all(this.#world.names.map((connection) => this.#connection(id, connection))),
            companies: await this.#companies(id)
          })
        )
      )
    }
  }

  async #connection(tenant: string, connection: string): Promise<ConnectionShown> {
    const { sage } = this.#world
    const { interactive, surface } = sage.connections[connection as keyof typeof sage.connections]
    const shown = {
      connection,
      surface,
      about: about[connection] ?? surface,
      interactive,
      breakages: breakagesOf(connection).map(({ id, label }) => ({ id, label }))
    }
    try {
      const status = await this.#world.clientOf(connection, tenant).status()
      return {
        ...shown,
        state: status.state,
        refreshable: status.refreshable,
        credential: this.#span(`credential ${tenant} ${connection}`, status.credentialExpiresAt),
        grant: this.#span(`grant ${tenant} ${connection}`, status.grantExpiresAt),
        problem: undefined
      }
    } catch (error) {
      const problem = error instanceof Error ? error.message : "its state cannot be read"
      return { ...shown, state: "disconnected", refreshable: false, credential: undefined, grant: undefined, problem }
    }
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

  async #companies(tenant: string): Promise<ReadonlyArray<CompanyShown>> {
    const ledger = this.#world.sage.client("ledger", { tenant })
    const [{ company, ...meter }, pool] = await Promise.all([ledger.meter(), ledger.pool()])
    const { budget, month, projected, projectedOverage, used } = meter
    const { inUse, permits, waiting } = pool
    return [{ company, permits, inUse, waiting, month, used, budget, projected, projectedOverage }]
  }
}
