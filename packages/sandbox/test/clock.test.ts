import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { open, start } from "./support.ts"

describe("the sandbox's clock", () => {
  it("stands still until it is moved, and dates the answers", async () => {
    const sandbox = await start({ startAt: new Date("2026-11-21T12:00:00Z") })
    assert.strictEqual(sandbox.clock.now(), Date.UTC(2026, 10, 21, 12, 0, 0))
    await sandbox.clock.advance("6 minutes")
    assert.strictEqual(sandbox.clock.now(), Date.UTC(2026, 10, 21, 12, 6, 0))
    await sandbox.clock.advance(1500)
    assert.strictEqual(sandbox.clock.now(), Date.UTC(2026, 10, 21, 12, 6, 1, 500))
    const { answer } = await open(sandbox)
    assert.strictEqual(answer.headers.get("date"), "Sat, 21 Nov 2026 12:06:01 GMT")
  })

  it("refuses lengths of time that it cannot move by", async () => {
    const sandbox = await start()
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, "soon", "-1 minutes", "Infinity", ""]) {
      assert.throws(() => void sandbox.clock.advance(wrong), RangeError, "advance(by) must be")
    }
  })

  it("wakes sleepers in the order of their targets, each at its own time", async () => {
    const { clock } = await start({ startAt: 0 })
    const woken: Array<readonly [string, number]> = []
    const sleep = (name: string, milliseconds: number) =>
      clock.sleep(milliseconds).then(() => woken.push([name, clock.now()]))
    void sleep("late", 60_000)
    void sleep("early", 1000).then(() => sleep("again", 2000))
    void sleep("never", 90_000)
    await clock.advance("1 minute")
    assert.deepStrictEqual(woken, [
      ["early", 1000],
      ["again", 3000],
      ["late", 60_000]
    ])
  })

  it("lets a sleeper go after the same real time when nobody moves it", async () => {
    const { clock } = await start({ startAt: 0 })
    await clock.sleep(5)
    assert.strictEqual(clock.now(), 0)
  })

  it("rejects a sleep with the reason of its signal", async () => {
    const { clock } = await start()
    const reason = new Error("enough")
    const controller = new AbortController()
    const sleeping = clock.sleep(60_000, controller.signal).catch((error: unknown) => error)
    controller.abort(reason)
    assert.strictEqual(await sleeping, reason)
    assert.strictEqual(await clock.sleep(60_000, controller.signal).catch((error: unknown) => error), reason)
  })

  it("may be moved by several at once", async () => {
    const { clock } = await start({ startAt: 0 })
    await Promise.all([clock.advance("1 minute"), clock.advance("1 minute")])
    assert.strictEqual(clock.now(), 120_000)
  })

  it("is the machine's by default", async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.stop())
    const before = Date.now()
    const now = sandbox.clock.now()
    assert.isAtLeast(now, before)
    assert.isAtMost(now, Date.now())
    await sandbox.clock.sleep(1)
    assert.isFalse("advance" in sandbox.clock)
  })
})
