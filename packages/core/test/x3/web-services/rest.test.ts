import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inspect } from "node:util"
import { createSageAuth, SageAuthError, x3 } from "../../../src/index.ts"
import { SageAuth } from "../../../src/effect/index.ts"
import { serve } from "../../transport/servers.ts"
import { baseUrl, json, openErp, rejectionOf } from "./openErp.ts"

const basic = x3.basic({ user: "u", password: "p4ssw0rd" })
const open = (answer: () => Response, options = {}) => openErp(basic, answer, options)

const diagnosed = (...severities: ReadonlyArray<string>) => ({
  $uuid: "1",
  $diagnoses: severities.map(($severity) => ({ $severity, $message: "721 : Record does not exist p4ssw0rd" }))
})

const away = () => new Response(null, { status: 503 })

describe("a successful answer whose $diagnoses holds an error", () => {
  it.each([200, 201])("with status %i fails, and carries the answer", async (status) => {
    const { erp } = open(() => json(diagnosed("warning", "error"), status, { "x-kept": "yes" }))
    const error = await rejectionOf(erp.fetch("api1/x", { method: "POST", body: "{}" }))
    assert.instanceOf(error, SageAuthError)
    assert.strictEqual(error.reason._tag, "FunctionFailed")
    assert.strictEqual(error.id, "x3-web-services.diagnoses")
    assert.include(error.message, "721 : Record does not exist")
    assert.notInclude(error.message, "p4ssw0rd")
    assert.strictEqual(error.response?.status, status)
    assert.strictEqual(error.response?.headers.get("x-kept"), "yes")
    assert.strictEqual(error.response?.url, "")
    assert.deepStrictEqual(await error.response?.json(), diagnosed("warning", "error"))
  })

  it("shows that answer to nobody who does not ask for it", async () => {
    const { erp } = open(() => json({ ...diagnosed("error"), secret: "s3cret" }))
    const error = await rejectionOf(erp.fetch("api1/x"))
    for (const shown of [JSON.stringify(error), inspect(error), inspect(error, { depth: 9, showHidden: false })]) {
      assert.notInclude(shown, "s3cret")
      assert.notInclude(shown, "response:")
    }
    assert.notInclude(Object.keys(error as object), "response")
  })

  it("is a typed failure in the effect world", async () => {
    const connections = { erp: x3.onPremise({ baseUrl, auth: basic }) }
    const program = Effect.gen(function* () {
      const sage = yield* SageAuth.make({
        connections,
        fetch: async () => json(diagnosed("error"))
      })
      return yield* sage
        .client("erp")
        .fetch("api1/x")
        .pipe(
          Effect.catchTag("SageAuthError", (error) =>
            Effect.promise(async () => [error.reason._tag, await error.response?.json()] as const)
          )
        )
    })
    assert.deepStrictEqual(await Effect.runPromise(Effect.scoped(program)), ["FunctionFailed", diagnosed("error")])
  })

  it.each([
    ["a warning", json(diagnosed("warning", "info", "success"))],
    ["no diagnoses", json({ $resources: [{ text: "$diagnoses" }] })],
    ["diagnoses of a record inside", json({ $resources: [diagnosed("error")] })],
    [
      "another content type",
      new Response(JSON.stringify(diagnosed("error")), { headers: { "content-type": "text/x" } })
    ],
    ["a refusal", json(diagnosed("error"), 404)],
    ["broken JSON", new Response('{"$diagnoses":[', { headers: { "content-type": "application/json" } })]
  ])("is not taken for one: %s", async (_, answer) => {
    const expected = await answer.clone().text()
    const { erp } = open(() => answer)
    assert.strictEqual(await (await erp.fetch("api1/x")).text(), expected)
  })
})

