import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import { checkUrl, type Hosts } from "../config/hosts.ts"
import { failure } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/instrumentation.ts"
import { endOf, type Session, shortestTimeout } from "./Access.ts"
import { type Authentication, exchange, type Exchanged, ExchangeFailure, type Gateway } from "./Exchange.ts"
import type { CheckedSender as Sender } from "./options.ts"
import { getAPISession } from "./wire/request.ts"
import { apiSession } from "./wire/response.ts"

/** What a session is opened with. */
export interface SessionRequest {
  readonly sender: Sender
  readonly authentication: Authentication
  /** an entity, `null` for the top level; undefined for the context that the request authenticates in */
  readonly locationId?: string | null | undefined
}

/** A request for a session has a time-out of its own, in milliseconds: its callers' deadlines do not end it. */
export const sessionTimeout = 60_000

/** The answer to `getAPISession` has a few hundred bytes; a proxy's page may have more, in bytes. */
const sessionAnswerLimit = 1024 * 1024

const violation = (gateway: Gateway, message: string) =>
  new ExchangeFailure({
    error: failure("intacct.unreadable-answer", { ...gateway.place, message }),
    processed: "unknown",
    sessionDead: false
  })

/** A text of its own: a part of the answer would keep all of it in memory, and the session id in it. */
const copyOf = (text: string): string => Buffer.from(text).toString()

const sameEntity = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const read = (
  gateway: Gateway,
  hosts: Hosts,
  { locationId }: SessionRequest,
  { answer, head, results, verdicts }: Exchanged
): Effect.Effect<Session, ExchangeFailure> => {
  const [result] = results
  const [meaning] = verdicts
  if (result === undefined || meaning === undefined) {
    return Effect.fail(violation(gateway, "the answer to getAPISession has no result"))
  }
  if (meaning.kind === "failed") {
    const { code, id, supportId, text } = meaning
    const error = failure(id, { ...gateway.place, message: text, code, supportId })
    return Effect.fail(new ExchangeFailure({ error, processed: "no", sessionDead: false }))
  }
  const api = apiSession(result)
  if (api === undefined || api.sessionId === "") {
    return Effect.fail(violation(gateway, "the answer to getAPISession has no session id"))
  }
  if (typeof locationId === "string" && api.locationId !== undefined && !sameEntity(api.locationId, locationId)) {
    return Effect.fail(violation(gateway, "the session is for another entity than the one that was asked for"))
  }
  // credentials follow the endpoint: it is checked before anything is sent there
  const endpoint = checkUrl(api.endpoint ?? "", hosts)
  if (Result.isFailure(endpoint)) {
    const error = failure("intacct-xml.endpoint-refused", {
      ...gateway.place,
      message: `the session's endpoint is not ${endpoint.failure}`
    })
    return Effect.fail(new ExchangeFailure({ error, processed: "no", sessionDead: false }))
  }
  const end = endOf({
    timeout: head?.authentication?.sessionTimeout,
    timestamp: head?.authentication?.sessionTimestamp,
    date: answer.headers.get("date"),
    arrivedAt: answer.arrivedAt
  })
  return Effect.succeed({
    id: Redacted.make(copyOf(api.sessionId), { label: "session id" }),
    endpoint: copyOf(endpoint.success.href),
    entityId: api.locationId === undefined || api.locationId === "" ? undefined : copyOf(api.locationId),
    expiresAt: end ?? answer.arrivedAt + shortestTimeout
  })
}

/**
 * Opens a session: from a login, or from another session (the old one stays valid). `getAPISession` travels alone.
 *
 * Source: developer.intacct.com, Company console, API sessions.
 */
export const requestSession = (
  gateway: Gateway,
  hosts: Hosts,
  request: SessionRequest
): Effect.Effect<Session, ExchangeFailure> =>
  Effect.suspend(() => {
    const body = getAPISession(request.locationId)
    if (Result.isFailure(body)) {
      const error = failure("client.function-refused", { ...gateway.place, message: body.failure.message })
      return Effect.fail(new ExchangeFailure({ error, processed: "no", sessionDead: false }))
    }
    return exchange(
      gateway,
      {
        sender: request.sender,
        authentication: request.authentication,
        functions: [{ controlId: builtin("node:crypto").randomUUID(), body: body.success }],
        transaction: false,
        uniqueId: false,
        controlId: builtin("node:crypto").randomUUID(),
        limit: sessionAnswerLimit
      },
      sessionTimeout
    )
  }).pipe(
    Effect.flatMap((exchanged) => read(gateway, hosts, request, exchanged)),
    inSpan("IntacctXml.requestSession", {
      kind: "client",
      attributes: () => ({ "sage_auth.authentication": "login" in request.authentication ? "login" : "session" })
    })
  )
