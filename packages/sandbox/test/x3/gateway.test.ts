import { createServer } from "node:http"
import { assert, describe, it, onTestFinished } from "vitest"
import {
  type Answer,
  type AnySandbox,
  bearer,
  claimsOf,
  headerOf,
  post,
  send,
  sendJson,
  start
} from "../oauth/support.ts"
import { connectGateway, exchangePairing, folders, gatewayToken, pair, pairingUrl, refreshGateway } from "./pairings.ts"

const messages = {
  missing: [400, "Missing required request parameters"],
  grantType: [400, "Invalid grant type"],
  disabled: [403, "The application registered on Sage Business Cloud is disabled"],
  notAccepted: [403, "The pairing request has not been accepted."],
  expired: [403, "The request has expired."],
  notFound: [403, "Pairing request not found"],
  customer: [
    404,
    "Could not associate the requested url with an customer application registered on Sage Business Cloud"
  ],
  client: [404, "Could not associate the values with an active application registered on Sage Business Cloud"],
  redirectUri: [404, "Could not associate the values with an application registered on Sage Business Cloud"],
  unauthorised: [401, "Unauthorised"]
} as const

/** The whole body, which is one of the documented ones. */
const refused = (answer: Answer, kind: keyof typeof messages) => {
  const [status, message] = messages[kind]
  assert.deepStrictEqual([answer.status, answer.json], [status, { message }], answer.text)
}

const graphql = (sandbox: AnySandbox, token: unknown, endPoint: string, query: string, base?: string) =>
  sendJson(
    (base === undefined ? sandbox.urls["x3-gateway"].graphQL : `${base}/service/{endPoint}/api`).replace(
      "{endPoint}",
      endPoint
    ),
    { query },
    { headers: bearer(token) }
  )

/** What something that must fail fails with. */
const words = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => assert.fail("this must fail"),
    (error: unknown) => String(error)
  )

/** An application on this machine; gives what it was called with. */
const application = async (status = 200) => {
  const calls: Array<{ method: string; url: string; type: string | undefined; body: string }> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { method = "", url = "", headers } = request
      calls.push({ method, url, type: headers["content-type"], body: Buffer.concat(chunks).toString() })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return { calls, redirectUri: `http://127.0.0.1:${address.port}/callback` }
}

describe("the root of the gateway", () => {
  it("says where everything is, without a token", async () => {
    const sandbox = await start()
    const { root } = sandbox.urls["x3-gateway"]
    const answer = await send(root)
    assert.deepStrictEqual(answer.json, {
      customerAccess: { authorise: `${root}/token/authorise`, token: `${root}/token` },
      customerUsage: {
        folder: `${root}/folders`,
        graphQL: `${root}/service/{endPoint}/api`,
        dataIngestion: `${root}/dataingestion/{folderName}`,
        dataDelivery: `${root}/datadelivery/{folderName}`
      },
      apiDoc: `${root}/swagger`,
      businessDomains: ["ALL"]
    })
    assert.deepStrictEqual((await send(`${root}/`)).json, answer.json)
  })
})

