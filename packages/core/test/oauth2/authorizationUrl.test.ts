import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parse } from "node:querystring"
import { type AuthorizationRequest, authorizationUrl } from "../../src/oauth2/Transaction.ts"

const request: AuthorizationRequest = {
  authorizeUrl: "https://www.sageone.com/oauth2/auth/central?filter=apiv3.1",
  clientId: "client/1",
  redirectUri: "https://app.example/sage/callback/books",
  scope: "full_access",
  state: "s".repeat(43),
  challenge: "c".repeat(43),
  parameters: { country: "gb", locale: "en-GB" }
}

describe("authorizationUrl", () => {
  it("writes the request of Business Cloud Accounting behind the endpoint's own query", () => {
    assert.strictEqual(
      authorizationUrl(request),
      `https://www.sageone.com/oauth2/auth/central?filter=apiv3.1&country=gb&locale=en-GB&response_type=code&client_id=client%2F1&redirect_uri=https%3A%2F%2Fapp.example%2Fsage%2Fcallback%2Fbooks&scope=full_access&state=${"s".repeat(43)}&code_challenge=${"c".repeat(43)}&code_challenge_method=S256`
    )
  })

  it("writes the request of X3's gateway, which has no response type and no challenge", () => {
    const { parameters, ...rest } = request
    assert.strictEqual(
      authorizationUrl({
        ...rest,
        authorizeUrl: "https://api.myregion-sagex3.com/v1/token/authorise",
        responseType: null,
        challenge: undefined,
        scope: "api.graphQL businessDomain.ALL",
        parameters: { customer: "https://x3.customer.com" },
        state: "s"
      }),
      "https://api.myregion-sagex3.com/v1/token/authorise?customer=https%3A%2F%2Fx3.customer.com&client_id=client%2F1&redirect_uri=https%3A%2F%2Fapp.example%2Fsage%2Fcallback%2Fbooks&scope=api.graphQL%20businessDomain.ALL&state=s"
    )
    assert.deepStrictEqual(parameters, request.parameters)
  })

  it("keeps the endpoint's own query byte for byte, but for what the request sets, and drops a fragment", () => {
    const url = authorizationUrl({
      ...request,
      authorizeUrl: "https://idp.example/authorize?a=%2f+b&state=fixed&client_id=other&%63ountry=fr&empty#top",
      scope: undefined,
      parameters: { country: "gb", locale: undefined }
    })
    assert.match(url, /^https:\/\/idp\.example\/authorize\?a=%2f\+b&empty&country=gb&response_type=code&/)
    assert.notInclude(url, "#")
    const { searchParams } = new URL(url)
    for (const name of ["state", "client_id", "country"]) assert.lengthOf(searchParams.getAll(name), 1)
    assert.isFalse(searchParams.has("scope"))
    assert.isFalse(searchParams.has("locale"))
  })

  it("does not let further parameters replace those of the protocol", () => {
    const parameters = { state: "x", redirect_uri: "https://evil.example/", code_challenge_method: "plain" }
    const { searchParams } = new URL(authorizationUrl({ ...request, parameters }))
    assert.deepStrictEqual(searchParams.getAll("state"), [request.state])
    assert.deepStrictEqual(searchParams.getAll("redirect_uri"), [request.redirectUri])
    assert.deepStrictEqual(searchParams.getAll("code_challenge_method"), ["S256"])
  })

  it.prop("carries any value to readers of URLs and of forms alike", [Schema.String], ([text]) => {
    // half a surrogate pair has no form in UTF-8
    const value = Buffer.from(text).toString()
    const url = authorizationUrl({ ...request, clientId: value, scope: value })
    const query = new URL(url).search.slice(1)
    assert.strictEqual(parse(query)["client_id"], value)
    const scope = /[?&]scope=([^&]*)/.exec(url)![1]!
    assert.strictEqual(decodeURIComponent(scope), value)
  })
})
