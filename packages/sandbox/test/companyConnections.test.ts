import { assert, describe, it } from "vitest"
import {
  errorOf,
  loginXml,
  open,
  post,
  readByQuery,
  requestXml,
  send,
  sessionXml,
  start,
  use,
  until
} from "./support.ts"

describe("connections of a company", () => {
  it("are two: a third request waits for one", async () => {
    const sandbox = await start({ intacct: { latency: "10 seconds" } })
    const { login } = sandbox.accounts["intacct-xml"]
    const call = (companyId: string) =>
      send(sandbox, { authentication: loginXml({ ...login, companyId }), functions: [readByQuery("VENDOR")] })
    const order: Array<string> = []
    const calls = [
      call("AcmeHoldings").then(() => order.push("first")),
      call("ACMEHOLDINGS").then(() => order.push("second")),
      call("acmeholdings").then(() => order.push("third"))
    ]
    await until(() => sandbox.requests().length === 3)
    await sandbox.clock.advance("10 seconds")
    await Promise.all(calls.slice(0, 2))
    assert.sameMembers(order, ["first", "second"])
    await sandbox.clock.advance("10 seconds")
    await Promise.all(calls)
    assert.deepStrictEqual(
      sandbox.requests().map((request) => request.concurrent),
      [1, 2, 3]
    )
    assert.deepStrictEqual(
      sandbox.requests().map((request) => request.endedAt - request.startedAt),
      [10_000, 10_000, 20_000]
    )
  })

  it("show how many a client uses at once", async () => {
    const sandbox = await start({ intacct: { connectionsPerCompany: 20, latency: "1 second" } })
    /** makes calls that are all under way before the first is answered */
    const together = async <A>(calls: ReadonlyArray<() => Promise<A>>): Promise<ReadonlyArray<A>> => {
      const { length } = sandbox.requests()
      const answering = Promise.all(calls.map((call) => call()))
      await until(() => sandbox.requests().length === length + calls.length)
      await sandbox.clock.advance("1 second")
      const answers = await answering
      // a client may have an answer before the sandbox has noted its end
      await until(() => sandbox.requests().every(({ status }) => status !== 0))
      return answers
    }
    const [session = assert.fail()] = await together([() => open(sandbox)])
    const read = () => use(sandbox, session, readByQuery("VENDOR"))
    await together(Array.from({ length: 20 }, () => read))
    for (let call = 0; call < 5; call++) await together([read])
    assert.deepStrictEqual(
      sandbox.requests().map((request) => request.concurrent),
      [1, ...Array.from({ length: 20 }, (_, before) => before + 1), 1, 1, 1, 1, 1]
    )
  })

  it("are refused to those that waited thirty seconds", async () => {
    const sandbox = await start({ intacct: { latency: "1 minute" } })
    const { login, console: slideIn } = sandbox.accounts["intacct-xml"]
    const call = (who: typeof login) =>
      send(sandbox, { authentication: loginXml(who), functions: [readByQuery("VENDOR")] })
    const calls = [call(login), call(login), call(login)]
    await until(() => sandbox.requests().length === 3)
    const elsewhere = call(slideIn)
    await until(() => sandbox.requests().length === 4)
    await sandbox.clock.advance("30 seconds")
    const refused = await Promise.race(calls)
    assert.strictEqual(refused.status, 429)
    assert.deepStrictEqual(refused.at("response.control"), { status: "failure" })
    assert.strictEqual(errorOf(refused, "control")["errorno"], "GW-0010")
    assert.match(String(errorOf(refused, "control")["description"]), /^API rate limit exceeded/)
    await sandbox.clock.advance("30 seconds")
    const statuses = await Promise.all([...calls, elsewhere].map(async (each) => (await each).status))
    assert.deepStrictEqual(
      statuses.toSorted((a, b) => a - b),
      [200, 200, 200, 429]
    )
  })

  it("are as many as the option says, and refused inside a 200 when it says so", async () => {
    const sandbox = await start({
      intacct: { connectionsPerCompany: 1, connectionWait: "1 second", rateLimit: 200, latency: "1 minute" }
    })
    const { login } = sandbox.accounts["intacct-xml"]
    const call = () => send(sandbox, { authentication: loginXml(login), functions: [readByQuery("VENDOR")] })
    const calls = [call(), call()]
    await until(() => sandbox.requests().length === 2)
    await sandbox.clock.advance("1 second")
    const refused = await Promise.race(calls)
    assert.strictEqual(refused.status, 200)
    assert.include(refused.text, "API rate limit exceeded")
    await sandbox.clock.advance("1 minute")
    await Promise.all(calls)
  })

  it("come back when a caller goes away, waiting or served", async () => {
    const sandbox = await start({ intacct: { connectionsPerCompany: 1 } })
    const session = await open(sandbox)
    const parts = { authentication: sessionXml(session.sessionId), functions: [readByQuery("VENDOR")] }
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang" })
    const gone = new AbortController()
    const calls = [1, 2].map(() => post(session.endpoint, requestXml(sandbox, parts), { signal: gone.signal }))
    const settled = Promise.allSettled(calls)
    await until(() => sandbox.requests({ step: "readByQuery" }).length === 2)
    gone.abort()
    await settled
    const answer = await use(sandbox, session, readByQuery("VENDOR"))
    assert.strictEqual(answer.at("response.operation.result.status"), "success")
  })
})