describe("a pairing request", () => {
  it("waits for an X3 user, who chooses folders, and comes back as a form", async () => {
    const sandbox = await start()
    const callback = await sandbox.x3.pairingCallback(pairingUrl(sandbox), { folders: ["SEED"] })
    const { redirectUri, customer, clientId } = sandbox.accounts["x3-gateway"]
    const { body, ...rest } = callback
    assert.deepStrictEqual(rest, {
      url: redirectUri,
      method: "POST",
      contentType: "application/x-www-form-urlencoded",
      delivered: undefined
    })
    const params = new URLSearchParams(body)
    assert.deepStrictEqual([...params.keys()], ["authorizationCode", "state"])
    assert.strictEqual(params.get("state"), "st&te/1")
    assert.deepStrictEqual(sandbox.x3.pairings(), [
      {
        clientId,
        customer,
        state: "st&te/1",
        status: "accepted",
        folders: ["SEED"],
        scope: "api.graphQL businessDomain.ALL folder.SEED"
      }
    ])
    const answer = await exchangePairing(sandbox, params.get("authorizationCode"))
    assert.deepStrictEqual((await folders(sandbox, answer.at("access_token"))).json, {
      folders: [
        {
          name: "SEED",
          $urls: {
            dataIngestion: `${sandbox.urls["x3-gateway"].root}/dataingestion/SEED/`,
            dataDelivery: `${sandbox.urls["x3-gateway"].root}/datadelivery/SEED/`,
            graphQL: `${sandbox.urls["x3-gateway"].root}/service/SEED/api`
          }
        }
      ]
    })
  })

  it("refuses what is missing or unknown with the documented bodies", async () => {
    const sandbox = await start()
    for (const name of ["client_id", "scope", "customer", "redirect_uri", "state"]) {
      refused(await send(pairingUrl(sandbox, { [name]: undefined })), "missing")
    }
    refused(await send(`${pairingUrl(sandbox)}&state=again`), "missing")
    refused(await send(pairingUrl(sandbox, { scope: "api.everything" })), "missing")
    refused(await send(pairingUrl(sandbox, { client_id: "nobody" })), "client")
    refused(await send(pairingUrl(sandbox, { redirect_uri: "https://app.example/other" })), "redirectUri")
    refused(await send(pairingUrl(sandbox, { customer: "https://x3.nobody.example" })), "customer")
    const { clientId } = sandbox.accounts["x3-gateway"]
    sandbox.x3.gateway.disableApplication(clientId)
    refused(await send(pairingUrl(sandbox)), "disabled")
    sandbox.x3.gateway.disableApplication(clientId, false)
    assert.strictEqual((await send(pairingUrl(sandbox))).status, 200)
    const gone = await words(sandbox.x3.pairingCallback(pairingUrl(sandbox, { client_id: "x" })))
    assert.include(gone, messages.client[1])
  })

  it("is accepted later, while the page that was left open goes on", async () => {
    const sandbox = await start()
    const page = await send(pairingUrl(sandbox))
    assert.include(page.text, "The request was sent to the customer, https://x3.acme.example.")
    const transaction = /name="transaction" value="([^"]*)"/.exec(page.text)?.[1]
    const check = () => post(sandbox.urls["x3-gateway"].authorise, { transaction, next: "check" })
    assert.include((await check()).text, "Somebody there has to accept it")
    await sandbox.clock.advance("3 days")
    const callback = await sandbox.x3.acceptPairing({ folders: ["REPOSX3"] })
    const landing = await check()
    const { redirectUri } = sandbox.accounts["x3-gateway"]
    assert.include(landing.text, `action="${redirectUri}"`)
    const code = new URLSearchParams(callback.body).get("authorizationCode")
    assert.include(landing.text, `name="authorizationCode" value="${code ?? ""}"`)
    // The one script that the page holds is the one that its policy allows.
    assert.match(landing.headers.get("content-security-policy") ?? "", /script-src 'sha256-[^']+'/)
    assert.include(landing.text, "<script>document.forms[0].submit()</script>")
    assert.strictEqual((await exchangePairing(sandbox, code)).status, 200)
  })

  it("can be declined in X3 and on the page, of which nobody hears by default", async () => {
    const sandbox = await start()
    const denied = await words(sandbox.x3.pairingCallback(pairingUrl(sandbox), { deny: true }))
    assert.include(denied, "The request of Sandbox Application was declined")
    await send(pairingUrl(sandbox, { state: "two" }))
    assert.isUndefined(await sandbox.x3.declinePairing())
    assert.deepStrictEqual(
      sandbox.x3.pairings().map(({ status }) => status),
      ["declined", "declined"]
    )
    sandbox.x3.gateway.configure({ declinedCallback: true })
    const params = await pair(sandbox, {}, { deny: true })
    assert.deepStrictEqual(Object.fromEntries(params), { error: "access_denied", state: "st&te/1" })
  })

  it("needs an X3 user with the right to accept, and a folder", async () => {
    const sandbox = await start()
    const { clerk, user } = sandbox.accounts["x3-gateway"]
    const ask = (login: typeof user, chosen?: ReadonlyArray<string>) =>
      words(sandbox.x3.pairingCallback(pairingUrl(sandbox), { login, folders: chosen }))
    assert.include(await ask(clerk), "Your security profile has no create, read and write for thirdParties")
    assert.include(await ask({ ...user, password: "x" }), "Sign-in information is incorrect")
    assert.include(await ask(user, []), "Choose at least one folder")
    const nobody = await words(sandbox.x3.acceptPairing({ state: "unknown" }))
    assert.include(nobody, "No pairing request waits")
    const wrong = await words(sandbox.x3.acceptPairing({ folders: ["NOWHERE"] }))
    assert.include(wrong, "folders must name folders of the customer")
  })

  it("takes the place of ? in user.? with the login of who accepts, and adds the domain that is missing", async () => {
    const sandbox = await start()
    await pair(sandbox, { scope: "api.graphQL user.?" })
    await pair(sandbox, { scope: "api.graphQL" }, { folders: ["SEED"] })
    await pair(sandbox, { scope: "api.dataDelivery" }, { folders: ["SEED"] })
    assert.deepStrictEqual(
      sandbox.x3.pairings().map(({ scope }) => scope),
      [
        "api.graphQL user.wsadmin folder.SEED folder.REPOSX3",
        "api.graphQL businessDomain.ALL folder.SEED",
        "api.dataDelivery folder.SEED"
      ]
    )
  })
})

