import { type CatalogueId, type IntacctXmlClient, isSageAuthError } from "@sage-auth/core"
import type { FaultKind } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { kindOf } from "../src/failureOf.ts"
import { dataOf, newVendor, type Page, vendors } from "../src/functions.ts"
import { begun, until } from "../src/settle.ts"
import { openWorld, type World } from "../src/world.ts"

/** What a fault means to the client. */
interface Meaning {
  /** what a call fails with that meets it every time; none where the answer is good for all that */
  readonly id: CatalogueId | undefined
  /** the server says by it that it did not run the request, so that even a write may be sent again */
  readonly surelyNotRun: boolean
  /** the sandbox does the work nevertheless */
  readonly ran: boolean
  /** a caller is released by its deadline alone */
  readonly hangs?: true
}

/** The other kinds are about authorization servers. */
type XmlFault = Exclude<FaultKind, "slow-answer" | "unavailable">

const meanings: Readonly<Record<XmlFault, Meaning>> = {
  hang: { id: "client.deadline-exceeded", surelyNotRun: false, ran: false, hangs: true },
  "slow-bytes": { id: "client.deadline-exceeded", surelyNotRun: false, ran: true, hangs: true },
  "drop-request": { id: "client.answer-lost", surelyNotRun: false, ran: false },
  "drop-response": { id: "client.answer-lost", surelyNotRun: false, ran: true },
  truncate: { id: "client.answer-lost", surelyNotRun: false, ran: true },
  "short-body": { id: "intacct.unreadable-answer", surelyNotRun: false, ran: true },
  "wrong-content-type": { id: undefined, surelyNotRun: false, ran: true },
  "no-content-type": { id: undefined, surelyNotRun: false, ran: true },
  "html-502": { id: "intacct.service-unavailable", surelyNotRun: false, ran: false },
  "cloudflare-524": { id: "intacct.timeout-at-origin", surelyNotRun: false, ran: true },
  "status-503": { id: "intacct.service-unavailable", surelyNotRun: true, ran: false },
  "rate-limited": { id: "intacct.rate-limited", surelyNotRun: true, ran: false },
  "rate-limited-200": { id: "intacct.rate-limited", surelyNotRun: true, ran: false },
  "service-offline": { id: "intacct-xml.service-offline", surelyNotRun: false, ran: false }
}

const kinds = Object.entries(meanings) as ReadonlyArray<readonly [XmlFault, Meaning]>

/** Tries that the fast schedule of a test makes in all. */
const allTries = 4

/** `success`, or the entry of the catalogue that a call failed with. */
const outcomeOf = (call: Promise<unknown>): Promise<CatalogueId | "success"> =>
  call.then(
    () => "success" as const,
    (error: unknown) => {
      if (isSageAuthError(error)) return error.id
      throw error
    }
  )

/** Makes a call meet a fault, and sees to it that its deadline is the last moment at which it ends. */
const meet = async (
  { ledger, sandbox }: World,
  step: string,
  [kind, meaning]: readonly [FaultKind, Meaning],
  times: number,
  call: (ledger: IntacctXmlClient) => Promise<unknown>
): Promise<CatalogueId | "success"> => {
  sandbox.fault("intacct-xml", { on: step, kind, times })
  let settled = false
  const outcome = begun(outcomeOf(call(ledger)).finally(() => (settled = true)))
  if (meaning.hangs === true) {
    await until("the request arrived", () => sandbox.requests({ step }).length === 1)
    await sandbox.clock.advance("19 seconds")
    assert.isFalse(settled)
    await sandbox.clock.advance("1 second")
  }
  await until("the call ended", () => settled)
  sandbox.clearFaults()
  return outcome
}

const settings = { deadline: "20 seconds", shutdown: 10 }

const tries = ({ sandbox }: World, step: string): number => sandbox.requests({ step }).length

/** how many records of that name exist, and so how often a write ran */
const records = async ({ ledger }: World, name: string): Promise<number> =>
  Number((await dataOf<Page>(await ledger.execute([vendors(10, `NAME = '${name}'`)])))["@count"])

const query = (ledger: IntacctXmlClient) => ledger.execute([vendors()])

const created = { create: { VENDOR: { NAME: "written once" } } }

const write = (ledger: IntacctXmlClient) => ledger.execute([created])

const namedWrite = (ledger: IntacctXmlClient) =>
  ledger.execute([{ "@controlid": "invoice-4711", ...created }], { uniqueid: true })

describe("a session that is asked for", () => {
  for (const fault of kinds) {
    const [kind, { hangs, id }] = fault
    it(`meets ${kind} once`, async () => {
      const world = await openWorld({ settings })
      const outcome = await meet(world, "getAPISession", fault, 1, (ledger) => ledger.execute([vendors()]))
      // an answer that was cut off may be whole the next time; what hangs is over when the caller's deadline is
      assert.strictEqual(outcome, hangs === true ? id : "success")
      assert.isAtMost(tries(world, "getAPISession"), 2)
    })
    it(`meets ${kind} every time`, async () => {
      const world = await openWorld({ settings })
      const outcome = await meet(world, "getAPISession", fault, Number.POSITIVE_INFINITY, (ledger) => ledger.session())
      assert.strictEqual(outcome, id ?? "success")
      assert.isAtMost(tries(world, "getAPISession"), allTries)
    })
  }
})

