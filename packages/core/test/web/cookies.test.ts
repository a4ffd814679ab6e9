import { maxHeaderSize } from "node:http"
import { assert, describe, it } from "vitest"
import * as Result from "../../src/config/Result.ts"
import { findTransaction, keepTransaction as keep } from "../../src/web/cookies.ts"

const keepTransaction = (...input: Parameters<typeof keep>): ReadonlyArray<string> | undefined => {
  const kept = keep(...input)
  return Result.isSuccess(kept) ? kept.success : undefined
}

const scope = { path: "/sage", secure: false }

/** A browser that keeps cookies in the order in which they came, and takes out those that have ended. */
const browser = () => {
  const cookies = new Map<string, string>()
  return {
    cookies,
    get header(): string {
      return Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ")
    },
    take: (written: ReadonlyArray<string> | undefined) => {
      for (const each of written ?? assert.fail("it is too long for a browser")) {
        const [pair = "", ...attributes] = each.split("; ")
        const at = pair.indexOf("=")
        cookies.delete(pair.slice(0, at))
        if (!attributes.includes("Max-Age=0")) cookies.set(pair.slice(0, at), pair.slice(at + 1))
      }
    }
  }
}

const kept = (state: string, cookie = "sealed", more = scope, header?: string): string =>
  keepTransaction(header, state, cookie, more)?.at(-1) ?? assert.fail("it is too long for a browser")

describe("the cookie of a transaction", () => {
  it("is out of reach of scripts and other sites, bound to the routes of consent, and lives as long as the transaction", () => {
    const [pair, ...attributes] = kept("state").split("; ")
    assert.match(pair ?? "", /^sage-auth-1-[\w-]{16}=sealed$/)
    assert.deepStrictEqual(attributes, ["Path=/sage", "Max-Age=600", "HttpOnly", "SameSite=Lax"])
  })

  it("is Secure behind TLS, under a name that browsers hold to that", () => {
    const written = kept("state", "sealed", { ...scope, secure: true })
    assert.match(written, /^__Secure-sage-auth-/)
    assert.match(written, /; Secure$/)
  })

  it("does not end its path at a semicolon", () => {
    assert.include(kept("state", "sealed", { ...scope, path: "/a/b;Domain=evil.example" }), "Path=/a;")
    assert.include(kept("state", "sealed", { ...scope, path: "/;x" }), "Path=/;")
  })

  it("is found by the state of the callback among those of other tabs and of the application", () => {
    const tabs = browser()
    for (const state of ["other", "mine", "third"]) {
      tabs.take(keepTransaction(tabs.header, state, `sealed-${state}`, scope))
    }
    const found = findTransaction(`session=1; ${tabs.header}`, "mine", scope)
    assert.strictEqual(found.cookie, "sealed-mine")
    assert.strictEqual(found.cleared.length, 1)
    assert.match(found.cleared[0] ?? "", /^sage-auth-2-.*=; Path=\/sage; Max-Age=0; HttpOnly; SameSite=Lax$/)
    tabs.take(found.cleared)
    assert.deepStrictEqual([...tabs.cookies.values()], ["sealed-other", "sealed-third"])
  })

  it("is not the one of another state, nor one of the application", () => {
    const [other = ""] = kept("other").split(";", 1)
    const nothing = { cookie: undefined, cleared: [] }
    assert.deepStrictEqual(findTransaction(other, "mine", scope), nothing)
    for (const header of ["session=1", undefined, "sage-auth-1=x", "sage-auth-x-0123456789abcdef=x", "sage-auth"]) {
      assert.deepStrictEqual(findTransaction(header, undefined, scope), nothing)
    }
  })

  it("is the newest one where an error brings no state, and stays where it is", () => {
    const tabs = browser()
    for (const state of ["one", "two"]) tabs.take(keepTransaction(tabs.header, state, state, scope))
    assert.deepStrictEqual(findTransaction(tabs.header, undefined, scope), { cookie: "two", cleared: [] })
  })
})

describe("consents that are begun and never ended", () => {
  it.each([
    ["small", 700],
    ["large", 2_800]
  ])("never fill a header: %s ones", (_, length) => {
    const tabs = browser()
    for (let start = 0; start < 200; start++) {
      tabs.take(keepTransaction(tabs.header, `state ${start}`, String(start).padEnd(length, "x"), scope))
      assert.isAtMost(tabs.cookies.size, 5)
      assert.isBelow(tabs.header.length, 6 * 1024)
      // the newest is there, and those before it, without a gap
      const kept = [...tabs.cookies.values()].map((value) => Number.parseInt(value, 10))
      assert.deepStrictEqual(
        kept,
        Array.from({ length: kept.length }, (_, index) => start - kept.length + 1 + index)
      )
    }
  })

  it("leave the oldest ones first, in whatever order a browser sends them", () => {
    const tabs = browser()
    for (let start = 0; start < 5; start++) tabs.take(keepTransaction(tabs.header, `state ${start}`, "x", scope))
    const names = [...tabs.cookies.keys()]
    const shuffled = [3, 0, 4, 2, 1].map((index) => `${names[index]}=x`).join("; ")
    const [dropped, added, ...more] = keepTransaction(shuffled, "another", "x", scope) ?? []
    assert.strictEqual(dropped?.split("=", 1)[0], names[0])
    assert.match(added ?? "", /^sage-auth-6-/)
    assert.deepStrictEqual(more, [])
  })

  it("make room for what the application itself keeps in the browser", () => {
    const tabs = browser()
    for (let start = 0; start < 4; start++) tabs.take(keepTransaction(tabs.header, `s${start}`, "x".repeat(900), scope))
    const session = `session=${"s".repeat(5_000)}; `
    tabs.take(keepTransaction(session + tabs.header, "another", "x".repeat(900), scope))
    assert.isAtMost(`${session}${tabs.header}`.length, 7 * 1024)
    assert.strictEqual(findTransaction(tabs.header, "another", scope).cookie?.length, 900)
  })

  it("are kept all the same where the application leaves no room", () => {
    const written = keepTransaction(`session=${"s".repeat(9_000)}`, "state", "sealed", scope)
    assert.strictEqual(written?.length, 1)
  })

  it("are refused where a browser would not keep them", () => {
    const { failure } = keep(undefined, "state", "x".repeat(4_050), scope) as Result.Failure<{
      readonly option: string
    }>
    assert.strictEqual(failure.option, "tenant, returnTo")
  })

  it("are refused where the application's own cookies leave no room for a callback in what the server reads", () => {
    const most = maxHeaderSize - 2 * 1024
    for (const [bytes, is] of [
      [most - 1_100, true],
      [most - 1_000, false],
      [most + 1_000, false]
    ] as const) {
      const written = keep(`session=${"s".repeat(bytes)}`, "state", "x".repeat(1_000), scope)
      assert.strictEqual(Result.isSuccess(written), is, String(bytes))
      if (Result.isFailure(written)) assert.strictEqual(written.failure.option, "cookies of the application")
    }
  })

  it("count as ours only if they are, whatever else a header holds", () => {
    const foreign = `sage-auth-9999999999-0123456789abcdef=x; sage-auth-1-short=x; ${";".repeat(500)}`
    assert.strictEqual(keepTransaction(foreign, "state", "sealed", scope)?.length, 1)
  })
})
