import { assert, describe, it } from "vitest"
import {
  accessToken,
  type AnySandbox,
  api,
  basic,
  bearer,
  customers,
  graphql,
  type Init,
  jwt,
  rejection,
  send,
  soap,
  start,
  webServices
} from "./support.ts"
import { tokenRequest } from "../support.ts"

/** What every credential is answered with on a port: its status. */
const statuses = async (sandbox: AnySandbox, port: "onPremise" | "tls" | "online") => {
  const { certificate, basic: login, ...urls } = webServices(sandbox)
  const url = `${urls[port]}/api1/${customers}`
  const tls = port === "tls" ? certificate : undefined
  const ask = async (authorization: string | undefined): Promise<number> =>
    (await send(sandbox, url, { headers: { authorization }, tls })).status
  return {
    nothing: await ask(undefined),
    basic: await ask(basic(login)),
    bearer: await ask(bearer(await accessToken(sandbox)))
  }
}

describe("session.auth", () => {
  // On the port with client certificates everything is the certificate's as soon as "certificate" is listed.
  const table = [
    { auth: ["basic"], plain: [401, 200, 401], tls: [401, 200, 401] },
    { auth: "basic", plain: [401, 200, 401], tls: [401, 200, 401] },
    { auth: ["bearer"], plain: [401, 401, 200], tls: [401, 401, 200] },
    { auth: ["oauth2"], plain: [401, 401, 401], tls: [401, 401, 401] },
    { auth: ["oauth2", "bearer"], plain: [401, 401, 200], tls: [401, 401, 200] },
    { auth: ["certificate"], plain: [401, 401, 401], tls: [200, 200, 200] },
    { auth: ["basic", "certificate"], plain: [401, 200, 401], tls: [200, 200, 200] },
    { auth: ["basic", "oauth2", "bearer", "certificate"], plain: [401, 200, 200], tls: [200, 200, 200] },
    { auth: ["saml2", "sage-id"], plain: [401, 401, 401], tls: [401, 401, 401] },
    { auth: ["ldap"], plain: [401, 401, 401], tls: [401, 401, 401] },
    { auth: ["Basic", "BEARER"], plain: [401, 401, 401], tls: [401, 401, 401] },
    { auth: ["basic", "kerberos"], plain: [401, 200, 401], tls: [401, 200, 401] },
    { auth: [], plain: [401, 401, 401], tls: [401, 401, 401] }
  ] as const

  for (const { auth, plain, tls } of table) {
    it(`lets in whom it should with ${JSON.stringify(auth)}`, async () => {
      const sandbox = await start({ x3: { session: { auth } } })
      assert.deepStrictEqual(Object.values(await statuses(sandbox, "onPremise")), [...plain])
      assert.deepStrictEqual(Object.values(await statuses(sandbox, "tls")), [...tls])
      // X3 Online asks nobody but the identity provider.
      assert.deepStrictEqual(Object.values(await statuses(sandbox, "online")), [401, 401, 200])
    })
  }

  it("takes oauth2 for bearer, and an unknown value for none at all, in the reading of the card", async () => {
    const sandbox = await start({ x3: { session: { auth: "oauth2" }, reading: "card" } })
    assert.strictEqual((await statuses(sandbox, "onPremise")).bearer, 200)
    sandbox.x3.configure({ session: { auth: ["basic", "Oauth2"] } })
    assert.strictEqual((await statuses(sandbox, "onPremise")).basic, 401)
    sandbox.x3.configure({ unknownAuth: "ignored" })
    assert.strictEqual((await statuses(sandbox, "onPremise")).basic, 200)
    sandbox.x3.configure({ reading: "documented", unknownAuth: "disables" })
    assert.strictEqual((await statuses(sandbox, "onPremise")).basic, 401)
  })

  it("lets users of the directory in with either value", async () => {
    const sandbox = await start({ x3: { session: { auth: "ldap" } } })
    const asked = () => api(sandbox, customers, { headers: { authorization: basic(webServices(sandbox).ldap) } })
    assert.strictEqual((await asked()).status, 200)
    sandbox.x3.configure({ session: { auth: "basic" } })
    assert.strictEqual((await asked()).status, 200)
    sandbox.x3.configure({ session: { auth: "bearer" } })
    assert.strictEqual((await asked()).status, 401)
  })
})

const status = async (sandbox: AnySandbox, user: string, password: string) =>
  (await api(sandbox, customers, { headers: { authorization: basic({ user, password }) } })).status

