import type { FaultKind } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { call, connect, consent, endOf, type Flow, flows, type GrantWorld, openGrants } from "./world.ts"
import { settle } from "../settle.ts"

/** in seconds */
const outage = 10 * 60

/** calls again and again for so many seconds of the sandbox's time, the last time at their end; gives how each ended */
const callEvery = async (
  world: GrantWorld,
  flow: Flow,
  step: number,
  seconds: number
): Promise<ReadonlyArray<string>> => {
  const ends: Array<string> = []
  for (let passed = step; passed <= seconds; passed += step) {
    await world.sandbox.clock.advance(`${step} seconds`)
    ends.push(await endOf(call(world, flow)))
    await settle()
  }
  return ends
}

/** calls every few seconds until that fails; gives for how many seconds it succeeded */
export const secondsServed = async (world: GrantWorld, flow: Flow): Promise<number> => {
  const step = 5
  for (let seconds = 0; seconds <= outage; seconds += step) {
    await world.sandbox.clock.advance(`${step} seconds`)
    if ((await endOf(call(world, flow))) !== "HTTP 200") return seconds
  }
  return outage
}

export const kill = ({ sandbox }: GrantWorld, flow: Flow, kind: FaultKind): void =>
  sandbox.fault(flows[flow].surface, { on: "token", kind, times: Number.POSITIVE_INFINITY })

const served = (ends: ReadonlyArray<string>): boolean => ends.every((end) => end === "HTTP 200")

/** Ten minutes without an authorization server, for what lives an hour. */
export const longLived = (flow: "payables" | "vendors" | "bridge", kind: "unavailable" | "drop-request"): void => {
  describe("while the authorization server is away for ten minutes", () => {
    it(`every call of ${flow} succeeds, wherever the token in hand is in its life (${kind})`, async () => {
      // calls of every age of the token: its renewal is tried, and fails, from half of its life on
      const world = await openGrants({ intacctRest: { requestsPerMinute: 1_000_000, requestsPerHour: 1_000_000 } })
      await connect(world, flow)
      await call(world, flow)
      for (const age of [0, 25, 30, 30, 30]) {
        await world.sandbox.clock.advance(`${age} minutes`)
        // what is due is renewed while the server lives
        assert.isTrue(served(await callEvery(world, flow, 1, 2)))
        kill(world, flow, kind)
        assert.isTrue(served(await callEvery(world, flow, 15, outage)), `${age} min`)
        world.sandbox.clearFaults()
        assert.isTrue(served(await callEvery(world, flow, 30, 60)))
        // well after the end of what was in hand
        await world.sandbox.clock.advance("2 hours")
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
      }
      // by 42 minutes of its hour a renewal is due, wherever chance has put it
      kill(world, flow, kind)
      await world.sandbox.clock.advance("42 minutes")
      assert.isTrue(served(await callEvery(world, flow, 15, 60)))
      const failed = await world.events.of("renewal-failed")
      assert.isAtLeast(failed.length, 1)
      assert.isTrue(failed.every(({ covered }) => covered))
      assert.strictEqual((await world.events.of("reauthorization-required")).length, 0)
    })
  })
}

/** Ten minutes without an authorization server, for what lives five minutes. */
export const shortLived = (kind: "unavailable" | "html-502" | "drop-request" | "rate-limited"): void => {
  describe("while the authorization server is away for ten minutes", () => {
    it(`calls of books succeed for at least 90 seconds, fail by type after that, and succeed at once when it is back (${kind})`, async () => {
      for (const lived of [1, 149, 194, 299]) {
        const world = await openGrants()
        await consent(world, "books")
        await call(world, "books")
        assert.isTrue(served(await callEvery(world, "books", 1, lived % 5)))
        assert.isTrue(served(await callEvery(world, "books", 5, lived - (lived % 5))))
        kill(world, "books", kind)
        const seconds = await secondsServed(world, "books")
        assert.isAtLeast(seconds, 90, `${lived} s`)
        assert.isBelow(seconds, 300, `${lived} s`)
        const ends = await callEvery(world, "books", 20, outage - seconds)
        const product = kind === "rate-limited" ? "business-cloud.rate-limited" : "business-cloud.service-unavailable"
        const failure = kind === "drop-request" ? "client.answer-lost" : product
        assert.deepStrictEqual([...new Set(ends)], [failure], `${lived} s`)
        world.sandbox.clearFaults()
        assert.strictEqual(await endOf(call(world, "books")), "HTTP 200", `${lived} s`)
        assert.strictEqual((await world.events.of("reauthorization-required")).length, 0)
      }
    })
  })
}
