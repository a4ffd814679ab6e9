import type { XmlResult } from "@sage-auth/core"
import { createSageAuth, intacctXml, isSageAuthError } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { vendors } from "../src/functions.ts"
import { begun, settle, until } from "../src/settle.ts"
import { fastRetry, ledgerOptions, openSandbox, openWorld } from "../src/world.ts"

const times = <A>(count: number, make: (index: number) => A): Array<A> =>
  Array.from({ length: count }, (_, i) => make(i))

const assertServed = (results: ReadonlyArray<ReadonlyArray<XmlResult>>): void => {
  for (const [result] of results) assert.strictEqual(result?.status, "success")
}

const highestConcurrency = (sandbox: Sandbox<"manual">): number =>
  Math.max(...sandbox.requests().map((request) => request.concurrent))

/** how many requests overlapped by their start and end, which does not trust the sandbox's own count */
const overlap = (sandbox: Sandbox<"manual">): number => {
  const requests = sandbox.requests()
  return Math.max(
    ...requests.map(
      ({ startedAt }) => requests.filter((other) => other.startedAt <= startedAt && startedAt < other.endedAt).length
    )
  )
}

// the storms try 1,000
describe("100 callers on a cold connection", () => {
  it("are all served by one session, two at a time", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ sandbox: { intacct: { latency: 1 } } })
    assertServed(await Promise.all(times(100, () => ledger.execute([vendors()]))))
    assert.strictEqual(sessionsAsked(), 1)
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 100)
    assert.strictEqual(highestConcurrency(sandbox), 2)
    assert.isTrue(sandbox.requests().every(({ status }) => status === 200))
  })

  it("are served two at a time by start and end as well when each request takes a second", async () => {
    const { ledger, sandbox } = await openWorld({
      sandbox: { intacct: { latency: "1 second" } },
      settings: { deadline: "10 minutes" }
    })
    const calls = begun(Promise.all(times(40, () => ledger.execute([vendors()]))))
    await sandbox.clock.advance("3 minutes")
    assertServed(await calls)
    assert.strictEqual(overlap(sandbox), 2)
    assert.strictEqual(highestConcurrency(sandbox), 2)
  })

  it("need one more session when theirs dies half-way, and every function runs once", async () => {
    const { events, ledger, sandbox, sessionsAsked } = await openWorld({ sandbox: { intacct: { latency: 1 } } })
    const calls = times(100, () => begun(ledger.execute([vendors()])))
    await Promise.all(calls.slice(0, 50))
    assert.strictEqual(sandbox.intacct.endSessions(), 1)
    assertServed(await Promise.all(calls))
    assert.strictEqual(sessionsAsked(), 2)
    assert.strictEqual(highestConcurrency(sandbox), 2)
    // what a dead session was refused for did not run
    assert.strictEqual(sandbox.intacct.transactions("AcmeHoldings").functions["readByQuery"], 100)
    assert.deepStrictEqual(
      (await events.seen())
        .map((event) => event.type)
        .filter((type) => type.startsWith("session") || type.startsWith("cred")),
      ["session-opened", "credential-renewed"]
    )
  })

  it("who want the session itself get the same one", async () => {
    const { ledger, sessionsAsked } = await openWorld()
    const sessions = await Promise.all(times(1000, () => ledger.session()))
    assert.strictEqual(new Set(sessions.map(({ sessionId }) => sessionId)).size, 1)
    assert.strictEqual(sessionsAsked(), 1)
  })

  it("join the renewal of a session that ran out while nobody called", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld()
    await ledger.execute([vendors()])
    await sandbox.clock.advance("2 hours")
    assertServed(await Promise.all(times(100, () => ledger.execute([vendors()]))))
    assert.strictEqual(sessionsAsked(), 2)
  })
})

