import { createSageAuth, generateKey, type Settings, x3 } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { consent, openWorld, tokenRequests, type WorldOptions } from "../../src/oauth/world.ts"
import { fastRetry, openSandbox } from "../../src/world.ts"
import { ask, openGatewayWorld, pair, take, tokenBodies } from "../../src/x3/gatewayWorld.ts"

/** What processes have that share one store. */
const sharedSettings = (): Settings => ({ store: `sqlite:${temporaryStore()}`, keys: [generateKey()] })

const vendor = "objects/accounts-payable/vendor"

/** The claims of the token that a client puts on a request. */
const claimsOf = async (client: { readonly headers: () => Promise<Readonly<Record<string, string>>> }) => {
  const [, payload = ""] = ((await client.headers())["authorization"] ?? "").split(".")
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as Readonly<Record<string, unknown>>
}

/** Starts one process of Intacct's connections after another, with one sandbox and one store. */
const processes = async () => {
  const sandbox = await openSandbox()
  const settings = sharedSettings()
  const start = (options: WorldOptions = {}) => openWorld({ sandbox, settings, ...options })
  return { sandbox, start }
}

describe("a stored token of client credentials", () => {
  it("is not used for another username", async () => {
    const { sandbox, start } = await processes()
    const { second, user } = sandbox.accounts["intacct-rest"]
    const before = await start()
    const first = await claimsOf(before.sage.client("vendors"))
    const after = await start({ vendors: { username: second.username } })
    assert.strictEqual((await after.sage.client("vendors").status()).state, "configured")
    const other = await claimsOf(after.sage.client("vendors"))
    assert.notDeepEqual([other["userId"], other["cnyId"]], [first["userId"], first["cnyId"]])
    assert.notStrictEqual(user.username, second.username)
    assert.strictEqual(tokenRequests(after, "intacct-rest", "client_credentials"), 2)
  })

  it("is not used in an entity for another username", async () => {
    const { sandbox, start } = await processes()
    const { second } = sandbox.accounts["intacct-rest"]
    const before = await start()
    await before.sage.client("vendors").entity("E2", { token: true }).fetch(vendor)
    const refreshed = tokenRequests(before, "intacct-rest", "refresh_token")
    const after = await start({ vendors: { username: second.username } })
    const inEntity = after.sage.client("vendors").entity("E1", { token: true })
    const { cnyId } = await claimsOf(after.sage.client("vendors"))
    assert.strictEqual((await claimsOf(inEntity))["cnyId"], cnyId)
    assert.strictEqual(tokenRequests(after, "intacct-rest", "client_credentials"), 2)
    assert.strictEqual(tokenRequests(after, "intacct-rest", "refresh_token"), refreshed + 1)
  })

  it("is used where nothing but the secret has changed", async () => {
    const { start } = await processes()
    const before = await start()
    const first = await before.sage.client("vendors").headers()
    const after = await start({ vendors: { clientSecret: "a secret that was rotated" } })
    assert.deepStrictEqual(await after.sage.client("vendors").headers(), first)
    assert.strictEqual(tokenRequests(after, "intacct-rest"), 1)
  })

  it("is not used for another login of the connection whose session it was made of", async () => {
    const { sandbox, start } = await processes()
    const { login } = sandbox.accounts["intacct-xml"]
    const before = await start()
    await before.sage.client("bridge").headers()
    const same = await start({ ledger: { login: { ...login, password: "a password that was rotated" } } as object })
    await same.sage.client("bridge").headers()
    assert.strictEqual(tokenRequests(same, "intacct-rest", "client_credentials"), 1)
    const after = await start({ ledger: { login: { ...login, entityId: "E2" } } as object })
    await after.sage.client("bridge").headers()
    assert.strictEqual(tokenRequests(after, "intacct-rest", "client_credentials"), 2)
  })

  it.each([
    ["another client", (client: Given) => ({ ...client, clientId: "another-client" })],
    ["another scope", (client: Given) => ({ ...client, scope: "erp.read" })],
    ["another audience", (client: Given) => ({ ...client, parameters: { audience: "https://other.example" } })],
    ["another token endpoint", (client: Given) => ({ ...client, tokenUrl: `${client.tokenUrl}?p=other` })]
  ] as const)("of X3's identity provider is not used for %s", async (_, changed) => {
    const sandbox = await openSandbox()
    const { basic, identityProvider, oauth2 } = sandbox.accounts["x3-web-services"]
    sandbox.x3.configure({ clientCredentialsUser: basic.user })
    const { clientId, clientSecret } = identityProvider.client
    const { onPremise } = sandbox.urls["x3-web-services"]
    const settings = sharedSettings()
    const given: Given = { tokenUrl: oauth2.tokenUrl, clientId, clientSecret }
    const start = (options: Given) => {
      const sage = createSageAuth({
        connections: {
          erp: x3.onPremise({ baseUrl: onPremise, auth: x3.clientCredentials(options), environment: "sandbox" })
        },
        clock: sandbox.clock,
        retry: fastRetry,
        ...settings
      })
      onTestFinished(() => sage.close())
      return sage.client("erp")
    }
    const asked = () => sandbox.requests({ surface: "x3-web-services", step: "token" }).length
    const headers = await start(given).headers()
    assert.deepStrictEqual(await start({ ...given, clientSecret: "rotated" }).headers(), headers)
    assert.strictEqual(asked(), 1)
    // what the server says to what it does not know is not the point
    await start(changed(given))
      .headers()
      .catch(() => {})
    assert.strictEqual(asked(), 2)
  })
})

