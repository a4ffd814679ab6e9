import { hostname } from "node:os"
import { generateKey, isSageAuthError, type SageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { type Child, connectionOf, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { type App, call, consent, endOf, openApp, refreshes } from "../../src/grants/world.ts"

/** the same as in production, and a test need not wait for it */
const soon = { [Symbol.for("@sage-auth/core/grantTimes")]: { stalled: 1_000, look: 100 } }

const host = hostname().replace(/[^\w.-]/g, "_")

/** an ended credential in a file, and a process that stops before its step of that number */
const openHung = async (stopAt: number) => {
  const sandbox = await startSandbox({ businessCloud: { refreshReuse: "revoke-family" } })
  onTestFinished(() => sandbox.stop())
  const file = { path: temporaryStore(), key: generateKey() }
  const open = (ahead: number): App =>
    openApp(sandbox, {
      store: `sqlite:${file.path}`,
      keys: [file.key],
      clock: { now: () => Date.now() + ahead },
      ...soon
    })
  const before = open(-10 * 60_000)
  await consent(before, "books")
  await before.sage.close()
  const child = startCaller({ connection: connectionOf(sandbox), ...file, callers: 1, rounds: 2 }, { stopAt })
  let told: unknown
  do told = await child.told()
  while (!isStop(told))
  return { sandbox, child, app: open(0), stopsBefore: told.stopsBefore }
}

const isStop = (told: unknown): told is { readonly stopsBefore: string } =>
  typeof told === "object" && told !== null && "stopsBefore" in told

const goOn = async ({ process, ended, toldInAll }: Child) => {
  process.kill("SIGCONT")
  const told = await toldInAll()
  const { code, problems } = await ended
  assert.strictEqual(code, 0, problems)
  return told.at(-1)
}

const stallsOf = (app: App) => app.events.of("renewal-stalled")

const errorOf = (promise: Promise<unknown>): Promise<SageAuthError> =>
  promise.then(
    () => assert.fail("it was served"),
    (error: unknown) => {
      if (!isSageAuthError(error)) throw error
      return error
    }
  )

describe("a process that is stopped in the middle of a rotation (SIGSTOP)", { timeout: 60_000 }, () => {
  it("holds nobody up before it has the lease", async () => {
    const { app, child, sandbox } = await openHung(1)
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.deepStrictEqual(await stallsOf(app), [])
    assert.deepInclude(await goOn(child), { served: 2 })
    assert.strictEqual(refreshes(sandbox), 1)
  })

  it("is overtaken between the lease and the intent, and is fenced when it goes on", async () => {
    const { app, child, sandbox } = await openHung(2)
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    const [stall, ...more] = await stallsOf(app)
    assert.deepStrictEqual(more, [])
    assert.deepInclude(stall, { host, processId: child.process.pid, overtaken: true })
    assert.strictEqual((await app.sage.client("books").status()).state, "connected")
    assert.deepInclude(await goOn(child), { served: 2 })
    // a strict server would have ended the family
    assert.strictEqual(refreshes(sandbox), 1)
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
  })

  for (const [stopAt, step] of [
    [3, "send"],
    [4, "answer"],
    [5, "write"]
  ] as const) {
    it(`is named to those who wait, and not overtaken, before its "${step}"`, async () => {
      const { app, child, sandbox, stopsBefore } = await openHung(stopAt)
      assert.strictEqual(stopsBefore, step)
      const books = app.sage.client("books")
      const error = await errorOf(call(app, "books", { deadline: 6_000 }))
      assert.strictEqual(error.id, "client.lease-held")
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      for (const text of [error.message, error.remedy]) {
        assert.include(text, `process ${child.process.pid} on host ${host}`)
      }
      assert.match(error.message, /at least \d s/)
      await errorOf(call(app, "books", { deadline: 500 }))
      const [stall, ...more] = await stallsOf(app)
      assert.deepStrictEqual(more, [])
      assert.deepInclude(stall, { host, processId: child.process.pid, overtaken: false })
      const status = await books.status()
      assert.strictEqual(status.state, "stalled")
      assert.deepInclude(status.holder, { host, processId: child.process.pid })
      assert.deepInclude(await goOn(child), { served: 2 })
      assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
      assert.strictEqual((await books.status()).state, "connected")
      assert.strictEqual(refreshes(sandbox), 1)
    })
  }

  it("is replaced at once when it is ended", async () => {
    const { app, child } = await openHung(3)
    assert.strictEqual((await errorOf(call(app, "books", { deadline: 6_000 }))).id, "client.lease-held")
    child.process.kill("SIGKILL")
    await child.ended
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.deepStrictEqual(
      (await app.events.seen()).map(({ type }) => type).filter((type) => type !== "credential-renewed"),
      ["renewal-stalled", "rotation-in-doubt", "rotation-done"]
    )
  })
})
