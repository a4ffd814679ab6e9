import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { Status } from "../Connection.ts"
import { BoundedMap } from "../application/BoundedMap.ts"
import { holdsUntil } from "../config/options.ts"
import { day } from "../config/duration.ts"
import { resolveOption } from "../config/resolve.ts"
import { type Credential, type Fresh, isUnproven, type Slot, tenantOfKey } from "../credential/CredentialCache.ts"
import { ConfiguredState, Incidents } from "../credential/Incidents.ts"
import { type RenewalRequest, Renewals } from "../credential/Renewals.ts"
import type { AcquireReasons, Misconfigured } from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import {
  type Access,
  endOf,
  variantKeyOf,
  own,
  type Session,
  sessionMargin,
  type Variant,
  variantOf,
  shortestTimeout
} from "./Access.ts"
import { type Authentication, type Exchanged, ExchangeFailure, exchange, type Gateway } from "./Exchange.ts"
import { companyOf, type XmlPlace, type XmlTraffic } from "./XmlTraffic.ts"
import { type CheckedLogin, type CheckedSender, decodeLogin, decodeSender } from "./options.ts"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import { checkUrl, type Hosts } from "../config/hosts.ts"
import { inSpan } from "../telemetry/instrumentation.ts"
import { getAPISession } from "./wire/request.ts"
import { apiSession } from "./wire/response.ts"

/** What a session is opened with. */
export interface SessionRequest {
  readonly sender: CheckedSender
  readonly authentication: Authentication
  /** an entity, `null` for the top level; undefined for the context that the request authenticates in */
  readonly locationId?: string | null | undefined
}

/** A request for a session has a time-out of its own, in milliseconds: its callers' deadlines do not end it. */
const sessionTimeout = 60_000

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

const readSession = (
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
    Effect.flatMap((exchanged) => readSession(gateway, hosts, request, exchanged)),
    inSpan("IntacctXml.requestSession", {
      kind: "client",
      attributes: () => ({ "sage_auth.authentication": "login" in request.authentication ? "login" : "session" })
    })
  )

/** From how many days before its end a developer licence is announced. It is renewed once a year. */
const warningDays = 60

/** Whole days until a licence ends; the last day counts as day 0, and a negative number says how long ago it ended. */
const daysUntil = (expires: string, now: number): number =>
  Math.floor((Date.parse(`${expires}T00:00:00Z`) - Math.floor(now / day) * day) / day)

type Acquire = AcquireReasons["intacct-xml"]

/** The place of one session, or of one login where every request carries it. */
export type XmlSlot = Slot<Access, Acquire>

/** Failures of the sender's credentials, which the end of the licence explains. */
const senderFailures: ReadonlySet<CatalogueId> = new Set([
  "intacct-xml.sender-rejected",
  "intacct-xml.sender-not-authorized"
])

/** What requesting a session can fail with; anything else in its answer breaks the protocol. */
const acquireTags: ReadonlySet<string> = new Set<Acquire["_tag"]>([
  "AccountInactive",
  "ServiceUnavailable",
  "DeadlineExceeded",
  "Closed",
  "CredentialRejected",
  "RateLimited",
  "LicenseExpired",
  "ProtocolViolation",
  "Misconfigured"
])

/**
 * The sessions of one connection, by tenant and entity: opened, switched, watched as they slide, kept alive, replaced
 * when they die. With `authentication: "login"` the same place holds the login that every request carries.
 */
export class Sessions {
  readonly renewals: Renewals<Access, Acquire>
  readonly #traffic: XmlTraffic
  readonly #incidents: Incidents
  readonly #state: ConfiguredState
  /** when the end of a sender's licence was last announced: many tenants have the same sender, and each slot its own */
  readonly #licenseNoticed: BoundedMap<number>

  constructor(traffic: XmlTraffic) {
    this.#traffic = traffic
    this.#licenseNoticed = new BoundedMap(traffic.application.settings.capacity)
    this.renewals = new Renewals<Access, Acquire>(traffic.application, {
      surface: "intacct-xml",
      connection: traffic.connection,
      tenantOf: tenantOfKey,
      renew: (request) => this.#renew(request)
    })
    const place = (tenant: string) => traffic.place(tenant)
    const slot = (tenant: string) => this.slot(tenant, own)
    this.#incidents = new Incidents(traffic.application, place, slot)
    this.#state = new ConfiguredState(traffic.application, place, slot)
  }

  slot(tenant: string, variant: Variant): XmlSlot {
    return this.renewals.cache.slot(variantKeyOf(tenant, variant))
  }

