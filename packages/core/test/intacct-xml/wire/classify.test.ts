import { assert, describe, it } from "@effect/vitest"
import {
  type XmlAnswer,
  classify,
  classifyResult,
  type IntacctXmlErrorId,
  type AnswerVerdict
} from "../../../src/intacct-xml/wire/classify.ts"
import { readResponse, type ResponseResult } from "../../../src/intacct-xml/wire/response.ts"
import * as samples from "./samples.ts"

const verdict = (body: string, answer: Partial<XmlAnswer> = {}): AnswerVerdict =>
  classify({
    httpStatus: 200,
    contentType: 'text/xml; encoding="UTF-8"',
    response: readResponse(body),
    authenticatedBy: "session",
    ...answer
  })

const idOf = (body: string, answer: Partial<XmlAnswer> = {}): string => {
  const found = verdict(body, answer)
  return found.kind === "accepted" ? "accepted" : `${found.kind} ${found.id}`
}

const results = (body: string): ReadonlyArray<ResponseResult> => {
  const response = readResponse(body)
  return "results" in response ? response.results : []
}

const ofFunction = (errors: string): string => {
  const found = classifyResult(results(samples.failedFunction(errors))[0]!)
  return found.kind === "accepted" ? "accepted" : found.id
}

const login = { authenticatedBy: "login" } as const

const controlFailure = (errors: string): string =>
  `<response><control><status>failure</status></control><errormessage>${errors}</errormessage></response>`

const authenticationFailure = (errors: string): string =>
  `<response><control><status>success</status></control><operation><authentication><status>failure</status></authentication><errormessage>${errors}</errormessage></operation></response>`

describe("documented answers", () => {
  const cases: ReadonlyArray<readonly [sample: string, body: string, expected: string]> = [
    ["S1", samples.session, "accepted"],
    ["S2", samples.wrongSender, "failed intacct-xml.sender-rejected"],
    ["S3", samples.brokenDocument, "failed intacct-xml.document-rejected"],
    ["S4", samples.unknownPolicy, "failed intacct-xml.transport-policy-unknown"],
    ["S5", samples.companyExpired, "failed intacct-xml.company-expired"],
    ["S6", samples.gatewayInvalidRequest, "failed intacct.invalid-request"],
    ["S9", samples.unauthorizedSender, "failed intacct-xml.sender-not-authorized"],
    ["S11", samples.functionFailure, "accepted"],
    ["S12", samples.permission, "accepted"],
    ["S13", samples.rolledBack, "accepted"],
    ["S14", samples.acknowledged, "failed intacct-xml.acknowledged-only"]
  ]
  it("mean the same for a login and for a session, where they are not about either", () => {
    for (const [sample, body, expected] of cases) {
      assert.strictEqual(idOf(body), expected, sample)
      assert.strictEqual(idOf(body, login), expected, sample)
    }
  })

  it("S7, S8, S10: reject a login and kill a session", () => {
    const rejected = "failed intacct-xml.login-rejected"
    const dead = "session-dead intacct-xml.session-invalid"
    assert.strictEqual(idOf(samples.gatewaySignIn, { httpStatus: 401, ...login }), rejected)
    assert.strictEqual(idOf(samples.gatewaySignIn, { httpStatus: 401 }), dead)
    assert.strictEqual(idOf(samples.gatewaySignIn.replace("XMLGW_JPP0002", "UJPP0002"), { httpStatus: 401 }), dead)
    assert.strictEqual(idOf(samples.wrongLogin, login), rejected)
    assert.strictEqual(idOf(samples.wrongLogin), dead)
    assert.strictEqual(idOf(samples.deadSession), dead)
  })

  it("S6 as the older gateway says it", () => {
    const older = controlFailure(
      "<error><errorno>invalidRequest</errorno><description>Invalid Request</description></error>"
    )
    assert.strictEqual(idOf(older, { httpStatus: 400 }), "failed intacct.invalid-request")
  })

  it("give code, support id and words", () => {
    assert.deepStrictEqual(verdict(samples.gatewayInvalidRequest, { httpStatus: 400 }), {
      kind: "failed",
      id: "intacct.invalid-request",
      code: "GW-0011",
      supportId: "AC47C2BE:D9EE_63EBC07F.59",
      text: "Invalid Request"
    })
    const unauthorized = verdict(samples.unauthorizedSender, login)
    assert.strictEqual(
      unauthorized.kind === "failed" ? unauthorized.text : "",
      "Invalid Web Services Authorization. The sender ID 'test_sender_id' is not authorized to make Web Services requests to company ID 'test_company_id'. Contact the company administrator to grant Web Services authorization to this sender ID."
    )
  })

  it("S10 loses the session id that stands in its text", () => {
    const dead = verdict(samples.deadSession)
    assert.notInclude(JSON.stringify(dead), samples.deadSessionId)
    assert.deepInclude(dead, { code: "XL03000006", text: "Invalid session [masked]" })
  })
})

