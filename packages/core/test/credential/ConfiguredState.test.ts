import { assert, describe, it } from "vitest"
import type { Status } from "../../src/Connection.ts"
import { ConfiguredState } from "../../src/credential/Incidents.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

const now = 1_000

const open = () => {
  const events: Array<SageEvent> = []
  const slots: Record<string, object> = { a: {}, b: {} }
  const state = new ConfiguredState(
    { now: () => now, publish: (event) => void events.push(event) },
    (tenant) => ({ surface: "x3-graphql", connection: "x3", tenant }),
    (tenant) => slots[tenant] as object
  )
  return { events, slots, state }
}

const fine = { refused: false, accepted: true, endsAt: undefined }

const stateOf = ({ state }: Status) => state

describe("the status of a configured credential", () => {
  it("says whether a server has taken it", () => {
    const { state } = open()
    assert.strictEqual(stateOf(state.status("a", { ...fine, accepted: false })), "configured")
    assert.strictEqual(stateOf(state.status("a", fine)), "connected")
  })

  it("says first that a human has to act", () => {
    const { state } = open()
    state.disconnected("a")
    const { refreshable, state: told } = state.status("a", { ...fine, refused: true })
    assert.deepStrictEqual([told, refreshable], ["reauthorization-required", false])
  })

  it("is disconnected until that tenant uses it again", () => {
    const { events, state } = open()
    assert.deepStrictEqual(state.disconnected("a"), { revoked: false })
    assert.deepStrictEqual(events, [
      { type: "disconnected", surface: "x3-graphql", connection: "x3", tenant: "a", at: now, revoked: false }
    ])
    assert.strictEqual(stateOf(state.status("a", fine)), "disconnected")
    assert.strictEqual(stateOf(state.status("b", fine)), "connected")
    state.used("a")
    assert.strictEqual(stateOf(state.status("a", fine)), "connected")
  })

  it("forgets that with the tenant's place in memory", () => {
    const { slots, state } = open()
    state.disconnected("a")
    slots["a"] = {}
    assert.strictEqual(stateOf(state.status("a", fine)), "connected")
  })

  it("names an end that lies ahead, and no other", () => {
    const { state } = open()
    const endOf = (endsAt: number | undefined) => state.status("a", { ...fine, endsAt }).credentialExpiresAt?.getTime()
    assert.deepStrictEqual([now + 1, now, undefined, Number.POSITIVE_INFINITY].map(endOf), [
      now + 1,
      undefined,
      undefined,
      undefined
    ])
  })
})