describe("a query", () => {
  for (const fault of kinds) {
    const [kind, { hangs, id }] = fault
    it(`meets ${kind} once`, async () => {
      const world = await openWorld({ settings })
      await world.ledger.session()
      const outcome = await meet(world, "readByQuery", fault, 1, query)
      assert.strictEqual(outcome, hangs === true ? id : "success")
      assert.strictEqual(world.sessionsAsked(), 1)
    })
    it(`meets ${kind} every time`, async () => {
      const world = await openWorld({ settings })
      await world.ledger.session()
      const outcome = await meet(world, "readByQuery", fault, Number.POSITIVE_INFINITY, query)
      assert.strictEqual(outcome, id ?? "success")
      assert.isAtMost(tries(world, "readByQuery"), allTries)
      assert.strictEqual(world.sessionsAsked(), 1)
    })
  }
})

describe("a write that cannot be told from its repetition", () => {
  for (const fault of kinds) {
    const [kind, { id, ran, surelyNotRun }] = fault
    it(`is sent again after ${kind} only where it surely did not run`, async () => {
      const world = await openWorld({ settings })
      await world.ledger.session()
      const outcome = await meet(world, "create", fault, 1, write)
      assert.strictEqual(outcome, surelyNotRun ? "success" : (id ?? "success"))
      assert.strictEqual(tries(world, "create"), surelyNotRun ? 2 : 1)
      assert.strictEqual(await records(world, "written once"), ran || surelyNotRun ? 1 : 0)
    })
  }
})

describe("a write under a control id that Intacct takes once", () => {
  for (const fault of kinds) {
    const [kind, { hangs, id, ran }] = fault
    it(`meets ${kind} once, and is written once`, async () => {
      const world = await openWorld({ settings })
      await world.ledger.session()
      const outcome = await meet(world, "create", fault, 1, namedWrite)
      const repeated = hangs !== true && id !== undefined
      assert.strictEqual(tries(world, "create"), repeated ? 2 : 1)
      // refused the second time: the first has done it, and the error says so
      const expected = repeated ? (ran ? "intacct-xml.replay-refused" : "success") : (id ?? "success")
      assert.strictEqual(outcome, expected)
      assert.strictEqual(await records(world, "written once"), ran || repeated ? 1 : 0)
    })
    it(`meets ${kind} every time, and is written once at most`, async () => {
      const world = await openWorld({ settings })
      await world.ledger.session()
      const outcome = await meet(world, "create", fault, Number.POSITIVE_INFINITY, namedWrite)
      assert.strictEqual(outcome, id ?? "success")
      assert.isAtMost(tries(world, "create"), allTries)
      assert.strictEqual(await records(world, "written once"), ran ? 1 : 0)
    })
  }
})

describe("a caller with patience", () => {
  it("is served although the first request for a session hangs: that one has a minute of its own", async () => {
    const { ledger, sandbox, sessionsAsked } = await openWorld({ settings: { deadline: "10 minutes" } })
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "hang" })
    const call = begun(ledger.execute([vendors()]))
    await until("it hangs", () => sessionsAsked() === 1)
    await sandbox.clock.advance("61 seconds")
    assert.strictEqual((await call)[0]?.status, "success")
    assert.strictEqual(sessionsAsked(), 2)
  })

  it("is served by the default schedule through twelve seconds of an outage", async () => {
    const { ledger, sandbox } = await openWorld({ settings: { retry: {} } })
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "status-503", times: 3 })
    const call = begun(ledger.execute([vendors()]))
    await until("it was refused", () => sandbox.requests({ step: "readByQuery" })[0]?.status === 503)
    await sandbox.clock.advance("12 seconds")
    assert.strictEqual((await call)[0]?.status, "success")
    assert.strictEqual(sandbox.requests({ step: "readByQuery" }).length, 4)
  })
})

it("a server that is not there is told from one that does not answer: even a write is tried again", async () => {
  const { ledger, sandbox } = await openWorld()
  await ledger.session()
  await sandbox.stop()
  assert.deepStrictEqual(await kindOf(ledger.execute([newVendor("nowhere")])), {
    reason: "ServiceUnavailable",
    id: "client.not-sent"
  })
})

it("a request that hangs holds its permit no longer than its caller waits", async () => {
  const { ledger, sandbox } = await openWorld({ settings })
  await ledger.session()
  sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang", times: 2 })
  const hanging = [1, 2].map(() => begun(outcomeOf(ledger.execute([vendors()]))))
  await until("both hang", () => sandbox.requests({ step: "readByQuery" }).length === 2)
  const waiting = begun(ledger.execute([vendors()], { deadline: "1 minute" }))
  await sandbox.clock.advance("20 seconds")
  assert.deepStrictEqual(await Promise.all(hanging), ["client.deadline-exceeded", "client.deadline-exceeded"])
  assert.strictEqual((await waiting)[0]?.status, "success")
})

it("a session whose request was cut off is opened anew, and nobody is left with half of one", async () => {
  const { ledger, sandbox, sessionsAsked } = await openWorld()
  sandbox.fault("intacct-xml", { on: "getAPISession", kind: "truncate", times: 2 })
  await Promise.all(Array.from({ length: 50 }, () => ledger.execute([vendors()])))
  assert.strictEqual(sessionsAsked(), 3)
})
