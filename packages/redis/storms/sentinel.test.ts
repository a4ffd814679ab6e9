import { assert, it, onTestFinished } from "vitest"
import type { RedisCoordinationOptions } from "../src/index.ts"
import { libraries } from "../test/libraries.ts"
import { ownSentinel } from "../test/ownServer.ts"
import { describeInstalled, skipped, stormOver } from "../test/stormOver.ts"

const opened = async (options: Partial<RedisCoordinationOptions> = {}) => {
  const watched = await ownSentinel()
  onTestFinished(watched.end)
  const clients = await Promise.all(libraries.map(({ sentinel }) => sentinel(watched.master, watched.ports)))
  const storms = stormOver(clients, options)
  // whatever the machine is busy with when the storm begins, each knows its share
  await storms.untilServed()
  return { watched, ...storms }
}

/** the limit, and of each process but one the share, which it goes on with until it finds the new primary */
const mostWhileSomeAreAway = 4 + 3

describeInstalled(`a primary with a replica and a sentinel, over all libraries at once${skipped}`, () => {
  it("that fails over in the middle of a storm fails no call and loses no permit", async () => {
    const { failures, most, storm, texts, untilDone, untilIdle, untilServed, watched } = await opened()
    const all = storm(1_200)
    await untilDone(100)
    await watched.primary.kill()
    await all
    assert.deepStrictEqual(failures, [])
    assert.isAtMost(most["acme"] ?? 0, mostWhileSomeAreAway)
    await watched.failedOver()
    await untilServed()
    for (const text of texts) assert.match(text, /^sage-auth: Redis .*(goes on with its share|is back)/)
    await untilIdle()
  })

  it("that fails over tells calls that are to stop what is away, and serves all that come later", async () => {
    const { failures, most, storm, untilDone, untilIdle, untilServed, watched } = await opened({ away: "stop" })
    const all = storm(1_200)
    await untilDone(100)
    await watched.primary.kill()
    await all
    for (const failure of failures) {
      assert.nestedPropertyVal(failure, "reason._tag", "StoreUnavailable")
      assert.match(String(failure), /: Redis (cannot be reached|gives no answer|refuses connections|is a replica)/)
    }
    await watched.failedOver()
    await untilServed()
    const before = failures.length
    await storm(200)
    assert.strictEqual(failures.length, before)
    assert.isAtMost(most["acme"] ?? 0, 4)
    await untilIdle()
  })
})
