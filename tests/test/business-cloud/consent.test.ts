import { businessCloud, type BusinessCloudOptions, createSageAuth } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { begin, booksOptions, consent, openWorld, tokenRequests } from "../../src/oauth/world.ts"
import { openSandbox } from "../../src/world.ts"

const asked = async (options: Partial<BusinessCloudOptions>): Promise<URL> => {
  const sage = createSageAuth({
    connections: {
      books: businessCloud({
        clientId: "id",
        clientSecret: "s3cret",
        redirectUri: "https://app.example/callback/books",
        ...options
      } as BusinessCloudOptions)
    }
  })
  onTestFinished(() => sage.close())
  return new URL((await sage.client("books", { tenant: "acme" }).authorize({ returnTo: "/" })).url)
}

describe("the address that a human is sent to", () => {
  it("is Sage's central server for v3.1, which skips the country page where the country is known", async () => {
    const url = await asked({ country: "ie", locale: "en-IE" })
    assert.strictEqual(`${url.origin}${url.pathname}`, "https://www.sageone.com/oauth2/auth/central")
    assert.deepStrictEqual(
      [...url.searchParams].filter(([name]) => name !== "state" && name !== "code_challenge"),
      [
        ["filter", "apiv3.1"],
        ["country", "ie"],
        ["locale", "en-IE"],
        ["response_type", "code"],
        ["client_id", "id"],
        ["redirect_uri", "https://app.example/callback/books"],
        ["scope", "full_access"],
        ["code_challenge_method", "S256"]
      ]
    )
    assert.notInclude(url.href, "s3cret")
  })

  it("names neither country nor locale where none is configured", async () => {
    const { searchParams } = await asked({ scope: "readonly" })
    assert.isFalse(searchParams.has("country"))
    assert.isFalse(searchParams.has("locale"))
    assert.strictEqual(searchParams.get("scope"), "readonly")
  })

  it("differs by tenant where the options do", async () => {
    const { searchParams } = await asked({
      clientId: (tenant) => `${tenant} id`,
      country: async () => "ca",
      locale: () => "fr-CA"
    })
    assert.strictEqual(searchParams.get("client_id"), "acme id")
    assert.strictEqual(searchParams.get("country"), "ca")
    assert.strictEqual(searchParams.get("locale"), "fr-CA")
  })

  it("is not made where an option of the tenant cannot be had", async () => {
    const failure = await failureOf(asked({ country: () => Promise.reject(new Error("the vault is shut")) }))
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "connections.books.country")
    assert.notInclude(failure.message, "vault")
  })
})

describe("a code", () => {
  it("with a slash in it is decoded once, and sent as it was meant", async () => {
    const world = await openWorld()
    const { cookie, url } = await begin(world, "books")
    assert.match(url, /code=GB%2F/)
    await world.sage.completeAuthorization({ url, cookie })
    const { client } = world.sandbox.accounts["business-cloud"]
    const [sent] = world.wire.to("/token")
    assert.deepStrictEqual(
      [...new URLSearchParams(sent?.body)].filter(([name]) => name !== "code_verifier"),
      [
        ["grant_type", "authorization_code"],
        ["code", new URL(url).searchParams.get("code") ?? ""],
        ["redirect_uri", client.redirectUri],
        ["client_id", client.clientId],
        ["client_secret", client.clientSecret]
      ]
    )
    assert.include(sent?.body, "code=GB%2F")
    assert.strictEqual(sent?.headers.get("content-type"), "application/x-www-form-urlencoded")
    assert.strictEqual(sent?.headers.get("accept"), "application/json")
    assert.isNull(sent?.headers.get("authorization"))
  })

  it("without a country in front is taken as well", async () => {
    const world = await openWorld({ sandbox: { businessCloud: { codeCountry: false } } })
    await consent(world, "books")
    assert.match(world.wire.tokenForms()[0]?.get("code") ?? "", /^[\da-f]{40}$/)
  })

  it("that is 59 seconds old is exchanged, and one of 60 is refused with what to do", async () => {
    const world = await openWorld()
    const inTime = await begin(world, "books")
    await world.sandbox.clock.advance("59 seconds")
    await world.sage.completeAuthorization(inTime)
    const late = await begin(world, "books")
    await world.sandbox.clock.advance("60 seconds")
    const failure = await failureOf(world.sage.completeAuthorization(late))
    assert.strictEqual(failure.reason._tag, "CallbackRejected")
    assert.strictEqual(failure.id, "business-cloud.code-rejected")
    assert.include(failure.remedy, "complete the callback at once")
    assert.strictEqual((await world.sage.client("books").status()).state, "connected")
  })

  it.each([400, 401] as const)(
    "of a client with a wrong secret is refused (%i), and not as a grant",
    async (status) => {
      const world = await openWorld({
        sandbox: { businessCloud: { invalidClientStatus: status } },
        books: { clientSecret: "wrong" }
      })
      const { cookie, url } = await begin(world, "books")
      assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), {
        reason: "CredentialRejected",
        id: "business-cloud.client-rejected"
      })
    }
  )
})

