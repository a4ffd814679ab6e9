import type { ContextManager, MeterProvider, TracerProvider } from "@opentelemetry/api"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { isSageAuthError, type TenantPlace } from "../errors/SageAuthError.ts"

/** What a span says; what is undefined is left out. Never a secret, nor a path or a query, which may hold one. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** What is said of a span when it begins. */
export interface SpanSettings {
  /** default `internal` */
  readonly kind?: "client" | undefined
  /** asked for where spans are collected */
  readonly attributes?: (() => Attributes) | undefined
}

/** Whose call it is. */
export const placeAttributes = ({ connection, surface, tenant }: TenantPlace): Attributes => ({
  "sage_auth.surface": surface,
  "sage_auth.connection": connection,
  "sage_auth.tenant": tenant
})

/** How an effect ended, in one word: `ok`, the tag of the reason, `aborted` or `defect`. */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "ok"
  const thrown = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  // failures of this library's own carry the error that their caller gets
  const error = Predicate.hasProperty(thrown, "error") ? thrown.error : thrown
  if (isSageAuthError(error)) return error.reason._tag
  return Cause.hasInterruptsOnly(exit.cause) ? "aborted" : "defect"
}

/** Says something of the span that the effect runs in, if there is one. */
export const annotateSpan = (attributes: () => Attributes): Effect.Effect<void> =>
  Effect.withFiber(({ cache: { span, tracerEnabled } }) => {
    if (tracerEnabled && span?._tag === "Span" && span.status._tag !== "Ended") {
      for (const [name, value] of Object.entries(attributes())) if (value !== undefined) span.attribute(name, value)
    }
    return Effect.void
  })

/** Runs an effect in a span. Where none are collected none is made, and nothing is done for it. */
export const inSpan =
  (name: string, { attributes, kind }: SpanSettings = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber(({ cache }) => {
      if (!cache.tracerEnabled) return effect
      const told = Effect.onExit(effect, (exit) =>
        Exit.isSuccess(exit) ? Effect.void : annotateSpan(() => ({ "error.type": outcomeOf(exit) }))
      )
      const options = { kind, attributes: attributes?.() }
      // a stack would name a line of this library
      return Effect.withSpan(told, name, { ...options, captureStackTrace: false }) as Effect.Effect<A, E, R>
    })

// Names and values are those of OpenTelemetry's semantic conventions for HTTP spans, 1.37.

/** Where a request goes. */
export const serverAttributes = (url: string): Attributes => {
  const { hostname, port, protocol } = new URL(url)
  return {
    "server.address": hostname.replace(/^\[|\]$/g, ""),
    "server.port": port === "" ? (protocol === "http:" ? 80 : 443) : Number(port)
  }
}

const methods: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE"
])

/** The method of a request; what is no method of HTTP's own is `_OTHER`. */
export const methodAttributes = (method: unknown): Attributes => {
  const known = typeof method === "string" ? method.toUpperCase() : ""
  return { "http.request.method": methods.has(known) ? known : "_OTHER" }
}

/** What came of a request: a status from 400 on is an error of its own type. */
export const answerAttributes = (status: number): Attributes => ({
  "http.response.status_code": status,
  "error.type": status >= 400 ? String(status) : undefined
})

/**
 * The metrics of this library. They are kept in Effect's registry; no exporter is installed.
 * Attributes are low in cardinality on purpose: tenants and companies are in events and spans, not here.
 */

/** Renewals that ended. Attributes: `surface`, `outcome` (`ok`, `failed`). */
export const renewals = Metric.counter("sage_auth_renewals_total", {
  description: "Renewals that ended, by surface and outcome",
  incremental: true
})

/** How long a renewal took, in milliseconds. Attribute: `surface`. */
export const renewalDuration = Metric.histogram("sage_auth_renewal_duration_milliseconds", {
  description: "How long renewals took",
  boundaries: Metric.exponentialBoundaries({ start: 10, factor: 2, count: 14 })
})

/** by surface and outcome */
const calls = new Map<string, Metric.Counter<number>>()

/**
 * Calls that carried a credential. Attributes: `surface`, `outcome` (`ok` or the tag of the reason). A counter is made
 * once, with its attributes in it: added to it at each call, they would make a context for each.
 */
export const callsOf = (attributes: { readonly surface: string; readonly outcome: string }): Metric.Counter<number> => {
  const key = `${attributes.surface} ${attributes.outcome}`
  const known = calls.get(key)
  if (known !== undefined) return known
  const counter = Metric.counter("sage_auth_calls_total", {
    description: "Calls that carried a credential, by surface and outcome",
    incremental: true,
    attributes
  })
  calls.set(key, counter)
  return counter
}

/** Calls waiting for a permit, over all pools. */
export const poolWaiting = Metric.gauge("sage_auth_pool_waiting", { description: "Calls waiting for a permit" })

/** Permits in use, over all pools. */
export const poolInUse = Metric.gauge("sage_auth_pool_in_use", { description: "Permits in use" })

/** Billable transactions counted. */
export const transactions = Metric.counter("sage_auth_billable_transactions_total", {
  description: "Billable transactions counted by the meters",
  incremental: true
})

/**
 * Adds whoever calls a promise to the context that its effect runs in, so that its spans have their parent. undefined:
 * nobody collects spans of promises.
 */
export const PromiseCaller = Context.Reference<
  ((context: Context.Context<never>) => Context.Context<never>) | undefined
>("@sage-auth/core/PromiseCaller", { defaultValue: () => undefined })

/** What an SDK of OpenTelemetry has registered in this process. */
export interface Registered {
  readonly context?: ContextManager | undefined
  readonly metrics?: MeterProvider | undefined
  readonly trace?: TracerProvider | undefined
}

const registry = Symbol.for("opentelemetry.js.api.1")

/**
 * What is registered with `@opentelemetry/api`, if anything is. Every copy of it keeps that in the same place of the
 * process, for all the others. So it is found without being imported, where an application is bundled into one file and
 * where it has none.
 */
export const registered = (): Registered | undefined => {
  const found = (globalThis as { readonly [registry]?: Registered })[registry]
  return found?.trace === undefined && found?.metrics === undefined ? undefined : found
}