describe("user and password", () => {
  it("are UTF-8, with a colon in the password and any case in the login", async () => {
    const sandbox = await start()
    const { accented, basic: login } = webServices(sandbox)
    assert.strictEqual(await status(sandbox, accented.user, accented.password), 200)
    assert.strictEqual(await status(sandbox, login.user.toUpperCase(), login.password), 200)
    assert.strictEqual(await status(sandbox, login.user, login.password.toUpperCase()), 401)
    sandbox.x3.setPassword(login.user, "with:two:colons")
    assert.strictEqual(await status(sandbox, login.user, "with:two:colons"), 200)
    assert.strictEqual(await status(sandbox, login.user, login.password), 401)
  })

  it("are searched by e-mail address when the login has an @, unless logins always win", async () => {
    const sandbox = await start()
    const { byEmail } = webServices(sandbox)
    sandbox.x3.addUser({ login: "odd@login", password: "Odd-1234" })
    sandbox.x3.addUser({ login: "taken@login", email: "other@acme.example", password: "Taken-1234" })
    const all = async () => [
      await status(sandbox, byEmail.email, byEmail.password),
      await status(sandbox, byEmail.user, byEmail.password),
      await status(sandbox, "odd@login", "Odd-1234"),
      await status(sandbox, "taken@login", "Taken-1234")
    ]
    assert.deepStrictEqual(await all(), [200, 200, 200, 401])
    sandbox.x3.configure({ session: { authAlwaysLogin: true } })
    assert.deepStrictEqual(await all(), [401, 200, 200, 200])
  })

  it("are good for users of a method with passwords who are active", async () => {
    const sandbox = await start()
    const { oauth2Only, inactive, ldap } = webServices(sandbox)
    assert.strictEqual(await status(sandbox, oauth2Only.user, oauth2Only.password), 401)
    assert.strictEqual(await status(sandbox, inactive.user, inactive.password), 401)
    assert.strictEqual(await status(sandbox, ldap.user, ldap.password), 200)
  })

  it("are challenged with the configured realm, and only where they would do", async () => {
    const sandbox = await start({ x3: { session: { realm: `ac"me` } } })
    const { onPremise, online } = webServices(sandbox)
    const ask = (url: string, headers: Init["headers"] = {}) => send(sandbox, `${url}/api1/${customers}`, { headers })
    const refused = await ask(onPremise)
    assert.deepStrictEqual(
      [refused.status, refused.text, refused.headers["www-authenticate"]],
      [401, "Authentication failed...", String.raw`Basic realm="ac\"me"`]
    )
    sandbox.x3.configure({ session: { realm: "Syracuse" } })
    assert.strictEqual((await ask(onPremise)).headers["www-authenticate"], `Basic realm="Syracuse"`)
    const atOnline = await ask(online, { authorization: basic(webServices(sandbox).basic) })
    assert.deepStrictEqual(
      [atOnline.status, atOnline.text, atOnline.headers["www-authenticate"]],
      [401, "Authentication failed...", undefined]
    )
    sandbox.x3.configure({ session: { auth: "bearer" } })
    assert.isUndefined((await ask(onPremise)).headers["www-authenticate"])
    const browser = await ask(onPremise, { accept: "text/html,application/xhtml+xml" })
    assert.deepStrictEqual([browser.status, browser.headers.location], [303, "/auth/login/page"])
  })
})

const asked = (sandbox: AnySandbox, token: unknown) =>
  api(sandbox, customers, { headers: { authorization: bearer(token) } })

