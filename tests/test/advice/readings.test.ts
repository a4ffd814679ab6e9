import { createSageAuth, x3 } from "@sage-auth/core"
import type { Reading, Sandbox, SandboxOptions } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { fastRetry, noRetry, openSandbox } from "../../src/world.ts"

/** What the comparison card says otherwise than Sage's pages: both can be tried, and the library copes with both. */

const readings = ["documented", "card"] as const

const open = async (reading: Reading, more: Omit<SandboxOptions, "clock"> = {}) => {
  const sandbox = await openSandbox({ reading, ...more })
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, retry: noRetry })
  onTestFinished(() => sage.close())
  return { sandbox, sage }
}

type Opened = Awaited<ReturnType<typeof open>>

const consent = async ({ sage, sandbox }: Opened, name: "books" | "payables" | "erpSso"): Promise<void> => {
  const { cookie, url } = await sage.client(name).authorize({ returnTo: "/" })
  await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
}

const form = (fields: Readonly<Record<string, string>>) => ({
  method: "POST",
  body: new URLSearchParams(fields)
})

const xmlDocument = (senderPassword: string, authentication: string): string =>
  `<?xml version="1.0"?><request><control><senderid>{sender}</senderid><password>${senderPassword}</password>` +
  `<controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation>` +
  `<authentication>${authentication}</authentication><content><function controlid="f"><getAPISession/></function>` +
  `</content></operation></request>`

const post = async (sandbox: Sandbox<"manual">, body: string): Promise<string> => {
  const { sender } = sandbox.accounts["intacct-xml"]
  const answer = await fetch(sandbox.urls["intacct-xml"].xml, {
    method: "POST",
    headers: { "content-type": "application/xml" },
    body: body.replace("{sender}", sender.id)
  })
  return answer.text()
}

describe("Intacct XML", () => {
  it.each([
    ["documented", "XL03000006"],
    ["card", "XL03000004"]
  ] as const)("refuses a wrong sender, %s, with %s, and the library knows it for that", async (reading, code) => {
    const { sandbox, sage } = await open(reading)
    sandbox.intacct.setSenderPassword({ id: sandbox.accounts["intacct-xml"].sender.id, password: "another one" })
    const error = await failureOf(sage.client("ledger").session())
    assert.strictEqual(error.id, "intacct-xml.sender-rejected")
    assert.strictEqual(error.code, code)
    assert.strictEqual(error.reason._tag, "CredentialRejected")
  })

  it.each([
    ["documented", "<status>success</status>"],
    ["card", "Invalid session"]
  ] as const)("of a session that a REST token carries says, %s, %s", async (reading, said) => {
    const { sandbox, sage } = await open(reading)
    const { authorization = "" } = await sage.client("vendors").headers()
    const claims = JSON.parse(Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString()) as {
      readonly sessionId: string
    }
    const { sender } = sandbox.accounts["intacct-xml"]
    const answer = await post(sandbox, xmlDocument(sender.password, `<sessionid>${claims.sessionId}</sessionid>`))
    assert.include(answer.slice(answer.indexOf("<authentication>")), said)
  })
})

