/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { createSageAuth, intacctXml } from "@sage-auth/core"
import type {
  AnyConnection,
  ClientOf,
  Connection,
  IntacctXmlClient,
  IntacctXmlOptions,
  Linked,
  Sage,
  Secret,
  Clients
} from "@sage-auth/core"
import { describe, expect, test } from "tstyche"

const sender = { id: "acme-sender", password: "s3cret" }
const login = { companyId: "acme", userId: "xml_gateway", password: "s3cret" }
const ledger = intacctXml({ sender, login })

interface BridgeClient<W extends "promise" | "effect"> {
  readonly world: W
}
interface BridgeClients extends Clients {
  readonly client: BridgeClient<this["world"]>
}
type Bridge<Ref extends string> = Connection<"intacct-rest", BridgeClients, Ref>
declare const bridge: Bridge<"ledger">
declare const bridgeToNothing: Bridge<"nope">
declare const bridgeToAny: Bridge<string>

describe("intacctXml", () => {
  test("takes every option as undefined, and secrets, functions and asynchronous functions where they may differ", () => {
    expect(intacctXml).type.toBeCallableWith({
      sender: { ...sender, licenseExpires: undefined },
      login: { ...login, entityId: undefined, clientId: undefined },
      authentication: undefined,
      entities: undefined,
      keepSessionAlive: undefined,
      tier: undefined,
      permits: undefined,
      meter: {
        allowance: undefined,
        budget: undefined,
        policy: undefined,
        thresholds: undefined,
        countLogins: undefined
      },
      ca: undefined,
      deadline: undefined,
      endpoint: undefined,
      environment: undefined,
      urls: undefined
    })
    expect(intacctXml).type.toBeCallableWith({ sender, login: (tenant: string) => ({ ...login, companyId: tenant }) })
    expect(intacctXml).type.toBeCallableWith({ sender: () => Promise.resolve(sender), login: async () => login })
    expect(sender.password).type.toBeAssignableTo<Secret>()
  })

  test("needs a sender and a login, each with all its parts", () => {
    expect(intacctXml).type.not.toBeCallableWith({ sender })
    expect(intacctXml).type.not.toBeCallableWith({ login })
    expect(intacctXml).type.not.toBeCallableWith({ sender: { id: "a" }, login })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login: { companyId: "acme", userId: "u" } })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login: () => ({ companyId: "acme" }) })
  })

  test("knows no other option", () => {
    expect(intacctXml).type.not.toBeCallableWith({ sender, login, pasword: "x" })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login, authentication: "none" })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login, tier: 5 })
  })

  test("sends its credentials elsewhere in the sandbox environment only", () => {
    expect(intacctXml).type.toBeCallableWith({
      sender,
      login,
      environment: "sandbox",
      urls: { xml: "http://127.0.0.1:7300" }
    })
    expect(intacctXml).type.toBeCallableWith({ sender, login, environment: "production" })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login, urls: { xml: "http://127.0.0.1:7300" } })
    expect(intacctXml).type.not.toBeCallableWith({
      sender,
      login,
      environment: "production",
      urls: { xml: "http://x" }
    })
    expect(intacctXml).type.not.toBeCallableWith({ sender, login, environment: "sandbox", urls: { token: "http://x" } })
    expect<{
      sender: typeof sender
      login: typeof login
      urls: { xml: string }
    }>().type.not.toBeAssignableTo<IntacctXmlOptions>()
  })

  test("makes a connection of its own surface, whose clients are known", () => {
    expect(ledger.surface).type.toBe<"intacct-xml">()
    expect(ledger).type.toBeAssignableTo<AnyConnection>()
    expect(intacctXml.fromEnvironment()).type.toBe<typeof ledger>()
    expect<ClientOf<typeof ledger>>().type.toBe<IntacctXmlClient>()
    expect<ClientOf<typeof ledger, "effect">>().type.toBe<IntacctXmlClient<"effect">>()
  })
})

