import { createSageAuth, intacctXml, x3 } from "@sage-auth/core"
import { OAuth2, X3GraphQL } from "@sage-auth/core/effect"
import type { Sandbox } from "@sage-auth/sandbox"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { recordingFetch } from "../../src/oauth/recordingFetch.ts"
import { booksOptions, payablesOptions, vendorsOptions } from "../../src/oauth/world.ts"
import { ledgerOptions, openSandbox } from "../../src/world.ts"
import { gatewayOptions } from "../../src/x3/gatewayWorld.ts"

const surfaces = {
  "business-cloud": async () => {
    const sandbox = await openSandbox()
    const options: OAuth2.FlowOptions = { surface: "business-cloud", ...booksOptions(sandbox) }
    return { sandbox, options, rejected: "business-cloud.code-rejected", ended: "business-cloud.grant-ended" }
  },
  "intacct-rest": async () => {
    const sandbox = await openSandbox()
    const options: OAuth2.FlowOptions = { surface: "intacct-rest", ...payablesOptions(sandbox) }
    return { sandbox, options, rejected: "intacct-rest.code-rejected", ended: "intacct-rest.grant-ended" }
  }
} as const

const consented = async (surface: keyof typeof surfaces) => {
  const world = await surfaces[surface]()
  const { state, url, verifier } = await Effect.runPromise(OAuth2.authorize(world.options))
  const callback = new URL(await world.sandbox.approve(url))
  assert.strictEqual(callback.searchParams.get("state"), state)
  return { ...world, verifier, code: callback.searchParams.get("code") ?? "" }
}

for (const surface of ["business-cloud", "intacct-rest"] as const) {
  describe(`the flows of ${surface}, alone and without an application`, () => {
    it("consent, exchange, renew and revoke", async () => {
      const { code, ended, options, sandbox, verifier } = await consented(surface)
      const first = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
      assert.isDefined(first.refreshToken)
      const second = await Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: first.refreshToken }))
      assert.notStrictEqual(Redacted.value(second.accessToken), Redacted.value(first.accessToken))
      const refreshToken = second.refreshToken ?? first.refreshToken
      await Effect.runPromise(OAuth2.revoke({ ...options, refreshToken }))
      const failure = await failureOf(Effect.runPromise(OAuth2.refresh({ ...options, refreshToken })))
      assert.deepStrictEqual(
        [failure.id, failure.reason._tag, failure.surface],
        [ended, "ReauthorizationRequired", surface]
      )
      assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, Redacted.value(refreshToken))
      assert.strictEqual(sandbox.requests({ surface, step: "token" }).length, 3)
    })

    it("ask once, and say what is wrong with a code", async () => {
      const { code, options, rejected, sandbox } = await consented(surface)
      const verifier = "a verifier that belongs to no challenge of this server"
      const failure = await failureOf(Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier })))
      assert.deepStrictEqual([failure.id, failure.reason._tag], [rejected, "CallbackRejected"])
      assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, verifier)
      assert.strictEqual(sandbox.requests({ surface, step: "token" }).length, 1)
    })

    it("lose no word about an answer that never came", async () => {
      const { code, options, sandbox, verifier } = await consented(surface)
      const { refreshToken } = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
      sandbox.fault(surface, { on: "token", kind: "drop-response" })
      const failure = await failureOf(Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: refreshToken! })))
      assert.strictEqual(failure.id, "client.answer-lost")
    })

    it("name what is wrong with the options, and no value", async () => {
      const { options } = await surfaces[surface]()
      const failure = await failureOf(
        Effect.runPromise(OAuth2.authorize({ ...options, clientId: () => "s3cret", redirectUri: "" }))
      )
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.include(failure.message, "authorize.redirectUri")
      const asked = await failureOf(Effect.runPromise(OAuth2.authorize({ ...options, clientId: () => "s3cret" })))
      assert.include(asked.message, "authorize.clientId")
      assert.notInclude(asked.message, "s3cret")
    })
  })
}

