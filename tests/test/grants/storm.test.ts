import { assert, describe, it } from "vitest"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { assertAlive, expiredGrant, rotationsIn, openServer } from "../../src/grants/storm.ts"
import { refreshes } from "../../src/grants/world.ts"
import { until } from "../../src/settle.ts"

/** so that whoever judges a lease by its signs of life would take it away at once */
const shortTimes = { beat: 50, silence: 100, doubt: 150, look: 50 }

// the storms try four processes, the other connections, and a server that takes 20 seconds
describe("200 callers in each of two processes on one expired grant in one SQLite file", () => {
  it("are all served by one rotation of books, and its family lives", async () => {
    assert.strictEqual(await rotationsIn("books", 2), 1)
  })
})

describe("a process that stands still in the middle of its rotation, and lives", () => {
  it("keeps its lease, whoever waits, and serves them all when it goes on", async () => {
    const sandbox = await openServer()
    const file = await expiredGrant(sandbox)
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "1 second" })
    const task = { connection: connectionOf(sandbox), ...file, callers: 5, times: shortTimes }
    const waiting = startCaller({ ...task, waits: true })
    await waiting.told()
    const stopped = startCaller(task)
    await until("the rotation was sent", () => refreshes(sandbox) === 1)
    stopped.process.kill("SIGSTOP")
    waiting.go()
    const answered = () => sandbox.requests({ step: "token" }).filter(({ status }) => status === 200).length
    await until("the rotation was answered", () => answered() === 2)
    // many times as long as the signs of life may stay away
    const since = performance.now()
    await until("half a second has passed", () => performance.now() - since >= 500)
    assert.strictEqual(refreshes(sandbox), 1)
    stopped.process.kill("SIGCONT")
    const all = { served: 5, failures: [] }
    assert.deepStrictEqual(await Promise.all([stopped.told(), waiting.told()]), [all, all])
    assert.strictEqual(refreshes(sandbox), 1)
    await assertAlive(sandbox, file)
  })
})
