import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CredentialRejections } from "../../src/credential/CredentialRejections.ts"
import { Incidents } from "../../src/credential/Incidents.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

const minute = 60_000
const start = 1_800_000_000_000

/** The incidents of one connection, over a clock that the test moves. */
const opened = () => {
  const clock = { now: start }
  const events: Array<SageEvent> = []
  const rejections = new CredentialRejections(() => clock.now, 100)
  const slots = new Map<string, object>()
  const slotOf = (tenant: string): object => {
    const slot = slots.get(tenant) ?? {}
    slots.set(tenant, slot)
    return slot
  }
  const application = { now: () => clock.now, publish: (event: SageEvent) => events.push(event), rejections }
  const incidents = new Incidents(
    application,
    (tenant) => ({ surface: "intacct-xml", connection: "ledger", tenant }),
    slotOf
  )
  /** what was announced since the last look */
  const announced = () =>
    events.splice(0).map((event) => {
      switch (event.type) {
        case "credential-rejected":
          return [event.type, event.tenant, event.what, event.code]
        case "recovered":
          return [event.type, event.tenant]
        default:
          return [event.type]
      }
    })
  const admitted = (tenant: string, names: ReadonlyArray<string>, asked = false) =>
    Effect.map(Effect.result(incidents.admit(tenant, names, asked)), ({ _tag }) => _tag === "Success")
  return { admitted, announced, clock, events, incidents, slots }
}

const login = (name: string | undefined, code = "XL03000006") => ({ what: "login", code, name }) as const

