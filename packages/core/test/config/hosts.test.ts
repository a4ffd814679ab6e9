import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { checkSandboxUrl, checkUrl } from "../../src/config/hosts.ts"
import * as Result from "../../src/config/Result.ts"

const production = { environment: "production", suffixes: [".intacct.com"] } as const
const sandbox = {
  environment: "sandbox",
  suffixes: [".intacct.com"],
  allowed: ["http://127.0.0.1:4010/ia/xml/xmlgw.phtml"]
} as const

describe("checkUrl", () => {
  it.each([
    "https://api.intacct.com/ia/xml/xmlgw.phtml",
    "https://na12.intacct.com/ia/xml/xmlgw.phtml",
    "https://api.intacct.com./ia/xml/xmlgw.phtml",
    "https://API.Intacct.COM/ia/xml/xmlgw.phtml",
    "https://api.intacct.com:443/ia/xml/xmlgw.phtml",
    "https://a.b.intacct.com"
  ])("accepts %s in production", (url) => {
    assert.isTrue(Result.isSuccess(checkUrl(url, production)))
  })

  it.each([
    "http://api.intacct.com/ia/xml/xmlgw.phtml",
    "https://intacct.com/ia/xml/xmlgw.phtml",
    "https://intacct.com./",
    "https://notintacct.com/",
    "https://api.notintacct.com/",
    "https://api.intacct.com.evil.example/",
    "https://evil.example/.intacct.com",
    "https://evil.example#.intacct.com",
    "https://evil.example?.intacct.com",
    "https://api.intacct.com@evil.example/",
    "https://user@api.intacct.com/",
    "https://user:password@api.intacct.com/",
    "https://:password@api.intacct.com/",
    "https://api.intacct.com:8443/",
    "https://api.intacct.com:80/",
    "https://.intacct.com/",
    "https://..intacct.com/",
    "https://-.intacct.com/",
    "https://api.intacct.com../",
    "https://api.intacct.com\\@evil.example",
    "https:\\\\evil.example\\.intacct.com",
    "https://api.intacct\n.com/",
    " https://api.intacct.com/",
    "ftp://api.intacct.com/",
    "javascript:https://api.intacct.com",
    "//api.intacct.com/",
    "api.intacct.com",
    "http://127.0.0.1:4010/ia/xml/xmlgw.phtml",
    ""
  ])("refuses %j in production", (url) => {
    const checked = checkUrl(url, { ...production, allowed: sandbox.allowed })
    assert.deepStrictEqual(
      checked,
      Result.fail(
        'an https URL on a host that ends with ".intacct.com", without port, user name and password; for any other server set environment: "sandbox" and urls'
      )
    )
  })

  it.each([
    "http://127.0.0.1:4010/ia/xml/xmlgw.phtml",
    "http://127.0.0.1:4011/elsewhere",
    "https://127.0.0.1/",
    "https://api.intacct.com/"
  ])("accepts %s in the sandbox environment", (url) => {
    assert.isTrue(Result.isSuccess(checkUrl(url, sandbox)))
  })

  it.each(["http://localhost:4010/", "http://api.intacct.com/", "http://user@127.0.0.1:4010/", "ws://127.0.0.1:4010/"])(
    "refuses %s in the sandbox environment",
    (url) => {
      assert.deepStrictEqual(
        checkUrl(url, sandbox),
        Result.fail(
          'an https URL on a host that ends with ".intacct.com", without port, user name and password, or a URL on a host given in urls'
        )
      )
    }
  )

  it("takes a URL object as well", () => {
    assert.isTrue(Result.isSuccess(checkUrl(new URL("https://api.intacct.com/"), production)))
    assert.isTrue(Result.isFailure(checkUrl(new URL("https://api.intacct.com.evil.example/"), production)))
  })

  const label = Schema.String.check(Schema.isPattern(/^[a-z0-9]{1,12}$/))
  const glue = Schema.Literals([
    "",
    ".",
    "..",
    "-",
    "@",
    ":",
    "/",
    "?",
    "#",
    "\\",
    "%2e",
    "%00",
    "\t",
    "\u3002",
    "[",
    "]"
  ])

  it.prop(
    "what it accepts, the platform sends over https to a host below intacct.com and nowhere else",
    [label, glue, Schema.Literals(["intacct.com", "api.intacct.com", ".intacct.com", "evil.example"]), glue, label],
    ([before, left, host, right, after]) => {
      for (const url of [
        `https://${before}${left}${host}${right}${after}`,
        `https://${host}${right}${after}${left}intacct.com`
      ]) {
        const checked = checkUrl(url, production)
        if (Result.isFailure(checked)) continue
        const sent = new URL(new Request(url).url)
        assert.strictEqual(sent.href, checked.success.href)
        assert.strictEqual(sent.protocol, "https:")
        assert.match(sent.host, /^[a-z0-9_.-]*[a-z0-9_]\.intacct\.com\.?$/)
        assert.strictEqual(sent.username + sent.password, "")
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "a host that lacks the dot before intacct.com, or has more after it, is refused",
    [label, label],
    ([before, after]) => {
      for (const host of [`${before}intacct.com`, `api.intacct.com.${after}`, `api.intacct.com${after}`]) {
        assert.isTrue(Result.isFailure(checkUrl(`https://${host}/`, production)), host)
      }
    }
  )

  it.prop("an issue never repeats the URL", [Arbitrary.schema(label)], ([canary]) => {
    const secret = `canary-${canary}`
    for (const url of [`https://${secret}@api.intacct.com/`, `https://${secret}.example/`, secret]) {
      const checked = checkUrl(url, production)
      assert.isTrue(Result.isFailure(checked) && !checked.failure.includes(secret))
    }
  })
})

describe("checkSandboxUrl", () => {
  it.each(["http://127.0.0.1:4010/ia/xml/xmlgw.phtml", "https://gateway.test/", "http://[::1]:4010/"])(
    "accepts %s",
    (url) => {
      assert.isTrue(Result.isSuccess(checkSandboxUrl(url)))
    }
  )
  it.each(["ftp://127.0.0.1/", "127.0.0.1:4010", "http://user@127.0.0.1/", "http://127.0.0.1/ ", ""])(
    "refuses %j",
    (url) => {
      assert.deepStrictEqual(checkSandboxUrl(url), Result.fail("an http or https URL without user name and password"))
    }
  )
})
