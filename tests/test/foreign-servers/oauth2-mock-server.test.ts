/** Both OAuth surfaces against oauth2-mock-server: signed tokens, and answers that go wrong on demand. */
import { createSageAuth, intacctRest } from "@sage-auth/core"
import { Events, type MutableResponse, OAuth2Server } from "oauth2-mock-server"
import { afterEach, assert, beforeEach, describe, it, onTestFinished, vi } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { fastRetry } from "../../src/world.ts"
import { connect, openApplication } from "./application.ts"
import { confidential, type Name, names, type Urls } from "./connections.ts"

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 1000) * 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

/** what the server says of a token's life, and gives the token itself, in seconds */
const life = 3600

interface MockServer {
  readonly server: OAuth2Server
  readonly urls: Urls
  /** the parameters of every token request */
  readonly asked: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** the refresh tokens among them */
  readonly refreshed: () => ReadonlyArray<unknown>
  /** changes the answer to the next token request */
  readonly next: (change: (response: MutableResponse) => void) => void
}

/** made once: a key of its own for each server takes most of a test's time */
let signingKey: ReturnType<OAuth2Server["issuer"]["keys"]["generate"]> | undefined

const openMockServer = async (): Promise<MockServer> => {
  const server = new OAuth2Server()
  signingKey ??= server.issuer.keys.generate("RS256")
  await server.issuer.keys.add(await signingKey)
  await server.start(0, "127.0.0.1")
  onTestFinished(() => server.stop())
  const origin = `http://127.0.0.1:${server.address().port}`
  const asked: Array<Readonly<Record<string, unknown>>> = []
  server.service.on(Events.BeforeResponse, (_response, { body }) => asked.push({ ...body }))
  return {
    server,
    urls: { authorize: `${origin}/authorize`, token: `${origin}/token`, revoke: `${origin}/revoke`, api: origin },
    asked,
    refreshed: () =>
      asked.filter(({ grant_type }) => grant_type === "refresh_token").map(({ refresh_token }) => refresh_token),
    next: (change) => server.service.once(Events.BeforeResponse, change)
  }
}

const refuse =
  (statusCode: number, body: Record<string, unknown>): Parameters<MockServer["next"]>[0] =>
  (response) => {
    response.statusCode = statusCode
    response.body = body
  }

const refuseCall = (response: MutableResponse) => {
  response.statusCode = 401
}

/** the members of a token response, to be changed */
const membersOf = ({ body }: MutableResponse) => body as Record<string, unknown>

const call = async (client: { fetch(path: string): Promise<Response> }) => {
  const response = await client.fetch("userinfo")
  await response.text()
  return response.status
}

const secondsLeft = async (client: { status(): Promise<{ readonly credentialExpiresAt: Date | undefined }> }) =>
  ((await client.status()).credentialExpiresAt?.getTime() ?? Number.NaN) / 1000 - Date.now() / 1000