describe("a consent", () => {
  it("in the wrong country fails", async () => {
    const world = await openWorld({ books: { country: "ca" } })
    const { cookie, url } = await begin(world, "books")
    assert.deepStrictEqual(await kindOf(world.sage.completeAuthorization({ url, cookie })), {
      reason: "CallbackRejected",
      id: "business-cloud.access-denied"
    })
  })

  it("without a country leads through the page that asks for it", async () => {
    const world = await openWorld({ books: { country: undefined } })
    await consent(world, "books", { login: world.sandbox.accounts["business-cloud"].second })
    assert.strictEqual((await world.sage.client("books").status()).state, "connected")
  })

  it("to read only does not write, and is not renewed for that", async () => {
    const world = await openWorld({ books: { scope: "readonly" } })
    await consent(world, "books")
    const response = await world.sage.client("books").fetch("contacts", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ contact: { name: "A" } })
    })
    assert.strictEqual(response.status, 403)
    assert.strictEqual(tokenRequests(world, "business-cloud", "refresh_token"), 0)
  })

  it("lives for 31 days from its last refresh, and says so", async () => {
    const world = await openWorld()
    await consent(world, "books")
    const now = world.sandbox.clock.now()
    await world.sandbox.clock.advance("1 minute")
    const { credentialExpiresAt, grantExpiresAt, grantIssuedAt } = await world.sage.client("books").status()
    assert.strictEqual(grantIssuedAt?.getTime(), now)
    assert.strictEqual((grantExpiresAt?.getTime() ?? 0) - now, 31 * 86_400_000)
    assert.strictEqual((credentialExpiresAt?.getTime() ?? 0) - now, 300_000)
  })

  it("is ended at Sage by disconnect, which forgets it here even when Sage is away", async () => {
    const world = await openWorld()
    const client = world.sage.client("books")
    await consent(world, "books")
    assert.deepStrictEqual(await client.disconnect(), { revoked: true })
    assert.strictEqual(world.sandbox.requests({ surface: "business-cloud", step: "revoke" }).length, 1)
    assert.strictEqual((await client.status()).state, "disconnected")
    await consent(world, "books")
    world.sandbox.fault("business-cloud", { on: "revoke", kind: "unavailable" })
    assert.deepStrictEqual(await client.disconnect(), { revoked: false })
    assert.strictEqual((await kindOf(client.fetch("contacts"))).reason, "ReauthorizationRequired")
    const disconnected = await world.events.of("disconnected")
    assert.deepStrictEqual(
      disconnected.map(({ revoked }) => revoked),
      [true, false]
    )
  })

  it("is left alone at Sage where disconnect is told so", async () => {
    const world = await openWorld()
    await consent(world, "books")
    assert.deepStrictEqual(await world.sage.client("books").disconnect({ revoke: false }), { revoked: false })
    assert.strictEqual(world.sandbox.requests({ surface: "business-cloud", step: "revoke" }).length, 0)
  })
})

describe("client credentials", () => {
  it("do not exist here: JavaScript that asks for them hears why at start-up, and what to do instead", async () => {
    const sandbox = await openSandbox()
    const { clientCredentials } = businessCloud as unknown as { readonly clientCredentials: typeof businessCloud }
    const failure = await failureOf(
      (async () => createSageAuth({ connections: { books: clientCredentials(booksOptions(sandbox)) } }))()
    )
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.match(failure.message, /connections\.books: .*no client-credentials flow.*consents once.*keepAlive/s)
    assert.notInclude(failure.message, sandbox.accounts["business-cloud"].client.clientSecret)
  })
})
