// What a reader of records throws is looked at before it becomes a failure.
// @effect-diagnostics missingEffectError:off
// @effect-diagnostics unknownInEffectCatch:off
import * as Effect from "effect/Effect"
import type { FunctionFailed, Misconfigured, PermissionDenied, ProtocolViolation } from "../errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "../errors/SageAuthError.ts"
import type { StandardSchema } from "../schema/StandardSchema.ts"
import { inSpan } from "../telemetry/spans.ts"
import type { XmlParseOptions } from "../xml/parseWith.ts"
import type { XmlRecord } from "../xml/FunctionResult.ts"
import type { XmlResult } from "./XmlResult.ts"

/** What reading the data of a result fails with: the function's own failure, or data that cannot be read. */
export type DataReasons = FunctionFailed | PermissionDenied | ProtocolViolation

const read = <A, Rs extends DataReasons | Misconfigured>(
  name: string,
  reading: () => Promise<A>
): Effect.Effect<A, SageAuthError<Rs>> =>
  Effect.tryPromise({ try: reading, catch: (thrown) => thrown }).pipe(
    // anything else is what a function among the options threw
    Effect.catch((thrown) => (isSageAuthError(thrown) ? Effect.fail(thrown as SageAuthError<Rs>) : Effect.die(thrown))),
    inSpan(`IntacctXml.${name}`)
  )

/**
 * The content of a result's `<data>` as an effect: see `XmlResult.data`.
 *
 * @category results
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what was asked for
export const data = <T = unknown>(
  result: XmlResult,
  schema?: StandardSchema<T>
): Effect.Effect<T, SageAuthError<DataReasons | Misconfigured>> => read("data", () => result.data<T>(schema))

/** The records of a result as an effect: see `XmlResult.records`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows which fields were asked for
export const records = <R = XmlRecord>(
  result: XmlResult,
  schema?: StandardSchema<R>
): Effect.Effect<ReadonlyArray<R>, SageAuthError<DataReasons | Misconfigured>> =>
  read("records", () => result.records<R>(schema))

/** The content of a result's `<data>` by fast-xml-parser, as an effect: see `XmlResult.parse`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what the options make of it
export const parse = <T = Readonly<Record<string, unknown>>>(
  result: XmlResult,
  options?: XmlParseOptions
): Effect.Effect<T, SageAuthError<DataReasons | Misconfigured>> => read("parse", () => result.parse<T>(options))
