import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { businessCloudEntries } from "../../src/errors/catalogue/businessCloud.ts"
import { clientEntries } from "../../src/errors/catalogue/client.ts"
import { intacctEntries } from "../../src/errors/catalogue/intacct.ts"
import { intacctRestEntries } from "../../src/errors/catalogue/intacctRest.ts"
import { intacctXmlEntries } from "../../src/errors/catalogue/intacctXml.ts"
import { x3GraphQLEntries, x3WebServicesEntries } from "../../src/errors/catalogue/x3.ts"
import { catalogue, type CatalogueEntry, explain, type ReasonTag } from "../../src/errors/catalogue.ts"
import { failure } from "../../src/errors/SageAuthError.ts"
import { x3GatewayEntries } from "../../src/errors/catalogue/x3Gateway.ts"
import { regenerate, renderErrorDocs } from "./errorDocs.ts"

const entries: ReadonlyArray<[string, CatalogueEntry]> = Object.entries(catalogue)
const idsOf = (code: string): ReadonlyArray<string> => explain(code).map((entry) => entry.id)

const outside = (of: ReadonlyArray<[string, CatalogueEntry]>, allowed: ReadonlyArray<ReasonTag>) =>
  of.filter(([, entry]) => !allowed.includes(entry.reason)).map(([id, entry]) => `${id}: ${entry.reason}`)
const atLevel = (level: CatalogueEntry["level"]) => entries.filter(([, entry]) => entry.level === level)

describe("every entry", () => {
  it("says what it means, why it happens, what to do and where that is published, in whole sentences", () => {
    for (const [id, entry] of entries) {
      for (const field of ["meaning", "cause", "remedy"] as const) {
        assert.match(entry[field], /^\S.*[.]$/s, `${id}: ${field}`)
      }
      assert.match(entry.source, /^\S.*\S$/, `${id}: source`)
      if (entry.note !== undefined) assert.match(entry.note, /^\S.*[.]$/s, `${id}: note`)
      if (entry.text !== undefined) assert.isNotEmpty(entry.text.trim(), `${id}: text`)
    }
  })

  it("of a login that Intacct refuses says what can be wrong where the password is right, and what helps", () => {
    const { cause, remedy } = catalogue["intacct-xml.login-rejected"]
    for (const said of [/Web Services only/, /two-step verification/, /IP address filters/]) {
      assert.match(cause, said)
      assert.match(remedy, said)
    }
  })

  it("has an id of its surface or product and a few words", () => {
    for (const [id, entry] of entries) {
      assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*$/)
      const shared = entry.product === "any" ? "client" : "intacct"
      assert.strictEqual(id.slice(0, id.indexOf(".")), entry.surface ?? shared, id)
    }
  })

  it("stands once", () => {
    const parts = [
      clientEntries,
      intacctEntries,
      intacctXmlEntries,
      intacctRestEntries,
      businessCloudEntries,
      x3WebServicesEntries,
      x3GraphQLEntries,
      x3GatewayEntries
    ]
    const count = parts.reduce((sum, part) => sum + Object.keys(part).length, 0)
    assert.strictEqual(count, entries.length)
  })

  it("names each of its codes once and never an empty one", () => {
    for (const [id, entry] of entries) {
      assert.strictEqual(new Set(entry.codes).size, entry.codes.length, id)
      for (const code of entry.codes) assert.strictEqual(code.trim(), code, id)
      assert.notInclude(entry.codes, "", id)
    }
  })

  it("can be told from the others of its surface that share a code, by level or text", () => {
    // Some are told apart by what the caller knows: which grant was sent, whether the licence date has passed,
    // whether the session was just opened, which way of logging in is configured.
    const byCircumstance = new Set([
      "intacct-xml.license-expired",
      "intacct-xml.session-lost",
      "client.administrator-required",
      "intacct-rest.code-rejected",
      "business-cloud.code-rejected",
      "x3-web-services.code-rejected"
    ])
    const seen = new Map<string, string>()
    for (const [id, entry] of entries) {
      if (byCircumstance.has(id)) continue
      for (const code of entry.codes) {
        const key = JSON.stringify([entry.surface, code, entry.level, entry.text])
        assert.isUndefined(seen.get(key), `${id} and ${seen.get(key)} share ${code}`)
        seen.set(key, id)
      }
    }
  })
})

