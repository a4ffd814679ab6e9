import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { generateKey } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { begin, consent, openWorld, pathOf, until, type WebAdapter } from "./world.ts"

/** two processes, and a browser whose callback either of them may take */
const beginTwo = async (adapter: WebAdapter) => {
  const directory = await mkdtemp(join(tmpdir(), "sage-auth-reload-"))
  onTestFinished(() => rm(directory, { recursive: true }))
  const shared = { store: `sqlite:${join(directory, "grants.db")}`, keys: [generateKey()] } as const
  const first = await openWorld(adapter, { settings: shared })
  const { clock } = first.sandbox
  const connections = () => first.sandbox.connections({ redirectUri: `${first.origin}/sage/callback` })
  const second = await openWorld(adapter, { settings: { ...shared, clock }, connections })
  const callback = await begin(first, first.browser, "/sage/connect/books?returnTo=/settings")
  second.browser.steal(first.browser)
  /** where the second process sends the browser to */
  const reload = async (address = callback) => {
    const { headers, status } = await second.browser.open(pathOf(address))
    return [status, headers["location"]]
  }
  return { callback, first, second, reload }
}

/** the same after the first one has taken it */
const openTwo = async (adapter: WebAdapter) => {
  const both = await beginTwo(adapter)
  const taken = await both.first.browser.open(both.callback)
  assert.deepStrictEqual([taken.status, taken.headers["location"]], [303, "/settings"])
  return both
}

export const reloadsSuite = (adapter: WebAdapter): void => {
  describe(`a callback with ${adapter.name}`, () => {
    it("that is reloaded while the code is on its way comes to the same end", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      for (const [fault, end] of [
        [{ kind: "slow-answer", delay: "5 seconds" }, "/settings"],
        [
          { kind: "slow-answer", delay: "5 seconds", status: 400 },
          "/settings?sage_error=business-cloud.token-request-invalid"
        ]
      ] as const) {
        const before = sandbox.requests({ step: "token" }).length
        const callback = await begin(world, browser, "/sage/connect/books?returnTo=/settings")
        const cookies = [...browser.cookies]
        sandbox.fault("business-cloud", { on: "token", ...fault })
        const first = browser.open(callback)
        await until("the code is sent", () => sandbox.requests({ step: "token" }).length === before + 1)
        const reloaded = browser.open(callback)
        const elsewhere = await world.newBrowser().open(callback)
        const without = [303, "/settings?sage_error=client.callback-rejected"]
        assert.deepStrictEqual(
          [elsewhere.status, elsewhere.headers["location"]],
          without,
          "it needs the cookie as ever"
        )
        assert.deepStrictEqual([...browser.cookies], cookies)
        await sandbox.clock.advance("5 seconds")
        for (const answer of [await first, await reloaded]) {
          assert.deepStrictEqual([answer.status, answer.headers["location"]], [303, end])
        }
        assert.strictEqual(sandbox.requests({ step: "token" }).length, before + 1)
        assert.deepStrictEqual(browser.cookies, [])
      }
    })

    describe("that is reloaded at another process with the same store", () => {
      it("shows what is: it is connected", async () => {
        const { first, reload, second } = await openTwo(adapter)
        assert.deepStrictEqual(await reload(), [303, "/settings"])
        assert.deepStrictEqual(second.browser.cookies, [])
        assert.strictEqual(first.sandbox.requests({ step: "token" }).length, 1)
        assert.strictEqual((await second.sage.client("books").status()).state, "connected")
      })

      it.each([
        ["and then shows what is", {}, [303, "/settings"]],
        [
          "and says that it is over where it was refused",
          { status: 400 },
          [303, "/settings?sage_error=client.callback-rejected"]
        ]
      ] as const)("waits where the code is still on its way, %s", async (_name, answer, end) => {
        const { callback, first, reload } = await beginTwo(adapter)
        const { clock } = first.sandbox
        first.sandbox.fault("business-cloud", { on: "token", kind: "slow-answer", delay: "5 seconds", ...answer })
        const taken = first.browser.open(callback)
        await until("the code is sent", () => first.sandbox.requests({ step: "token" }).length === 1)
        let over = false
        const reloaded = reload().finally(() => {
          over = true
        })
        const other = new URL(callback)
        other.searchParams.set("code", "another")
        assert.strictEqual((await reload(other.href))[1], "/settings?sage_error=client.callback-rejected")
        await clock.advance("4 seconds")
        assert.isFalse(over)
        await clock.advance("1 second")
        await taken
        await until("the second one has looked again", async () => {
          await clock.advance("1 second")
          return over
        })
        assert.deepStrictEqual(await reloaded, [...end])
        assert.strictEqual(first.sandbox.requests({ step: "token" }).length, 1)
      })

      it("does so after the grant was rotated", async () => {
        const { first, reload } = await openTwo(adapter)
        await first.sage.client("books").refresh()
        assert.deepStrictEqual(await reload(), [303, "/settings"])
      })

      const over = [303, "/settings?sage_error=client.callback-rejected"]

      it("believes no code but the one that was exchanged", async () => {
        const { callback, first, reload } = await openTwo(adapter)
        const other = new URL(callback)
        other.searchParams.set("code", "another")
        assert.deepStrictEqual(await reload(other.href), over)
        assert.strictEqual(first.sandbox.requests({ step: "token" }).length, 1)
      })

      it("says that it is over once the tenant was disconnected, or has consented anew", async () => {
        const disconnected = await openTwo(adapter)
        await disconnected.first.sage.client("books").disconnect()
        assert.deepStrictEqual(await disconnected.reload(), over)
        assert.strictEqual((await disconnected.second.sage.client("books").status()).state, "disconnected")
        const anew = await openTwo(adapter)
        await consent(anew.first, anew.first.browser, "/sage/connect/books?returnTo=/settings")
        assert.deepStrictEqual(await anew.reload(), over)
      })
    })
  })
}
