import {
  businessCloud,
  createSageAuth,
  intacctRest,
  intacctXml,
  isSageAuthError,
  type SageAuthError,
  x3
} from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../src/failureOf.ts"
import { vendors as readVendors } from "../src/functions.ts"
import { ledgerOptions, openSandbox } from "../src/world.ts"
import { vendorsOptions } from "../src/oauth/world.ts"

const vendor = "objects/accounts-payable/vendor"

/** ids that can be sent, and that nobody knows a server to refuse */
const sendable = [
  "a",
  "xml gateway",
  "Zoë O'Brien",
  "東京",
  "R&D <Süd>",
  "50% / 2+2",
  'a"b',
  "a:b;c",
  "-",
  "a\u00a0b",
  "emoji 🧾",
  "x".repeat(300)
]

/** ids that cannot be sent, or that a slip of the hand made */
const wrong = ["", " ", "a ", " a", "\ta", "a\n", "a\u0000b", "a\u00a0", "\ud800", 5, null]

const redirectUri = "https://app.example/callback"

/** each option that holds an id, by its path */
const options: Readonly<Record<string, (id: never) => object>> = {
  "one.sender.id": (id) => ({
    one: intacctXml({ sender: { id, password: "p" }, login: { companyId: "c", userId: "u", password: "p" } })
  }),
  "one.login.companyId": (id) => ({
    one: intacctXml({ sender: { id: "s", password: "p" }, login: { companyId: id, userId: "u", password: "p" } })
  }),
  "one.login.userId": (id) => ({
    one: intacctXml({ sender: { id: "s", password: "p" }, login: { companyId: "c", userId: id, password: "p" } })
  }),
  "one.login.entityId": (id) => ({
    one: intacctXml({
      sender: { id: "s", password: "p" },
      login: { companyId: "c", userId: "u", password: "p", entityId: id }
    })
  }),
  "one.login.clientId": (id) => ({
    one: intacctXml({
      sender: { id: "s", password: "p" },
      login: { companyId: "c", userId: "u", password: "p", clientId: id }
    })
  }),
  "one.entities.0": (id) => ({
    one: intacctXml({
      sender: { id: "s", password: "p" },
      login: { companyId: "c", userId: "u", password: "p" },
      entities: [id]
    })
  }),
  "one.clientId": (id) => ({
    one: intacctRest.clientCredentials({ clientId: id, clientSecret: "s", username: "u@c" })
  }),
  "two.clientId": (id) => ({ two: intacctRest.authorizationCode({ clientId: id, redirectUri }) }),
  "three.clientId": (id) => ({ three: businessCloud({ clientId: id, clientSecret: "s", redirectUri }) }),
  "four.auth.user": (id) => ({
    four: x3.onPremise({
      baseUrl: "https://x3.acme.example",
      // the one character that ends a login on the wire
      auth: x3.basic({
        user: typeof id === "string" ? ((id as string).replaceAll(":", ".") as never) : id,
        password: "p"
      })
    })
  }),
  "five.app.clientId": (id) => ({
    five: x3.graphql({
      url: "https://x3.acme.example/xtrem/api",
      endpoint: "SEED",
      app: { clientId: id, clientSecret: "s", user: "u" }
    })
  }),
  "five.app.user": (id) => ({
    five: x3.graphql({
      url: "https://x3.acme.example/xtrem/api",
      endpoint: "SEED",
      app: { clientId: "c", clientSecret: "s", user: id }
    })
  }),
  "six.clientId": (id) => ({
    six: x3.gateway({
      rootUrl: "https://gateway.example",
      clientId: id,
      clientSecret: "s",
      redirectUri,
      customer: "https://x3.acme.example",
      scope: "s"
    })
  })
}

/** each option whose id goes into a header */
const inHeader: typeof options = {
  "one.business": (id) => ({ one: businessCloud({ clientId: "c", clientSecret: "s", redirectUri, business: id }) }),
  "one.subscriptionId": (id) => ({
    one: businessCloud({ clientId: "c", clientSecret: "s", redirectUri, subscriptionId: id })
  }),
  "one.resourceOwnerId": (id) => ({
    one: businessCloud({ clientId: "c", clientSecret: "s", redirectUri, resourceOwnerId: id })
  }),
  "two.endpoint": (id) => ({
    two: x3.graphql({
      url: "https://x3.acme.example/xtrem/api",
      endpoint: id,
      app: { clientId: "c", clientSecret: "s", user: "u" }
    })
  })
}

const thrownBy = (make: () => unknown): SageAuthError | undefined => {
  try {
    make()
    return undefined
  } catch (thrown) {
    if (isSageAuthError(thrown)) return thrown
    throw thrown
  }
}

const refusal = (connections: object): SageAuthError | undefined =>
  thrownBy(() => void createSageAuth({ connections: connections as never }).close())