it("an entity is refused, not ignored, where there are none", async () => {
  const { options, sandbox } = await surfaces["business-cloud"]()
  const failure = await failureOf(
    Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: "a refresh token", entityId: "E1" }))
  )
  assert.include(failure.message, "refresh.entityId")
  assert.strictEqual(sandbox.requests().length, 0)
})

it("an entity's token is asked for by its name", async () => {
  const { code, options, verifier } = await consented("intacct-rest")
  const { refreshToken } = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
  const { accessToken } = await Effect.runPromise(
    OAuth2.refresh({ ...options, refreshToken: refreshToken!, entityId: "E1" })
  )
  const claims = Buffer.from(Redacted.value(accessToken).split(".")[1] ?? "", "base64url").toString()
  assert.strictEqual(JSON.parse(claims).entityId, "E1")
})

const machine = async () => {
  const sandbox = await openSandbox()
  const options = { surface: "intacct-rest", ...vendorsOptions(sandbox) } as OAuth2.ClientCredentialsFlowOptions
  return { sandbox, options }
}

describe("client credentials alone", () => {
  it("get Intacct's token for a user, which its API takes", async () => {
    const { options, sandbox } = await machine()
    const { accessToken, refreshToken } = await Effect.runPromise(OAuth2.clientCredentials(options))
    const headers = { authorization: `Bearer ${Redacted.value(accessToken)}` }
    const answer = await fetch(`${sandbox.urls["intacct-rest"].api}/objects/accounts-payable/vendor`, { headers })
    assert.strictEqual(answer.status, 200)
    await answer.body?.cancel()
    assert.isDefined(refreshToken)
  })

  it("get it for a session, in either shape of the request", async () => {
    const { options, sandbox } = await machine()
    const sage = createSageAuth({
      connections: { ledger: intacctXml(ledgerOptions(sandbox)) },
      clock: sandbox.clock
    })
    onTestFinished(() => sage.close())
    const { sessionId } = await sage.client("ledger").session()
    for (const tokenBody of ["form", "json"] as const) {
      const { username: _, ...client } = options as { readonly username: string } & typeof options
      const bySession = { ...client, sessionId, tokenBody } as unknown as OAuth2.ClientCredentialsFlowOptions
      const { accessToken } = await Effect.runPromise(OAuth2.clientCredentials(bySession))
      assert.isNotEmpty(Redacted.value(accessToken))
    }
  })

  it("get that of an identity provider of X3's, which an X3 takes that maps it to a user", async () => {
    const sandbox = await openSandbox({ x3: { clientCredentialsUser: "wsadmin" } })
    const { clientId, clientSecret, tokenUrl } = sandbox.accounts["x3-web-services"].oauth2
    const { accessToken } = await Effect.runPromise(
      OAuth2.clientCredentials({
        surface: "x3-web-services",
        tokenUrl,
        clientId,
        clientSecret,
        environment: "sandbox"
      })
    )
    const headers = { authorization: `Bearer ${Redacted.value(accessToken)}` }
    const url = `${sandbox.urls["x3-web-services"].onPremise}/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query`
    const answer = await fetch(url, { headers })
    assert.strictEqual(answer.status, 200)
    await answer.body?.cancel()
  })

  it("fail with what the builder's client fails with, and say nothing secret", async () => {
    const { options } = await machine()
    const clientSecret = "a secret that is another one"
    const failure = await failureOf(Effect.runPromise(OAuth2.clientCredentials({ ...options, clientSecret })))
    assert.deepStrictEqual(
      [failure.id, failure.reason._tag],
      ["intacct-rest.client-not-authorized", "CredentialRejected"]
    )
    assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, clientSecret)
  })

  it("are checked as the builder's options are, and take no connection and no function", async () => {
    const { options, sandbox } = await machine()
    const wrong: ReadonlyArray<readonly [string, object]> = [
      ["clientCredentials.username", { username: "without a company" }],
      ["clientCredentials.username", { username: () => "u@c" }],
      ["clientCredentials.session", { username: undefined, session: "ledger" }],
      ["clientCredentials.sessionId", { sessionId: "beside a username" }],
      ["clientCredentials.clientSecret", { clientSecret: undefined }],
      ["clientCredentials.redirectUri", { redirectUri: "https://app.example/callback" }],
      ["clientCredentials.surface", { surface: "business-cloud" }],
      ["clientCredentials.environment", { surface: "x3-web-services", environment: "test" }]
    ]
    for (const [option, differs] of wrong) {
      const given = { ...options, ...differs } as OAuth2.ClientCredentialsFlowOptions
      const failure = await failureOf(Effect.runPromise(OAuth2.clientCredentials(given)))
      assert.strictEqual(failure.reason._tag, "Misconfigured", option)
      assert.include(failure.message, option)
    }
    assert.strictEqual(sandbox.requests().length, 0)
  })
})

