// Spans and metrics of promise clients, collected by the SDK of OpenTelemetry: the one that the application has.
const assert = require("node:assert/strict")
const { context, metrics, trace } = require("@opentelemetry/api")
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks")
const sdkMetrics = require("@opentelemetry/sdk-metrics")
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require("@opentelemetry/sdk-trace")

const functions = [{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 10 } }]

exports.collected = async ({ createSageAuth }, { startSandbox }) => {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const counted = new sdkMetrics.InMemoryMetricExporter(sdkMetrics.AggregationTemporality.CUMULATIVE)
  const reader = new sdkMetrics.PeriodicExportingMetricReader({ exporter: counted, exportIntervalMillis: 2 ** 31 - 1 })
  const meters = new sdkMetrics.MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(meters)

  const sandbox = await startSandbox()
  const sage = createSageAuth({ connections: sandbox.connections() })
  const ledger = sage.client("ledger")
  const vendors = sage.client("vendors")
  const parents = []
  const inSpan = (name, call) =>
    trace.getTracer("application").startActiveSpan(name, async (span) => {
      parents.push(span.spanContext().spanId)
      await call()
      span.end()
    })
  // all at once: each has a parent of its own while everything is still to be loaded
  await Promise.all([
    inSpan("execute", () => ledger.execute(functions)),
    inSpan("fetch", async () => (await vendors.fetch("objects/accounts-payable/vendor")).text()),
    inSpan("not found", async () => (await vendors.fetch("objects/accounts-payable/vendor/no-such-key")).text())
  ])

  const spans = exporter.getFinishedSpans()
  const named = (name) => spans.filter((span) => span.name === name)
  const calls = [...named("IntacctXml.execute"), ...named("sage-auth.fetch")]
  assert.deepEqual(new Set(calls.map((span) => span.parentSpanContext.spanId)), new Set(parents))
  const { hostname, port } = new URL(sandbox.urls["intacct-rest"].api)
  for (const { attributes } of calls) {
    assert.equal(attributes["server.address"], hostname)
    assert.equal(attributes["server.port"], Number(port))
  }
  assert.deepEqual(
    new Set(
      named("sage-auth.fetch").map(({ attributes, status }) => [
        attributes["http.request.method"],
        attributes["http.response.status_code"],
        attributes["error.type"],
        status.code
      ])
    ),
    new Set([
      ["GET", 200, undefined, 0],
      ["GET", 404, "404", 2]
    ])
  )
  const renewals = named("sage-auth.renewal")
  assert.equal(renewals.length, 2)
  assert.ok(renewals.every((span) => span.parentSpanContext === undefined))
  for (const [name, surface] of [
    ["IntacctXml.requestSession", "intacct-xml"],
    ["OAuth2.tokenRequest", "intacct-rest"]
  ]) {
    const [request] = named(name)
    const renewal = renewals.find(({ attributes }) => attributes["sage_auth.surface"] === surface)
    assert.equal(request.parentSpanContext.spanId, renewal.spanContext().spanId)
    assert.equal(request.attributes["http.response.status_code"], 200)
  }

  await reader.forceFlush()
  const found = counted
    .getMetrics()
    .at(-1)
    .scopeMetrics.flatMap(({ metrics }) => metrics)
  const points = (name) => found.find(({ descriptor }) => descriptor.name === name).dataPoints
  assert.deepEqual(
    new Set(points("sage_auth_calls_total").map(({ attributes, value }) => Object.assign({ value }, attributes))),
    new Set([
      { surface: "intacct-rest", outcome: "http-404", value: 1 },
      { surface: "intacct-rest", outcome: "ok", value: 1 },
      { surface: "intacct-xml", outcome: "ok", value: 1 }
    ])
  )
  assert.equal(
    points("sage_auth_renewal_duration_milliseconds").reduce((sum, { value }) => sum + value.count, 0),
    2
  )

  await sage.close()
  await sandbox.stop()
  await meters.shutdown()
}
