import { createSageAuth, type Settings, x3, type X3GraphQLClient, type X3GraphQLOptions } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf, kindOf } from "../../src/failureOf.ts"
import { type RecordingFetch, recordingFetch } from "../../src/oauth/recordingFetch.ts"
import { type EventLog, fastRetry, logEvents, openSandbox } from "../../src/world.ts"

type X3 = NonNullable<NonNullable<Parameters<typeof openSandbox>[0]>["x3"]>

interface World {
  readonly sandbox: Sandbox<"manual">
  readonly graph: X3GraphQLClient
  readonly wire: RecordingFetch
  readonly events: EventLog
}

type Differs = Partial<Record<keyof X3GraphQLOptions, unknown>>

const open = async (
  differs: Differs | ((sandbox: Sandbox<"manual">) => Differs) = {},
  server?: X3,
  settings?: Settings
): Promise<World> => {
  const sandbox = await openSandbox({ x3: server })
  const { app, endpoint } = sandbox.accounts["x3-graphql"]
  const options = {
    url: sandbox.urls["x3-graphql"].api,
    endpoint,
    app,
    environment: "sandbox",
    ...(typeof differs === "function" ? differs(sandbox) : differs)
  } as unknown as X3GraphQLOptions
  const wire = recordingFetch()
  const sage = createSageAuth({
    connections: { graph: x3.graphql(options) },
    clock: sandbox.clock,
    retry: fastRetry,
    fetch: wire.fetch,
    ...settings
  })
  onTestFinished(() => sage.close())
  return { sandbox, graph: sage.client("graph"), wire, events: logEvents(sage.events()) }
}

const customers = "{ x3MasterData { customer { query(first: 2) { edges { node { code creditLimit } } } } } }"

interface Customers {
  readonly x3MasterData: {
    readonly customer: {
      readonly query: {
        readonly edges: ReadonlyArray<{ readonly node: { readonly code: string; readonly creditLimit: unknown } }>
      }
    }
  }
}

const basicOf =
  (which: "basic" | "limited") =>
  (sandbox: Sandbox<"manual">): Differs => ({
    app: undefined,
    deployment: "on-premise",
    auth: x3.basic(sandbox.accounts["x3-graphql"][which])
  })

