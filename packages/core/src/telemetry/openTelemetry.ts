import type * as OpenTelemetry from "@opentelemetry/api"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { isSageAuthError } from "../errors/SageAuthError.ts"
import { PromiseCaller, type Registered } from "./instrumentation.ts"

/** What spans and metrics are from. */
const scope = "@sage-auth/core"

/** The key under which a context of OpenTelemetry has its span. */
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN")

/** A context with one value more: where nothing is registered that keeps contexts, the first one comes from here. */
const contextOf = (key?: symbol, value?: unknown, rest?: OpenTelemetry.Context): OpenTelemetry.Context => ({
  getValue: (asked) => (asked === key ? value : rest?.getValue(asked)),
  setValue(another, itsValue) {
    return contextOf(another, itsValue, this)
  },
  deleteValue(another) {
    return contextOf(another, undefined, this)
  }
})

const nothing = contextOf()

/** What `api.SpanKind` and `api.SpanStatusCode` number. */
const kinds: Readonly<Record<Tracer.SpanKind, unknown>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4
}
const failed: unknown = 2

/** Where a call comes from: the context of its caller, whose span is the parent. */
class Caller implements Tracer.ExternalSpan {
  readonly _tag = "ExternalSpan"
  readonly annotations = Context.empty()
  readonly context: OpenTelemetry.Context
  readonly spanId: string
  readonly traceId: string
  readonly sampled: boolean

  constructor(context: OpenTelemetry.Context) {
    const span = context.getValue(spanKey) as OpenTelemetry.Span | undefined
    const { spanId = "", traceFlags = 1, traceId = "" } = span?.spanContext() ?? {}
    this.context = context
    this.spanId = spanId
    this.traceId = traceId
    this.sampled = (traceFlags & 1) === 1
  }
}

/** A span that OpenTelemetry collects. */
class Collected implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly annotations: Context.Context<never>
  readonly attributes = new Map<string, unknown>()
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly spanId: string
  readonly traceId: string
  readonly sampled: boolean
  /** where what happens inside finds it */
  readonly context: OpenTelemetry.Context
  status: Tracer.SpanStatus
  readonly #span: OpenTelemetry.Span

  constructor(tracer: OpenTelemetry.Tracer, options: Parameters<Tracer.Tracer["span"]>[0]) {
    const { annotations, kind, links, name, parent, root, startTime } = options
    const above = contextAround(Option.getOrUndefined(parent))
    // timed by OpenTelemetry itself, as what is around it: the application's clock may be one of a test
    const span = tracer.startSpan(name, { kind: kinds[kind] as OpenTelemetry.SpanKind, root }, above)
    const { spanId, traceFlags, traceId } = span.spanContext()
    this.name = name
    this.kind = kind
    this.parent = parent
    this.annotations = annotations
    this.links = links
    this.spanId = spanId
    this.traceId = traceId
    this.sampled = (traceFlags & 1) === 1
    this.context = above.setValue(spanKey, span)
    this.status = { _tag: "Started", startTime }
    this.#span = span
  }

  attribute(key: string, value: unknown): void {
    if (value === undefined) return
    this.attributes.set(key, value)
    this.#span.setAttribute(key, value as OpenTelemetry.AttributeValue)
  }

  event(name: string, _at: bigint, attributes?: Record<string, unknown>): void {
    this.#span.addEvent(name, attributes as OpenTelemetry.Attributes)
  }

  addLinks(): void {
    // this library links no spans
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
    if (Exit.isFailure(exit) || this.attributes.has("error.type")) {
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
      // anything else may quote a secret
      const code = failed as OpenTelemetry.SpanStatusCode
      this.#span.setStatus(isSageAuthError(error) ? { code, message: error.message } : { code })
    }
    this.#span.end()
  }
}

const contextAround = (span: Tracer.AnySpan | undefined): OpenTelemetry.Context =>
  span instanceof Collected || span instanceof Caller ? span.context : nothing

const evaluate = <X>(primitive: Tracer.EffectPrimitive<X>, fiber: Fiber.Fiber<unknown, unknown>): X =>
  primitive["~effect/Effect/evaluate"](fiber)

const tracerOf = (tracer: OpenTelemetry.Tracer, manager: OpenTelemetry.ContextManager | undefined): Tracer.Tracer =>
  Tracer.make({
    span: (options) => new Collected(tracer, options),
    // what the effect calls is inside of its span: the platform's fetch, a store, a function of the application
    context:
      manager === undefined
        ? undefined
        : (primitive, fiber) =>
            manager.with(contextAround(fiber.cache.span), evaluate<never>, undefined, primitive as never, fiber)
  })

type Metadata = Metric.Metric.Metadata<number, unknown>

/** Where OpenTelemetry counts what one metric counts. */
const instrumentOf = (meter: OpenTelemetry.Meter, { description, hooks, id, type }: Metadata) => {
  const options = description === undefined ? {} : { description }
  switch (type) {
    case "Counter": {
      const counter = meter.createCounter(id, options)
      return counter.add.bind(counter)
    }
    case "Gauge": {
      const counter = meter.createUpDownCounter(id, options)
      return counter.add.bind(counter)
    }
    default: {
      const { buckets } = hooks.get(Context.empty()) as Metric.HistogramState
      const explicitBucketBoundaries = buckets.map(([boundary]) => boundary).filter(Number.isFinite)
      const histogram = meter.createHistogram(id, { ...options, unit: "ms", advice: { explicitBucketBoundaries } })
      return histogram.record.bind(histogram)
    }
  }
}

/** The metrics of promises, which OpenTelemetry hears of as well. */
class Metered extends Map<string, Metric.Metric.Metadata<number, unknown>> {
  readonly #meter: OpenTelemetry.Meter

  constructor(meter: OpenTelemetry.Meter) {
    super()
    this.#meter = meter
  }

  override set(key: string, metadata: Metadata): this {
    const { attributes, hooks } = metadata
    const record = instrumentOf(this.#meter, metadata)
    const told = { ...attributes }
    const both: Metadata["hooks"] = {
      get: hooks.get,
      update: (input, context) => {
        hooks.update(input, context)
        record(input, told)
      },
      // by how much a gauge changes
      modify: (input, context) => {
        hooks.modify(input, context)
        record(input, told)
      }
    }
    // in place: the first update goes to what was handed over, and not to what is kept
    return super.set(key, Object.assign(metadata, { hooks: both }))
  }
}

/** What the effects behind promises run in where an SDK of OpenTelemetry is registered. */
export const contextFor = ({ context: manager, metrics, trace }: Registered): Context.Context<never> => {
  let context: Context.Context<never> = Context.empty()
  if (metrics !== undefined) {
    context = Context.add(context, Metric.MetricRegistry, new Metered(metrics.getMeter(scope)))
  }
  if (trace === undefined) return Context.add(context, References.TracerEnabled, false)
  return context.pipe(
    Context.add(Tracer.Tracer, tracerOf(trace.getTracer(scope), manager)),
    Context.add(PromiseCaller, (inside) =>
      manager === undefined ? inside : Context.add(inside, Tracer.ParentSpan, new Caller(manager.active()))
    )
  )
}