describe("the callback of a pairing", () => {
  it("is a redirect when the switch says so, and approve gives it", async () => {
    const sandbox = await start({ x3: { gateway: { callbackMethod: "GET" } } })
    const url = new URL(await sandbox.approve(pairingUrl(sandbox)))
    const { redirectUri } = sandbox.accounts["x3-gateway"]
    assert.strictEqual(url.href.split("?")[0], redirectUri)
    assert.strictEqual(url.searchParams.get("state"), "st&te/1")
    assert.strictEqual((await exchangePairing(sandbox, url.searchParams.get("authorizationCode"))).status, 200)
  })

  it("is really posted to an application on this machine, as a form or as JSON", async () => {
    const sandbox = await start({ x3: { gateway: { callbackSender: "server" } } })
    const { calls, redirectUri } = await application(204)
    sandbox.x3.gateway.registerRedirectUri(sandbox.accounts["x3-gateway"].clientId, redirectUri)
    await send(pairingUrl(sandbox, { redirect_uri: redirectUri }))
    assert.lengthOf(calls, 0)
    const callback = await sandbox.x3.acceptPairing()
    assert.deepStrictEqual([callback.url, callback.delivered], [redirectUri, 204])
    assert.deepStrictEqual(calls, [
      { method: "POST", url: "/callback", type: "application/x-www-form-urlencoded", body: callback.body ?? "" }
    ])
    sandbox.x3.gateway.configure({ callbackBody: "json" })
    const json = await sandbox.x3.pairingCallback(pairingUrl(sandbox, { redirect_uri: redirectUri }))
    assert.deepStrictEqual(calls[1], {
      method: "POST",
      url: "/callback",
      type: "application/json",
      body: json.body ?? ""
    })
    const { authorizationCode, ...rest } = JSON.parse(json.body ?? "") as Record<string, string>
    assert.deepStrictEqual(rest, { state: "st&te/1" })
    const answer = await exchangePairing(sandbox, authorizationCode ?? "", { redirect_uri: redirectUri })
    assert.strictEqual(answer.status, 200)
    assert.throws(() => sandbox.x3.gateway.configure({ callbackSender: "browser" }), RangeError)
  })

  it("is posted to nobody beyond this machine", async () => {
    const sandbox = await start({ x3: { gateway: { callbackSender: "server" } } })
    const callback = await sandbox.x3.pairingCallback(pairingUrl(sandbox))
    assert.deepStrictEqual([callback.method, callback.delivered], ["POST", undefined])
  })

  it("can come before the acceptance, with a code that waits", async () => {
    const sandbox = await start({ x3: { gateway: { callbackOrder: "before-acceptance" } } })
    const code = (await pair(sandbox, {}, { decide: false })).get("authorizationCode")
    refused(await exchangePairing(sandbox, code), "notAccepted")
    await sandbox.clock.advance("2 days")
    refused(await exchangePairing(sandbox, code), "notAccepted")
    await sandbox.x3.acceptPairing()
    assert.strictEqual((await exchangePairing(sandbox, code)).status, 200)
    const declined = (await pair(sandbox, { state: "two" }, { deny: true })).get("authorizationCode")
    refused(await exchangePairing(sandbox, declined), "notFound")
    sandbox.x3.gateway.configure({ declinedAnswer: "not-accepted" })
    refused(await exchangePairing(sandbox, declined), "notAccepted")
    const late = (await pair(sandbox, { state: "three" }, { decide: false })).get("authorizationCode")
    await sandbox.clock.advance("7 days")
    refused(await exchangePairing(sandbox, late), "expired")
  })

  it("can come from the server before the acceptance, while the page lets an X3 user decide", async () => {
    const sandbox = await start({
      x3: { gateway: { callbackOrder: "before-acceptance", callbackSender: "server" } }
    })
    const { calls, redirectUri } = await application()
    sandbox.x3.gateway.registerRedirectUri(sandbox.accounts["x3-gateway"].clientId, redirectUri)
    const page = await send(pairingUrl(sandbox, { redirect_uri: redirectUri }))
    const code = new URLSearchParams(calls[0]?.body).get("authorizationCode")
    refused(await exchangePairing(sandbox, code, { redirect_uri: redirectUri }), "notAccepted")
    const transaction = /name="transaction" value="([^"]*)"/.exec(page.text)?.[1]
    const { authorise } = sandbox.urls["x3-gateway"]
    const { user, password } = sandbox.accounts["x3-gateway"].user
    await post(authorise, { transaction, user, password })
    const done = await post(authorise, { transaction, decision: "allow", folder: "SEED" })
    assert.include(done.text, "The request was accepted")
    assert.lengthOf(calls, 1)
    assert.strictEqual((await exchangePairing(sandbox, code, { redirect_uri: redirectUri })).status, 200)
  })

  it.for(["path", "host"] as const)(
    "can name another endpoint, by %s, which all later calls need",
    async (endpoint) => {
      const sandbox = await start({ x3: { gateway: { endpoint } } })
      const params = await pair(sandbox)
      const base = params.get("endpoint") ?? ""
      const { root } = sandbox.urls["x3-gateway"]
      assert.notStrictEqual(base, root)
      assert.strictEqual(new URL(base).port, new URL(root).port)
      const code = params.get("authorizationCode")
      refused(await exchangePairing(sandbox, code), "notFound")
      const answer = await exchangePairing(sandbox, code, {}, `${base}/token`)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(claimsOf(answer.at("access_token"))["iss"], new URL(base).host)
      refused(await folders(sandbox, answer.at("access_token")), "unauthorised")
      assert.strictEqual((await folders(sandbox, answer.at("access_token"), `${base}/folders`)).status, 200)
      refused(await refreshGateway(sandbox, answer.at("refresh_token")), "unauthorised")
      assert.strictEqual((await refreshGateway(sandbox, answer.at("refresh_token"), `${base}/token`)).status, 200)
      assert.strictEqual((await send(base)).at("customerAccess token"), `${base}/token`)
      sandbox.x3.gateway.configure({ servesOtherRegions: true })
      assert.strictEqual((await folders(sandbox, answer.at("access_token"))).status, 200)
    }
  )
})

