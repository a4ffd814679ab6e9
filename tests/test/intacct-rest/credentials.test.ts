import { inspect } from "node:util"
import { createSageAuth, type IntacctRestClient, intacctRest, intacctXml } from "@sage-auth/core"
import { IntacctXml } from "@sage-auth/core/effect"
import type { IntacctRestOptions } from "@sage-auth/sandbox"
import { Effect, Redacted } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import {
  begin,
  callStatuses,
  consent,
  openWorld,
  payablesOptions,
  tokenRequests,
  vendorsOptions,
  type World
} from "../../src/oauth/world.ts"
import { startRawServer } from "../../src/rawServer.ts"
import { begun, until } from "../../src/settle.ts"
import { ledgerOptions, openSandbox } from "../../src/world.ts"

const vendor = "objects/accounts-payable/vendor"

const works = async (client: IntacctRestClient): Promise<void> => {
  const response = await client.fetch(vendor)
  assert.strictEqual(response.status, 200, await response.text())
}

const asked = (world: Pick<World, "sandbox">, grantType?: string) => tokenRequests(world, "intacct-rest", grantType)

const logins = ({ sandbox }: Pick<World, "sandbox">) => sandbox.requests({ step: "getAPISession" }).length

/** The claims of an access token as the library puts it on a request. */
const claimsOf = async (client: IntacctRestClient): Promise<Readonly<Record<string, unknown>>> => {
  const { authorization = "" } = await client.headers()
  const [, payload = ""] = authorization.split(".")
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as Readonly<Record<string, unknown>>
}

describe("client credentials for a user", () => {
  it.each(["form", "json"] as const)("are asked for in %s, and anew when their time is over", async (tokenBody) => {
    const world = await openWorld({ vendors: { tokenBody } })
    const client = world.sage.client("vendors")
    await works(client)
    const [sent] = world.wire.to("/token")
    const { clientId, clientSecret } = world.sandbox.accounts["intacct-rest"].client
    const fields =
      tokenBody === "json"
        ? (JSON.parse(sent?.body ?? "") as object)
        : Object.fromEntries(new URLSearchParams(sent?.body))
    assert.deepStrictEqual(fields, {
      grant_type: "client_credentials",
      username: world.sandbox.accounts["intacct-rest"].user.username,
      client_id: clientId,
      client_secret: clientSecret
    })
    assert.match(
      sent?.headers.get("content-type") ?? "",
      tokenBody === "json" ? /^application\/json/ : /^application\/x-www-form/
    )
    await world.sandbox.clock.advance("2 hours")
    await works(client)
    assert.strictEqual(asked(world, "client_credentials"), 2)
    assert.strictEqual(asked(world, "refresh_token"), 0)
  })

  it("for a user in an entity are bound to it", async () => {
    const world = await openWorld({
      vendors: ({ accounts }) => ({ username: `${accounts["intacct-rest"].user.username}|E2` })
    })
    assert.strictEqual((await claimsOf(world.sage.client("vendors")))["entityId"], "E2")
  })

  it("are asked of a function of the tenant, which is asked again after a rejection", async () => {
    const names: Array<string> = []
    const world = await openWorld({
      vendors: ({ accounts }) => ({
        username: async (tenant) => {
          names.push(tenant)
          return accounts["intacct-rest"][tenant === "second" ? "second" : "user"].username
        }
      })
    })
    const { second, user } = world.sandbox.accounts["intacct-rest"]
    assert.strictEqual((await claimsOf(world.sage.client("vendors", { tenant: "second" })))["cnyId"], second.companyId)
    assert.strictEqual((await claimsOf(world.sage.client("vendors")))["cnyId"], user.companyId)
    assert.sameMembers([...new Set(names)], ["second", "default"])
  })

  it.each(["user", "@company", "user@", "user@company|", "user@company|E1|x", "", 5, null])(
    "for %j are refused at start-up, with the grammar and without the value",
    async (username) => {
      const sandbox = await openSandbox()
      const connections = {
        vendors: intacctRest.clientCredentials(vendorsOptions(sandbox, { username: username as string }))
      }
      const failure = await failureOf((async () => createSageAuth({ connections }))())
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.include(failure.message, 'connections.vendors.username: expected "userId@companyId"')
      if (typeof username === "string" && username.length > 4) assert.notInclude(failure.message, `"${username}"`)
      assert.strictEqual(sandbox.requests().length, 0)
    }
  )

  it("for a name that a function gets wrong are refused before anything is sent", async () => {
    const world = await openWorld({ vendors: { username: () => "no company" } })
    const failure = await failureOf(world.sage.client("vendors").fetch(vendor))
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.vendors.username")
    assert.strictEqual(world.sandbox.requests().length, 0)
  })

  it("take a user id with an @ of its own", async () => {
    const world = await openWorld({ vendors: { username: "jane@acme.example@NoCompany" } })
    // the company is read right, and there is none of that name
    assert.strictEqual((await kindOf(world.sage.client("vendors").fetch(vendor))).id, "intacct.invalid-request")
  })

  it("report their state without having asked for anything, and show no secret", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    assert.deepStrictEqual(await client.status(), {
      state: "configured",
      refreshable: true,
      credentialExpiresAt: undefined,
      grantIssuedAt: undefined,
      grantExpiresAt: undefined
    })
    assert.strictEqual(world.sandbox.requests().length, 0)
    assert.notProperty(client, "authorize")
    await works(client)
    assert.isDefined((await client.status()).credentialExpiresAt)
  })
})

