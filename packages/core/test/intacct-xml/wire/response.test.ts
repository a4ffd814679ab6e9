import { assert, describe, it } from "@effect/vitest"
import { XMLParser } from "fast-xml-parser"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import {
  apiSession,
  readResponse,
  type ResponseHead,
  type UnreadableResponse
} from "../../../src/intacct-xml/wire/response.ts"
import type { XmlLimits } from "../../../src/xml/XmlReader.ts"
import { processorTime } from "../../steps.ts"
import { anything } from "../../../../../tests/src/arbitraries.ts"
import * as samples from "./samples.ts"

const head = (text: string): ResponseHead => {
  const response = readResponse(text)
  if ("kind" in response) throw new Error(`${response.kind} at ${response.offset}`)
  return response
}

const unreadable = (text: string, limits?: XmlLimits): UnreadableResponse => {
  const response = readResponse(text, limits)
  if ("results" in response) throw new Error("readable")
  return response
}

describe("documented answers", () => {
  it("S1: a session", () => {
    const response = head(samples.session)
    assert.deepStrictEqual(response.control, {
      status: "success",
      senderId: "testsenderid",
      controlId: "ControlIdHere",
      uniqueId: "false",
      dtdVersion: "3.0"
    })
    assert.deepStrictEqual(response.authentication, {
      status: "success",
      userId: "fakeuser",
      companyId: "fakecompany",
      locationId: "",
      clientId: undefined,
      sessionTimestamp: "2015-10-22T20:58:27-07:00",
      sessionTimeout: "2015-10-23T20:58:27-07:00"
    })
    assert.strictEqual(response.acknowledgement, undefined)
    assert.strictEqual(response.results.length, 1)
    const result = response.results[0]!
    assert.strictEqual(result.status, "success")
    assert.strictEqual(result.function, "getAPISession")
    assert.strictEqual(result.controlId, "testControlId")
    assert.strictEqual(
      result.data,
      "<data><api><sessionid>fAkESesSiOnId..</sessionid><endpoint>https://api.intacct.com/ia/xml/xmlgw.phtml</endpoint><locationid></locationid></api></data>"
    )
    assert.isTrue(result.raw.startsWith("<result><status>success</status>"))
    assert.isTrue(result.raw.endsWith("</result>"))
    assert.deepStrictEqual(apiSession(result), {
      sessionId: "fAkESesSiOnId..",
      endpoint: "https://api.intacct.com/ia/xml/xmlgw.phtml",
      locationId: ""
    })
  })

  it("S2, S4, S5: failures of the control block, its children empty or not", () => {
    assert.strictEqual(head(samples.wrongSender).control?.senderId, "SENDERID")
    assert.deepStrictEqual(head(samples.wrongSender).controlErrors, [
      {
        errorno: "XL03000006",
        description: "",
        description2: "Incorrect Intacct XML Partner ID or password.",
        correction: "",
        supportId: undefined,
        additionalInfo: undefined
      }
    ])
    assert.strictEqual(
      head(samples.unknownPolicy).controlErrors[0]?.description2,
      "test is not a valid transport policy."
    )
    assert.strictEqual(head(samples.companyExpired).control?.senderId, "")
    assert.strictEqual(head(samples.companyExpired).controlErrors[0]?.errorno, "PL04000055")
  })

  it("S3: several errors, and a support id that is percent-encoded", () => {
    const { controlErrors } = head(samples.brokenDocument)
    assert.strictEqual(controlErrors.length, 2)
    assert.strictEqual(controlErrors[0]?.supportId, "p5rxS~YxEXrDEnVyr0F531W8X9bQAAACQ")
    assert.include(controlErrors[1]?.description2, 'Value "whatever" for attribute')
  })

  it("S6, S7: the gateway's short answers", () => {
    const invalid = head(samples.gatewayInvalidRequest)
    assert.deepStrictEqual(invalid.control, {
      status: "failure",
      senderId: undefined,
      controlId: undefined,
      uniqueId: undefined,
      dtdVersion: undefined
    })
    assert.strictEqual(invalid.controlErrors[0]?.supportId, "AC47C2BE:D9EE_63EBC07F.59")
    assert.strictEqual(head(samples.gatewaySignIn).controlErrors[0]?.errorno, "XMLGW_JPP0002")
  })

  it("S8, S9, S10: failures of the authentication, beside it", () => {
    const login = head(samples.wrongLogin)
    assert.strictEqual(login.authentication?.status, "failure")
    assert.strictEqual(login.authentication?.locationId, undefined)
    assert.strictEqual(login.operationErrors[0]?.description2, "Sign-in information is incorrect")
    assert.include(head(samples.unauthorizedSender).operationErrors[0]?.description2, "sender ID 'test_sender_id'")
    assert.strictEqual(head(samples.deadSession).authentication?.userId, "")
  })

  it("S11, S12, S13: failed and aborted functions", () => {
    assert.strictEqual(head(samples.functionFailure).results[0]?.errors[0]?.errorno, "Query Failed")
    assert.strictEqual(
      head(samples.permission).results[0]?.errors[0]?.supportId,
      "9PvcxEBXMLGW216418822-AG~aodusP0p7fz-eBbWcXdqqwAAAAI"
    )
    const { results } = head(samples.rolledBack)
    assert.deepStrictEqual(
      results.map((result) => [result.status, result.errors.map((error) => error.errorno)]),
      [
        ["aborted", ["XL03000009"]],
        ["failure", ["BL34000061", "XL03000009"]]
      ]
    )
  })

  it("S14: an acknowledgement before the control block", () => {
    const response = head(samples.acknowledged)
    assert.strictEqual(response.acknowledgement, "success")
    assert.strictEqual(response.control?.status, "success")
    assert.strictEqual(response.authentication, undefined)
  })
})