const pairingAsked = async (differs: object = {}) => {
  const sandbox = await openSandbox({ x3: { gateway: { callbackOrder: "before-acceptance", codeLife: "30 days" } } })
  const wire = recordingFetch()
  const options = {
    surface: "x3-gateway",
    ...gatewayOptions(sandbox),
    fetch: wire.fetch,
    ...differs
  } as OAuth2.FlowOptions
  const { state, url, verifier } = await Effect.runPromise(OAuth2.authorize(options))
  const callback = await sandbox.x3.pairingCallback(url, { decide: false })
  const posted = new URLSearchParams(callback.body)
  assert.strictEqual(posted.get("state"), state)
  const flow = {
    ...options,
    code: posted.get("authorizationCode") ?? "",
    endpoint: posted.get("endpoint") ?? undefined,
    verifier
  }
  return { sandbox, wire, options, url: new URL(url), flow }
}

describe("a pairing with X3's gateway alone", () => {
  it("is pending until somebody accepts, then gives tokens that renew", async () => {
    const { flow, options, sandbox, url, wire } = await pairingAsked()
    assert.isNull(url.searchParams.get("response_type"))
    const failure = await failureOf(Effect.runPromise(OAuth2.exchangeCode(flow)))
    assert.deepStrictEqual(
      [failure.id, failure.reason._tag, failure.surface],
      ["x3-gateway.pairing-pending", "PairingPending", "x3-gateway"]
    )
    await sandbox.x3.acceptPairing()
    const { refreshToken } = await Effect.runPromise(OAuth2.exchangeCode(flow))
    const { accessToken } = await Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: refreshToken! }))
    assert.isNotEmpty(Redacted.value(accessToken))
    const bodies = wire.sent.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body))
    assert.deepStrictEqual(
      bodies.map((body) => [body.grant_type, "code_verifier" in body]),
      [
        ["authorization_code", true],
        ["authorization_code", true],
        ["refresh_token", false]
      ]
    )
  })

  it("sends nothing to a region that is not configured", async () => {
    const { flow, wire } = await pairingAsked()
    const before = wire.sent.length
    const elsewhere = { ...flow, endpoint: "https://api.evil-sagex3.example/v1" }
    const failure = await failureOf(Effect.runPromise(OAuth2.exchangeCode(elsewhere)))
    assert.deepStrictEqual([failure.id, failure.reason._tag], ["client.host-refused", "Misconfigured"])
    assert.deepNestedInclude(failure.reason, { "issues[0].option": "exchangeCode.regions" })
    assert.strictEqual(wire.sent.length, before)
  })

  it("says which option would end a refresh token", async () => {
    const { options } = await pairingAsked()
    const failure = await failureOf(Effect.runPromise(OAuth2.revoke({ ...options, refreshToken: "a refresh token" })))
    assert.include(failure.message, "revoke.deletion")
  })

  it("is bound to its verifier, but where PKCE is left out", async () => {
    const { url } = await pairingAsked()
    assert.isNotNull(url.searchParams.get("code_challenge"))
    const without = await pairingAsked({ pkce: false })
    assert.isNull(without.url.searchParams.get("code_challenge"))
  })
})

