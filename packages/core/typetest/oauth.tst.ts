/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { businessCloud, createSageAuth, intacctRest, intacctXml } from "@sage-auth/core"
import { OAuth2, SageAuth } from "@sage-auth/core/effect"
import type {
  AcquireReasons,
  BudgetExhausted,
  Business,
  BusinessCloudClient,
  BusinessCloudOptions,
  ClientOf,
  CompletedAuthorization,
  Interactive,
  IntacctRestClient,
  MeterReading,
  Misconfigured,
  PermissionDenied,
  RequestRejected,
  RestSession,
  SageAuthError,
  StoreUnavailable
} from "@sage-auth/core"
import { Effect } from "effect"
import { describe, expect, test } from "tstyche"

const client = { clientId: "id", clientSecret: "s3cret" }
const redirectUri = "https://app.example/callback"
const ledger = intacctXml({
  sender: { id: "s", password: "p" },
  login: { companyId: "c", userId: "u", password: "p" }
})
const vendors = intacctRest.clientCredentials({ ...client, username: "user@acme" })
const bridge = intacctRest.clientCredentials({ ...client, session: "ledger" })
const payables = intacctRest.authorizationCode({ ...client, redirectUri })
const books = businessCloud({ ...client, redirectUri })
const connections = { ledger, vendors, bridge, payables, books }

type Rest = AcquireReasons["intacct-rest"]
type Books = AcquireReasons["business-cloud"]

describe("businessCloud", () => {
  test("takes every option as undefined, and functions where customers differ", () => {
    expect(businessCloud).type.toBeCallableWith({
      ...client,
      redirectUri,
      country: undefined,
      locale: undefined,
      scope: undefined,
      business: undefined,
      subscriptionId: undefined,
      resourceOwnerId: undefined,
      inDoubt: undefined,
      maxTokenAge: undefined,
      api: undefined,
      ca: undefined,
      deadline: undefined,
      environment: undefined,
      urls: undefined
    })
    expect(businessCloud).type.toBeCallableWith({
      clientId: (tenant: string) => tenant,
      clientSecret: async () => "s3cret",
      redirectUri,
      country: () => "gb",
      business: () => "b"
    })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri: () => redirectUri })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri, scope: "everything" })
    expect(businessCloud).type.not.toBeCallableWith({ ...client })
    expect(businessCloud).type.not.toBeCallableWith({ clientId: "id", redirectUri })
  })

  test("needs both ids in the edition before v3.1, and neither since", () => {
    expect(businessCloud).type.toBeCallableWith({ ...client, redirectUri, api: "v3.1", subscriptionId: "s" })
    expect(businessCloud).type.toBeCallableWith({
      ...client,
      redirectUri,
      country: "gb",
      api: "v3",
      subscriptionId: "s",
      resourceOwnerId: "r"
    })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri, api: "v3" })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri, api: "v3", subscriptionId: "s" })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri, api: "v3", resourceOwnerId: "r" })
  })

  test("has no client credentials", () => {
    expect(businessCloud).type.not.toHaveProperty("clientCredentials")
  })

  test("sends its credentials elsewhere in the sandbox environment only", () => {
    const urls = { token: "http://127.0.0.1:7300/token" }
    expect(businessCloud).type.toBeCallableWith({ ...client, redirectUri, environment: "sandbox", urls })
    expect(businessCloud).type.not.toBeCallableWith({ ...client, redirectUri, urls })
    expect<
      typeof client & { redirectUri: string; urls: typeof urls }
    >().type.not.toBeAssignableTo<BusinessCloudOptions>()
  })
})

