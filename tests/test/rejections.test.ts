import type { CatalogueId, IntacctXmlClient, IntacctXmlOptions, Reason } from "@sage-auth/core"
import type { IntacctXmlAccounts, IntacctXmlOptions as GatewayOptions } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { failureOf, kindOf } from "../src/failureOf.ts"
import { dataOf, newVendor, type Page, vendors } from "../src/functions.ts"
import { startRawServer } from "../src/rawServer.ts"
import { begun } from "../src/settle.ts"
import { openWorld, type World } from "../src/world.ts"

const badQuery = { readByQuery: { object: "BADOBJECT", fields: "*", query: "" } }

const wrongLogin = ({ login }: IntacctXmlAccounts) => ({ login: { ...login, password: "wrong" } })

const wrongCompany = ({ login }: IntacctXmlAccounts) => ({ login: { ...login, companyId: "Nobody" } })

describe("what Intacct refuses is told apart, and not sent again", () => {
  interface Refusal {
    readonly name: string
    readonly reason: Reason["_tag"]
    readonly id: CatalogueId
    readonly code?: string
    /** requests that arrive in all */
    readonly requests: number
    readonly ledger?: (accounts: IntacctXmlAccounts) => Partial<IntacctXmlOptions>
    readonly gateway?: GatewayOptions
    readonly call?: (ledger: IntacctXmlClient) => Promise<unknown>
  }
  const refusals: ReadonlyArray<Refusal> = [
    {
      name: "a wrong sender",
      reason: "CredentialRejected",
      id: "intacct-xml.sender-rejected",
      code: "XL03000006",
      requests: 1,
      ledger: ({ sender }) => ({ sender: { ...sender, password: "wrong" } })
    },
    {
      name: "a sender that the company has not authorised",
      reason: "CredentialRejected",
      id: "intacct-xml.sender-not-authorized",
      code: "XL03000006",
      requests: 1,
      ledger: ({ unauthorised }) => ({ login: unauthorised })
    },
    {
      name: "a wrong password",
      reason: "CredentialRejected",
      id: "intacct-xml.login-rejected",
      code: "XL03000006",
      requests: 1,
      ledger: wrongLogin
    },
    {
      name: "a wrong password, refused by the gateway with 401",
      reason: "CredentialRejected",
      id: "intacct-xml.login-rejected",
      code: "XMLGW_JPP0002",
      requests: 1,
      ledger: wrongLogin,
      gateway: { wrongLogin: "XMLGW_JPP0002" }
    },
    {
      name: "a wrong password, refused by the gateway with its other code",
      reason: "CredentialRejected",
      id: "intacct-xml.login-rejected",
      code: "UJPP0002",
      requests: 1,
      ledger: wrongLogin,
      gateway: { wrongLogin: "UJPP0002" }
    },
    {
      name: "a wrong password with every request",
      reason: "CredentialRejected",
      id: "intacct-xml.login-rejected",
      code: "XL03000006",
      requests: 1,
      ledger: (accounts) => ({ ...wrongLogin(accounts), authentication: "login" })
    },
    {
      name: "an entity in the login that does not exist",
      reason: "CredentialRejected",
      id: "intacct-xml.login-rejected",
      code: "XL03000006",
      requests: 1,
      ledger: ({ login }) => ({ login: { ...login, entityId: "E99" } })
    },
    {
      name: "a company that does not exist",
      reason: "CredentialRejected",
      id: "intacct.invalid-request",
      code: "GW-0011",
      requests: 1,
      ledger: wrongCompany
    },
    {
      name: "a company that does not exist, in an older gateway's words",
      reason: "CredentialRejected",
      id: "intacct.invalid-request",
      code: "invalidRequest",
      requests: 1,
      ledger: wrongCompany,
      gateway: { wrongCompany: "invalidRequest" }
    },
    {
      name: "a company that has expired",
      reason: "AccountInactive",
      id: "intacct-xml.company-expired",
      code: "PL04000055",
      requests: 1,
      ledger: ({ expired }) => ({ login: expired })
    },
    {
      name: "a user without the permission",
      reason: "PermissionDenied",
      id: "intacct-xml.permission-denied",
      code: "PL04000005",
      requests: 2,
      ledger: ({ limited }) => ({ login: limited }),
      call: (ledger) => ledger.execute([{ readByQuery: { object: "ARINVOICE", fields: "*", query: "" } }])
    },
    {
      name: "a document that the schema does not know",
      reason: "RequestRejected",
      id: "intacct-xml.document-rejected",
      code: "XL03000003",
      requests: 2,
      call: (ledger) => ledger.execute([{ readByQueri: { object: "VENDOR" } }])
    },
    {
      name: "an unknown object",
      reason: "FunctionFailed",
      id: "intacct-xml.query-failed",
      code: "Query Failed",
      requests: 2,
      call: (ledger) => ledger.execute([badQuery])
    },
    {
      name: "an unknown field of a query",
      reason: "FunctionFailed",
      id: "intacct-xml.unknown-field",
      code: "XL03000010",
      requests: 2,
      call: (ledger) => ledger.execute([{ readByQuery: { object: "VENDOR", fields: "*", query: "NOFIELD = 1" } }])
    },
    {
      name: "a field that cannot be queried, with the code of a wrong sender",
      reason: "FunctionFailed",
      id: "intacct-xml.unknown-field",
      code: "XL03000006",
      requests: 2,
      call: (ledger) => ledger.execute([{ readByQuery: { object: "VENDOR", fields: "NOFIELD", query: "" } }])
    },
    {
      name: "a record that cannot be created",
      reason: "FunctionFailed",
      id: "intacct-xml.record-not-created",
      code: "BL01001973",
      requests: 2,
      call: (ledger) => ledger.execute([{ create: { VENDOR: { VENDORID: "nameless" } } }])
    },
    {
      name: "a duplicate",
      reason: "FunctionFailed",
      id: "intacct-xml.duplicate",
      code: "BL34000061",
      requests: 2,
      call: (ledger) => ledger.execute([newVendor("V-00001")])
    },
    {
      name: "a transaction, by the function that failed and not by the rollback it caused",
      reason: "FunctionFailed",
      id: "intacct-xml.query-failed",
      code: "Query Failed",
      requests: 2,
      call: (ledger) => ledger.execute([newVendor("T-1"), badQuery, newVendor("T-2")], { transaction: true })
    }
  ]
  for (const refusal of refusals) {
    const { call, code, gateway, id, ledger, reason, requests } = refusal
    it(`${refusal.name} is ${id}`, async () => {
      const world = await openWorld({
        sandbox: { intacct: gateway },
        ledger: ({ accounts }) => ledger?.(accounts["intacct-xml"]) ?? {}
      })
      const failure = await failureOf((call ?? ((client) => client.execute([vendors()])))(world.ledger))
      assert.deepStrictEqual(
        { reason: failure.reason._tag, id: failure.id, code: failure.code, retryable: failure.retryable },
        { reason, id, code, retryable: false }
      )
      assert.strictEqual(failure.surface, "intacct-xml")
      assert.strictEqual(failure.connection, "ledger")
      assert.strictEqual(failure.tenant, "default")
      assert.notStrictEqual(failure.remedy, "")
      assert.strictEqual(world.sandbox.requests().length, requests)
    })
  }

  it("carries what Sage's support asks for, decoded", async () => {
    const { ledger } = await openWorld({ ledger: ({ accounts }) => ({ login: accounts["intacct-xml"].limited }) })
    const { supportId } = await failureOf(
      ledger.execute([{ readByQuery: { object: "APBILL", fields: "*", query: "" } }])
    )
    assert.match(supportId ?? "", /^[^%\s[\]]+~[^%\s[\]]+$/)
  })

  it("leaves nothing behind when a transaction is rolled back", async () => {
    const { ledger } = await openWorld()
    await failureOf(ledger.execute([newVendor("T-1"), badQuery], { transaction: true }))
    const left = await dataOf<Page>(await ledger.execute([vendors(10, "VENDORID = 'T-1'")]))
    assert.strictEqual(left["@count"], "0")
  })

  it("outside of a transaction fails a function alone", async () => {
    const { ledger } = await openWorld()
    const results = await ledger.execute([newVendor("T-1"), badQuery, vendors()])
    assert.deepStrictEqual(
      results.map(({ status }) => status),
      ["success", "failure", "success"]
    )
    assert.strictEqual(results[1]?.error?.id, "intacct-xml.query-failed")
    assert.strictEqual(await failureOf(results[1]?.data() ?? Promise.resolve()), results[1]?.error)
  })

  it("as XL03000004 at control level is a wrong sender too", async () => {
    const server = await startRawServer(() => ({
      body: `<response><control><status>failure</status></control><errormessage><error><errorno>XL03000004</errorno><description2>Invalid Sender ID or password</description2></error></errormessage></response>`
    }))
    const { events, ledger } = await openWorld({ ledger: { urls: { xml: server.url } } as object })
    assert.strictEqual((await failureOf(ledger.session())).id, "intacct-xml.sender-rejected")
    assert.deepStrictEqual(
      (await events.of("credential-rejected")).map(({ what }) => what),
      ["sender"]
    )
    assert.strictEqual(server.arrived.length, 1)
  })
})

