import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { generateKey } from "@sage-auth/core"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Browser } from "./Browser.ts"
import { until } from "./settle.ts"
import { openWorld, platforms } from "./world.ts"

describe.each(platforms)("a consent while the file of the store is busy, on %s", (platform) => {
  /** an application whose callback has its answer while another process, such as a backup, holds the file */
  const openBusy = async (address: string) => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-busy-"))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const path = join(directory, "grants.db")
    const world = await openWorld({ platform, sage: { store: `sqlite:${path}`, keys: [generateKey()] } })
    const { sandbox } = world
    const browser = new Browser(world)
    const callback = await browser.begin(world, address)
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
    return { ...world, browser, hurry, release, shown: await opening }
  }

  it("says that it is being stored, and is connected once the file is free", async () => {
    const { browser, get, hurry, release, shown } = await openBusy("/sage/connect/books?returnTo=/settings")
    expect([shown.status, shown.headers.get("location")]).toEqual([
      303,
      "/settings?sage_error=client.consent-being-stored"
    ])
    expect(browser.cookies.size).toBe(0)
    const stateShown = async () => {
      const { connections } = (await (await get("/sage/connections")).json()) as {
        connections: ReadonlyArray<{ name: string; state: string }>
      }
      return connections.find(({ name }) => name === "books")?.state
    }
    expect(await stateShown()).toBe("storing")
    release()
    await hurry("the grant is stored", async () => (await stateShown()) === "connected")
  })

  it("says it on a page where nobody named one to return to", async () => {
    const { shown } = await openBusy("/sage/connect/books")
    expect(shown.status).toBe(503)
    const page = await shown.text()
    expect(page).toContain("The connection is being stored")
    expect(page).not.toContain("/sage/connect/books")
  })

  it("revokes what came where the application ends before the file is free", async () => {
    const { app, hurry, sandbox } = await openBusy("/sage/connect/books?returnTo=/settings")
    app.getHttpServer().closeAllConnections()
    let closed = false
    const closing = app.close().finally(() => {
      closed = true
    })
    await hurry("the application ends", () => closed)
    await closing
    expect(sandbox.requests({ step: "revoke" }).length).toBe(1)
  })
})