describe("variations", () => {
  it("finds the error message inside the authentication and inside the control block as well", () => {
    const message = `<errormessage>${samples.error("E1", "x")}</errormessage>`
    assert.strictEqual(
      head(
        `<response><operation><authentication><status>failure</status>${message}</authentication></operation></response>`
      ).operationErrors[0]?.errorno,
      "E1"
    )
    assert.strictEqual(
      head(`<response><control><status>failure</status>${message}</control></response>`).controlErrors[0]?.errorno,
      "E1"
    )
  })

  it("reads an error of a number and a description, and one of nothing", () => {
    const text = "<response><errormessage><error><errorno>1</errorno></error><error/><other/></errormessage></response>"
    assert.deepStrictEqual(
      head(text).controlErrors.map((error) => error.errorno),
      ["1", ""]
    )
  })

  it("reads additional information, whatever the names in it", () => {
    const text =
      "<response><errormessage><error><additionalinfo><errorid>E</errorid><category>C</category><__proto__>p</__proto__></additionalinfo></error></errormessage></response>"
    const info = head(text).controlErrors[0]?.additionalInfo
    assert.strictEqual(JSON.stringify(info), '{"errorid":"E","category":"C","__proto__":"p"}')
  })

  it("ignores white space, comments, unknown elements and attributes", () => {
    const text =
      "\ufeff \n<response a='1'>\n<!-- x --><new><control><status>failure</status></control></new>" +
      "<control>\n <status> SUCCESS </status><status2/></control><operation><authentication><status><x>failure</x>success</status></authentication>" +
      "<result><status>odd</status><new/><key>42</key><listtype>vendor</listtype></result><result/></operation></response>\n<!-- end -->"
    const response = head(text.replace("\ufeff \n", "\ufeff"))
    assert.strictEqual(response.control?.status, "success")
    assert.strictEqual(response.authentication?.status, "success")
    const [first, second] = response.results
    assert.strictEqual(first?.status, "unknown")
    assert.strictEqual(first?.key, "42")
    assert.strictEqual(first?.listType, "vendor")
    assert.strictEqual(second?.raw, "<result/>")
    assert.strictEqual(second?.data, undefined)
  })

  it("takes the list type from the data where the result has none", () => {
    const { results } = head(
      samples.result("<result><status>success</status><data listtype='vendor' count='0'/></result>")
    )
    assert.strictEqual(results[0]?.listType, "vendor")
    assert.strictEqual(results[0]?.data, "<data listtype='vendor' count='0'/>")
  })

  it("joins a text that comes in pieces", () => {
    const text = "<response><control><status>suc<!-- x -->ce<![CDATA[ss]]></status></control></response>"
    assert.strictEqual(head(text).control?.status, "success")
  })

  it("keeps a support id that is not percent-encoding as it is", () => {
    const text = `<response><errormessage>${samples.error("1", "x [Support ID: 100%]")}</errormessage></response>`
    assert.strictEqual(head(text).controlErrors[0]?.supportId, "100%")
  })

  it("does not read the data: not even its entities", () => {
    const { results } = head(samples.result("<result><status>success</status><data><a>&nope; & x</a></data></result>"))
    assert.strictEqual(results[0]?.data, "<data><a>&nope; & x</a></data>")
  })
})

const sessionIn = (data: string | undefined) =>
  apiSession(head(samples.result(`<result><status>success</status>${data ?? ""}</result>`)).results[0]!)

