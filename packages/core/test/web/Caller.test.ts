import { assert, describe, it } from "vitest"
import { isSageAuthError } from "../../src/errors/SageAuthError.ts"
import { callerOf, orAborted, type ResolvedTenant, tenantOf } from "../../src/web/Caller.ts"

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error
  )

describe("a caller", () => {
  it("is the default tenant where there is no resolver", async () => {
    assert.strictEqual(await tenantOf(callerOf(undefined)), "default")
  })

  it.each([
    ["plain", () => "acme"],
    ["async", () => Promise.resolve("acme")]
  ])("asks a resolver once, and not before its tenant is needed: %s", async (_, give) => {
    let asked = 0
    const caller = callerOf(() => {
      asked++
      return give()
    })
    assert.strictEqual(asked, 0)
    assert.deepStrictEqual(await Promise.all([tenantOf(caller), tenantOf(caller)]), ["acme", "acme"])
    assert.strictEqual(caller.tenant(), "acme")
    assert.strictEqual(asked, 1)
  })

  it.each([
    ["undefined", () => undefined],
    ["a promise of undefined", () => Promise.resolve(undefined)],
    ["null, from JavaScript", () => null as unknown as undefined],
    ["an empty text", () => ""],
    ["a blank text", () => " \n"],
    ["a promise of a blank text", () => Promise.resolve("\u00a0")]
  ])("is refused where the resolver gives %s", async (_, resolve: () => ResolvedTenant) => {
    const caller = callerOf(resolve)
    for (const error of [await rejection(tenantOf(caller)), await rejection(tenantOf(caller))]) {
      assert.isTrue(isSageAuthError(error) && error.id === "client.tenant-refused")
    }
  })

  it("is no number, from JavaScript: two kinds of names would be two tenants", async () => {
    const error = await rejection(tenantOf(callerOf(() => 7 as unknown as string)))
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured")
  })

  it("passes on what a resolver throws or rejects with", async () => {
    const broken = new Error("the session store is away")
    const thrown = callerOf(() => {
      throw broken
    })
    assert.strictEqual(await rejection(tenantOf(thrown)), broken)
    assert.strictEqual(await rejection(tenantOf(callerOf(() => Promise.reject(broken)))), broken)
  })

  it("that went away does not wait for its tenant", async () => {
    const gone = new AbortController()
    const waiting = tenantOf(
      callerOf(
        () => new Promise<string>(() => {}),
        () => gone.signal
      )
    )
    gone.abort("left")
    assert.strictEqual(await rejection(waiting), "left")
  })
})

describe("a wait that can be given up", () => {
  it("listens to the signal no longer than it waits", async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      return add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      return remove(...given)
    }
    assert.strictEqual(await orAborted(Promise.resolve(1), signal), 1)
    assert.strictEqual(await rejection(orAborted(Promise.reject(new Error("no")), signal)).then(String), "Error: no")
    await Promise.resolve()
    assert.strictEqual(listeners, 0)
  })

  it("is over at once where the signal was aborted before", async () => {
    assert.strictEqual(await rejection(orAborted(new Promise(() => {}), AbortSignal.abort("left"))), "left")
  })
})