describe("level and text", () => {
  it("tell one code apart", () => {
    const texts: ReadonlyArray<readonly [IntacctXmlErrorId, string]> = [
      [
        "intacct-xml.sender-rejected",
        controlFailure(samples.error("XL03000006", "Incorrect Intacct XML Partner ID or password."))
      ],
      [
        "intacct-xml.transport-policy-unknown",
        controlFailure(samples.error("XL03000006", "x is not a valid transport policy."))
      ],
      ["intacct-xml.control-failed", controlFailure(samples.error("XL03000006", "something new"))],
      ["intacct-xml.control-failed", controlFailure(samples.error("XL03000006", ""))],
      [
        "intacct-xml.sender-not-authorized",
        authenticationFailure(samples.error("XL03000006", "", "Invalid Web Services Authorization"))
      ],
      [
        "intacct-xml.login-rejected",
        authenticationFailure(samples.error("XL03000006", "Incorrect Intacct XML Partner ID or password."))
      ]
    ]
    for (const [id, body] of texts) assert.strictEqual(idOf(body, login), `failed ${id}`)
    assert.strictEqual(
      ofFunction(samples.error("XL03000006", "The following fields cannot be queried: X")),
      "intacct-xml.unknown-field"
    )
    assert.strictEqual(
      ofFunction(samples.error("XL03000006", "Sign-in information is incorrect")),
      "intacct-xml.function-failed"
    )
  })

  it("take XL03000004 in the control block for a wrong sender too", () => {
    assert.strictEqual(
      idOf(controlFailure(samples.error("XL03000004", "Invalid Sender ID or password"))),
      "failed intacct-xml.sender-rejected"
    )
  })

  it("never open another session for what another session would not cure", () => {
    for (const error of [
      "Invalid Web Services Authorization",
      "This company is a demo company and has expired.",
      "The Service is Temporarily Off-line",
      "API rate limit exceeded"
    ]) {
      assert.match(idOf(authenticationFailure(samples.error("XL03000006", error))), /^failed /, error)
    }
    for (const body of [samples.wrongSender, samples.brokenDocument, samples.unknownPolicy]) {
      assert.match(idOf(body, { httpStatus: 401 }), /^failed /)
    }
  })

  it("take an unknown failure of the authentication for a rejected login or a dead session", () => {
    const unknown = authenticationFailure(samples.error("PL99", "The user is locked out"))
    assert.strictEqual(idOf(unknown, login), "failed intacct-xml.login-rejected")
    assert.strictEqual(idOf(unknown), "session-dead intacct-xml.session-invalid")
    assert.strictEqual(idOf(authenticationFailure(""), login), "failed intacct-xml.login-rejected")
    assert.strictEqual(
      idOf(controlFailure(samples.error("X", "new")), { httpStatus: 401 }),
      "session-dead intacct-xml.session-invalid"
    )
    assert.strictEqual(
      idOf(controlFailure(samples.error("X", "new")), { httpStatus: 401, ...login }),
      "failed intacct-xml.login-rejected"
    )
  })

  it("accept an answer with results that forgets to say who was let in", () => {
    const result = "<result><status>success</status></result>"
    assert.strictEqual(idOf(`<response><operation>${result}</operation></response>`), "accepted")
    assert.strictEqual(
      idOf(
        `<response><control><status>success</status></control><operation><authentication/>${result}</operation></response>`
      ),
      "accepted"
    )
  })

  it("find an operation that failed behind a successful authentication", () => {
    const body = samples.result(`<errormessage>${samples.error("XL03000003", "XML Parse error: x")}</errormessage>`)
    assert.strictEqual(idOf(body), "failed intacct-xml.document-rejected")
    assert.strictEqual(
      idOf(samples.result(`<errormessage>${samples.error("X", "x")}</errormessage>`)),
      "failed intacct-xml.function-failed"
    )
  })
})

