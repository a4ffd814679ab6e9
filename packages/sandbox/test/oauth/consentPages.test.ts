import { assert, describe, it } from "vitest"
import { authorizeUrl, consent, exchange, post, send, start } from "./support.ts"

const hidden = (html: string): string =>
  /name="transaction" value="([^"]+)"/.exec(html)?.[1] ?? assert.fail(`no transaction in ${html}`)

describe("the pages of an authorization server", () => {
  it.each(["intacct-rest", "business-cloud"] as const)(
    "%s: are plain accessible HTML that a human can click through",
    async (name) => {
      const sandbox = await start()
      const { authorize } = sandbox.urls[name]
      const signIn = await send(authorizeUrl(sandbox, name))
      assert.strictEqual(signIn.status, 200)
      assert.match(signIn.headers.get("content-type") ?? "", /^text\/html/)
      assert.strictEqual(signIn.headers.get("cache-control"), "no-store")
      assert.match(signIn.text, /<html lang="en">/)
      assert.match(signIn.text, /<title>Sign in to Sage [^<]+<\/title>/)
      assert.notMatch(signIn.text, /<script|javascript:| on\w+=/i)
      for (const [, id = ""] of signIn.text.matchAll(/<input id="([^"]+)"/g)) {
        assert.include(signIn.text, `<label for="${id}">`)
      }
      assert.match(signIn.text, /type="password" autocomplete="current-password"/)

      const { user } = sandbox.accounts[name]
      const login = "email" in user ? { email: user.email } : { company: user.companyId, user: user.userId }
      const transaction = hidden(signIn.text)
      const wrong = await post(authorize, { transaction, ...login, password: "<wrong>" })
      assert.strictEqual(wrong.status, 200)
      assert.match(wrong.text, /role="alert">Sign-in information is incorrect</)
      assert.include(wrong.text, Object.values(login).at(-1) ?? "")
      assert.notInclude(wrong.text, "wrong")

      const asked = await post(authorize, { transaction, ...login, password: user.password })
      assert.include(asked.text, 'name="decision" value="allow">Allow<')
      assert.include(asked.text, 'name="decision" value="deny">Deny<')
      const allowed = await post(authorize, { transaction, decision: "allow" })
      assert.strictEqual(allowed.status, 303)
      const callback = new URL(allowed.headers.get("location") ?? "")
      assert.strictEqual(`${callback.origin}${callback.pathname}`, sandbox.accounts[name].client.redirectUri)
      assert.strictEqual(callback.searchParams.get("state"), "st&te/1")
      assert.strictEqual((await exchange(sandbox, name, callback.searchParams.get("code"))).status, 200)

      const again = await post(authorize, { transaction, decision: "allow" })
      assert.strictEqual(again.status, 400)
      assert.include(again.text, "This page has expired")
    }
  )

  it.each(["intacct-rest", "business-cloud"] as const)(
    "%s: end with access_denied when the human denies",
    async (name) => {
      const sandbox = await start()
      const back = await consent(sandbox, name, {}, { deny: true })
      assert.deepStrictEqual(Object.fromEntries(back), { error: "access_denied", state: "st&te/1" })
    }
  )

  it("expire after half an hour", async () => {
    const sandbox = await start()
    const signIn = await send(authorizeUrl(sandbox, "business-cloud"))
    await sandbox.clock.advance("31 minutes")
    const { user } = sandbox.accounts["business-cloud"]
    const late = await post(sandbox.urls["business-cloud"].authorize, {
      transaction: hidden(signIn.text),
      email: user.email,
      password: user.password
    })
    assert.strictEqual(late.status, 400)
    assert.include(late.text, "This page has expired")
  })

  it("escape what an application or a human sends", async () => {
    const sandbox = await start()
    const state = `"><script>alert(1)</script>`
    const signIn = await send(authorizeUrl(sandbox, "intacct-rest", { state, scope: state }))
    const typed = await post(sandbox.urls["intacct-rest"].authorize, {
      transaction: hidden(signIn.text),
      company: state,
      user: state,
      password: "x"
    })
    assert.notInclude(signIn.text + typed.text, "<script>")
    assert.include(typed.text, "&lt;script&gt;")
    assert.strictEqual((await consent(sandbox, "intacct-rest", { state })).get("state"), state)
  })

  it("Business Cloud asks for the country when the application names none, in the language of the locale", async () => {
    const sandbox = await start()
    const { second } = sandbox.accounts["business-cloud"]
    const page = await send(authorizeUrl(sandbox, "business-cloud", { country: undefined, locale: "fr-CA" }))
    assert.include(page.text, '<html lang="fr-CA">')
    assert.include(page.text, "Choisissez votre pays")
    assert.include(page.text, 'name="country" value="CA">Canada<')
    const unnamed = { country: undefined, filter: "apiv3.1" }
    const login = { email: second.email, password: second.password, country: "CA" }
    const back = await consent(sandbox, "business-cloud", unnamed, { login })
    assert.strictEqual(back.get("country"), "CA")
    assert.match(back.get("code") ?? "", /^CA\/[0-9a-f]{40}$/)
  })

  it("Business Cloud refuses a country without a business of the user, as the switch says", async () => {
    const sandbox = await start()
    assert.strictEqual((await consent(sandbox, "business-cloud", { country: "ca" })).get("error"), "access_denied")
    sandbox.businessCloud.configure({ wrongCountry: { error: "Invalid request", reason: "Email already in use" } })
    const back = await sandbox.approve(authorizeUrl(sandbox, "business-cloud", { country: "ca" }))
    assert.include(back, "error=Invalid%20request&reason=Email%20already%20in%20use")
  })

  it("Intacct refuses a company that has expired or has not authorised the sender", async () => {
    const sandbox = await start()
    const { unauthorised, expired } = sandbox.accounts["intacct-rest"]
    const back = await consent(sandbox, "intacct-rest", {}, { login: unauthorised })
    assert.strictEqual(back.get("error"), "access_denied")
    const error: unknown = await sandbox
      .approve(authorizeUrl(sandbox, "intacct-rest"), { login: expired })
      .catch((reason: unknown) => reason)
    assert.include(String(error), "This company is a demo company and has expired.")
  })
})

describe("approve", () => {
  it("says in the page's words why it goes no further, without what was typed", async () => {
    const sandbox = await start()
    const failure = (url: string, login = {}) =>
      sandbox.approve(url, { login }).then(
        () => "approved",
        (error: unknown) => String(error)
      )
    const wrong = await failure(authorizeUrl(sandbox, "intacct-rest"), { password: "canary-password" })
    assert.include(wrong, "Sign-in information is incorrect")
    assert.notInclude(wrong, "canary-password")
    assert.include(await failure(authorizeUrl(sandbox, "business-cloud", { client_id: "x" })), "unauthorized_client")
    assert.include(await failure("https://elsewhere.example/"), "an authorization URL of this sandbox")
    assert.include(await failure(sandbox.urls["intacct-rest"].token), "goes no further (HTTP 405)")
  })

  it("plays any user of the accounts", async () => {
    const sandbox = await start()
    const { limited } = sandbox.accounts["intacct-rest"]
    const back = await consent(sandbox, "intacct-rest", {}, { login: limited })
    const [, payload = ""] = (back.get("code") ?? "").split(".")
    assert.include(Buffer.from(payload, "base64url").toString(), `"userId":"${limited.userId}"`)
  })
})
