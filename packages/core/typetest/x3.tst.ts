/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { createSageAuth, x3 } from "@sage-auth/core"
import { OAuth2, SageAuth } from "@sage-auth/core/effect"
import type {
  AcquireReasons,
  BudgetExhausted,
  ClientOf,
  ClientTls,
  FunctionFailed,
  Interactive,
  Misconfigured,
  PermissionDenied,
  RequestRejected,
  SageAuthError,
  SoapResult,
  WithTls,
  X3GatewayClient,
  X3GraphQLClient,
  X3WebServicesClient
} from "@sage-auth/core"
import { Effect } from "effect"
import { describe, expect, test } from "tstyche"

const baseUrl = "https://x3.acme.example:8124"
const client = { clientId: "id", clientSecret: "s3cret" }
const tokenUrl = "https://login.acme.example/token"
const authorizeUrl = "https://login.acme.example/authorize"
const redirectUri = "https://app.example/callback/erp"
const basic = x3.basic({ user: "u", password: "p" })
const certificate = x3.certificate({ pfx: new Uint8Array(), passphrase: "p" })
const oauth2 = x3.oauth2({ authorizeUrl, tokenUrl, ...client, redirectUri, scope: "openid" })
const clientCredentials = x3.clientCredentials({ tokenUrl, ...client })
const bearer = x3.bearer((tenant) => tenant)

const connections = {
  erp: x3.onPremise({ baseUrl, auth: basic }),
  erpTls: x3.onPremise({ baseUrl, auth: certificate }),
  erpSso: x3.onPremise({ baseUrl, auth: oauth2 }),
  erpCloud: x3.online({ baseUrl, auth: oauth2 }),
  service: x3.online({ baseUrl, auth: clientCredentials }),
  supplied: x3.online({ baseUrl, auth: bearer })
}

type Acquire = AcquireReasons["x3-web-services"]

describe("x3.onPremise", () => {
  test("takes every credential, every option as undefined, and functions where customers differ", () => {
    for (const auth of [basic, certificate, oauth2, clientCredentials, bearer]) {
      expect(x3.onPremise).type.toBeCallableWith({ baseUrl, auth })
    }
    expect(x3.onPremise).type.toBeCallableWith({
      baseUrl: async (tenant: string) => `https://${tenant}.example`,
      auth: x3.basic((tenant) => ({ user: tenant, password: "p" })),
      allowPlainHttp: undefined,
      pools: undefined,
      permits: undefined,
      language: undefined,
      channelsBusy: undefined,
      inDoubt: undefined,
      maxTokenAge: undefined,
      ca: undefined,
      deadline: undefined,
      environment: undefined,
      urls: undefined
    })
    expect(x3.onPremise).type.toBeCallableWith({ baseUrl, auth: basic, allowPlainHttp: "trusted-network" })
    expect(x3.onPremise).type.not.toBeCallableWith({ baseUrl, auth: basic, allowPlainHttp: true })
    expect(x3.onPremise).type.not.toBeCallableWith({ baseUrl })
    expect(x3.onPremise).type.not.toBeCallableWith({ auth: basic })
    expect(x3.onPremise).type.not.toBeCallableWith({ baseUrl, auth: basic, passwort: "x" })
    expect(x3.onPremise).type.not.toBeCallableWith({ baseUrl, auth: { user: "u", password: "p" } })
  })

  test("leads elsewhere in the sandbox environment only", () => {
    const urls = { api: "http://127.0.0.1:1" }
    expect(x3.onPremise).type.toBeCallableWith({ baseUrl, auth: basic, environment: "sandbox", urls })
    expect(x3.onPremise).type.not.toBeCallableWith({ baseUrl, auth: basic, urls })
  })
})

describe("x3.online", () => {
  test("takes OAuth2 and nothing else", () => {
    for (const auth of [oauth2, clientCredentials, bearer]) {
      expect(x3.online).type.toBeCallableWith({ baseUrl, auth })
    }
    expect(x3.online).type.not.toBeCallableWith({ baseUrl, auth: basic })
    expect(x3.online).type.not.toBeCallableWith({ baseUrl, auth: certificate })
    expect(x3.online).type.not.toBeCallableWith({ baseUrl, auth: bearer, allowPlainHttp: "trusted-network" })
  })
})

describe("the credentials", () => {
  test("need their parts", () => {
    expect(x3.basic).type.not.toBeCallableWith({ user: "u" })
    expect(x3.basic).type.not.toBeCallableWith(() => ({ user: "u" }))
    expect(x3.oauth2).type.toBeCallableWith({ authorizeUrl, tokenUrl, clientId: "id", redirectUri })
    expect(x3.oauth2).type.not.toBeCallableWith({ authorizeUrl, tokenUrl, ...client })
    expect(x3.clientCredentials).type.not.toBeCallableWith({ tokenUrl, clientId: "id" })
    expect(x3.clientCredentials).type.not.toBeCallableWith({ tokenUrl, ...client, redirectUri })
    expect(x3.certificate).type.toBeCallableWith({ cert: "c", key: new URL("file:///k"), passphrase: undefined })
    expect(x3.certificate).type.not.toBeCallableWith({ cert: "c" })
    expect(x3.bearer).type.toBeCallableWith(async () => ({ token: "t", expiresAt: new Date(0) }))
    expect(x3.bearer).type.not.toBeCallableWith("token")
    expect(x3.bearer).type.not.toBeCallableWith(() => ({ expiresAt: new Date(0) }))
  })
})

