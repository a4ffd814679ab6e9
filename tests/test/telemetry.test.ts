import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api"
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor
} from "@opentelemetry/sdk-trace-node"
import { createSageAuth, type Settings } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { Effect, Exit, Scope, Tracer } from "effect"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { fastRetry, openSandbox } from "../src/world.ts"

/** The real SDK, registered for the whole process until the test ends. */
const collect = () => {
  const spans = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  provider.register()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  // read when the test asks for it
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const meters = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(meters)
  onTestFinished(async () => {
    trace.disable()
    metrics.disable()
    context.disable()
    propagation.disable()
    await provider.shutdown()
    await meters.shutdown()
  })
  return {
    spans: () => spans.getFinishedSpans(),
    named: (name: string) => spans.getFinishedSpans().filter((span) => span.name === name),
    metrics: async () => {
      await reader.forceFlush()
      const [last] = exporter.getMetrics().slice(-1)
      return (last?.scopeMetrics ?? []).flatMap(({ metrics }) => metrics)
    }
  }
}

const open = async (settings: Partial<Settings> = {}) => {
  const sandbox = await openSandbox({ intacct: { latency: 0 } })
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, ...settings })
  onTestFinished(() => sage.close())
  return { sage, sandbox }
}

const vendors = [{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1 } }]

const parentOf = ({ parentSpanContext }: ReadableSpan) => parentSpanContext?.spanId

const only = <A>(all: ReadonlyArray<A>): A => {
  assert.strictEqual(all.length, 1)
  return all[0] as A
}