describe("body and status", () => {
  it("see a rate limit in any status and any body", () => {
    const limited = "failed intacct.rate-limited"
    const xml = controlFailure(
      "<error><errorno>GW-0010</errorno><description>API rate limit exceeded</description></error>"
    )
    assert.strictEqual(idOf(xml, { httpStatus: 429 }), limited)
    assert.strictEqual(idOf(xml), limited)
    assert.strictEqual(idOf(controlFailure(samples.error("X", "API rate limit exceeded"))), limited)
    assert.strictEqual(idOf('{"message":"API rate limit exceeded"}'), limited)
    assert.strictEqual(idOf("", { httpStatus: 429 }), limited)
    assert.strictEqual(idOf(samples.cloudflare, { httpStatus: 429 }), limited)
    assert.strictEqual(idOf(controlFailure(samples.error("X", "new")), { httpStatus: 429 }), limited)
    assert.strictEqual(ofFunction(samples.error("GW-0010", "")), "intacct.rate-limited")
  })

  it("believe the body before the status", () => {
    assert.strictEqual(idOf(samples.wrongSender, { httpStatus: 500 }), "failed intacct-xml.sender-rejected")
    assert.strictEqual(idOf(samples.wrongSender, { httpStatus: 429 }), "failed intacct-xml.sender-rejected")
    assert.strictEqual(idOf(samples.deadSession, { httpStatus: 503 }), "session-dead intacct-xml.session-invalid")
    assert.strictEqual(idOf(samples.session, { httpStatus: 500 }), "accepted")
  })

  it("believe the status where the body says nothing", () => {
    const unavailable = "failed intacct.service-unavailable"
    for (const httpStatus of [500, 502, 503, 504, 520, 527]) {
      for (const body of ["", samples.cloudflare, "{}", "<response>", "x", "<root/>", "<response/>"]) {
        assert.strictEqual(idOf(body, { httpStatus }), unavailable, `${httpStatus} ${body.slice(0, 20)}`)
      }
    }
    assert.strictEqual(idOf(samples.cloudflare, { httpStatus: 524 }), "failed intacct.timeout-at-origin")
    assert.strictEqual(idOf("", { httpStatus: 524 }), "failed intacct.timeout-at-origin")
    assert.strictEqual(idOf(samples.cloudflare), unavailable)
    for (const body of ["", "{}", "[]", "<response>", "x", "<root/>", "<response/>", samples.session.slice(0, -5)]) {
      assert.strictEqual(idOf(body), "failed intacct.unreadable-answer", body.slice(0, 20))
    }
    assert.strictEqual(idOf('{"ia::error":{"code":"GW-0011"}}', { httpStatus: 400 }), "failed intacct.invalid-request")
    assert.strictEqual(idOf(controlFailure(samples.error("GW-0001", "Unable to process request"))), unavailable)
  })

  it("refuse a redirect, whatever its body", () => {
    for (const httpStatus of [301, 302, 303, 307, 308]) {
      assert.strictEqual(idOf(samples.session, { httpStatus }), "failed intacct.redirect-refused")
    }
  })

  it("say what came instead of an answer, and nothing of what was in it", () => {
    const page = verdict("<html>hunter2</html>", { httpStatus: 502, contentType: "text/html; charset=hunter2" })
    assert.deepStrictEqual(page, {
      kind: "failed",
      id: "intacct.service-unavailable",
      code: undefined,
      supportId: undefined,
      text: "HTTP 502, text/html: a web page instead of an answer, as a proxy sends it"
    })
    assert.strictEqual(
      JSON.stringify(verdict("<response><hunter2", { contentType: null })),
      JSON.stringify({
        kind: "failed",
        id: "intacct.unreadable-answer",
        text: "HTTP 200, no content type: the body ends too early (offset 18)"
      })
    )
  })
})

