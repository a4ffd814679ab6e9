import { assert, describe, it } from "vitest"
import { api, basic, send, soap, soapXml, start, until, webServices } from "./support.ts"

describe("an operation of SOAP", () => {
  it("reads, lists, creates, changes and deletes what REST does", async () => {
    const sandbox = await start()
    const read = await soap(sandbox, { operation: "read", keys: { BPCNUM: "C0002" } })
    assert.deepStrictEqual([read.status, read.soapStatus, read.messages], [200, "1", []])
    assert.deepNestedInclude(read.result, { "BPC0_1.BPCNUM": "C0002", "BPC0_1.CRY": "GB" })
    const list = await soap(sandbox, { operation: "query", keys: { BPCNUM: "C001*", CRY: "GB" }, listSize: 1 })
    assert.deepStrictEqual(
      (list.result as ReadonlyArray<{ readonly BPCNUM: string }>).map(({ BPCNUM }) => BPCNUM),
      ["C0012"]
    )
    const saved = await soap(sandbox, { operation: "save", fields: { BPCNUM: "N1", BPCNAM: "A & <B>", OSTAUZ: "7" } })
    assert.strictEqual(saved.soapStatus, "1")
    const path = "x3/erp/SEED/BPCUSTOMER('N1')?representation=BPCUSTOMER.$details"
    assert.deepInclude((await api(sandbox, path)).json, { BPCNAM: "A & <B>", OSTAUZ: 7 })
    await soap(sandbox, { operation: "modify", keys: { BPCNUM: "N1" }, fields: { BPCNAM: "Newer" } })
    assert.strictEqual((await api(sandbox, path)).at("BPCNAM"), "Newer")
    assert.strictEqual((await soap(sandbox, { operation: "delete", keys: { BPCNUM: "N1" } })).soapStatus, "1")
    assert.strictEqual((await api(sandbox, path)).at("$diagnoses 0 $message"), "721 : Record does not exist")
    const described = await soap(sandbox, { operation: "getDescription" })
    assert.include(described.text, `<FLD NAM="OSTAUZ" TYP="Decimal"/>`)
    const composite = { BPATYP: "1", BPANUM: "C0002", BPAADD: "A1" }
    const address = await soap(sandbox, { operation: "read", publicName: "WSBPA", keys: composite })
    assert.deepNestedInclude(address.result, { "BPA1_1.CTY": "London" })
  })

  it("runs a subprogram, with a warning beside its result", async () => {
    const sandbox = await start()
    const run = (customer: string) =>
      soap(sandbox, { operation: "run", publicName: "WSORDERS", fields: { BPCNUM: customer } })
    assert.deepStrictEqual((await run("C0001")).result, {
      GRP1: { BPCNUM: "C0001", TOTAL: 700 },
      GRP2: [
        { SOHNUM: "SON00001", ORDNOT: 100 },
        { SOHNUM: "SON00021", ORDNOT: 600 }
      ]
    })
    const none = await run("C0060")
    assert.deepStrictEqual([none.soapStatus, none.messages], ["1", [["2", "Customer C0060 has no orders"]]])
    assert.deepStrictEqual((await run("nobody")).messages, [["3", "721 : Record does not exist"]])
  })

  it("takes its parameters as JSON, in groups or without", async () => {
    const sandbox = await start()
    const save = async (payload: string) => (await soap(sandbox, { operation: "save", payload })).messages[0]?.[1]
    assert.isUndefined(await save(`{"BPC0_1":{"BPCNUM":"J1","OSTAUZ":3.5},"BPC1_1":{"CRY":"PT"}}`))
    assert.isUndefined(await save(`{"BPCNUM":"J2"}`))
    const read = await soap(sandbox, { operation: "read", keys: { BPCNUM: "J1" } })
    assert.deepNestedInclude(read.result, { "BPC0_1.OSTAUZ": 3.5, "BPC0_1.CRY": "PT" })
    assert.strictEqual(await save(`{"BPCNUM":`), "The parameters are neither JSON nor well-formed XML")
    assert.strictEqual(await save("<PARAM>"), "The parameters are neither JSON nor well-formed XML")
  })

  it("answers in the documented envelope, XML or JSON as asked", async () => {
    const sandbox = await start()
    const failed = await soap(sandbox, { operation: "read", keys: { BPCNUM: "x<y" } })
    assert.deepStrictEqual(
      [failed.status, failed.soapStatus, failed.messages, failed.result],
      [200, "0", [["3", "721 : Record does not exist"]], undefined]
    )
    assert.match(failed.headers["content-type"] ?? "", /^text\/xml/)
    assert.match(
      failed.text,
      /<wss:readResponse [^>]*><readReturn xsi:type="wss:CAdxResultXml"><messages xsi:type="soapenc:Array" soapenc:arrayType="wss:CAdxMessage\[1\]"><messages href="#id0"\/><\/messages><resultXml xsi:type="xsd:string" xsi:nil="true"\/><status xsi:type="xsd:int">0<\/status><technicalInfos xsi:type="wss:CAdxTechnicalInfos"><busy xsi:type="xsd:boolean">false<\/busy>/
    )
    assert.deepStrictEqual(Object.keys(failed.infos).length, 20)
    const xml = await soap(sandbox, {
      operation: "read",
      keys: { BPCNUM: "C0001" },
      config: "adxwss.optreturn=XML&adxwss.beautify=true&adxwss.trace.on=on"
    })
    assert.include(xml.text, `<![CDATA[<RESULT>\n<GRP ID="BPC0_1">\n<FLD NAME="BPCNUM" TYPE="Char">C0001</FLD>\n`)
    assert.include(xml.text, `<traceRequest xsi:type="xsd:string">read WSBPC</traceRequest>`)
  })

  it("says with status 0 what is not there", async () => {
    const sandbox = await start()
    const messages = async (parts: Parameters<typeof soap>[1]) => (await soap(sandbox, parts)).messages[0]?.[1]
    assert.strictEqual(await messages({ operation: "read", publicName: "WSX" }), "Web service WSX is not published")
    assert.strictEqual(await messages({ operation: "run", publicName: "WSX" }), "Web service WSX is not published")
    assert.match(
      (await messages({ operation: "insertLines" })) ?? "",
      /^The sandbox does not play the operation insertLines/
    )
    assert.strictEqual(await messages({ operation: "query", keys: { NOTHING: "x" } }), "NOTHING : Unknown field")
    assert.strictEqual(await messages({ operation: "save", fields: { NOTHING: "x" } }), "NOTHING : Unknown field")
    const { unmapped } = webServices(sandbox)
    const answer = await soap(sandbox, { operation: "query" }, { headers: { authorization: basic(unmapped) } })
    assert.deepStrictEqual(answer.messages, [["3", "User visitor is not mapped for endpoint SEED"]])
  })

  it("identifies by HTTP alone: codeUser and password are ignored", async () => {
    const sandbox = await start()
    const context = "<codeUser>wsadmin</codeUser><password>wrong-Px7</password>"
    assert.strictEqual((await soap(sandbox, { operation: "query", context })).soapStatus, "1")
    const bad = await soap(sandbox, { operation: "query", context }, { headers: { authorization: undefined } })
    assert.deepStrictEqual([bad.status, bad.text], [401, "Authentication failed..."])
    const token = await soap(sandbox, { operation: "query" }, { headers: { authorization: "Bearer made-up" } })
    assert.deepStrictEqual([token.status, token.text], [401, "Error 30: Invalid token"])
    assert.notInclude(JSON.stringify(sandbox.requests()), "wrong-Px7")
  })

  it("that is none is a fault", async () => {
    const sandbox = await start()
    for (const body of ["", "<x/>", "<a", soapXml(sandbox, { operation: "read" }).slice(0, -20)]) {
      const answer = await soap(sandbox, body)
      assert.strictEqual(answer.status, 500)
      assert.include(answer.text, "<faultcode>soapenv:Client</faultcode>")
    }
  })

  it("is described by a WSDL with the address of the port", async () => {
    const sandbox = await start()
    const { onPremise, basic: login } = webServices(sandbox)
    const path = "syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"
    const answer = await send(sandbox, `${onPremise}/soap-wsdl/${path}?wsdl`, {
      headers: { authorization: basic(login) }
    })
    assert.include(answer.text, `<wsdlsoap:address location="${onPremise}/soap-generic/${path}"/>`)
    assert.strictEqual((await send(sandbox, `${onPremise}/soap-wsdl/${path}?wsdl`)).status, 401)
  })
})

