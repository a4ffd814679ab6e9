import { assert, it } from "vitest"
import { openedAlone } from "../test/openedAlone.ts"
import { describeInstalled, skipped } from "../test/stormOver.ts"

describeInstalled(`a server${skipped}`, () => {
  it("that stays away is done without, and used again when it is back", async () => {
    const { failures, most, server, storm, texts, untilDone, untilIdle } = await openedAlone()
    const all = storm(600)
    await untilDone(40)
    await server.kill()
    await untilDone(300)
    assert.strictEqual(texts.filter((text) => text.includes("goes on with its share")).length, 2)
    await server.start()
    await all
    assert.deepStrictEqual(failures, [])
    assert.isAtMost(most["acme"] ?? 0, 4)
    await untilIdle()
  })

  it("that stands still for longer than every heartbeat loses nobody", async () => {
    const { failures, most, server, storm, untilDone, untilIdle } = await openedAlone()
    const all = storm(400)
    await untilDone(40)
    server.process().kill("SIGSTOP")
    // it is away by now
    await untilDone(150)
    server.process().kill("SIGCONT")
    await all
    assert.deepStrictEqual(failures, [])
    assert.isAtMost(most["acme"] ?? 0, 4)
    await untilIdle()
  })
})