describe("apiSession", () => {
  it("leaves open what the answer does not say", () => {
    assert.deepStrictEqual(sessionIn("<data><api><sessionid>s</sessionid></api></data>"), {
      sessionId: "s",
      endpoint: undefined,
      locationId: undefined
    })
    assert.deepStrictEqual(
      sessionIn("<data><x/><api><x/><endpoint/><sessionid>s</sessionid><locationid>E</locationid></api></data>"),
      {
        sessionId: "s",
        endpoint: undefined,
        locationId: "E"
      }
    )
  })

  it("gives nothing without a session id", () => {
    for (const data of [
      undefined,
      "<data/>",
      "<data><api/></data>",
      "<data><api><sessionid/></api></data>",
      "<data><api><sessionid>&x;</sessionid></api></data>"
    ]) {
      assert.strictEqual(sessionIn(data), undefined)
    }
  })
})

describe("bodies that are no answer", () => {
  const cases: ReadonlyArray<readonly [UnreadableResponse["kind"], ReadonlyArray<string>]> = [
    ["empty", ["", " \r\n", "\ufeff", " ".repeat(10_000)]],
    [
      "html",
      [
        samples.cloudflare,
        "<html><body>502 Bad Gateway</body></html>",
        '\ufeff\n<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"><HTML><br></HTML>',
        '<!-- x --><html lang="en"><br></html>',
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"></html>'
      ]
    ],
    ["json", ['{"ia::error":{}}', " [1]", "[]"]],
    ["not-a-response", ["<root/>", "<soap:Envelope/>", "<Response/>"]],
    [
      "malformed",
      [
        "upstream connect error",
        `${samples.session}<x/>`,
        `${samples.session}garbage`,
        "<response></respons></response>"
      ]
    ],
    ["truncated", [samples.session.slice(0, -1), "<response>", "<"]],
    ["dtd-refused", [`<!DOCTYPE response [<!ENTITY a "b">]>${samples.wrongSender}`]],
    ["entity-refused", ["<response><control><status>&x;</status></control></response>"]],
    ["too-deep", [`<response>${"<a>".repeat(200)}`]]
  ]
  for (const [kind, bodies] of cases) {
    it(`${kind}: says so`, () => {
      for (const body of bodies) assert.strictEqual(unreadable(body).kind, kind, body.slice(0, 80))
    })
  }

  it("too-large: says so without reading", () => {
    assert.deepInclude(unreadable(samples.session, { maxLength: 100 }), { kind: "too-large", offset: 100 })
  })

  it("finds the gateway's codes in short bodies that are no answer, and in no others", () => {
    assert.strictEqual(unreadable('{"message":"API rate limit exceeded"}').gatewayCode, "GW-0010")
    assert.strictEqual(unreadable("API rate limit exceeded").gatewayCode, "GW-0010")
    assert.strictEqual(unreadable('{"ia::error":{"code":"GW-0011"}}').gatewayCode, "GW-0011")
    assert.strictEqual(unreadable("<root>API rate limit exceeded</root>").gatewayCode, "GW-0010")
    assert.strictEqual(unreadable("<response>API rate limit exceeded").gatewayCode, undefined)
    assert.strictEqual(unreadable(`{"a":"${"x".repeat(5000)} GW-0010"}`).gatewayCode, undefined)
  })
})

describe("every cut of a documented answer", () => {
  it("is never taken for a whole one", () => {
    for (const sample of samples.all) {
      for (let length = 0; length < sample.length; length++) {
        const kind = unreadable(sample.slice(0, length)).kind
        assert.isTrue(kind === "truncated" || (kind === "empty" && length === 0), `${kind} at ${length}`)
      }
    }
  })
})

const offsetsInside = (text: string): void => {
  const response = readResponse(text, { maxLength: 5000 })
  if ("kind" in response) assert.isAtMost(response.offset, Math.min(text.length, 5000))
  else for (const result of response.results) assert.include(text, result.raw)
}

/** Closes what is open and leaves out what would close too much: well-formed but for a `<` in an attribute. */
const balanced = (pieces: ReadonlyArray<string>): string => {
  const open: Array<string> = []
  let text = ""
  for (const part of pieces) {
    const name = /^<\/?(V|data)\b/.exec(part)?.[1]
    if (name === undefined) text += part
    else if (!part.startsWith("</")) {
      open.push(name)
      text += part
    } else if (open.at(-1) === name) {
      open.pop()
      text += part
    }
  }
  return (
    text +
    open
      .toReversed()
      .map((name) => `</${name}>`)
      .join("")
  )
}

