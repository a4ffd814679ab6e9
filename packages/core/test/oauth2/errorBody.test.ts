import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Redacted, Schema } from "effect"
import { errorBody, errorOf, parseBody, wordsOf } from "../../src/oauth2/errorBody.ts"

const said = (codes: ReadonlyArray<string>, texts: ReadonlyArray<string>, supportId?: string) => ({
  codes,
  texts,
  supportId
})

describe("errorBody", () => {
  it.each([
    ["an OAuth error", { error: "invalid_grant" }, said(["invalid_grant"], [])],
    [
      "an OAuth error with a description",
      { error: "invalid_request", error_description: "Missing parameter", error_uri: "https://x.example" },
      said(["invalid_request"], ["Missing parameter"])
    ],
    [
      "Business Cloud Accounting's variant",
      { error: "Invalid request", reason: "Email already in use" },
      said(["Invalid request"], ["Email already in use"])
    ],
    [
      "Intacct's nested error",
      {
        error: {
          code: "tokenInvalid",
          message: "Token is not valid",
          errorId: "REST-2102",
          additionalInfo: { messageId: "IA.TOKEN_IS_INVALID", placeholders: {}, propertySet: {} },
          supportId: "Kxi78%7EZuyXBDEGVHD2UmO1phYXDQAAAAo"
        }
      },
      said(
        ["REST-2102", "tokenInvalid", "IA.TOKEN_IS_INVALID"],
        ["Token is not valid"],
        "Kxi78%7EZuyXBDEGVHD2UmO1phYXDQAAAAo"
      )
    ],
    [
      "Intacct's error at the top",
      {
        "ia::error": { code: "invalidRequest", message: "Version is not supported.", supportId: "63avN%7EYPhc" },
        "ia::meta": { totalCount: 1, totalSuccess: 0, totalError: 1 }
      },
      said(["invalidRequest"], ["Version is not supported."], "63avN%7EYPhc")
    ],
    [
      "Intacct's error in a result",
      {
        "ia::result": {
          "ia::error": {
            code: "invalidRequest",
            message: "A POST request requires a payload",
            errorId: "REST-1028",
            additionalInfo: { messageId: "IA.REQUEST_REQUIRES_A_PAYLOAD", placeholders: { OPERATION: "POST" } },
            supportId: "Kxi78"
          }
        },
        "ia::meta": { totalCount: 1 }
      },
      said(
        ["REST-1028", "invalidRequest", "IA.REQUEST_REQUIRES_A_PAYLOAD"],
        ["A POST request requires a payload"],
        "Kxi78"
      )
    ],
    [
      "the failed part of a batch, and not the records beside it",
      {
        "ia::result": [
          { key: "1", message: "a memo", code: "V-1" },
          {
            "ia::error": { code: "operationFailed", details: [{ errorId: "REST-7001", message: "Vendor is required" }] }
          }
        ]
      },
      said(["operationFailed", "REST-7001"], ["Vendor is required"])
    ],
    [
      "the gateway's error with details that are an object",
      {
        "ia::error": {
          code: "GW-0011",
          message: "Invalid Request",
          details: { requestId: "AC47C2BE:D9EE_63EBC07F.59" }
        }
      },
      said(["GW-0011"], ["Invalid Request"], "AC47C2BE:D9EE_63EBC07F.59")
    ],
    [
      "Business Cloud Accounting's list",
      [
        {
          $severity: "error",
          $dataCode: "AuthorizationFailure",
          $message: "No active subscription. (MSE)",
          $source: ""
        }
      ],
      said(["AuthorizationFailure"], ["No active subscription. (MSE)"])
    ],
    [
      "a list whose first entry is only a warning",
      [
        { $severity: "warning", $dataCode: "Deprecated", $message: "Old field" },
        { $severity: "APIM error", $dataCode: "HeaderNotFound", $message: "Header X-Site was not found" }
      ],
      said(["HeaderNotFound"], ["Header X-Site was not found"])
    ],
    [
      "X3's diagnoses",
      { $diagnoses: [{ $severity: "error", $message: "721 : Record does not exist" }] },
      said([], ["721 : Record does not exist"])
    ],
    [
      "one diagnosis alone",
      { $severity: "error", $dataCode: "InternalServerError", $message: "", $source: "Gateway" },
      said(["InternalServerError"], [])
    ],
    [
      "a gateway's status and message",
      { statusCode: 401, message: "Access denied due to missing subscription key." },
      said([], ["Access denied due to missing subscription key."])
    ],
    ["X3's gateway", { message: "Pairing request not found" }, said([], ["Pairing request not found"])],
    [
      "GraphQL's errors",
      { errors: [{ message: "Cannot query field x" }, { message: "Cannot query field y" }], extensions: {} },
      said([], ["Cannot query field x", "Cannot query field y"])
    ],
    [
      "a sentence where a code should be",
      { error: "Something, somewhere, failed!" },
      said([], ["Something, somewhere, failed!"])
    ],
    ["a number for a code", { code: 17, message: "no" }, said(["17"], ["no"])]
  ])("reads %s", (_, body, expected) => {
    assert.deepStrictEqual(errorBody(body), expected)
  })

  it.each([
    ["a record", { "ia::result": { key: "1", id: "V1" }, "ia::meta": { totalCount: 1 } }],
    ["a page of records", { $items: [{ id: "1" }], $total: 1 }],
    ["notes beside a success", { $diagnoses: [{ $severity: "info", $message: "saved" }] }],
    ["one note", { $severity: "warning", $message: "deprecated" }],
    ["nothing", {}],
    ["an empty list", []],
    ["null", null],
    ["a text", "invalid_grant"],
    ["a number", 400],
    ["what only looks like it", JSON.parse('{"__proto__":{"error":"invalid_grant"}}')]
  ])("finds no error in %s", (_, body) => {
    assert.isUndefined(errorBody(body))
  })

  it("follows no body deeper than any server nests it, and keeps few of many", () => {
    let deep: unknown = { error: "invalid_grant" }
    for (let depth = 0; depth < 10_000; depth++) deep = { error: deep }
    assert.isUndefined(errorBody(deep))
    const many = errorBody({ errors: Array.from({ length: 1000 }, (_, n) => ({ code: `C${n}`, message: `m${n}` })) })
    assert.strictEqual(many!.codes.length, 10)
    assert.strictEqual(many!.texts.length, 10)
  })

  const names = Schema.Literals([
    "error",
    "errors",
    "ia::error",
    "ia::result",
    "details",
    "$diagnoses",
    "$severity",
    "$dataCode",
    "message",
    "code",
    "errorId",
    "additionalInfo",
    "messageId",
    "supportId",
    "__proto__",
    "constructor"
  ])
  const shaped = Schema.Record(names, Schema.Union([Schema.Json, Schema.Record(names, Schema.Json)]))

  it.prop(
    "reads any JSON without failing, alone or where an error may stand, and never shows markup",
    [Schema.Json, Arbitrary.schema(shaped), Schema.String],
    ([json, record, text]) => {
      for (const body of [json, [json], record, [record], { error: record }, { "ia::result": [record, json] }]) {
        const read = errorOf({ kind: "json", value: body })
        for (const code of read.codes) assert.match(code, /^[\w .:/+-]{1,100}$/)
        const words = wordsOf(read, [Redacted.make(text)])
        assert.notMatch(`${words.text} ${words.code} ${words.supportId}`, /[<>\p{Cc}]/u)
      }
      errorOf(parseBody(text))
    }
  )
})

