import { assert, describe, it } from "vitest"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { call, consent, endOf, inFile, openApp, refreshes } from "../../src/grants/world.ts"
import { begun, settle, until } from "../../src/settle.ts"
import { openSandbox } from "../../src/world.ts"

/** a grant in a file whose token has ended, and an application with it whose rotation is under way */
const rotating = async (delay: string) => {
  const sandbox = await openSandbox({ businessCloud: { refreshReuse: "revoke-family" } })
  const file = inFile(temporaryStore())
  const open = () => openApp(sandbox, { ...file, clock: sandbox.clock })
  const app = open()
  await consent(app, "books")
  await sandbox.clock.advance("5 minutes")
  sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay })
  const waiting = begun(endOf(call(app, "books")))
  await until("the rotation was sent", () => refreshes(sandbox) === 1)
  return { sandbox, app, open, waiting }
}

describe("close() during a rotation", () => {
  it("serves who waits, refuses who comes, and ends when what was sent is answered and stored", async () => {
    const { app, open, sandbox, waiting } = await rotating("15 seconds")
    let closed = false
    const closing = begun(app.sage.close().then(() => (closed = true)))
    await settle()
    assert.strictEqual(await endOf(call(app, "books")), "client.closed")
    await sandbox.clock.advance("14 seconds")
    assert.isFalse(closed)
    await sandbox.clock.advance("1 second")
    await closing
    await waiting
    // the next application takes what was stored
    const next = open()
    assert.strictEqual((await next.sage.client("books").status()).state, "connected")
    assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
    assert.strictEqual(refreshes(sandbox), 1)
    assert.strictEqual((await next.events.of("rotation-in-doubt")).length, 0)
  })

  it("does not wait for ever: what was not answered is in doubt, and the next application says so", async () => {
    const { app, open, sandbox } = await rotating("1 hour")
    const closing = begun(app.sage.close())
    await settle()
    await sandbox.clock.advance("20 seconds")
    await closing
    const next = open()
    // the server had rotated, and a strict one takes the old token for stolen
    assert.strictEqual(await endOf(call(next, "books")), "RotationInDoubt")
    assert.strictEqual(refreshes(sandbox), 2)
    assert.strictEqual((await next.sage.client("books").status()).state, "reauthorization-required")
    await consent(next, "books")
    assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
  })

  it("loses nothing of a rotation that a forgiving server has carried out without being heard", async () => {
    const { app, open, sandbox } = await rotating("1 hour")
    sandbox.businessCloud.configure({ refreshReuse: "accepted" })
    const closing = begun(app.sage.close())
    await settle()
    await sandbox.clock.advance("20 seconds")
    await closing
    const next = open()
    assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
    assert.strictEqual((await next.events.of("rotation-in-doubt")).length, 1)
    assert.strictEqual((await next.sage.client("books").status()).state, "connected")
  })

  it("that was not sent gives the lease back: the next application rotates at once", async () => {
    const sandbox = await openSandbox()
    const file = inFile(temporaryStore())
    const open = () => openApp(sandbox, { ...file, clock: sandbox.clock })
    const app = open()
    await consent(app, "books")
    await sandbox.clock.advance("5 minutes")
    const waiting = begun(endOf(call(app, "books")))
    await app.sage.close()
    assert.include(["HTTP 200", "client.closed"], await waiting)
    assert.strictEqual(await endOf(call(open(), "books")), "HTTP 200")
    assert.strictEqual(refreshes(sandbox), 1)
  })

  it("by a signal of the caller changes nothing: the rotation goes on and is stored", async () => {
    const { app, open, sandbox, waiting } = await rotating("10 seconds")
    const leaving = new AbortController()
    const gone = begun(app.sage.client("books").fetch("contacts", { signal: leaving.signal }))
    leaving.abort(new Error("the user pressed stop"))
    assert.strictEqual(await gone.catch((reason: Error) => reason.message), "the user pressed stop")
    await sandbox.clock.advance("10 seconds")
    assert.strictEqual(await waiting, "HTTP 200")
    await app.sage.close()
    assert.strictEqual(await endOf(call(open(), "books")), "HTTP 200")
    assert.strictEqual(refreshes(sandbox), 1)
  })
})
