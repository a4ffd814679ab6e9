/**
 * The flows of Intacct's XML API, each usable alone: an effect with a span, and nothing kept between two calls. An
 * application that makes more than a few calls wants `intacctXml` and a client instead. There sessions are shared and
 * renewed, and pool, meter and retries are taken care of.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "./config/Result.ts"
import type { Target } from "./config/hosts.ts"
import type {
  AcquireReasons,
  FunctionFailed,
  Misconfigured,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "./errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "./errors/SageAuthError.ts"
import { raiseMisconfigured } from "./errors/raise.ts"
import type { Session } from "./intacct-xml/Access.ts"
import type { Gateway } from "./intacct-xml/Exchange.ts"
import type { SessionHandover } from "./intacct-xml/IntacctXmlClient.ts"
import { type CheckedLogin, decodeOptions, intacctHosts, type Login, type Sender } from "./intacct-xml/options.ts"
import { requestSession, type SessionRequest } from "./intacct-xml/Sessions.ts"
import type { StandardSchema } from "./schema/StandardSchema.ts"
import { inSpan } from "./telemetry/instrumentation.ts"
import type { XmlResult } from "./intacct-xml/XmlResult.ts"
import type { Fetch } from "./transport/Answer.ts"
import * as Transport from "./transport/Transport.ts"
import { fetchTrusting } from "./transport/tls.ts"
import type { XmlRecord } from "./xml/FunctionResult.ts"
import type { XmlParseOptions } from "./xml/parseWith.ts"

export type { Session } from "./intacct-xml/Access.ts"

/** What a flow fails with. */
export type FlowReasons = AcquireReasons["intacct-xml"] | RequestRejected

/** Whose flow it is and where it goes. */
export type FlowOptions = {
  readonly sender: Sender
  readonly login: Login
  readonly endpoint?: string | undefined
  /** a private authority: PEM, or a `file:` URL */
  readonly ca?: string | URL | undefined
  readonly fetch?: Fetch | undefined
} & Target<"xml">

const flow = (
  name: string,
  { fetch, ...options }: FlowOptions,
  request: (login: CheckedLogin) => Omit<SessionRequest, "sender">
): Effect.Effect<Session, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const decoded = decodeOptions(options, name)
    if (Result.isFailure(decoded)) return yield* raiseMisconfigured(decoded.failure, { surface: "intacct-xml" })
    const { allowed, ca, endpoint, environment, login, sender } = decoded.success
    // a function needs a tenant, and a flow has none
    if (typeof sender === "function" || typeof login === "function") {
      const option = typeof sender === "function" ? "sender" : "login"
      return yield* raiseMisconfigured([{ option: `${name}.${option}`, expected: "an object, not a function" }])
    }
    const carrier = ca === undefined ? (fetch ?? ((input, init) => globalThis.fetch(input, init))) : fetchTrusting(ca)
    const gateway: Gateway = {
      transport: Transport.make(carrier, yield* Clock.Clock),
      url: endpoint.href,
      place: { surface: "intacct-xml" }
    }
    const hosts = { environment, suffixes: intacctHosts, allowed }
    return yield* Effect.mapError(
      requestSession(gateway, hosts, { sender, ...request(login) }),
      (lost) => lost.error as SageAuthError<FlowReasons>
    )
  }).pipe(inSpan(`IntacctXml.${name}`))

/**
 * Opens a session with sender and login, in the login's entity or at top level.
 *
 * @category sessions
 */
export const openSession = (options: FlowOptions): Effect.Effect<Session, SageAuthError<FlowReasons>> =>
  flow("openSession", options, (login) => ({ authentication: { login } }))

/**
 * Opens another session from a session: in the same context, in an entity, or at top level (`null`). The old one stays
 * valid. The session's own endpoint is asked.
 *
 * @category sessions
 */
export const sessionFromSession = (
  options: FlowOptions & { readonly session: Session; readonly entityId?: string | null | undefined }
): Effect.Effect<Session, SageAuthError<FlowReasons>> => {
  const { entityId, session, ...rest } = options
  return flow("sessionFromSession", rest, () => ({
    authentication: { sessionId: session.id, endpoint: session.endpoint },
    locationId: entityId
  }))
}

/**
 * A session in the shape that the client configuration of Intacct's own SDK takes.
 *
 * @example
 * ```ts
 * const config = new ClientConfig()
 * Object.assign(config, { senderId, senderPassword }, IntacctXml.toSdkClientConfig(await ledger.session()))
 * const client = new OnlineClient(config)
 * ```
 *
 * @category sessions
 */
export const toSdkClientConfig = (
  session: SessionHandover | Session
): { readonly sessionId: string; readonly endpointUrl: string } => ({
  sessionId: "sessionId" in session ? session.sessionId : Redacted.value(session.id),
  endpointUrl: session.endpoint
})

/** What reading the data of a result fails with: the function's own failure, or data that cannot be read. */
export type DataReasons = FunctionFailed | PermissionDenied | ProtocolViolation

// What a reader of records throws is looked at before it becomes a failure.
// @effect-diagnostics missingEffectError:off
// @effect-diagnostics unknownInEffectCatch:off
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