describe("any body", () => {
  it.prop("is read or found unreadable, and never makes it throw", [anything, anything], ([a, b]) => {
    offsetsInside(a)
    offsetsInside(`<response>${a}<control>${b}</control></response>`)
    offsetsInside(`<response><operation><result>${a}<data>${b}</data></result></operation></response>`)
  })

  const position = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 }))
  const mutation = Schema.Struct({ at: position, remove: position, copyFrom: position })
  it.prop(
    "that is a damaged answer is read or found unreadable as well",
    [Schema.Literals(samples.all), Arbitrary.array(Arbitrary.schema(mutation), { maxLength: 4 }), anything],
    ([sample, mutations, inserted]) => {
      let text: string = sample
      for (const { at, copyFrom, remove } of mutations) {
        const from = at % (text.length + 1)
        const copied = text.slice(copyFrom % (text.length + 1), (copyFrom % (text.length + 1)) + 20)
        text = text.slice(0, from) + inserted + copied + text.slice(from + (remove % 30))
      }
      offsetsInside(text)
    },
    { arbitrary: { runs: 2000 } }
  )

  it.prop(
    "is read in one way, whether its head is the usual one or not",
    [Schema.Literals(samples.all), Arbitrary.array(Arbitrary.schema(mutation), { maxLength: 2 }), anything],
    ([sample, mutations, inserted]) => {
      const begin = sample.indexOf("<response>") + "<response>".length
      let rest: string = sample.slice(begin)
      for (const { at, copyFrom, remove } of mutations) {
        const from = at % (rest.length + 1)
        const copied = rest.slice(copyFrom % (rest.length + 1), (copyFrom % (rest.length + 1)) + 20)
        rest = rest.slice(0, from) + inserted + copied + rest.slice(from + (remove % 30))
      }
      const [usual, other] = ["", "<!-- no usual head -->"].map((comment) =>
        readResponse(sample.slice(0, begin) + comment + rest)
      ) as [ResponseHead | UnreadableResponse, ResponseHead | UnreadableResponse]
      if ("kind" in usual || "kind" in other) assert.strictEqual(Reflect.get(usual, "kind"), Reflect.get(other, "kind"))
      else assert.deepStrictEqual(usual, other)
    },
    { arbitrary: { runs: 2000 } }
  )

  it.each(["", " ", "\n  "])("has the usual head, laid out or not: %j", (space) => {
    const element = (name: string, value: string) => `${space}<${name}>${value}</${name}>`
    const control = ["senderid", "controlid", "uniqueid", "dtdversion"]
      .map((name) => element(name, ` ${name} `))
      .join("")
    const who = ["userid", "companyid"].map((name) => element(name, name)).join("")
    const until = element("sessiontimestamp", "a") + element("sessiontimeout", "b")
    const success = element("status", "success")
    const answer = (from: string) =>
      `<response>${from}${space}<control>${success}${control}${space}</control>${space}<operation>${space}<authentication>${success}${who}${space}<locationid />${until}${space}</authentication>${space}<result>${success}${element("key", "1")}</result>${space}</operation></response>`
    const usual = head(answer(""))
    assert.deepStrictEqual(usual, head(answer("<!-- -->")))
    assert.deepStrictEqual(usual.control?.dtdVersion, "dtdversion")
    assert.deepStrictEqual(usual.authentication?.locationId, "")
    assert.deepStrictEqual(usual.authentication?.sessionTimeout, "b")
  })

  it.each(["<response/>", "<response />"])("has nothing behind the end of its root: %s", (root) => {
    const behind = samples.session.slice(samples.session.indexOf("<response>") + "<response>".length)
    assert.strictEqual(unreadable(root + behind).kind, "malformed")
  })

  const piece = Schema.Literals([
    "<V>",
    "</V>",
    "<V a=\"</data>\" b='>'>",
    "<data>",
    "</data>",
    "<result/>",
    "x",
    " &lt;",
    "<!-- </data> -->",
    "<![CDATA[</data>]]>"
  ])
  const independent = new XMLParser({ ignoreAttributes: false, parseTagValue: false, maxNestedTags: 1000 })

  it.prop(
    "has the data that an independent parser sees",
    [Arbitrary.array(Arbitrary.schema(piece), { maxLength: 30 })],
    ([pieces]) => {
      const data = `<data>${balanced(pieces)}</data>`
      const text = samples.result(`<result><status>success</status>${data}<key>1</key></result>`)
      const result = head(text).results[0]
      assert.strictEqual(result?.data, data)
      assert.strictEqual(result?.key, "1")
      assert.deepStrictEqual(
        independent.parse(result?.data ?? "").data,
        independent.parse(text).response.operation.result.data
      )
    },
    { arbitrary: { runs: 500 } }
  )

  it("is read in time in proportion to its length", () => {
    const pieces = ["[Support ID:", " ", "<error>", "<errormessage/>", "<result/>", "<a>&amp;</a>", "Invalid session "]
    for (const piece of pieces) {
      const long = piece.repeat(200_000)
      const time = processorTime(() => {
        for (const text of [
          long,
          `<response>${long}`,
          `<response><errormessage><error><description2>${long}</description2></error></errormessage></response>`,
          `<response><operation>${long}</operation></response>`
        ]) {
          readResponse(text)
        }
      })
      assert.isBelow(time, 10_000, piece)
    }
  })
})