describe("Intacct REST", () => {
  it.each([
    ["documented", 404],
    ["card", 200]
  ] as const)("answers at objects/vendor, %s, with %d", async (reading, status) => {
    const { sage } = await open(reading)
    const vendors = sage.client("vendors")
    const [short, whole] = [
      await vendors.fetch("objects/vendor"),
      await vendors.fetch("objects/accounts-payable/vendor")
    ]
    assert.strictEqual(short.status, status)
    assert.strictEqual(whole.status, 200)
    if (status === 200) assert.deepStrictEqual(await short.json(), await whole.json())
    if (reading === "documented") return
    const first = await vendors.fetch("objects/accounts-payable/vendor?size=1")
    const { "ia::result": found } = (await first.json()) as {
      readonly "ia::result": ReadonlyArray<{ readonly key: string }>
    }
    assert.strictEqual((await vendors.fetch(`objects/vendor/${found[0]?.key}`)).status, 200)
  })

  it.each([
    ["documented", 43_200, 404],
    ["card", 3600, 200]
  ] as const)("gives a token, %s, for %d s, and at /api/v1 says %d", async (reading, expiresIn, alias) => {
    const { sandbox } = await open(reading)
    const { client, user } = sandbox.accounts["intacct-rest"]
    const fields = {
      grant_type: "client_credentials",
      client_id: client.clientId,
      client_secret: client.clientSecret,
      username: user.username
    }
    const { token } = sandbox.urls["intacct-rest"]
    const answer = (await (await fetch(token, form(fields))).json()) as Readonly<Record<string, unknown>>
    assert.strictEqual(answer["expires_in"], expiresIn)
    assert.strictEqual((await fetch(token.replace("/ia/api/", "/api/"), form(fields))).status, alias)
  })

  it.each([
    ["documented", "invalid_grant"],
    ["card", "OAUTH2_INVALID_GRANT"]
  ] as const)(
    "calls a refresh token that has ended, %s, %s, and the library knows it for that",
    async (reading, code) => {
      const opened = await open(reading)
      await consent(opened, "payables")
      const payables = opened.sage.client("payables")
      await payables.headers()
      opened.sandbox.intacctRest.endGrants()
      await opened.sandbox.clock.advance("13 hours")
      const error = await failureOf(payables.headers())
      assert.strictEqual(error.reason._tag, "ReauthorizationRequired")
      assert.strictEqual(error.code, code)
    }
  )

  it.each([
    ["documented", 7_776_000],
    ["card", 15_552_000]
  ] as const)("lets a refresh token live, %s, for %d s", async (reading, seconds) => {
    const opened = await open(reading)
    await consent(opened, "payables")
    const { grantExpiresAt } = await opened.sage.client("payables").status()
    assert.strictEqual(Math.round(((grantExpiresAt?.getTime() ?? 0) - opened.sandbox.clock.now()) / 1000), seconds)
  })

  it("gives a token for a session as documented, and as the card has it none", async () => {
    for (const reading of readings) {
      const { sage } = await open(reading)
      const answer = sage.client("bridge").fetch("objects/accounts-payable/vendor")
      if (reading === "documented") assert.strictEqual((await answer).status, 200)
      else assert.include(["intacct-rest.username-missing"], (await failureOf(answer)).id)
    }
  })

  it("gives a session for a token as documented, and as the card has it none", async () => {
    for (const reading of readings) {
      const { sage } = await open(reading)
      const session = sage.client("vendors").session()
      if (reading === "documented") assert.isNotEmpty((await session).sessionId)
      else assert.strictEqual((await failureOf(session)).surface, "intacct-rest")
    }
  })
})

/** A call to v3.1 by hand, with an access token and these headers. */
const call = async (opened: Opened, headers: Readonly<Record<string, string>>): Promise<number> => {
  const { authorization = "" } = await opened.sage.client("books").headers()
  const { api } = opened.sandbox.urls["business-cloud"]
  return (await fetch(`${api}/contacts`, { headers: { authorization, ...headers } })).status
}

