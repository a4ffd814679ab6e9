import type { Settings } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import { patientClock } from "../../src/grants/patientClock.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { type App, call, type ConsentFlow, consent, endOf, inFile, openApp, refreshes } from "../../src/grants/world.ts"
import { openSandbox } from "../../src/world.ts"

const hour = 60 * 60_000
const day = 24 * hour

const tenants = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, index) => `tenant-${index}`)

/** a file with the grants of so many tenants, and two applications that share it */
const openTwo = async (count: number, settings: Settings) => {
  const sandbox = await openSandbox({
    businessCloud: { mostRecentOnly: false, refreshReuse: "revoke-family", refreshTokenLife: "10 days" },
    intacctRest: { refreshTokenLife: "10 days" }
  })
  const clock = patientClock(sandbox, 2)
  // without a loop there is nothing to be patient with
  const file = {
    ...inFile(temporaryStore()),
    ...(settings.keepAlive === undefined ? { clock: sandbox.clock } : { clock }),
    ...settings
  }
  const apps = [openApp(sandbox, file), openApp(sandbox, file)] as const
  for (const tenant of tenants(count)) await consent(apps[0], "books", tenant)
  return { sandbox, clock, apps }
}

/** when each tenant's refresh token was replaced, whichever application did it */
const rotations = async (apps: ReadonlyArray<App>, flow: ConsentFlow): Promise<ReadonlyMap<string, Array<number>>> => {
  const found = new Map<string, Array<number>>()
  for (const { events } of apps) {
    for (const { at, connection, tenant } of await events.of("rotation-done")) {
      if (connection === flow)
        found.set(
          tenant,
          [...(found.get(tenant) ?? []), at].toSorted((a, b) => a - b)
        )
    }
  }
  return found
}

describe("two applications on one SQLite file that keep grants alive", () => {
  it("bring every grant through 13 days in which nobody calls, each renewed once whenever it is due", async () => {
    const { apps, clock, sandbox } = await openTwo(6, { keepAlive: { every: "3 days" } })
    for (const tenant of tenants(3)) await consent(apps[1], "payables", tenant)
    const began = clock.now()
    await clock.pass(13 * day)
    const ends = new Set<number>()
    for (const [flow, surface, count] of [
      ["books", "business-cloud", 6],
      ["payables", "intacct-rest", 3]
    ] as const) {
      const rotated = await rotations(apps, flow)
      assert.strictEqual(rotated.size, count)
      for (const [tenant, times] of rotated) {
        for (const [index, time] of times.entries()) {
          const gap = (time - (times[index - 1] ?? began)) / day
          // due after 80 to 100 % of three days, and looked for about once an hour
          assert.isAtLeast(gap, 2.4 - 0.01, tenant)
          assert.isAtMost(gap, 3.1, tenant)
        }
        assert.isAtLeast(times.length, 4, tenant)
        ends.add(Math.floor(((times[0] ?? 0) - began) / hour))
      }
      // nothing was sent that was not needed
      const sent = [...rotated.values()].flat().length
      assert.strictEqual(refreshes(sandbox, surface), sent)
    }
    // not all of them in the same hours
    assert.isAtLeast(ends.size, 3)
    for (const { events } of apps) {
      assert.strictEqual((await events.of("renewal-failed")).length, 0)
      assert.strictEqual((await events.of("reauthorization-required")).length, 0)
    }
    for (const tenant of tenants(6)) {
      assert.strictEqual(await endOf(call(apps[1], "books", { tenant })), "HTTP 200", tenant)
    }
    for (const tenant of tenants(3)) {
      assert.strictEqual(await endOf(call(apps[0], "payables", { tenant })), "HTTP 200", tenant)
    }
  })

  it("bring them through a day on which the server is away", async () => {
    const { apps, clock, sandbox } = await openTwo(3, { keepAlive: { every: "3 days" } })
    await clock.pass(2.3 * day)
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "unavailable", duration: "2 days" })
    await clock.pass(2 * day)
    assert.isAtLeast((await apps[0].events.of("renewal-failed")).length, 1)
    assert.strictEqual((await rotations(apps, "books")).size, 0)
    await clock.pass(7 * day)
    for (const tenant of tenants(3)) {
      assert.strictEqual(await endOf(call(apps[0], "books", { tenant })), "HTTP 200", tenant)
    }
    for (const { events } of apps) assert.strictEqual((await events.of("reauthorization-required")).length, 0)
  })

  it("renew each grant once when both make their pass at the same moment", async () => {
    const { apps, sandbox } = await openTwo(20, {})
    await sandbox.clock.advance("7 days")
    const passes = await Promise.all(apps.map(({ sage }) => sage.keepAlive()))
    assert.strictEqual(refreshes(sandbox), 20)
    assert.deepStrictEqual(
      passes.map(({ failed }) => failed),
      [[], []]
    )
    const rotated = await rotations(apps, "books")
    assert.strictEqual(rotated.size, 20)
    assert.isTrue([...rotated.values()].every(({ length }) => length === 1))
    const again = await Promise.all(apps.map(({ sage }) => sage.keepAlive()))
    assert.deepStrictEqual(again, [
      { due: 0, renewed: 0, failures: 0, failed: [] },
      { due: 0, renewed: 0, failures: 0, failed: [] }
    ])
    assert.strictEqual(refreshes(sandbox), 20)
  })

  it("would have lost them without: a grant that nobody uses or keeps alive ends", async () => {
    const { apps, sandbox } = await openTwo(1, {})
    await sandbox.clock.advance("11 days")
    assert.strictEqual(await endOf(call(apps[0], "books", { tenant: "tenant-0" })), "Expired")
    assert.strictEqual((await apps[0].sage.keepAlive()).due, 0)
  })
})

it("an application of effects goes by its own clock, whatever clock its callers' fibers have", async () => {
  const sandbox = await openSandbox()
  const day15 = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const connections = sandbox.connections()
        const sage = yield* SageAuth.make({ connections, clock: sandbox.clock })
        const { cookie, url } = yield* sage.client("books").authorize({ returnTo: "/" })
        const callback = yield* Effect.promise(() => sandbox.approve(url))
        yield* sage.completeAuthorization({ url: callback, cookie })
        yield* Effect.promise(() => sandbox.clock.advance("15 days"))
        return yield* sage.keepAlive
      })
    )
  )
  assert.deepStrictEqual([day15.due, day15.renewed], [1, 1])
})