describe("spans of promises", () => {
  it("are those of Effect, with what the semantic conventions say of a request", async () => {
    const { named, spans } = collect()
    const { sage, sandbox } = await open()
    const client = sage.client("vendors", { tenant: "acme" })
    await (await client.fetch("objects/accounts-payable/vendor")).text()
    await (await client.fetch("objects/accounts-payable/vendor/no-such-key")).text()
    const { hostname, port } = new URL(sandbox.urls["intacct-rest"].api)
    const server = { "server.address": hostname, "server.port": Number(port) }
    const place = {
      "sage_auth.surface": "intacct-rest",
      "sage_auth.connection": "vendors",
      "sage_auth.tenant": "acme"
    }
    const [found, missing] = named("sage-auth.fetch")
    assert.deepStrictEqual(found?.attributes, {
      ...place,
      ...server,
      "http.request.method": "GET",
      "http.response.status_code": 200
    })
    assert.strictEqual(found?.kind, SpanKind.CLIENT)
    assert.strictEqual(found?.status.code, SpanStatusCode.UNSET)
    assert.deepInclude(missing?.attributes, {
      "http.request.method": "GET",
      "http.response.status_code": 404,
      "error.type": "404"
    })
    assert.strictEqual(missing?.status.code, SpanStatusCode.ERROR)
    const renewal = only(named("sage-auth.renewal"))
    assert.deepStrictEqual(renewal.attributes, { ...place, "sage_auth.cause": "cold" })
    // shared by its callers, and so below none of them
    assert.isUndefined(parentOf(renewal))
    const request = only(named("OAuth2.tokenRequest"))
    assert.deepInclude(request.attributes, {
      "sage_auth.grant_type": "client_credentials",
      "http.request.method": "POST",
      "http.response.status_code": 200
    })
    assert.deepInclude(request.attributes, { "server.address": "127.0.0.1" })
    assert.isNumber(request.attributes["server.port"])
    assert.strictEqual(parentOf(request), renewal.spanContext().spanId)
    assert.deepStrictEqual(
      spans().map(({ instrumentationScope }) => instrumentationScope.name),
      spans().map(() => "@sage-auth/core")
    )
  })

  it("are below the span of their caller, also while the engine loads", async () => {
    const { named } = collect()
    const { sage } = await open()
    const client = sage.client("ledger")
    const tracer = trace.getTracer("application")
    // both are asked before anything is loaded
    const call = (name: string) =>
      tracer.startActiveSpan(name, async (span) => {
        await client.execute(vendors)
        span.end()
        return span.spanContext().spanId
      })
    const callers = await Promise.all([call("first"), call("second")])
    callers.push(await call("third"))
    assert.sameMembers(named("IntacctXml.execute").map(parentOf), callers)
    const session = only(named("IntacctXml.requestSession"))
    assert.strictEqual(parentOf(session), only(named("sage-auth.renewal")).spanContext().spanId)
  })

  it("are what is active where the request is sent, so that what instruments fetch stands below", async () => {
    const { named } = collect()
    const seen: Array<string | undefined> = []
    const { sage } = await open({
      fetch: (input, init) => {
        seen.push(trace.getActiveSpan()?.spanContext().spanId)
        return fetch(input, init)
      }
    })
    const client = sage.client("vendors")
    await (await client.fetch("objects/accounts-payable/vendor")).text()
    await (await client.fetch("objects/accounts-payable/vendor")).text()
    const ids = (name: string) => named(name).map((span) => span.spanContext().spanId)
    assert.deepStrictEqual(seen, [...ids("OAuth2.tokenRequest"), ...ids("sage-auth.fetch")])
  })

  it("say what went wrong without a secret", async () => {
    const { named, spans } = collect()
    const { sage, sandbox } = await open({ retry: fastRetry })
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "status-503", times: 1000 })
    const refused = await sage
      .client("ledger")
      .execute(vendors)
      .catch((error: unknown) => error)
    const call = only(named("IntacctXml.execute"))
    assert.strictEqual(call.status.code, SpanStatusCode.ERROR)
    assert.strictEqual(call.status.message, (refused as Error).message)
    assert.deepInclude(call.attributes, { "error.type": "ServiceUnavailable", "http.response.status_code": 503 })
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const all = JSON.stringify(
      spans().map(({ attributes, events, name, status }) => ({ attributes, events, name, status }))
    )
    assert.notInclude(all, login.password)
    assert.notInclude(all, sender.password)
  })

  it.each([
    ["a server quotes it", false],
    ["the fetch of the application throws it", true]
  ] as const)("hold no secret when %s", async (_, thrown) => {
    const { metrics, spans } = collect()
    const sent: Array<string> = []
    const fetch = (async (input: string | URL | Request, init?: RequestInit) => {
      const body = await new Request(input, init).text()
      const quoted = `${body} ${JSON.stringify([...new Headers(init?.headers)])}`
      sent.push(quoted)
      if (thrown) throw new Error(quoted, { cause: quoted })
      return Response.json({ error: "invalid_client", error_description: quoted }, { status: 401 })
    }) as typeof globalThis.fetch
    const { sage, sandbox } = await open({ fetch, retry: fastRetry })
    const ended = await Promise.allSettled([
      sage.client("ledger").execute(vendors),
      sage
        .client("vendors")
        .fetch(`objects/accounts-payable/vendor?key=${sandbox.accounts["intacct-rest"].client.clientSecret}`)
    ])
    assert.deepStrictEqual(
      ended.map(({ status }) => status),
      ["rejected", "rejected"]
    )
    const told = JSON.stringify([
      spans().map(({ attributes, events, links, name, resource, status }) => [
        attributes,
        events,
        links.length,
        name,
        resource.attributes,
        status
      ]),
      await metrics()
    ])
    const { login, sender } = sandbox.accounts["intacct-xml"]
    for (const secret of [login.password, sender.password, sandbox.accounts["intacct-rest"].client.clientSecret]) {
      assert.isTrue(sent.some((text) => text.includes(secret)))
      assert.notInclude(told, secret)
    }
  })

  it("say of a call that tried again what its last answer was", async () => {
    const { named } = collect()
    const { sage, sandbox } = await open({ retry: { transient: { first: 0, times: 3, within: "1 hour" } } })
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "status-503", times: 1 })
    await sage.client("ledger").execute(vendors)
    const { attributes, status } = only(named("IntacctXml.execute"))
    assert.strictEqual(status.code, SpanStatusCode.UNSET)
    assert.strictEqual(attributes["http.response.status_code"], 200)
    assert.isUndefined(attributes["error.type"])
  })
})

