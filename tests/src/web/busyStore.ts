import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { generateKey } from "@sage-auth/core"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { begin, openWorld, until, type WebAdapter } from "./world.ts"

/** an application whose callback has its answer while another process, such as a backup, holds the file */
const openBusy = async (adapter: WebAdapter, address: string) => {
  const directory = await mkdtemp(join(tmpdir(), "sage-auth-busy-"))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, "grants.db")
  const shared = { store: `sqlite:${path}`, keys: [generateKey()] } as const
  const world = await openWorld(adapter, { settings: shared })
  const { browser, sandbox } = world
  const callback = await begin(world, browser, address)
  const second = world.newBrowser()
  second.steal(browser)
  sandbox.fault("business-cloud", { on: "token", kind: "slow-answer", delay: "5 seconds" })
  let answered = false
  const opening = browser.open(callback).finally(() => {
    answered = true
  })
  await until("the code is sent", () => sandbox.requests({ step: "token" }).length === 1)
  const other = new DatabaseSync(path)
  onTestFinished(() => {
    if (other.isOpen) other.close()
  })
  other.exec("begin immediate")
  // a lock is waited for in real time, which passes faster here
  vi.useFakeTimers({ toFake: ["Date"] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const hurry = (name: string, holds: () => boolean | Promise<boolean>) =>
    until(name, async () => {
      vi.setSystemTime(Date.now() + 100)
      await sandbox.clock.advance(100)
      return holds()
    })
  await hurry("the file was waited for", () => answered)
  const release = () => {
    other.exec("rollback")
    other.close()
  }
  /** where a browser is sent to whose first answer never arrived */
  const again = async () => {
    const { headers, status } = await second.open(callback)
    return [status, headers["location"]]
  }
  return { ...world, again, hurry, release, shared, shown: await opening }
}

export const busyStoreSuite = (adapter: WebAdapter): void => {
  describe(`a consent while the file of the store is busy, with ${adapter.name}`, () => {
    it("says that it is being stored, and is connected once the file is free", async () => {
      const { browser, hurry, release, shown } = await openBusy(adapter, "/sage/connect/books?returnTo=/settings")
      assert.deepStrictEqual(
        [shown.status, shown.headers["location"]],
        [303, "/settings?sage_error=client.consent-being-stored"]
      )
      assert.deepStrictEqual(browser.cookies, [])
      const stateShown = async () => {
        const { text } = await browser.fetch("/sage/connections")
        const { connections } = JSON.parse(text) as { connections: ReadonlyArray<{ name: string; state: string }> }
        return connections.find(({ name }) => name === "books")?.state
      }
      assert.strictEqual(await stateShown(), "storing")
      release()
      await hurry("the grant is stored", async () => (await stateShown()) === "connected")
      assert.strictEqual((await browser.open("/contacts")).status, 200)
    })

    it("says so again to a browser that loads its callback again", async () => {
      const { again, sandbox } = await openBusy(adapter, "/sage/connect/books?returnTo=/settings")
      assert.deepStrictEqual(await again(), [303, "/settings?sage_error=client.consent-being-stored"])
      assert.strictEqual(sandbox.requests({ step: "token" }).length, 1)
    })

    it("says it on a page where nobody named one to return to", async () => {
      const { shown } = await openBusy(adapter, "/sage/connect/books")
      assert.strictEqual(shown.status, 503)
      assert.include(shown.text, "The connection is being stored")
      assert.notInclude(shown.text, "/sage/connect/books", "there is no need to begin again")
    })

    it("revokes what came where the application ends before the file is free", async () => {
      const { hurry, release, sage, sandbox, shared } = await openBusy(
        adapter,
        "/sage/connect/books?returnTo=/settings"
      )
      let closed = false
      const closing = sage.close().finally(() => {
        closed = true
      })
      await hurry("the application ends", () => closed)
      await closing
      assert.strictEqual(sandbox.requests({ step: "revoke" }).length, 1)
      release()
      const next = await openWorld(adapter, {
        settings: { ...shared, clock: sandbox.clock },
        connections: () => sandbox.connections({ redirectUri: "https://app.example/sage/callback" })
      })
      assert.strictEqual((await next.sage.client("books").status()).state, "disconnected")
    })
  })
}
