/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { createSageAuth, x3 } from "@sage-auth/core"
import { OAuth2, SageAuth, X3GraphQL } from "@sage-auth/core/effect"
import type {
  AcquireReasons,
  BudgetExhausted,
  ClientOf,
  FunctionFailed,
  GraphQLAnswer,
  Interactive,
  Misconfigured,
  PairingPending,
  PermissionDenied,
  RequestRejected,
  SageAuthError,
  X3GatewayClient,
  X3GraphQLClient
} from "@sage-auth/core"
import { Effect, Schedule, type Scope } from "effect"
import { describe, expect, test } from "tstyche"

const app = { clientId: "id", clientSecret: "s3cret", user: "integration" }
const url = "https://x3.acme.example:8124/xtrem/api"
const login = x3.basic({ user: "u", password: "p" })
const application = { clientId: "id", clientSecret: "s3cret", redirectUri: "https://app.example/callback/gateway" }
const rootUrl = "https://api.myregion-sagex3.com/v1"
const region = { ...application, rootUrl, customer: "https://x3.customer.com", scope: "api.graphQL businessDomain.ALL" }
const graph = x3.graphql({ url, endpoint: "REPOSX3", app })
const gateway = x3.gateway(region)
const connections = { graph, gateway }

type Graph = AcquireReasons["x3-graphql"]
type Gateway = AcquireReasons["x3-gateway"]

describe("x3.graphql", () => {
  test("takes every option as undefined, and functions where customers differ", () => {
    expect(x3.graphql).type.toBeCallableWith({
      url,
      endpoint: "SEED",
      app,
      auth: undefined,
      audience: undefined,
      tokensValidity: undefined,
      backdate: undefined,
      deployment: undefined,
      allowPlainHttp: undefined,
      ca: undefined,
      deadline: undefined,
      environment: undefined,
      urls: undefined
    })
    expect(x3.graphql).type.toBeCallableWith({
      url: (tenant: string) => `https://${tenant}.example/xtrem/api`,
      endpoint: async () => "SEED",
      app: async () => app,
      audience: () => ""
    })
    expect(x3.graphql).type.toBeCallableWith({
      url,
      endpoint: "SEED",
      app,
      audience: "",
      tokensValidity: 600,
      backdate: "1 minute"
    })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED" })
    expect(x3.graphql).type.not.toBeCallableWith({ url, app })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", app: { clientId: "id" } })
  })

  test("takes user and password on premise only, and nothing that only tokens have beside them", () => {
    const deployment = "on-premise"
    expect(x3.graphql).type.toBeCallableWith({ url, endpoint: "SEED", deployment, auth: login })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", auth: login })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", deployment, auth: login, app })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", deployment, auth: login, audience: "" })
    expect(x3.graphql).type.not.toBeCallableWith({
      url,
      endpoint: "SEED",
      deployment,
      auth: x3.bearer(() => "token")
    })
  })

  test("speaks plain http on a trusted network on premise only", () => {
    const allowPlainHttp = "trusted-network"
    expect(x3.graphql).type.toBeCallableWith({ url, endpoint: "SEED", app, deployment: "on-premise", allowPlainHttp })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", app, allowPlainHttp })
  })

  test("sends its credentials elsewhere in the sandbox environment only", () => {
    const urls = { api: "http://127.0.0.1:7300/xtrem/api" }
    expect(x3.graphql).type.toBeCallableWith({ url, endpoint: "SEED", app, environment: "sandbox", urls })
    expect(x3.graphql).type.not.toBeCallableWith({ url, endpoint: "SEED", app, urls })
  })

  test("has a client that queries, with what that can fail with", () => {
    expect<ClientOf<typeof graph>>().type.toBe<X3GraphQLClient>()
    const sage = createSageAuth({ connections })
    expect(sage.client("graph").query<{ a: number }>("{ a }")).type.toBe<Promise<GraphQLAnswer<{ a: number }>>>()
    expect(sage.client("graph").query("{ a }", { b: 1 }, { deadline: "5 seconds" })).type.toBe<
      Promise<GraphQLAnswer<unknown>>
    >()
    expect(sage.client("graph")).type.not.toHaveProperty("authorize")
    const program = Effect.gen(function* () {
      const made = yield* SageAuth.make({ connections })
      return yield* made.client("graph").query<string>("{ a }")
    })
    expect(program).type.toBeAssignableTo<
      Effect.Effect<
        GraphQLAnswer<string>,
        SageAuthError<Graph | BudgetExhausted | PermissionDenied | RequestRejected | FunctionFailed | Misconfigured>,
        Scope.Scope
      >
    >()
  })
})