describe("client credentials that are refused", () => {
  it.each([
    ["REST-1216", "intacct-rest.client-not-authorized"],
    ["invalid_client", "intacct-rest.client-rejected"]
  ] as const)(
    "with %s for a wrong secret say so, once a call, with the sender of the client",
    async (wrongClient, id) => {
      const world = await openWorld({ sandbox: { intacctRest: { wrongClient } }, vendors: { clientSecret: "wrong" } })
      const failure = await failureOf(world.sage.client("vendors").fetch(vendor))
      assert.deepStrictEqual(
        { reason: failure.reason._tag, id: failure.id, code: failure.code },
        {
          reason: "CredentialRejected",
          id,
          code: wrongClient
        }
      )
      assert.strictEqual(failure.connection, "vendors")
      assert.strictEqual(failure.tenant, "default")
      assert.include(failure.remedy, `sender ${world.sandbox.accounts["intacct-xml"].sender.id}`)
      assert.strictEqual(asked(world), 1)
    }
  )

  it("for a client that the company did not authorise name both menus and the spelling of the user", async () => {
    const world = await openWorld({
      vendors: ({ accounts }) => {
        const { clientId, clientSecret } = accounts["intacct-rest"].unknownToCompanies
        return { clientId, clientSecret }
      }
    })
    const { code, id, message, remedy } = await failureOf(world.sage.client("vendors").fetch(vendor))
    assert.strictEqual(id, "intacct-rest.client-not-authorized")
    assert.strictEqual(code, "REST-1216")
    assert.strictEqual(message.match(/REST-1216/g)?.length, 1)
    assert.include(remedy, "Company > Admin > Web Services Users")
    assert.include(remedy, "Company > Setup > Company > Edit > Security > Authorized Client Applications")
    assert.include(remedy, "case-sensitive")
  })

  it("for a user in the wrong case are such a client too, and work once the case is right", async () => {
    const { user } = (await openSandbox()).accounts["intacct-rest"]
    const other = user.userId === user.userId.toUpperCase() ? user.userId.toLowerCase() : user.userId.toUpperCase()
    const world = await openWorld({ vendors: { username: `${other}@${user.companyId}` } })
    assert.strictEqual(
      (await kindOf(world.sage.client("vendors").fetch(vendor))).id,
      "intacct-rest.client-not-authorized"
    )
    // the company's name has no case
    const right = await openWorld({ vendors: { username: `${user.userId}@${user.companyId.toUpperCase()}` } })
    await works(right.sage.client("vendors"))
  })

  it("with GW-0011 for an unknown client show the sender that its id holds", async () => {
    const world = await openWorld({ vendors: { clientId: "00000000000000000000.Some_Sender.app.sage.com" } })
    const failure = await failureOf(world.sage.client("vendors").fetch(vendor))
    assert.strictEqual(failure.id, "intacct.invalid-request")
    assert.include(failure.remedy, "sender Some_Sender")
    const short = await openWorld({ vendors: { clientId: "00000000000000000000.app.sage.com" } })
    assert.notInclude((await failureOf(short.sage.client("vendors").fetch(vendor))).remedy, "belongs to the sender")
  })

  it("are not asked for again when a token is over and the company has withdrawn the client", async () => {
    const world = await openWorld()
    const { client, user } = world.sandbox.accounts["intacct-rest"]
    await works(world.sage.client("vendors"))
    world.sandbox.intacctRest.withdrawClient(client.clientId, user.companyId, user.userId)
    world.sandbox.intacctRest.endGrants()
    assert.strictEqual((await kindOf(world.sage.client("vendors").fetch(vendor))).reason, "CredentialRejected")
    assert.strictEqual((await kindOf(world.sage.client("vendors").fetch(vendor))).reason, "CredentialRejected")
    assert.deepStrictEqual(
      (await world.events.of("credential-rejected")).map(({ code, connection, what }) => ({ code, connection, what })),
      [{ code: "REST-1216", connection: "vendors", what: "client" }]
    )
    assert.strictEqual((await world.events.of("recovered")).length, 0)
    world.sandbox.intacctRest.authoriseClient(client.clientId, user.companyId, user.userId)
    await works(world.sage.client("vendors"))
    assert.strictEqual((await world.events.of("recovered")).length, 1)
  })
})