describe("intacctRest", () => {
  test("acts for exactly one of a user, a session and a connection", () => {
    const { clientCredentials } = intacctRest
    expect(clientCredentials).type.toBeCallableWith({ ...client, username: (tenant: string) => `${tenant}@acme` })
    expect(clientCredentials).type.toBeCallableWith({ ...client, sessionId: async () => "id" })
    expect(clientCredentials).type.toBeCallableWith({ ...client, session: "ledger", username: undefined })
    expect(clientCredentials).type.not.toBeCallableWith({ ...client })
    expect(clientCredentials).type.not.toBeCallableWith({ ...client, username: "u@c", session: "ledger" })
    expect(clientCredentials).type.not.toBeCallableWith({ ...client, username: "u@c", sessionId: "x" })
    expect(clientCredentials).type.not.toBeCallableWith({ ...client, session: () => "ledger" })
    expect(clientCredentials).type.not.toBeCallableWith({ clientId: "id", username: "u@c" })
    expect(clientCredentials).type.not.toBeCallableWith({ ...client, username: "u@c", redirectUri })
  })

  test("needs no secret for a human's consent, and nobody to act for", () => {
    const { authorizationCode } = intacctRest
    expect(authorizationCode).type.toBeCallableWith({ clientId: "id", redirectUri })
    expect(authorizationCode).type.not.toBeCallableWith({ clientId: "id" })
    expect(authorizationCode).type.not.toBeCallableWith({ ...client, redirectUri, username: "u@c" })
  })

  test("knows neither sender nor login", () => {
    const sender = { id: "s", password: "p" }
    expect(intacctRest.clientCredentials).type.not.toBeCallableWith({ ...client, username: "u@c", sender })
    expect(intacctRest.authorizationCode).type.not.toBeCallableWith({ ...client, redirectUri, sender })
  })

  test("borrows the session of a connection that is there", () => {
    expect(createSageAuth).type.toBeCallableWith({ connections })
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { bridge } })
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { ledger: vendors, bridge } })
  })
})

describe("the promise clients", () => {
  const sage = createSageAuth({ connections })

  test("follow their builders", () => {
    expect(sage.client("vendors")).type.toBe<IntacctRestClient>()
    expect(sage.client("bridge")).type.toBe<IntacctRestClient>()
    expect(sage.client("payables")).type.toBe<IntacctRestClient & Interactive>()
    expect(sage.client("books")).type.toBe<BusinessCloudClient>()
    expect(sage.client("vendors")).type.not.toHaveProperty("authorize")
    expect(sage.client("vendors")).type.not.toHaveProperty("execute")
    expect(sage.client("books")).type.not.toHaveProperty("session")
    expect(sage.client("books")).type.not.toHaveProperty("entity")
    expect(sage.client("vendors")).type.not.toHaveProperty("businesses")
  })

  test("fetch, give headers, run, and work elsewhere", () => {
    const rest = sage.client("vendors")
    expect(rest.fetch("objects/x", { method: "POST", body: "{}", deadline: "5 seconds", signal: null })).type.toBe<
      Promise<Response>
    >()
    expect(rest.fetch).type.not.toBeCallableWith(new URL("https://api.intacct.com"))
    expect(rest.headers()).type.toBe<Promise<Readonly<Record<string, string>>>>()
    expect(rest.run(async ({ headers, signal }) => [headers, signal] as const)).type.toBe<
      Promise<readonly [Readonly<Record<string, string>>, AbortSignal]>
    >()
    expect(rest.entity("E2")).type.toBe<IntacctRestClient>()
    expect(rest.entity("E2", { token: true })).type.toBe<IntacctRestClient>()
    expect(rest.entity).type.not.toBeCallableWith(null)
    expect(rest.session()).type.toBe<Promise<RestSession>>()
    expect(rest.meter({ used: 5 })).type.toBe<Promise<MeterReading>>()
    expect(sage.client("payables").entity("E2").authorize).type.toBeCallableWith({ returnTo: "/" })
    expect(sage.client("books").business("b")).type.toBe<BusinessCloudClient>()
    expect(sage.client("books").businesses()).type.toBe<Promise<ReadonlyArray<Business>>>()
  })

  test("send a human to consent, and take the callback", () => {
    expect(sage.client("books").authorize({ returnTo: "/" })).type.toBe<
      Promise<{ readonly url: string; readonly cookie: string }>
    >()
    expect(sage.client("books").authorize).type.not.toBeCallableWith({})
    const completed = sage.completeAuthorization({ url: "/callback", cookie: "c", tenant: undefined })
    expect(completed).type.toBeAssignableTo<Promise<CompletedAuthorization>>()
    expect<Awaited<typeof completed>["connection"]>().type.toBe<keyof typeof connections>()
    // the callback of X3's gateway is posted, and brings no cookie
    expect(sage.completeAuthorization).type.toBeCallableWith({ url: "/callback", body: "state=s" })
    expect(sage.completeAuthorization).type.not.toBeCallableWith({ cookie: "c" })
  })
})

