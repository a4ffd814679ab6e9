import { createSageAuth, type IntacctXmlClient, intacctXml } from "@sage-auth/core"
import { IntacctXml } from "@sage-auth/core/effect"
import { Effect } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../src/failureOf.ts"
import { dataOf, type Page, vendors } from "../src/functions.ts"
import { begun } from "../src/settle.ts"
import { sessionAnswer, startRawServer } from "../src/rawServer.ts"
import { fastRetry, ledgerOptions, openSandbox, openWorld } from "../src/world.ts"

/** how many vendors a client sees: 160 at top level, 80 in each entity */
const vendorsSeen = async (client: IntacctXmlClient): Promise<number> =>
  Number((await dataOf<Page>(await client.execute([vendors()])))["@totalcount"])

const minutes = (count: number) => `${count} minutes`

describe("entities", () => {
  it("are switched to and left by sessions of their own, made from the connection's session", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    assert.strictEqual(await vendorsSeen(ledger), 160)
    assert.strictEqual(await vendorsSeen(ledger.entity("E1")), 80)
    assert.strictEqual(await vendorsSeen(ledger.entity("E2")), 80)
    assert.strictEqual(await vendorsSeen(ledger.entity("E1").entity(null)), 160)
    assert.strictEqual(await vendorsSeen(ledger), 160)
    // one of the connection, one each for E1, E2 and the top level; only the first was signed in with the password
    assert.strictEqual(sessionsAsked(), 4)
    const ways = sandbox.requests({ step: "getAPISession" }).map(({ authentication }) => authentication)
    assert.deepStrictEqual(ways, ["login", "session", "session", "session"])
    const ids = await Promise.all(
      [ledger, ledger.entity("E1"), ledger.entity("E2"), ledger.entity(null)].map((c) => c.session())
    )
    assert.strictEqual(new Set(ids.map(({ sessionId }) => sessionId)).size, 4)
    assert.strictEqual(sessionsAsked(), 4)
  })

  it("of the login bind its session, and the top level is still within reach", async () => {
    const { ledger } = await openWorld({
      ledger: ({ accounts }) => ({ login: { ...accounts["intacct-xml"].login, entityId: "E3" } })
    })
    assert.strictEqual(await vendorsSeen(ledger), 80)
    assert.strictEqual(await vendorsSeen(ledger.entity(null)), 160)
  })

  it("outlive the session they were made from, and are made anew from its successor", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    await vendorsSeen(ledger.entity("E1"))
    assert.strictEqual(sandbox.intacct.endSessions(), 2)
    assert.strictEqual(await vendorsSeen(ledger.entity("E1")), 80)
    // login, switch, switch refused, login, switch
    assert.strictEqual(sessionsAsked(), 5)
  })
})

describe("a console user", () => {
  it("slides into a client's company by clientId", async () => {
    const { ledger, sandbox } = await openWorld({
      ledger: ({ accounts }) => ({ login: accounts["intacct-xml"].console })
    })
    await ledger.execute([vendors()])
    assert.strictEqual(sandbox.intacct.transactions("AcmeClient").billable, 1)
    assert.strictEqual(sandbox.intacct.transactions("AcmeConsole").billable, 0)
    assert.strictEqual((await ledger.meter()).company, "acmeclient")
  })

  it("slides into a client's company and its entity by the packed form", async () => {
    const sandbox = await openSandbox()
    const { clientId, companyId, password, userId } = sandbox.accounts["intacct-xml"].console
    const packed = async (company: string) => {
      const { ledger } = await openWorld({ sandbox, ledger: { login: { companyId: company, userId, password } } })
      return { vendors: await vendorsSeen(ledger), meter: (await ledger.meter()).company }
    }
    assert.strictEqual((await packed(`${companyId}|${clientId}`)).vendors, 160)
    assert.deepStrictEqual(await packed(`${companyId}|${clientId}|E1`), { vendors: 80, meter: "acmeclient" })
    assert.strictEqual(sandbox.intacct.transactions("AcmeClient").billable, 2)
  })
})

it("a session opens another from itself, alone and without an application", async () => {
  const sandbox = await openSandbox()
  const options = ledgerOptions(sandbox) as Parameters<typeof IntacctXml.openSession>[0]
  const first = await Effect.runPromise(IntacctXml.openSession(options))
  const inEntity = await Effect.runPromise(
    IntacctXml.sessionFromSession({ ...options, session: first, entityId: "E2" })
  )
  const same = await Effect.runPromise(IntacctXml.sessionFromSession({ ...options, session: inEntity }))
  const top = await Effect.runPromise(IntacctXml.sessionFromSession({ ...options, session: same, entityId: null }))
  assert.deepStrictEqual(
    [first, inEntity, same, top].map(({ entityId }) => entityId),
    [undefined, "E2", "E2", undefined]
  )
  const ids = [first, inEntity, same, top].map((session) => IntacctXml.toSdkClientConfig(session).sessionId)
  assert.strictEqual(new Set(ids).size, 4)
})

