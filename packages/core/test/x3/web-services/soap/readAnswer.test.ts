import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { readAnswer } from "../../../../src/x3/web-services/soap/readAnswer.ts"
import { escapeText } from "../../../../src/xml/escape.ts"
import { anything, carriable } from "../../../../../../tests/src/arbitraries.ts"
import { answer, envelope, fault } from "./strings.ts"

const named = (count: number) => Array.from({ length: count }, (_, at) => `<n${at}>1</n${at}>`).join("")
const returned = (inside: string, beside = "") =>
  envelope(`<w:runResponse><runReturn><status>1</status>${inside}</runReturn></w:runResponse>${beside}`, "S")

describe("an answer to a SOAP call", () => {
  it("gives status, messages, result and technical infos", () => {
    const read = readAnswer(
      answer({
        operation: "save",
        messages: [
          [1, "Created"],
          [2, "Careful &amp; slow"]
        ],
        result: '{"A":1}',
        infos:
          '<busy xsi:type="xsd:boolean">false</busy><poolExecDuration xsi:type="xsd:double">12.5</poolExecDuration><processReport xsi:type="xsd:string" xsi:nil="true"/><totalDuration>30</totalDuration>'
      })
    )
    assert.deepStrictEqual(read, {
      _tag: "Result",
      status: 1,
      messages: [
        { type: 1, message: "Created" },
        { type: 2, message: "Careful & slow" }
      ],
      result: '{"A":1}',
      technicalInfos: { busy: false, poolExecDuration: 12.5, totalDuration: 30 }
    })
  })

  it("is read whatever its prefixes are, and whichever way its messages are written", () => {
    const body =
      "<n:runResponse><n:runReturn><messages><message>one</message><type>3</type></messages><messages><message>two</message></messages><status>0</status></n:runReturn></n:runResponse>"
    assert.deepStrictEqual(readAnswer(envelope(body, "S")), {
      _tag: "Result",
      status: 0,
      messages: [
        { type: 3, message: "one" },
        { type: undefined, message: "two" }
      ],
      result: "",
      technicalInfos: {}
    })
  })

  it("may put its values beside itself, and is followed one step", () => {
    const body =
      '<wss:runResponse><runReturn href="#r"/></wss:runResponse><multiRef id="r"><messages><messages href="#m"/><messages href="#gone"/><messages href="#loop"/></messages><resultXml>x</resultXml><status>0</status><technicalInfos href="#t"/></multiRef><multiRef id="m"><message>one</message><type>3</type></multiRef><multiRef id="loop" href="#loop"/><multiRef id="t"><totalDuration>5</totalDuration></multiRef>'
    assert.deepStrictEqual(readAnswer(envelope(body)), {
      _tag: "Result",
      status: 0,
      messages: [{ type: 3, message: "one" }],
      result: "x",
      technicalInfos: { totalDuration: 5 }
    })
  })

  // any of these held the event loop for minutes where each part was looked for among all of them
  it("may have any number of technical infos, which takes no longer for each", () => {
    const read = readAnswer(returned(`<technicalInfos>${named(50_000)}</technicalInfos>`))
    assert.strictEqual(read._tag === "Result" && Object.keys(read.technicalInfos).length, 50_000)
  })

  it("may name one large value many times, which is read once", () => {
    const large = `<multiRef id="m"><message>one</message>${named(50_000)}</multiRef>`
    const inside = `<messages>${'<messages href="#m"/>'.repeat(5_000)}</messages>`
    const read = readAnswer(returned(inside, large))
    assert.strictEqual(read._tag === "Result" && read.messages.length, 5_000)
  })

  it("has a limit of messages, however they are multiplied", () => {
    const many = `<multiRef id="m">${"<a><message>x</message></a>".repeat(5_000)}</multiRef>`
    const read = (times: number) => readAnswer(returned('<messages href="#m"/>'.repeat(times), many))
    assert.strictEqual(read(2)._tag, "Result")
    assert.deepStrictEqual(read(3), { _tag: "Unreadable", kind: "too-many" })
    assert.deepStrictEqual(read(100_000), { _tag: "Unreadable", kind: "too-many" })
  })

  it("may be a fault, with what its detail says", () => {
    assert.deepStrictEqual(readAnswer(fault("soapenv:Server", "Broken &lt;pool&gt;")), {
      _tag: "Fault",
      code: "soapenv:Server",
      text: "Broken <pool>"
    })
    const detailed = envelope(
      "<soapenv:Fault><faultcode>Client</faultcode><faultstring></faultstring><detail><a>x<b>y</b></a></detail></soapenv:Fault>"
    )
    assert.match(String((readAnswer(detailed) as { readonly text?: string }).text), /y x|x y/)
  })

  it.each(["", "No Web services accepted", "<html><body>x</body></html>", '{"a":1}', envelope(""), envelope("<x/>")])(
    "is foreign where it is no result: %s",
    (text) => {
      assert.deepStrictEqual(readAnswer(text), { _tag: "Unreadable", kind: "foreign" })
    }
  )

  it("is refused with declarations, entities of its own, and depth", () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>${answer({}).replace(/^<\?.*?\?>/, "")}`
    assert.strictEqual(readAnswer(bomb)._tag, "Unreadable")
    const entity = answer({ messages: [[1, "&a;"]] })
    assert.deepStrictEqual(readAnswer(entity), { _tag: "Unreadable", kind: "entity-refused" })
    const deep = envelope("<a>".repeat(40) + "</a>".repeat(40))
    assert.deepStrictEqual(readAnswer(deep), { _tag: "Unreadable", kind: "too-deep" })
  })

  it("that was cut off anywhere is none", () => {
    const whole = answer({ result: "x", messages: [[1, "m"]] })
    for (let length = 120; length < whole.length; length += 7) {
      assert.strictEqual(readAnswer(whole.slice(0, length))._tag, "Unreadable", String(length))
    }
  })

  it.prop("gives back any message and any result", [carriable, carriable], ([message, result]) => {
    const plain = result.replaceAll("]]>", "")
    const read = readAnswer(answer({ messages: [[1, escapeText(message)]], result: plain }))
    assert.strictEqual(read._tag, "Result")
    if (read._tag !== "Result") return
    assert.strictEqual(read.messages[0]?.message, message.trim() === "" ? read.messages[0]?.message : message)
    assert.strictEqual(read.result, plain.replace(/\r\n?/g, "\n"))
  })

  it.prop("never throws on any text", [anything], ([text]) => {
    for (const given of [text, envelope(text), answer({ infos: text }), answer({ status: text }), fault(text, text)]) {
      assert.isString(readAnswer(given)._tag)
    }
  })

  it.prop("never throws on any bytes", [Arbitrary.array(Arbitrary.schema(Schema.Int))], ([numbers]) => {
    const bytes = Uint8Array.from(numbers, (number) => Math.abs(number) % 256)
    const text = new TextDecoder().decode(bytes)
    for (const given of [text, envelope(text)]) assert.isString(readAnswer(given)._tag)
  })
})