describe("a connected app", () => {
  it("reads what its user may read", async () => {
    const { graph, wire } = await open()
    const { data, errors } = await graph.query<Customers>(customers)
    assert.deepStrictEqual(errors, [])
    const { edges } = data.x3MasterData.customer.query
    assert.strictEqual(edges.length, 2)
    assert.isTrue(edges.every(({ node }) => node.code !== "" && node.creditLimit !== null))
    assert.strictEqual(wire.sent.at(-1)?.headers.get("x-xtrem-endpoint"), "REPOSX3")
  })

  it("goes on with a new token for as long as it is used", async () => {
    const { graph, sandbox, wire } = await open()
    for (let minutes = 0; minutes < 30; minutes += 2) {
      await graph.query("{ __typename }")
      await sandbox.clock.advance("2 minutes")
    }
    assert.isTrue(new Set(wire.sent.map(({ headers }) => headers.get("authorization"))).size >= 6)
  })

  it("works with the longest life that its record allows", async () => {
    const { graph, sandbox, wire } = await open({ tokensValidity: 600 })
    await graph.query("{ __typename }")
    await sandbox.clock.advance("7 minutes")
    await graph.query("{ __typename }")
    assert.strictEqual(new Set(wire.sent.map(({ headers }) => headers.get("authorization"))).size, 1)
  })

  it("works at a server whose clock lags by less than the margin, and not by more", async () => {
    const within = await open({}, { clockSkew: -25_000 })
    await within.graph.query("{ __typename }")
    const beyond = await open({}, { clockSkew: -40_000 })
    assert.strictEqual((await kindOf(beyond.graph.query("{ __typename }"))).id, "x3-graphql.error-21")
    const set = await open({ backdate: "1 minute" }, { clockSkew: -40_000 })
    await set.graph.query("{ __typename }")
  })

  it.each([
    ["a client id that nobody knows", { app: { clientId: "unknown" } }, "error-41", "app.clientId"],
    ["another user than the allowed one", { app: { user: "somebody" } }, "error-42", "app.user"],
    ["another address than the registered one", { audience: "https://x3.example/xtrem/api/" }, "error-45", "url"],
    ["an empty audience", { audience: "" }, "error-45", "url"],
    ["a wrong secret", { app: { clientSecret: "wrong" } }, "error-50", "app.clientSecret"]
  ])("is refused with %s, and told which field is wrong", async (_, given: Differs, id, field) => {
    const { app, ...rest } = given
    const { graph, wire } = await open((sandbox) => ({
      ...rest,
      app: { ...sandbox.accounts["x3-graphql"].app, ...(app as object | undefined) }
    }))
    const failure = await failureOf(graph.query("{ __typename }"))
    assert.strictEqual(failure.id, `x3-graphql.${id}`)
    assert.include(failure.remedy, `\`${field}\``)
    // one more with a new token
    assert.strictEqual(wire.sent.length, 2)
  })

  it("whose tokens live longer than its record allows is told to compare it", async () => {
    const { graph } = await open({ tokensValidity: "20 minutes" })
    const failure = await failureOf(graph.query("{ __typename }"))
    assert.strictEqual(failure.reason._tag, "CredentialRejected")
    assert.include(failure.remedy, "`tokensValidity`")
  })

  it("needs no user where its record has none", async () => {
    const { graph, wire } = await open((sandbox) => {
      const { clientId, clientSecret } = sandbox.accounts["x3-graphql"].app
      return { app: { clientId, clientSecret } }
    })
    await graph.query("{ __typename }")
    assert.strictEqual(wire.sent.length, 1)
  })

  it("is told apart from a document that does not fit, an endpoint that is none, and rights that are missing", async () => {
    const { graph } = await open()
    assert.deepStrictEqual(await kindOf(graph.query("{ nothing }")), {
      reason: "RequestRejected",
      id: "x3-graphql.document-rejected"
    })
    const elsewhere = await open({ endpoint: "NOWHERE" })
    const failure = await failureOf(elsewhere.graph.query("{ __typename }"))
    assert.strictEqual(failure.reason._tag, "RequestRejected")
    assert.include(failure.message, "NOWHERE")
  })

  it("trusts a private authority over https", async () => {
    const { graph } = await open((sandbox) => ({ url: sandbox.urls["x3-graphql"].online, ca: sandbox.ca }))
    assert.deepStrictEqual((await graph.query("{ __typename }")).errors, [])
    const strict = await open((sandbox) => ({ url: sandbox.urls["x3-graphql"].online }), undefined, {
      fetch: (input, init) => globalThis.fetch(input, init)
    })
    assert.deepStrictEqual(await kindOf(strict.graph.query("{ __typename }")), {
      reason: "ServiceUnavailable",
      id: "client.certificate-not-trusted"
    })
  })
})

describe("user and password", () => {
  it("work on premise", async () => {
    const { graph } = await open(basicOf("basic"))
    assert.deepStrictEqual(await graph.query("{ __typename }"), { data: { __typename: "Query" }, errors: [] })
  })

  it("of a user without all rights bring what there is, and say what is missing", async () => {
    const { graph } = await open(basicOf("limited"))
    const { data, errors } = await graph.query<Customers>(customers)
    const { edges } = data.x3MasterData.customer.query
    assert.isTrue(edges.every(({ node }) => node.code !== "" && node.creditLimit === null))
    assert.strictEqual(errors.length, 2)
    assert.deepStrictEqual(errors[0]?.path, ["x3MasterData", "customer", "query", "edges", 0, "node", "creditLimit"])
  })

  it("that are wrong are sent once", async () => {
    const { events, graph, wire } = await open({
      app: undefined,
      deployment: "on-premise",
      auth: x3.basic({ user: "admin", password: "wrong" })
    })
    assert.strictEqual((await kindOf(graph.query("{ __typename }"))).id, "x3-graphql.basic-rejected")
    assert.strictEqual((await kindOf(graph.query("{ __typename }"))).id, "client.credential-blocked")
    assert.strictEqual(wire.sent.length, 1)
    assert.deepStrictEqual(
      (await events.of("credential-rejected")).map(({ what }) => what),
      ["login"]
    )
  })
})

describe("a server before 2021 R2", () => {
  it("is told by the release that is needed", async () => {
    const { graph } = await open({}, { xtremApi: false })
    const failure = await failureOf(graph.query("{ __typename }"))
    assert.strictEqual(failure.id, "x3-graphql.services-missing")
    assert.include(failure.message, "Sage X3 Services 2021 R2 or later")
    // whoever reads answers by themselves gets the answer
    const graph2 = await graph.fetch("", { method: "POST", body: "{}" })
    assert.strictEqual(graph2.status, 404)
  })
})
