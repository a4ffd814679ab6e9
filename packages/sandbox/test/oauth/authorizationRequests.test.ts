import { assert, describe, it } from "vitest"
import { authorizeUrl, consent, pkce, send, start, type AnySandbox, type Fields } from "./support.ts"

const names = ["intacct-rest", "business-cloud"] as const

/** The error that a request is sent back with. */
const errorOf = async (sandbox: AnySandbox, name: (typeof names)[number], more: Fields | string) => {
  const url = typeof more === "string" ? authorizeUrl(sandbox, name) + more : authorizeUrl(sandbox, name, more)
  const answer = await send(url)
  assert.strictEqual(answer.status, 303, answer.text)
  const back = new URL(answer.headers.get("location") ?? "").searchParams
  assert.isNull(back.get("code"))
  return back.get("error")
}

describe("an authorization request", () => {
  it.each(names)("%s: is not answered with a redirect when the client or its redirect_uri is wrong", async (name) => {
    const sandbox = await start()
    const { redirectUri } = sandbox.accounts[name].client
    for (const wrong of [
      { client_id: "nobody" },
      { client_id: undefined },
      { redirect_uri: undefined },
      { redirect_uri: "https://evil.example/" },
      { redirect_uri: `${redirectUri}/` },
      { redirect_uri: `${redirectUri}?a=1` },
      { redirect_uri: redirectUri.replace("app", "APP") }
    ]) {
      const answer = await send(authorizeUrl(sandbox, name, wrong))
      assert.strictEqual(answer.status, 400, JSON.stringify(wrong))
      assert.isNull(answer.headers.get("location"))
      assert.include(answer.text, "This request cannot be continued")
    }
    const twice = await send(`${authorizeUrl(sandbox, name)}&redirect_uri=https%3A%2F%2Fevil.example%2F`)
    assert.strictEqual(twice.status, 400)
  })

  it.each(names)("%s: takes further redirect URIs from options and the control", async (name) => {
    const sandbox = await start({
      [name === "intacct-rest" ? "intacctRest" : "businessCloud"]: { redirectUris: ["http://127.0.0.1:9/a"] }
    })
    assert.strictEqual((await send(authorizeUrl(sandbox, name, { redirect_uri: "http://127.0.0.1:9/a" }))).status, 200)
    const control = name === "intacct-rest" ? sandbox.intacctRest : sandbox.businessCloud
    const redirect_uri = "http://127.0.0.1:9/cb?x=1"
    assert.strictEqual((await send(authorizeUrl(sandbox, name, { redirect_uri }))).status, 400)
    control.registerRedirectUri(sandbox.accounts[name].client.clientId, redirect_uri)
    const callback = await sandbox.approve(authorizeUrl(sandbox, name, { redirect_uri }))
    assert.isTrue(callback.startsWith(`${redirect_uri}&code=`), callback)
    assert.throws(() => control.registerRedirectUri("nobody", redirect_uri), /clientId must name/)
  })

  it("registers the callbacks of connections that are made with a redirectUri", async () => {
    const sandbox = await start()
    sandbox.connections({ redirectUri: "http://localhost:4000/sage/callback/" })
    for (const [name, redirect_uri] of [
      ["intacct-rest", "http://localhost:4000/sage/callback/payables"],
      ["business-cloud", "http://localhost:4000/sage/callback/books"]
    ] as const) {
      assert.strictEqual((await send(authorizeUrl(sandbox, name, { redirect_uri }))).status, 200)
    }
  })

  it.each(names)("%s: has a button for each user only if it is asked for", async (name) => {
    const option = name === "intacct-rest" ? "intacctRest" : "businessCloud"
    const page = async (signInButtons: boolean) => {
      const sandbox = await start({ [option]: { signInButtons } })
      return (await send(authorizeUrl(sandbox, name, name === "intacct-rest" ? {} : { country: "GB" }))).text
    }
    // in a form of their own, before the fields: Enter in a field clicks on the first button of its form
    assert.match(
      await page(true),
      /<form[^>]+class="quick"[^>]+>\n<input type="hidden"[^>]+>\n<button type="submit" name="user(?:name)?" value="[^"]+">Sign in as [^]+<\/form>[^]+<form[^>]+>\n<input type="hidden"[^>]+>\n<label/
    )
    assert.notInclude(await page(false), "Sign in as")
  })

  it.each(names)("%s: comes back with the error of RFC 6749 when something else is wrong", async (name) => {
    const sandbox = await start()
    assert.strictEqual(await errorOf(sandbox, name, { response_type: undefined }), "invalid_request")
    assert.strictEqual(await errorOf(sandbox, name, { response_type: "token" }), "unsupported_response_type")
    assert.strictEqual(await errorOf(sandbox, name, "&state=two"), "invalid_request")
    assert.strictEqual(
      await errorOf(sandbox, name, { code_challenge: "short", code_challenge_method: "S256" }),
      "invalid_request"
    )
    assert.strictEqual(await errorOf(sandbox, name, { code_challenge_method: "S256" }), "invalid_request")
    const { challenge } = pkce()
    assert.strictEqual(
      await errorOf(sandbox, name, { code_challenge: challenge, code_challenge_method: "S512" }),
      "invalid_request"
    )
  })

  it("Intacct takes S256 alone, and a client without a secret must use it", async () => {
    const sandbox = await start()
    const { challenge } = pkce()
    const { clientId } = sandbox.accounts["intacct-rest"].publicClient
    const plain = { code_challenge: challenge, code_challenge_method: "plain" }
    assert.strictEqual(await errorOf(sandbox, "intacct-rest", plain), "invalid_request")
    assert.strictEqual(await errorOf(sandbox, "intacct-rest", { client_id: clientId }), "invalid_request")
  })

  it("Business Cloud knows two scopes and its countries", async () => {
    const sandbox = await start()
    assert.strictEqual(await errorOf(sandbox, "business-cloud", { scope: "everything" }), "invalid_scope")
    assert.strictEqual(await errorOf(sandbox, "business-cloud", { country: "de" }), "invalid_request")
    sandbox.businessCloud.configure({ countries: ["DE", "GB"] })
    assert.strictEqual((await send(authorizeUrl(sandbox, "business-cloud", { country: "de" }))).status, 200)
  })

  it.each(names)("%s: comes back with any error that a test asks for, once", async (name) => {
    const sandbox = await start()
    const control = name === "intacct-rest" ? sandbox.intacctRest : sandbox.businessCloud
    control.refuseNextAuthorization({ error: "temporarily_unavailable", error_description: "Wait ten minutes" })
    const back = await consent(sandbox, name)
    assert.deepStrictEqual(Object.fromEntries(back), {
      error: "temporarily_unavailable",
      error_description: "Wait ten minutes",
      state: "st&te/1"
    })
    assert.isNotNull((await consent(sandbox, name)).get("code"))
  })

  it.each(names)(
    "%s: comes back without state when there was none, and with iss when the switch is on",
    async (name) => {
      const sandbox = await start({ intacctRest: { callbackIssuer: true }, businessCloud: { callbackIssuer: true } })
      const back = await consent(sandbox, name, { state: undefined })
      assert.isFalse(back.has("state"))
      assert.strictEqual(back.get("iss"), new URL(sandbox.urls[name].authorize).origin)
    }
  )

  it("answers 405 to other methods", async () => {
    const sandbox = await start()
    for (const name of names) {
      assert.strictEqual((await send(sandbox.urls[name].authorize, { method: "PUT" })).status, 405)
      assert.strictEqual((await send(sandbox.urls[name].authorize, { method: "POST", body: "x" })).status, 400)
    }
  })

  it("Business Cloud's code keeps its country and slash, encoded once", async () => {
    const sandbox = await start()
    const callback = await sandbox.approve(authorizeUrl(sandbox, "business-cloud"))
    assert.match(callback, /\?code=GB%2F[0-9a-f]{40}&country=GB&state=st%26te%2F1$/)
  })

  it("Intacct's other authorization endpoint and its discovery document are there", async () => {
    const sandbox = await start()
    const { origin } = new URL(sandbox.urls["intacct-rest"].token)
    const document = await send(`${origin}/.well-known/openid-configuration`)
    assert.strictEqual(document.at("issuer"), origin)
    assert.strictEqual(document.at("token_endpoint"), sandbox.urls["intacct-rest"].token)
    const other = document.at("authorization_endpoint")
    assert.strictEqual(other, `${origin}/ia/authorize`)
    const query = new URL(authorizeUrl(sandbox, "intacct-rest")).search
    assert.include(await sandbox.approve(`${String(other)}${query}`), "code=")
    assert.deepStrictEqual((await send(String(document.at("jwks_uri")))).json, { keys: [] })
  })
})
