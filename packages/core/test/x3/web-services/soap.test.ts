import { assert, describe, it } from "vitest"
import { SageAuthError, x3 } from "../../../src/index.ts"
import { json, openErp, rejectionOf, text } from "./openErp.ts"
import { answer, envelope, fault } from "./soap/strings.ts"

const basic = x3.basic({ user: "u", password: "p4ssw0rd" })
const bearer = x3.bearer(() => "s3cret-token")
const xml = (body: string, status = 200) => text(body, status, "text/xml; charset=utf-8")
const call = { pool: "AWS", operation: "run", publicName: "SUB", parameters: { A: "1" } } as const
const reading = { pool: "AWS", operation: "read", publicName: "SOH", objectKeys: { SOHNUM: "1" } } as const

const idOf = async (promise: Promise<unknown>) => {
  const error = await rejectionOf(promise)
  assert.instanceOf(error, SageAuthError)
  return error.id
}

const endless = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      pull: () => new Promise<void>(() => {})
    }),
    { headers: { "content-type": "text/xml" } }
  )

const queueTimeout = () => xml(answer({ status: "0", messages: [[3, "Queue timeout"]] }))

const lost = (_: unknown, count: number) => {
  if (count === 1) throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } })
  return xml(answer({ operation: "read" }))
}

const ran = () =>
  xml(
    answer({
      status: "0",
      messages: [[3, "Queue timeout of my own"]],
      infos: "<poolExecDuration>12</poolExecDuration>"
    })
  )

