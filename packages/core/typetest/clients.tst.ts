/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { createSageAuth, intacctXml, isSageAuthError } from "@sage-auth/core"
import type {
  AcquireReasons,
  BudgetExhausted,
  EntityProbe,
  FunctionFailed,
  IntacctXmlClient,
  MeterReading,
  Misconfigured,
  PermissionDenied,
  ProtocolViolation,
  Reason,
  ReasonOf,
  ReauthorizationCause,
  RequestRejected,
  SageAuthError,
  SageEvent,
  SessionHandover,
  Status,
  StoreUnavailable,
  IntacctXmlListReasons,
  Page,
  XmlRecord,
  XmlResult
} from "@sage-auth/core"
import * as SageAuthModule from "@sage-auth/core/effect"
import { type Context, Effect, type Layer, ManagedRuntime, Stream } from "effect"
import { describe, expect, test } from "tstyche"
import * as v from "valibot"

const { SageAuth } = SageAuthModule
const sender = { id: "acme-sender", password: "s3cret" }
const login = { companyId: "acme", userId: "xml_gateway", password: "s3cret" }
const connections = { ledger: intacctXml({ sender, login }) }

interface Vendor {
  readonly NAME: string
}

const vendorSchema = v.object({ VENDORID: v.string(), TOTALDUE: v.pipe(v.string(), v.transform(Number)) })

describe("records typed by their caller", () => {
  const client = createSageAuth({ connections }).client("ledger")
  const result = {} as XmlResult

  test("are of the type that the caller names", () => {
    expect(result.data()).type.toBe<Promise<unknown>>()
    expect(result.data<Vendor>()).type.toBe<Promise<Vendor>>()
    expect(result.records<Vendor>()).type.toBe<Promise<ReadonlyArray<Vendor>>>()
    expect(client.records<Vendor>({ readByQuery: {} })).type.toBe<AsyncIterable<Vendor>>()
  })

  test("are what the schema of a library makes of them", () => {
    expect(result.data(vendorSchema)).type.toBe<Promise<{ VENDORID: string; TOTALDUE: number }>>()
    expect(result.records(vendorSchema)).type.toBe<Promise<ReadonlyArray<{ VENDORID: string; TOTALDUE: number }>>>()
    expect(client.records({ readByQuery: {} }, { schema: vendorSchema })).type.toBe<
      AsyncIterable<{ VENDORID: string; TOTALDUE: number }>
    >()
    expect(result.data).type.not.toBeCallableWith({ parse: () => 1 })
  })
})

type Acquire = AcquireReasons["intacct-xml"]
type Execute = Acquire | PermissionDenied | RequestRejected | FunctionFailed | BudgetExhausted