interface Given {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  readonly parameters?: Readonly<Record<string, string>>
}

describe("a consent", () => {
  it.each(["books", "payables"] as const)(
    "of %s that was given to another client is not tried, and counts again with the old one",
    async (connection) => {
      const surface = connection === "books" ? "business-cloud" : "intacct-rest"
      const { start } = await processes()
      const before = await start()
      await consent(before, connection)
      const requests = tokenRequests(before, surface)
      const after = await start({ [connection]: { clientId: "another.client.app.sage.com" } })
      const client = after.sage.client(connection)
      const error = await failureOf(client.headers())
      assert.strictEqual(error.id, "client.consent-of-another-client")
      assert.strictEqual(error.reason._tag, "ReauthorizationRequired")
      const { credentialExpiresAt, grantExpiresAt, refreshable, state } = await client.status()
      assert.deepStrictEqual(
        { credentialExpiresAt, grantExpiresAt, refreshable, state },
        {
          state: "reauthorization-required",
          refreshable: false,
          credentialExpiresAt: undefined,
          grantExpiresAt: undefined
        }
      )
      await failureOf(client.headers())
      assert.lengthOf(await after.events.of("reauthorization-required"), 1)
      assert.strictEqual(tokenRequests(after, surface), requests)
      await after.sage.keepAlive()
      assert.strictEqual(tokenRequests(after, surface), requests)
      const back = await start()
      await back.sandbox.clock.advance("2 hours")
      assert.property(await back.sage.client(connection).headers(), "authorization")
      assert.strictEqual(tokenRequests(back, surface), requests + 1)
    }
  )

  it("counts where nothing but the secret or the scope has changed", async () => {
    const { start } = await processes()
    const before = await start()
    await consent(before, "books")
    const after = await start({ books: { clientSecret: "a secret that was rotated", scope: "readonly" } })
    assert.deepStrictEqual(await after.sage.client("books").headers(), await before.sage.client("books").headers())
  })

  it("that is forgotten sends no token to another client's server", async () => {
    const { start } = await processes()
    await consent(await start(), "books")
    const after = await start({ books: { clientId: "another.client.app.sage.com" } })
    assert.deepStrictEqual(await after.sage.client("books").disconnect(), { revoked: false })
    assert.isEmpty(after.wire.to("/revoke"))
    assert.strictEqual((await after.sage.client("books").status()).state, "disconnected")
  })
})

describe("a pairing", () => {
  it.each([
    ["another application", { clientId: "another-application" }],
    ["another customer", { customer: "https://x3.other.example" }]
  ] as const)("of %s is not used", async (_, differs) => {
    const sandbox = await openSandbox({ x3: {} })
    const settings = sharedSettings()
    const before = await openGatewayWorld({ sandbox, settings })
    await pair(before)
    assert.property(await before.sage.client("gateway").headers(), "authorization")
    const after = await openGatewayWorld({ sandbox, settings, gateway: differs })
    const error = await failureOf(after.sage.client("gateway").headers())
    assert.strictEqual(error.id, "client.consent-of-another-client")
    assert.isEmpty(tokenBodies(after))
    const back = await openGatewayWorld({ sandbox, settings, gateway: { clientSecret: "rotated" } })
    assert.deepStrictEqual(await back.sage.client("gateway").headers(), await before.sage.client("gateway").headers())
  })

  it("that waits for another application's user sends no code", async () => {
    const server = { callbackOrder: "before-acceptance", codeLife: "30 days" } as const
    const sandbox = await openSandbox({ x3: { gateway: server } })
    const settings = sharedSettings()
    const before = await openGatewayWorld({ sandbox, settings })
    await take(before, await ask(before, { decide: false }))
    assert.strictEqual((await before.sage.client("gateway").status()).state, "pairing")
    const after = await openGatewayWorld({ sandbox, settings, gateway: { clientId: "another-application" } })
    await sandbox.clock.advance("1 minute")
    assert.strictEqual((await after.sage.client("gateway").status()).state, "reauthorization-required")
    const error = await failureOf(after.sage.client("gateway").refresh())
    assert.strictEqual(error.id, "client.consent-of-another-client")
    assert.isEmpty(tokenBodies(after))
    assert.strictEqual((await before.sage.client("gateway").status()).state, "pairing")
  })
})
