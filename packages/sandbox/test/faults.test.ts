import { type FaultKind, startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { type Answer, errorOf, loginXml, open, readByQuery, send, start, until, use } from "./support.ts"

const create = (id: string): string => `<create><VENDOR><VENDORID>${id}</VENDORID><NAME>x</NAME></VENDOR></create>`

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "none"
}

describe("faults", () => {
  it.each([
    ["drop-request", false],
    ["drop-response", true],
    ["truncate", true]
  ] as const)("%s breaks the connection", async (kind, done) => {
    const sandbox = await start()
    const session = await open(sandbox)
    sandbox.fault("intacct-xml", { on: "create", kind })
    let code = "answered"
    try {
      await use(sandbox, session, create("V-F"))
    } catch (error) {
      code = codeOf(error)
    }
    assert.oneOf(code, ["UND_ERR_SOCKET", "ECONNRESET"])
    const read = await use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-F'"))
    assert.strictEqual(read.at("response.operation.result.data.@count"), done ? "1" : "0")
    const logged = sandbox.requests({ step: "create" })
    assert.strictEqual(logged.length, 1)
    assert.strictEqual(logged[0]?.status, kind === "truncate" ? 200 : 0)
  })

  it.each([
    ["html-502", 502, "text/html; charset=UTF-8", "<h1>502 Bad Gateway</h1>", false],
    ["cloudflare-524", 524, "text/html; charset=UTF-8", "cf-error-details", true],
    ["status-503", 503, null, "", false],
    ["rate-limited", 429, 'text/xml; encoding="UTF-8"', "GW-0010", false],
    ["rate-limited-200", 200, 'text/xml; encoding="UTF-8"', "API rate limit exceeded", false],
    ["wrong-content-type", 200, "text/html", "<status>success</status>", true],
    ["no-content-type", 200, null, "<status>success</status>", true],
    ["short-body", 200, 'text/xml; encoding="UTF-8"', "<status>success</status>", true],
    ["service-offline", 200, 'text/xml; encoding="UTF-8"', "The Service is Temporarily Off-line", false]
  ] as const)("%s answers with %d", async (kind, status, contentType, text, done) => {
    const sandbox = await start()
    const session = await open(sandbox)
    sandbox.fault("intacct-xml", { on: "create", kind })
    const answer = await use(sandbox, session, create("V-F"))
    assert.strictEqual(answer.status, status)
    assert.strictEqual(answer.headers.get("content-type"), contentType)
    assert.include(answer.text, text)
    if (kind === "status-503") assert.strictEqual(answer.text, "")
    assert.strictEqual(answer.text.includes("</response>"), answer.text.includes("<response>") && kind !== "short-body")
    const read = await use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-F'"))
    assert.strictEqual(read.at("response.operation.result.data.@count"), done ? "1" : "0")
  })

  it("service-offline fails every function after authenticating", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "service-offline" })
    const answer = await use(sandbox, session, readByQuery("VENDOR"))
    assert.strictEqual(answer.at("response.operation.authentication.status"), "success")
    assert.strictEqual(errorOf(answer, "function")["description2"], "The Service is Temporarily Off-line")
    assert.strictEqual(errorOf(answer, "function")["correction"], "Please Try Again Later")
  })

  it("hit a step as often as they say, in their order, and others not at all", async () => {
    const sandbox = await start()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "status-503", times: 2 })
    sandbox.fault("intacct-xml", { on: "*", kind: "html-502", status: 504, headers: { "retry-after": "7" } })
    const { login } = sandbox.accounts["intacct-xml"]
    const call = (fn: string) => send(sandbox, { authentication: loginXml(login), functions: [fn] })
    const answers: Array<Answer> = []
    for (const fn of [readByQuery("VENDOR"), "<getAPISession/>", readByQuery("VENDOR"), readByQuery("VENDOR")]) {
      answers.push(await call(fn))
    }
    assert.deepStrictEqual(
      answers.map((each) => each.status),
      [503, 504, 503, 200]
    )
    assert.strictEqual(answers[1]?.headers.get("retry-after"), "7")
  })

  it("are told as long as they can still be met", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const ask = () => use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-F'"))
    const twice = { on: "*", kind: "status-503", times: 2 } as const
    const ever = { on: "*", kind: "status-503", duration: "1 minute" } as const
    assert.deepStrictEqual(sandbox.faults(), [])
    sandbox.fault("intacct-xml", twice)
    sandbox.fault("intacct-xml", ever)
    const told = () => sandbox.faults().map(({ fault, left, played }) => [fault, played, left])
    assert.deepStrictEqual(told(), [
      [twice, 0, 2],
      [ever, 0, undefined]
    ])
    await ask()
    assert.deepStrictEqual(told()[0], [twice, 1, 1])
    await ask()
    await ask()
    assert.deepStrictEqual(told(), [[ever, 1, undefined]])
    await sandbox.clock.advance("1 minute")
    assert.deepStrictEqual(sandbox.faults(), [])
  })

  it("are forgotten by clearFaults", async () => {
    const sandbox = await start()
    sandbox.fault("intacct-xml", { on: "*", kind: "status-503", times: Number.POSITIVE_INFINITY })
    sandbox.clearFaults()
    assert.strictEqual((await open(sandbox)).answer.status, 200)
  })

  it("are refused when they could not be played", async () => {
    const sandbox = await start()
    const fault = (given: object) => () => sandbox.fault("intacct-xml", { on: "*", kind: "hang", ...given })
    assert.throws(fault({ kind: "explode" as FaultKind }), /kind must be one of hang, /)
    assert.throws(fault({ on: "" }), /on must be/)
    assert.throws(fault({ times: 0 }), /times must be/)
    assert.throws(fault({ status: 99 }), /status must be/)
  })

  it("slow-bytes sends a byte for every second of the clock", async () => {
    const sandbox = await start()
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "slow-bytes", every: "1 hour" })
    let answered = false
    const answer = open(sandbox).then((session) => {
      answered = true
      return session
    })
    await until(() => sandbox.requests().length === 1)
    await sandbox.clock.advance("100 hours")
    assert.isFalse(answered)
    await sandbox.clock.advance("3000 hours")
    assert.strictEqual((await answer).answer.at("response.control.status"), "success")
  })

  it("hang holds the caller and a connection of its company until the sandbox stops", async () => {
    const sandbox = await startSandbox({ clock: "manual", intacct: { connectionsPerCompany: 1 } })
    sandbox.fault("intacct-xml", { on: "*", kind: "hang" })
    const hung = open(sandbox).then(
      () => "answered",
      () => "ended"
    )
    await until(() => sandbox.requests().length === 1)
    const second = open(sandbox).catch((error: unknown) => error)
    await until(() => sandbox.requests().length === 2)
    await sandbox.clock.advance("30 seconds")
    assert.include(String(await second), "GW-0010")
    assert.strictEqual(sandbox.requests()[0]?.status, 0)
    await sandbox.stop()
    assert.strictEqual(await hung, "ended")
  })
})