describe("soap()", () => {
  it("posts to the one address of SOAP and gives the result, parsed where JSON was asked for", async () => {
    const infos = "<totalDuration>3</totalDuration>"
    const { arrived, erp } = openErp(basic, () => xml(answer({ result: '{"N":1}', messages: [[1, "fine"]], infos })))
    assert.deepStrictEqual(await erp.soap(call), {
      status: 1,
      messages: [{ type: 1, message: "fine" }],
      result: { N: 1 },
      technicalInfos: { totalDuration: 3 }
    })
    assert.strictEqual((await erp.soap({ ...call, requestConfig: "" })).result, '{"N":1}')
    const [request] = arrived
    assert.strictEqual(request?.method, "POST")
    assert.strictEqual(request?.url.pathname, "/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC")
    assert.strictEqual(request?.headers.get("content-type"), "text/xml; charset=utf-8")
    assert.strictEqual(request?.headers.get("soapaction"), "run")
    assert.match(request?.headers.get("authorization") ?? "", /^Basic /)
    assert.notInclude(request?.body ?? "", "p4ssw0rd")
    assert.notMatch(request?.body ?? "", /codeUser|password/)
  })

  it("sends nothing that is not whole", async () => {
    const { arrived, erp } = openErp(basic, () => xml(answer({})))
    const error = await rejectionOf(erp.soap({ pool: "AWS", operation: "run" }))
    assert.propertyVal(error, "id", "client.misconfigured")
    assert.include(String(error), "soap({ publicName })")
    assert.lengthOf(arrived, 0)
  })

  it("fails with the messages of status 0, and hands over the envelope", async () => {
    const body = answer({
      status: "0",
      messages: [
        [3, "Field A p4ssw0rd"],
        [2, "careful"]
      ]
    })
    const { arrived, erp } = openErp(basic, () => xml(body))
    const error = await rejectionOf(erp.soap(reading))
    assert.instanceOf(error, SageAuthError)
    assert.strictEqual(error.reason._tag, "FunctionFailed")
    assert.strictEqual(error.id, "x3-web-services.soap-failed")
    assert.strictEqual(error.code, "0")
    assert.include(error.message, "Field A [masked]; careful")
    assert.strictEqual(await error.response?.text(), body)
    assert.lengthOf(arrived, 1)
  })

  it.each([
    [
      "a pool that is not there",
      xml(answer({ status: "0", messages: [[3, "No classic web service pool match to 'aws'"]] })),
      "pool-unknown",
      "RequestRejected"
    ],
    ["no process for web services", text("No Web services accepted", 500), "no-web-services", "ServiceUnavailable"],
    [
      "no process, said in a page",
      text("<html><h1>No Web services accepted</h1></html>", 500, "text/html"),
      "no-web-services",
      "ServiceUnavailable"
    ],
    [
      "no process, said in JSON",
      json({ $diagnoses: [{ $severity: "error", $message: "No Web services accepted" }] }, 500),
      "no-web-services",
      "ServiceUnavailable"
    ],
    [
      "no badge",
      xml(answer({ status: "0", messages: [[3, "User does not have any badge for Product X"]] })),
      "no-badge",
      "PermissionDenied"
    ],
    ["a refused right", text("", 403), "forbidden", "PermissionDenied"],
    [
      "a fault of the client's",
      xml(fault("soapenv:Client", "no such operation"), 500),
      "request-rejected",
      "RequestRejected"
    ],
    ["a fault of the server's", xml(fault("soapenv:Server", "it broke"), 500), "soap-failed", "FunctionFailed"],
    ["another address", text("Not found", 404), "request-rejected", "RequestRejected"],
    ["a page in place of an answer", text("<html></html>", 200, "text/html"), "unreadable-answer", "ProtocolViolation"],
    ["an envelope without a result", xml(envelope("<x/>")), "unreadable-answer", "ProtocolViolation"],
    [
      "a redirect",
      new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
      "unreadable-answer",
      "ProtocolViolation"
    ],
    ["a server that broke", text("oops", 500), "service-unavailable", "ServiceUnavailable"]
  ] as const)("tells %s by what it means, and sends it once", async (_, answered, id, tag) => {
    const { arrived, erp } = openErp(basic, () => answered.clone())
    const error = await rejectionOf(erp.soap(reading))
    assert.instanceOf(error, SageAuthError)
    assert.strictEqual(error.id, `x3-web-services.${id}`)
    assert.strictEqual(error.reason._tag, tag)
    assert.lengthOf(arrived, 1)
  })

  it("says whose credential was refused, and holds a password back", async () => {
    const first = openErp(basic, () => text("Authentication failed...", 401))
    assert.strictEqual(await idOf(first.erp.soap(call)), "x3-web-services.basic-rejected")
    assert.strictEqual(await idOf(first.erp.soap(call)), "client.credential-blocked")
    assert.lengthOf(first.arrived, 1)
    const second = openErp(bearer, () => text("Error 30: Invalid token s3cret-token", 401))
    const error = await rejectionOf(second.erp.soap(call))
    assert.propertyVal(error, "id", "x3-web-services.bearer-rejected")
    assert.notInclude(String(error), "s3cret-token")
    const third = openErp(basic, () => new Response(null, { status: 302, headers: { location: "/auth/login/page" } }))
    assert.strictEqual(await idOf(third.erp.soap(call)), "x3-web-services.basic-rejected")
  })

  it("is tried again after a lost answer where it reads, and never where it writes", async () => {
    const read = openErp(basic, lost)
    assert.strictEqual((await read.erp.soap(reading)).status, 1)
    assert.lengthOf(read.arrived, 2)
    const written = openErp(basic, lost)
    assert.strictEqual(await idOf(written.erp.soap(call)), "client.answer-lost")
    assert.lengthOf(written.arrived, 1)
  })

  it("takes an answer that was cut off for a lost one", async () => {
    const whole = answer({ operation: "read" })
    const cut = (_: unknown, count: number) => xml(count === 1 ? whole.slice(0, -30) : whole)
    const read = openErp(basic, cut)
    assert.strictEqual((await read.erp.soap(reading)).status, 1)
    const written = openErp(basic, cut)
    assert.strictEqual(await idOf(written.erp.soap(call)), "client.answer-lost")
    assert.lengthOf(written.arrived, 1)
  })

  it.each([
    ["a status 0", () => xml(answer({ status: "0", messages: [[3, "Queue timeout: all channels are busy"]] }))],
    ["a fault", () => xml(fault("soapenv:Server", "Queue time out"), 500)],
    ["a sentence", () => text("No free channel: queue is full", 503)]
  ])("is tried again when %s says that all channels stayed busy, whatever it does", async (_, busy) => {
    for (const each of [call, reading]) {
      const { arrived, erp } = openErp(basic, (_, count) => (count < 3 ? busy() : xml(answer({}))))
      assert.strictEqual((await erp.soap(each)).status, 1)
      assert.lengthOf(arrived, 3)
      const full = openErp(basic, busy)
      assert.strictEqual(await idOf(full.erp.soap(each)), "x3-web-services.channels-busy")
      assert.lengthOf(full.arrived, 4)
    }
  })

  it("is not tried again where X3 says that the call ran, or where the option says no", async () => {
    const first = openErp(basic, ran)
    assert.strictEqual(await idOf(first.erp.soap(call)), "x3-web-services.soap-failed")
    assert.lengthOf(first.arrived, 1)
    for (const channelsBusy of [
      () => false,
      () => {
        throw new Error("s3cret")
      }
    ]) {
      const off = openErp(basic, queueTimeout, { channelsBusy })
      assert.strictEqual(await idOf(off.erp.soap(call)), "x3-web-services.soap-failed")
      assert.lengthOf(off.arrived, 1)
    }
  })

  it("is told by a function of the application's own, where its X3 says something else", async () => {
    const seen: Array<unknown> = []
    const { arrived, erp } = openErp(
      basic,
      (_, count) => (count === 1 ? xml(answer({ status: "0", messages: [[3, "Attente"]] })) : xml(answer({}))),
      {
        channelsBusy: (refusal) => {
          seen.push(refusal)
          return refusal.messages.some(({ message }) => message === "Attente")
        }
      }
    )
    await erp.soap(call)
    assert.lengthOf(arrived, 2)
    assert.deepStrictEqual(seen, [{ status: 200, messages: [{ type: 3, message: "Attente" }], technicalInfos: {} }])
  })

  it("holds a permit of its pool until its answer was read: 2, or what pools says", async () => {
    const most = new Map<string, number>()
    const open = new Map<string, number>()
    const { announced, erp } = openErp(
      basic,
      async ({ body }) => {
        const alias = /<poolAlias[^>]*>([^<]*)</.exec(body)?.[1] ?? ""
        open.set(alias, (open.get(alias) ?? 0) + 1)
        most.set(alias, Math.max(most.get(alias) ?? 0, open.get(alias) ?? 0))
        await new Promise<void>((resolve) => setImmediate(resolve))
        open.set(alias, (open.get(alias) ?? 0) - 1)
        return xml(answer({}))
      },
      { pools: { AWS: 4 } }
    )
    await Promise.all(["AWS", "OTHER"].flatMap((pool) => Array.from({ length: 12 }, () => erp.soap({ ...call, pool }))))
    assert.deepStrictEqual(Object.fromEntries(most), { AWS: 4, OTHER: 2 })
    const saturated = (await announced()).filter((event) => event.type === "pool-saturated")
    assert.deepStrictEqual(
      saturated.map(({ company, permits }) => [company, permits]),
      [
        ["x3 x3.acme.example:8124 AWS", 4],
        ["x3 x3.acme.example:8124 OTHER", 2]
      ]
    )
  })

  it("is released by its deadline and by its signal while the answer is read", async () => {
    const { erp } = openErp(basic, endless, {}, { clock: undefined })
    assert.strictEqual(await idOf(erp.soap({ ...call, deadline: 5 })), "client.deadline-exceeded")
    const reason = new Error("mine")
    assert.strictEqual(await rejectionOf(erp.soap({ ...call, signal: AbortSignal.abort(reason) })), reason)
  })

  it("is refused once the application has closed", async () => {
    const { erp, sage } = openErp(basic, () => xml(answer({})))
    await sage.close()
    assert.strictEqual(await idOf(erp.soap(call)), "client.closed")
  })
})
