import { Controller, Get, Inject } from "@nestjs/common"
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus"
import {
  type Connections,
  generateKey,
  intacctRest,
  type IntacctRestClient,
  intacctXml,
  type IntacctXmlClient,
  SageAuthError,
  type StorePort,
  StoreUnavailable
} from "@sage-auth/core"
import {
  type RegisteredSage,
  SAGE,
  type SageHealth,
  SageHealthIndicator,
  type SageHealthOptions
} from "@sage-auth/nest"
import type { Sandbox } from "@sage-auth/sandbox"
import { describe, expect, it } from "vitest"
import { until } from "./settle.ts"
import { openWorld, tenantOf, type World, type WorldOptions } from "./world.ts"

const eleven = process.env["NEST"] === "11"

@Controller("health")
class HealthController {
  readonly #health: HealthCheckService
  readonly #sage: SageHealthIndicator

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(SageHealthIndicator) sage: SageHealthIndicator
  ) {
    this.#health = health
    this.#sage = sage
  }

  @Get()
  @HealthCheck()
  check() {
    return this.#health.check([() => this.#sage.isHealthy("sage")])
  }
}

/** those whose state is local, so that what is found is what the test made */
const few = (sandbox: Sandbox<"manual">): Connections => {
  const { books, ledger, payables, vendors } = sandbox.connections()
  return { books, ledger, payables, vendors }
}

const open = ({ sage, ...options }: WorldOptions = {}) =>
  openWorld({
    imports: [TerminusModule],
    controllers: [HealthController],
    ...options,
    sage: {
      connections: few,
      retry: {
        transient: { first: 0, times: 0, within: "24 hours" },
        rateLimited: { first: 0, times: 0, within: "24 hours" }
      },
      ...sage
    }
  })

const read = (world: World, options?: SageHealthOptions): Promise<SageHealth> =>
  world.app.get(SageHealthIndicator).read(options)

const sageOf = (world: World): RegisteredSage => world.app.get<RegisteredSage>(SAGE)

/** waits for what events tell */
const becomes = async (world: World, state: SageHealth["state"], options?: SageHealthOptions): Promise<SageHealth> => {
  let health: SageHealth | undefined
  await until(`health is ${state}`, async () => {
    health = await read(world, options)
    return health.state === state
  })
  return health as SageHealth
}

const inTerminus = async (world: World) => {
  const reply = await world.get("/health")
  const body = (await reply.json()) as {
    readonly details: { readonly sage: Record<string, unknown> }
    readonly status: string
  }
  return { status: reply.status, overall: body.status, sage: body.details.sage }
}