describe("Business Cloud Accounting", () => {
  it("takes the token alone as documented, and as the card has it three headers, each of which is missed", async () => {
    for (const reading of readings) {
      const opened = await open(reading)
      await consent(opened, "books")
      const { resourceOwnerId, subscriptionId } = opened.sandbox.accounts["business-cloud"].v3
      const key = { "ocp-apim-subscription-key": subscriptionId }
      const site = { "x-site": resourceOwnerId }
      const alone = reading === "documented" ? 200 : 401
      assert.strictEqual(await call(opened, {}), alone)
      assert.strictEqual(await call(opened, key), alone)
      assert.strictEqual(await call(opened, site), alone)
      assert.strictEqual(await call(opened, { ...key, ...site }), 200)
      assert.strictEqual(await call(opened, { ...key, ...site, authorization: "" }), 401)
      // the library sends what its options have
      assert.strictEqual((await opened.sage.client("books").fetch("contacts")).status, 200)
    }
  })

  it.each([
    ["documented", 300, 3],
    ["card", 3600, 1]
  ] as const)("gives tokens, %s, for %d s, in %d parts", async (reading, seconds, parts) => {
    const opened = await open(reading)
    await consent(opened, "books")
    const books = opened.sage.client("books")
    const { authorization = "" } = await books.headers()
    assert.strictEqual(authorization.split(".").length, parts)
    const { credentialExpiresAt } = await books.status()
    const left = ((credentialExpiresAt?.getTime() ?? 0) - opened.sandbox.clock.now()) / 1000
    assert.isAtMost(left, seconds)
    assert.isAbove(left, seconds * 0.7)
  })

  it("ends a refresh token 31 days after its issue as documented, and as the card has it 31 days after the last call", async () => {
    for (const reading of readings) {
      // an access token outlives the refresh token, so that calls go on without a renewal
      const { sandbox } = await open(reading, { businessCloud: { accessTokenLife: "60 days" } })
      const { client, v3 } = sandbox.accounts["business-cloud"]
      const { api, authorize, token } = sandbox.urls["business-cloud"]
      const asking = new URL(authorize)
      for (const [name, value] of Object.entries({
        filter: "apiv3.1",
        response_type: "code",
        client_id: client.clientId,
        redirect_uri: client.redirectUri,
        state: "s"
      })) {
        asking.searchParams.set(name, value)
      }
      const code = new URL(await sandbox.approve(asking)).searchParams.get("code") ?? ""
      const own = { client_id: client.clientId, client_secret: client.clientSecret }
      const exchange = { ...own, grant_type: "authorization_code", code, redirect_uri: client.redirectUri }
      const tokens = (await (await fetch(token, form(exchange))).json()) as {
        readonly access_token: string
        readonly refresh_token: string
      }
      for (let day = 0; day < 40; day += 20) {
        await sandbox.clock.advance("20 days")
        const headers = {
          authorization: `Bearer ${tokens.access_token}`,
          "ocp-apim-subscription-key": v3.subscriptionId,
          "x-site": v3.resourceOwnerId
        }
        assert.strictEqual((await fetch(`${api}/contacts`, { headers })).status, 200)
      }
      const renewal = { ...own, grant_type: "refresh_token", refresh_token: tokens.refresh_token }
      assert.strictEqual((await fetch(token, form(renewal))).status, reading === "card" ? 200 : 400)
    }
  })

  it("says with each 429 when to come back as the card has it, and as documented it need not", async () => {
    for (const reading of readings) {
      const opened = await open(reading)
      await consent(opened, "books")
      const { authorization = "" } = await opened.sage.client("books").headers()
      opened.sandbox.fault("business-cloud", { on: "api", kind: "rate-limited" })
      const answer = await fetch(`${opened.sandbox.urls["business-cloud"].api}/contacts`, {
        headers: { authorization }
      })
      assert.strictEqual(answer.status, 429)
      assert.strictEqual(answer.headers.get("retry-after"), reading === "card" ? "5" : null)
    }
  })

  it("has no client credentials in either", async () => {
    for (const reading of readings) {
      const { sandbox } = await open(reading)
      const { client } = sandbox.accounts["business-cloud"]
      const own = { client_id: client.clientId, client_secret: client.clientSecret }
      const answer = await fetch(
        sandbox.urls["business-cloud"].token,
        form({ grant_type: "client_credentials", ...own })
      )
      assert.strictEqual(answer.status, 400)
    }
  })
})