describe("a pool", () => {
  it("must be there, started, and spelled to the letter", async () => {
    const sandbox = await start()
    const message = async (pool: string) => (await soap(sandbox, { operation: "query", pool })).messages
    assert.deepStrictEqual(await message("wsseed"), [["3", "No classic web service pool match to 'wsseed'"]])
    sandbox.x3.setPool("WSSEED", { state: "stopped" })
    assert.deepStrictEqual(await message("WSSEED"), [["3", "No classic web service pool match to 'WSSEED'"]])
    sandbox.x3.setPool("WSSEED", { state: "started" })
    assert.deepStrictEqual(await message("WSSEED"), [])
    sandbox.x3.setPool("WSSEED", null)
    assert.deepStrictEqual(await message("WSSEED"), [["3", "No classic web service pool match to 'WSSEED'"]])
  })

  it("needs web service processes, of which Sage's default has none", async () => {
    const sandbox = await start({ x3: { webServiceProcesses: 0 } })
    const answer = await soap(sandbox, { operation: "query" })
    assert.deepStrictEqual([answer.status, answer.text], [500, "No Web services accepted"])
    assert.strictEqual(
      (await soap(sandbox, { operation: "query" }, { headers: { authorization: undefined } })).status,
      401
    )
  })

  it("serves as many calls at a time as it has channels, while the others wait", async () => {
    const sandbox = await start({ x3: { webServiceProcesses: 2, pools: { ONE: { size: 1 } } } })
    sandbox.fault("x3-web-services", { on: "ONE", kind: "hang", duration: "10 seconds", times: 2 })
    const stuck = [1, 2].map(() => soap(sandbox, { operation: "query", pool: "ONE" }).catch(() => "gone"))
    await until(() => sandbox.requests({ step: "soap" }).length === 2)
    const third = soap(sandbox, { operation: "query", pool: "ONE" })
    await until(() => sandbox.requests({ step: "soap" }).length === 3)
    assert.strictEqual(sandbox.requests({ step: "soap" }).at(-1)?.concurrent, 3)
    // Nobody who may not come in stands in the queue.
    assert.strictEqual(
      (await soap(sandbox, { operation: "query", pool: "ONE" }, { headers: { authorization: undefined } })).status,
      401
    )
    await sandbox.clock.advance("29 seconds")
    assert.strictEqual(sandbox.requests({ step: "soap" })[2]?.status, 0)
    await sandbox.clock.advance("1 second")
    const answer = await third
    assert.deepStrictEqual([answer.status, answer.text], [500, "Queue timeout"])
    await sandbox.stop()
    assert.deepStrictEqual(await Promise.all(stuck), ["gone", "gone"])
  })

  it("says how long a call waited, and refuses as the switch says", async () => {
    const sandbox = await start({
      x3: { pools: { ONE: { size: 1, queueTimeout: "5 seconds" } }, latency: "3 seconds" }
    })
    const calls = [1, 2, 3].map(() => soap(sandbox, { operation: "query", pool: "ONE" }))
    await until(() => sandbox.requests({ step: "soap" }).length === 3)
    sandbox.x3.configure({ queueTimeoutAnswer: { status: 200, message: "All channels are busy" } })
    await sandbox.clock.advance("6 seconds")
    const answers = await Promise.all(calls)
    const waits = answers.map(({ infos, soapStatus, messages }) => [
      soapStatus,
      (infos["poolWaitDuration"] as { readonly "#text": string })["#text"],
      messages[0]?.[1]
    ])
    assert.deepStrictEqual(
      waits.toSorted((one, other) => Number(one[1]) - Number(other[1])),
      [
        ["1", "0", undefined],
        ["1", "3000", undefined],
        ["0", "5000", "All channels are busy"]
      ]
    )
  })

  it("refuses to be what no pool can be", async () => {
    const sandbox = await start()
    assert.throws(() => sandbox.x3.setPool("ONE", { size: 0 }), "size must be a whole number")
    assert.throws(() => sandbox.x3.setPool("ONE", { queueTimeout: "soon" }), "pools.ONE.queueTimeout must be")
    assert.throws(() => sandbox.x3.configure({ webServiceProcesses: -1 }), "webServiceProcesses must be")
  })
})