describe("the promise client of intacct-xml", () => {
  const sage = createSageAuth({ connections })
  const client = sage.client("ledger")

  test("executes functions, hands its session over, and works in other entities", () => {
    expect(client.execute([{ readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 100 } }])).type.toBe<
      Promise<ReadonlyArray<XmlResult>>
    >()
    expect(client.execute).type.toBeCallableWith(["<function/>"], {
      transaction: true,
      uniqueid: undefined,
      deadline: "5 seconds"
    })
    expect(client.execute).type.toBeCallableWith([], { signal: new AbortController().signal })
    expect(client.execute).type.not.toBeCallableWith({ readByQuery: {} })
    expect(client.execute).type.not.toBeCallableWith([], { transactions: true })
    expect(client.session()).type.toBe<Promise<SessionHandover>>()
    expect(client.records({ readByQuery: {} })).type.toBe<AsyncIterable<XmlRecord>>()
    expect(client.pages({ query: {} }, { pageSize: 2_000, onLostResult: "fail" })).type.toBe<
      AsyncIterable<Page<XmlRecord>>
    >()
    expect(client.records).type.not.toBeCallableWith("<readByQuery/>")
    expect(client.entity("E2")).type.toBe<IntacctXmlClient>()
    expect(client.entity(null)).type.toBe<IntacctXmlClient>()
    expect(client.entity).type.not.toBeCallableWith()
    expect(client.probeEntities()).type.toBe<Promise<ReadonlyArray<EntityProbe>>>()
    expect(client.refresh()).type.toBe<Promise<void>>()
    expect(client.meter()).type.toBe<Promise<MeterReading>>()
    expect(client.meter).type.toBeCallableWith({ used: 5 })
    expect(client.status()).type.toBe<Promise<Status>>()
    expect(client.disconnect()).type.toBe<Promise<{ readonly revoked: boolean }>>()
    expect(client.surface).type.toBe<"intacct-xml">()
  })

  test("has nothing that a credential in the body cannot do", () => {
    expect(client).type.not.toHaveProperty("fetch")
    expect(client).type.not.toHaveProperty("headers")
    expect(client).type.not.toHaveProperty("run")
    expect(client).type.not.toHaveProperty("authorize")
    expect(client).type.not.toHaveProperty("tls")
  })

  test("announces events by their type", () => {
    expect(sage.events()).type.toBe<AsyncIterableIterator<SageEvent>>()
    const event = {} as SageEvent
    if (event.type === "reauthorization-required") expect(event.cause).type.toBe<ReauthorizationCause>()
    if (event.type === "pool-saturated") expect(event).type.not.toHaveProperty("tenant")
  })
})

describe("the effect client of intacct-xml", () => {
  class Sage extends SageAuth.Service<Sage>()("app/Sage", { connections }) {}
  const client = {} as IntacctXmlClient<"effect">

  test("has the same names, each with the reasons it can fail with and no requirement", () => {
    expect<keyof IntacctXmlClient<"effect">>().type.toBe<keyof IntacctXmlClient>()
    expect(client.session()).type.toBe<Effect.Effect<SessionHandover, SageAuthError<Acquire>>>()
    expect(client.execute([])).type.toBe<Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<Execute>>>()
    expect(client.records({ readByQuery: {} })).type.toBe<
      Stream.Stream<XmlRecord, SageAuthError<IntacctXmlListReasons>>
    >()
    expect(client.probeEntities()).type.toBe<Effect.Effect<ReadonlyArray<EntityProbe>, SageAuthError<Execute>>>()
    expect(client.refresh()).type.toBe<Effect.Effect<void, SageAuthError<Acquire>>>()
    expect(client.meter()).type.toBe<Effect.Effect<MeterReading, SageAuthError<Acquire | Misconfigured>>>()
    expect(client.status()).type.toBe<Effect.Effect<Status, SageAuthError<StoreUnavailable | Misconfigured>>>()
    expect(client.disconnect()).type.toBe<
      Effect.Effect<{ readonly revoked: boolean }, SageAuthError<StoreUnavailable>>
    >()
    expect(client.entity("E2")).type.toBe<IntacctXmlClient<"effect">>()
    expect(client).type.not.toHaveProperty("fetch")
    expect(client).type.not.toHaveProperty("headers")
  })

  test("comes from the application's own service, by the names there are", () => {
    const program = Effect.gen(function* () {
      const sage = yield* Sage
      expect(sage.client("ledger", { tenant: "acme" })).type.toBe<IntacctXmlClient<"effect">>()
      expect(sage.client).type.not.toBeCallableWith("typo")
      expect(sage.events).type.toBe<Stream.Stream<SageEvent>>()
      yield* Stream.runForEach(sage.events, (event) => Effect.log(event.type))
      return yield* sage.client("ledger").session()
    })
    expect(program).type.toBe<Effect.Effect<SessionHandover, SageAuthError<Acquire>, Sage>>()
    expect(Sage.layer).type.toBe<Layer.Layer<Sage, SageAuthError<Misconfigured>>>()
    expect(program.pipe(Effect.provide(Sage.layer))).type.toBeAssignableTo<
      Effect.Effect<SessionHandover, SageAuthError>
    >()
    expect(ManagedRuntime.make(Sage.layer)).type.toBeAssignableTo<
      ManagedRuntime.ManagedRuntime<Sage, SageAuthError<Misconfigured>>
    >()
    expect(Sage).type.toBeAssignableTo<Context.Key<Sage, unknown>>()
  })

  test("can be opened in a scope without a service", () => {
    const opened = SageAuth.make({ connections })
    expect<Effect.Error<typeof opened>>().type.toBe<SageAuthError<Misconfigured>>()
    expect(Effect.map(opened, (sage) => sage.client("ledger"))).type.toBeAssignableTo<
      Effect.Effect<IntacctXmlClient<"effect">, SageAuthError<Misconfigured>, Effect.Services<typeof opened>>
    >()
  })

  test("lets one reason be handled, and no reason that cannot occur", () => {
    const handled = client.session().pipe(
      Effect.catchReason("SageAuthError", "LicenseExpired", (reason, error) => {
        expect(reason).type.toBe<ReasonOf<"LicenseExpired">>()
        expect(error.remedy).type.toBe<string>()
        return Effect.succeed("expired" as const)
      })
    )
    expect<Effect.Success<typeof handled>>().type.toBe<SessionHandover | "expired">()
    expect<Effect.Error<typeof handled>>().type.toBeAssignableTo<SageAuthError<Acquire>>()
    // @ts-expect-error Argument of type '"PairingPending"' is not assignable to parameter of type
    client.session().pipe(Effect.catchReason("SageAuthError", "PairingPending", () => Effect.void))
  })

  test("lets reasons become the errors", () => {
    const unwrapped = client.session().pipe(Effect.unwrapReason("SageAuthError"))
    expect<Effect.Error<typeof unwrapped>>().type.toBe<Acquire>()
    const caught = unwrapped.pipe(Effect.catchTags({ RateLimited: (reason) => Effect.succeed(reason.retryAfter) }))
    expect<Effect.Error<typeof caught>>().type.toBe<Exclude<Acquire, { readonly _tag: "RateLimited" }>>()
    const executed = client.execute([]).pipe(Effect.unwrapReason("SageAuthError"))
    expect<Effect.Error<typeof executed>>().type.toBe<Execute>()
  })
})