const rotated = async (): Promise<World> => {
  const world = await openWorld()
  const { login } = world.sandbox.accounts["intacct-xml"]
  world.sandbox.intacct.setPassword({ ...login, password: "changed-behind-our-back" })
  assert.strictEqual((await failureOf(world.ledger.execute([vendors()]))).id, "intacct-xml.login-rejected")
  assert.strictEqual(world.sandbox.requests().length, 1)
  return world
}

const repair = ({ sandbox }: World): void => sandbox.intacct.setPassword(sandbox.accounts["intacct-xml"].login)

describe("a rejected password", () => {
  it("is not sent again, however many callers ask", async () => {
    const { ledger, sandbox } = await rotated()
    const kinds = await Promise.all(Array.from({ length: 50 }, () => kindOf(ledger.execute([vendors()]))))
    for (const kind of kinds) {
      assert.deepStrictEqual(kind, { reason: "CredentialRejected", id: "client.credential-blocked" })
    }
    assert.strictEqual(sandbox.requests().length, 1)
    assert.deepStrictEqual(
      { ...(await ledger.status()) },
      {
        state: "reauthorization-required",
        refreshable: false,
        credentialExpiresAt: undefined,
        grantIssuedAt: undefined,
        grantExpiresAt: undefined
      }
    )
  })

  it("is sent once by a thousand callers who come together", async () => {
    const { ledger, sandbox } = await openWorld({
      ledger: ({ accounts }) => ({ login: { ...accounts["intacct-xml"].login, password: "wrong" } })
    })
    const kinds = await Promise.all(Array.from({ length: 1000 }, () => kindOf(ledger.execute([vendors()]))))
    assert.isTrue(kinds.every(({ reason }) => reason === "CredentialRejected"))
    assert.strictEqual(sandbox.requests().length, 1)
  })

  it("is sent again after 15 minutes", async () => {
    const world = await rotated()
    const { ledger, sandbox } = world
    await sandbox.clock.advance("14 minutes")
    assert.strictEqual((await failureOf(ledger.execute([vendors()]))).id, "client.credential-blocked")
    repair(world)
    await sandbox.clock.advance("1 minute")
    await ledger.execute([vendors()])
    assert.strictEqual((await ledger.status()).state, "connected")
  })

  it("is sent again when refresh() asks for it", async () => {
    const world = await rotated()
    await failureOf(world.ledger.refresh())
    assert.strictEqual(world.sandbox.requests().length, 2)
    assert.strictEqual((await failureOf(world.ledger.execute([vendors()]))).id, "client.credential-blocked")
    repair(world)
    await world.ledger.refresh()
    await world.ledger.execute([vendors()])
  })

  it("is announced once for its incident, and so is its recovery", async () => {
    const world = await rotated()
    const { events, ledger, sandbox } = world
    await failureOf(ledger.refresh())
    await sandbox.clock.advance("16 minutes")
    await failureOf(ledger.execute([vendors()]))
    await sandbox.clock.advance("16 minutes")
    await failureOf(ledger.execute([vendors()]))
    assert.strictEqual(sandbox.requests().length, 4)
    assert.deepStrictEqual(
      (await events.of("credential-rejected")).map(({ code, what }) => ({ code, what })),
      [{ code: "XL03000006", what: "login" }]
    )
    assert.deepStrictEqual(await events.of("recovered"), [])
    repair(world)
    await ledger.refresh()
    await ledger.refresh()
    assert.strictEqual((await events.of("recovered")).length, 1)
    // and the next incident is another one
    const { login } = sandbox.accounts["intacct-xml"]
    sandbox.intacct.setPassword({ ...login, password: "changed again" })
    await failureOf(ledger.refresh())
    assert.strictEqual((await events.of("credential-rejected")).length, 2)
  })

  it("with every request is not sent again either, and is announced like any other", async () => {
    const { events, ledger, sandbox } = await openWorld({
      ledger: ({ accounts }) => ({
        authentication: "login",
        login: { ...accounts["intacct-xml"].login, password: "wrong" }
      })
    })
    await failureOf(ledger.execute([vendors()]))
    assert.strictEqual((await failureOf(ledger.execute([vendors()]))).id, "client.credential-blocked")
    assert.strictEqual(sandbox.requests().length, 1)
    sandbox.intacct.setPassword({ ...sandbox.accounts["intacct-xml"].login, password: "wrong" })
    await sandbox.clock.advance("16 minutes")
    await ledger.execute([vendors()])
    await ledger.execute([vendors()])
    assert.strictEqual((await events.of("credential-rejected")).length, 1)
    assert.strictEqual((await events.of("recovered")).length, 1)
  })

  it("of one tenant does not hold back another", async () => {
    const { sage } = await openWorld({
      ledger: ({ accounts }) => ({
        login: (tenant) => ({ ...accounts["intacct-xml"].login, ...(tenant === "bad" ? { password: "wrong" } : {}) })
      })
    })
    await failureOf(sage.client("ledger", { tenant: "bad" }).execute([vendors()]))
    const [result] = await sage.client("ledger", { tenant: "good" }).execute([vendors()])
    assert.strictEqual(result?.status, "success")
  })
})