describe("the token endpoint of the gateway", () => {
  it("gives JWTs with the documented claims", async () => {
    const sandbox = await start({ startAt: 1_800_000_000_000 })
    const answer = await connectGateway(sandbox)
    assert.deepStrictEqual(Object.keys(answer.json as object), [
      "access_token",
      "token_type",
      "expires_in",
      "refresh_token",
      "scope"
    ])
    const scope = "api.graphQL businessDomain.ALL folder.SEED folder.REPOSX3"
    assert.deepStrictEqual([answer.at("expires_in"), answer.at("scope")], [300, scope])
    const { host } = new URL(sandbox.urls["x3-gateway"].root)
    const { sub, ...access } = claimsOf(answer.at("access_token"))
    assert.isString(sub)
    const shared = {
      iss: host,
      aud: host,
      iat: 1_800_000_000,
      region: "sandbox",
      azp: sandbox.accounts["x3-gateway"].clientId,
      scopes: scope
    }
    assert.deepStrictEqual(access, { ...shared, exp: 1_800_000_300 })
    const { jti, ...refresh } = claimsOf(answer.at("refresh_token"))
    assert.isString(jti)
    assert.deepStrictEqual(refresh, { ...shared, sub, exp: 1_800_000_000 + 30 * 86_400 })
    assert.strictEqual(headerOf(answer.at("access_token"))["typ"], "JWT")
    sandbox.x3.gateway.configure({ tokenNames: "camelCase", expiresIn: null })
    assert.deepStrictEqual(Object.keys((await connectGateway(sandbox)).json as object), [
      "accessToken",
      "tokenType",
      "refreshToken",
      "scope"
    ])
  })

  it("reads JSON, and forms when the switch says so", async () => {
    const sandbox = await start()
    const { clientId, clientSecret, redirectUri } = sandbox.accounts["x3-gateway"]
    const code = (await pair(sandbox)).get("authorizationCode") ?? ""
    const fields = {
      grant_type: "authorization_code",
      code,
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri
    }
    const { token } = sandbox.urls["x3-gateway"]
    refused(await post(token, fields), "missing")
    refused(await send(token, { method: "POST", body: "{" }), "missing")
    assert.strictEqual((await send(token)).status, 405)
    sandbox.x3.gateway.configure({ formBody: true })
    assert.strictEqual((await post(token, fields)).status, 200)
  })

  it("refuses every mistake with its documented body", async () => {
    const sandbox = await start()
    const code = (await pair(sandbox)).get("authorizationCode")
    for (const name of ["code", "client_id", "client_secret", "grant_type", "redirect_uri"]) {
      refused(await exchangePairing(sandbox, code, { [name]: undefined }), "missing")
    }
    refused(await exchangePairing(sandbox, code, { grant_type: "client_credentials" }), "grantType")
    refused(await exchangePairing(sandbox, code, { client_id: "nobody" }), "client")
    refused(await exchangePairing(sandbox, code, { client_secret: "wrong" }), "client")
    refused(await exchangePairing(sandbox, code, { redirect_uri: "https://app.example/other" }), "redirectUri")
    refused(await exchangePairing(sandbox, "made-up"), "notFound")
    const { otherClient, clientId } = sandbox.accounts["x3-gateway"]
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    refused(await exchangePairing(sandbox, code, other), "notFound")
    sandbox.x3.gateway.disableApplication(clientId)
    refused(await exchangePairing(sandbox, code), "disabled")
    sandbox.x3.gateway.disableApplication(clientId, false)
    refused(await gatewayToken(sandbox, { grant_type: "refresh_token" }), "missing")
    sandbox.x3.gateway.configure({ wrongSecret: 401 })
    refused(await exchangePairing(sandbox, code, { client_secret: "wrong" }), "unauthorised")
    assert.strictEqual((await exchangePairing(sandbox, code)).status, 200)
    refused(await exchangePairing(sandbox, code), "notFound")
  })

  it("takes a code for ten minutes, and expired ones and their requests can be made", async () => {
    const sandbox = await start()
    const code = (await pair(sandbox)).get("authorizationCode")
    await sandbox.clock.advance("10 minutes")
    refused(await exchangePairing(sandbox, code), "expired")
    const other = (await pair(sandbox)).get("authorizationCode")
    await send(pairingUrl(sandbox, { state: "waiting" }))
    assert.strictEqual(sandbox.x3.expirePairing(), 2)
    refused(await exchangePairing(sandbox, other), "expired")
    assert.include(await words(sandbox.x3.acceptPairing()), "No pairing request waits")
    assert.strictEqual(sandbox.x3.pairings({ state: "waiting" })[0]?.status, "expired")
  })

  it("ends the pairing of a code that comes twice when the switch says so", async () => {
    const sandbox = await start({ x3: { gateway: { codeReuse: "end-pairing" } } })
    const code = (await pair(sandbox)).get("authorizationCode")
    const answer = await exchangePairing(sandbox, code)
    assert.strictEqual(answer.status, 200)
    refused(await exchangePairing(sandbox, code), "notFound")
    refused(await refreshGateway(sandbox, answer.at("refresh_token")), "unauthorised")
  })
})

