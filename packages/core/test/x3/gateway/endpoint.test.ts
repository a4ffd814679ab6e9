import { assert, describe, it } from "vitest"
import { checkPinned } from "../../../src/x3/gateway/endpoint.ts"
import * as Result from "../../../src/config/Result.ts"

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