describe("the promise clients", () => {
  const sage = createSageAuth({ connections })

  test("follow the credential", () => {
    expect(sage.client("erp")).type.toBe<X3WebServicesClient>()
    expect(sage.client("erpTls")).type.toBe<X3WebServicesClient & WithTls>()
    expect(sage.client("erpSso")).type.toBe<X3WebServicesClient & Interactive>()
    expect(sage.client("erpCloud")).type.toBe<X3WebServicesClient & Interactive>()
    expect(sage.client("service")).type.toBe<X3WebServicesClient>()
    expect(sage.client("supplied")).type.toBe<X3WebServicesClient>()
    for (const name of ["erp", "erpTls", "service", "supplied"] as const) {
      expect(sage.client(name)).type.not.toHaveProperty("authorize")
    }
    for (const name of ["erp", "erpSso", "service", "supplied"] as const) {
      expect(sage.client(name)).type.not.toHaveProperty("tls")
    }
    expect(sage.client("erpTls").tls()).type.toBe<Promise<ClientTls>>()
  })

  test("call SOAP with what an operation takes", () => {
    const { soap } = sage.client("erp")
    expect(soap).type.toBeCallableWith({ pool: "AWS", operation: "run" })
    expect(soap).type.toBeCallableWith({ pool: "AWS", operation: "run", publicName: "X", parameters: { GRP1: {} } })
    expect(soap).type.toBeCallableWith({ pool: "AWS", operation: "run", publicName: "X", xml: "<PARAM/>" })
    expect(soap).type.not.toBeCallableWith({ pool: "AWS", operation: "run", xml: "<PARAM/>", parameters: {} })
    expect(soap).type.toBeCallableWith({ pool: "AWS", operation: "read", publicName: "X", objectKeys: { A: 1 } })
    expect(soap).type.not.toBeCallableWith({ pool: "AWS", operation: "read", publicName: "X" })
    expect(soap).type.not.toBeCallableWith({ pool: "AWS", operation: "read", objectKeys: { A: 1 } })
    expect(soap).type.not.toBeCallableWith({ operation: "run", publicName: "X" })
    expect(soap).type.not.toBeCallableWith({ pool: "AWS", operation: "getDescription", publicName: "X", listSize: 1 })
    expect(soap).type.toBeCallableWith({ pool: "AWS", operation: "newer", arguments: { a: "b" } })
    expect(soap).type.not.toBeCallableWith({ pool: "AWS", operation: "newer", objectKeys: {} })
    expect(soap({ pool: "AWS", operation: "run" })).type.toBe<Promise<SoapResult>>()
  })
})

describe("the effect clients", () => {
  test("have the same names, each with the reasons it can fail with and no requirement", () => {
    const erp = {} as ClientOf<typeof connections.erpSso, "effect">
    const tls = {} as ClientOf<typeof connections.erpTls, "effect">
    expect<keyof X3WebServicesClient<"effect">>().type.toBe<keyof X3WebServicesClient>()
    expect(erp.fetch("x")).type.toBe<
      Effect.Effect<
        Response,
        SageAuthError<Acquire | BudgetExhausted | Misconfigured | FunctionFailed | RequestRejected>
      >
    >()
    expect(erp.headers()).type.toBe<Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Acquire>>>()
    expect(erp.soap({ pool: "P", operation: "run" })).type.toBe<
      Effect.Effect<
        SoapResult,
        SageAuthError<Acquire | Misconfigured | PermissionDenied | RequestRejected | FunctionFailed>
      >
    >()
    expect(tls.tls()).type.toBe<Effect.Effect<ClientTls, SageAuthError<Acquire>>>()
  })

  test("come from the application's own service", () => {
    class Sage extends SageAuth.Service<Sage>()("app/Sage", { connections }) {}
    const program = Effect.gen(function* () {
      const sage = yield* Sage
      expect(sage.client("erp")).type.toBe<X3WebServicesClient<"effect">>()
      return yield* sage.client("erp").fetch("api1/x")
    })
    expect<Effect.Services<typeof program>>().type.toBe<Sage>()
  })
})

describe("the whole of x3", () => {
  test("compiles as it is written in the design", () => {
    const app = { clientId: "c", clientSecret: "s", user: "u" }
    const graph = x3.graphql({ url: "https://x3.acme.example:8124/xtrem/api", endpoint: "REPOSX3", app })
    const gateway = x3.gateway({
      rootUrl: "https://api.eu-sagex3.com/v1",
      ...client,
      redirectUri,
      customer: "https://x3.customer.example",
      scope: "api.graphQL"
    })
    const sage = createSageAuth({ connections: { ...connections, graph, gateway } })
    expect(sage.client("graph")).type.toBe<X3GraphQLClient>()
    expect(sage.client("gateway")).type.toBe<X3GatewayClient>()
    expect(sage.client("gateway")).type.toBeAssignableTo<Interactive>()
    expect(x3.graphql).type.toBeCallableWith({ url: "", endpoint: "", deployment: "on-premise", auth: basic })
    expect(x3.graphql).type.not.toBeCallableWith({ url: "", endpoint: "", auth: basic })
    expect(x3.lintNodelocal).type.toBeCallableWith("exports.config = {}")
  })
})

describe("OAuth2's flows", () => {
  test("take the options of x3.oauth2", () => {
    const flow = { surface: "x3-web-services", authorizeUrl, tokenUrl, ...client, redirectUri } as const
    expect(OAuth2.authorize).type.toBeCallableWith({ ...flow, environment: undefined, ca: undefined })
    expect(OAuth2.exchangeCode).type.toBeCallableWith({ ...flow, code: "c", verifier: "v" })
    expect(OAuth2.refresh).type.toBeCallableWith({ ...flow, refreshToken: "r" })
    expect(OAuth2.revoke).type.toBeCallableWith({ ...flow, revokeUrl: "https://x", refreshToken: "r" })
    expect(OAuth2.authorize).type.not.toBeCallableWith({ surface: "x3-web-services", ...client, redirectUri })
  })
})
