import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { parseIni, fromEnvironment } from "../../src/intacct-xml/environment.ts"
import * as Result from "../../src/config/Result.ts"
import { classify } from "../../src/intacct-xml/wire/classify.ts"
import { readResponse } from "../../src/intacct-xml/wire/response.ts"
import { isSageAuthError } from "../../src/index.ts"
import { openLedger, rejectionOf, xml } from "./fakeGateway.ts"

const limited = (seconds: string) =>
  xml(
    "<response><control><status>failure</status></control><errormessage><error><errorno>GW-0010</errorno><description>API rate limit exceeded</description></error></errormessage></response>",
    429,
    { "retry-after": seconds }
  )

it("a request for a session does not wait out a limit of an hour: its callers are told how long it takes", async () => {
  const { arrived, ledger } = openLedger(() => limited("3600"), {}, { retry: {} })
  const error = await rejectionOf(ledger.session())
  assert.isTrue(isSageAuthError(error))
  assert.deepInclude((error as { reason: object }).reason, { _tag: "RateLimited", retryAfter: 3_600_000 })
  assert.lengthOf(arrived, 1)
})

const secret = "a-secret-of-somebody"

const failing = (inside: string) =>
  `<response><control><status>failure</status></control><errormessage>${inside}</errormessage></response>`

const told = (text: string, contentType = "application/xml") =>
  JSON.stringify(
    classify({
      httpStatus: 200,
      contentType,
      authenticatedBy: "login",
      secrets: [secret],
      response: readResponse(text)
    })
  )

describe("an answer with more of something than its head may have", () => {
  it.each([
    ["errors", failing("<error/>".repeat(1_001))],
    ["further information", failing(`<error><additionalinfo>${"<a>1</a>".repeat(1_001)}</additionalinfo></error>`)],
    [
      "attributes",
      `<response><control><status>success</status></control><operation><authentication><status>success</status></authentication><result><status>success</status>${'<listtype a="1"/>'.repeat(1_002)}</result></operation></response>`
    ]
  ])("is told with the limit: %s", (_, text) => {
    assert.include(told(text), "more than 1000 errors, or as many parts of one of them")
  })

  it("is no answer of less", () => {
    assert.notInclude(told(failing("<error/>".repeat(1_000))), "more than")
  })

  it("is not read any further: what follows costs nothing", () => {
    const read = readResponse(failing("<error/>".repeat(2_000_000)))
    assert.deepInclude(read, { _tag: "UnreadableResponse", kind: "too-many" })
    assert.isBelow((read as { readonly offset: number }).offset, 100_000)
  })
})

it("a content type that quotes a secret is not shown", () => {
  assert.notInclude(told("nothing", `text/${secret}`), secret)
  assert.include(told("nothing", "text/plain; charset=utf-8"), "text/plain")
})

describe("a file of profiles", () => {
  it("is read as before, backslashes included", () => {
    const { sections } = parseIni(String.raw`[a]
b = x\;y\\z\#\q\
c = x;y
d = ${"\\".repeat(4_000_000)}`)
    const entries = sections.get("a")
    assert.deepStrictEqual(entries?.get("b"), Result.succeed(String.raw`x;y\z#\q` + "\\"))
    assert.isTrue(Result.isFailure(entries!.get("c")!))
    assert.strictEqual(Result.getOrThrow(entries!.get("d")!).length, 2_000_000)
  })

  it("is refused with the limit where it is larger than one may be", () => {
    const home = mkdtempSync(path.join(tmpdir(), "sage-auth-home-"))
    onTestFinished(() => rmSync(home, { recursive: true }))
    mkdirSync(path.join(home, ".intacct"))
    writeFileSync(path.join(home, ".intacct", "credentials.ini"), `[default]\nuser_id = ${"u".repeat(8 * 1024 * 1024)}`)
    const { issues } = fromEnvironment({ env: {}, home })
    assert.include(JSON.stringify(issues), "at most 256 KiB")
  })
})