const vault = async (authentication: "login" | "session") => {
  let password: string | undefined
  let asked = 0
  const world = await openWorld({
    ledger: ({ accounts }) => ({
      authentication,
      login: async () => {
        asked++
        const { login } = accounts["intacct-xml"]
        return { ...login, password: password ?? login.password }
      }
    })
  })
  const rotate = (next: string) => {
    world.sandbox.intacct.setPassword({ ...world.sandbox.accounts["intacct-xml"].login, password: next })
    password = next
  }
  return { ...world, rotate, asked: () => asked, forgetVault: () => (password = "stale") }
}

describe("options that are functions", () => {
  it("are asked at each renewal and not in between", async () => {
    const { asked, ledger, sandbox } = await vault("session")
    for (let call = 0; call < 5; call++) await ledger.execute([vendors()])
    assert.strictEqual(asked(), 1)
    await sandbox.clock.advance("1 hour")
    await ledger.execute([vendors()])
    assert.strictEqual(asked(), 2)
  })

  it("answer a rotated password, and the next session has it", async () => {
    const { ledger, rotate, sandbox } = await vault("session")
    await ledger.execute([vendors()])
    rotate("the next one")
    await ledger.execute([vendors()])
    sandbox.intacct.endSessions()
    const [result] = await ledger.execute([vendors()])
    assert.strictEqual(result?.status, "success")
  })

  it("are asked again after a rejection, and a new answer is sent at once", async () => {
    const { events, forgetVault, ledger, rotate, sandbox } = await vault("session")
    forgetVault()
    assert.strictEqual((await failureOf(ledger.execute([vendors()]))).id, "intacct-xml.login-rejected")
    assert.strictEqual((await failureOf(ledger.execute([vendors()]))).id, "client.credential-blocked")
    assert.strictEqual(sandbox.requests().length, 1)
    rotate("the next one")
    await ledger.execute([vendors()])
    assert.strictEqual((await ledger.status()).state, "connected")
    assert.strictEqual((await events.of("credential-rejected")).length, 1)
    assert.strictEqual((await events.of("recovered")).length, 1)
  })

  it("are asked again after the rejection of a login that goes with every request", async () => {
    const { ledger, rotate, sandbox } = await vault("login")
    await ledger.execute([vendors()])
    rotate("the next one")
    // the old one is rejected once; the vault has the new one by then
    const first = await ledger.execute([vendors()]).then(
      () => "served",
      () => "rejected"
    )
    await ledger.execute([vendors()])
    assert.isAtMost(sandbox.requests().length, first === "served" ? 4 : 3)
  })

  it("that fail are the caller's error by the option's name, and are asked again by the next call", async () => {
    let down = true
    const { ledger, sandbox } = await openWorld({
      ledger: ({ accounts }) => ({
        sender: () => {
          if (down) throw new Error("the vault is down")
          return accounts["intacct-xml"].sender
        }
      })
    })
    const failure = await failureOf(ledger.execute([vendors()]))
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.ledger.sender")
    assert.notInclude(failure.message, "the vault is down")
    assert.strictEqual(sandbox.requests().length, 0)
    down = false
    await ledger.execute([vendors()])
  })

  it("that never answer hold a caller no longer than its deadline", async () => {
    const { ledger, sandbox } = await openWorld({
      ledger: { login: () => new Promise(() => {}) },
      settings: { shutdown: 10 }
    })
    const waiting = begun(kindOf(ledger.execute([vendors()], { deadline: "5 seconds" })))
    await sandbox.clock.advance("5 seconds")
    assert.strictEqual((await waiting).reason, "DeadlineExceeded")
  })
})