describe("time", () => {
  it("does not end a session that is used: it outlives its first timeout", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    for (let used = 0; used < 20; used++) {
      await ledger.execute([vendors()])
      await sandbox.clock.advance(minutes(20))
    }
    assert.strictEqual(sessionsAsked(), 1)
    assert.isTrue(sandbox.requests().every(({ status }) => status === 200))
  })

  it("ends an idle session, which is renewed before it is used and never sent when it is dead", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld()
    await ledger.execute([vendors()])
    await sandbox.clock.advance(minutes(31))
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 2)
    assert.deepStrictEqual(
      (await events.of("credential-renewed")).map(({ cause }) => cause),
      ["expired"]
    )
  })

  it("that is almost over is not enough to use a session", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    await ledger.execute([vendors()])
    await sandbox.clock.advance("29 minutes")
    await sandbox.clock.advance("30 seconds")
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
  })

  it("ends a session that is used by its absolute limit: one login more, and the call is sent once more", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld({
      // in the middle of a month, whose transactions are counted
      sandbox: { intacct: { sessionLimit: "1 hour" }, startAt: new Date("2026-06-15T12:00:00Z") }
    })
    for (let used = 0; used < 5; used++) {
      await ledger.execute([vendors()])
      await sandbox.clock.advance(minutes(14))
    }
    assert.strictEqual(sessionsAsked(), 1)
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
    // 5, the one that was refused, and its replay
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 7)
    assert.strictEqual(sandbox.intacct.transactions("AcmeHoldings").functions["readByQuery"], 6)
    assert.deepStrictEqual(
      (await events.of("credential-renewed")).map(({ cause }) => cause),
      ["rejected"]
    )
  })

  it("that answers do not tell leaves a session ten minutes", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ sandbox: { intacct: { showSessionTimeout: false } } })
    await ledger.execute([vendors()])
    await sandbox.clock.advance(minutes(8))
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 1)
    await sandbox.clock.advance(minutes(11))
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
  })

  it("is told in any offset and by a server whose clock is wrong", async () => {
    const sandbox = await openSandbox({ intacct: { utcOffset: "-07:00" } })
    const skewed = { now: () => sandbox.clock.now() - 5 * 60 * 60_000, sleep: sandbox.clock.sleep }
    const { ledger, sessionsAsked } = await openWorld({ sandbox, settings: { clock: skewed } })
    const { expiresAt } = await ledger.session()
    const life = expiresAt.getTime() - skewed.now()
    assert.isAbove(life, 28 * 60_000)
    assert.isAtMost(life, 30 * 60_000)
    await sandbox.clock.advance(minutes(25))
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 1)
    await sandbox.clock.advance(minutes(31))
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
  })
})

describe("keepSessionAlive", () => {
  it("renews an idle session in the background for hours, from the session and not with the password", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    await sandbox.clock.advance("5 hours")
    const kept = (await events.of("credential-renewed")).map(({ cause }) => cause)
    assert.isAtLeast(kept.length, 10)
    assert.deepStrictEqual([...new Set(kept)], ["kept-alive"])
    const asked = sessionsAsked()
    const ways = sandbox.requests({ step: "getAPISession" }).map(({ authentication }) => authentication)
    assert.strictEqual(ways.filter((way) => way === "login").length, 1)
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), asked)
  })

  it("costs nothing while the session is used", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ ledger: { keepSessionAlive: true } })
    for (let used = 0; used < 15; used++) {
      await ledger.execute([vendors()])
      await sandbox.clock.advance(minutes(20))
    }
    assert.strictEqual(sessionsAsked(), 1)
  })

  it("goes on after the session died", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    sandbox.intacct.endSessions()
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 2)
    await sandbox.clock.advance("3 hours")
    const asked = sessionsAsked()
    assert.isAbove(asked, 5)
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), asked)
  })

  it("signs in again when the session it keeps alive turns out to be dead", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    sandbox.intacct.endSessions()
    await sandbox.clock.advance(minutes(40))
    const asked = sessionsAsked()
    await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), asked)
    const ways = sandbox.requests({ step: "getAPISession" }).map(({ authentication }) => authentication)
    assert.deepStrictEqual(ways.slice(0, 3), ["login", "session", "login"])
  })

  it("survives an hour in which Intacct is away", async () => {
    const { ledger, sandbox } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    sandbox.fault("intacct-xml", { on: "*", kind: "status-503", times: Number.POSITIVE_INFINITY })
    await sandbox.clock.advance("1 hour")
    sandbox.clearFaults()
    await ledger.execute([vendors()])
    const before = sandbox.requests().length
    await sandbox.clock.advance("2 hours")
    assert.isAbove(sandbox.requests().length, before)
  })

  it("ends with the application", async () => {
    const { ledger, sage, sandbox } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    await sage.close()
    const before = sandbox.requests().length
    await sandbox.clock.advance("5 hours")
    assert.strictEqual(sandbox.requests().length, before)
  })

  it("ends with disconnect()", async () => {
    const { ledger, sandbox } = await openWorld({ ledger: { keepSessionAlive: true } })
    await ledger.execute([vendors()])
    await ledger.disconnect()
    const before = sandbox.requests().length
    await sandbox.clock.advance("5 hours")
    assert.strictEqual(sandbox.requests().length, before)
  })
})

