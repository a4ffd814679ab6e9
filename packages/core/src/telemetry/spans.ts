import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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
