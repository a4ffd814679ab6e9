import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import { createSageAuth } from "../../src/createSageAuth.ts"
import type { Misconfigured } from "../../src/errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { intacctXml } from "../../src/intacct-xml/intacctXml.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"
import { detached, probe, settled } from "./probe.ts"

const canary = "hunter2-canary"

/** The error that a mistake is thrown as. */
const mistake = (attempt: () => unknown): SageAuthError<Misconfigured> => {
  try {
    attempt()
  } catch (thrown) {
    assert.isTrue(isSageAuthError(thrown))
    assert.strictEqual((thrown as SageAuthError).reason._tag, "Misconfigured")
    return thrown as SageAuthError<Misconfigured>
  }
  throw new Error("nothing was wrong")
}

const options = (error: SageAuthError<Misconfigured>) => error.reason.issues.map(({ option }) => option)

const event = (at: number): SageEvent => ({
  type: "recovered",
  surface: "intacct-xml",
  connection: "a",
  tenant: "default",
  at
})

const unreachable = () => Promise.reject(new Error("no"))

/** Reads to the end. */
const read = async (events: AsyncIterable<SageEvent>) => {
  const seen: Array<number> = []
  for await (const { at } of events) {
    seen.push(at)
    assert.isBelow(seen.length, 10)
  }
  return seen
}

/** From JavaScript anything can come. */
const fromJavaScript = createSageAuth as (config: unknown) => unknown

describe("createSageAuth: mistakes", () => {
  it("are told all at once: settings, connections, and what is no connection", () => {
    const error = mistake(() =>
      fromJavaScript({
        deadline: -1,
        capacity: canary,
        deadlin: 5,
        connections: {
          first: probe(["login.password", "sender.id"]),
          fine: probe(),
          number: 42,
          nothing: null,
          text: canary,
          lookalike: { surface: "intacct-xml", interactive: false },
          last: probe(["urls.xml"])
        }
      })
    )
    assert.sameMembers(options(error), [
      "deadline",
      "capacity",
      "deadlin",
      "connections.first.login.password",
      "connections.first.sender.id",
      "connections.number",
      "connections.nothing",
      "connections.text",
      "connections.lookalike",
      "connections.last.urls.xml"
    ])
    for (const { option, expected } of error.reason.issues)
      assert.include(
        error.message,
        `${option}: ${/^(?:no such|left out)/.test(expected) ? "" : "expected "}${expected}`
      )
    assert.notInclude(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error), canary)
  })

  it("of a builder's options are told with the path of the connection, and never a value", () => {
    const wrong = intacctXml as (options: unknown) => ReturnType<typeof intacctXml>
    const error = mistake(() =>
      createSageAuth({
        connections: {
          ledger: wrong({
            sender: { id: "", password: canary },
            login: { companyId: "acme", userId: "u", password: "" },
            tier: canary
          })
        }
      })
    )
    assert.sameMembers(options(error), [
      "connections.ledger.sender.id",
      "connections.ledger.login.password",
      "connections.ledger.tier"
    ])
    assert.notInclude(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error), canary)
  })

  it.each([
    {},
    { connections: undefined },
    { connections: null },
    { connections: "ledger" },
    { connections: [] },
    { connections: {} }
  ])("say once that there are no connections in %j", (config) => {
    assert.deepStrictEqual(options(mistake(() => fromJavaScript(config))), ["connections"])
  })

  it.each([undefined, null, 42, "ledger"])("say that %j is no configuration", (config) => {
    assert.isNotEmpty(options(mistake(() => fromJavaScript(config))))
  })
})