describe.each(names)("%s at oauth2-mock-server", (name: Name) => {
  it("is consented to with a verifier that fits its challenge, and rotates", async () => {
    const { refreshed, urls } = await openMockServer()
    const client = await connect(openApplication(urls), name)
    assert.strictEqual(await call(client), 200)
    for (let round = 1; round <= 3; round++) {
      pass(life)
      assert.strictEqual(await call(client), 200)
    }
    assert.strictEqual(new Set(refreshed()).size, 3)
  })

  it("has its consent refused when the verifier is another one's", async () => {
    const { asked, urls } = await openMockServer()
    const application = openApplication(urls, {
      retry: fastRetry,
      fetch: (input, init) => {
        const body =
          typeof init?.body === "string" ? init.body.replace(/code_verifier=..../, "code_verifier=aaaa") : null
        return fetch(input, { ...init, body })
      }
    })
    await failureOf(connect(application, name))
    // the server never came to an answer with a token
    assert.deepStrictEqual(asked, [])
    assert.strictEqual((await application.sage.client(name, { tenant: "acme" }).status()).state, "disconnected")
  })

  it("keeps the refresh token in hand when an answer brings none", async () => {
    const { next, refreshed, urls } = await openMockServer()
    const client = await connect(openApplication(urls), name)
    next((response) => delete membersOf(response)["refresh_token"])
    await client.refresh()
    await client.refresh()
    const [first, second] = refreshed()
    assert.strictEqual(second, first)
    assert.strictEqual(await call(client), 200)
  })

  it.each([
    ["300", 300],
    [300.5, 300.5]
  ])("believes expires_in %j", async (expiresIn, seconds) => {
    const { next, urls } = await openMockServer()
    const client = await connect(openApplication(urls), name)
    next((response) => {
      membersOf(response)["expires_in"] = expiresIn
    })
    await client.refresh()
    assert.closeTo(await secondsLeft(client), seconds, 1)
  })

  it.each([[undefined], [null], [0], [-5], [1e15], ["soon"], [{}]])(
    "falls back on what is known otherwise where expires_in is %j",
    async (expiresIn) => {
      const { next, urls } = await openMockServer()
      const client = await connect(openApplication(urls), name)
      next((response) => {
        membersOf(response)["expires_in"] = expiresIn
      })
      await client.refresh()
      // Business Cloud's tokens tell nothing and have lived five minutes; Intacct's are JWTs, this server's too
      assert.closeTo(await secondsLeft(client), name === "books" ? 300 : life, 1)
      assert.strictEqual(await call(client), 200)
    }
  )

  it("is over with invalid_grant, said once, and the refresh token is not sent again", async () => {
    const { next, refreshed, urls } = await openMockServer()
    const application = openApplication(urls, { retry: fastRetry })
    const client = await connect(application, name)
    pass(life)
    next(refuse(400, { error: "invalid_grant", error_description: "it was revoked" }))
    const errors = await Promise.all(Array.from({ length: 10 }, () => failureOf(call(client))))
    for (const { code, reason } of errors) {
      assert(reason._tag === "ReauthorizationRequired")
      assert.deepInclude({ cause: reason.cause, code }, { cause: "Revoked" })
    }
    await failureOf(call(client))
    assert.strictEqual(refreshed().length, 1)
    assert.strictEqual((await application.events.of("reauthorization-required")).length, 1)
  })

  it.each([
    ["says that it is away", refuse(503, { error: "temporarily_unavailable" })],
    ["is over its limit", refuse(429, { error: "slow_down" })],
    ["fails, and nobody knows how far it came", refuse(500, { error: "server_error" })],
    ["answers with a success that is none", refuse(200, {})]
  ])("gets over a server that %s", async (_said, answer) => {
    const { next, refreshed, urls } = await openMockServer()
    const client = await connect(openApplication(urls, { retry: fastRetry }), name)
    pass(life)
    next(answer)
    assert.strictEqual(await call(client), 200)
    const [first, second, ...more] = refreshed()
    assert.strictEqual(second, first)
    assert.deepStrictEqual(more, [])
  })

  it("does not send a refresh token again that a refused client has sent", async () => {
    const { next, refreshed, urls } = await openMockServer()
    const client = await connect(openApplication(urls, { retry: fastRetry }), name)
    pass(life)
    next(refuse(401, { error: "invalid_client" }))
    assert.strictEqual((await failureOf(call(client))).reason._tag, "CredentialRejected")
    assert.strictEqual(refreshed().length, 1)
    // the grant is not dead for that
    assert.strictEqual(await call(client), 200)
  })

  it("renews once when a call is refused, and hands over a second refusal", async () => {
    const { refreshed, server, urls } = await openMockServer()
    const client = await connect(openApplication(urls), name)
    assert.strictEqual(await call(client), 200)
    server.service.once(Events.BeforeUserinfo, refuseCall)
    assert.strictEqual(await call(client), 200)
    assert.strictEqual(refreshed().length, 1)
    server.service.on(Events.BeforeUserinfo, refuseCall)
    assert.strictEqual(await call(client), 401)
    assert.strictEqual(refreshed().length, 2)
  })

  it("is forgotten when it is disconnected, whatever the server says to the revocation", async () => {
    const { server, urls } = await openMockServer()
    const application = openApplication(urls)
    const client = await connect(application, name)
    assert.deepStrictEqual(await client.disconnect({ revoke: true }), { revoked: true })
    await connect(application, name)
    server.service.once(Events.BeforeRevoke, (response) => {
      response.statusCode = 503
    })
    assert.deepStrictEqual(await client.disconnect({ revoke: true }), { revoked: false })
    assert.strictEqual((await client.status()).state, "disconnected")
    // Intacct's revocation hits every token of the user, so it has to be asked for
    await connect(application, name)
    assert.deepStrictEqual(await client.disconnect(), { revoked: name !== "payables" && name !== "kiosk" })
  })
})

describe("Intacct REST at oauth2-mock-server", () => {
  it("believes the least of expires_in, the token's own span and the configured cap", async () => {
    const { next, server, urls } = await openMockServer()
    const client = await connect(openApplication(urls), "payables")
    assert.closeTo(await secondsLeft(client), life, 1)
    server.service.once(Events.BeforeTokenSigning, ({ payload }) => {
      // a server whose clock is ten minutes ahead: only the span counts
      payload.iat += 600
      payload.exp = payload.iat + 120
    })
    await client.refresh()
    assert.closeTo(await secondsLeft(client), 120, 1)
    next((response) => {
      membersOf(response)["expires_in"] = 90
    })
    await client.refresh()
    assert.closeTo(await secondsLeft(client), 90, 1)
  })

  it("asks anew with client credentials, and never refreshes", async () => {
    const { asked, urls } = await openMockServer()
    const { clientId, clientSecret } = confidential
    const sage = createSageAuth({
      connections: {
        vendors: intacctRest.clientCredentials({
          clientId,
          clientSecret,
          username: "xml_gateway@acme",
          environment: "sandbox",
          urls
        })
      }
    })
    onTestFinished(() => sage.close())
    const vendors = sage.client("vendors")
    assert.deepStrictEqual(await Promise.all(Array.from({ length: 20 }, () => call(vendors))), Array(20).fill(200))
    pass(life)
    assert.strictEqual(await call(vendors), 200)
    const request = {
      grant_type: "client_credentials",
      username: "xml_gateway@acme",
      client_id: clientId,
      client_secret: clientSecret
    }
    assert.deepStrictEqual(asked, [request, request])
  })
})
