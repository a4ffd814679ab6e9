import { assert, describe, it } from "vitest"
import { kinds, meaningAt, type Meaning } from "./faults.ts"
import { call, consent, type ConsentFlow, endOf, flows, type GrantWorld, openGrants, refreshes } from "./world.ts"
import { begun, until } from "../settle.ts"

/** until a token of the sandbox is over */
const lives = { books: "5 minutes", payables: "1 hour", erpSso: "1 hour", gateway: "5 minutes" } as const

const count = async ({ events }: GrantWorld, type: "rotation-in-doubt" | "reauthorization-required" | "recovered") =>
  (await events.of(type)).length

/** makes a rotation meet a fault, and tells how the caller ended who waited for it */
const meet = async (world: GrantWorld, flow: ConsentFlow, [kind, { waits }]: (typeof kinds)[number], times: number) => {
  const { sandbox } = world
  const { surface } = flows[flow]
  sandbox.fault(surface, { on: "refresh_token", kind, times, delay: "30 seconds" })
  let settled = false
  const first = begun(endOf(call(world, flow, { deadline: "20 seconds" })).finally(() => (settled = true)))
  if (waits === true) {
    await until("the request arrived", () => refreshes(sandbox, surface) === 1)
    await sandbox.clock.advance("19 seconds")
    assert.isFalse(settled)
    await sandbox.clock.advance("1 second")
  }
  const end = await first
  sandbox.clearFaults()
  // a token request has a minute of its own, whoever has left
  if (waits === true) await sandbox.clock.advance("41 seconds")
  return end
}

/** A rotation, and every fault that it may meet, at a server that refuses a used refresh token or accepts it. */
export const rotations = (flow: ConsentFlow, reuse: "refused" | "accepted"): void => {
  const { surface } = flows[flow]
  const open = async (): Promise<GrantWorld> => {
    const options = { refreshReuse: reuse }
    const x3 = { identityProvider: options, gateway: options }
    const world = await openGrants({ businessCloud: options, intacctRest: options, x3 })
    await consent(world, flow)
    assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
    await world.sandbox.clock.advance(lives[flow])
    return world
  }

  /** what a human has to be asked for: a rotation that was carried out and that no replay can repeat */
  const isFatal = ({ answer, ran }: Meaning): boolean => answer === "lost" && ran && reuse === "refused"

  /** whatever happened, the connection works, or has said why not */
  const assertEnd = async (world: GrantWorld, meaning: Meaning, where: string) => {
    const last = await endOf(call(world, flow))
    const { state } = await world.sage.client(flow).status()
    assert.strictEqual(await count(world, "rotation-in-doubt"), meaning.answer === "lost" ? 1 : 0, where)
    if (!isFatal(meaning)) {
      assert.deepStrictEqual([last, state], ["HTTP 200", "connected"], where)
      assert.strictEqual(await count(world, "reauthorization-required"), 0, where)
      return
    }
    assert.deepStrictEqual([last, state], ["RotationInDoubt", "reauthorization-required"], where)
    assert.strictEqual(await count(world, "reauthorization-required"), 1, where)
    const before = refreshes(world.sandbox, surface)
    assert.strictEqual(await endOf(call(world, flow)), "RotationInDoubt")
    assert.strictEqual(refreshes(world.sandbox, surface), before, "a dead token was sent")
    await consent(world, flow)
    assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
    assert.strictEqual(await count(world, "recovered"), 1)
  }

  describe(`a rotation of ${flow}, a used refresh token being ${reuse},`, () => {
    for (const [kind] of kinds) {
      const meaning = meaningAt(flow, kind)
      const fault = [kind, meaning] as const
      it(`that meets ${kind} once`, async () => {
        const world = await open()
        const end = await meet(world, flow, fault, 1)
        const { answer, waits } = meaning
        const served = isFatal(meaning) ? "RotationInDoubt" : "HTTP 200"
        assert.strictEqual(end, waits === true ? "client.deadline-exceeded" : served)
        await assertEnd(world, meaning, kind)
        if (!isFatal(meaning)) assert.strictEqual(refreshes(world.sandbox, surface), answer === "good" ? 1 : 2)
      })

      if (meaning.answer === "good") continue
      it(`that meets ${kind} until its caller has left`, async () => {
        const world = await open()
        const end = await meet(world, flow, fault, Number.POSITIVE_INFINITY)
        if (meaning.waits === true) {
          assert.strictEqual(end, "client.deadline-exceeded")
        } else {
          assert.notInclude(["HTTP 200", "RotationInDoubt", "client.deadline-exceeded"], end)
          const { state } = await world.sage.client(flow).status()
          assert.strictEqual(state, meaning.answer === "lost" ? "in-doubt" : "connected", end)
          // a lost rotation is replayed once, and not again by the same caller
          // but for a limit, after which it waits
          const limited = kind === "rate-limited"
          if (meaning.answer === "lost" && !limited) assert.strictEqual(refreshes(world.sandbox, surface), 2)
        }
        await assertEnd(world, meaning, end)
      })
    }
  })
}