describe("x3.gateway", () => {
  test("takes every option as undefined, and functions where customers differ", () => {
    expect(x3.gateway).type.toBeCallableWith({
      ...region,
      regions: undefined,
      pairing: undefined,
      pkce: undefined,
      deletion: undefined,
      inDoubt: undefined,
      maxTokenAge: undefined,
      ca: undefined,
      deadline: undefined,
      environment: undefined,
      urls: undefined
    })
    expect(x3.gateway).type.toBeCallableWith({
      ...region,
      clientId: (tenant: string) => tenant,
      clientSecret: async () => "s3cret",
      customer: async (tenant: string) => `https://${tenant}.example`,
      regions: ["https://api.other-sagex3.com/v1"],
      pairing: { schedule: Schedule.spaced("1 minute"), callbackWithin: "2 days" },
      deletion: { method: "DELETE", path: "token" }
    })
    const { scope: _, ...unscoped } = region
    expect(x3.gateway).type.not.toBeCallableWith(unscoped)
    expect(x3.gateway).type.not.toBeCallableWith({ ...region, redirectUri: () => application.redirectUri })
    expect(x3.gateway).type.not.toBeCallableWith({ ...region, rootUrl: () => rootUrl })
  })

  test("sends its credentials elsewhere in the sandbox environment only", () => {
    const urls = { root: "http://127.0.0.1:7300/x3-gateway/v1" }
    expect(x3.gateway).type.toBeCallableWith({ ...region, environment: "sandbox", urls })
    expect(x3.gateway).type.not.toBeCallableWith({ ...region, urls })
  })

  test("has a client that a human consents for, and that lists folders", () => {
    expect<ClientOf<typeof gateway>>().type.toBe<X3GatewayClient>()
    expect<X3GatewayClient>().type.toBeAssignableTo<Interactive>()
    const sage = createSageAuth({ connections })
    expect(sage.client("gateway").folders()).type.toBe<Promise<ReadonlyArray<string>>>()
    expect<ReturnType<X3GatewayClient<"effect">["folders"]>>().type.toBe<
      Effect.Effect<
        ReadonlyArray<string>,
        SageAuthError<Gateway | BudgetExhausted | Misconfigured | PermissionDenied | RequestRejected>
      >
    >()
  })

  test("waits for a pairing, and has a callback without a cookie", () => {
    expect<Extract<Gateway, { readonly _tag: "PairingPending" }>>().type.not.toBe<never>()
    const sage = createSageAuth({ connections })
    expect(sage.completeAuthorization).type.toBeCallableWith({ url: "/callback/gateway", body: "state=1" })
    expect(sage.completeAuthorization).type.toBeCallableWith({ url: "/callback/books?code=1", cookie: "sealed" })
  })
})

describe("the flows alone", () => {
  test("mint a token of a connected application, with the options of x3.graphql", () => {
    expect(X3GraphQL.mintToken({ url, endpoint: "SEED", app })).type.toBe<
      Effect.Effect<X3GraphQL.MintedToken, SageAuthError<Misconfigured>>
    >()
    expect(X3GraphQL.mintToken).type.toBeCallableWith({
      url,
      endpoint: "SEED",
      app,
      audience: "",
      backdate: "1 second"
    })
    expect(X3GraphQL.mintToken).type.not.toBeCallableWith({ url, endpoint: "SEED" })
    expect(X3GraphQL.mintToken).type.not.toBeCallableWith({
      url,
      endpoint: "SEED",
      auth: login,
      deployment: "on-premise"
    })
  })

  test("pair with the options of x3.gateway", () => {
    const flow = { surface: "x3-gateway", ...region } as const
    expect(OAuth2.authorize(flow)).type.toBe<Effect.Effect<OAuth2.Authorization, SageAuthError<OAuth2.FlowReasons>>>()
    expect(OAuth2.exchangeCode({ ...flow, code: "c", verifier: "v", endpoint: undefined })).type.toBe<
      Effect.Effect<OAuth2.TokenResponse, SageAuthError<OAuth2.FlowReasons | PairingPending>>
    >()
    expect(OAuth2.refresh).type.toBeCallableWith({ ...flow, refreshToken: "r", endpoint: rootUrl })
    expect(OAuth2.revoke).type.toBeCallableWith({ ...flow, refreshToken: "r", deletion: undefined })
    expect(OAuth2.authorize).type.not.toBeCallableWith({ surface: "x3-gateway", ...application, rootUrl })
  })
})