const withSession = async () => {
  const first = await openWorld()
  const { sessionId } = await first.sage.client("ledger").session()
  const world = await openWorld({ sandbox: first.sandbox, vendors: { username: undefined, sessionId } })
  return { ...world, sessionId }
}

describe("client credentials for a session that is given", () => {
  it("are asked for with it", async () => {
    const { sessionId, ...world } = await withSession()
    await works(world.sage.client("vendors"))
    assert.strictEqual(world.wire.tokenForms()[0]?.get("session_id"), sessionId)
    assert.isNull(world.wire.tokenForms()[0]?.get("username"))
  })

  it.each(["invalid_grant", "REST-2102", "GW-0031"] as const)(
    "that has ended (%s) live on by their refresh token, again and again",
    async (deadSession) => {
      const world = await withSession()
      world.sandbox.intacctRest.configure({ deadSession })
      const client = world.sage.client("vendors")
      await works(client)
      world.sandbox.intacct.endSessions()
      for (const times of [1, 2, 3]) {
        await world.sandbox.clock.advance("2 hours")
        await works(client)
        assert.strictEqual(asked(world, "refresh_token"), times)
      }
    }
  )

  it("that had ended before the first token are refused", async () => {
    const world = await withSession()
    world.sandbox.intacct.endSessions()
    const { id, reason } = await failureOf(world.sage.client("vendors").fetch(vendor))
    assert.deepStrictEqual(
      { id, reason: reason._tag },
      { id: "intacct-rest.client-rejected", reason: "CredentialRejected" }
    )
  })
})