describe("createSageAuth: clients", () => {
  const connections = { ledger: probe(), vendors: probe() }

  it("belong to the connection and the tenant that are asked for", async () => {
    const sage = createSageAuth({ connections })
    await sage.ready()
    assert.deepInclude(sage.client("ledger"), { world: "promise", name: "ledger", tenant: "default" })
    assert.deepInclude(sage.client("vendors", { tenant: "acme" }), { name: "vendors", tenant: "acme" })
    assert.deepInclude(sage.client("vendors", {}), { tenant: "default" })
    assert.strictEqual(sage.connections, connections)
    // one application stands behind all of them
    assert.strictEqual(sage.client("ledger").application, sage.client("vendors").application)
    await sage.ready()
    await sage.ready()
    await sage.close()
  })

  it("of an unknown connection or an impossible tenant do not exist, and the error names those there are", async () => {
    const sage = createSageAuth({ connections })
    const client = (name: unknown, tenant?: unknown) =>
      sage.client(name as "ledger", tenant === undefined ? undefined : { tenant: tenant as string })
    for (const name of ["typo", "", "toString", "__proto__", "constructor", undefined]) {
      const error = mistake(() => client(name))
      assert.deepStrictEqual(options(error), ["client(name)"])
      assert.include(error.message, "ledger, vendors")
    }
    for (const tenant of ["", "a\u0000b", 5, {}]) {
      assert.deepStrictEqual(options(mistake(() => client("ledger", tenant))), ["client(name, { tenant })"])
    }
    assert.deepStrictEqual(options(mistake(() => client("typo", ""))), ["client(name)", "client(name, { tenant })"])
    await sage.close()
  })

  it("are given the settings", async () => {
    const sage = createSageAuth({
      connections,
      deadline: "7 seconds",
      shutdown: 1000,
      capacity: 5,
      fetch: unreachable,
      clock: { now: () => 77 }
    })
    await sage.ready()
    const { application } = sage.client("ledger")
    assert.deepInclude(application.settings, { deadline: 7000, shutdown: 1000, capacity: 5, fetch: unreachable })
    assert.strictEqual(application.now(), 77)
    await sage.close()
  })
})

describe("createSageAuth: events", () => {
  it("reach every iterator from its making on, and end with close()", async () => {
    const sage = createSageAuth({ connections: { a: probe() } })
    await sage.ready()
    const { application } = sage.client("a")
    application.publish(event(1))
    const first = sage.events()
    application.publish(event(2))
    const second = sage.events()
    application.publish(event(3))
    await sage.close()
    assert.deepStrictEqual(await read(first), [2, 3])
    assert.deepStrictEqual(await read(second), [3])
    assert.deepStrictEqual(await read(sage.events()), [])
  })
})

describe("createSageAuth: close()", () => {
  it("waits for renewals that were sent, every time it is called", async () => {
    const sage = createSageAuth({ connections: { a: probe() } })
    await sage.ready()
    const { application } = sage.client("a")
    const renewal = detached(application)
    const ended: Array<string> = []
    const first = sage.close().then(() => ended.push("first"))
    assert.isTrue(application.isClosed())
    const second = sage.close().then(() => ended.push("second"))
    await settled()
    assert.deepStrictEqual(ended, [])
    renewal.land()
    await Promise.all([first, second])
    await sage.close()
  })

  it("is what `await using` does at the end of its block", async () => {
    const seen: { application?: ReturnType<typeof detached>; closed?: () => boolean } = {}
    {
      await using sage = createSageAuth({ connections: { a: probe() } })
      await sage.ready()
      const { application } = sage.client("a")
      seen.closed = application.isClosed
      assert.isFalse(application.isClosed())
    }
    assert.isTrue(seen.closed?.())
  })

  it("leaves the applications beside it alone", async () => {
    const [one, other] = [
      createSageAuth({ connections: { a: probe() } }),
      createSageAuth({ connections: { a: probe() } })
    ]
    await other.ready()
    await one.close()
    assert.isFalse(other.client("a").application.isClosed())
    await other.close()
  })
})

describe("createSageAuth: what can be printed", () => {
  it("shows no option of a connection", async () => {
    const ledger = intacctXml({
      sender: { id: `id-${canary}`, password: canary },
      login: {
        companyId: `company-${canary}`,
        userId: `user-${canary}`,
        password: canary,
        entityId: `entity-${canary}`
      },
      environment: "sandbox",
      urls: { xml: `http://${canary}.example/` }
    })
    const sage = createSageAuth({ connections: { ledger } })
    const client = sage.client("ledger")
    for (const thing of [ledger, sage, client, client.entity("E1"), { ...ledger }]) {
      const printed =
        inspect(thing, { depth: 20, showHidden: true, getters: true }) +
        JSON.stringify(thing) +
        Object.entries(thing).join()
      assert.notInclude(printed, canary)
    }
    assert.deepStrictEqual(JSON.parse(JSON.stringify(ledger)), { surface: "intacct-xml", interactive: false })
    await sage.close()
  })
})