describe("the tokens of a pairing", () => {
  it("are a pair that a refresh replaces", async () => {
    const sandbox = await start()
    const first = await connectGateway(sandbox)
    await sandbox.clock.advance("299 seconds")
    assert.strictEqual((await folders(sandbox, first.at("access_token"))).status, 200)
    await sandbox.clock.advance("1 second")
    refused(await folders(sandbox, first.at("access_token")), "unauthorised")
    const second = await refreshGateway(sandbox, first.at("refresh_token"))
    assert.strictEqual(second.status, 200)
    assert.notStrictEqual(second.at("refresh_token"), first.at("refresh_token"))
    refused(await refreshGateway(sandbox, first.at("refresh_token")), "unauthorised")
    const third = await refreshGateway(sandbox, second.at("refresh_token"))
    assert.strictEqual(third.status, 200)
    assert.strictEqual((await folders(sandbox, second.at("access_token"))).status, 200)
    await sandbox.clock.advance("30 days")
    refused(await refreshGateway(sandbox, third.at("refresh_token")), "unauthorised")
    sandbox.x3.gateway.configure({ deadRefreshToken: 403 })
    refused(await refreshGateway(sandbox, third.at("refresh_token")), "expired")
    refused(await refreshGateway(sandbox, "made-up"), "notFound")
  })

  it("end together when a used one comes again, or go on, as the switches say", async () => {
    const sandbox = await start({ x3: { gateway: { refreshReuse: "end-pairing" } } })
    const first = await connectGateway(sandbox)
    const second = await refreshGateway(sandbox, first.at("refresh_token"))
    refused(await refreshGateway(sandbox, first.at("refresh_token")), "unauthorised")
    refused(await refreshGateway(sandbox, second.at("refresh_token")), "unauthorised")
    sandbox.x3.gateway.configure({ refreshReuse: "accepted", refreshEndsAccessToken: true })
    const third = await connectGateway(sandbox)
    assert.strictEqual((await refreshGateway(sandbox, third.at("refresh_token"))).status, 200)
    refused(await folders(sandbox, third.at("access_token")), "unauthorised")
    assert.strictEqual((await refreshGateway(sandbox, third.at("refresh_token"))).status, 200)
  })

  it("are one pair for an application and a customer", async () => {
    const sandbox = await start()
    const { secondCustomer } = sandbox.accounts["x3-gateway"]
    const first = await connectGateway(sandbox)
    const second = await connectGateway(sandbox, { customer: secondCustomer })
    const again = await connectGateway(sandbox)
    refused(await refreshGateway(sandbox, first.at("refresh_token")), "unauthorised")
    assert.strictEqual((await refreshGateway(sandbox, second.at("refresh_token"))).status, 200)
    assert.strictEqual((await refreshGateway(sandbox, again.at("refresh_token"))).status, 200)
    assert.notStrictEqual(claimsOf(second.at("access_token"))["sub"], claimsOf(again.at("access_token"))["sub"])
  })

  it("differ even when they are made in the same second", async () => {
    const sandbox = await start()
    const first = await connectGateway(sandbox)
    assert.strictEqual(sandbox.x3.gateway.expireAccessTokens(), 1)
    const second = await refreshGateway(sandbox, first.at("refresh_token"))
    assert.notStrictEqual(second.at("access_token"), first.at("access_token"))
    refused(await folders(sandbox, first.at("access_token")), "unauthorised")
    assert.strictEqual((await folders(sandbox, second.at("access_token"))).status, 200)
  })

  it("end as their customer, their application or a test wants", async () => {
    const sandbox = await start()
    const { secondCustomer, clientId, clientSecret } = sandbox.accounts["x3-gateway"]
    const first = await connectGateway(sandbox)
    const second = await connectGateway(sandbox, { customer: secondCustomer })
    assert.strictEqual(sandbox.x3.endPairings({ customer: secondCustomer }), 1)
    refused(await refreshGateway(sandbox, second.at("refresh_token")), "unauthorised")
    assert.strictEqual((await folders(sandbox, second.at("access_token"))).status, 200)
    assert.strictEqual(sandbox.x3.gateway.endRefreshTokens(), 1)
    refused(await refreshGateway(sandbox, first.at("refresh_token")), "unauthorised")
    const third = await connectGateway(sandbox)
    const { token } = sandbox.urls["x3-gateway"]
    const deletion = { client_id: clientId, client_secret: clientSecret, refresh_token: third.at("refresh_token") }
    refused(await sendJson(token, { ...deletion, refresh_token: undefined }, { method: "DELETE" }), "missing")
    assert.strictEqual((await sendJson(token, deletion, { method: "DELETE" })).status, 204)
    refused(await refreshGateway(sandbox, third.at("refresh_token")), "unauthorised")
    refused(await sendJson(token, deletion, { method: "DELETE" }), "unauthorised")
    assert.strictEqual((await folders(sandbox, third.at("access_token"))).status, 200)
    sandbox.x3.gateway.configure({ deleteRefreshToken: { method: "POST", path: "/token/delete" } })
    const fourth = await connectGateway(sandbox)
    const body = { ...deletion, refresh_token: fourth.at("refresh_token") }
    assert.strictEqual((await sendJson(`${token}/delete`, body)).status, 204)
    sandbox.x3.gateway.configure({ deleteRefreshToken: null })
    assert.strictEqual((await sendJson(token, body, { method: "DELETE" })).status, 405)
  })
})

