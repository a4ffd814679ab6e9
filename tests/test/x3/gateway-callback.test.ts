import { generateKey } from "@sage-auth/core"
import { type PairingCallback, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { call, endOf, openApp, tokenRequests } from "../../src/grants/world.ts"
import { begun } from "../../src/settle.ts"
import { openSandbox } from "../../src/world.ts"
import { ask, pause, take } from "../../src/x3/gatewayWorld.ts"
import { openSharedStore, openSteppedApp, type SharedStore, type StopsAt } from "../../src/x3/steppedApp.ts"

const early = { callbackOrder: "before-acceptance", codeLife: "30 days" } as const

/** the steps from a callback to its grant that change something: fewer would be a test of nothing */
const fewest = 9

/** a pairing whose callback is there, and a store that processes share */
const openPairing = async (server?: typeof early) => {
  const sandbox = await openSandbox({ x3: { gateway: server } })
  const shared = await openSharedStore()
  const open = (stops?: StopsAt) => openSteppedApp(sandbox, shared, stops)
  const callback = await ask(open(), { decide: server === undefined })
  const exchanges = () => tokenRequests(sandbox, "x3-gateway", "authorization_code").length
  return { sandbox, shared, open, callback, exchanges }
}

const withCode = (callback: PairingCallback, authorizationCode: string): PairingCallback => {
  const body = new URLSearchParams(callback.body)
  body.set("authorizationCode", authorizationCode)
  return { ...callback, body: body.toString() }
}

/** what a process does with a callback until it comes to where it stops; undefined: it came to its end before */
const until = async (
  { callback, open }: Awaited<ReturnType<typeof openPairing>>,
  stops: StopsAt
): Promise<{ readonly app: ReturnType<typeof openSteppedApp>; readonly taking: Promise<string> } | undefined> => {
  const app = open(stops)
  app.arm()
  const taking = begun(endOf(take(app, callback)))
  const stopped = await Promise.race([app.stopped.then(() => true), taking.then(() => false)])
  return stopped ? { app, taking } : undefined
}

/** does something for a process that stops at its first step, then at its second, until one comes to its end */
const atEachStep = async (
  open: () => ReturnType<typeof openPairing>,
  stops: (step: number) => StopsAt,
  then: (
    pairing: Awaited<ReturnType<typeof openPairing>>,
    stopped: NonNullable<Awaited<ReturnType<typeof until>>>,
    where: string
  ) => Promise<void>
) => {
  for (let step = 1; ; step++) {
    const pairing = await open()
    const stopped = await until(pairing, stops(step))
    if (stopped === undefined) {
      assert.isAtLeast(step, fewest)
      return
    }
    await then(pairing, stopped, `step ${step}, after ${stopped.app.steps.join(", ")}`)
  }
}

const keptIn = ({ store }: SharedStore) =>
  Effect.runPromise(store.grants.read({ surface: "x3-gateway", connection: "gateway", tenant: "default" }))

/** whether the code of a callback is kept: a row that only holds its place does not count */
const isKept = async (shared: SharedStore): Promise<boolean> =>
  ((await keptIn(shared))?.state ?? "disconnected") !== "disconnected"

describe("a process that is killed at any step of a posted callback", () => {
  it("leaves a pairing that the same callback completes, or that the next use does", async () => {
    await atEachStep(
      () => openPairing(),
      (dies) => ({ dies }),
      async ({ callback, exchanges, open, shared }, { app }, where) => {
        const next = open()
        const client = next.sage.client("gateway")
        const { state } = await client.status()
        const sent = app.steps.includes("send")
        const kept = await isKept(shared)
        if (sent && state === "pairing") {
          // its answer died with it, and the gateway takes a code once
          assert.strictEqual(await endOf(client.fetch("folders")), "Revoked", where)
          return
        }
        const used = await endOf(client.fetch("folders"))
        if (kept) assert.strictEqual(used, "HTTP 200", where)
        else {
          // its callback may come again
          assert.strictEqual(used, "x3-gateway.pairing-pending", where)
          assert.strictEqual((await client.status()).state, "pairing", where)
        }
        const again = await endOf(take(next, callback))
        assert.strictEqual(again, app.steps.includes("takeOnce") ? "client.callback-rejected" : "done", where)
        assert.strictEqual(await endOf(client.fetch("folders")), "HTTP 200", where)
        assert.strictEqual(await endOf(take(next, callback)), "client.callback-rejected", where)
        assert.strictEqual(exchanges(), 1, where)
        assert.strictEqual((await keptIn(shared))?.lease, undefined, where)
      }
    )
  })

  it("leaves a pairing that waits for its acceptance, and outlives the death", async () => {
    await atEachStep(
      () => openPairing(early),
      (dies) => ({ dies }),
      async ({ callback, open, sandbox, shared }, _, where) => {
        const next = open()
        const client = next.sage.client("gateway")
        if (!(await isKept(shared))) {
          assert.strictEqual(await endOf(take(next, callback)), "done", where)
        }
        assert.strictEqual((await client.status()).state, "pairing", where)
        await sandbox.x3.acceptPairing()
        await sandbox.clock.advance(pause)
        assert.strictEqual(await endOf(client.fetch("folders")), "HTTP 200", where)
      }
    )
  })

  it("leaves nothing that a disconnection does not end", async () => {
    await atEachStep(
      () => openPairing(early),
      (dies) => ({ dies }),
      async ({ callback, open, sandbox, shared }, _, where) => {
        const next = open()
        const client = next.sage.client("gateway")
        const kept = await isKept(shared)
        await client.disconnect()
        assert.strictEqual((await client.status()).state, "disconnected", where)
        assert.strictEqual(await endOf(take(next, callback)), "client.callback-rejected", where)
        await sandbox.x3.acceptPairing()
        await sandbox.clock.advance(pause)
        if (!kept) return
        assert.strictEqual(await endOf(client.fetch("folders")), "NeverAuthorized", where)
        assert.strictEqual(await keptIn(shared), undefined, where)
      }
    )
  })

  it("keeps the first code, whatever code the same state comes back with", async () => {
    await atEachStep(
      () => openPairing(),
      (dies) => ({ dies }),
      async ({ callback, open, shared }, { app }, where) => {
        const next = open()
        const client = next.sage.client("gateway")
        const kept = await isKept(shared)
        // what is sent already is the subject of another test
        if (!kept || app.steps.includes("send")) return
        const taken = app.steps.includes("takeOnce")
        const other = await endOf(take(next, withCode(callback, "another code")))
        assert.strictEqual(other, taken ? "client.callback-rejected" : "done", where)
        assert.strictEqual(await endOf(client.fetch("folders")), "HTTP 200", where)
      }
    )
  })
})

describe("the same posted callback at two processes", () => {
  it("is exchanged once, wherever the slower one is when the other one takes it", async () => {
    await atEachStep(
      () => openPairing(),
      (pauses) => ({ pauses }),
      async ({ callback, exchanges, open }, { app, taking }, where) => {
        const other = open()
        const faster = await endOf(take(other, callback))
        app.resume()
        const ends = [faster, await taking]
        assert.deepStrictEqual(ends.toSorted(), ["client.callback-rejected", "done"], where)
        assert.strictEqual(exchanges(), 1, where)
        for (const each of [app, other]) {
          assert.strictEqual(await endOf(each.sage.client("gateway").fetch("folders")), "HTTP 200", where)
        }
        assert.strictEqual(await endOf(take(other, callback)), "client.callback-rejected", where)
      }
    )
  })

  it("does not bring back what was disconnected meanwhile", async () => {
    await atEachStep(
      () => openPairing(early),
      (pauses) => ({ pauses }),
      async ({ callback, open, sandbox, shared }, { app, taking }, where) => {
        const other = open()
        const client = other.sage.client("gateway")
        const took = await endOf(take(other, callback))
        await client.disconnect()
        app.resume()
        const late = await taking
        if (took === "done") assert.strictEqual(late, "client.callback-rejected", where)
        await sandbox.x3.acceptPairing()
        await sandbox.clock.advance(pause)
        assert.strictEqual(await endOf(client.fetch("folders")), "NeverAuthorized", where)
        assert.strictEqual(await keptIn(shared), undefined, where)
      }
    )
  })

  it("is ended by a disconnection once its code is kept, whatever is left to do", async () => {
    await atEachStep(
      () => openPairing(),
      (pauses) => ({ pauses }),
      async ({ open, shared }, { app, taking }, where) => {
        const client = open().sage.client("gateway")
        const before = (await client.status()).state
        await client.disconnect()
        app.resume()
        const ended = await taking
        if (before === "disconnected") {
          // the consent came after it
          assert.strictEqual(ended, "done", where)
          assert.strictEqual((await client.status()).state, "connected", where)
          return
        }
        assert.strictEqual(ended, before === "pairing" ? "client.callback-rejected" : "done", where)
        assert.strictEqual(await endOf(client.fetch("folders")), "NeverAuthorized", where)
        assert.strictEqual(await keptIn(shared), undefined, where)
      }
    )
  })

  it("does not take the place of a newer pairing", async () => {
    await atEachStep(
      () => openPairing(early),
      (pauses) => ({ pauses }),
      async ({ callback, open, sandbox }, { app, taking }, where) => {
        const other = open()
        const client = other.sage.client("gateway")
        await endOf(take(other, callback))
        const newer = begun(endOf(take(other, await ask(other, { decide: false }))))
        // whoever has the lease is waited for
        if (!app.steps.includes("send")) await newer
        app.resume()
        assert.strictEqual(await newer, "done", where)
        await taking
        await sandbox.x3.acceptPairing()
        await sandbox.clock.advance(pause)
        assert.strictEqual(await endOf(client.fetch("folders")), "HTTP 200", where)
      }
    )
  })
})

describe("a process of its own that is killed at any write of a posted callback", () => {
  it("leaves a pairing that needs no second one", async () => {
    const deaths: Array<ReadonlyArray<string>> = []
    for (let killAt = 1; ; killAt++) {
      const sandbox = await startSandbox()
      onTestFinished(() => sandbox.stop())
      const file = { path: temporaryStore(), key: generateKey() }
      const app = openApp(sandbox, { store: `sqlite:${file.path}`, keys: [file.key] })
      const { url } = await app.sage.client("gateway").authorize({ returnTo: "/" })
      const { body = "", url: redirected } = await sandbox.x3.pairingCallback(url)
      const callback = { url: redirected, body }
      const task = { connection: connectionOf(sandbox, "gateway"), ...file, callers: 1, callback }
      const child = startCaller(task, { killAt })
      const steps = (await child.toldInAll()).flatMap((line) => (line as { readonly step?: string }).step ?? [])
      const { code, problems, signal } = await child.ended
      if (code === 0) {
        assert.strictEqual(await endOf(call(app, "gateway")), "HTTP 200")
        break
      }
      assert.strictEqual(signal, "SIGKILL", problems)
      deaths.push(steps)
      const again = await endOf(app.sage.completeAuthorization(callback))
      const used = await endOf(call(app, "gateway"))
      const where = `killed after ${steps.join(", ")}: the same callback came to ${again}`
      if (steps.includes("send") && steps.at(-1) !== "write") assert.strictEqual(used, "Revoked", where)
      else assert.strictEqual(used, "HTTP 200", where)
    }
    assert.isAtLeast(deaths.length, 6)
  })
})