describe("the developer licence", () => {
  const startAt = new Date("2027-05-01T12:00:00Z")
  const expiring = (licenseExpires: string, password?: string) =>
    openWorld({
      sandbox: { startAt },
      ledger: ({ accounts }) => ({
        sender: { ...accounts["intacct-xml"].sender, ...(password === undefined ? {} : { password }), licenseExpires }
      })
    })

  it("is announced from 60 days before its end, once a day at most", async () => {
    const { events, ledger, sandbox } = await expiring("2027-06-30")
    await ledger.execute([vendors()])
    await ledger.refresh()
    assert.deepStrictEqual(
      (await events.of("license-expiring")).map(({ daysLeft, expires }) => ({ daysLeft, expires })),
      [{ daysLeft: 60, expires: "2027-06-30" }]
    )
    await sandbox.clock.advance("25 hours")
    await ledger.execute([vendors()])
    assert.deepStrictEqual(
      (await events.of("license-expiring")).map(({ daysLeft }) => daysLeft),
      [60, 59]
    )
  })

  it("is not announced earlier", async () => {
    const { events, ledger } = await expiring("2027-07-01")
    await ledger.execute([vendors()])
    assert.deepStrictEqual(await events.of("license-expiring"), [])
  })

  it("explains a sender that is rejected after its end", async () => {
    const { events, ledger } = await expiring("2027-04-30", "wrong")
    assert.deepStrictEqual(await kindOf(ledger.execute([vendors()])), {
      reason: "LicenseExpired",
      id: "intacct-xml.license-expired"
    })
    assert.deepStrictEqual(
      (await events.of("credential-rejected")).map(({ what }) => what),
      ["sender"]
    )
  })

  it("does not explain a sender that is rejected on its last day, nor a login that is rejected after it", async () => {
    const onTime = await expiring("2027-05-01", "wrong")
    assert.strictEqual((await failureOf(onTime.ledger.execute([vendors()]))).id, "intacct-xml.sender-rejected")
    const late = await openWorld({
      sandbox: { startAt },
      ledger: ({ accounts }) => ({
        sender: { ...accounts["intacct-xml"].sender, licenseExpires: "2027-01-01" },
        login: { ...accounts["intacct-xml"].login, password: "wrong" }
      })
    })
    assert.strictEqual((await failureOf(late.ledger.execute([vendors()]))).id, "intacct-xml.login-rejected")
  })

  it("that ended stops nobody whom Intacct still serves", async () => {
    const { events, ledger } = await expiring("2027-04-30")
    await ledger.execute([vendors()])
    assert.deepStrictEqual(
      (await events.of("license-expiring")).map(({ daysLeft }) => daysLeft),
      [-1]
    )
  })
})