const refused = (connections: object): ReadonlyArray<string> => {
  const error = refusal(connections)
  if (error === undefined) return []
  assert.strictEqual(error.reason._tag, "Misconfigured")
  return error.reason._tag === "Misconfigured" ? error.reason.issues.map(({ option }) => option) : []
}

const ofCompany = (companyId: string) =>
  refused({
    one: intacctXml({ sender: { id: "s", password: "p" }, login: { companyId, userId: "u", password: "p" } })
  })

const ofUsername = (username: string) =>
  refused({ one: intacctRest.clientCredentials({ clientId: "c", clientSecret: "s", username }) })

const ofCountry = (country: unknown, api?: "v3") =>
  refusal({
    books: businessCloud({
      clientId: "c",
      clientSecret: "s",
      redirectUri,
      country: country as string,
      ...(api === undefined ? {} : { api, subscriptionId: "s", resourceOwnerId: "r" })
    } as never)
  })

describe("an id", () => {
  it.each(Object.keys(options))("in %s may hold whatever can be sent, and nothing else", (at) => {
    const make = options[at] as (id: never) => object
    for (const id of sendable) assert.deepStrictEqual(refused(make(id as never)), [], id)
    for (const id of wrong)
      assert.deepStrictEqual(refused(make(id as never)), [`connections.${at}`], JSON.stringify(id))
  })

  it.each(Object.keys(inHeader))("in %s may hold what a header can carry", (at) => {
    const make = inHeader[at] as (id: never) => object
    const carried = sendable.filter((id) => /^[\u0020-\u00ff]+$/.test(id))
    assert.isAtLeast(carried.length, 6)
    for (const id of sendable) {
      assert.deepStrictEqual(refused(make(id as never)), carried.includes(id) ? [] : [`connections.${at}`], id)
    }
    for (const id of wrong)
      assert.deepStrictEqual(refused(make(id as never)), [`connections.${at}`], JSON.stringify(id))
  })

  it("that a company, a console or a client has may hold the same in its parts", () => {
    for (const id of sendable)
      assert.deepStrictEqual([...ofCompany(`My Console|${id}`), ...ofCompany(`a|${id}|Central Region`)], [], id)
    for (const id of ["a|", "|a", "a||b", "a |b", "a| b", "a|b|c|d"]) {
      assert.deepStrictEqual(ofCompany(id), ["connections.one.login.companyId"], id)
    }
  })

  it("in a username may hold the same in its parts", () => {
    assert.deepStrictEqual(ofUsername("Admin@oauth2_main2|Central Region"), [])
    for (const id of sendable) {
      for (const username of [`${id}@c`, `u@${id}`, `u@c|${id}`, `u@mail.example@${id}|${id}`]) {
        assert.deepStrictEqual(ofUsername(username), [], username)
      }
    }
    for (const id of [
      "u",
      "@c",
      "u@",
      "u@|e",
      "u@c|",
      " u@c",
      "u @c",
      "u@ c",
      "u@c |e",
      "u@c| e",
      "u@c|e ",
      "u@c|e\n",
      "u@c|e\u0000f"
    ]) {
      assert.deepStrictEqual(ofUsername(id), ["connections.one.username"], JSON.stringify(id))
    }
  })
})