describe("client credentials for the session of an intacct-xml connection", () => {
  it("borrow its session, and open no other one", async () => {
    const world = await openWorld()
    const { sessionId } = await world.sage.client("ledger").session()
    await works(world.sage.client("bridge"))
    assert.strictEqual(world.wire.tokenForms()[0]?.get("session_id"), sessionId)
    assert.strictEqual(logins(world), 1)
  })

  it("have one opened where there is none", async () => {
    const world = await openWorld()
    await works(world.sage.client("bridge"))
    assert.strictEqual(logins(world), 1)
  })

  it.each(["invalid_grant", "REST-2102", "GW-0031"] as const)(
    "that died unnoticed (%s) are asked for once more with another one",
    async (deadSession) => {
      const world = await openWorld({ sandbox: { intacctRest: { deadSession } } })
      const { sessionId } = await world.sage.client("ledger").session()
      world.sandbox.intacct.endSessions()
      await works(world.sage.client("bridge"))
      const sent = world.wire.tokenForms().map((form) => form.get("session_id"))
      assert.strictEqual(sent.length, 2)
      assert.strictEqual(sent[0], sessionId)
      assert.notStrictEqual(sent[1], sessionId)
      assert.strictEqual(logins(world), 2)
    }
  )

  it("are not asked for again with another session when the client is refused", async () => {
    const world = await openWorld({ bridge: { clientSecret: "wrong" } })
    assert.strictEqual((await kindOf(world.sage.client("bridge").fetch(vendor))).reason, "CredentialRejected")
    assert.strictEqual(asked(world), 1)
    assert.strictEqual(logins(world), 1)
  })

  it("fail with the lender's own failure, under its name", async () => {
    const world = await openWorld({ ledger: { sender: { id: "nobody", password: "wrong" } } })
    const failure = await failureOf(world.sage.client("bridge").fetch(vendor))
    assert.strictEqual(failure.reason._tag, "CredentialRejected")
    assert.strictEqual(failure.surface, "intacct-xml")
    assert.strictEqual(failure.connection, "ledger")
    assert.strictEqual(asked(world), 0)
  })

  it("cannot borrow where every request carries its login", async () => {
    const world = await openWorld({ ledger: { authentication: "login" } })
    const failure = await failureOf(world.sage.client("bridge").fetch(vendor))
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.ledger.authentication")
  })

  it("name a connection that is there and has sessions, or nothing starts", async () => {
    const sandbox = await openSandbox()
    const { username: _, ...borrowing } = vendorsOptions(sandbox)
    for (const session of ["nope", "vendors", "bridge", "toString"]) {
      const connections = {
        vendors: intacctRest.clientCredentials(vendorsOptions(sandbox)),
        bridge: intacctRest.clientCredentials({ ...borrowing, session } as never)
      }
      const failure = await failureOf((async () => createSageAuth({ connections }))())
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.include(failure.message, "connections.bridge.session: expected the name of an intacct-xml connection")
    }
  })
})

const endless = function* () {
  while (true) yield new Uint8Array(64 * 1024)
}

describe("a session for the XML API", () => {
  it("comes from a token, and works there with the sender", async () => {
    const world = await openWorld()
    const { endpoint, expiresAt, sessionId } = await world.sage.client("vendors").session()
    assert.strictEqual(endpoint, world.sandbox.urls["intacct-xml"].xml)
    assert.strictEqual(expiresAt.getTime() - world.sandbox.clock.now(), 21_600_000)
    assert.match(sessionId, /^[\w-]{56}$/)
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/xml" },
      body: xmlWithSession(world, sessionId)
    })
    const text = await response.text()
    assert.include(text, "<status>success</status>")
    assert.notInclude(text, "<status>failure</status>")
    assert.strictEqual(world.sandbox.intacct.transactions("AcmeHoldings").billable, 1)
  })

  it("can be handed to the flows of the XML API", async () => {
    const world = await openWorld()
    const { endpoint, expiresAt, sessionId } = await world.sage.client("vendors").session()
    const switched = await Effect.runPromise(
      IntacctXml.sessionFromSession({
        sender: world.sandbox.accounts["intacct-xml"].sender,
        login: world.sandbox.accounts["intacct-xml"].login,
        session: { id: Redacted.make(sessionId), endpoint, expiresAt: expiresAt.getTime(), entityId: undefined },
        entityId: "E3",
        environment: "sandbox",
        urls: world.sandbox.urls["intacct-xml"]
      })
    )
    assert.strictEqual(switched.entityId, "E3")
    assert.notStrictEqual(Redacted.value(switched.id), sessionId)
  })

  it("of an entity comes from a token of the entity, however it was asked for", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    for (const entity of [client.entity("E2"), client.entity("E2", { token: true })]) {
      const { sessionId } = await entity.session()
      const text = await (
        await fetch(world.sandbox.urls["intacct-xml"].xml, {
          method: "POST",
          headers: { "content-type": "application/xml" },
          body: xmlWithSession(world, sessionId)
        })
      ).text()
      assert.include(text, "<locationid>E2</locationid>")
    }
  })

  it.each([
    [401, '{"error":{"errorId":"REST-2102","message":"Token is not valid"}}', "CredentialRejected"],
    [429, '{"ia::error":{"code":"GW-0010","message":"API rate limit exceeded"}}', "RateLimited"],
    [503, "", "ServiceUnavailable"],
    [200, "{}", "ProtocolViolation"],
    [200, '{"ia::result":{"sessionId":5}}', "ProtocolViolation"],
    [500, "<html></html>", "ProtocolViolation"]
  ] as const)("that does not come (%i %s) fails as %s", async (status, body, reason) => {
    const api = await startRawServer(() => ({ status, body, headers: { "content-type": "application/json" } }))
    const world = await openWorld({
      vendors: (sandbox) => ({ urls: { ...sandbox.urls["intacct-rest"], api: new URL("/ia/api/v1", api.url).href } })
    })
    const failure = await failureOf(world.sage.client("vendors").session())
    assert.strictEqual(failure.reason._tag, reason)
    assert.include(failure.message, `HTTP ${status}`)
  })

  it("is not looked for in an answer without an end, nor in one that is cut off", async () => {
    for (const [answer, id] of [
      [() => ({ body: endless() }), "intacct.unreadable-answer"],
      [
        () => ({ headers: { "content-length": "100", connection: "close" }, body: [Buffer.from("{")] }),
        "client.answer-lost"
      ]
    ] as const) {
      const api = await startRawServer(answer)
      const world = await openWorld({
        vendors: (sandbox) => ({ urls: { ...sandbox.urls["intacct-rest"], api: new URL("/ia/api/v1", api.url).href } })
      })
      assert.strictEqual((await failureOf(world.sage.client("vendors").session())).id, id)
    }
  })
})

