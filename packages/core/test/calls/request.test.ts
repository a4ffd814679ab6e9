import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { targetOf } from "../../src/calls/request.ts"
import * as Result from "../../src/config/Result.ts"

const base = "https://api.example/ia/api/v1"

/** what a URL takes as it is, and what it does not */
const asWritten = [
  "a",
  "objects",
  "a.b",
  "/",
  "?",
  "x=1",
  "$",
  "~",
  "-",
  "'",
  "(",
  ")",
  "+",
  "*",
  "!",
  ",",
  ";",
  "=",
  "&"
]
const changed = [
  ".",
  "..",
  "%2e",
  "%2E%2e",
  "%",
  "%41",
  "//",
  "\\",
  "#",
  ":",
  "@",
  '"',
  " ",
  "\t",
  "{",
  "^",
  "|",
  "`",
  "é"
]

const paths = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Schema.Literals([...asWritten, ...changed]))), (all) =>
  all.join("")
)

const target = (path: string, from = base): string => Result.getOrElse(targetOf(from, path), (failure) => failure)

describe("the address of a call", () => {
  it.each([
    ["objects/vendor", "https://api.example/ia/api/v1/objects/vendor"],
    ["/objects/vendor", "https://api.example/ia/api/v1/objects/vendor"],
    ["objects/vendor?size=1#part", "https://api.example/ia/api/v1/objects/vendor?size=1#part"],
    ["objects/../objects/vendor", "https://api.example/ia/api/v1/objects/vendor"],
    ["objects/a%2Fb", "https://api.example/ia/api/v1/objects/a%2Fb"],
    ["?page=2", "https://api.example/ia/api/v1/?page=2"],
    ["", "https://api.example/ia/api/v1/"],
    ["/a:b", "https://api.example/ia/api/v1/a:b"],
    ["/ab+c.d-1:2/x:y", "https://api.example/ia/api/v1/ab+c.d-1:2/x:y"],
    ["/https://evil.example/x", "https://api.example/ia/api/v1/https://evil.example/x"],
    ["/javascript:alert(1)", "https://api.example/ia/api/v1/javascript:alert(1)"],
    ["/?page=2", "https://api.example/ia/api/v1/?page=2"],
    ["/#part", "https://api.example/ia/api/v1/#part"],
    ["./a:b", "https://api.example/ia/api/v1/a:b"],
    ["x/a:b", "https://api.example/ia/api/v1/x/a:b"],
    ["?q=a:b", "https://api.example/ia/api/v1/?q=a:b"],
    ["/", "https://api.example/ia/api/v1/"],
    ["https://api.example/ia/api/v1/objects", "https://api.example/ia/api/v1/objects"],
    ["HTTPS://API.EXAMPLE:443/ia/api/v1/objects", "https://api.example/ia/api/v1/objects"],
    ["//api.example/ia/api/v1/objects", "https://api.example/ia/api/v1/objects"]
  ])("counts %j from the base", (path, expected) => {
    assert.strictEqual(target(path), expected)
    assert.strictEqual(target(path, `${base}/`), expected)
  })

  it.each([
    "https://evil.example/ia/api/v1/objects",
    "http://api.example/ia/api/v1/objects",
    "https://api.example:8443/ia/api/v1/objects",
    "https://api.example.evil.example/ia/api/v1/objects",
    "https://user:pw@api.example/ia/api/v1/objects",
    "https://api.example/ia/api/v2/objects",
    "https://api.example/ia/api/v1x/objects",
    "//evil.example/ia/api/v1/objects",
    "\\\\evil.example\\x",
    "/\\evil.example/x",
    " //evil.example/x",
    "\t//evil.example/x",
    "ht\ntps://evil.example/x",
    "../v2/objects",
    "/../v2/objects",
    "/\t../v2/objects",
    "/a:b/../../v2",
    "objects/../../../../x",
    "objects/%2e%2e/%2e%2e/x",
    "objects\\..\\..\\x",
    "file:///etc/passwd",
    "data:text/plain,x",
    "javascript:alert(1)"
  ])("refuses %j", (path) => {
    assert.strictEqual(target(path), "another host")
  })

  it.prop("is what the platform makes of a path", [paths], ([path]) => {
    const found = targetOf(base, path)
    if (Result.isFailure(found)) return
    assert.strictEqual(new URL(found.success).href, found.success)
    if (/^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]{2}/.test(path)) return
    assert.strictEqual(found.success, new URL(path.replace(/^\/+/, "./"), `${base}/`).href)
  })

  it.each(["https://", "http://[", "//"])("refuses what is no address: %j", (path) => {
    assert.strictEqual(target(path), "not a URL")
  })
})
