import { assert, describe, it } from "vitest"
import { errorOf, openLedger, operation, rejectionOf, xml } from "./fakeGateway.ts"

const read = '<function controlid="f1"><readByQuery><object>VENDOR</object></readByQuery></function>'

const request = (
  functions: string,
  { control = "", operation = "", locationId = "" }: { control?: string; operation?: string; locationId?: string } = {}
): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<request>
  <control><senderid>theirs</senderid><password>s3cr3t-canary</password><controlid>1&amp;2</controlid>${control}<includewhitespace>false</includewhitespace></control>
  <operation${operation}>
    <authentication><login><userid>somebody</userid><companyid>elsewhere</companyid><password>s3cr3t-canary</password>${locationId}</login></authentication>
    <content>${functions}</content>
  </operation>
</request>`

describe("relay()", () => {
  it("sends the functions of a document with the connection's own sender and session", async () => {
    const { arrived, ledger } = openLedger(({ fn }) =>
      fn === "readByQuery"
        ? operation(
            '<result><status>success</status><function>readByQuery</function><controlid>f1</controlid><data count="0"/></result>'
          )
        : undefined
    )
    const { body, contentType } = await ledger.relay(request(read))
    const sent = arrived.at(-1)?.body ?? ""
    assert.include(sent, "<senderid>sender</senderid>")
    assert.include(sent, "<sessionid>session</sessionid>")
    assert.include(sent, read)
    assert.notMatch(arrived.map((each) => each.body).join(), /canary|elsewhere|theirs/)
    assert.strictEqual(contentType, "application/xml")
    assert.strictEqual(
      body,
      '<?xml version="1.0" encoding="UTF-8"?><response><control><status>success</status><senderid>theirs</senderid><controlid>1&amp;2</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><status>success</status><userid>gateway</userid><companyid>acme</companyid><locationid /></authentication><result><status>success</status><function>readByQuery</function><controlid>f1</controlid><data count="0"/></result></operation></response>'
    )
    assert.notInclude(body, "session<")
  })

  it("works in the entity of the document's login, in its transaction and with its uniqueid", async () => {
    const { arrived, ledger } = openLedger(() => undefined)
    await ledger.relay(
      request(read, {
        control: "<uniqueid>true</uniqueid><dtdversion>3.0</dtdversion>",
        operation: ' transaction="true"',
        locationId: "<locationid>E1</locationid>"
      })
    )
    const sent = arrived.at(-1)?.body ?? ""
    assert.include(sent, '<operation transaction="true">')
    assert.include(sent, "<uniqueid>true</uniqueid>")
    assert.isTrue(arrived.some(({ body }) => body.includes("<locationid>E1</locationid>")))
  })

  it("answers with a function that failed as with any result", async () => {
    const failed = `<result><status>failure</status><function>readByQuery</function><controlid>f1</controlid><errormessage>${errorOf("DL02000001", "There was an error processing the request")}</errormessage></result>`
    const { ledger } = openLedger(({ fn }) => (fn === "readByQuery" ? operation(failed) : undefined))
    assert.include((await ledger.relay(request(read))).body, failed)
  })

  it("hands JSON over as JSON, where a function asked for it", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "readByQuery" ? xml('[{"VENDORID":"V1"}]', 200, { "content-type": "application/json" }) : undefined
    )
    const asking = read.replace("</readByQuery>", "<returnFormat>json</returnFormat></readByQuery>")
    assert.deepStrictEqual(await ledger.relay(request(asking)), {
      body: '[{"VENDORID":"V1"}]',
      contentType: "application/json"
    })
  })

  it("says that a request was queued", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "readByQuery"
        ? xml(
            "<response><acknowledgement><status>success</status></acknowledgement><control><status>success</status><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control></response>"
          )
        : undefined
    )
    const { body } = await ledger.relay(request(read, { control: "<policyid>policy</policyid>" }))
    assert.include(body, "<acknowledgement><status>success</status></acknowledgement>")
  })

  it.each([
    ["what is no text", Buffer.from("<request/>") as never, "document"],
    ["what is no XML", "function=read", "document"],
    ["another document", "<response></response>", "<request>"],
    ["a document that ends too early", request(read).slice(0, -20), "truncated"],
    ["a document type declaration", `<!DOCTYPE request SYSTEM "x">${request(read)}`, "dtd-refused"],
    ["no function", request(""), "content"],
    ["something else than functions", request("<read/>"), "content"],
    ["an older version", request(read, { control: "<dtdversion>2.1</dtdversion>" }), "dtdversion"],
    ["another word than true or false", request(read, { operation: ' transaction="maybe"' }), "transaction"],
    ["two operations", request(read).replace("</request>", "<operation/></request>"), "operation"],
    ["a session, which stays here", request('<function controlid="a"><getAPISession/></function>'), "getAPISession"]
  ])("refuses %s by name, and sends nothing", async (_, document, named) => {
    const { arrived, ledger } = openLedger(() => undefined)
    const error = await rejectionOf(ledger.relay(document))
    assert.propertyVal(error, "id", "client.function-refused")
    assert.include(String(error), named)
    assert.notInclude(String(error), "canary")
    assert.lengthOf(arrived, 0)
  })
})