describe("X3's web services", () => {
  const path = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=1"

  it("let a certificate in where it is listed as documented, and as the card has it always, before any other", async () => {
    for (const reading of readings) {
      const { sage, sandbox } = await open(reading, { x3: { session: { auth: ["basic"] } } })
      const erp = sage.client("erpTls").fetch(path)
      assert.strictEqual((await erp).status, reading === "card" ? 200 : 401)
      const certified = sandbox.requests({ surface: "x3-web-services" }).at(-1)?.authentication
      assert.strictEqual(certified, reading === "card" ? "certificate" : undefined)
    }
  })

  it('take bearer tokens with "oauth2" alone as the card has it, and as documented with "bearer" too', async () => {
    for (const reading of readings) {
      const opened = await open(reading, { x3: { session: { auth: ["basic", "oauth2"] } } })
      await consent(opened, "erpSso")
      const answer = await opened.sage.client("erpSso").fetch(path)
      assert.strictEqual(answer.status, reading === "card" ? 200 : 401)
    }
  })

  it("serve what an unknown value of session.auth leaves: all the rest as documented, and as the card has it nobody", async () => {
    for (const reading of readings) {
      const { sage } = await open(reading, { x3: { session: { auth: ["basic", "Bearer"] } } })
      assert.strictEqual((await sage.client("erp").fetch(path)).status, reading === "card" ? 401 : 200)
    }
  })

  it("list without representation and with $top as the card has it, and as documented refuse it", async () => {
    for (const reading of readings) {
      const { sage } = await open(reading)
      const answer = await sage.client("erp").fetch("api1/x3/erp/SEED/BPCUSTOMER?$top=1")
      assert.strictEqual(answer.status, reading === "card" ? 200 : 400)
      if (reading === "card") {
        assert.strictEqual(
          ((await answer.json()) as { readonly $resources: ReadonlyArray<unknown> }).$resources.length,
          1
        )
      }
    }
  })

  it("take client credentials as the card has it, and as documented a token without a user is refused", async () => {
    for (const reading of readings) {
      const { sandbox } = await open(reading)
      const { oauth2 } = sandbox.accounts["x3-web-services"]
      const { clientId, clientSecret, tokenUrl } = oauth2
      const sage = createSageAuth({
        connections: {
          erp: x3.online({
            baseUrl: sandbox.urls["x3-web-services"].online,
            auth: x3.clientCredentials({ clientId, clientSecret, tokenUrl }),
            ca: sandbox.ca,
            environment: "sandbox"
          })
        },
        clock: sandbox.clock,
        retry: fastRetry
      })
      onTestFinished(() => sage.close())
      assert.strictEqual((await sage.client("erp").fetch(path)).status, reading === "card" ? 200 : 401)
    }
  })
})

describe("a reading", () => {
  it("gives way to the option beside it", async () => {
    const { sandbox, sage } = await open("card", { intacct: { wrongSender: "XL03000006" } })
    sandbox.intacct.setSenderPassword({ id: sandbox.accounts["intacct-xml"].sender.id, password: "another one" })
    assert.strictEqual((await failureOf(sage.client("ledger").session())).code, "XL03000006")
  })

  it("is a surface's own where that has one", async () => {
    const { sage } = await open("card", { intacctRest: { reading: "documented" } })
    assert.strictEqual((await sage.client("vendors").fetch("objects/vendor")).status, 404)
  })

  it("can be changed, and back", async () => {
    const { sandbox, sage } = await open("documented")
    const status = async () => (await sage.client("vendors").fetch("objects/vendor")).status
    assert.strictEqual(await status(), 404)
    sandbox.intacctRest.configure({ reading: "card" })
    assert.strictEqual(await status(), 200)
    sandbox.intacctRest.configure({ reading: "documented" })
    assert.strictEqual(await status(), 404)
  })

  it("is one of two", async () => {
    for (const surface of ["intacct", "intacctRest", "businessCloud", "x3"] as const) {
      const wrong: object = { [surface]: { reading: "cards" } }
      const refused = await openSandbox(wrong).then(
        () => undefined,
        (error: unknown) => error
      )
      assert.instanceOf(refused, RangeError, surface)
    }
  })
})
