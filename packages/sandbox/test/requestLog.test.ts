import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { loginXml, open, post, readByQuery, requestXml, send, sessionXml, start, until, use } from "./support.ts"

describe("the log of requests", () => {
  it("tells what was asked, how, when and in which order", async () => {
    const sandbox = await start({ startAt: 1_000_000 })
    const session = await open(sandbox)
    await sandbox.clock.advance(500)
    await use(sandbox, session, readByQuery("VENDOR"), readByQuery("CUSTOMER"), "<inspect><object>*</object></inspect>")
    await fetch(session.endpoint)
    const [first, second, third] = sandbox.requests({ surface: "intacct-xml" })
    assert.strictEqual(sandbox.requests().length, 3)
    const { body, headers, ...facts } = first ?? assert.fail("nothing was logged")
    assert.deepStrictEqual(facts, {
      surface: "intacct-xml",
      listener: "main",
      step: "getAPISession",
      method: "POST",
      path: "/ia/xml/xmlgw.phtml",
      status: 200,
      startedAt: 1_000_000,
      endedAt: 1_000_000,
      order: 0,
      concurrent: 1,
      contentType: "application/xml",
      functions: ["getAPISession"],
      authentication: "login"
    })
    assert.includeMembers([...headers], ["host", "content-type"])
    assert.include(body, "<controlid>unittest</controlid>")
    assert.match(body, /transaction="\w+".*<getAPISession.*<\/request>$/s)
    assert.strictEqual(second?.step, "readByQuery+inspect")
    assert.deepStrictEqual(second?.functions, ["readByQuery", "readByQuery", "inspect"])
    assert.strictEqual(second?.authentication, "session")
    assert.strictEqual(second?.startedAt, 1_000_500)
    assert.strictEqual(second?.path, "/pods/na12/ia/xml/xmlgw.phtml")
    assert.strictEqual(third?.step, "unreadable")
    assert.strictEqual(third?.method, "GET")
    assert.strictEqual(third?.status, 405)
    assert.deepStrictEqual(
      sandbox.requests({ step: "getAPISession" }).map((request) => request.order),
      [0]
    )
  })

  it("holds no password and no session id, wherever a client puts them", async () => {
    const sandbox = await start()
    const accounts = sandbox.accounts["intacct-xml"]
    const { sender, login } = accounts
    const url = sandbox.urls["intacct-xml"].xml
    const session = await open(sandbox)
    const renewed = "renewed-Y3pw8eQnKc5j"
    sandbox.intacct.setPassword({ ...login, password: renewed })
    const secrets = [
      ...Object.values(accounts).flatMap((account) =>
        typeof account === "object" && "password" in account ? [account.password] : []
      ),
      session.sessionId,
      renewed,
      "mistyped"
    ]
    assert.isAtLeast(secrets.length, 10)

    for (const account of [accounts.restricted, accounts.limited, accounts.console, accounts.expired]) {
      await send(sandbox, { authentication: loginXml(account), functions: ["<getAPISession/>"] })
    }
    await use(sandbox, session, readByQuery("VENDOR", `NAME = '${session.sessionId}${sender.password}'`))
    await send(sandbox, {
      authentication: loginXml({ ...login, password: "mistyped" }),
      functions: ["<getAPISession/>"]
    })
    await send(sandbox, { authentication: sessionXml(session.sessionId), functions: ["<getAPISession/>"] })
    const whole = requestXml(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    for (const body of [
      `<request><control><senderid>${sender.id}</senderid><password>mistyped`,
      "<request><control><password\n a='b'>mis<![CDATA[<]]>typed mistyped</password ></control>",
      `<request><sessionid>mistyped</sessionid>`,
      `${renewed} ${sender.password} ${session.sessionId}`,
      whole.replaceAll("password>", "PASSWORD>"),
      whole.replaceAll("<password>", "<!-- --><password>").replace("<control>", `<control note="${sender.password}">`),
      `<a>${"x".repeat(16_380)}${sender.password}</a>`,
      `<password>${"mistyped ".repeat(20_000)}</password>`
    ]) {
      await post(url, body)
    }
    await post(url, whole, { contentType: `application/xml; note=${session.sessionId}` })
    await post(`${url.replace("/ia/", `/pods/${session.sessionId}/ia/`)}?password=mistyped`, whole)
    assert.strictEqual(sandbox.requests().length, 18)
    const log = JSON.stringify(sandbox.requests())
    for (const secret of secrets) {
      assert.notInclude(log, secret)
      assert.notInclude(log, secret.slice(0, 8))
    }
    assert.include(log, "<password>***</password>")
    assert.include(log, "<sessionid>***</sessionid>")
  })

  it("shows what is still being served", async () => {
    const sandbox = await start({ startAt: 0 })
    sandbox.fault("intacct-xml", { on: "*", kind: "hang" })
    const gone = open(sandbox).catch(() => "gone")
    await until(() => sandbox.requests().length === 1)
    await sandbox.clock.advance("1 minute")
    assert.strictEqual(sandbox.requests()[0]?.status, 0)
    assert.strictEqual(sandbox.requests()[0]?.endedAt, 60_000)
    await sandbox.stop()
    assert.strictEqual(await gone, "gone")
  })

  it("shows the same texts to who prints it, copies it or writes it as JSON", async () => {
    const sandbox = await start()
    await open(sandbox)
    const [logged] = sandbox.requests()
    assert.include(inspect(logged, { maxStringLength: null }), inspect({ ...logged }, { maxStringLength: null }))
    assert.notInclude(inspect(logged), "Getter")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(logged)), JSON.parse(JSON.stringify({ ...logged })))
    assert.include(logged?.body ?? "", "***")
  })
})