describe("results of functions", () => {
  it("S1: a success is accepted", () => {
    assert.deepStrictEqual(classifyResult(results(samples.session)[0]!), { kind: "accepted" })
  })

  it("S11, S12: a failure is told by its own error", () => {
    assert.deepStrictEqual(classifyResult(results(samples.functionFailure)[0]!), {
      kind: "failed",
      id: "intacct-xml.query-failed",
      code: "Query Failed",
      supportId: undefined,
      text: "Object definition BADOBJECT not found"
    })
    assert.deepStrictEqual(classifyResult(results(samples.permission)[0]!), {
      kind: "failed",
      id: "intacct-xml.permission-denied",
      code: "PL04000005",
      supportId: "9PvcxEBXMLGW216418822-AG~aodusP0p7fz-eBbWcXdqqwAAAAI",
      text: "You do not have permission for API operation READ_BY_QUERY on objects of type arinvoice"
    })
  })

  it("S13: what was rolled back is told from what failed", () => {
    const [aborted, failed] = results(samples.rolledBack).map((result) => classifyResult(result))
    assert.deepInclude(aborted, { id: "intacct-xml.transaction-rolled-back", code: "XL03000009" })
    assert.deepInclude(failed, { id: "intacct-xml.duplicate", code: "BL34000061" })
    assert.strictEqual(ofFunction(samples.error("XL03000009", "")), "intacct-xml.transaction-rolled-back")
    assert.strictEqual(
      ofFunction(samples.error("XL03000009", "There was an error processing the function")),
      "intacct-xml.function-failed"
    )
  })

  it("are told apart by their codes where one code means one thing", () => {
    const cases: ReadonlyArray<readonly [IntacctXmlErrorId, string, string]> = [
      ["intacct-xml.unknown-field", "XL03000010", "There is no field X"],
      ["intacct-xml.duplicate", "PL05000104", ""],
      ["intacct-xml.record-not-created", "BL01001973", "Could not create VENDOR record"],
      ["intacct-xml.service-offline", "X", "The Service is Temporarily Off-line"],
      ["intacct-xml.function-failed", "BL9", "anything else"],
      ["intacct-xml.function-failed", "", ""]
    ]
    for (const [id, code, text] of cases)
      assert.strictEqual(ofFunction(samples.error(code, text, "Please Try Again Later")), id)
    const both = samples.error("BL01001973", "Could not create") + samples.error("BL34000061", "exists")
    assert.strictEqual(ofFunction(both), "intacct-xml.duplicate")
  })

  it("without a status are judged by their errors, and are missing without either", () => {
    const [bare, failed] = results(
      samples.result(`<result/><result><errormessage>${samples.error("X", "y")}</errormessage></result>`)
    )
    assert.deepInclude(classifyResult(bare!), { id: "intacct-xml.result-missing" })
    assert.deepInclude(classifyResult(failed!), { id: "intacct-xml.function-failed", text: "y" })
  })

  it("that failed without a reason say so", () => {
    const [result] = results(samples.result("<result><status>failure</status></result>"))
    assert.deepStrictEqual(classifyResult(result!), {
      kind: "failed",
      id: "intacct-xml.function-failed",
      code: undefined,
      supportId: undefined,
      text: "the server gave no reason"
    })
  })
})

describe("secrets", () => {
  it("are masked wherever the server repeats them, before a long text is cut", () => {
    const secret = "s3cr3t-".repeat(30)
    const long = `${"x".repeat(900)} ${secret} ${"y".repeat(2000)}`
    const error = `<error><errorno>${secret}</errorno><description>${secret}</description><description2>${long} [Support ID: ${secret}]</description2><correction>Invalid session abcdef</correction></error>`
    for (const body of [controlFailure(error), authenticationFailure(error)]) {
      const shown = JSON.stringify(verdict(body, { secrets: [secret] }))
      assert.notInclude(shown, "s3cr3t")
      assert.notInclude(shown, "abcdef")
      assert.isBelow(shown.length, 1500)
    }
    const [result] = results(samples.failedFunction(error))
    assert.notInclude(JSON.stringify(classifyResult(result!, [secret])), "s3cr3t")
  })
})