describe("the API behind the gateway", () => {
  const query = "{ x3MasterData { customer { query(first: 1) { edges { node { code } } } } } }"

  it("answers GraphQL for the folders of the pairing alone", async () => {
    const sandbox = await start()
    const token = (await connectGateway(sandbox, {}, { folders: ["REPOSX3"] })).at("access_token")
    const answer = await graphql(sandbox, token, "REPOSX3", query)
    assert.strictEqual(answer.status, 200, answer.text)
    const edges = answer.at("data x3MasterData customer query edges") as ReadonlyArray<{ node: { code: string } }>
    assert.isString(edges[0]?.node.code)
    const wrong = await graphql(sandbox, token, "REPOSX3", "{ nothing }")
    assert.match(String((wrong.at("errors") as ReadonlyArray<{ message: string }>)[0]?.message), /^Cannot query field/)
    assert.deepStrictEqual((await graphql(sandbox, token, "SEED", query)).status, 403)
    for (const status of [401, 404] as const) {
      sandbox.x3.gateway.configure({ foreignFolder: status })
      assert.deepStrictEqual((await graphql(sandbox, token, "SEED", query)).status, status)
    }
    assert.strictEqual(
      (await send(sandbox.urls["x3-gateway"].graphQL.replace("{endPoint}", "SEED"), { headers: bearer(token) })).status,
      405
    )
  })

  it("needs the scope of GraphQL for GraphQL", async () => {
    const sandbox = await start()
    const token = (await connectGateway(sandbox, { scope: "api.dataDelivery" })).at("access_token")
    assert.strictEqual((await graphql(sandbox, token, "SEED", query)).status, 403)
    assert.strictEqual((await folders(sandbox, token)).status, 200)
  })

  it("needs a good access token for everything", async () => {
    const sandbox = await start()
    const { root } = sandbox.urls["x3-gateway"]
    const answer = await connectGateway(sandbox)
    for (const path of ["folders", "service/SEED/api", "datadelivery/SEED", "nothing"]) {
      refused(await send(`${root}/${path}`), "unauthorised")
      refused(await send(`${root}/${path}`, { headers: bearer(answer.at("refresh_token")) }), "unauthorised")
      refused(await send(`${root}/${path}`, { headers: { authorization: "Basic eDp5" } }), "unauthorised")
    }
    const headers = bearer(answer.at("access_token"))
    assert.strictEqual((await send(`${root}/nothing`, { headers })).status, 404)
    const files = await send(`${root}/datadelivery/SEED`, { headers })
    assert.strictEqual(files.status, 501)
    assert.match(String(files.at("message")), /^An internal error occurred: /)
  })
})