describe("the endpoint of a session", () => {
  it("is where every later request goes, and no request with a login does", async () => {
    const { ledger, sandbox } = await openWorld()
    const xml = new URL(sandbox.urls["intacct-xml"].xml).pathname
    await ledger.execute([vendors()])
    await ledger.entity("E1").execute([vendors()])
    sandbox.intacct.endSessions()
    await ledger.execute([vendors()])
    const { endpoint } = await ledger.session()
    const own = new URL(endpoint).pathname
    assert.notStrictEqual(own, xml)
    for (const { authentication, path } of sandbox.requests()) {
      assert.strictEqual(path, authentication === "login" ? xml : own)
    }
  })

  it("may be the first one", async () => {
    const { ledger, sandbox } = await openWorld({ sandbox: { intacct: { endpoint: "same" } } })
    await ledger.execute([vendors()])
    const { endpoint } = await ledger.session()
    assert.strictEqual(endpoint, sandbox.urls["intacct-xml"].xml)
  })

  const foreign = [
    "https://evil.example/ia/xml/xmlgw.phtml",
    "https://evilintacct.com/ia/xml/xmlgw.phtml",
    "https://api.intacct.com.evil.example/ia/xml/xmlgw.phtml",
    "https://api.intacct.com@evil.example/ia/xml/xmlgw.phtml",
    "https://evil.example/.intacct.com",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "//evil.example/ia/xml/xmlgw.phtml",
    "xmlgw.phtml",
    ""
  ]

  it.each(foreign)("at a host that is not Intacct's gets nothing: %s", async (endpoint) => {
    const server = await startRawServer(() => ({ body: sessionAnswer("abc", endpoint) }))
    const sandbox = await openSandbox()
    const asked: Array<string> = []
    const { ledger } = await openWorld({
      sandbox,
      ledger: { urls: { xml: server.url } } as object,
      settings: {
        fetch: (input, init) => {
          asked.push(input instanceof Request ? input.url : String(input))
          return globalThis.fetch(input, init)
        }
      }
    })
    assert.deepStrictEqual(await kindOf(ledger.execute([vendors()])), {
      reason: "ProtocolViolation",
      id: "intacct-xml.endpoint-refused"
    })
    assert.deepStrictEqual([...new Set(asked)], [server.url])
  })

  it("has to be https in production", async () => {
    const asked: Array<string> = []
    const sage = createSageAuth({
      connections: {
        ledger: intacctXml({
          sender: { id: "s", password: "sender-password" },
          login: { companyId: "c", userId: "u", password: "login-password" }
        })
      },
      retry: fastRetry,
      fetch: async (input) => {
        asked.push(input instanceof Request ? input.url : String(input))
        return new Response(sessionAnswer("abc", "http://na12.intacct.com/ia/xml/xmlgw.phtml"))
      }
    })
    onTestFinished(() => sage.close())
    const failure = await failureOf(sage.client("ledger").session())
    assert.strictEqual(failure.id, "intacct-xml.endpoint-refused")
    assert.deepStrictEqual(asked, ["https://api.intacct.com/ia/xml/xmlgw.phtml"])
  })

  it("is not left for where a redirect points", async () => {
    const thief = await startRawServer(() => ({ body: sessionAnswer("abc", "https://api.intacct.com/") }))
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await startRawServer(() => ({ status, headers: { location: thief.url } }))
      const { ledger } = await openWorld({ ledger: { urls: { xml: server.url } } as object })
      assert.strictEqual((await failureOf(ledger.session())).id, "intacct.redirect-refused")
    }
    assert.deepStrictEqual(thief.arrived, [])
  })
})

