import { assert, describe, it } from "vitest"
import { errorOf, loginXml, open, readByQuery, send, sessionOf, sessionXml, start, use } from "./support.ts"

const alive = "response.operation.authentication.status"

describe("sessions of the XML gateway", () => {
  it("slide with every use and end after thirty minutes without", async () => {
    const sandbox = await start({ startAt: Date.UTC(2026, 10, 21, 12, 0, 0) })
    const session = await open(sandbox)
    await sandbox.clock.advance("29 minutes")
    const first = await use(sandbox, session, readByQuery("VENDOR"))
    assert.strictEqual(first.at("response.operation.authentication.sessiontimestamp"), "2026-11-21T12:00:00+00:00")
    assert.strictEqual(first.at("response.operation.authentication.sessiontimeout"), "2026-11-21T12:59:00+00:00")
    await sandbox.clock.advance("29 minutes")
    assert.strictEqual((await use(sandbox, session, readByQuery("VENDOR"))).at(alive), "success")
    await sandbox.clock.advance("30 minutes")
    const dead = await use(sandbox, session, readByQuery("VENDOR"))
    assert.strictEqual(dead.at(alive), "failure")
    assert.strictEqual(errorOf(dead, "authentication")["description2"], `Invalid session ${session.sessionId}`)
  })

  it("end at their absolute limit although the timeout says otherwise", async () => {
    const sandbox = await start({ intacct: { sessionTimeout: "30 minutes", sessionLimit: "1 hour" } })
    const session = await open(sandbox)
    await sandbox.clock.advance("20 minutes")
    await use(sandbox, session, readByQuery("VENDOR"))
    await sandbox.clock.advance("20 minutes")
    const last = await use(sandbox, session, readByQuery("VENDOR"))
    assert.isAbove(
      Date.parse(String(last.at("response.operation.authentication.sessiontimeout"))),
      sandbox.clock.now() + 20 * 60_000
    )
    await sandbox.clock.advance("20 minutes")
    assert.strictEqual((await use(sandbox, session, readByQuery("VENDOR"))).at(alive), "failure")
  })

  it("leave sessiontimeout out or show another offset on demand", async () => {
    const startAt = Date.UTC(2026, 10, 21, 12, 0, 0)
    const sandbox = await start({ startAt, intacct: { showSessionTimeout: false, utcOffset: "-07:00" } })
    const { answer } = await open(sandbox)
    assert.strictEqual(answer.at("response.operation.authentication.sessiontimestamp"), "2026-11-21T05:00:00-07:00")
    assert.isUndefined(answer.at("response.operation.authentication.sessiontimeout"))
  })

  it("are refused at any endpoint but their own", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const initial = sandbox.urls["intacct-xml"].xml
    const parts = { authentication: sessionXml(session.sessionId), functions: [readByQuery("VENDOR")] }
    for (const url of [
      initial,
      session.endpoint.replace("na12", "na13"),
      session.endpoint.replace("127.0.0.1", "localhost")
    ]) {
      const answer = await send(sandbox, parts, url)
      assert.strictEqual(answer.at(alive), "failure", url)
    }
    assert.strictEqual((await send(sandbox, parts, session.endpoint)).at(alive), "success")
  })

  it("have the called URL as endpoint when the gateway answers as in 2026", async () => {
    const sandbox = await start({ intacct: { endpoint: "same" } })
    const session = await open(sandbox)
    assert.strictEqual(session.endpoint, sandbox.urls["intacct-xml"].xml)
    assert.strictEqual((await use(sandbox, session, readByQuery("VENDOR"))).at(alive), "success")
  })

  it("build their endpoint from the host that the caller used", async () => {
    const sandbox = await start()
    const url = sandbox.urls["intacct-xml"].xml.replace("127.0.0.1", "localhost")
    const answer = await send(
      sandbox,
      { authentication: loginXml(sandbox.accounts["intacct-xml"].login), functions: ["<getAPISession/>"] },
      url
    )
    assert.strictEqual(sessionOf(answer).endpoint, url.replace("/ia/", "/pods/na12/ia/"))
  })

  it("switch entity and go back to the top level with a new id each, the old ones staying alive", async () => {
    const sandbox = await start()
    const top = await open(sandbox)
    const toE1 = await use(sandbox, top, "<getAPISession><locationid>E1</locationid></getAPISession>")
    assert.strictEqual(toE1.at("response.operation.authentication.locationid"), "")
    const e1 = sessionOf(toE1)
    assert.strictEqual(e1.locationId, "E1")

    const toE2 = await use(sandbox, e1, "<getAPISession><locationid>E2</locationid></getAPISession>")
    assert.strictEqual(toE2.at("response.operation.authentication.locationid"), "E1")
    const e2 = sessionOf(toE2)
    assert.strictEqual(e2.locationId, "E2")

    const same = sessionOf(await use(sandbox, e2, "<getAPISession/>"))
    assert.strictEqual(same.locationId, "E2")

    const back = sessionOf(await use(sandbox, e2, "<getAPISession><locationid/></getAPISession>"))
    assert.strictEqual(back.locationId, "")
    const all = [top, e1, e2, same, back]
    assert.strictEqual(new Set(all.map((each) => each.sessionId)).size, 5)
    for (const each of all) assert.strictEqual((await use(sandbox, each, readByQuery("VENDOR"))).at(alive), "success")
  })

  it("are opened in the entity that a login names, packed or not", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    for (const each of [
      { ...login, entityId: "E3" },
      { ...login, companyId: `${login.companyId}|E3` },
      { ...login, companyId: `${login.companyId}||E3` }
    ]) {
      const session = await open(sandbox, each)
      assert.strictEqual(session.locationId, "E3")
      assert.strictEqual(session.answer.at("response.operation.authentication.locationid"), "E3")
      assert.strictEqual(session.answer.at("response.operation.authentication.companyid"), each.companyId)
    }
  })

  it("slide in from a console, packed or not, and to its own clients only", async () => {
    const sandbox = await start()
    const { console: slideIn, login } = sandbox.accounts["intacct-xml"]
    const { clientId, ...packable } = slideIn
    for (const [each, entity] of [
      [slideIn, ""],
      [{ ...slideIn, entityId: "E2" }, "E2"],
      [{ ...packable, companyId: `${slideIn.companyId}|${clientId}` }, ""],
      [{ ...packable, companyId: `${slideIn.companyId}|${clientId}|E2` }, "E2"]
    ] as const) {
      const session = await open(sandbox, each)
      assert.strictEqual(session.locationId, entity)
      assert.strictEqual(session.answer.at("response.operation.authentication.clientid"), clientId)
      assert.include(session.endpoint, "/pods/na14/")
    }
    const elsewhere = await send(sandbox, {
      authentication: loginXml({ ...slideIn, clientId: login.companyId }),
      functions: ["<getAPISession/>"]
    })
    assert.strictEqual(errorOf(elsewhere, "authentication")["description2"], "Sign-in information is incorrect")
  })

  it("refuse an unknown entity inside the function", async () => {
    const sandbox = await start()
    const answer = await use(sandbox, await open(sandbox), "<getAPISession><locationid>E9</locationid></getAPISession>")
    assert.strictEqual(answer.at(alive), "success")
    assert.strictEqual(errorOf(answer, "function")["errorno"], "XL03000006")
  })

  it("show a restricted user its own entity, nothing elsewhere, and no top level", async () => {
    const sandbox = await start()
    const { restricted } = sandbox.accounts["intacct-xml"]
    const { entityId, ...login } = restricted
    const own = await open(sandbox, login)
    assert.strictEqual(own.locationId, entityId)
    const count = async (session: Awaited<ReturnType<typeof open>>) =>
      Number((await use(sandbox, session, readByQuery("VENDOR"))).at("response.operation.result.data.@totalcount"))
    assert.isAbove(await count(own), 0)

    const elsewhere = sessionOf(await use(sandbox, own, "<getAPISession><locationid>E1</locationid></getAPISession>"))
    assert.strictEqual(elsewhere.locationId, "E1")
    assert.strictEqual(await count(elsewhere), 0)

    const top = await use(sandbox, own, "<getAPISession><locationid/></getAPISession>")
    assert.strictEqual(top.at(alive), "success")
    assert.strictEqual(top.at("response.operation.result.status"), "failure")

    sandbox.intacct.configure({ restrictedEntity: "refused", restrictedTopLevel: "filtered" })
    const refused = await use(sandbox, own, "<getAPISession><locationid>E1</locationid></getAPISession>")
    assert.strictEqual(refused.at("response.operation.result.status"), "failure")
    const filtered = sessionOf(await use(sandbox, own, "<getAPISession><locationid/></getAPISession>"))
    assert.strictEqual(filtered.locationId, "")
    assert.strictEqual(await count(filtered), await count(own))
  })

  it("are opened by a request that does nothing else, or by none", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const mixed = { authentication: loginXml(login), functions: ["<getAPISession/>", readByQuery("VENDOR")] }
    const control = await send(sandbox, mixed)
    assert.strictEqual(control.at("response.control.status"), "failure")
    assert.strictEqual(errorOf(control, "control")["errorno"], "XL03000003")
    sandbox.intacct.configure({
      undocumented: { isolation: { level: "authentication", errorno: "XL-TEST", description: "by {userId}" } }
    })
    const authentication = await send(sandbox, mixed)
    assert.strictEqual(errorOf(authentication, "authentication")["errorno"], "XL-TEST")
    assert.strictEqual(errorOf(authentication, "authentication")["description"], `by ${login.userId}`)
    assert.deepStrictEqual(sandbox.intacct.transactions(login.companyId).functions, {})
  })

  it("die on demand, and outlive a change of password", async () => {
    const sandbox = await start()
    const { login, console: slideIn } = sandbox.accounts["intacct-xml"]
    const [a, b, other] = [await open(sandbox), await open(sandbox), await open(sandbox, slideIn)]
    sandbox.intacct.setPassword({ ...login, password: "another password" })
    assert.strictEqual((await use(sandbox, a, readByQuery("VENDOR"))).at(alive), "success")
    const old = await send(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    assert.strictEqual(old.at(alive), "failure")
    await open(sandbox, { ...login, password: "another password" })

    assert.strictEqual(sandbox.intacct.endSessions("ACMEHOLDINGS"), 3)
    for (const each of [a, b])
      assert.strictEqual((await use(sandbox, each, readByQuery("VENDOR"))).at(alive), "failure")
    assert.strictEqual((await use(sandbox, other, readByQuery("VENDOR"))).at(alive), "success")
    assert.strictEqual(sandbox.intacct.endSessions(), 1)

    sandbox.intacct.setSenderPassword({ id: "sandbox_sender", password: "a new one" })
    const sender = await send(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    assert.strictEqual(sender.at("response.control.status"), "failure")
  })
})
