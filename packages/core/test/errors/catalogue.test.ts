import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { businessCloud } from "../../src/errors/catalogue/businessCloud.ts"
import { client } from "../../src/errors/catalogue/client.ts"
import { intacct } from "../../src/errors/catalogue/intacct.ts"
import { intacctRest } from "../../src/errors/catalogue/intacctRest.ts"
import { intacctXml } from "../../src/errors/catalogue/intacctXml.ts"
import { x3Gateway, x3GraphQL, x3WebServices } from "../../src/errors/catalogue/x3.ts"
import { catalogue, type CatalogueEntry, explain, type ReasonTag } from "../../src/errors/catalogue.ts"
import { failure } from "../../src/errors/SageAuthError.ts"
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

  it("has an id of its surface or product and a few words", () => {
    for (const [id, entry] of entries) {
      assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*$/)
      const shared = entry.product === "any" ? "client" : "intacct"
      assert.strictEqual(id.slice(0, id.indexOf(".")), entry.surface ?? shared, id)
    }
  })

  it("stands once", () => {
    const parts = [client, intacct, intacctXml, intacctRest, businessCloud, x3WebServices, x3GraphQL, x3Gateway]
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
    assert.deepStrictEqual(outside(Object.entries({ ...intacct, ...intacctXml }), executing), [])
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

  it.each([
    "XL03000003",
    "XL03000004",
    "XL03000006",
    "XL03000009",
    "XL03000010",
    "XMLGW_JPP0002",
    "UJPP0002",
    "invalidRequest",
    "PL04000055",
    "PL04000005",
    "BL01001973",
    "BL34000061",
    "PL05000104",
    "Query Failed"
  ])("knows %s of Intacct's XML API", (code) => {
    assert.isTrue(explain(code).some((entry) => entry.product === "Intacct" && entry.surface !== "intacct-rest"))
  })

  it.each([
    "GW-0001",
    "GW-0010",
    "GW-0011",
    "GW-0012",
    "GW-0014",
    "GW-0015",
    "GW-0031",
    "GW-0032",
    "GW-0033",
    "GW-0034",
    "GW-0035",
    "GW-0036",
    "GW-0037",
    "GW-0038",
    "GW-0039",
    "GW-0040",
    "GW-0042",
    "REST-2102",
    "tokenInvalid",
    "IA.TOKEN_IS_INVALID",
    "REST-1206",
    "REST-1216",
    "REST-1106",
    "REST-1028",
    "REST-1064",
    "REST-1043",
    "REST-7001",
    "invalid_grant",
    "OAUTH2_INVALID_GRANT",
    "invalid_client",
    "207",
    "400",
    "401",
    "403",
    "404",
    "405",
    "409",
    "422",
    "429",
    "500",
    "503"
  ])("knows %s of Intacct's REST API", (code) => {
    assert.isTrue(explain(code).some((entry) => entry.product === "Intacct" && entry.surface !== "intacct-xml"))
  })

  it.each([
    "access_denied",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
    "Invalid request",
    "invalid_grant",
    "invalid_client",
    "unsupported_grant_type",
    "AuthorizationFailure",
    "MultiUserAccessDenied",
    "UnexpectedError",
    "HeaderNotFound",
    "401",
    "403",
    "404",
    "405",
    "415",
    "422",
    "429",
    "500",
    "503",
    "504",
    "525"
  ])("knows %s of Business Cloud Accounting", (code) => {
    assert.isTrue(explain(code).some((entry) => entry.surface === "business-cloud"))
  })

  it.each([
    ["x3-web-services", ["401", "403", "Error 30", "0", "500", "invalid_grant", "invalid_client"]],
    ["x3-graphql", ["401", "Error 21", "Error 41", "Error 42", "Error 45", "Error 50", "400", "200"]],
    ["x3-gateway", ["400", "401", "403", "404", "500", "501", "InternalServerError"]]
  ] as const)("knows the codes of %s", (surface, codes) => {
    for (const code of codes)
      assert.isTrue(
        explain(code).some((entry) => entry.surface === surface),
        code
      )
  })

  it.each([
    ["Incorrect Intacct XML Partner ID or password.", "intacct-xml.sender-rejected"],
    ["is not a valid transport policy.", "intacct-xml.transport-policy-unknown"],
    ["Sign-in information is incorrect", "intacct-xml.login-rejected"],
    ["Invalid Web Services Authorization", "intacct-xml.sender-not-authorized"],
    ["Invalid session", "intacct-xml.session-invalid"],
    ["XML Parse schema error", "intacct-xml.document-rejected"],
    ["XML Parse error", "intacct-xml.document-rejected"],
    ["This company is a demo company and has expired.", "intacct-xml.company-expired"],
    ["The following fields cannot be queried", "intacct-xml.unknown-field"],
    ["The entire transaction in this operation has been rolled back", "intacct-xml.transaction-rolled-back"],
    ["You do not have permission for API operation", "intacct-xml.permission-denied"],
    ["The Service is Temporarily Off-line", "intacct-xml.service-offline"],
    ["API rate limit exceeded", "intacct.rate-limited"],
    ["Unable to process request", "intacct-rest.unable-to-process"],
    ["Missing Tenant Data", "intacct-rest.tenant-missing"],
    ["Invalid Content Type", "intacct-rest.content-type-invalid"],
    ["Invalid Token Payload", "intacct-rest.token-payload-invalid"],
    ["Invalid Token Endpoint", "intacct-rest.token-endpoint-invalid"],
    ["Invalid Authorization Header", "intacct-rest.authorization-header-invalid"],
    ["Missing Token Payload", "intacct-rest.token-payload-missing"],
    ["Missing User Name", "intacct-rest.username-missing"],
    ["Missing Client ID", "intacct-rest.client-id-missing"],
    ["Multiple Client IDs", "intacct-rest.several-client-ids"],
    ["Multiple Usernames", "intacct-rest.several-usernames"],
    ["Expired token", "intacct-rest.token-expired"],
    ["Token is not valid", "intacct-rest.token-invalid"],
    ["The token is not valid", "intacct-rest.token-not-valid"],
    ["3rd Party Application are incorrect", "intacct-rest.client-not-authorized"],
    ["A POST request requires a payload", "intacct-rest.request-invalid"],
    ["Version is not supported.", "intacct-rest.request-invalid"],
    ["No active subscription", "business-cloud.no-active-subscription"],
    ["Cannot verify subscription", "business-cloud.subscription-unverified"],
    ["Access denied.", "business-cloud.access-refused"],
    ["Header X-Site was not found", "business-cloud.header-missing"],
    ["missing subscription key", "business-cloud.subscription-key-missing"],
    ["The current user is not allowed", "business-cloud.forbidden"],
    ["An unexpected error occurred.", "business-cloud.service-unavailable"],
    ["Email already in use", "business-cloud.email-in-use"],
    ["Authentication failed", "x3-web-services.basic-rejected"],
    ["Error 30: Invalid token", "x3-web-services.bearer-rejected"],
    ["721 : Record does not exist", "x3-web-services.diagnoses"],
    ["No classic web service pool match to", "x3-web-services.pool-unknown"],
    ["No Web services accepted", "x3-web-services.no-web-services"],
    ["User does not have any badge for Product", "x3-web-services.no-badge"],
    ["Cannot query field", "x3-graphql.document-rejected"],
    ["Missing required request parameters", "x3-gateway.parameters-missing"],
    ["Invalid grant type", "x3-gateway.grant-type-invalid"],
    ["is disabled", "x3-gateway.application-disabled"],
    ["The pairing request has not been accepted.", "x3-gateway.pairing-pending"],
    ["The request has expired.", "x3-gateway.pairing-expired"],
    ["Pairing request not found", "x3-gateway.pairing-unknown"],
    ["Could not associate the requested url", "x3-gateway.customer-unknown"],
    ["with an active application registered", "x3-gateway.client-unknown"],
    ["with an application registered", "x3-gateway.redirect-unknown"],
    ["Unauthorised", "x3-gateway.token-rejected"],
    ["An internal error occurred", "x3-gateway.internal-error"]
  ])("finds what a server says: %s", (text, id) => {
    assert.include(idsOf(text), id)
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

  it("finds an entry by its id", () => {
    assert.deepStrictEqual(idsOf("intacct-xml.session-lost"), ["intacct-xml.session-lost"])
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

  it("knows that an unauthorized and a forbidden request happen on all products", () => {
    for (const status of ["401", "403"]) {
      assert.deepStrictEqual(
        [...new Set(explain(status).map((entry) => entry.product))].toSorted(),
        ["Business Cloud Accounting", "Intacct", "X3"],
        status
      )
    }
  })
})

describe("where sources disagree", () => {
  it("a rate limit is waited for and not answered by a login", () => {
    const entry = catalogue["intacct.rate-limited"]
    assert.strictEqual(entry.reason, "RateLimited")
    assert.isTrue(entry.retryable)
    assert.notMatch(entry.remedy, /log in|login|authenticate/i)
    assert.match(entry.note ?? "", /logging in again/)
  })

  it.each([
    ["intacct-xml.sender-rejected", /XL03000004/],
    ["intacct-xml.session-invalid", /30 minutes/],
    ["intacct-xml.transaction-rolled-back", /session error/],
    ["intacct-rest.grant-ended", /OAUTH2_INVALID_GRANT.*six months/s],
    ["intacct-rest.token-expired", /43,200.*one hour/s],
    ["intacct-rest.token-endpoint-invalid", /\/ia/],
    ["intacct-rest.entity-not-switched", /entity_id and location_id/],
    ["business-cloud.header-missing", /v3\.1 needs the access token only/],
    ["business-cloud.token-rejected", /300 seconds/],
    ["business-cloud.grant-ended", /no API calls/],
    ["business-cloud.rate-limited", /Retry-After/],
    ["x3-web-services.bearer-rejected", /"bearer"/],
    ["x3-web-services.certificate-unmapped", /takes precedence/],
    ["x3-web-services.request-rejected", /representation/]
  ] as const)("the note of %s says so", (id, said) => {
    assert.match(catalogue[id].note ?? "", said)
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
