import { assert, describe, it } from "vitest"
import { type Grant, minute, openGrant } from "../../src/grants/deaths.ts"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"
import { type Child, connectionOf, startCaller } from "../../src/grants/processes.ts"
import { storeAt } from "../../src/grants/sharedStore.ts"
import { type App, call, endOf, openApp, refreshes } from "../../src/grants/world.ts"
import { until } from "../../src/settle.ts"

/** so that whoever judges a lease by its signs of life takes it away long before a deadline */
const shortTimes = { beat: 50, slowBeat: 200, silence: 100, doubt: 150, stalled: 1_500, held: 3_000, look: 50 }
const times = { [Symbol.for("@sage-auth/core/grantTimes")]: shortTimes }

interface Hung {
  readonly app: App
  readonly child: Child
  readonly grant: Grant
  readonly stopsBefore: string
}

const isStop = (told: unknown): told is { readonly stopsBefore: string } =>
  typeof told === "object" && told !== null && "stopsBefore" in told

/** an ended credential in PostgreSQL, a process that stops before its step of that number, and an application */
const openHung = async (stopAt: number): Promise<Hung> => {
  const options = { businessCloud: { refreshReuse: "revoke-family" } } as const
  const grant = await openGrant(10 * minute, options, "books", temporarySchema())
  const { file, sandbox } = grant
  const child = startCaller({ connection: connectionOf(sandbox), ...file, callers: 1, rounds: 2 }, { stopAt })
  let told: unknown
  do told = await child.told()
  while (!isStop(told))
  return {
    app: openApp(sandbox, { store: storeAt(file), keys: [file.key], ...times }),
    child,
    grant,
    stopsBefore: told.stopsBefore
  }
}

const goOn = async ({ process, ended, toldInAll }: Child) => {
  process.kill("SIGCONT")
  const told = await toldInAll()
  const { code, problems } = await ended
  assert.strictEqual(code, 0, problems)
  return told.at(-1)
}

describe.skipIf(noServer)("a process that is stopped in the middle of a rotation in PostgreSQL (SIGSTOP)", () => {
  it("holds nobody up before it has the lease", async () => {
    const { app, child, grant } = await openHung(1)
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.deepInclude(await goOn(child), { served: 2 })
    assert.strictEqual(refreshes(grant.sandbox), 1)
  })

  it.each([
    { stopAt: 2, step: "send" },
    { stopAt: 3, step: "answer" },
    { stopAt: 4, step: "write" }
  ])("is waited for before its step $stopAt, $step, whatever deadlines pass", async ({ step, stopAt }) => {
    const { app, child, grant, stopsBefore } = await openHung(stopAt)
    assert.strictEqual(stopsBefore, step)
    assert.strictEqual(await endOf(call(app, "books", { deadline: "6 seconds" })), "client.lease-held")
    await until("the stall is told", async () => (await app.events.of("renewal-stalled")).length > 0)
    assert.deepInclude((await app.events.of("renewal-stalled"))[0], { processId: child.process.pid, overtaken: false })
    assert.deepInclude(await goOn(child), { served: 2 })
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.strictEqual(refreshes(grant.sandbox), 1)
  })
})
