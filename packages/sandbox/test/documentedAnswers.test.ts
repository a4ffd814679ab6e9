import { assert, describe, it } from "vitest"
import { errorOf, loginXml, open, post, readByQuery, requestXml, send, sessionXml, start, use } from "./support.ts"

describe("documented answers of the XML gateway", () => {
  it("opens a session with the fields that the documentation shows", async () => {
    const sandbox = await start({ startAt: Date.UTC(2026, 10, 21, 12, 0, 0) })
    const { login } = sandbox.accounts["intacct-xml"]
    const { answer, sessionId, endpoint, locationId } = await open(sandbox)
    assert.strictEqual(answer.status, 200)
    assert.strictEqual(answer.headers.get("content-type"), 'text/xml; encoding="UTF-8"')
    assert.deepStrictEqual(answer.at("response.control"), {
      status: "success",
      senderid: "sandbox_sender",
      controlid: "unittest",
      uniqueid: "false",
      dtdversion: "3.0"
    })
    assert.deepStrictEqual(answer.at("response.operation.authentication"), {
      status: "success",
      userid: login.userId,
      companyid: login.companyId,
      locationid: "",
      sessiontimestamp: "2026-11-21T12:00:00+00:00",
      sessiontimeout: "2026-11-21T12:30:00+00:00"
    })
    assert.strictEqual(answer.at("response.operation.result.status"), "success")
    assert.strictEqual(answer.at("response.operation.result.function"), "getAPISession")
    assert.strictEqual(answer.at("response.operation.result.controlid"), "f0")
    assert.match(sessionId, /^[A-Za-z0-9_-]{56}$/)
    assert.strictEqual(endpoint, sandbox.urls["intacct-xml"].xml.replace("/ia/", "/pods/na12/ia/"))
    assert.strictEqual(locationId, "")
  })

  it("answers what the official JavaScript SDK sends, byte for byte", async () => {
    const sandbox = await start()
    const { sender, login } = sandbox.accounts["intacct-xml"]
    const answer = await post(
      sandbox.urls["intacct-xml"].xml,
      `<?xml version="1.0" encoding="utf-8" ?><request><control><senderid>${sender.id}</senderid><password>${sender.password}</password><controlid>unittest</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control><operation transaction="false"><authentication><login><userid>${login.userId}</userid><companyid>${login.companyId}</companyid><password>${login.password}</password><locationid>E1</locationid></login></authentication><content><function controlid="func1"><getAPISession /></function></content></operation></request>`
    )
    assert.strictEqual(answer.at("response.operation.result.data.api.locationid"), "E1")
    assert.notInclude(answer.text, "\n")
  })

  it("takes the legacy content type, and refuses others", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const body = requestXml(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    const url = sandbox.urls["intacct-xml"].xml
    const legacy = await post(url, body, { contentType: "x-intacct-xml-request" })
    assert.strictEqual(legacy.at("response.control.status"), "success")
    const json = await post(url, body, { contentType: "application/json" })
    assert.strictEqual(json.status, 400)
    assert.strictEqual(errorOf(json, "control")["errorno"], "GW-0014")
  })

  it("refuses GET with 405", async () => {
    const sandbox = await start()
    const response = await fetch(sandbox.urls["intacct-xml"].xml)
    assert.strictEqual(response.status, 405)
    assert.strictEqual(response.headers.get("allow"), "POST")
  })

  it("refuses a wrong sender at control level", async () => {
    const sandbox = await start()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    for (const wrong of [
      { ...sender, password: "wrong" },
      { ...sender, id: "SANDBOX_SENDER" }
    ]) {
      const answer = await send(sandbox, {
        sender: wrong,
        authentication: loginXml(login),
        functions: ["<getAPISession/>"]
      })
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(answer.at("response"), {
        control: {
          status: "failure",
          senderid: wrong.id,
          controlid: "unittest",
          uniqueid: "false",
          dtdversion: "3.0"
        },
        errormessage: {
          error: {
            errorno: "XL03000006",
            description: "",
            description2: "Incorrect Intacct XML Partner ID or password.",
            correction: ""
          }
        }
      })
    }
  })

  it("names the line of a document that is not well-formed", async () => {
    const sandbox = await start()
    const answer = await post(sandbox.urls["intacct-xml"].xml, "<request>\n<control>\n</request>")
    assert.strictEqual(answer.status, 200)
    assert.strictEqual(answer.at("response.control.status"), "failure")
    assert.strictEqual(answer.at("response.control.senderid"), "")
    const error = errorOf(answer, "control")
    assert.strictEqual(error["errorno"], "XL03000003")
    assert.match(
      String(error["description2"]),
      /^XML Parse schema error: Fatal Error 76: Opening and ending tag mismatch: control line 2 and request\. Line: 3, column: \d+\. \[Support ID: .*%7E.*\]$/
    )
  })

  it.each([
    ["an empty body", ""],
    ["no XML at all", "hello"],
    ["two roots", "<request/><request/>"],
    ["text after the root", "<request/>x>"],
    ["text before the root", "x<request/>"],
    ["another root", "<response/>"],
    ["an undefined entity", "<request>&nbsp;</request>"],
    ["a control character by reference", "<request>&#1;</request>"],
    ["a lone surrogate by reference", "<request>&#xD800;</request>"],
    ["a control character", "<request>\u0001</request>"],
    ["a document type", '<!DOCTYPE request [<!ENTITY a "b">]><request>&a;</request>'],
    ["reserved names of JavaScript", "<request><__proto__/></request>"],
    ["elements nested very deep", "<a>".repeat(5000) + "</a>".repeat(5000)]
  ])("refuses %s with XL03000003", async (_, body) => {
    const sandbox = await start()
    const answer = await post(sandbox.urls["intacct-xml"].xml, body)
    assert.strictEqual(answer.status, 200)
    assert.strictEqual(answer.at("response.control.status"), "failure")
    assert.strictEqual(errorOf(answer, "control")["errorno"], "XL03000003")
  })

  it.each([
    ["a control block without controlid", (xml: string) => xml.replace(/<controlid>.*?<\/controlid>/, "")],
    ["an empty controlid", (xml: string) => xml.replace(/<controlid>.*?<\/controlid>/, "<controlid/>")],
    ["a controlid of 257 characters", (xml: string) => xml.replace("unittest", "x".repeat(257))],
    ["no dtdversion", (xml: string) => xml.replace("<dtdversion>3.0</dtdversion>", "")],
    ["an unknown dtdversion", (xml: string) => xml.replace("3.0", "4.0")],
    ["a uniqueid that is no boolean", (xml: string) => xml.replace("<uniqueid>false", "<uniqueid>no")],
    ["a transaction that is no boolean", (xml: string) => xml.replace('transaction="false"', 'transaction="yes"')],
    ["no authentication", (xml: string) => xml.replace(/<authentication>.*<\/authentication>/, "")],
    ["an empty authentication", (xml: string) => xml.replace(/<login>.*<\/login>/, "")],
    ["two ways to authenticate", (xml: string) => xml.replace("</login>", "</login><sessionid>x</sessionid>")],
    [
      "companyid after password in a login",
      (xml: string) => xml.replace(/(<companyid>.*<\/companyid>)(<password>login.*?<\/password>)/, "$2$1")
    ],
    [
      "locationid before clientid in a login",
      (xml: string) => xml.replace("</login>", "<locationid>E1</locationid><clientid>AcmeClient</clientid></login>")
    ],
    ["a login without password", (xml: string) => xml.replace(/<password>login.*?<\/password>/, "")],
    ["no function", (xml: string) => xml.replace(/<function.*<\/function>/, "")],
    ["a function without controlid", (xml: string) => xml.replace(' controlid="f0"', "")],
    ["an empty function", (xml: string) => xml.replace("<getAPISession/>", "")],
    ["two elements in a function", (xml: string) => xml.replace("<getAPISession/>", "<getAPISession/><inspect/>")],
    ["a function that nobody knows", (xml: string) => xml.replace("<getAPISession/>", "<getEverything/>")]
  ])("refuses %s with XL03000003", async (_, change) => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const right = requestXml(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    const wrong = change(right)
    assert.notStrictEqual(wrong, right)
    const answer = await post(sandbox.urls["intacct-xml"].xml, wrong)
    assert.strictEqual(errorOf(answer, "control")["errorno"], "XL03000003")
    assert.strictEqual(sandbox.intacct.transactions(login.companyId).functions["getAPISession"], undefined)
  })

  it("lists every mistake of a document", async () => {
    const sandbox = await start()
    const answer = await post(
      sandbox.urls["intacct-xml"].xml,
      "<request><control><senderid>a</senderid></control><operation><authentication/></operation></request>"
    )
    const errors = answer.at("response.errormessage.error")
    assert.isArray(errors)
    assert.strictEqual((errors as ReadonlyArray<unknown>).length, 5)
  })

  it("quotes the value of get_list that its list does not have", async () => {
    const sandbox = await start()
    const answer = await send(sandbox, {
      authentication: loginXml(sandbox.accounts["intacct-xml"].login),
      functions: ['<get_list object="whatever"/>']
    })
    assert.match(
      String(errorOf(answer, "control")["description2"]),
      /^XML Parse error: Error 502: Value "whatever" for attribute object of get_list is not among the enumerated set\./
    )
  })

  it("names an unknown transport policy, and acknowledges a known one after doing the work", async () => {
    const sandbox = await start()
    const { login, policyId } = sandbox.accounts["intacct-xml"]
    const request = (policy: string, id: string) =>
      send(sandbox, {
        authentication: loginXml(login),
        functions: [`<create><VENDOR><VENDORID>${id}</VENDORID><NAME>Offline</NAME></VENDOR></create>`],
        control: `<policyid>${policy}</policyid>`
      })
    const unknown = await request("test", "V-A")
    assert.strictEqual(errorOf(unknown, "control")["errorno"], "XL03000006")
    assert.strictEqual(errorOf(unknown, "control")["description2"], "test is not a valid transport policy.")

    const known = await request(policyId, "V-B")
    assert.strictEqual(known.at("response.acknowledgement.status"), "success")
    assert.strictEqual(known.at("response.control.status"), "success")
    assert.isUndefined(known.at("response.operation"))
    assert.isBelow(known.text.indexOf("<acknowledgement>"), known.text.indexOf("<control>"))
    const read = await use(sandbox, await open(sandbox), readByQuery("VENDOR", "NAME = 'Offline'"))
    assert.strictEqual(read.at("response.operation.result.data.vendor.VENDORID"), "V-B")
  })

  it("refuses an expired demo company with empty ids", async () => {
    const sandbox = await start()
    const answer = await send(sandbox, {
      authentication: loginXml(sandbox.accounts["intacct-xml"].expired),
      functions: ["<getAPISession/>"]
    })
    assert.strictEqual(answer.at("response.control.status"), "failure")
    assert.strictEqual(answer.at("response.control.senderid"), "")
    assert.strictEqual(answer.at("response.control.controlid"), "")
    assert.strictEqual(errorOf(answer, "control")["errorno"], "PL04000055")
    assert.strictEqual(errorOf(answer, "control")["description2"], "This company is a demo company and has expired.")
  })

  it("refuses a company that does not exist with 400 and GW-0011, or as older gateways did", async () => {
    const sandbox = await start()
    const login = { ...sandbox.accounts["intacct-xml"].login, companyId: "Nobody" }
    const request = () => send(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
    const now = await request()
    assert.strictEqual(now.status, 400)
    assert.deepStrictEqual(now.at("response.control"), { status: "failure" })
    const error = errorOf(now, "control")
    assert.deepStrictEqual(Object.keys(error), ["errorno", "description"])
    assert.strictEqual(error["errorno"], "GW-0011")
    assert.match(
      String(error["description"]),
      /^Invalid Request \[Request ID: [0-9A-F]{8}:[0-9A-F]{4}_[0-9A-F]{8}\.\d\d\]$/
    )

    sandbox.intacct.configure({ wrongCompany: "invalidRequest" })
    const older = await request()
    assert.strictEqual(older.status, 400)
    assert.deepStrictEqual(errorOf(older, "control"), { errorno: "invalidRequest", description: "Invalid Request" })
  })

  it("refuses a wrong user, password or entity at authentication level", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    for (const wrong of [
      { ...login, userId: "nobody" },
      { ...login, password: "wrong" },
      { ...login, entityId: "E9" }
    ]) {
      const answer = await send(sandbox, { authentication: loginXml(wrong), functions: ["<getAPISession/>"] })
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.at("response.control.status"), "success")
      assert.deepStrictEqual(answer.at("response.operation"), {
        authentication: { status: "failure", userid: wrong.userId, companyid: wrong.companyId },
        errormessage: {
          error: {
            errorno: "XL03000006",
            description: "",
            description2: "Sign-in information is incorrect",
            correction: ""
          }
        }
      })
    }
  })

  it.each(["XMLGW_JPP0002", "UJPP0002"] as const)(
    "refuses a wrong login as the gateway does with 401 and %s",
    async (wrongLogin) => {
      const sandbox = await start({ intacct: { wrongLogin } })
      const answer = await send(sandbox, {
        authentication: loginXml({ ...sandbox.accounts["intacct-xml"].login, password: "wrong" }),
        functions: ["<getAPISession/>"]
      })
      assert.strictEqual(answer.status, 401)
      assert.deepStrictEqual(answer.at("response"), {
        control: { status: "failure" },
        errormessage: {
          error: {
            errorno: wrongLogin,
            description: "Sign-in information is incorrect. Please check your request."
          }
        }
      })
    }
  )

  it("says which sender is not authorised for which company", async () => {
    const sandbox = await start()
    const { unauthorised } = sandbox.accounts["intacct-xml"]
    const answer = await send(sandbox, { authentication: loginXml(unauthorised), functions: ["<getAPISession/>"] })
    assert.strictEqual(answer.at("response.operation.authentication.userid"), unauthorised.userId)
    assert.include(answer.text, "The sender ID &#039;sandbox_sender&#039; is not authorized")
    assert.deepStrictEqual(errorOf(answer, "authentication"), {
      errorno: "XL03000006",
      description: "Invalid Web Services Authorization",
      description2:
        "The sender ID 'sandbox_sender' is not authorized to make Web Services requests to company ID 'AcmeClosed'.",
      correction: "Contact the company administrator to grant Web Services authorization to this sender ID."
    })
  })

  it("refuses a session that it does not know, with its id in the text and empty ids beside it", async () => {
    const sandbox = await start()
    const answer = await send(sandbox, { authentication: sessionXml("gone"), functions: [readByQuery("VENDOR")] })
    assert.strictEqual(answer.status, 200)
    assert.deepStrictEqual(answer.at("response.operation"), {
      authentication: { status: "failure", userid: "", companyid: "" },
      errormessage: {
        error: { errorno: "XL03000006", description: "", description2: "Invalid session gone", correction: "" }
      }
    })
    sandbox.intacct.configure({ deadSession: "XMLGW_JPP0002" })
    const gateway = await send(sandbox, { authentication: sessionXml("gone"), functions: [readByQuery("VENDOR")] })
    assert.strictEqual(gateway.status, 401)
    assert.strictEqual(errorOf(gateway, "control")["errorno"], "XMLGW_JPP0002")
  })

  it("fails a function on an object that does not exist", async () => {
    const sandbox = await start()
    const answer = await use(sandbox, await open(sandbox), readByQuery("BADOBJECT"))
    assert.deepStrictEqual(answer.at("response.operation.result"), {
      status: "failure",
      function: "readByQuery",
      controlid: "f0",
      errormessage: {
        error: {
          errorno: "Query Failed",
          description: "",
          description2: "Object definition BADOBJECT not found",
          correction: ""
        }
      }
    })
  })

  it("fails a function that the user has no permission for", async () => {
    const sandbox = await start()
    const session = await open(sandbox, sandbox.accounts["intacct-xml"].limited)
    const read = await use(sandbox, session, readByQuery("ARINVOICE"))
    assert.strictEqual(errorOf(read, "function")["errorno"], "PL04000005")
    assert.match(
      String(errorOf(read, "function")["description2"]),
      /^You do not have permission for API operation READ_BY_QUERY on objects of type arinvoice \[Support ID: .+%7E.+\]$/
    )
    const create = await use(sandbox, session, "<create><VENDOR><NAME>x</NAME></VENDOR></create>")
    assert.include(String(errorOf(create, "function")["description2"]), "CREATE on objects of type vendor")
    const allowed = await use(sandbox, session, readByQuery("VENDOR"))
    assert.strictEqual(allowed.at("response.operation.result.status"), "success")
  })

  it("rolls a transaction back as a whole", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const functions = [
      "<create><VENDOR><VENDORID>V-T</VENDORID><NAME>Undone</NAME></VENDOR></create>",
      "<delete><object>VENDOR</object><keys>999999</keys></delete>",
      readByQuery("VENDOR")
    ]
    const answer = await send(
      sandbox,
      { authentication: sessionXml(session.sessionId), functions, transaction: true },
      session.endpoint
    )
    const rolledBack = "The entire transaction in this operation has been rolled back due to an error."
    const result = (index: number, path: string) => answer.at(`response.operation.result.${index}.${path}`)
    assert.strictEqual(result(0, "status"), "aborted")
    assert.strictEqual(result(0, "errormessage.error.errorno"), "XL03000009")
    assert.strictEqual(result(0, "errormessage.error.description2"), rolledBack)
    assert.strictEqual(result(1, "status"), "aborted")
    assert.strictEqual(result(1, "errormessage.error.errorno"), "BL01001973")
    assert.strictEqual(result(2, "status"), "aborted")
    const read = await use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-T'"))
    assert.strictEqual(read.at("response.operation.result.data.@count"), "0")
  })

  it("keeps what succeeded when there is no transaction", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const answer = await use(
      sandbox,
      session,
      "<create><VENDOR><VENDORID>V-K</VENDORID><NAME>Kept</NAME></VENDOR></create>",
      "<delete><object>VENDOR</object><keys>999999</keys></delete>",
      readByQuery("VENDOR", "VENDORID = 'V-K'")
    )
    assert.strictEqual(answer.at("response.operation.result.0.status"), "success")
    assert.strictEqual(answer.at("response.operation.result.1.status"), "failure")
    assert.strictEqual(answer.at("response.operation.result.2.data.@count"), "1")
  })

  it("has other control blocks and content types on demand", async () => {
    const sandbox = await start({ intacct: { controlEcho: "empty", contentType: null } })
    const { answer } = await open(sandbox)
    assert.isNull(answer.headers.get("content-type"))
    assert.deepStrictEqual(answer.at("response.control"), {
      status: "success",
      senderid: "",
      controlid: "",
      uniqueid: "",
      dtdversion: ""
    })
    sandbox.intacct.configure({ contentType: "application/xml; charset=utf-8" })
    const other = await open(sandbox)
    assert.strictEqual(other.answer.headers.get("content-type"), "application/xml; charset=utf-8")
  })

  it("adds additionalinfo to errors when it is asked to", async () => {
    const sandbox = await start()
    const answer = await send(sandbox, {
      sender: { id: "x", password: "y" },
      authentication: loginXml(sandbox.accounts["intacct-xml"].login),
      functions: ["<getAPISession/>"],
      control: "<showadditionalerrorinfo>true</showadditionalerrorinfo>"
    })
    assert.deepStrictEqual(errorOf(answer, "control")["additionalinfo"], {
      errorid: "XL03000006",
      category: "sandbox",
      target: ""
    })
  })

  it("reads every predefined and numeric reference, CDATA and text beyond the BMP in a password", async () => {
    const sandbox = await start()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const password = `a&b<c>"d'e 😀`
    sandbox.intacct.setPassword({ ...login, password })
    const written = [
      "a&amp;b&lt;c&gt;&quot;d&apos;e &#128512;",
      "a&#38;b&#x3c;c&#62;&#34;d&#39;e &#x1F600;",
      `<![CDATA[a&b<c>"d'e 😀]]>`
    ]
    for (const each of written) {
      const right = requestXml(sandbox, { authentication: loginXml(login), functions: ["<getAPISession/>"] })
      const body = right.replace(`<password>${login.password}</password>`, `<password>${each}</password>`)
      assert.notStrictEqual(body, right)
      const answer = await post(sandbox.urls["intacct-xml"].xml, body)
      assert.strictEqual(answer.at("response.operation.authentication.status"), "success", each)
    }
    assert.notInclude(JSON.stringify(sandbox.requests()), sender.password)
  })
})