const xmlWithSession = ({ sandbox }: Pick<World, "sandbox">, sessionId: string): string => {
  const { id, password } = sandbox.accounts["intacct-xml"].sender
  return `<?xml version="1.0" encoding="UTF-8"?><request><control><senderid>${id}</senderid><password>${password}</password><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><sessionid>${sessionId}</sessionid></authentication><content><function controlid="f"><readByQuery><object>VENDOR</object><fields>NAME</fields><query></query></readByQuery></function></content></operation></request>`
}

describe("the authorization code flow", () => {
  it("asks Intacct for offline access with PKCE", async () => {
    const sage = createSageAuth({
      connections: {
        payables: intacctRest.authorizationCode({
          clientId: "id",
          redirectUri: "https://app.example/callback/payables"
        })
      }
    })
    onTestFinished(() => sage.close())
    const url = new URL((await sage.client("payables").authorize({ returnTo: "/" })).url)
    assert.strictEqual(`${url.origin}${url.pathname}`, "https://api.intacct.com/ia/api/v1/oauth2/authorize")
    assert.deepStrictEqual(
      [...url.searchParams.keys()],
      ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"]
    )
    assert.strictEqual(url.searchParams.get("scope"), "offline_access")
  })

  it("works for a public client, which sends no secret, not even for a refresh", async () => {
    const world = await openWorld({
      payables: ({ accounts }) => ({ ...accounts["intacct-rest"].publicClient, clientSecret: undefined })
    })
    await consent(world, "payables")
    await works(world.sage.client("payables"))
    await world.sandbox.clock.advance("2 hours")
    await works(world.sage.client("payables"))
    assert.strictEqual(asked(world, "refresh_token"), 1)
    for (const form of world.wire.tokenForms()) {
      assert.isFalse(form.has("client_secret"))
      assert.strictEqual(form.get("client_id"), world.sandbox.accounts["intacct-rest"].publicClient.clientId)
    }
  })

  it("rotates its refresh token, and keeps an old one where none comes back", async () => {
    for (const refreshToken of ["rotated", "same", "omitted"] as const) {
      const world = await openWorld({ sandbox: { intacctRest: { refreshToken } } })
      await consent(world, "payables")
      for (const times of [1, 2]) {
        await world.sandbox.clock.advance("2 hours")
        await works(world.sage.client("payables"))
        assert.strictEqual(asked(world, "refresh_token"), times)
      }
      const sent = world.wire.tokenForms().flatMap((form) => form.get("refresh_token") ?? [])
      assert.strictEqual(new Set(sent).size, refreshToken === "rotated" ? 2 : 1)
    }
  })

  it("without offline access says at once how it will end, and ends as Expired", async () => {
    const world = await openWorld({ payables: { scope: "" } })
    const { asked: url, ...callback } = await begin(world, "payables")
    assert.isFalse(url.searchParams.has("scope"))
    await world.sage.completeAuthorization(callback)
    const client = world.sage.client("payables")
    const advice = (await world.events.of("advice")).filter(({ subject }) => subject === "no-refresh-token")
    assert.deepStrictEqual(
      advice.map(({ connection }) => connection),
      ["payables"]
    )
    const { credentialExpiresAt, refreshable, state } = await client.status()
    assert.deepStrictEqual({ refreshable, state }, { refreshable: false, state: "connected" })
    assert.isDefined(credentialExpiresAt)
    await works(client)
    await world.sandbox.clock.advance("2 hours")
    const failure = await failureOf(client.fetch(vendor))
    assert.strictEqual(failure.reason._tag, "ReauthorizationRequired")
    assert.strictEqual(failure.reason._tag === "ReauthorizationRequired" && failure.reason.cause, "Expired")
    assert.strictEqual(asked(world, "refresh_token"), 0)
    assert.strictEqual((await client.status()).state, "reauthorization-required")
    const required = await world.events.of("reauthorization-required")
    assert.deepStrictEqual(
      required.map(({ cause }) => cause),
      ["Expired"]
    )
    await consent(world, "payables")
    assert.strictEqual((await world.events.of("recovered")).length, 1)
  })

  it("without offline access is not dead for a token that was refused before its time: it is Expired then", async () => {
    const world = await openWorld({ payables: { scope: "" } })
    await consent(world, "payables")
    await works(world.sage.client("payables"))
    world.sandbox.intacctRest.rejectAccessTokens()
    const failure = await failureOf(world.sage.client("payables").fetch(vendor))
    assert.strictEqual(failure.reason._tag === "ReauthorizationRequired" && failure.reason.cause, "Expired")
  })

  it.each(["invalid_grant", "OAUTH2_INVALID_GRANT"] as const)(
    "whose refresh token is refused (%s) needs a human, who is asked for once",
    async (invalidGrant) => {
      const world = await openWorld({ sandbox: { intacctRest: { invalidGrant } } })
      await consent(world, "payables")
      await works(world.sage.client("payables"))
      world.sandbox.intacctRest.endGrants()
      for (const _ of [1, 2, 3]) {
        const failure = await failureOf(world.sage.client("payables").fetch(vendor))
        assert.strictEqual(failure.reason._tag === "ReauthorizationRequired" && failure.reason.cause, "Revoked")
      }
      assert.strictEqual(asked(world, "refresh_token"), 1)
      assert.strictEqual((await world.events.of("reauthorization-required")).length, 1)
    }
  )

  it("that a later consent has superseded is told so by the server, and not repeated", async () => {
    const world = await openWorld({ sandbox: { intacctRest: { supersede: true } } })
    await consent(world, "payables", { tenant: "a" })
    await works(world.sage.client("payables", { tenant: "a" }))
    await consent(world, "payables", { tenant: "b" })
    const kind = await kindOf(world.sage.client("payables", { tenant: "a" }).fetch(vendor))
    assert.strictEqual(kind.reason, "ReauthorizationRequired")
    await works(world.sage.client("payables", { tenant: "b" }))
    assert.strictEqual(asked(world, "refresh_token"), 1)
  })
})