describe("SageAuthError", () => {
  test("narrows by the tag of its reason", () => {
    const error = {} as SageAuthError
    expect(error.reason).type.toBe<Reason>()
    if (error.reason._tag === "ReauthorizationRequired") expect(error.reason.cause).type.toBe<ReauthorizationCause>()
    if (error.reason._tag === "Misconfigured") expect(error.reason.issues[0]?.option).type.toBe<string | undefined>()
    expect<SageAuthError<Misconfigured>>().type.toBeAssignableTo<SageAuthError>()
    expect<SageAuthError>().type.not.toBeAssignableTo<SageAuthError<Misconfigured>>()
  })

  test("is narrowed to from anything that was thrown", () => {
    const thrown: unknown = new Error("no")
    if (isSageAuthError(thrown)) expect(thrown).type.toBe<SageAuthError>()
  })
})

describe("a result's parse", () => {
  const result = {} as XmlResult

  test("takes the options of fast-xml-parser, and gives what its caller says", () => {
    expect(result.parse()).type.toBe<Promise<Readonly<Record<string, unknown>>>>()
    expect(result.parse<{ readonly VENDOR: string }>({ isArray: (name) => name === "VENDOR" })).type.toBe<
      Promise<{ readonly VENDOR: string }>
    >()
    expect(result.parse).type.toBeCallableWith({ attributeNamePrefix: "$", parseTagValue: undefined })
    expect(result.parse).type.not.toBeCallableWith({ attributePrefix: "$" })
    expect(SageAuthModule.IntacctXml.parse(result)).type.toBe<
      Effect.Effect<
        Readonly<Record<string, unknown>>,
        SageAuthError<FunctionFailed | PermissionDenied | ProtocolViolation | Misconfigured>
      >
    >()
  })
})
