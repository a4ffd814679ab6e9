import { Redacted } from "effect"
import { assert, describe, it } from "vitest"
import * as Result from "../../../src/config/Result.ts"
import { checkPinned } from "../../../src/x3/gateway/RootDocuments.ts"

const pinned = { hosts: new Set(["api.myregion-sagex3.com", "api.other-sagex3.com"]), plainHttp: false }

const check = (address: string): string => Result.getOrElse(checkPinned(address, pinned), (failure) => failure)

describe("an address that came from outside", () => {
  it.each([
    ["https://api.myregion-sagex3.com/v1", "https://api.myregion-sagex3.com/v1"],
    ["https://api.other-sagex3.com/v1/", "https://api.other-sagex3.com/v1"],
    ["https://API.other-sagex3.com:443/v1", "https://api.other-sagex3.com/v1"],
    ["https://api.other-sagex3.com./v1", "https://api.other-sagex3.com./v1"]
  ])("on a host that is pinned is taken: %s", (address, expected) => {
    assert.strictEqual(check(address), expected)
  })

  it.each([
    "https://api.evil-sagex3.com/v1",
    "https://evil.api.myregion-sagex3.com/v1",
    "https://api.myregion-sagex3.com.evil.example/v1",
    "https://acme.sagex3.com/v1",
    "https://api.myregion-sagex3.com:8443/v1"
  ])("on another host is refused, with what to do: %s", (address) => {
    assert.match(check(address), /another host \([\w.-]+\) than rootUrl.*regions/)
  })

  it("on another host is shown without what is secret, and no longer than can be read", () => {
    const secret = "S3cret-of-The-Gateway"
    const shown = (host: string) =>
      Result.getOrElse(checkPinned(`https://${host}/v1`, pinned, [secret]), (failure) => failure)
    for (const host of [
      `${secret}.example`,
      `a.${secret.slice(0, 16)}.example`,
      `${Buffer.from(secret).toString("hex")}.example`,
      `api.${secret.toUpperCase()}.${"long.".repeat(30)}example`
    ]) {
      const said = shown(host)
      assert.match(said, /another host.*than rootUrl/)
      assert.notInclude(said.toLowerCase(), "s3cret")
      assert.notInclude(said.toLowerCase(), Buffer.from(secret).toString("hex").slice(0, 16))
    }
    assert.include(shown(`a.${secret}.example`), "(a.[masked].example)")
    assert.isBelow(shown(`${"long.".repeat(40)}example`).length, 250)
  })

  it("on another host is shown without the client's own secret", () => {
    const own = { ...pinned, clientSecret: Redacted.make("own-s3cret-of-it") }
    assert.match(
      Result.getOrElse(checkPinned("https://own-s3cret-of-it.example/v1", own), (failure) => failure),
      /\(\[masked\]\.example\)/
    )
  })

  it("on another host with a part as long as a token's is not shown whole", () => {
    assert.notInclude(check("https://eyjhbgcioijiuzi1niising-5ccixkgfqtu3cqhvysz2rpw-x9k7d0e3.example/v1"), "5ccixkgf")
    assert.include(check("https://api.evil-sagex3.com/v1"), "(api.evil-sagex3.com)")
    assert.include(
      check("https://x3-gateway-production-emea-1.customer.example/v1"),
      "(x3-gateway-production-emea-1.customer"
    )
  })

  it.each([
    ["http://api.myregion-sagex3.com/v1", "is not https"],
    ["https://api.myregion-sagex3.com/v1?x=1", "has a query or a fragment"],
    ["https://user:pw@api.myregion-sagex3.com/v1", "is not a URL that can be used"],
    ["https://api.myregion-sagex3.com\\@evil.example/v1", "is not a URL that can be used"],
    ["javascript:alert(1)", "is not a URL that can be used"],
    ["", "is not a URL that can be used"]
  ])("in an odd form is refused: %s", (address, expected) => {
    assert.strictEqual(check(address), expected)
  })
})