  // ---------------------------------------------------------------- renewal

  #renew({ cause, key, replaces }: RenewalRequest<Access>): Effect.Effect<Fresh<Access>, SageAuthError<Acquire>> {
    const tenant = tenantOfKey(key)
    const variant = variantOf(key)
    const place = this.#traffic.place(tenant)
    const renewed =
      variant.kind === "entity" ? this.#switchEntity(place, variant.id) : this.#open(place, cause, replaces)
    return Effect.map(renewed, (access) => this.#fresh(place, key, replaces, access))
  }

  #fresh(place: XmlPlace, key: string, replaces: Credential<Access> | undefined, access: Access): Fresh<Access> {
    const { application, configuration } = this.#traffic
    const now = application.now()
    this.#state.used(place.tenant)
    const { session } = access
    if (session === undefined) {
      return { value: access, expiresAt: holdsUntil(now, configuration.sender, configuration.login) }
    }
    if (replaces === undefined) {
      application.publish({ type: "session-opened", ...place, at: now, expiresAt: session.expiresAt })
    }
    if (configuration.keepSessionAlive) this.#keepAlive(key)
    return { value: access, expiresAt: session.expiresAt - sessionMargin(session.expiresAt, now) }
  }

  /** resolves sender and login, and opens a session unless every request carries the login */
  #open(
    place: XmlPlace,
    cause: RenewalRequest<Access>["cause"],
    replaces: Credential<Access> | undefined
  ): Effect.Effect<Access, SageAuthError<Acquire>> {
    return Effect.gen({ self: this }, function* () {
      const { configuration } = this.#traffic
      const sender = yield* resolveOption(place, "sender", configuration.sender, decodeSender)
      const login = yield* this.resolveLogin(place)
      this.#watchLicense(place, sender)
      const company = companyOf(login)
      const names = [this.#nameOfSender(sender), this.#nameOf(sender, login)]
      yield* this.#incidents.admit(place.tenant, names, cause === "asked")
      if (configuration.authentication === "login") return { sender, login, company, session: undefined }
      const signIn = this.#request(place, company, sender, { login })
      const current = replaces?.value.session
      // a session that is about to time out can open its successor without the password
      const opened =
        cause === "kept-alive" && current !== undefined
          ? this.#request(place, company, sender, { sessionId: current.id, endpoint: current.endpoint }).pipe(
              Effect.catchIf(
                (lost) => lost.sessionDead,
                () => signIn
              )
            )
          : signIn
      const session = yield* Effect.mapError(opened, (lost) =>
        this.#narrow(place, this.judge(place, sender, login, lost.error))
      )
      this.#incidents.accepted(place.tenant)
      return { sender, login, company, session }
    })
  }

  /** a session for another entity, or for the top level, from the connection's own session */
  #switchEntity(place: XmlPlace, id: string | null): Effect.Effect<Access, SageAuthError<Acquire>> {
    const slot = this.slot(place.tenant, own)
    const attempt = Effect.gen({ self: this }, function* () {
      // no permit is held while waiting for the session that this one is made from
      const base = yield* this.acquire(slot)
      const { company, login, sender, session } = base.value
      if (session === undefined) return base.value
      const authentication = { sessionId: session.id, endpoint: session.endpoint }
      const switched = yield* Effect.mapError(this.#request(place, company, sender, authentication, id), (lost) => {
        // a session that was opened for this very switch is not dead: it is the entity that is refused
        if (lost.sessionDead && this.#isUnproven(base)) return entityRefused(place, lost)
        if (lost.sessionDead) this.renewals.reject(slot, base)
        // the login was accepted when its session was opened; the sender goes with every request
        if (!senderFailures.has(lost.error.id)) return lost
        const error = this.judge(place, sender, login, lost.error)
        return new ExchangeFailure({ error, processed: lost.processed, sessionDead: false })
      })
      this.renewals.accept(slot, base)
      return { sender, login, company, session: switched }
    })
    return attempt.pipe(
      // the session died meanwhile: one more try, from its successor
      Effect.catchIf(
        (lost) => lost.sessionDead,
        () => attempt
      ),
      Effect.mapError((lost) => this.#narrow(place, refusedEntity(place, lost)))
    )
  }

  #request(
    place: XmlPlace,
    company: string,
    sender: CheckedSender,
    authentication: Authentication,
    locationId?: string | null
  ): Effect.Effect<Session, ExchangeFailure> {
    const { hosts, rules } = this.#traffic
    return requestSession(this.#traffic.gateway(place), hosts, { sender, authentication, locationId }).pipe(
      Effect.tap(() => Effect.sync(() => this.#traffic.count(company, rules.countLogins ? 1 : 0))),
      // no permit is held between two tries
      this.#traffic.withPermit(company, { ahead: true }),
      // an unused session does no harm; no deadline ends the wait, so a long one is reported, not waited out
      this.#traffic.retried(place, () => true, sessionTimeout)
    )
  }

  /** the login of a tenant, asked for if it is a function */
  resolveLogin(place: XmlPlace): Effect.Effect<CheckedLogin, SageAuthError<Misconfigured>> {
    return resolveOption(place, "login", this.#traffic.configuration.login, decodeLogin)
  }

  #keepAlive(key: string): void {
    const slot = this.renewals.cache.slot(key)
    if (slot.onLeave !== undefined) return
    const left = Deferred.makeUnsafe<void>()
    const leave = () => Deferred.doneUnsafe(left, Effect.void)
    slot.onLeave = leave
    const { application } = this.#traffic
    const loop = Effect.gen({ self: this }, function* () {
      while (slot.credential !== undefined) {
        const { expiresAt, issuedAt } = slot.credential
        const now = application.now()
        // use moves the end, so that a busy session never comes to this point
        const due = expiresAt - sessionMargin(expiresAt, issuedAt)
        if (now < due) {
          yield* Effect.sleep(due - now)
        } else {
          const renewed = yield* Effect.exit(this.renewals.refresh(slot, "kept-alive"))
          // there may be time for another try; if there is none, the next use opens a session
          if (Exit.isFailure(renewed)) yield* Effect.sleep(Math.max(1_000, (expiresAt - now) / 4))
          if (Exit.isFailure(renewed) && application.now() >= expiresAt) return
        }
      }
    }).pipe(
      // a sleep of hours would keep in memory what has left it
      Effect.raceFirst(Deferred.await(left)),
      Effect.ensuring(
        Effect.sync(() => {
          if (slot.onLeave === leave) slot.onLeave = undefined
        })
      )
    )
    // the renewal that asks for this has not published its credential yet
    application.background(Effect.andThen(Effect.yieldNow, loop))
  }

  // ---------------------------------------------------------------- use

  /** a valid credential, as the calls that need one see it */
  acquire(slot: XmlSlot): Effect.Effect<Credential<Access>, ExchangeFailure> {
    return Effect.mapError(this.renewals.acquire(slot), notAdmitted)
  }

  /** an answer came with this credential: it is accepted, and its session's end has moved */
  accept(slot: XmlSlot, credential: Credential<Access>, { answer, head }: Exchanged): void {
    // a session in use may go on for months without a login
    const tenant = tenantOfKey(slot.key)
    const { login, sender, session } = credential.value
    this.#watchLicense(this.#traffic.place(tenant), sender)
    if (session === undefined) {
      // another tenant with the same login may have been refused meanwhile
      const names = this.#incidents.isHeldBack(tenant) ? [this.#nameOfSender(sender), this.#nameOf(sender, login)] : []
      this.#incidents.accepted(tenant, names)
      return this.renewals.accept(slot, credential)
    }
    const { sessionTimeout, sessionTimestamp } = head?.authentication ?? {}
    const date = answer.headers.get("date")
    const end = endOf({
      timeout: sessionTimeout,
      // of a session in use it may be the time of its opening, which would make the span too long
      timestamp: date === null ? sessionTimestamp : undefined,
      date,
      arrivedAt: answer.arrivedAt
    })
    this.renewals.accept(slot, credential, end === undefined ? undefined : end - sessionMargin(end, answer.arrivedAt))
  }

  /** the session of this credential is dead; what its call fails with, or that it may be sent again */
  died(slot: XmlSlot, credential: Credential<Access>, lost: ExchangeFailure, place: XmlPlace): ExchangeFailure {
    this.renewals.reject(slot, credential)
    if (!this.#isUnproven(credential)) return lost
    const { code, supportId } = lost.error
    return new ExchangeFailure({
      error: failure("intacct-xml.session-lost", { ...place, code, supportId }),
      processed: "no",
      sessionDead: false
    })
  }

  #isUnproven(credential: Credential<Access>): boolean {
    return isUnproven(credential, this.#traffic.application.now())
  }

  /**
   * A login that was accepted before, refused together with another entity: it is the entity that is refused. Once; a
   * second refusal in a row is taken for the login's own, so that nothing locks the user out.
   */
  entityRefused(
    slot: XmlSlot,
    credential: Credential<Access>,
    lost: ExchangeFailure,
    place: XmlPlace
  ): ExchangeFailure {
    this.renewals.markUnaccepted(slot, credential)
    return entityRefused(place, lost)
  }

  // ---------------------------------------------------------------- rejections

  #nameOfSender(sender: CheckedSender): string {
    return this.#traffic.application.rejections.fingerprint(["sender", sender.id, Redacted.value(sender.password)])
  }

  #nameOf(sender: CheckedSender, login: CheckedLogin): string {
    return this.#traffic.application.rejections.fingerprint([
      "login",
      sender.id,
      Redacted.value(sender.password),
      login.companyId,
      login.clientId ?? "",
      login.userId,
      Redacted.value(login.password),
      login.entityId ?? ""
    ])
  }

  /** what a refused login or sender means; the credential is held back, and its incident announced */
  judge(place: XmlPlace, sender: CheckedSender, login: CheckedLogin, error: SageAuthError): SageAuthError {
    if (error.reason._tag !== "CredentialRejected") return error
    const { code } = error
    const bySender = senderFailures.has(error.id)
    // a wrong sender is wrong for every tenant; anything else may be about this login alone
    const name = error.id === "intacct-xml.sender-rejected" ? this.#nameOfSender(sender) : this.#nameOf(sender, login)
    this.#incidents.refused(place.tenant, { what: bySender ? "sender" : "login", code, name })
    const { licenseExpires } = sender
    return bySender && licenseExpires !== undefined && daysUntil(licenseExpires, this.#traffic.application.now()) < 0
      ? failure("intacct-xml.license-expired", { ...place, code, supportId: error.supportId })
      : error
  }

  #narrow(place: XmlPlace, error: SageAuthError): SageAuthError<Acquire> {
    if (acquireTags.has(error.reason._tag)) return error as SageAuthError<Acquire>
    const { code, reason, remedy, supportId } = error
    // the reason names place and code already, and so will the error that is made of it
    const serverText = reason.message.replace(`${place.connection}: `, "").replace(` (${code})`, "")
    const message = `the request for a session was answered with: ${serverText}`
    return failure<Acquire>("intacct.unreadable-answer", { ...place, message, code, supportId, remedy })
  }

  #watchLicense(place: XmlPlace, { id, licenseExpires }: CheckedSender): void {
    const { application } = this.#traffic
    const now = application.now()
    const noticed = this.#licenseNoticed.get(id)
    if (licenseExpires === undefined || (noticed !== undefined && now - noticed < day)) return
    const daysLeft = daysUntil(licenseExpires, now)
    if (daysLeft > warningDays) return
    this.#licenseNoticed.set(id, now)
    application.publish({ type: "license-expiring", ...place, at: now, expires: licenseExpires, daysLeft })
  }

  // ---------------------------------------------------------------- state

  status(slot: XmlSlot): Status {
    const { credential, key } = this.renewals.cache.live(slot)
    const tenant = tenantOfKey(key)
    return this.#state.status(tenant, {
      refused: this.#incidents.isHeldBack(tenant),
      // a session came from the server; a login is made here
      accepted: credential?.value.session !== undefined || credential?.accepted === true,
      endsAt: credential?.expiresAt
    })
  }

  /** forgets the tenant's sessions in every entity; the API has no logout, so they end by their own timeout */
  disconnect(tenant: string): { readonly revoked: boolean } {
    for (const slot of this.renewals.cache.ofTenant(tenant)) this.renewals.forget(slot)
    return this.#state.disconnected(tenant)
  }
}

/** What a request fails with that was never sent: a renewal was tried again itself. */
export const notAdmitted = (error: SageAuthError): ExchangeFailure =>
  new ExchangeFailure({ error, processed: "no", sessionDead: false, settled: true })

/** The user may not work in that entity, or there is no such entity: Intacct does not tell which. */
const entityRefused = (place: XmlPlace, { error, processed }: ExchangeFailure): ExchangeFailure => {
  const { code, supportId } = error
  const refused = failure("intacct-xml.login-rejected", {
    ...place,
    message: "the entity was refused",
    code,
    supportId
  })
  return new ExchangeFailure({ error: refused, processed, sessionDead: false })
}

/** A switch that fails as a function does is refused as well. */
const refusedEntity = (place: XmlPlace, lost: ExchangeFailure): SageAuthError => {
  const { _tag } = lost.error.reason
  return _tag === "FunctionFailed" || _tag === "PermissionDenied" ? entityRefused(place, lost).error : lost.error
}