describe("what goes to X3 and comes back", () => {
  it("has no cookie, and says once that one was dropped", async () => {
    const { announced, arrived, erp } = open(
      () =>
        new Response("[]", {
          headers: [
            ["content-type", "application/json"],
            ["set-cookie", "syracuse.sid.8124=1; Path=/"],
            ["set-cookie", "client.id=2"],
            ["etag", "x"]
          ]
        })
    )
    for (const _ of [1, 2]) {
      const response = await erp.fetch("api1/x", { headers: { Cookie: "syracuse.sid.8124=1" } })
      assert.deepStrictEqual(response.headers.getSetCookie(), [])
      assert.strictEqual(response.headers.get("etag"), "x")
      assert.strictEqual(await response.text(), "[]")
    }
    assert.isTrue(arrived.every(({ headers }) => !headers.has("cookie")))
    assert.deepStrictEqual(
      (await announced()).flatMap((event) => (event.type === "advice" ? [event.subject] : [])),
      ["cookie-dropped"]
    )
  })

  it("asks for JSON unless the caller asks for something else, and carries the connection's own credential", async () => {
    const { arrived, erp } = open(() => json({}))
    await erp.fetch("api1/x", { headers: { authorization: "Bearer mine" } })
    await erp.fetch("api1/x", { headers: { accept: "application/pdf" } })
    assert.deepStrictEqual(
      arrived.map(({ headers }) => headers.get("accept")),
      ["application/json", "application/pdf"]
    )
    assert.match(arrived[0]?.headers.get("authorization") ?? "", /^Basic /)
  })

  it("advises against paths that take a licence badge, once", async () => {
    const { announced, arrived, erp } = open(() => json({}))
    for (const path of ["sdata/x3/erp/SEED/X", "/sdata/x", `${baseUrl}/sdata/x`, "api1/sdata/x"]) await erp.fetch(path)
    assert.lengthOf(arrived, 4)
    assert.deepStrictEqual(
      (await announced()).flatMap((event) => (event.type === "advice" ? [event.subject] : [])),
      ["sdata-takes-a-badge"]
    )
  })

  it("that reads is tried again while the server is away, and what writes is not", async () => {
    const { arrived, erp } = open(away)
    assert.strictEqual((await erp.fetch("api1/x")).status, 503)
    assert.lengthOf(arrived, 4)
    assert.strictEqual((await erp.fetch("api1/x", { method: "POST", body: "{}" })).status, 503)
    assert.lengthOf(arrived, 5)
  })

  it("is as many requests at a time as permits says, where it says so", async () => {
    let open = 0
    let most = 0
    const slow = async () => {
      most = Math.max(most, ++open)
      await new Promise<void>((resolve) => setImmediate(resolve))
      open--
      return json({})
    }
    const limited = openErp(basic, slow, { permits: 2 })
    await Promise.all(Array.from({ length: 8 }, () => limited.erp.fetch("api1/x")))
    assert.strictEqual(most, 2)
    most = 0
    const free = openErp(basic, slow)
    await Promise.all(Array.from({ length: 8 }, () => free.erp.fetch("api1/x")))
    assert.strictEqual(most, 8)
  })

  it.effect("follows no redirect over the wire, and takes no cookie from it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const url = yield* serve((request, response) => {
        seen.push(`${request.url} ${request.headers.cookie ?? "-"}`)
        response.writeHead(request.url === "/api1/moved" ? 307 : 200, {
          location: "/api1/elsewhere",
          "set-cookie": "syracuse.sid.1=x",
          "content-type": "application/json"
        })
        response.end('{"a":1}')
      })
      const sage = createSageAuth({
        connections: { erp: x3.onPremise({ baseUrl: url, auth: basic, environment: "sandbox" }) }
      })
      yield* Effect.promise(async () => {
        const moved = await sage.client("erp").fetch("api1/moved")
        assert.strictEqual(moved.status, 307)
        const response = await sage.client("erp").fetch("api1/x")
        assert.strictEqual(response.url, `${url}/api1/x`)
        assert.isNull(response.headers.get("set-cookie"))
        assert.deepStrictEqual(await response.json(), { a: 1 })
        assert.deepStrictEqual(seen, ["/api1/moved -", "/api1/x -"])
        await sage.close()
      })
    })
  )
})
