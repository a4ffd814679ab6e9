import { assert, describe, it } from "vitest"
import { type AnySandbox, basic, bearer, graphql, jwt, send, start } from "./support.ts"

const firstTwo = `query Customers($first: Int!) {
  x3MasterData { customer { query(first: $first, orderBy: "{ code: -1 }") {
    totalCount pageInfo { hasNextPage endCursor } edges { node { _id code name creditLimit } } } } }
}`

const names = (filter: string, more = ""): object => ({
  query: `query Q($filter: String) { x3MasterData { customer { query(filter: $filter ${more}) { edges { node { code } } } } } }`,
  variables: { filter }
})

describe("GraphQL", () => {
  it("answers over the same records as REST", async () => {
    const sandbox = await start()
    const answer = await graphql(sandbox, { query: firstTwo, variables: { first: 2 } })
    assert.strictEqual(answer.status, 200, answer.text)
    assert.notProperty(answer.json, "errors")
    const query = "data x3MasterData customer query"
    assert.deepStrictEqual([answer.at(`${query} totalCount`), answer.at(`${query} pageInfo hasNextPage`)], [60, true])
    assert.deepStrictEqual(
      [answer.at(`${query} edges 0 node code`), answer.at(`${query} edges 1 node code`)],
      ["C0060", "C0059"]
    )
    const read = await graphql(sandbox, {
      query: `{ x3MasterData { product { read(_id: "ITM004") { basePrice } } address { read(_id: "1~C0002~A1") { city } } } x3Sales { salesOrder { read(_id: "none") { id } } } }`
    })
    assert.deepStrictEqual(read.at("data"), {
      x3MasterData: { product: { read: { basePrice: 1 } }, address: { read: { city: "London" } } },
      x3Sales: { salesOrder: { read: null } }
    })
  })

  it("pages by cursors either way", async () => {
    const sandbox = await start()
    const page = async (given: string) => {
      const answer = await graphql(sandbox, {
        query: `{ x3MasterData { customer { query(${given}) { edges { cursor node { code } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } } }`
      })
      return answer.at("data x3MasterData customer query") as {
        readonly edges: ReadonlyArray<{ readonly node: { readonly code: string } }>
        readonly pageInfo: Readonly<Record<string, unknown>>
      }
    }
    const first = await page("first: 40")
    const second = await page(`first: 40, after: "${String(first.pageInfo["endCursor"])}"`)
    assert.deepStrictEqual(
      [...first.edges, ...second.edges].map(({ node }) => node.code),
      Array.from({ length: 60 }, (_, index) => `C${String(index + 1).padStart(4, "0")}`)
    )
    assert.deepInclude(second.pageInfo, { hasNextPage: false, hasPreviousPage: true })
    const back = await page(`last: 2, before: "${String(second.pageInfo["startCursor"])}"`)
    assert.deepStrictEqual(
      back.edges.map(({ node }) => node.code),
      ["C0039", "C0040"]
    )
  })

  it("filters by text in X3's notation, however it is quoted", async () => {
    const sandbox = await start()
    for (const [filter, codes] of [
      [`{ code: 'C0003' }`, ["C0003"]],
      [`{ 'code': { '_in': ['C0003', "C0001"] } }`, ["C0001", "C0003"]],
      [`{"code":{"_gte":"C0059"},"country":{"_ne":"DE"}}`, ["C0060"]],
      [`{ creditLimit: { _gt: 8000 }, code: { _lt: 'C0020' } }`, ["C0009", "C0018"]],
      [`{ name: 'it\\'s "nobody"' }`, []]
    ] as const) {
      const answer = await graphql(sandbox, names(filter))
      const edges = answer.at("data x3MasterData customer query edges") as ReadonlyArray<{
        readonly node: { readonly code: string }
      }>
      assert.deepStrictEqual([filter, edges.map(({ node }) => node.code)], [filter, codes])
    }
    for (const wrong of ["{ nothing: 1 }", "{ code: { _like: 'x' } }", "[", "'", "{ code: $x }"]) {
      const answer = await graphql(sandbox, names(wrong))
      assert.strictEqual(answer.status, 200, wrong)
      assert.isNull(answer.at("data x3MasterData customer query"), wrong)
      assert.isString(answer.at("errors 0 message"), wrong)
    }
  })

  it("gives data and errors where a field may not be read", async () => {
    const sandbox = await start()
    const { limited } = sandbox.accounts["x3-graphql"]
    const headers = { authorization: basic(limited) }
    const answer = await graphql(sandbox, { query: firstTwo, variables: { first: 2 } }, headers)
    assert.strictEqual(answer.status, 200)
    assert.deepInclude(answer.at("data x3MasterData customer query edges 0 node"), { code: "C0060", creditLimit: null })
    assert.strictEqual((answer.at("errors") as ReadonlyArray<unknown>).length, 2)
    assert.deepStrictEqual(
      [answer.at("errors 0 message"), answer.at("errors 0 path")],
      [
        "User clerk may not read Customer.creditLimit",
        ["x3MasterData", "customer", "query", "edges", 0, "node", "creditLimit"]
      ]
    )
  })

  it("refuses with 400 what does not fit its schema", async () => {
    const sandbox = await start()
    const unknown = await graphql(sandbox, { query: "{ x3MasterData { customers { code } } }" })
    assert.strictEqual(unknown.status, 400)
    assert.match(String(unknown.at("errors 0 message")), /^Cannot query field "customers"/)
    assert.deepStrictEqual(unknown.at("extensions"), {})
    for (const body of [
      { query: "{" },
      { query: 1 },
      {},
      { query: "{ __typename }", variables: [] },
      { query: "{ __typename }", operationName: "Other" },
      { query: firstTwo, variables: { first: "two" } },
      "no json",
      "[]"
    ]) {
      assert.strictEqual((await graphql(sandbox, body)).status, 400, JSON.stringify(body))
    }
    assert.strictEqual((await graphql(sandbox, { query: "{ __schema { types { name } } }" })).status, 200)
    assert.strictEqual((await graphql(sandbox, "{}", { "content-type": "text/plain" })).status, 415)
  })

  it("needs an endpoint that the user is mapped for", async () => {
    const sandbox = await start()
    const status = async (endpoint: string | undefined) =>
      (await graphql(sandbox, { query: "{ __typename }" }, { "x-xtrem-endpoint": endpoint })).status
    assert.deepStrictEqual([await status(undefined), await status("NOWHERE"), await status("SEED")], [400, 400, 200])
    const { unmapped } = sandbox.accounts["x3-web-services"]
    const headers = { authorization: basic(unmapped) }
    assert.strictEqual((await graphql(sandbox, { query: "{ __typename }" }, headers)).status, 403)
  })

  it("is absent before Sage X3 Services 2021 R2", async () => {
    const sandbox = await start({ x3: { xtremApi: false } })
    assert.strictEqual((await graphql(sandbox, { query: "{ __typename }" })).status, 404)
    sandbox.x3.configure({ xtremApi: true })
    assert.strictEqual((await graphql(sandbox, { query: "{ __typename }" })).status, 200)
    assert.strictEqual((await send(sandbox, `${sandbox.urls["x3-graphql"].api}/other`)).status, 404)
  })
})