describe("readBody", () => {
  it.each([
    ["json", '{"error":"invalid_grant"}'],
    ["json", " [1]\n"],
    ["json", "null"],
    ["empty", ""],
    ["empty", " \r\n"],
    ["html", "<!DOCTYPE html>\n<html></html>"],
    ["html", "\n<html><head>"],
    ["html", "<!-- proxy --><html>"],
    ["html", "<h1>Bad gateway</h1>"],
    ["xml", '<?xml version="1.0"?><response/>'],
    ["xml", "<response><control/></response>"],
    ["text", "upstream connect error or disconnect/reset before headers"],
    ["text", "API rate limit exceeded"],
    ["broken", '{"access_token":"eyJ'],
    ["broken", "[{"],
    ["broken", '"unfinished']
  ])("sees %s in %j", (kind, text) => {
    assert.strictEqual(parseBody(text).kind, kind)
  })
})

describe("errorOf", () => {
  it("takes the words of what is no JSON, and none of a page or of what is cut off", () => {
    assert.deepStrictEqual(errorOf(parseBody("API rate limit exceeded")).texts, ["API rate limit exceeded"])
    assert.include(errorOf(parseBody("<response><errorno>GW-0010</errorno></response>")).texts[0], "GW-0010")
    for (const text of ["", "<html>secret</html>", '{"error":"invalid_gr']) {
      assert.deepStrictEqual(errorOf(parseBody(text)), said([], []))
    }
  })
})

describe("wordsOf", () => {
  it("shows one line of plain text with every secret masked, in code and support id too", () => {
    const secret = "rt-0123456789abcdef"
    const body = said([`bad ${secret}`], [`<b>Token</b> ${secret}\nis bad`, "Try again", "Try again"], `id-${secret}`)
    assert.deepStrictEqual(wordsOf(body, [Redacted.make(secret)]), {
      text: "Token [masked] is bad; Try again",
      code: "bad [masked]",
      supportId: "id-[masked]"
    })
  })

  it("masks before it cuts, so that no half of a secret is left at the end", () => {
    const secret = "s".repeat(200)
    const words = wordsOf(said([], [`${"x ".repeat(100)}${secret}`]), [Redacted.make(secret)])
    assert.notInclude(words.text, "ss")
  })

  it("has no text where the server gave none", () => {
    assert.deepStrictEqual(wordsOf(said([], ["<br>"]), []), { text: undefined, code: undefined, supportId: undefined })
  })
})
