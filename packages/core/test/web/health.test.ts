import { expect, it, vi } from "vitest"
import type { Connections, Status } from "../../src/Connection.ts"
import { applicationClock, type Sage } from "../../src/createSageAuth.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"
import { HealthWatch } from "../../src/web/health.ts"

const day = 24 * 60 * 60_000
const start = Date.UTC(2026, 10, 10)

const connected: Status = {
  state: "connected",
  refreshable: true,
  credentialExpiresAt: undefined,
  grantIssuedAt: undefined,
  grantExpiresAt: undefined
}

/** An application of which only events and states are looked at. */
const open = async (events: ReadonlyArray<SageEvent>, hasTenants: boolean) => {
  const clock = { time: start, now: () => clock.time }
  const looked: Array<string> = []
  let read = 0
  const sage = {
    [applicationClock]: clock,
    connections: { erp: { surface: "x3-web-services" }, books: { surface: "business-cloud" } },
    client: (connection: string, { tenant }: { readonly tenant: string }) => ({
      status: async () => {
        looked.push(`${connection} ${tenant}`)
        return connected
      }
    }),
    async *events() {
      for (const event of events) {
        read++
        yield event
      }
      // as long as the application is open
      await new Promise(() => {})
    }
  } as unknown as Sage<Connections>
  const watch = new HealthWatch(sage, { hasTenants })
  await vi.waitUntil(() => read === events.length, { timeout: 100_000 })
  return { watch, clock, looked }
}

const at = (connection: string, tenant: string) =>
  ({ surface: "business-cloud", connection, tenant, at: start }) as const

it("a certificate that ends soon is told with the days it has left, until nobody uses it any more", async () => {
  const { clock, watch } = await open([{ type: "certificate-expiring", ...at("erp", "default"), daysLeft: 9 }], false)
  const ending = { problem: "certificate-expiring", connection: "erp" }
  expect(await watch.read()).toEqual({ state: "degraded", problems: [{ ...ending, daysLeft: 9 }] })
  clock.time += 1.5 * day
  expect((await watch.read()).problems).toEqual([{ ...ending, daysLeft: 8 }])
  clock.time += day
  expect((await watch.read()).state).toBe("up")
})

it("a thousand tenants in trouble are counted, and a hundred of them looked at", async () => {
  const events = Array.from(
    { length: 1500 },
    (_, index): SageEvent => ({
      type: "renewal-failed",
      ...at("books", `tenant-${index}`),
      reason: "ServiceUnavailable",
      code: undefined,
      covered: false
    })
  )
  const { watch, looked } = await open(events, true)
  expect(await watch.read()).toEqual({
    state: "degraded",
    problems: [{ problem: "unavailable", connection: "books", tenants: 1000 }]
  })
  expect(looked).toHaveLength(100)
})

it("renewals that fail behind a valid credential degrade, and the first that succeeds ends it", async () => {
  const failed: SageEvent = {
    type: "renewal-failed",
    ...at("books", "default"),
    reason: "ServiceUnavailable",
    code: undefined,
    covered: true
  }
  const renewed: SageEvent = {
    type: "credential-renewed",
    ...at("books", "default"),
    cause: "early",
    expiresAt: undefined
  }
  expect((await (await open([failed, renewed], false)).watch.read()).state).toBe("up")
  // without a credential any more, as its state says by now
  expect(await (await open([failed], false)).watch.read()).toEqual({
    state: "down",
    problems: [{ problem: "unavailable", connection: "books" }]
  })
})

it("the budget of last month is nobody's problem", async () => {
  const spent: SageEvent = {
    type: "budget-threshold",
    company: "acme",
    month: "2026-11",
    threshold: 0.95,
    used: 96,
    budget: 100,
    at: start
  }
  const { clock, watch } = await open([spent, { ...spent, company: "birch", threshold: 0.5, used: 50 }], true)
  expect(await watch.read()).toEqual({
    state: "degraded",
    problems: [{ problem: "budget-near", connection: undefined, used: 0.96 }]
  })
  clock.time = Date.UTC(2026, 11, 1)
  expect((await watch.read()).state).toBe("up")
})

const stateAfter = async (...events: ReadonlyArray<SageEvent>) => {
  const { watch } = await open(events, false)
  const first = await watch.read()
  // a look does not end it
  expect(await watch.read()).toEqual(first)
  return first.state
}

it("a refused credential ends when it is announced as accepted, whatever is renewed before; a renewal it kept from ends with the next", async () => {
  const rejected: SageEvent = {
    type: "credential-rejected",
    ...at("books", "default"),
    what: "client",
    code: "invalid_client"
  }
  const failed: SageEvent = {
    type: "renewal-failed",
    ...at("books", "default"),
    reason: "CredentialRejected",
    code: undefined,
    covered: false
  }
  const renewed: SageEvent = {
    type: "credential-renewed",
    ...at("books", "default"),
    cause: "rejected",
    expiresAt: undefined
  }
  const recovered: SageEvent = { type: "recovered", ...at("books", "default") }
  expect(await stateAfter(rejected, failed)).toBe("degraded")
  expect(await stateAfter(rejected, failed, renewed)).toBe("degraded")
  expect(await stateAfter(rejected, failed, renewed, recovered)).toBe("up")
  expect(await stateAfter(failed)).toBe("degraded")
  expect(await stateAfter(failed, renewed)).toBe("up")
})

it("a name that no connection has is refused", async () => {
  const { watch } = await open([], false)
  watch.check({ connections: ["erp"] })
  expect(() => watch.check({ connections: ["ledgr"] })).toThrow(/ledgr.*erp, books/)
})