describe("the two credential systems of Intacct", () => {
  it("are told apart at start-up: sender and login are not for REST", async () => {
    const sandbox = await openSandbox()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const builders = [
      () => intacctRest.clientCredentials({ ...vendorsOptions(sandbox), sender, login } as never),
      () => intacctRest.authorizationCode({ ...payablesOptions(sandbox), sender, login } as never)
    ]
    for (const build of builders) {
      const failure = await failureOf((async () => createSageAuth({ connections: { rest: build() } }))())
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      for (const option of ["connections.rest.sender", "connections.rest.login"])
        assert.include(failure.message, option)
      // the ways across
      assert.match(failure.message, /OAuth 2\.0 client.*intacctXml.*session.*client\.session\(\)/s)
      assert.notInclude(failure.message, sender.password)
    }
  })

  it("are told apart at start-up: client and redirect are not for XML", async () => {
    const sandbox = await openSandbox()
    const { clientId, clientSecret, redirectUri } = sandbox.accounts["intacct-rest"].client
    const connections = {
      ledger: intacctXml({ ...ledgerOptions(sandbox), clientId, clientSecret, redirectUri } as never)
    }
    const failure = await failureOf((async () => createSageAuth({ connections }))())
    for (const option of ["clientId", "clientSecret", "redirectUri"]) {
      assert.include(failure.message, `connections.ledger.${option}`)
    }
    assert.match(failure.message, /intacctRest/)
    assert.match(failure.message, /session/)
    assert.notInclude(failure.message, clientSecret)
  })
})