describe("Linked", () => {
  test("lets a connection borrow the session of an XML connection beside it", () => {
    expect<Linked<{ ledger: typeof ledger; bridge: Bridge<"ledger"> }>>().type.toBe<{
      readonly ledger: typeof ledger
      readonly bridge: Bridge<"ledger">
    }>()
    expect(createSageAuth).type.toBeCallableWith({ connections: { ledger, bridge } })
    const mine = { ledger, bridge }
    expect(createSageAuth).type.toBeCallableWith({ connections: mine })
    expect(createSageAuth).type.toBeCallableWith({ connections: { ...mine, more: ledger } })
  })

  test("says which connection is missing or has no session", () => {
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { ledger, bridge: bridgeToNothing } })
    expect<Linked<{ bridge: Bridge<"nope"> }>["bridge"]>().type.toBe<'session: "nope" names no connection'>()
    const other = { ledger: bridgeToAny, bridge }
    expect<Linked<typeof other>["bridge"]>().type.toBe<'session: "ledger" is not an intacct-xml connection'>()
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { bridge } })
  })

  test("leaves a name that is only known at run time to the check at start-up", () => {
    expect<Linked<{ bridge: Bridge<string> }>["bridge"]>().type.toBe<Bridge<string>>()
    expect(createSageAuth).type.toBeCallableWith({ connections: { ledger, bridge: bridgeToAny } })
  })
})

describe("createSageAuth", () => {
  const sage = createSageAuth({ connections: { ledger, other: ledger, bridge } })

  test("gives a client of its connection's own type, by the names there are", () => {
    expect(sage.client("ledger")).type.toBe<IntacctXmlClient>()
    expect(sage.client("ledger", { tenant: "acme" })).type.toBe<IntacctXmlClient>()
    // a tenant that was forgotten is not the default one
    expect(sage.client).type.not.toBeCallableWith("ledger", { tenant: undefined })
    expect(sage.client("bridge")).type.toBe<BridgeClient<"promise">>()
    expect(sage.client).type.not.toBeCallableWith("nope")
    expect(sage.client).type.not.toBeCallableWith("ledger", { tenant: 5 })
    expect(sage.client).type.not.toBeCallableWith()
  })

  test("gives what all of several connections have", () => {
    const name = "ledger" as "ledger" | "other"
    expect(sage.client(name)).type.toBe<IntacctXmlClient>()
    for (const key of Object.keys(sage.connections) as Array<keyof typeof sage.connections>) {
      expect(key).type.toBe<"ledger" | "other" | "bridge">()
      expect(sage.client(key)).type.toBe<IntacctXmlClient | BridgeClient<"promise">>()
    }
  })

  test("keeps the connections as they were given", () => {
    expect(sage.connections.ledger.surface).type.toBe<"intacct-xml">()
    expect(sage.connections.bridge.surface).type.toBe<"intacct-rest">()
    expect(sage.connections).type.not.toHaveProperty("nope")
  })

  test("takes what builders make and nothing else", () => {
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { ledger: { sender, login } } })
    expect(createSageAuth).type.not.toBeCallableWith({
      connections: { ledger: { surface: "intacct-xml", interactive: false } }
    })
    expect(createSageAuth).type.not.toBeCallableWith({})
    expect(createSageAuth).type.not.toBeCallableWith({ connections: { ledger }, deadlin: 5 })
  })

  test("takes settings, also as undefined", () => {
    expect(createSageAuth).type.toBeCallableWith({
      connections: { ledger },
      deadline: "10 seconds",
      shutdown: 5000,
      capacity: undefined,
      fetch: undefined,
      retry: undefined,
      clock: undefined
    })
    expect(createSageAuth).type.toBeCallableWith({
      connections: { ledger },
      fetch: globalThis.fetch,
      clock: { now: Date.now }
    })
  })

  test("works for connections that are only known at run time", () => {
    const dynamic: Record<string, AnyConnection> = { ledger }
    const any = createSageAuth({ connections: dynamic })
    const client: unknown = any.client("whatever")
    expect(client).type.toBe<unknown>()
    const conditional = createSageAuth({ connections: { ledger, ...(Math.random() > 0.5 ? { bridge } : {}) } })
    expect(conditional.client("ledger")).type.toBe<IntacctXmlClient>()
  })

  test("fits where any application is wanted, and where one with a certain connection is", () => {
    expect(sage).type.toBeAssignableTo<Sage<any>>()
    expect(sage).type.toBeAssignableTo<{ client(name: "ledger", options?: { tenant?: string }): IntacctXmlClient }>()
    expect(sage).type.not.toBeAssignableTo<{ client(name: "vendors"): IntacctXmlClient }>()
    expect(sage).type.toBeAssignableTo<AsyncDisposable>()
  })
})