describe("callers who leave", () => {
  it("by a signal get its own reason and hurt nobody else", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ sandbox: { intacct: { latency: 1 } } })
    const leaving = new AbortController()
    const reason = new Error("the user pressed stop")
    const gone = times(50, () => ledger.execute([vendors()], { signal: leaving.signal }))
    const staying = times(50, () => begun(ledger.execute([vendors()])))
    const settled = Promise.allSettled(gone)
    await until("the session was asked for", () => sessionsAsked() === 1)
    leaving.abort(reason)
    for (const outcome of await settled) {
      assert.strictEqual(outcome.status, "rejected")
      assert.strictEqual(outcome.status === "rejected" && outcome.reason, reason)
    }
    assertServed(await Promise.all(staying))
    assert.strictEqual(sessionsAsked(), 1)
    assert.strictEqual(highestConcurrency(sandbox), 2)
  })

  it("by a signal in the middle of their requests give their permits back", async () => {
    const { ledger, sandbox } = await openWorld({ settings: { deadline: "10 minutes" } })
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang", times: 2 })
    const leaving = new AbortController()
    const gone = Promise.allSettled(times(2, () => ledger.execute([vendors()], { signal: leaving.signal })))
    await until("both hang", () => sandbox.requests({ step: "readByQuery" }).length === 2)
    const staying = times(20, () => begun(ledger.execute([vendors()])))
    await settle()
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 2)
    leaving.abort(new Error("enough"))
    await gone
    assertServed(await Promise.all(staying))
  })

  it("by a deadline while the session is opened are released, and the session still comes for the others", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({
      sandbox: { intacct: { latency: "10 seconds" } },
      settings: { deadline: "10 minutes" }
    })
    const gone = Promise.allSettled(times(50, () => ledger.execute([vendors()], { deadline: "2 seconds" })))
    const staying = begun(Promise.all(times(4, () => ledger.execute([vendors()]))))
    await until("the session was asked for", () => sessionsAsked() === 1)
    await sandbox.clock.advance("3 seconds")
    for (const outcome of await gone) {
      assert.isTrue(outcome.status === "rejected" && isSageAuthError(outcome.reason))
      assert.isTrue(outcome.status === "rejected" && outcome.reason.reason._tag === "DeadlineExceeded")
    }
    await sandbox.clock.advance("1 minute")
    assertServed(await staying)
    assert.strictEqual(sessionsAsked(), 1)
  })

  it("may all leave: the session they waited for is there for the next caller", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({
      sandbox: { intacct: { latency: "10 seconds" } },
      settings: { deadline: "10 minutes" }
    })
    const leaving = new AbortController()
    const gone = Promise.allSettled(times(50, () => ledger.session({ signal: leaving.signal })))
    await until("the session was asked for", () => sessionsAsked() === 1)
    leaving.abort()
    await gone
    await sandbox.clock.advance("10 seconds")
    await ledger.session()
    assert.strictEqual(sessionsAsked(), 1)
  })
})

it("two connections of the same company share one pool, whatever the case of its id", async () => {
  const sandbox = await openSandbox({ intacct: { latency: 1 } })
  const { limited, login } = sandbox.accounts["intacct-xml"]
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml(ledgerOptions(sandbox)),
      reader: intacctXml(ledgerOptions(sandbox, { login: { ...limited, companyId: login.companyId.toUpperCase() } }))
    },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  const clients = [sage.client("ledger"), sage.client("reader")] as const
  assertServed(await Promise.all(times(100, (i) => clients[i % 2 === 0 ? 0 : 1].execute([vendors()]))))
  assert.strictEqual(sandbox.requests({ step: "getAPISession" }).length, 2)
  assert.strictEqual(highestConcurrency(sandbox), 2)
})

it("a tier raises the pool to what the tier allows", async () => {
  const { ledger, sandbox } = await openWorld({
    sandbox: { intacct: { connectionsPerCompany: 6, latency: "1 second" } },
    ledger: { tier: 1 },
    settings: { deadline: "10 minutes" }
  })
  const calls = begun(Promise.all(times(60, () => ledger.execute([vendors()]))))
  await sandbox.clock.advance("1 minute")
  assertServed(await calls)
  assert.strictEqual(highestConcurrency(sandbox), 6)
})