/** what a flow does with the sandbox's clock in place of the machine's */
const at = (sandbox: Sandbox<"manual">) =>
  Effect.provideServiceEffect(
    Clock.Clock,
    Effect.map(Clock.Clock, (clock) =>
      Object.assign(Object.create(clock) as typeof clock, {
        currentTimeMillis: Effect.sync(() => sandbox.clock.now()),
        currentTimeMillisUnsafe: () => sandbox.clock.now()
      })
    )
  )

const graphOptions = async (differs: object = {}) => {
  const sandbox = await openSandbox()
  const { app, endpoint } = sandbox.accounts["x3-graphql"]
  const url = sandbox.urls["x3-graphql"].api
  const options = { url, endpoint, app, environment: "sandbox", ...differs } as X3GraphQL.FlowOptions
  return { sandbox, options, url, endpoint }
}

describe("a token of a connected application alone", () => {
  it("is one that X3 takes, until it ends", async () => {
    const { endpoint, options, sandbox, url } = await graphOptions()
    const { accessToken, expiresAt } = await Effect.runPromise(at(sandbox)(X3GraphQL.mintToken(options)))
    const query = async () => {
      const { status } = await fetch(url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${Redacted.value(accessToken)}`,
          "x-xtrem-endpoint": endpoint,
          "content-type": "application/json"
        },
        body: JSON.stringify({ query: "{ __typename }" })
      })
      return status
    }
    assert.strictEqual(await query(), 200)
    await sandbox.clock.advance(expiresAt - sandbox.clock.now() + 1_000)
    assert.strictEqual(await query(), 401)
  })

  it("is checked as the builder's options are", async () => {
    const { options } = await graphOptions()
    const wrong: ReadonlyArray<readonly [string, object]> = [
      ["mintToken.app", { app: undefined }],
      ["mintToken.app", { app: () => ({ clientId: "s3cret", clientSecret: "s3cret" }) }],
      [
        "mintToken.app",
        { app: undefined, auth: x3.basic({ user: "u", password: "s3cret" }), deployment: "on-premise" }
      ],
      ["mintToken.url", { url: () => "https://x3.example/xtrem/api" }],
      ["mintToken.tokensValidity", { tokensValidity: -1 }],
      ["mintToken.endpoint", { endpoint: "" }]
    ]
    for (const [option, differs] of wrong) {
      const given = { ...options, ...differs } as X3GraphQL.FlowOptions
      const failure = await failureOf(Effect.runPromise(X3GraphQL.mintToken(given)))
      assert.strictEqual(failure.reason._tag, "Misconfigured", option)
      assert.include(failure.message, option)
      assert.notInclude(failure.message, "s3cret")
    }
  })
})

it("every flow has a span of its own", async () => {
  const sandbox = await openSandbox()
  const names = new Set<string>()
  const tracer = Tracer.make({
    span: (options) => {
      names.add(options.name)
      return new Tracer.NativeSpan(options)
    }
  })
  const { app, endpoint } = sandbox.accounts["x3-graphql"]
  const url = sandbox.urls["x3-graphql"].api
  const client = { surface: "intacct-rest", ...vendorsOptions(sandbox) } as OAuth2.ClientCredentialsFlowOptions
  const flows = Effect.all([
    OAuth2.clientCredentials(client),
    OAuth2.authorize({ surface: "x3-gateway", ...gatewayOptions(sandbox) }),
    X3GraphQL.mintToken({ url, endpoint, app, environment: "sandbox" })
  ])
  await Effect.runPromise(Effect.provideService(flows, Tracer.Tracer, tracer))
  assert.includeMembers([...names], ["OAuth2.clientCredentials", "OAuth2.authorize", "X3GraphQL.mintToken"])
})