describe("Incidents", () => {
  it.effect("holds a refused credential back for 15 minutes, and says why", () =>
    Effect.gen(function* () {
      const { admitted, clock, incidents } = opened()
      assert.isTrue(yield* admitted("acme", ["sender", "login"]))
      assert.isFalse(incidents.isHeldBack("acme"))
      incidents.refused("acme", login("login"))
      assert.isTrue(incidents.isHeldBack("acme"))
      const { code, connection, id, tenant } = yield* Effect.flip(incidents.admit("acme", ["sender", "login"], false))
      assert.deepStrictEqual(
        { code, connection, id, tenant },
        { code: "XL03000006", connection: "ledger", id: "client.credential-blocked", tenant: "acme" }
      )
      clock.now += 15 * minute - 1
      assert.isFalse(yield* admitted("acme", ["sender", "login"]))
      clock.now += 1
      assert.isTrue(yield* admitted("acme", ["sender", "login"]))
      assert.isFalse(incidents.isHeldBack("acme"))
    })
  )

  it.effect("sends another credential at once, and the refused one once more when somebody asks", () =>
    Effect.gen(function* () {
      const { admitted, incidents } = opened()
      assert.isTrue(yield* admitted("acme", ["old"]))
      incidents.refused("acme", login("old"))
      assert.isTrue(yield* admitted("acme", ["new"]))
      assert.isFalse(incidents.isHeldBack("acme"))
      assert.isFalse(yield* admitted("acme", ["old"]))
      assert.isTrue(yield* admitted("acme", ["old"], true))
      // refused again: held back again
      incidents.refused("acme", login("old"))
      assert.isFalse(yield* admitted("acme", ["old"]))
    })
  )

  it("announces an incident once, and that it is over once", () => {
    const { announced, incidents } = opened()
    incidents.accepted("acme")
    assert.deepStrictEqual(announced(), [])
    incidents.refused("acme", login("login"))
    incidents.refused("acme", login("login"))
    assert.deepStrictEqual(announced(), [["credential-rejected", "acme", "login", "XL03000006"]])
    incidents.accepted("acme")
    incidents.accepted("acme")
    assert.deepStrictEqual(announced(), [["recovered", "acme"]])
    incidents.refused("acme", login("login", "another"))
    assert.deepStrictEqual(announced(), [["credential-rejected", "acme", "login", "another"]])
  })

  it("places and dates what it announces", () => {
    const { clock, events, incidents } = opened()
    incidents.refused("acme", { what: "sender", code: undefined, name: "sender" })
    clock.now += minute
    incidents.accepted("acme")
    const place = { surface: "intacct-xml", connection: "ledger", tenant: "acme" }
    assert.deepStrictEqual<ReadonlyArray<unknown>>(events, [
      { type: "credential-rejected", ...place, at: start, what: "sender", code: undefined },
      { type: "recovered", ...place, at: start + minute }
    ])
  })

  it.effect("ends an incident with another credential that is accepted, which lets the old one go", () =>
    Effect.gen(function* () {
      const { admitted, announced, incidents } = opened()
      yield* admitted("acme", ["old"])
      incidents.refused("acme", login("old"))
      yield* admitted("acme", ["new"])
      incidents.accepted("acme")
      assert.deepStrictEqual(announced().at(-1), ["recovered", "acme"])
      assert.isTrue(yield* admitted("acme", ["old"]))
    })
  )

  it.effect("holds back whoever has the same credential, with one announcement, and tells each that it is over", () =>
    Effect.gen(function* () {
      const { admitted, announced, incidents } = opened()
      yield* admitted("acme", ["sender", "acme's"])
      incidents.refused("acme", { what: "sender", code: "XL03000005", name: "sender" })
      assert.isFalse(yield* admitted("globex", ["sender", "globex's"]))
      assert.isTrue(incidents.isHeldBack("globex"))
      incidents.refused("globex", { what: "sender", code: "XL03000005", name: "sender" })
      assert.deepStrictEqual(announced(), [["credential-rejected", "acme", "sender", "XL03000005"]])
      incidents.accepted("acme")
      assert.isFalse(incidents.isHeldBack("globex"))
      incidents.accepted("globex")
      assert.deepStrictEqual(announced(), [
        ["recovered", "acme"],
        ["recovered", "globex"]
      ])
      assert.isTrue(yield* admitted("initech", ["another sender"]))
    })
  )

  it("tells a credential that was refused from one that came in its place", () => {
    const { clock, incidents } = opened()
    incidents.uses("acme", ["old"])
    assert.isFalse(incidents.isHeldBack("acme"))
    incidents.refused("acme", login("old"))
    assert.isTrue(incidents.isHeldBack("acme"))
    incidents.uses("acme", ["new"])
    assert.isFalse(incidents.isHeldBack("acme"))
    incidents.uses("acme", ["old"])
    clock.now += 15 * minute
    assert.isFalse(incidents.isHeldBack("acme"))
  })

  it.effect("lets a credential go for every tenant once a request that carried it was accepted", () =>
    Effect.gen(function* () {
      const { admitted, announced, incidents } = opened()
      yield* admitted("globex", ["shared"])
      yield* admitted("acme", ["shared"])
      incidents.refused("acme", login("shared"))
      assert.isTrue(incidents.isHeldBack("globex"))
      incidents.accepted("globex")
      assert.isTrue(incidents.isHeldBack("globex"))
      incidents.accepted("globex", ["shared"])
      assert.isFalse(incidents.isHeldBack("globex"))
      assert.isTrue(yield* admitted("acme", ["shared"]))
      incidents.accepted("acme", ["shared"])
      assert.deepStrictEqual(announced(), [
        ["credential-rejected", "acme", "login", "XL03000006"],
        ["recovered", "acme"]
      ])
    })
  )

  it("announces what has no name once for each tenant, and holds nothing back", () => {
    const { announced, incidents } = opened()
    for (const tenant of ["acme", "globex"]) {
      incidents.refused(tenant, login(undefined, "401"))
      incidents.refused(tenant, login(undefined, "401"))
      assert.deepStrictEqual(announced(), [["credential-rejected", tenant, "login", "401"]])
      assert.isFalse(incidents.isHeldBack(tenant))
    }
    incidents.accepted("acme")
    assert.deepStrictEqual(announced(), [["recovered", "acme"]])
    incidents.refused("acme", login(undefined, "401"))
    assert.deepStrictEqual(announced(), [["credential-rejected", "acme", "login", "401"]])
  })

  it("forgets a tenant with its place in memory, and holds the credential back all the same", () => {
    const { announced, incidents, slots } = opened()
    incidents.uses("acme", ["login"])
    incidents.refused("acme", login("login"))
    announced()
    slots.delete("acme")
    assert.isFalse(incidents.isHeldBack("acme"))
    incidents.accepted("acme")
    assert.deepStrictEqual(announced(), [])
    incidents.uses("acme", ["login"])
    assert.isTrue(incidents.isHeldBack("acme"))
  })
})