describe("the effect clients", () => {
  const rest = {} as ClientOf<typeof payables, "effect">
  const cloud = {} as ClientOf<typeof books, "effect">

  test("have the same names, each with the reasons it can fail with and no requirement", () => {
    expect<keyof IntacctRestClient<"effect">>().type.toBe<keyof IntacctRestClient>()
    expect<keyof BusinessCloudClient<"effect">>().type.toBe<keyof BusinessCloudClient>()
    expect(rest.fetch("x")).type.toBe<
      Effect.Effect<Response, SageAuthError<Rest | BudgetExhausted | Misconfigured | RequestRejected>>
    >()
    expect(rest.headers()).type.toBe<Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Rest>>>()
    expect(rest.session()).type.toBe<
      Effect.Effect<RestSession, SageAuthError<Rest | BudgetExhausted | Misconfigured>>
    >()
    expect(rest.authorize({ returnTo: "/" })).type.toBe<
      Effect.Effect<{ readonly url: string; readonly cookie: string }, SageAuthError<StoreUnavailable | Misconfigured>>
    >()
    expect(cloud.businesses()).type.toBe<
      Effect.Effect<
        ReadonlyArray<Business>,
        SageAuthError<Books | BudgetExhausted | Misconfigured | PermissionDenied | RequestRejected>
      >
    >()
  })

  test("keep what runs inside of them", () => {
    const ran = cloud.run(({ headers }) => (headers["x"] === "" ? Effect.fail("mine" as const) : Effect.succeed(1)))
    expect<Effect.Success<typeof ran>>().type.toBe<number>()
    expect<Effect.Error<typeof ran>>().type.toBe<"mine" | SageAuthError<Books | BudgetExhausted>>()
  })

  test("come from the application's own service", () => {
    class Sage extends SageAuth.Service<Sage>()("app/Sage", { connections }) {}
    const program = Effect.gen(function* () {
      const sage = yield* Sage
      expect(sage.client("vendors")).type.toBe<IntacctRestClient<"effect">>()
      expect(sage.client("books")).type.toBe<BusinessCloudClient<"effect">>()
      return yield* sage.client("books").businesses()
    })
    expect<Effect.Services<typeof program>>().type.toBe<Sage>()
  })
})

describe("client credentials alone", () => {
  test("take the options of both builders, and no other connection", () => {
    const rest = { surface: "intacct-rest", ...client } as const
    expect(OAuth2.clientCredentials).type.toBeCallableWith({ ...rest, username: "u@c", environment: undefined })
    expect(OAuth2.clientCredentials).type.toBeCallableWith({ ...rest, sessionId: "s", tokenBody: "json", fetch })
    expect(OAuth2.clientCredentials).type.not.toBeCallableWith({ ...rest, session: "ledger" })
    expect(OAuth2.clientCredentials).type.not.toBeCallableWith(rest)
    const x3 = { surface: "x3-web-services", ...client, tokenUrl: "https://idp.example/token" } as const
    expect(OAuth2.clientCredentials).type.toBeCallableWith({ ...x3, parameters: { audience: "x3" }, ca: undefined })
    expect(OAuth2.clientCredentials).type.not.toBeCallableWith({ ...x3, redirectUri })
    expect(OAuth2.clientCredentials).type.not.toBeCallableWith({ ...x3, surface: "business-cloud" })
  })

  test("fail with typed errors and need nothing", () => {
    expect(OAuth2.clientCredentials({ surface: "intacct-rest", ...client, username: "u@c" })).type.toBe<
      Effect.Effect<OAuth2.TokenResponse, SageAuthError<OAuth2.FlowReasons>>
    >()
  })
})