describe('authentication "login"', () => {
  it("sends the login with every request, and advises once to open a session", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld({ ledger: { authentication: "login" } })
    for (let call = 0; call < 10; call++) await ledger.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 0)
    assert.deepStrictEqual([...new Set(sandbox.requests().map(({ authentication }) => authentication))], ["login"])
    const [advice, ...more] = await events.of("advice")
    assert.deepStrictEqual(more, [])
    assert.strictEqual(advice?.subject, "login-per-request")
    assert.include(advice?.message, '"session"')
  })

  it("works in an entity", async () => {
    const { ledger } = await openWorld({
      ledger: ({ accounts }) => ({
        authentication: "login",
        login: { ...accounts["intacct-xml"].login, entityId: "E2" }
      })
    })
    assert.strictEqual(await vendorsSeen(ledger), 80)
    assert.strictEqual(await vendorsSeen(ledger.entity(null)), 160)
    assert.strictEqual(await vendorsSeen(ledger.entity("E1")), 80)
  })

  it("has no session to hand over, and says which option would give one", async () => {
    const { ledger } = await openWorld({ ledger: { authentication: "login" } })
    const failure = await failureOf(ledger.session())
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.ledger.authentication")
  })
})

describe("a client", () => {
  it("refreshes: a new session even if the one in hand is valid", async () => {
    const { events, ledger, sessionsAsked } = await openWorld()
    const before = await ledger.session()
    await ledger.refresh()
    const after = await ledger.session()
    assert.notStrictEqual(after.sessionId, before.sessionId)
    assert.strictEqual(sessionsAsked(), 2)
    assert.deepStrictEqual(
      (await events.of("credential-renewed")).map(({ cause }) => cause),
      ["asked"]
    )
  })

  it("says how it is doing, before, during and after", async () => {
    const { ledger, sandbox } = await openWorld()
    assert.deepStrictEqual(await ledger.status(), {
      state: "configured",
      refreshable: true,
      credentialExpiresAt: undefined,
      grantIssuedAt: undefined,
      grantExpiresAt: undefined
    })
    const { expiresAt } = await ledger.session()
    assert.deepStrictEqual((await ledger.status()).credentialExpiresAt, expiresAt)
    await sandbox.clock.advance("1 hour")
    assert.isUndefined((await ledger.status()).credentialExpiresAt)
  })

  it("disconnects: forgets every session of its tenant, and nobody else's", async () => {
    const { events, ledger, sage, sessionsAsked } = await openWorld()
    const other = sage.client("ledger", { tenant: "default2" })
    await ledger.execute([vendors()])
    await ledger.entity("E1").execute([vendors()])
    await other.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 3)
    assert.deepStrictEqual(await ledger.disconnect(), { revoked: false })
    assert.strictEqual((await ledger.status()).state, "disconnected")
    await ledger.disconnect()
    assert.strictEqual((await other.status()).state, "connected")
    assert.deepStrictEqual(
      (await events.of("disconnected")).map(({ tenant }) => tenant),
      ["default"]
    )
    await other.execute([vendors()])
    assert.strictEqual(sessionsAsked(), 3)
    await ledger.entity("E1").execute([vendors()])
    assert.strictEqual(sessionsAsked(), 5)
    assert.strictEqual((await ledger.status()).state, "connected")
  })

  it("disconnects while Intacct is away", async () => {
    const { ledger, sandbox } = await openWorld()
    await ledger.session()
    await sandbox.stop()
    assert.deepStrictEqual(await ledger.disconnect(), { revoked: false })
  })

  it("of another tenant has another login and another session", async () => {
    const { sage, sandbox } = await openWorld({
      ledger: ({ accounts }) => ({
        login: (tenant) => accounts["intacct-xml"][tenant === "viewer" ? "limited" : "login"]
      })
    })
    const [one, two] = await Promise.all([
      sage.client("ledger", { tenant: "viewer" }).session(),
      sage.client("ledger", { tenant: "owner" }).session()
    ])
    assert.notStrictEqual(one.sessionId, two.sessionId)
    const denied = sage
      .client("ledger", { tenant: "viewer" })
      .execute([{ readByQuery: { object: "APBILL", fields: "*", query: "" } }])
    assert.strictEqual((await failureOf(denied)).tenant, "viewer")
    await sage
      .client("ledger", { tenant: "owner" })
      .execute([{ readByQuery: { object: "APBILL", fields: "*", query: "" } }])
    assert.strictEqual(sandbox.requests({ step: "getAPISession" }).length, 2)
  })

  it("of a closed application fails at once, and what is under way is served", async () => {
    const { ledger, sage, sandbox } = await openWorld({ sandbox: { intacct: { latency: "1 second" } } })
    const waiting = begun(ledger.execute([vendors()]))
    const closing = sage.close()
    assert.strictEqual((await kindOf(ledger.execute([vendors()]))).reason, "Closed")
    await sandbox.clock.advance("5 seconds")
    await closing
    assert.strictEqual((await waiting)[0]?.status, "success")
  })
})
