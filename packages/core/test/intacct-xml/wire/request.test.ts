import { assert, describe, it } from "@effect/vitest"
import { XMLParser } from "fast-xml-parser"
import * as Result from "../../../src/config/Result.ts"
import { buildRequest, getAPISession, type RequestParts } from "../../../src/intacct-xml/wire/request.ts"
import { anything, isCarriable } from "../../../../../tests/src/arbitraries.ts"

const parts: RequestParts = {
  sender: { id: "testsenderid", password: "p&<ass>\"123'" },
  controlId: "unittest",
  uniqueId: false,
  authentication: {
    login: { userId: "testuser", companyId: "testcompany", password: "testpass", entityId: "E1" }
  },
  transaction: false,
  functions: [{ controlId: "func1", body: Result.getOrThrow(getAPISession()) }],
  includeWhitespace: false
}

const built = (changes: Partial<RequestParts> = {}): string => Result.getOrThrow(buildRequest({ ...parts, ...changes }))

const refused = (changes: Partial<RequestParts>): string => {
  const request = buildRequest({ ...parts, ...changes })
  return Result.isFailure(request) ? request.failure.message : "built"
}

const control =
  "<control><senderid>testsenderid</senderid><password>p&amp;&lt;ass&gt;\"123'</password><controlid>unittest</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control>"

describe("the requests of the official JavaScript SDK", () => {
  it("are built byte for byte with a login", () => {
    assert.strictEqual(
      built(),
      `<?xml version="1.0" encoding="utf-8" ?><request>${control}<operation transaction="false"><authentication><login><userid>testuser</userid><companyid>testcompany</companyid><password>testpass</password><locationid>E1</locationid></login></authentication><content><function controlid="func1"><getAPISession /></function></content></operation></request>`
    )
  })

  it("are built byte for byte with a session that goes to another entity", () => {
    const body = Result.getOrThrow(getAPISession("E2"))
    assert.strictEqual(
      built({ authentication: { sessionId: "fAkESesSiOnId.." }, functions: [{ controlId: "func2", body }] }),
      `<?xml version="1.0" encoding="utf-8" ?><request>${control}<operation transaction="false"><authentication><sessionid>fAkESesSiOnId..</sessionid></authentication><content><function controlid="func2"><getAPISession><locationid>E2</locationid></getAPISession></function></content></operation></request>`
    )
  })

  it("are built byte for byte with a session that goes to the top level", () => {
    const body = Result.getOrThrow(getAPISession(""))
    assert.strictEqual(Result.getOrThrow(getAPISession(null)), body)
    assert.strictEqual(
      built({ authentication: { sessionId: "fAkESesSiOnId.." }, functions: [{ controlId: "func2", body }] }),
      `<?xml version="1.0" encoding="utf-8" ?><request>${control}<operation transaction="false"><authentication><sessionid>fAkESesSiOnId..</sessionid></authentication><content><function controlid="func2"><getAPISession><locationid /></getAPISession></function></content></operation></request>`
    )
  })
})

describe("the parts of a request", () => {
  it("puts client and entity behind the password, in the order of the gateway's schema", () => {
    const login = { userId: "u", companyId: "console", password: "p", clientId: "client", entityId: "E" }
    assert.include(
      built({ authentication: { login } }),
      "<login><userid>u</userid><companyid>console</companyid><password>p</password><clientid>client</clientid><locationid>E</locationid></login>"
    )
  })

  it("leaves out what is undefined or empty", () => {
    const login = { userId: "u", companyId: "c", password: "p", clientId: undefined, entityId: "" }
    assert.include(built({ authentication: { login } }), "<password>p</password></login>")
    assert.notInclude(built({ policyId: "" }), "policyid")
  })

  it("sends the policy behind the version, and the switches as they are", () => {
    assert.include(
      built({ policyId: "nightly", uniqueId: true, includeWhitespace: true, transaction: true }),
      '<uniqueid>true</uniqueid><dtdversion>3.0</dtdversion><policyid>nightly</policyid><includewhitespace>true</includewhitespace></control><operation transaction="true">'
    )
  })

  it("keeps the functions in their order", () => {
    const functions = [
      { controlId: 'a"b', body: "<read />" },
      { controlId: "2", body: "<query />" }
    ]
    assert.include(
      built({ functions }),
      '<content><function controlid="a&quot;b"><read /></function><function controlid="2"><query /></function></content>'
    )
  })

  it("refuses control ids that Intacct does not take, and a request without functions", () => {
    const long = "x".repeat(256)
    const body = "<read />"
    assert.strictEqual(refused({ controlId: long, functions: [{ controlId: long, body }] }), "built")
    assert.strictEqual(refused({ controlId: "" }), "controlId is 0 characters long: give 1 to 256")
    assert.strictEqual(refused({ controlId: `${long}x` }), "controlId is 257 characters long: give 1 to 256")
    assert.strictEqual(
      refused({
        functions: [
          { controlId: "1", body },
          { controlId: "", body }
        ]
      }),
      "functions[1].controlId is 0 characters long: give 1 to 256"
    )
    assert.strictEqual(refused({ functions: [] }), "functions is empty: give at least one function")
  })
})

describe("credentials", () => {
  const independent = new XMLParser({
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    ignoreAttributes: false
  })

  it.prop(
    "arrive as they are, whatever they are, or are refused by name",
    [anything, anything, anything, anything],
    ([id, password, userId, entityId]) => {
      const login = { userId, companyId: id, password, clientId: entityId, entityId: userId }
      const request = buildRequest({ ...parts, sender: { id, password }, authentication: { login } })
      const values = [
        ["sender.id", id],
        ["sender.password", password],
        ["login.userId", userId],
        ["login.companyId", id],
        ["login.password", password],
        ["login.clientId", entityId],
        ["login.entityId", userId]
      ] as const
      const wrong = values.find(([, value]) => !isCarriable(value))
      if (Result.isFailure(request)) {
        assert.strictEqual(request.failure.path, wrong?.[0])
        return
      }
      assert.isUndefined(wrong)
      const parsed = independent.parse(request.success)
      const read = parsed.request.operation.authentication.login
      assert.deepStrictEqual(
        [
          parsed.request.control.senderid,
          parsed.request.control.password,
          read.userid,
          read.companyid,
          read.password,
          read.clientid ?? "",
          read.locationid ?? ""
        ],
        values.map(([, value]) => value)
      )
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop("sessions and control ids arrive as they are as well", [anything, anything], ([sessionId, id]) => {
    const controlId = `c${id}`
    const functions = [{ controlId, body: "<read />" }]
    const request = buildRequest({ ...parts, controlId, authentication: { sessionId }, functions })
    if (Result.isFailure(request)) {
      const { path } = request.failure
      assert.isTrue(path === "sessionId" ? !isCarriable(sessionId) : !isCarriable(id) || controlId.length > 256)
      return
    }
    const parsed = independent.parse(request.success).request
    assert.strictEqual(parsed.operation.authentication.sessionid, sessionId)
    assert.strictEqual(parsed.control.controlid, controlId)
    assert.strictEqual(parsed.operation.content.function["@_controlid"], controlId)
  })

  it("are named when they are refused, and never shown", () => {
    const login = { userId: "joe\u0001", companyId: "c", password: "p" }
    assert.strictEqual(
      refused({ authentication: { login } }),
      "login.userId contains a control character (U+0001), which XML 1.0 cannot carry: remove it"
    )
    assert.match(refused({ authentication: { sessionId: "s\ud800" } }), /^sessionId contains half of a surrogate pair/)
    assert.match(refused({ policyId: "\uffff" }), /^policyid contains a noncharacter/)
  })
})