const ask = (sandbox: AnySandbox, token: string) =>
  graphql(sandbox, { query: "{ __typename }" }, { authorization: bearer(token) })

describe("the JWT of a connected app", () => {
  it("is refused by the number of what is wrong, in the order of the numbers", async () => {
    const sandbox = await start()
    const now = Math.floor(sandbox.clock.now() / 1000)
    const future = { iat: now + 5 }
    const issuer = { iss: "nobody" }
    const subject = { sub: "wsadmin" }
    const audience = { aud: `${sandbox.urls["x3-graphql"].api}/` }
    const expired = { exp: now }
    for (const [token, number] of [
      [jwt(sandbox, { ...future, ...issuer, ...subject, ...audience, ...expired }), 21],
      [jwt(sandbox, { ...issuer, ...subject, ...audience, ...expired }), 41],
      [jwt(sandbox, { ...subject, ...audience, ...expired }), 42],
      [jwt(sandbox, { ...audience, ...expired }), 45],
      [jwt(sandbox, expired), 50],
      [jwt(sandbox, {}, { secret: "wrong" }), 50],
      [jwt(sandbox, {}, { alg: "none" }), 50],
      [jwt(sandbox, { exp: undefined }), 50],
      [jwt(sandbox, { iat: undefined }), 50],
      [jwt(sandbox, { iat: now - 301 }), 50],
      [jwt(sandbox, { aud: "" }), 45],
      ["opaque", 30]
    ] as const) {
      const answer = await ask(sandbox, token)
      assert.deepStrictEqual([answer.status, answer.text], [401, `Error ${number}: Invalid token`])
      assert.match(answer.headers["content-type"] ?? "", /^text\/plain/)
    }
    assert.strictEqual((await ask(sandbox, jwt(sandbox, { iat: now - 300 }))).status, 200)
    assert.strictEqual((await ask(sandbox, jwt(sandbox, { sub: undefined }))).status, 200)
  })

  it("is judged as the switches say", async () => {
    const sandbox = await start({ x3: { audience: "unchecked", subject: "required", overlongToken: 51 } })
    const now = Math.floor(sandbox.clock.now() / 1000)
    assert.strictEqual((await ask(sandbox, jwt(sandbox, { aud: "" }))).status, 200)
    assert.strictEqual((await ask(sandbox, jwt(sandbox, { sub: undefined }))).text, "Error 42: Invalid token")
    assert.strictEqual((await ask(sandbox, jwt(sandbox, { exp: now + 601 }))).text, "Error 51: Invalid token")
    // A server whose clock lags sees the future.
    sandbox.x3.configure({ clockSkew: -60_000 })
    assert.strictEqual((await ask(sandbox, jwt(sandbox))).text, "Error 21: Invalid token")
  })

  it("is good on every port, and user and password on premise alone", async () => {
    const sandbox = await start()
    const { online, tls } = sandbox.urls["x3-graphql"]
    const { certificate } = sandbox.accounts["x3-web-services"]
    const body = { query: "{ __typename }" }
    const at = (aud: string) => ({ authorization: bearer(jwt(sandbox, { aud })) })
    assert.strictEqual((await graphql(sandbox, body, at(online), online)).status, 200)
    const login = { authorization: basic(sandbox.accounts["x3-graphql"].basic) }
    assert.strictEqual((await graphql(sandbox, body, login)).status, 200)
    assert.strictEqual((await graphql(sandbox, body, login, online)).status, 401)
    sandbox.x3.configure({ session: { auth: "bearer" } })
    assert.strictEqual((await graphql(sandbox, body, at(tls), tls, certificate)).status, 200)
    assert.strictEqual((await graphql(sandbox, body, login)).status, 401)
  })

  it("is of an app that can be registered and deleted", async () => {
    const sandbox = await start()
    const app = { clientId: "mine", clientSecret: "mine-Secret-1", url: "xtrem", tokensValidity: 60, user: "wsadmin" }
    const now = Math.floor(sandbox.clock.now() / 1000)
    const claims = { iss: "mine", sub: "wsadmin", aud: "xtrem", iat: now - 10, exp: now + 50 }
    const token = jwt(sandbox, claims, { secret: app.clientSecret })
    assert.strictEqual((await ask(sandbox, token)).text, "Error 41: Invalid token")
    sandbox.x3.addConnectedApp(app)
    assert.strictEqual((await ask(sandbox, token)).status, 200)
    sandbox.x3.addUser({ login: "wsadmin", active: false })
    assert.strictEqual((await ask(sandbox, token)).text, "Error 42: Invalid token")
    sandbox.x3.removeConnectedApp("mine")
    assert.strictEqual((await ask(sandbox, token)).text, "Error 41: Invalid token")
  })
})
