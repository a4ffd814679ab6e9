import { assert, describe, it } from "vitest"
import { findTransaction, keepTransaction } from "../../src/web/cookies.ts"

const scope = { path: "/sage/callback/books", secure: false }

/** name and value, as a browser sends them back */
const pairOf = (setCookie: string): string => setCookie.split(";", 1)[0] ?? ""

describe("the cookie of a transaction", () => {
  it("is out of reach of scripts and other sites, bound to its callback, and lives as long as the transaction", () => {
    const [pair, ...attributes] = keepTransaction("state", "sealed", scope).split("; ")
    assert.match(pair ?? "", /^sage-auth-[\w-]{16}=sealed$/)
    assert.deepStrictEqual(attributes, ["Path=/sage/callback/books", "Max-Age=600", "HttpOnly", "SameSite=Lax"])
  })

  it("is Secure behind TLS, under a name that browsers hold to that", () => {
    const written = keepTransaction("state", "sealed", { ...scope, secure: true })
    assert.match(written, /^__Secure-sage-auth-/)
    assert.match(written, /; Secure$/)
  })

  it("does not end its path at a semicolon", () => {
    assert.include(keepTransaction("state", "sealed", { ...scope, path: "/a/b;Domain=evil.example" }), "Path=/a;")
    assert.include(keepTransaction("state", "sealed", { ...scope, path: "/;x" }), "Path=/;")
  })

  it("is found by the state of the callback among those of other tabs and of the application", () => {
    const mine = pairOf(keepTransaction("mine", "sealed-mine", scope))
    const other = pairOf(keepTransaction("other", "sealed-other", scope))
    const found = findTransaction(`session=1; ${other}; ${mine}`, "mine", scope)
    assert.strictEqual(found.cookie, "sealed-mine")
    assert.strictEqual(found.cleared.length, 1)
    assert.match(found.cleared[0] ?? "", /=; Path=\/sage\/callback\/books; Max-Age=0; HttpOnly; SameSite=Lax$/)
    assert.strictEqual(found.cleared[0]?.split("=", 1)[0], mine.split("=", 1)[0])
  })

  it("is not the one of another state, nor one of the application", () => {
    const other = pairOf(keepTransaction("other", "sealed", scope))
    assert.deepStrictEqual(findTransaction(other, "mine", scope), { cookie: undefined, cleared: [] })
    assert.deepStrictEqual(findTransaction("session=1", undefined, scope), { cookie: undefined, cleared: [] })
    assert.deepStrictEqual(findTransaction(undefined, undefined, scope), { cookie: undefined, cleared: [] })
  })

  it("is any of the callback's where an error brings no state", () => {
    const one = pairOf(keepTransaction("one", "sealed", scope))
    assert.strictEqual(findTransaction(one, undefined, scope).cookie, "sealed")
  })

  it("takes the oldest of abandoned ones with it, so that they do not fill a header", () => {
    const names = Array.from({ length: 9 }, (_, index) => pairOf(keepTransaction(`state ${index}`, "sealed", scope)))
    const { cleared } = findTransaction(names.join("; "), "state 8", scope)
    assert.deepStrictEqual(
      cleared.map((cookie) => cookie.split("=", 1)[0]),
      [names[8], names[0], names[1], names[2], names[3]].map((name) => name?.split("=", 1)[0])
    )
  })
})