describe("metrics of promises", () => {
  it("are those of Effect", async () => {
    const collected = collect()
    const { sage } = await open()
    const client = sage.client("vendors")
    await (await client.fetch("objects/accounts-payable/vendor")).text()
    await (await client.fetch("objects/accounts-payable/vendor/no-such-key")).text()
    const found = Object.fromEntries(
      (await collected.metrics()).map(({ dataPoints, descriptor }) => [
        descriptor.name,
        dataPoints as ReadonlyArray<DataPoint<unknown>>
      ])
    )
    assert.deepStrictEqual(
      found["sage_auth_calls_total"]?.map(({ attributes, value }) => [attributes, value]),
      [
        [{ surface: "intacct-rest", outcome: "ok" }, 1],
        [{ surface: "intacct-rest", outcome: "http-404" }, 1]
      ] as never
    )
    assert.deepStrictEqual(
      found["sage_auth_renewals_total"]?.map(({ attributes, value }) => [attributes, value]),
      [[{ surface: "intacct-rest", outcome: "ok" }, 1]] as never
    )
    const duration = only(found["sage_auth_renewal_duration_milliseconds"] ?? [])
    assert.strictEqual((duration.value as { count: number }).count, 1)
    assert.strictEqual((duration.value as { buckets: { boundaries: Array<number> } }).buckets.boundaries[0], 10)
    assert.strictEqual(only(found["sage_auth_pool_in_use"] ?? []).value, 0)
    assert.isAbove(only(found["sage_auth_billable_transactions_total"] ?? []).value as number, 0)
  })

  it("are collected where no spans are, and calls need no fiber then", async () => {
    const collected = collect()
    trace.disable()
    const { sage } = await open()
    await (await sage.client("vendors").fetch("objects/accounts-payable/vendor")).text()
    assert.deepStrictEqual(collected.spans(), [])
    assert.include(
      (await collected.metrics()).map(({ descriptor }) => descriptor.name),
      "sage_auth_calls_total"
    )
  })
})

const isSpan = (value: unknown) => (value as { _tag?: unknown } | null)?._tag === "Span"

describe("where nothing is registered", () => {
  it("no span object is made, whatever a call comes to", async () => {
    const { sage, sandbox } = await open()
    const made: Array<unknown> = []
    const create = Object.create
    vi.spyOn(Object, "create").mockImplementation((...input: Parameters<typeof Object.create>) => {
      const object: unknown = create(...input)
      if (isSpan(object)) made.push(object)
      return object
    })
    vi.spyOn(Tracer.nativeTracer, "span").mockImplementation(() => assert.fail("a span was made"))
    onTestFinished(() => void vi.restoreAllMocks())
    await sage.client("ledger").execute(vendors)
    await sage.client("ledger").execute(vendors)
    await (await sage.client("vendors").fetch("objects/accounts-payable/vendor")).text()
    await sandbox.clock.advance("2 days")
    await (await sage.client("vendors").fetch("objects/accounts-payable/vendor")).text()
    await sage.client("books").authorize({ returnTo: "/" })
    await sage.keepAlive()
    assert.deepStrictEqual(made, [])
  })
})

describe("spans of Effect", () => {
  it("have the same attributes", async () => {
    const sandbox = await openSandbox({ intacct: { latency: 0 } })
    const ended: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        ended.push(span)
        return span
      }
    })
    const scope = Scope.makeUnsafe()
    onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
    const program = Effect.gen(function* () {
      const sage = yield* SageAuth.make({ connections: sandbox.connections(), clock: sandbox.clock })
      yield* sage.client("vendors").fetch("objects/accounts-payable/vendor/no-such-key")
    })
    await Effect.runPromise(Effect.withTracer(Effect.withSpan(Scope.provide(program, scope), "start"), tracer))
    const { hostname, port } = new URL(sandbox.urls["intacct-rest"].api)
    const call = ended.find(({ name }) => name === "sage-auth.fetch")
    assert.deepStrictEqual(Object.fromEntries(call?.attributes ?? []), {
      "sage_auth.surface": "intacct-rest",
      "sage_auth.connection": "vendors",
      "sage_auth.tenant": "default",
      "http.request.method": "GET",
      "server.address": hostname,
      "server.port": Number(port),
      "http.response.status_code": 404,
      "error.type": "404"
    })
    const renewal = ended.find(({ name }) => name === "sage-auth.renewal")
    assert.strictEqual(renewal?.parent._tag, "None")
  })
})