describe("a bearer token", () => {
  it("stands for the OAuth2 user with the e-mail address that the identity provider has", async () => {
    const sandbox = await start()
    const { identityProvider } = webServices(sandbox)
    const token = await accessToken(sandbox)
    assert.strictEqual((await asked(sandbox, token)).status, 200)
    const invalid = async (bad: unknown) => {
      const answer = await asked(sandbox, bad)
      assert.deepStrictEqual([answer.status, answer.text], [401, "Error 30: Invalid token"])
      assert.match(answer.headers["content-type"] ?? "", /^text\/plain/)
    }
    await invalid("made-up")
    await invalid(await accessToken(sandbox, identityProvider.stranger))
    // The same address, yet the user logs in by password.
    sandbox.x3.addUser({ login: "sam", email: identityProvider.stranger.email, method: "DB" })
    await invalid(await accessToken(sandbox, identityProvider.stranger))
    sandbox.x3.addUser({ login: "sam", email: identityProvider.stranger.email.toUpperCase(), method: "OAuth2" })
    assert.strictEqual((await asked(sandbox, await accessToken(sandbox, identityProvider.stranger))).status, 200)
    sandbox.x3.expireAccessTokens()
    await invalid(token)
  })

  it("that has ended is refused at once, or when what is known of it is too old, as the switch says", async () => {
    const sandbox = await start({ x3: { tokenOwnerKept: "5 minutes" } })
    const token = await accessToken(sandbox)
    const unseen = await accessToken(sandbox)
    assert.strictEqual((await asked(sandbox, token)).status, 200)
    sandbox.x3.expireAccessTokens()
    assert.deepStrictEqual([(await asked(sandbox, token)).status, (await asked(sandbox, unseen)).status], [200, 401])
    await sandbox.clock.advance("5 minutes")
    assert.strictEqual((await asked(sandbox, token)).status, 401)
    const fresh = await accessToken(sandbox)
    assert.strictEqual((await asked(sandbox, fresh)).status, 200)
    sandbox.x3.configure({ tokenOwnerKept: 0 })
    sandbox.x3.expireAccessTokens()
    assert.strictEqual((await asked(sandbox, fresh)).status, 401)
  })

  it("by client credentials stands for nobody, unless the switch names somebody", async () => {
    const sandbox = await start()
    const granted = await tokenRequest(sandbox, { grant_type: "client_credentials", scope: "email" })
    const token = granted.at("access_token")
    assert.strictEqual((await asked(sandbox, token)).text, "Error 30: Invalid token")
    sandbox.x3.configure({ clientCredentialsUser: webServices(sandbox).limited.user })
    assert.strictEqual((await asked(sandbox, token)).status, 200)
    assert.notProperty((await asked(sandbox, token)).at("$resources 0"), "OSTAUZ")
    sandbox.x3.configure({ clientCredentialsUser: "nobody" })
    assert.strictEqual((await asked(sandbox, token)).status, 401)
  })

  it("of a connected app is good for web services when the switch says so", async () => {
    const sandbox = await start()
    assert.strictEqual((await asked(sandbox, jwt(sandbox))).status, 401)
    sandbox.x3.configure({ connectedAppsOnWebServices: true })
    assert.strictEqual((await asked(sandbox, jwt(sandbox))).status, 200)
  })
})

describe("a client certificate", () => {
  it("is demanded in the handshake of its port: the caller sees no HTTP", async () => {
    const sandbox = await start()
    const { tls: url } = webServices(sandbox)
    const foreign = await sandbox.x3.issueCertificate({ commonName: "wscert", authority: "foreign" })
    const hour = 60 * 60_000
    const ended = await sandbox.x3.issueCertificate({
      commonName: "wscert",
      notBefore: new Date(Date.now() - 2 * hour),
      notAfter: new Date(Date.now() - hour)
    })
    const refused = ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "ECONNRESET", "EPIPE"]
    assert.oneOf((await rejection(send(sandbox, url))).code, refused)
    assert.oneOf((await rejection(send(sandbox, url, { tls: foreign }))).code, refused)
    assert.oneOf((await rejection(send(sandbox, url, { tls: ended }))).code, refused)
    assert.deepStrictEqual(sandbox.requests(), [])
    // The port of X3 Online asks for none.
    assert.strictEqual((await send(sandbox, webServices(sandbox).online)).status, 404)
  })

  it("wins over everything else where it is a way in", async () => {
    const sandbox = await start()
    const { tls: url, certificate, limited } = webServices(sandbox)
    const ask = (tls: Init["tls"], authorization?: string) =>
      send(sandbox, `${url}/api1/${customers}`, { tls, headers: { authorization } })
    assert.strictEqual((await ask(certificate)).status, 200)
    assert.strictEqual((await ask(certificate, basic({ user: "nobody", password: "wrong" }))).status, 200)
    // What it sees is the certificate's, and not the other user's.
    assert.property((await ask(certificate, basic(limited))).at("$resources 0"), "OSTAUZ")
    const stranger = await sandbox.x3.issueCertificate({ commonName: "stranger" })
    assert.strictEqual((await ask(stranger)).status, 401)
    assert.strictEqual((await ask(stranger, basic(limited))).status, 401)
    assert.deepStrictEqual(
      sandbox
        .requests({ surface: "x3-web-services" })
        .map(({ authentication, listener }) => `${authentication} on ${listener}`),
      Array.from({ length: 5 }, () => "certificate on tls")
    )
    // Elsewhere it is a gate, and the user is who the header says.
    sandbox.x3.configure({ session: { auth: "basic" } })
    assert.notProperty((await ask(certificate, basic(limited))).at("$resources 0"), "OSTAUZ")
    assert.strictEqual((await ask(stranger, basic(limited))).status, 200)
    assert.strictEqual((await ask(certificate)).status, 401)
  })

  it("is mapped as a login is: by e-mail address with an @, and to its letter", async () => {
    const sandbox = await start()
    const { tls: url, byEmail } = webServices(sandbox)
    const ask = async (commonName: string) =>
      (await send(sandbox, `${url}/api1/${customers}`, { tls: await sandbox.x3.issueCertificate({ commonName }) }))
        .status
    assert.strictEqual(await ask(byEmail.email), 200)
    assert.strictEqual(await ask("jürgen"), 200)
    assert.strictEqual(await ask("WSCERT"), 401)
    assert.strictEqual(await ask("former"), 401)
  })
})