describe("a company whose ids hold spaces, accents and other scripts", () => {
  it("is worked with by XML, in each of its entities", async () => {
    const sandbox = await openSandbox()
    const { unusual } = sandbox.accounts["intacct-xml"]
    const { entities, entityId, ...login } = unusual
    const connections = {
      top: intacctXml(ledgerOptions(sandbox, { login })),
      bound: intacctXml(ledgerOptions(sandbox, { login: { ...login, entityId } }))
    }
    const sage = createSageAuth({ connections, clock: sandbox.clock })
    onTestFinished(() => sage.close())
    for (const client of [
      sage.client("top"),
      sage.client("bound"),
      ...entities.map((id) => sage.client("top").entity(id))
    ]) {
      const [result] = await client.execute([readVendors(1)])
      assert.isDefined(result)
    }
  })

  it("is worked with by REST, by username, by header and by token", async () => {
    const sandbox = await openSandbox()
    const { entities, entityId, username } = sandbox.accounts["intacct-rest"].unusual
    const connections = {
      top: intacctRest.clientCredentials(
        vendorsOptions(sandbox, { username, sessionId: undefined, session: undefined })
      ),
      bound: intacctRest.clientCredentials(
        vendorsOptions(sandbox, { username: `${username}|${entityId}`, sessionId: undefined, session: undefined })
      )
    }
    const sage = createSageAuth({ connections, clock: sandbox.clock })
    onTestFinished(() => sage.close())
    const top = sage.client("top")
    const bound = sage.client("bound")
    const carried = entities.filter((id) => /^[\u0020-\u00ff]+$/.test(id))
    const clients = [
      top,
      bound,
      ...carried.map((id) => top.entity(id)),
      ...entities.map((id) => top.entity(id, { token: true })),
      // where it is already, however it is asked for
      bound.entity(entityId),
      bound.entity(entityId, { token: true })
    ]
    for (const client of clients) {
      const response = await client.fetch(vendor)
      assert.strictEqual(response.status, 200, await response.text())
      assert.include((await client.headers())["authorization"], "Bearer ")
      assert.strictEqual(await client.run(async () => "ran"), "ran")
    }
    assert.isString((await bound.entity(entityId).session()).sessionId)
    assert.notProperty(await bound.entity(entityId).headers(), "x-ia-api-param-entity")
    assert.strictEqual(
      (await kindOf(bound.entity("東京", { token: true }).entity("50% / 2+2").fetch(vendor))).reason,
      "Misconfigured"
    )
    const elsewhere = await failureOf(bound.entity("R&D <Süd>").fetch(vendor))
    assert.strictEqual(elsewhere.id, "intacct-rest.entity-bound")
  })

  it("has an entity that no header can carry: that is said, with what helps", async () => {
    const sandbox = await openSandbox()
    const sage = createSageAuth({
      connections: { vendors: intacctRest.clientCredentials(vendorsOptions(sandbox)) },
      clock: sandbox.clock
    })
    onTestFinished(() => sage.close())
    for (const time of ["before anything was loaded", "later"]) {
      for (const id of ["東京", "emoji 🧾", "Łódź"]) {
        const error = thrownBy(() => sage.client("vendors").entity(id))
        assert.strictEqual(error?.reason._tag, "Misconfigured", time)
        assert.include(error?.message, "entity(id)")
        assert.include(error?.message, "{ token: true }")
        assert.notInclude(error?.message, "fetch(path")
        assert.notInclude(error?.message, id)
        assert.isUndefined(thrownBy(() => sage.client("vendors").entity(id, { token: true })))
      }
      for (const id of wrong.filter((one) => one !== null)) {
        assert.strictEqual(
          thrownBy(() => sage.client("vendors").entity(id as never))?.reason._tag,
          "Misconfigured",
          `${time}: ${JSON.stringify(id)}`
        )
        assert.strictEqual(
          thrownBy(() => sage.client("vendors").entity(id as never, { token: true }))?.reason._tag,
          "Misconfigured"
        )
      }
      await sage.ready()
    }
  })
})

describe("a business", () => {
  it("that no header can carry, or that is missing, is refused before anything is sent", async () => {
    const sage = createSageAuth({
      connections: { books: businessCloud({ clientId: "c", clientSecret: "s", redirectUri }) }
    })
    onTestFinished(() => sage.close())
    for (let time = 0; time < 2; time++) {
      for (const id of [...wrong, undefined, "東京"]) {
        const error = thrownBy(() => sage.client("books").business(id as never))
        assert.strictEqual(error?.reason._tag, "Misconfigured", JSON.stringify(id))
        assert.include(error?.message, "business(id)")
      }
      assert.isUndefined(thrownBy(() => sage.client("books").business("b-1 é")))
      await sage.ready()
    }
  })
})

describe("a country", () => {
  it.each(["gb", "ie", "ca", "us", "de", "es", "fr", "au"])("%s is taken", (country) => {
    assert.isUndefined(ofCountry(country))
  })

  it.each([
    ["uk", "gb"],
    ["UK", "gb"],
    ["GB", "gb"],
    ["gbr", "gb"],
    ["United Kingdom", "gb"],
    ["Great Britain", "gb"],
    ["england", "gb"],
    ["en-GB", "gb"],
    ["U.K.", "gb"],
    ["IRL", "ie"],
    ["Ireland", "ie"],
    ["Éire", "ie"],
    ["Canada", "ca"],
    ["CAN", "ca"],
    ["usa", "us"],
    ["U.S.", "us"],
    ["United States of America", "us"],
    ["Germany", "de"],
    ["Deutschland", "de"],
    ["Germny", "de"],
    ["España", "es"],
    ["France", "fr"],
    ["FRA", "fr"]
  ])("%s is answered with what was meant: %s", (country, meant) => {
    for (const api of [undefined, "v3"] as const) {
      const error = ofCountry(country, api)
      assert.include(error?.message, `did you mean "${meant}"?`)
      assert.strictEqual(error?.reason._tag === "Misconfigured" && error.reason.issues.length, 1)
    }
  })

  it.each(["AU", "zz9", "", "Atlantis", 44, "g b"])("%s is answered with what a country looks like", (country) => {
    assert.include(ofCountry(country)?.message, "two small letters")
  })

  it("that a function of the tenant gives is answered so too", async () => {
    const sage = createSageAuth({
      connections: { books: businessCloud({ clientId: "c", clientSecret: "s", redirectUri, country: () => "uk" }) }
    })
    onTestFinished(() => sage.close())
    const error = await failureOf(sage.client("books").authorize({ returnTo: "/" }))
    assert.include(error.message, 'did you mean "gb"?')
  })
})