const life = async (intacctRest: IntacctRestOptions, maxTokenAge?: string): Promise<number> => {
  const world = await openWorld({ sandbox: { intacctRest }, vendors: { maxTokenAge } })
  await works(world.sage.client("vendors"))
  const { credentialExpiresAt } = await world.sage.client("vendors").status()
  return ((credentialExpiresAt?.getTime() ?? 0) - world.sandbox.clock.now()) / 1_000
}

describe("how long a token is used", () => {
  it("is the least of what the answer, the token and the configuration say", async () => {
    assert.strictEqual(await life({ expiresIn: 43_200, jwtLife: "1 hour" }), 3_600)
    assert.strictEqual(await life({ expiresIn: 1_800, jwtLife: "1 hour" }), 1_800)
    assert.strictEqual(await life({ expiresIn: 43_200, jwtLife: "12 hours" }, "5 hours"), 18_000)
    assert.strictEqual(await life({ expiresIn: 43_200, jwtLife: "1 hour" }, "5 hours"), 3_600)
  })

  it.each([null, 0, -1, 1e12, "soon"])("is the token's own where expires_in says %j", async (expiresIn) => {
    assert.strictEqual(await life({ expiresIn, jwtLife: "30 minutes" }), 1_800)
  })

  it("reads a number of seconds that is a text", async () => {
    assert.strictEqual(await life({ expiresIn: "1200" }), 1_200)
  })

  it.each([600_000, -600_000])("does not depend on the server's clock: %i ms", async (clockSkew) => {
    assert.strictEqual(await life({ clockSkew }), 3_600)
  })
})

describe("a token that is refused before its time", () => {
  it.each([
    ["REST-2102", { rejectedToken: "REST-2102", rejectedTokenStatus: 401 }],
    ["REST-2102 with 400", { rejectedToken: "REST-2102", rejectedTokenStatus: 400 }],
    ["REST-1206 with 400", { rejectedToken: "REST-1206" }],
    ["GW-0040", { rejectedToken: "GW-0040" }],
    ["GW-0031", { rejectedToken: "GW-0031" }],
    ["a sentence", { rejectedToken: "Invalid token" }]
  ] as const)("as %s is renewed once, and the call sent once more", async (_, options) => {
    const world = await openWorld({ sandbox: { intacctRest: options } })
    await consent(world, "payables")
    const client = world.sage.client("payables")
    await works(client)
    world.sandbox.intacctRest.rejectAccessTokens()
    const created = await client.fetch(vendor, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Once" })
    })
    assert.strictEqual(created.status, 201, await created.text())
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 3)
    assert.strictEqual(asked(world, "refresh_token"), 1)
    assert.strictEqual(world.sandbox.intacct.transactions("AcmeHoldings").functions["rest-create"], 1)
  })

  it("each time, also when it is new, is not renewed over and over", async () => {
    const api = await startRawServer(() => ({ status: 401, body: "" }))
    const world = await openWorld({
      vendors: (sandbox) => ({ urls: { ...sandbox.urls["intacct-rest"], api: new URL("/ia/api/v1", api.url).href } })
    })
    for (const calls of [1, 2, 3]) {
      assert.strictEqual((await world.sage.client("vendors").fetch(vendor)).status, 401)
      assert.strictEqual(api.arrived.length, calls)
      assert.strictEqual(asked(world), calls)
    }
  })

  it.each([
    ["403", { on: vendor, kind: "wrong-content-type", status: 403 }],
    ["404", { on: vendor, kind: "wrong-content-type", status: 404 }],
    ["422", { on: vendor, kind: "wrong-content-type", status: 422 }]
  ] as const)("is not what %s says", async (_, fault) => {
    const world = await openWorld()
    await works(world.sage.client("vendors"))
    world.sandbox.fault("intacct-rest", fault)
    assert.strictEqual((await world.sage.client("vendors").fetch(vendor)).status, fault.status)
    assert.strictEqual(asked(world), 1)
  })

  it("is not what a broken request says with 400", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    const response = await client.fetch(vendor, { method: "POST", headers: { "content-type": "application/json" } })
    assert.strictEqual(response.status, 400)
    assert.include(await response.text(), "REST-1028")
    assert.strictEqual((await client.fetch(vendor, { headers: { "x-ia-api-param-entity": "nope" } })).status, 403)
    assert.strictEqual(asked(world), 1)
  })
})

