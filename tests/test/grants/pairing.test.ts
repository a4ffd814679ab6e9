import { generateKey } from "@sage-auth/core"
import type { SandboxOptions } from "@sage-auth/sandbox"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import type { Told } from "../../src/grants/children/task.ts"
import { kinds } from "../../src/grants/faults.ts"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { call, consent, endOf, type GrantWorld, openApp, openGrants, tokenRequests } from "../../src/grants/world.ts"

type GatewayOptions = NonNullable<NonNullable<SandboxOptions["x3"]>["gateway"]>

const codes = (sandbox: GrantWorld["sandbox"] | Awaited<ReturnType<typeof startSandbox>>) =>
  tokenRequests(sandbox, "x3-gateway", "authorization_code").length

const open = async (gateway: GatewayOptions = {}) => openGrants({ x3: { gateway } }, { shutdown: 10 })

describe("the exchange of a pairing's code", () => {
  for (const [kind, { answer, ran, waits }] of kinds) {
    // the gateway takes a code once: an exchange that was carried out and not heard of cannot be repeated
    const over = answer === "lost" && ran
    // what is slow is the subject of another file
    if (waits === true) continue
    it(`that meets ${kind} once ${over ? "says that there has to be another pairing" : "loses nothing"}`, async () => {
      const world = await open()
      world.sandbox.fault("x3-gateway", { on: "authorization_code", kind })
      const end = await endOf(consent(world, "gateway"))
      world.sandbox.clearFaults()
      // its pause is no longer than this
      await world.sandbox.clock.advance("1 minute")
      const called = await endOf(call(world, "gateway"))
      const { state } = await world.sage.client("gateway").status()
      if (over) {
        assert.deepStrictEqual([end, state], ["client.callback-rejected", "reauthorization-required"])
        assert.strictEqual(called, "Revoked")
      } else {
        assert.deepStrictEqual([called, state], ["HTTP 200", "connected"], end)
      }
      assert.isAtMost(codes(world.sandbox), 2)
      await consent(world, "gateway")
      assert.strictEqual(await endOf(call(world, "gateway")), "HTTP 200")
    })
  }

  it("survives the process that had it, before anybody accepted it and after", async () => {
    const sandbox = await startSandbox({ x3: { gateway: { callbackOrder: "before-acceptance" } } })
    onTestFinished(() => sandbox.stop())
    const file = { path: temporaryStore(), key: generateKey() }
    const start = (ahead = 0) =>
      openApp(sandbox, { store: `sqlite:${file.path}`, keys: [file.key], clock: { now: () => Date.now() + ahead } })
    const first = start()
    const { url } = await first.sage.client("gateway").authorize({ returnTo: "/" })
    const callback = await sandbox.x3.pairingCallback(url, { decide: false })
    await first.sage.close()
    // the callback comes to a process that did not begin it, and that ends before anybody accepts
    const second = start()
    await second.sage.completeAuthorization({ url: callback.url, body: callback.body })
    assert.strictEqual((await second.sage.client("gateway").status()).state, "pairing")
    assert.strictEqual(await endOf(call(second, "gateway")), "x3-gateway.pairing-pending")
    await second.sage.close()
    await sandbox.x3.acceptPairing()
    // two others find it when its pause is over, and send the code once
    const before = codes(sandbox)
    const task = { connection: connectionOf(sandbox, "gateway"), ...file, callers: 20, ahead: 60_000, waits: true }
    const children = [startCaller(task), startCaller(task)]
    await Promise.all(children.map(({ told }) => told()))
    for (const { go } of children) go()
    const told = (await Promise.all(children.map((child) => child.told()))) as ReadonlyArray<Told>
    const all: Told = { served: 20, failures: [] }
    assert.deepStrictEqual(told, [all, all])
    assert.strictEqual(codes(sandbox) - before, 1)
  })
})