describe("cookies", () => {
  it("are set by every answer and identify nobody in api1, SOAP and GraphQL", async () => {
    const sandbox = await start()
    const first = await api(sandbox, customers)
    const cookies = first.headers["set-cookie"] ?? []
    const port = new URL(webServices(sandbox).onPremise).port
    assert.deepStrictEqual(
      cookies.map((each) => each.split("=")[0]),
      [`syracuse.sid.${port}`, "client.id"]
    )
    const cookie = cookies.map((each) => each.split(";")[0]).join("; ")
    const without = { authorization: undefined, cookie }
    assert.strictEqual((await api(sandbox, customers, { headers: without })).status, 401)
    assert.strictEqual((await soap(sandbox, { operation: "query" }, { headers: without })).status, 401)
    assert.strictEqual((await graphql(sandbox, { query: "{ __typename }" }, without)).status, 401)
    sandbox.x3.configure({ cookies: false })
    assert.isUndefined((await api(sandbox, customers)).headers["set-cookie"])
  })

  it("carry an interactive session on /sdata, which takes a badge and ends by itself", async () => {
    const sandbox = await start({ x3: { badges: 1 } })
    const { onPremise, basic: login, limited } = webServices(sandbox)
    const ask = (headers: Init["headers"]) => send(sandbox, `${onPremise}/sdata/${customers}`, { headers })
    await api(sandbox, customers)
    assert.strictEqual(sandbox.x3.badgesTaken(), 0)
    const first = await ask({ authorization: basic(login) })
    const cookie = (first.headers["set-cookie"] ?? [])[0]?.split(";")[0]
    assert.deepStrictEqual([first.status, sandbox.x3.badgesTaken()], [200, 1])
    assert.deepStrictEqual([(await ask({ cookie })).status, sandbox.x3.badgesTaken()], [200, 1])
    const second = await ask({ authorization: basic(limited) })
    assert.deepStrictEqual(
      [second.status, second.at("$diagnoses 0 $message")],
      [403, "User does not have any badge for Product Sage X3"]
    )
    await sandbox.clock.advance("20 minutes")
    assert.deepStrictEqual([(await ask({ cookie })).status, sandbox.x3.badgesTaken()], [401, 0])
    assert.strictEqual((await ask({ authorization: basic(limited) })).status, 200)
  })

  it("come with a login on the page for browsers", async () => {
    const sandbox = await start()
    const { onPremise, basic: login } = webServices(sandbox)
    const page = await send(sandbox, `${onPremise}/auth/login/page`)
    assert.include(page.text, "Login and password")
    const post = (password: string) =>
      send(sandbox, `${onPremise}/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ login: login.user, password }).toString()
      })
    assert.strictEqual((await post("wrong")).status, 401)
    const done = await post(login.password)
    assert.deepStrictEqual([done.status, sandbox.x3.badgesTaken()], [303, 1])
    const cookie = (done.headers["set-cookie"] ?? [])[0]?.split(";")[0]
    await send(sandbox, `${onPremise}/auth/forgetMe`, { headers: { cookie } })
    assert.strictEqual(sandbox.x3.badgesTaken(), 0)
    assert.strictEqual((await send(sandbox, `${onPremise}/auth/elsewhere`)).status, 404)
    assert.notInclude(JSON.stringify(sandbox.requests()), login.password)
  })
})