describe("Intacct's limit", () => {
  it.each(["hyphenated", "joined"] as const)("is waited for as its headers say (%s)", async (rateHeaderSpelling) => {
    const world = await openWorld({
      sandbox: { intacctRest: { rateHeaderSpelling, retryAfter: "9 seconds" } },
      settings: { retry: {}, deadline: "5 minutes" }
    })
    await works(world.sage.client("vendors"))
    world.sandbox.fault("intacct-rest", { on: vendor, kind: "rate-limited" })
    const call = begun(world.sage.client("vendors").fetch(vendor))
    await until("it was refused", () => world.events.soFar.some(({ type }) => type === "rate-limited"))
    assert.strictEqual((await world.events.of("rate-limited"))[0]?.retryAfter, 9_000)
    await world.sandbox.clock.advance("8 seconds")
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 2)
    await world.sandbox.clock.advance("2 seconds")
    assert.strictEqual((await call).status, 200)
  })

  it.each(["rate-limited", "rate-limited-200"] as const)("as %s is no reason for another token", async (kind) => {
    const world = await openWorld()
    world.sandbox.fault("intacct-rest", { on: vendor, kind, times: 2 })
    await works(world.sage.client("vendors"))
    assert.strictEqual(callStatuses(world, "intacct-rest").length, 3)
    assert.strictEqual((await world.events.of("rate-limited")).length, 2)
    assert.strictEqual(asked(world), 1)
  })

  it.each(["rate-limited", "rate-limited-200"] as const)("as %s of a token is waited for", async (kind) => {
    const world = await openWorld()
    world.sandbox.fault("intacct-rest", { on: "token", kind, times: 2 })
    await works(world.sage.client("vendors"))
    assert.strictEqual(asked(world), 3)
    assert.deepStrictEqual(
      (await world.events.of("rate-limited")).map(({ connection }) => connection),
      ["vendors", "vendors"]
    )
    world.sandbox.fault("intacct-rest", { on: "token", kind, times: 99 })
    assert.strictEqual((await kindOf(world.sage.client("vendors").refresh())).reason, "RateLimited")
  })
})

describe("the headers for other libraries", () => {
  it("are one frozen object for each credential, also in an entity, and at hand without a turn of the loop", async () => {
    const world = await openWorld()
    const client = world.sage.client("vendors")
    const headers = await client.headers()
    assert.isTrue(Object.isFrozen(headers))
    assert.strictEqual(await client.headers(), headers)
    assert.notInclude(inspect(client.headers()), "<pending>")
    const entity = client.entity("E2")
    const inEntity = await entity.headers()
    assert.isTrue(Object.isFrozen(inEntity))
    assert.strictEqual(inEntity["x-ia-api-param-entity"], "E2")
    assert.strictEqual(await entity.headers(), inEntity)
    assert.notInclude(inspect(await client.status()), headers["authorization"] ?? "")
  })
})
