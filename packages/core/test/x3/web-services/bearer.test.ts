import { assert, describe, it } from "vitest"
import { x3 } from "../../../src/index.ts"
import { json, minute, openErp, rejectionOf, start, text } from "./openErp.ts"

const ok = () => json({ $resources: [] })
const invalid = () => text("Error 30: Invalid token", 401)
const sent = ({ headers }: { readonly headers: Headers }) => headers.get("authorization")

describe("a token that the application supplies", () => {
  it("is asked for once for many callers, and again after five minutes", async () => {
    let asked = 0
    const { arrived, erp, pass } = openErp(
      x3.bearer((tenant) => `${tenant}-${++asked}`),
      ok
    )
    await Promise.all(Array.from({ length: 20 }, () => erp.fetch("api1/x")))
    pass(5 * minute - 1)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 1)
    pass(1)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 2)
    assert.deepStrictEqual([...new Set(arrived.map(sent))], ["Bearer default-1", "Bearer default-2"])
  })

  it("that says when it ends is renewed before that, and the same one again is used to its end", async () => {
    let asked = 0
    let token = "one"
    let ends = start + 60 * minute
    const { arrived, erp, pass, now } = openErp(
      x3.bearer(() => {
        asked++
        return { token, expiresAt: new Date(ends) }
      }),
      ok
    )
    await erp.fetch("api1/x")
    pass(20 * minute)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 1)
    assert.strictEqual((await erp.status()).credentialExpiresAt?.getTime(), ends)
    pass(22 * minute)
    // behind the caller's back
    await erp.fetch("api1/x")
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 2)
    pass(2 * minute)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 2)
    token = "two"
    ends = now() + 60 * minute
    pass(20 * minute)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 3)
    assert.strictEqual(arrived.map(sent).at(-1), "Bearer two")
  })

  it("that was rejected is replaced once, and the call sent again", async () => {
    let asked = 0
    const { arrived, erp, pass } = openErp(
      x3.bearer(() => `token-${++asked}`),
      (request, count) => (sent(request) === "Bearer token-2" || count === 1 ? ok() : invalid())
    )
    await erp.fetch("api1/x")
    pass(minute)
    assert.strictEqual((await erp.fetch("api1/x")).status, 200)
    assert.deepStrictEqual(arrived.map(sent), ["Bearer token-1", "Bearer token-1", "Bearer token-2"])
  })

  it("that was rejected and comes back unchanged is not sent again", async () => {
    const { arrived, erp } = openErp(
      x3.bearer(() => "s3cret-token"),
      (_, count) => (count === 1 ? ok() : invalid())
    )
    await erp.fetch("api1/x")
    const error = await rejectionOf(erp.fetch("api1/x"))
    assert.propertyVal(error, "id", "x3-web-services.bearer-rejected")
    assert.notInclude(String(error), "s3cret-token")
    assert.lengthOf(arrived, 2)
    // unless somebody asks, who may know better
    await erp.refresh()
    assert.strictEqual((await erp.fetch("api1/x")).status, 401)
    assert.lengthOf(arrived, 3)
  })

  it("that is refused at once is handed over as the answer it got", async () => {
    const { arrived, erp } = openErp(
      x3.bearer(() => "t"),
      invalid
    )
    const response = await erp.fetch("api1/x")
    assert.strictEqual(await response.text(), "Error 30: Invalid token")
    assert.lengthOf(arrived, 1)
  })

  it.each([
    ["nothing", () => undefined],
    ["a token with a line break", () => "s3cret\r\nx: y"],
    ["one that has ended", () => ({ token: "s3cret", expiresAt: new Date(0) })],
    ["an end that is no date", () => ({ token: "s3cret", expiresAt: "2099-01-01" })],
    [
      "an exception",
      () => {
        throw new Error("s3cret")
      }
    ],
    ["a rejection", async () => Promise.reject(new Error("s3cret"))]
  ])("is refused where its function gives %s, and never shown", async (_, supplier) => {
    const { arrived, erp } = openErp(x3.bearer(supplier as never), ok)
    const error = await rejectionOf(erp.fetch("api1/x"))
    assert.propertyVal(error, "id", "client.misconfigured")
    assert.include(String(error), "connections.erp.auth")
    assert.notInclude(String(error), "s3cret")
    assert.lengthOf(arrived, 0)
  })
})

const tokenUrl = "https://login.example/token"