describe("reasons", () => {
  const waiting: ReadonlyArray<ReasonTag> = ["AccountInactive", "ServiceUnavailable", "DeadlineExceeded", "Closed"]
  const acquiring: ReadonlyArray<ReasonTag> = [
    ...waiting,
    "CredentialRejected",
    "RateLimited",
    "LicenseExpired",
    "ProtocolViolation",
    "Misconfigured"
  ]
  const executing: ReadonlyArray<ReasonTag> = [
    ...acquiring,
    "PermissionDenied",
    "RequestRejected",
    "FunctionFailed",
    "BudgetExhausted"
  ]
  const completing: ReadonlyArray<ReasonTag> = [
    "CallbackRejected",
    "StoreUnavailable",
    "ServiceUnavailable",
    "ProtocolViolation",
    "CredentialRejected"
  ]
  const renewing: ReadonlyArray<ReasonTag> = [
    ...waiting,
    "ReauthorizationRequired",
    "StoreUnavailable",
    "CredentialRejected",
    "RateLimited",
    "PairingPending",
    "ProtocolViolation",
    "Misconfigured"
  ]

  it("of Intacct's XML API are among those that a call may fail with", () => {
    assert.deepStrictEqual(outside(Object.entries({ ...intacctEntries, ...intacctXmlEntries }), executing), [])
  })

  it("of an authorization's callback are among those that completing it may fail with", () => {
    assert.deepStrictEqual(outside(atLevel("authorization"), completing), [])
  })

  it("of a token endpoint are among those that renewing a grant or completing an authorization may fail with", () => {
    assert.deepStrictEqual(outside(atLevel("token"), [...renewing, ...completing]), [])
  })

  it("that only a person can remove are never retryable, and those that pass by themselves always are", () => {
    const never = new Set<ReasonTag>([
      "AccountInactive",
      "BudgetExhausted",
      "CallbackRejected",
      "Closed",
      "FunctionFailed",
      "LicenseExpired",
      "Misconfigured",
      "PermissionDenied",
      "ProtocolViolation",
      "ReauthorizationRequired",
      "RequestRejected"
    ])
    const always = new Set<ReasonTag>(["DeadlineExceeded", "PairingPending", "RateLimited", "StoreUnavailable"])
    const wrong = entries.filter(([, entry]) => (entry.retryable ? never : always).has(entry.reason))
    assert.deepStrictEqual(
      wrong.map(([id]) => id),
      []
    )
  })

  it("each have an entry", () => {
    const used = new Set(entries.map(([, entry]) => entry.reason))
    for (const reason of [...executing, ...renewing, ...completing]) assert.isTrue(used.has(reason), reason)
  })
})

