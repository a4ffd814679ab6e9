import { hostname } from "node:os"
import { type ApplicationClock, generateKey, isSageAuthError, type SageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { type Child, connectionOf, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { type App, call, consent, endOf, openApp, refreshes } from "../../src/grants/world.ts"
import { begun, settle, until } from "../../src/settle.ts"

/** far longer than an owner may give no sign of life, in milliseconds */
const longEnough = 40_000

/** The clock of an application that waits for a process: its time passes while it waits, and stands still otherwise. */
const waitingClock = (begin: number) => {
  let now = begin
  const sleepers = new Set<{ readonly until: number; readonly looks: boolean; readonly wake: () => void }>()
  const clock: ApplicationClock = {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener("abort", abort)
        }
        const abort = () => {
          leave()
          reject(signal?.reason as Error)
        }
        const wake = () => {
          leave()
          resolve()
        }
        // limits of what is under way are longer than the pause between two looks
        const sleeper = { until: now + milliseconds, looks: milliseconds <= 1_000, wake }
        sleepers.add(sleeper)
        signal?.addEventListener("abort", abort, { once: true })
      })
  }
  const step = async (): Promise<void> => {
    now += 100
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake()
    await settle()
  }
  /** has time pass until something holds, and stand still while the application works */
  const passUntil = async (holds: () => boolean): Promise<void> => {
    for (const end = now + 2 * longEnough; !holds(); ) {
      if (now > end) throw new Error("it never came to this")
      await until("it waits", () => holds() || [...sleepers].some(({ looks }) => looks))
      if (!holds()) await step()
    }
  }
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 100) await step()
  }
  return { clock, pass, passUntil }
}

const host = hostname().replace(/[^\w.-]/g, "_")

/**
 * An ended credential in a file, a process that stops before its step of that number, and an application that waits for
 * it. Whoever rotates is not ahead of the other: what it stores is of no time that is still to come.
 */
const openHung = async (stopAt: number, rotates: "process" | "application" = "process") => {
  const sandbox = await startSandbox({ businessCloud: { refreshReuse: "revoke-family" } })
  onTestFinished(() => sandbox.stop())
  const file = { path: temporaryStore(), key: generateKey() }
  const open = (clock: ApplicationClock): App =>
    openApp(sandbox, { store: `sqlite:${file.path}`, keys: [file.key], clock })
  const before = open({ now: () => Date.now() - 10 * 60_000 })
  await consent(before, "books")
  await before.sage.close()
  const child = startCaller({ connection: connectionOf(sandbox), ...file, callers: 1, rounds: 2 }, { stopAt })
  let told: unknown
  do told = await child.told()
  while (!isStop(told))
  const { clock, pass, passUntil } = waitingClock(Date.now() - (rotates === "process" ? 0 : longEnough))
  const app = open(clock)
  return {
    sandbox,
    child,
    app,
    stopsBefore: told.stopsBefore,
    /** what waits in the background looks at the row again */
    looksAgain: () => pass(2_000),
    /** time passes until the process is known to hang */
    untilStalled: () => passUntil(() => app.events.soFar.some(({ type }) => type === "renewal-stalled")),
    /** a call that waits for the process to its deadline, in milliseconds */
    waitFor: async (deadline: number): Promise<SageAuthError> => {
      let ended = false
      const error = begun(errorOf(call(app, "books", { deadline })).finally(() => (ended = true)))
      await passUntil(() => ended)
      return error
    }
  }
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

describe("a process that is stopped in the middle of a rotation (SIGSTOP)", () => {
  it("holds nobody up before it has the lease", async () => {
    const { app, child, sandbox } = await openHung(1)
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.deepStrictEqual(await stallsOf(app), [])
    assert.deepInclude(await goOn(child), { served: 2 })
    assert.strictEqual(refreshes(sandbox), 1)
  })

  for (const [stopAt, step] of [
    [2, "send"],
    [3, "answer"],
    [4, "write"]
  ] as const) {
    it(`is named to those who wait, and not overtaken, before its "${step}"`, async () => {
      const { app, child, looksAgain, sandbox, stopsBefore, waitFor } = await openHung(stopAt)
      assert.strictEqual(stopsBefore, step)
      const books = app.sage.client("books")
      const error = await waitFor(longEnough)
      assert.strictEqual(error.id, "client.lease-held")
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      for (const text of [error.message, error.remedy]) {
        assert.include(text, `process ${child.process.pid} on host ${host}`)
      }
      assert.match(error.message, /at least \d+ s/)
      await waitFor(500)
      const [stall, ...more] = await stallsOf(app)
      assert.deepStrictEqual(more, [])
      assert.deepInclude(stall, { host, processId: child.process.pid, overtaken: false })
      const status = await books.status()
      assert.strictEqual(status.state, "stalled")
      assert.deepInclude(status.holder, { host, processId: child.process.pid })
      assert.deepInclude(await goOn(child), { served: 2 })
      await looksAgain()
      assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
      assert.strictEqual((await books.status()).state, "connected")
      assert.strictEqual(refreshes(sandbox), 1)
    })
  }

  it("is replaced at once when it is ended", async () => {
    const { app, child, looksAgain, waitFor } = await openHung(2)
    assert.strictEqual((await waitFor(longEnough)).id, "client.lease-held")
    child.process.kill("SIGKILL")
    await child.ended
    await looksAgain()
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.deepStrictEqual(
      (await app.events.seen()).map(({ type }) => type).filter((type) => type !== "credential-renewed"),
      ["renewal-stalled", "rotation-in-doubt", "rotation-done"]
    )
  })
})
