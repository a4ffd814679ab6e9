import { assert, describe, it } from "vitest"
import {
  afterDeath,
  answered,
  eachDeath,
  everyStep,
  inDoubt,
  intent,
  leavesWhatItMay,
  minute,
  openGrant,
  replays,
  sent,
  start,
  stepsOf,
  stepsUntilKilled
} from "../../src/grants/deaths.ts"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { call, consent, endOf, refreshes, tokenRequests } from "../../src/grants/world.ts"
import { until } from "../../src/settle.ts"

const strict = () => openGrant(10 * minute, { businessCloud: { refreshReuse: "revoke-family" } })
const lenient = () => openGrant(10 * minute, { businessCloud: { refreshReuse: "accepted" } })
/** its token is past its renewal and not at its end */
const early = () => openGrant(4 * minute, { businessCloud: { refreshReuse: "revoke-family" } })

// the storms try X3's grants
describe("a process that is killed at each step of a rotation", () => {
  leavesWhatItMay("books", { strict, lenient })

  it("leaves the token in hand to be used to its end, and only then the doubt is settled", async () => {
    const deaths = await eachDeath(everyStep, early, async (grant, steps) => {
      const before = refreshes(grant.sandbox)
      const now = grant.restart()
      const ends = [await endOf(call(now, "books")), await endOf(call(now, "books"))]
      // what it does in the background is awaited by its end
      await now.sage.close()
      const meanwhile = refreshes(grant.sandbox) - before
      const { state } = await grant.restart().sage.client("books").status()
      return { steps, ends, state, meanwhile, later: await endOf(call(grant.restart(2 * minute), "books")) }
    })
    const ends = ["HTTP 200", "HTTP 200"]
    const unsent = { ends, state: "connected" as const, meanwhile: 1, later: "HTTP 200" }
    const doubted = { ends, state: "in-doubt" as const, meanwhile: 0 }
    assert.deepStrictEqual(deaths, [
      { steps: [], ...unsent },
      { steps: intent, ...doubted, later: "HTTP 200" },
      { steps: sent, ...doubted, later: "RotationInDoubt" },
      { steps: answered, ...doubted, later: "RotationInDoubt" }
    ])
  })

  it("is done with its last write: nobody rotates again", async () => {
    const grant = await strict()
    const child = startCaller({ connection: connectionOf(grant.sandbox), ...grant.file, callers: 1 }, { killAt: 100 })
    assert.deepStrictEqual(stepsOf(await child.toldInAll()), [...answered, "write"])
    assert.strictEqual(await endOf(call(grant.restart(), "books")), "HTTP 200")
    assert.strictEqual(refreshes(grant.sandbox), 1)
  })
})

describe("a process that is killed while it waits for the answer to a rotation", () => {
  it("leaves a grant that works, where the server had not begun", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "hang" })
    const child = start(grant)
    await until("the request arrived", () => refreshes(grant.sandbox) === 1)
    child.process.kill("SIGKILL")
    await child.ended
    assert.deepStrictEqual(await afterDeath(grant, []), { steps: [], sent: [1, 1], ...replays })
  })

  it("leaves a grant that is called in doubt, where the server had rotated", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "1 hour" })
    const child = start(grant)
    await until("the request arrived", () => refreshes(grant.sandbox) === 1)
    child.process.kill("SIGKILL")
    await child.ended
    assert.deepStrictEqual(await afterDeath(grant, []), { steps: [], sent: [1, 1], ...inDoubt })
  })

  it("leaves a grant that a new consent makes whole", async () => {
    const grant = await strict()
    grant.sandbox.fault("business-cloud", { on: "refresh_token", kind: "drop-response" })
    const steps = await stepsUntilKilled(grant, answered.length)
    assert.deepStrictEqual(steps, sent)
    const app = grant.restart()
    assert.strictEqual(await endOf(call(app, "books")), "RotationInDoubt")
    await consent(app, "books")
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.strictEqual((await app.events.of("recovered")).length, 1)
    assert.strictEqual(tokenRequests(grant.sandbox, "business-cloud", "authorization_code").length, 2)
  })
})