describe("explain", () => {
  const rejected = failure("intacct-xml.login-rejected", {
    connection: "ledger",
    code: "XL03000006",
    supportId: "a%7Eb"
  })

  it.each([
    ["as it was caught", rejected],
    ["as its JSON was read back", JSON.parse(JSON.stringify(rejected))],
    ["as its JSON stands in a log", `2026-11-30 ERROR ${JSON.stringify({ error: rejected })}`],
    ["as it was printed", `Uncaught:\n${inspect(rejected)}\n    at somewhere (file.js:1:2)`],
    ["as its stack", rejected.stack],
    ["as its stack, in another case", rejected.stack?.toUpperCase()],
    ["as its message", rejected.message],
    ["as its id, in a sentence", "What is intacct-xml.login-rejected?"]
  ])("knows an error of this library %s", (_, what) => {
    assert.deepStrictEqual(
      explain(what).map(({ id }) => id),
      ["intacct-xml.login-rejected"]
    )
  })

  it.each([
    [
      "a server's answer",
      "<error><errorno>XL03000006</errorno><description2>Incorrect Intacct XML Partner ID or password.</description2></error>",
      ["intacct-xml.sender-rejected", "intacct-xml.license-expired"]
    ],
    [
      "a server's answer, with a name of its own in it",
      "XL03000006: Invalid session 7f2kQ [Support ID: a%7Eb]",
      ["intacct-xml.session-invalid", "intacct-xml.session-lost"]
    ],
    ["a line of JSON", '{"error":{"code":"tokenInvalid","errorId":"REST-2102"}}', idsOf("REST-2102")],
    ["a status", "failed with HTTP 524", idsOf("524")],
    ["the platform's failure", new TypeError("fetch failed", { cause: { code: "ENOTFOUND" } }), idsOf("ENOTFOUND")]
  ])("knows what %s names", (_, what, expected) => {
    assert.isNotEmpty(expected)
    assert.deepStrictEqual(
      explain(what).map(({ id }) => id),
      expected
    )
  })

  it.each([
    undefined,
    null,
    42,
    {},
    [],
    new Error(),
    "at 524 bytes",
    "PL040000055",
    { id: "toString" },
    `${" ".repeat(70_000)}XL03000006`
  ])("knows nothing of %s", (what) => {
    assert.deepStrictEqual(explain(what), [])
  })

  // what another entry hides is found by nobody; a text that is a code elsewhere gives way to the code, by design
  it("finds every entry by its id, by each of its codes and by its text", () => {
    const used = new Set(entries.flatMap(([, { codes }]) => codes.map((code) => code.toLowerCase())))
    const hidden = entries.flatMap(([id, { codes, text }]) =>
      [id, ...codes, ...(text === undefined || used.has(text.toLowerCase()) ? [] : [text])]
        .filter((named) => !idsOf(named).includes(id))
        .map((named) => `${id}: ${named}`)
    )
    assert.deepStrictEqual(hidden, [])
  })

  it.each([
    ["a code with a space in it", "Query Failed", "intacct-xml."],
    ["a code of digits alone", "207", "intacct-rest."],
    ["a code with a dot", "IA.TOKEN_IS_INVALID", "intacct-rest."],
    ["a code with a number that others begin with", "Error 41", "x3-graphql."]
  ])("finds %s", (_, code, surface) => {
    assert.isTrue(
      idsOf(code).some((id) => id.startsWith(surface)),
      String(idsOf(code))
    )
  })

  it.each([
    ["Incorrect Intacct XML Partner ID or password. [Support ID: a%7Eb]", "intacct-xml.sender-rejected"],
    ["XML Parse error", "intacct-xml.document-rejected"],
    ["721 : Record does not exist", "x3-web-services.diagnoses"],
    ["with an application registered on Sage Business Cloud", "x3-gateway.redirect-unknown"]
  ])("finds what a server says: %s", (text, id) => {
    assert.include(idsOf(text), id)
  })

  it.each([
    // whole sentences first, then codes, then parts of sentences
    ["Invalid Request", ["intacct.invalid-request", "business-cloud.email-in-use"], 8],
    ["Access denied", ["business-cloud.access-refused", "intacct-rest.access-denied"], 7],
    ["Access denied.", ["business-cloud.access-refused", "intacct-rest.access-denied"], 7],
    ["Forbidden", ["intacct-rest.forbidden", "business-cloud.forbidden"], 7],
    ["Unauthorised", ["x3-gateway.token-rejected", "intacct-xml.login-rejected"], 9],
    ["Invalid token", ["intacct-rest.token-undecodable", "intacct-rest.token-not-valid"], 9]
  ] as const)("gives everything that a sentence of many servers may be: %s", (text, first, least) => {
    const found = idsOf(text)
    assert.deepStrictEqual(found.slice(0, first.length), [...first])
    assert.isAtLeast(found.length, least)
    assert.lengthOf(new Set(found), found.length)
    assert.isAbove(new Set(found.map((id) => id.split(".")[0])).size, 1)
  })

  it.each([
    ["Not found", "404"],
    ["Unauthorized", "401"],
    ["Internal Server Error", "500"],
    ["Bad Request", "400"],
    ["bad request.", "400"],
    ["Service Unavailable", "503"],
    ["Too Many Requests", "429"],
    ["HTTP/1.1 404 Not Found", "404"],
    ["401 Unauthorized", "401"],
    ["upstream said 500 Internal Server Error twice", "500"]
  ])("takes the words of a status for every entry with it, and for no other: %s", (text, status) => {
    assert.deepStrictEqual(idsOf(text), idsOf(status))
  })

  it("does not take the words of a status for one entry that has them as its own", () => {
    assert.deepStrictEqual(idsOf("HTTP 403 Forbidden").toSorted(), idsOf("403").toSorted())
  })

  it.each([
    ["in an answer", '{"error":"Invalid Request"}'],
    ["in a line of a log", "2026-11-30 ERROR the server said Invalid request, and no more"]
  ])("gives no single entry for what many servers say, %s", (_, text) => {
    assert.includeMembers([...idsOf(text)], ["intacct.invalid-request", "business-cloud.email-in-use"])
  })

  it("is sure of what has its code and its sentence", () => {
    assert.deepStrictEqual(idsOf("error=Invalid request reason=Email already in use"), ["business-cloud.email-in-use"])
  })

  it.each(["a", ".", " / ", "  -", "of"])("finds nothing by less than a word: %j", (text) => {
    assert.deepStrictEqual(explain(text), [])
  })

  it("gives everything that XL03000006 stands for, each at its level", () => {
    const levels = new Map(explain("XL03000006").map((entry) => [entry.id as string, entry.level]))
    assert.strictEqual(levels.get("intacct-xml.sender-rejected"), "control")
    assert.strictEqual(levels.get("intacct-xml.transport-policy-unknown"), "control")
    assert.strictEqual(levels.get("intacct-xml.login-rejected"), "authentication")
    assert.strictEqual(levels.get("intacct-xml.sender-not-authorized"), "authentication")
    assert.strictEqual(levels.get("intacct-xml.session-invalid"), "authentication")
    assert.strictEqual(levels.get("intacct-xml.unknown-field"), "function")
  })

  it("does not look at case or at space around a code", () => {
    assert.deepStrictEqual(idsOf(" gw-0010 "), ["intacct.rate-limited"])
    assert.deepStrictEqual(idsOf("error 21"), ["x3-graphql.error-21"])
  })

  it("prefers a code over texts that contain it", () => {
    assert.notInclude(idsOf("0"), "x3-web-services.diagnoses")
  })

  it.each(["", "  ", "XL03000001", "no such thing", "toString"])("gives nothing for %j", (code) => {
    assert.deepStrictEqual(explain(code), [])
  })
})

describe("docs/errors.md", () => {
  it("is what the catalogue says", () => {
    const committed = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8")
    assert.isTrue(
      committed === renderErrorDocs(),
      `docs/errors.md differs from the catalogue. Regenerate it:\n${regenerate}`
    )
  })

  it("has a section for every entry and a link for every section", () => {
    const text = renderErrorDocs()
    for (const [id, entry] of entries) {
      assert.include(text, `\n### ${id}\n`)
      if (entry.codes.length > 0) assert.include(text, `](#${id.replaceAll(".", "")})`)
    }
  })
})
