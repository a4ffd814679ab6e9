import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { parse } from "node:querystring"
import { type ClientRequest, encodeRequest } from "../../src/oauth2/tokenEndpoint.ts"

const clientSecret = Redacted.make("s3cret")

const request: ClientRequest = {
  url: "https://oauth.example/token",
  clientAuthentication: { method: "body", clientId: "c1", clientSecret },
  parameters: { grant_type: "refresh_token", refresh_token: Redacted.make("rt"), entity_id: undefined }
}

describe("encodeRequest", () => {
  it("leaves out what is undefined, and the client's secret where there is none", () => {
    assert.strictEqual(
      encodeRequest(request).http.body,
      "grant_type=refresh_token&refresh_token=rt&client_id=c1&client_secret=s3cret"
    )
    assert.strictEqual(
      encodeRequest({ ...request, clientAuthentication: { method: "none", clientId: "c1" } }).http.body,
      "grant_type=refresh_token&refresh_token=rt&client_id=c1"
    )
  })

  it("names the client in one place only, whatever the parameters say", () => {
    const parameters = { ...request.parameters, client_id: "other", client_secret: "other" }
    const basic = encodeRequest({
      ...request,
      clientAuthentication: { method: "basic", clientId: "c1", clientSecret },
      parameters
    })
    assert.strictEqual(basic.http.body, "grant_type=refresh_token&refresh_token=rt")
    const none = encodeRequest({ ...request, clientAuthentication: { method: "none", clientId: "c1" }, parameters })
    assert.deepStrictEqual(parse(String(none.http.body)), {
      grant_type: "refresh_token",
      refresh_token: "rt",
      client_id: "c1"
    })
  })

  it("lists every secret that it sends, the basic credential included, and shows none of them there", () => {
    const { secrets } = encodeRequest({
      ...request,
      clientAuthentication: { method: "basic", clientId: "c1", clientSecret: Redacted.make("s3cret&%") }
    })
    // the secret as it is and as the header has it
    const encoded = "s3cret%26%25"
    const credential = Buffer.from(`c1:${encoded}`).toString("base64")
    assert.deepStrictEqual(secrets.map(Redacted.value), ["rt", "s3cret&%", encoded, credential])
    assert.notInclude(inspect(secrets), "s3cret")
  })

  it.prop(
    "carries any value through an independent reader of forms, of JSON and of basic credentials",
    [Schema.String, Schema.NonEmptyString],
    ([text, id]) => {
      const value = Buffer.from(text).toString()
      const clientId = Buffer.from(id).toString()
      const clientAuthentication = { method: "basic", clientId, clientSecret: Redacted.make(value) } as const
      const { http } = encodeRequest({ ...request, clientAuthentication, parameters: { a: value, b: clientId } })
      assert.deepStrictEqual({ ...parse(String(http.body)) }, { a: value, b: clientId })
      const [user, password] = Buffer.from(http.headers["authorization"]!.slice(6), "base64").toString().split(":")
      assert.deepStrictEqual({ ...parse(`u=${user}&p=${password}`) }, { u: clientId, p: value })
      const json = encodeRequest({ ...request, body: "json", parameters: { a: text, b: id } })
      assert.deepStrictEqual(JSON.parse(String(json.http.body)), {
        a: text,
        b: id,
        client_id: "c1",
        client_secret: "s3cret"
      })
    }
  )
})
