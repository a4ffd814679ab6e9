import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Status } from "../Connection.ts"
import type { LentSession, OpenConnection, Work } from "../openApplication.ts"
import { type Application, type CallOptions, whileOpen, withCallOptions } from "../application/Application.ts"
import * as Result from "../config/Result.ts"
import { tenantOfKey } from "../credential/CredentialCache.ts"
import type { AcquireReasons, Misconfigured, RequestRejected } from "../errors/Reason.ts"
import { failure, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import { raise, raiseMisconfigured } from "../errors/raise.ts"
import type { MeterReading } from "../traffic/Meter.ts"
import { type PoolReading, readPool } from "../traffic/Pool.ts"
import { own, type Variant } from "./Access.ts"
import { type OpenSource, readPages, readRecords } from "../paging/readPages.ts"
import { Execution } from "./Execution.ts"
import {
  type EntityProbe,
  type ExecuteOptions,
  type IntacctXmlListReasons,
  type ProbeOptions,
  type RelayedAnswer,
  type SessionHandover,
  type XmlPageOptions,
  type IntacctXmlClient,
  members,
  readEntity
} from "./IntacctXmlClient.ts"
import { Sessions, type XmlSlot } from "./Sessions.ts"
import type { XmlResult } from "./XmlResult.ts"
import { companyOf, type XmlPlace, XmlTraffic } from "./XmlTraffic.ts"
import type { ExecuteReasons } from "./judge.ts"
import { type IntacctXmlConfiguration, decodeOptions, validate } from "./options.ts"
import { type XmlPosition, xmlPages } from "./xmlPages.ts"
import type { XmlFunction } from "./wire/request.ts"
import { readRequest, writeAnswer } from "./wire/relayed.ts"
import { promiseClientOf, runPromise, withoutSignal } from "../application/promise.ts"

/** The object that stands for an entity itself. */
const entityObject = "LOCATIONENTITY"

/** Refusals of the switch: since the connection's own session was opened, they are about the entity. */
const switchRefusals: ReadonlySet<CatalogueId> = new Set(["intacct-xml.login-rejected", "intacct-xml.session-invalid"])

/** Whether a refusal says something about the entity: the switch was refused, or the query in it. */
const isRefusal = ({ id, reason }: SageAuthError): boolean =>
  reason._tag === "PermissionDenied" || reason._tag === "FunctionFailed" || switchRefusals.has(id)

const quoted = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/**
 * Asks in each of the connection's entities for a record that must be there: a restricted user gets empty answers and
 * no error. One session and one query an entity.
 */
const probeEntities = (
  traffic: XmlTraffic,
  execution: Execution,
  /** the connection's own session: a login that is refused says nothing about an entity */
  signedIn: Effect.Effect<unknown, SageAuthError<ExecuteReasons>>,
  place: XmlPlace,
  options: ProbeOptions | undefined
): Effect.Effect<ReadonlyArray<EntityProbe>, SageAuthError<ExecuteReasons>> => {
  const { entities } = traffic.configuration
  if (entities.length === 0) {
    const option = `connections.${place.connection}.entities`
    return Effect.fail(
      misconfigured([{ option, expected: "the ids of the entities that this connection must see" }], place)
    )
  }
  const probes = Effect.forEach(entities, (entity) =>
    probe(execution, place, entity, options).pipe(
      Effect.tap(({ outcome }) =>
        Effect.sync(() => {
          if (outcome !== "answers") advise(traffic, place, entity)
        })
      )
    )
  )
  return Effect.andThen(signedIn, probes)
}

const probe = (
  execution: Execution,
  place: XmlPlace,
  entity: string,
  options: ProbeOptions | undefined
): Effect.Effect<EntityProbe, SageAuthError<ExecuteReasons>> => {
  const object = options?.object ?? entityObject
  const query = options?.query ?? (object === entityObject ? `LOCATIONID = ${quoted(entity)}` : "")
  const read = { readByQuery: { object, fields: "RECORDNO", query, pagesize: 1 } }
  return execution.execute(place.tenant, { kind: "entity", id: entity }, [read], options).pipe(
    Effect.flatMap(([result]) =>
      // the one function succeeded, or execute would have failed; its data may still be unreadable
      Effect.tryPromise({
        try: () => (result as XmlResult).data(),
        catch: (thrown) => thrown as SageAuthError<ExecuteReasons>
      })
    ),
    Effect.map((data): EntityProbe => {
      const count = Number((data as { readonly "@count"?: string })["@count"] ?? 0)
      return { entity, outcome: count > 0 ? "answers" : "empty", error: undefined }
    }),
    Effect.catchIf(isRefusal, (error) => Effect.succeed<EntityProbe>({ entity, outcome: "refuses", error }))
  )
}

const advise = ({ application }: XmlTraffic, place: XmlPlace, entity: string): void => {
  const { remedy } = failure("intacct-xml.entity-not-visible")
  application.publish({
    type: "advice",
    ...place,
    at: application.now(),
    subject: "entity-not-visible",
    message: `${place.connection} cannot see entity ${entity}. ${remedy}`
  })
}

type Acquire = AcquireReasons["intacct-xml"]

/** One intacct-xml connection at work, for all of its tenants. */
export class IntacctXmlEngine {
  readonly application: Application
  readonly name: string
  readonly #traffic: XmlTraffic
  readonly #sessions: Sessions
  readonly #execution: Execution

  constructor(application: Application, name: string, configuration: IntacctXmlConfiguration) {
    this.application = application
    this.name = name
    this.#traffic = new XmlTraffic(application, name, configuration)
    this.#sessions = new Sessions(this.#traffic)
    this.#execution = new Execution(this.#traffic, this.#sessions)
  }

  slot(tenant: string, variant: Variant): XmlSlot {
    return this.#sessions.slot(tenant, variant)
  }

  execute(
    tenant: string,
    variant: Variant,
    functions: ReadonlyArray<XmlFunction | string>,
    options: ExecuteOptions | undefined
  ): Effect.Effect<ReadonlyArray<XmlResult>, SageAuthError<ExecuteReasons>> {
    return this.#execution.execute(tenant, variant, functions, options)
  }

  /** the list that a function asks for, page by page */
  listed<R>(
    tenant: string,
    variant: Variant,
    fn: XmlFunction,
    options: XmlPageOptions<R> | undefined,
    called: string
  ): OpenSource<XmlPosition, IntacctXmlListReasons> {
    return () => xmlPages(this.#traffic, this.#execution, { tenant, variant, fn, options, called })
  }

  executePlainly(...call: Parameters<Execution["executePlainly"]>): ReturnType<Execution["executePlainly"]> {
    return this.#execution.executePlainly(...call)
  }

  relay(
    tenant: string,
    variant: Variant,
    document: string,
    options: CallOptions | undefined
  ): Effect.Effect<RelayedAnswer, SageAuthError<ExecuteReasons>> {
    const place = this.#traffic.place(tenant)
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      const read = readRequest(document)
      if (Result.isFailure(read)) {
        return yield* raise<RequestRejected>("client.function-refused", { ...place, message: read.failure.message })
      }
      const { entityId, functions, policyId, transaction, uniqueId } = read.success
      const inEntity: Variant = entityId === undefined ? variant : { kind: "entity", id: entityId }
      const how = { ...options, transaction, uniqueid: uniqueId, policyid: policyId }
      const results = yield* this.execute(tenant, inEntity, functions, how).pipe(
        // a function that failed is a result of the answer, as it is of Intacct's own
        Effect.catch((error) => (error.results === undefined ? Effect.fail(error) : Effect.succeed(error.results)))
      )
      const [first] = results
      if (first?.status === "success" && !first.raw.startsWith("<")) {
        return { body: first.raw, contentType: "application/json" }
      }
      const queued = first?.status === "acknowledged"
      const login = yield* this.#sessions.resolveLogin(place)
      const body = writeAnswer(read.success, login, queued ? undefined : results.map(({ raw }) => raw))
      return { body, contentType: "application/xml" }
    })
  }

  probeEntities(
    tenant: string,
    options: ProbeOptions | undefined
  ): Effect.Effect<ReadonlyArray<EntityProbe>, SageAuthError<ExecuteReasons>> {
    return Effect.suspend(() => {
      const place = this.#traffic.place(tenant)
      const signedIn = Effect.suspend(() => this.#sessions.renewals.acquire(this.slot(tenant, own))).pipe(
        withCallOptions(options, this.#traffic.deadline, place)
      )
      return probeEntities(this.#traffic, this.#execution, signedIn, place, options)
    })
  }

  /** the session in hand without a fiber, or undefined; one frozen object for as long as nothing of it changes */
  peekSession(slot: XmlSlot): SessionHandover | undefined {
    const live = this.#sessions.renewals.cache.live(slot)
    const credential = this.#sessions.renewals.peek(live)
    const session = credential?.value.session
    if (credential === undefined || session === undefined) return undefined
    if (live.derived?.from === credential) return live.derived.value as SessionHandover
    const value: SessionHandover = Object.freeze({
      sessionId: Redacted.value(session.id),
      endpoint: session.endpoint,
      expiresAt: new Date(credential.expiresAt)
    })
    live.derived = { from: credential, value }
    return value
  }

  session(slot: XmlSlot, options: CallOptions | undefined): Effect.Effect<SessionHandover, SageAuthError<Acquire>> {
    const place = this.#traffic.place(tenantOfKey(slot.key))
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      const hit = this.peekSession(slot)
      if (hit !== undefined) return hit
      if (this.#traffic.configuration.authentication === "login") {
        return yield* Effect.fail(this.#noSession(place))
      }
      yield* this.#sessions.renewals.acquire(slot)
      // so short a session that it is over: the next call opens another
      return (
        this.peekSession(slot) ??
        (yield* raise<Acquire>("intacct.unreadable-answer", {
          ...place,
          message: "the session was over when it came"
        }))
      )
    }).pipe(withCallOptions(options, this.#traffic.deadline, place))
  }

  /** the session of the connection's own context, for Intacct's REST API */
  lendSession(tenant: string, fresh: boolean): Effect.Effect<LentSession, SageAuthError<Acquire>> {
    return Effect.suspend(() => {
      const slot = this.slot(tenant, own)
      const { renewals } = this.#sessions
      return Effect.flatMap(fresh ? renewals.refresh(slot, "asked") : renewals.acquire(slot), ({ value }) =>
        value.session === undefined
          ? Effect.fail(this.#noSession(this.#traffic.place(tenant)))
          : Effect.succeed({ id: value.session.id, company: value.company })
      )
    })
  }

  /** the user of that session, and the entity that it is in */
  sessionOf(tenant: string): Effect.Effect<ReadonlyArray<string>, SageAuthError<Misconfigured>> {
    return Effect.map(
      this.#sessions.resolveLogin(this.#traffic.place(tenant)),
      ({ clientId = "", companyId, entityId = "", userId }) => [companyId, clientId, userId, entityId]
    )
  }

  #noSession(place: XmlPlace): SageAuthError<Misconfigured> {
    const option = `connections.${this.name}.authentication`
    return misconfigured([{ option, expected: '"session": without one there is none to hand over' }], place)
  }

  refresh(slot: XmlSlot, options: CallOptions | undefined): Effect.Effect<void, SageAuthError<Acquire>> {
    return Effect.suspend(() => this.#sessions.renewals.refresh(slot, "asked")).pipe(
      Effect.asVoid,
      withCallOptions(options, this.#traffic.deadline, this.#traffic.place(tenantOfKey(slot.key)))
    )
  }

  status(slot: XmlSlot): Status {
    return this.#sessions.status(slot)
  }

  disconnect(tenant: string): { readonly revoked: boolean } {
    return this.#sessions.disconnect(tenant)
  }

  pool(tenant: string): Effect.Effect<PoolReading, SageAuthError<Acquire>> {
    const place = this.#traffic.place(tenant)
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      const company = companyOf(yield* this.#sessions.resolveLogin(place))
      return yield* readPool(this.application.coordination, company, this.#traffic.permitsOf(company))
    })
  }

  meter(
    tenant: string,
    set: { readonly used: number } | undefined
  ): Effect.Effect<MeterReading, SageAuthError<Acquire>> {
    const place = this.#traffic.place(tenant)
    const { meters } = this.application
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      if (set !== undefined && !(Number.isSafeInteger(set.used) && set.used >= 0)) {
        return yield* raiseMisconfigured([{ option: "meter({ used })", expected: "a whole number, 0 or more" }], place)
      }
      // the login says which company it is; nothing is sent
      const company = companyOf(yield* this.#sessions.resolveLogin(place))
      yield* meters.ready(company)
      if (set !== undefined) meters.set(company, set.used)
      return meters.read(company, this.#traffic.rules)
    })
  }
}

const surface = "intacct-xml"

const inEntity = ({ name: connection }: IntacctXmlEngine, tenant: string, id: string | null): Variant => ({
  kind: "entity",
  id: readEntity({ surface, connection, tenant }, id)
})

const effectClient = (at: IntacctXmlEngine, tenant: string, variant: Variant): IntacctXmlClient<"effect"> => {
  const slot = at.slot(tenant, variant)
  return {
    connection: at.name,
    tenant,
    surface,
    execute: (functions, options) => at.execute(tenant, variant, functions, options),
    records: <R>(fn: XmlFunction, options?: XmlPageOptions<R>) =>
      readRecords<XmlPosition, R, IntacctXmlListReasons>(
        at.listed(tenant, variant, fn, options, "records(function)"),
        options
      ),
    pages: <R>(fn: XmlFunction, options?: XmlPageOptions<R>) =>
      readPages<XmlPosition, R, IntacctXmlListReasons>(
        at.listed(tenant, variant, fn, options, "pages(function)"),
        options
      ),
    relay: (document, options) => at.relay(tenant, variant, document, options),
    session: (options) => at.session(slot, options),
    entity: (id) => effectClient(at, tenant, inEntity(at, tenant, id)),
    probeEntities: (options) => at.probeEntities(tenant, options),
    refresh: (options) => at.refresh(slot, options),
    meter: (set) => at.meter(tenant, set),
    pool: () => at.pool(tenant),
    status: () => Effect.sync(() => at.status(slot)),
    disconnect: () => Effect.sync(() => at.disconnect(tenant))
  }
}

const promiseClient = (at: IntacctXmlEngine, tenant: string, variant: Variant): IntacctXmlClient => {
  const slot = at.slot(tenant, variant)
  const effects = effectClient(at, tenant, variant)
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(at.application, effect, signal)
  return promiseClientOf<IntacctXmlClient>(at.application, members, effects, {
    execute: (functions, options) =>
      at.executePlainly(tenant, variant, functions, options, run) ??
      run(effects.execute(functions, withoutSignal(options)), options?.signal),
    session: (options) => {
      // the hit path: no fiber
      const miss = options?.signal?.aborted === true || at.application.isClosed()
      const hit = miss ? undefined : at.peekSession(slot)
      return hit === undefined ? run(effects.session(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    entity: (id) => promiseClient(at, tenant, inEntity(at, tenant, id))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: IntacctXmlEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant, own),
  promise: (tenant) => promiseClient(at, tenant, own),
  lendSession: (tenant, fresh) => at.lendSession(tenant, fresh),
  sessionOf: (tenant) => at.sessionOf(tenant)
})

/** How connections to Intacct's XML API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new IntacctXmlEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}