describe("client credentials", () => {
  it("get their token from the identity provider, and another when it is rejected", async () => {
    let issued = 0
    const { arrived, erp } = openErp(
      x3.clientCredentials({
        tokenUrl,
        clientId: "id",
        clientSecret: "s3cret",
        scope: "x3",
        parameters: { audience: "erp", grant_type: "never" }
      }),
      (request, count) => {
        if (request.url.href === tokenUrl) {
          return json({ access_token: `token-${++issued}`, token_type: "Bearer", expires_in: 3600 })
        }
        return count > 2 && issued === 1 ? invalid() : ok()
      }
    )
    assert.include(await erp.status(), { state: "configured", refreshable: true })
    await erp.fetch("api1/x")
    assert.strictEqual((await erp.fetch("api1/x")).status, 200)
    assert.deepStrictEqual(
      arrived.map(({ url }) => url.pathname),
      ["/token", "/api1/x", "/api1/x", "/token", "/api1/x"]
    )
    assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(arrived[0]?.body)), {
      audience: "erp",
      grant_type: "client_credentials",
      scope: "x3",
      client_id: "id",
      client_secret: "s3cret"
    })
    assert.notProperty(erp, "authorize")
    assert.notProperty(erp, "tls")
  })

  it("can show the client in a Basic header", async () => {
    const { arrived, erp } = openErp(
      x3.clientCredentials({ tokenUrl, clientId: "id", clientSecret: "s", clientAuthentication: "basic" }),
      ({ url }) => (url.href === tokenUrl ? json({ access_token: "t", token_type: "Bearer" }) : ok())
    )
    await erp.fetch("api1/x")
    assert.strictEqual(arrived[0]?.headers.get("authorization"), `Basic ${Buffer.from("id:s").toString("base64")}`)
    assert.notInclude(arrived[0]?.body ?? "", "client_id")
  })

  it("that are refused say whose they are", async () => {
    const { erp } = openErp(x3.clientCredentials({ tokenUrl, clientId: "id", clientSecret: "s3cret" }), () =>
      json({ error: "invalid_client", error_description: "s3cret" }, 401)
    )
    const error = await rejectionOf(erp.fetch("api1/x"))
    assert.propertyVal(error, "id", "x3-web-services.client-rejected")
    assert.notInclude(String(error), "s3cret")
  })
})

describe("a human's consent", () => {
  const redirectUri = "https://app.example/sage/callback/erp"
  const oauth2 = x3.oauth2({
    authorizeUrl: "https://login.example/authorize",
    tokenUrl,
    revokeUrl: "https://login.example/revoke",
    clientId: "id",
    clientSecret: "s3cret",
    redirectUri,
    scope: "openid offline_access",
    parameters: { prompt: "consent" }
  })

  const open = (server: (path: string) => Response | undefined = () => undefined) => {
    let issued = 0
    return openErp(oauth2, ({ headers, url }) => {
      const given = server(url.pathname)
      if (given !== undefined) return given
      if (url.pathname === "/token") {
        issued++
        return json({ access_token: `a${issued}`, refresh_token: `r${issued}`, token_type: "Bearer", expires_in: 300 })
      }
      if (url.pathname === "/revoke") return json({})
      return headers.get("authorization") === `Bearer a${issued}` ? ok() : invalid()
    })
  }

  const consented = async (server?: (path: string) => Response | undefined) => {
    const opened = open(server)
    const { url, cookie } = await opened.erp.authorize({ returnTo: "/settings" })
    const callback = `${redirectUri}?code=code&state=${new URL(url).searchParams.get("state")}`
    const done = await opened.sage.completeAuthorization({ url: callback, cookie })
    return { ...opened, url: new URL(url), done }
  }

  it("goes by authorization code with PKCE, and its grant is renewed", async () => {
    const { arrived, done, erp, pass, url } = await consented()
    assert.deepStrictEqual(done, { connection: "erp", tenant: "default", returnTo: "/settings" })
    const asked = Object.fromEntries(url.searchParams)
    assert.include(asked, {
      response_type: "code",
      client_id: "id",
      redirect_uri: redirectUri,
      scope: "openid offline_access",
      prompt: "consent",
      code_challenge_method: "S256"
    })
    const exchange = new URLSearchParams(arrived[0]?.body)
    assert.strictEqual(exchange.get("grant_type"), "authorization_code")
    assert.isNotEmpty(exchange.get("code_verifier"))
    assert.strictEqual((await erp.fetch("api1/x")).status, 200)
    pass(6 * minute)
    assert.strictEqual((await erp.fetch("api1/x")).status, 200)
    const refresh = new URLSearchParams(arrived[2]?.body)
    assert.strictEqual(refresh.get("grant_type"), "refresh_token")
    assert.strictEqual(refresh.get("refresh_token"), "r1")
    assert.include(await erp.status(), { state: "connected", refreshable: true })
    assert.deepStrictEqual(await erp.disconnect(), { revoked: true })
    assert.strictEqual(new URLSearchParams(arrived.at(-1)?.body).get("token"), "r2")
  })

  it("is needed first, and again when the grant has ended", async () => {
    const before = open()
    assert.propertyVal(await rejectionOf(before.erp.fetch("api1/x")), "id", "client.never-authorized")
    let ended = false
    const { erp, pass } = await consented((path) =>
      ended && path === "/token" ? json({ error: "invalid_grant" }, 400) : undefined
    )
    ended = true
    pass(6 * minute)
    assert.propertyVal(await rejectionOf(erp.fetch("api1/x")), "id", "x3-web-services.grant-ended")
    assert.include(await erp.status(), { state: "reauthorization-required" })
  })

  it("is kept alive while nobody uses it", async () => {
    const { arrived, pass, sage } = await consented()
    pass(5 * 24 * 60 * minute)
    assert.include(await sage.keepAlive(), { renewed: 0 })
    pass(2 * 24 * 60 * minute)
    assert.include(await sage.keepAlive(), { renewed: 1 })
    assert.strictEqual(new URLSearchParams(arrived.at(-1)?.body).get("refresh_token"), "r1")
  })

  it("that the user declines is told so", async () => {
    const { erp, sage } = open()
    const { url, cookie } = await erp.authorize({ returnTo: "/" })
    const callback = `${redirectUri}?error=access_denied&state=${new URL(url).searchParams.get("state")}`
    assert.propertyVal(
      await rejectionOf(sage.completeAuthorization({ url: callback, cookie })),
      "id",
      "x3-web-services.access-denied"
    )
  })
})