describe("the gateway", () => {
  it("is logged, plays faults and keeps every secret out of the log", async () => {
    const sandbox = await start()
    const { clientSecret, user } = sandbox.accounts["x3-gateway"]
    const code = String((await pair(sandbox)).get("authorizationCode"))
    const answer = await exchangePairing(sandbox, code)
    const next = await refreshGateway(sandbox, answer.at("refresh_token"))
    await folders(sandbox, next.at("access_token"))
    await send(sandbox.urls["x3-gateway"].root)
    const entries = sandbox.requests({ surface: "x3-gateway" })
    assert.deepStrictEqual(
      entries.map(({ step, grantType, authentication, status }) => [step, grantType, authentication, status]),
      [
        ["authorize", undefined, undefined, 200],
        ["authorize", undefined, undefined, 200],
        ["authorize", undefined, undefined, 200],
        ["authorize", undefined, undefined, 200],
        ["token", "authorization_code", "client", 200],
        ["token", "refresh_token", "client", 200],
        ["api", undefined, "bearer", 200],
        ["root", undefined, undefined, 200]
      ]
    )
    const tokens = [answer, next].flatMap((each) => [each.at("access_token"), each.at("refresh_token")].map(String))
    const { token, authorise, folder } = sandbox.urls["x3-gateway"]
    for (const url of [token, authorise, folder]) {
      for (const secret of [code, user.password, ...tokens]) {
        await sendJson(url, { authorizationCode: secret, accessToken: secret, password: secret })
        await post(url, { authorizationCode: secret, refreshToken: secret, password: secret })
        await sendJson(url, { refresh_token: secret, note: secret }, { method: "DELETE" })
        await send(`${url}/${encodeURIComponent(secret)}`)
      }
    }
    const log = JSON.stringify(sandbox.requests())
    for (const secret of [code, clientSecret, user.password, ...tokens]) {
      assert.notInclude(log, secret)
      assert.notInclude(log, encodeURIComponent(secret))
    }
    sandbox.fault("x3-gateway", { on: "refresh_token", kind: "unavailable" })
    const away = await refreshGateway(sandbox, next.at("refresh_token"))
    assert.deepStrictEqual(
      [away.status, away.json],
      [500, { $severity: "error", $dataCode: "InternalServerError", $message: "", $source: "Gateway" }]
    )
    sandbox.fault("x3-gateway", { on: "folders", kind: "rate-limited" })
    assert.strictEqual((await folders(sandbox, next.at("access_token"))).status, 429)
    sandbox.fault("x3-gateway", { on: "token", kind: "drop-response" })
    await refreshGateway(sandbox, next.at("refresh_token")).then(
      () => assert.fail("the connection was dropped"),
      () => undefined
    )
    refused(await refreshGateway(sandbox, next.at("refresh_token")), "unauthorised")
  })
})