describe("health", () => {
  it("is up when nothing is wrong, and asks nothing of Sage", async () => {
    const world = await open()
    expect(await inTerminus(world)).toEqual({
      status: 200,
      overall: "ok",
      sage: { status: "up", state: "up", problems: [] }
    })
    expect(world.sandbox.requests()).toEqual([])
  })

  it("is degraded when a human has to consent again, and up once that is done", async () => {
    const world = await open()
    await world.consent("books")
    world.sandbox.businessCloud.endGrants()
    await world.sandbox.clock.advance("6 minutes")
    await expect(world.app.get(SAGE).client("books").headers()).rejects.toMatchObject({
      reason: { _tag: "ReauthorizationRequired" }
    })
    const problems = [{ problem: "reauthorization-required", connection: "books" }]
    expect(await read(world)).toEqual({ state: "degraded", problems })
    expect(await inTerminus(world)).toEqual({
      status: 200,
      overall: eleven ? "ok" : "degraded",
      sage: { status: eleven ? "up" : "degraded", state: "degraded", problems }
    })
    expect((await read(world, { connections: ["ledger"] })).state).toBe("up")
    await world.consent("books")
    expect(await read(world)).toEqual({ state: "up", problems: [] })
  })

  it("is degraded while Sage refuses a configured client, and up once the right one is accepted", async () => {
    let secret = "wrong"
    const world = await open({
      sage: {
        connections: (sandbox) => {
          const { client, user } = sandbox.accounts["intacct-rest"]
          secret = `not ${client.clientSecret}`
          return {
            vendors: intacctRest.clientCredentials({
              clientId: client.clientId,
              clientSecret: () => secret,
              username: user.username,
              environment: "sandbox",
              urls: sandbox.urls["intacct-rest"]
            })
          }
        }
      }
    })
    const { client } = world.sandbox.accounts["intacct-rest"]
    const vendors = sageOf(world).client("vendors") as unknown as IntacctRestClient
    await expect(vendors.headers()).rejects.toMatchObject({ reason: { _tag: "CredentialRejected" } })
    const problems = [{ problem: "reauthorization-required", connection: "vendors" }]
    await becomes(world, "degraded")
    // and for whoever looks next
    expect(await read(world)).toEqual({ state: "degraded", problems })
    secret = client.clientSecret
    await vendors.refresh()
    expect((await becomes(world, "up")).problems).toEqual([])
  })

  it("is degraded while a rotation is in doubt", async () => {
    const world = await open()
    await world.consent("books")
    await world.sandbox.clock.advance("6 minutes")
    world.sandbox.fault("business-cloud", { on: "refresh_token", kind: "drop-response", times: 1 })
    world.sandbox.fault("business-cloud", { on: "refresh_token", kind: "status-503", times: 50 })
    await expect(world.app.get(SAGE).client("books").headers({ deadline: 2000 })).rejects.toBeDefined()
    expect((await read(world)).problems).toContainEqual({ problem: "in-doubt", connection: "books" })
  })

  it("is down while the server of a connection is away and no credential is left, and up again by itself", async () => {
    const world = await open()
    world.sandbox.fault("intacct-xml", { on: "getAPISession", kind: "status-503", times: 1 })
    await expect(world.app.get(SAGE).client("ledger").session()).rejects.toMatchObject({
      reason: { _tag: "ServiceUnavailable" }
    })
    const problems = [{ problem: "unavailable", connection: "ledger" }]
    expect(await becomes(world, "down")).toEqual({ state: "down", problems })
    expect(await inTerminus(world)).toEqual({
      status: 503,
      overall: "error",
      sage: { status: "down", state: "down", problems }
    })
    await world.sandbox.clock.advance("1 minute")
    await world.app.get(SAGE).client("ledger").session()
    expect((await becomes(world, "up")).problems).toEqual([])
  })

  it("counts tenants in trouble and names none of them: one of many does not take the application down", async () => {
    const world = await open({ sage: { tenant: tenantOf } })
    world.sandbox.fault("intacct-xml", { on: "getAPISession", kind: "status-503", times: 2 })
    for (const tenant of ["acme", "birch"]) {
      await expect(sageOf(world).client("ledger", { tenant }).status()).resolves.toBeDefined()
      await expect(world.app.get(SAGE).client("ledger", { tenant }).session()).rejects.toBeDefined()
    }
    await until("both are known", async () => (await read(world)).problems[0]?.tenants === 2)
    const health = await read(world)
    expect(health).toEqual({
      state: "degraded",
      problems: [{ problem: "unavailable", connection: "ledger", tenants: 2 }]
    })
    expect(JSON.stringify(health)).not.toMatch(/acme|birch/)
    expect((await read(world, { tenants: ["acme"] })).state).toBe("down")
  })

  it("is degraded when a licence ends soon, or the budget of transactions is nearly used up", async () => {
    const world = await open({
      sage: {
        sandbox: { startAt: new Date("2026-11-10T08:00:00Z") },
        connections: (sandbox) => {
          const { login, sender } = sandbox.accounts["intacct-xml"]
          const { books } = sandbox.connections()
          const shared = {
            login,
            meter: { allowance: 1, budget: 1 },
            environment: "sandbox",
            urls: sandbox.urls["intacct-xml"]
          } as const
          return {
            books,
            ledger: intacctXml({ ...shared, sender: { ...sender, licenseExpires: "2026-11-30" } }),
            payroll: intacctXml({ ...shared, sender })
          }
        }
      }
    })
    await world.app
      .get(SAGE)
      .client("ledger")
      .execute([{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1 } }])
    await until("both are known", async () => (await read(world)).problems.length === 2)
    expect(await read(world)).toEqual({
      state: "degraded",
      problems: [
        { problem: "license-expiring", connection: "ledger", daysLeft: 20 },
        { problem: "budget-near", connection: "ledger", used: 1 }
      ]
    })
    // whichever of a company's connections is looked at
    await (sageOf(world).client("payroll") as unknown as IntacctXmlClient).session()
    expect((await read(world, { connections: ["payroll"] })).problems).toEqual([
      { problem: "budget-near", connection: "payroll", used: 1 }
    ])
    expect((await read(world, { connections: ["books"] })).problems).toEqual([])
  })

  it("is down while the grant store cannot be read", async () => {
    const away = new SageAuthError({
      reason: new StoreUnavailable({ message: "away" }),
      id: "client.store-unavailable",
      message: "away",
      code: undefined,
      supportId: undefined,
      retryable: true,
      remedy: "wait"
    })
    let isAway = false
    const store: StorePort = {
      grants: {
        read: async () => {
          if (isAway) throw away
          return undefined
        },
        compareAndSet: async () => undefined,
        list: async () => ({ rows: [], next: undefined })
      },
      once: { put: async () => true, read: async () => undefined, take: async () => undefined }
    }
    const world = await open({ sage: { store, keys: [generateKey()] } })
    expect((await read(world)).state).toBe("up")
    isAway = true
    const health = await read(world)
    expect(health.state).toBe("down")
    expect(health.problems).toContainEqual({ problem: "store-unavailable", connection: "books" })
    isAway = false
    expect((await read(world)).state).toBe("up")
  })

  it("is down once the connections are closed", async () => {
    const world = await open()
    await sageOf(world).close()
    expect(await read(world)).toEqual({ state: "down", problems: [{ problem: "closing" }] })
  })
})
