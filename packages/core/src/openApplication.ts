import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Application, SharedSettings } from "./application/Application.ts"
import { defaultSettings, makeApplication } from "./application/makeApplication.ts"
import type { Connections, Definition } from "./Connection.ts"
import type { AcquireReasons, Issue, Misconfigured, StoreUnavailable } from "./errors/Reason.ts"
import { failure, isSageAuthError, type SageAuthError } from "./errors/SageAuthError.ts"
import { layerGrantStoreFromPort } from "./grant/storeFromPort.ts"
import type { GrantStore } from "./grant/GrantStore.ts"
import {
  keepAliveLoop,
  type KeepAlivePass,
  keepAlivePass,
  type KeptAlive,
  reseal,
  type Resealed,
  type StoredGrantFilter,
  type StoredGrants,
  storedGrants
} from "./grant/storePasses.ts"
import type { StorePort } from "./grant/StorePort.ts"
import {
  type AuthorizationCallback,
  type AuthorizationReasons,
  type Authorizing,
  completeAuthorization
} from "./oauth2/completeAuthorization.ts"
import { type Checked, type CheckedSettings, type Completed, defaultTenant } from "./Config.ts"
import { type Coordination, layerCoordinationFromPort } from "./traffic/Pool.ts"
import type { CoordinationPort } from "./traffic/CoordinationPort.ts"
import { scheduleOf } from "./traffic/RetrySchedules.ts"

/** A session of Intacct's, for another surface of it. */
export interface LentSession {
  readonly id: Redacted.Redacted
  /** the company, case folded */
  readonly company: string
}

/** A connection that is at work in an application. */
export interface OpenConnection {
  readonly effect: (tenant: string) => unknown
  readonly promise: (tenant: string) => unknown
  /** takes the callback of a consent, where there are any */
  readonly authorizing?: Authorizing | undefined
  /** lends the tenant's session to another surface of the same product; `fresh`: the one it lent was refused */
  readonly lendSession?:
    | ((tenant: string, fresh: boolean) => Effect.Effect<LentSession, SageAuthError<AcquireReasons["intacct-xml"]>>)
    | undefined
  /** whose session that is, as configured now; nothing is sent */
  readonly sessionOf?:
    | ((tenant: string) => Effect.Effect<ReadonlyArray<string>, SageAuthError<Misconfigured>>)
    | undefined
  /** renews a grant that would die unused, where there are any */
  readonly keptAlive?: KeptAlive | undefined
}

/** How the connections of one builder are checked and put to work. An engine has one for each builder. */
export interface Work {
  /** every mistake that can be seen without asking a function */
  readonly validate: (options: unknown, at: string, connections: Connections) => ReadonlyArray<Issue>
  /** only after `validate` found nothing. `find` gives the other connections of the application, once all are open */
  readonly open: (
    options: unknown,
    application: Application,
    name: string,
    find: (connection: string) => OpenConnection | undefined
  ) => OpenConnection
}

/** Whatever a foreign layer fails with, the application hears that its store is away. */
const ofLayer = (layer: Layer.Layer<GrantStore, unknown>): SharedSettings["store"] =>
  layer.pipe(
    Layer.catch((thrown) =>
      Layer.effectContext(
        Effect.fail(
          isSageAuthError(thrown) && thrown.reason._tag === "StoreUnavailable"
            ? (thrown as SageAuthError<StoreUnavailable>)
            : failure<StoreUnavailable>("client.store-unavailable", { message: "the layer of the grant store failed" })
        )
      )
    )
  )

/** Loaded when a store is opened: many applications have none of their own, or one elsewhere. */
const sqliteAt = (path: string): SharedSettings["store"] =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./grant/sqlite.ts")),
      ({ layerGrantStoreSqlite }) => layerGrantStoreSqlite({ path })
    )
  )

const storeOf = (store: CheckedSettings["store"]): SharedSettings["store"] => {
  if (store === "memory:") return defaultSettings.store
  if (typeof store === "string") return sqliteAt(store.slice("sqlite:".length))
  return Layer.isLayer(store)
    ? ofLayer(store as unknown as Layer.Layer<GrantStore, unknown>)
    : layerGrantStoreFromPort(store as StorePort)
}

const coordinationOf = (coordination: CheckedSettings["coordination"]): SharedSettings["coordination"] => {
  if (coordination === "memory:") return undefined
  return Layer.isLayer(coordination)
    ? Layer.orDie(coordination as unknown as Layer.Layer<Coordination, unknown>)
    : layerCoordinationFromPort(coordination as CoordinationPort)
}

/** The settings of an application as its engine takes them, complete. */
export const applicationSettings = (checked: CheckedSettings): SharedSettings => ({
  deadline: checked.deadline ?? defaultSettings.deadline,
  shutdown: checked.shutdown ?? defaultSettings.shutdown,
  capacity: checked.capacity ?? defaultSettings.capacity,
  fetch: checked.fetch ?? defaultSettings.fetch,
  retry: {
    transient:
      checked.retry.transient === undefined ? defaultSettings.retry.transient : scheduleOf(checked.retry.transient),
    rateLimited:
      checked.retry.rateLimited === undefined
        ? defaultSettings.retry.rateLimited
        : scheduleOf(checked.retry.rateLimited)
  },
  clock: checked.clock,
  store: storeOf(checked.store),
  keys: checked.keys,
  times: { ...defaultSettings.times, ...checked.times },
  coordination: coordinationOf(checked.coordination),
  keepsMeters: checked.store !== "memory:",
  ownKeys: checked.ownKeys,
  keepAlive: checked.keepAlive,
  log: undefined,
  storeAdvice: []
})

/** The opened application behind both shells. */
export interface OpenApplication<C extends Connections> {
  readonly application: Application
  readonly open: (name: string) => OpenConnection
  readonly completeAuthorization: (
    callback: AuthorizationCallback
  ) => Effect.Effect<Completed<C>, SageAuthError<AuthorizationReasons>>
  readonly keepAlive: Effect.Effect<KeepAlivePass, SageAuthError<StoreUnavailable>>
  readonly reseal: Effect.Effect<Resealed, SageAuthError<StoreUnavailable>>
  readonly grants: (filter: StoredGrantFilter) => Effect.Effect<StoredGrants, SageAuthError<StoreUnavailable>>
  readonly ready: Effect.Effect<void, SageAuthError<StoreUnavailable>>
}

/** Whether a connection goes to a stand-in for Sage's servers. */
const isStandIn = ({ options }: Definition): boolean =>
  (options as { readonly environment?: unknown } | undefined)?.environment === "sandbox"

/** Who tells a human what they should know. */
const logOf = ({ definitions, settings }: Checked<Connections>): SharedSettings["log"] => {
  const { log } = settings
  if (log === undefined) return undefined
  const named = new Set([...definitions].flatMap(([name, each]) => (log.standIns || !isStandIn(each) ? [name] : [])))
  return {
    to: log.to,
    concerns: (connection) => (connection === undefined ? named.size > 0 : named.has(connection))
  }
}

/** What a store of somebody else's lacks. */
const keptHere = (missing: "once" | "meters", consequence: string): string =>
  `the store has no \`${missing}\`, so they are kept in the memory of this process: ${consequence}`

/** What is left to the memory of this process, said of a connection that has it there. */
const storeAdvice = ({ definitions, settings }: Checked<Connections>): SharedSettings["storeAdvice"] => {
  const { clock, store } = settings
  const say = (
    missing: "grants" | "once" | "meters",
    subject: string,
    applies: (definition: Definition) => boolean,
    text: string
  ) => {
    const found = [...definitions].find(([, definition]) => applies(definition))
    if (found === undefined) return []
    const [connection, { surface }] = found
    return [{ surface, connection, tenant: defaultTenant, subject, message: `${connection}: ${text}`, missing }]
  }
  if (store === "memory:") {
    // a clock that is moved is that of a test: consents there are not real ones, and neither are those of a stand-in
    return clock === undefined
      ? say(
          "grants",
          "grants-in-memory",
          (definition) => definition.interactive && !isStandIn(definition),
          'grants are kept in memory: they end with this process, and then every user has to consent again. Configure `store` and `keys`, such as store: "sqlite:.sage-auth/grants.db".'
        )
      : []
  }
  if (typeof store === "string") return []
  return [
    ...say(
      "once",
      "consents-in-memory",
      ({ interactive }) => interactive,
      keptHere(
        "once",
        "no other process can complete a consent that this one began. Implement OncePort, or run one process."
      )
    ),
    ...say(
      "meters",
      "meters-in-memory",
      ({ surface }) => surface === "intacct-xml" || surface === "intacct-rest",
      keptHere(
        "meters",
        "counts start at zero with each process, and a budget holds for each alone. Implement MeterPort, or run one process."
      )
    )
  ]
}

/** Puts a checked configuration to work. Closing the scope closes the application. */
export const openApplication = <C extends Connections>(
  checked: Checked<C>,
  workOf: (name: string) => Work
): Effect.Effect<OpenApplication<C>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { definitions, settings } = checked
    const application = yield* makeApplication({
      ...applicationSettings(settings),
      log: logOf(checked),
      storeAdvice: storeAdvice(checked)
    })
    const opened = new Map<string, OpenConnection>()
    for (const [name, { options }] of definitions) {
      opened.set(
        name,
        workOf(name).open(options, application, name, (other) => opened.get(other))
      )
    }
    const kept = [...opened.values()].flatMap(({ keptAlive }) => (keptAlive === undefined ? [] : [keptAlive]))
    const { keepAlive } = settings
    if (keepAlive !== undefined && kept.length > 0) {
      // often enough that a grant is found soon after it is due, and not so often that anybody notices
      const lookEvery = Math.min(keepAlive.every / 20, 60 * 60_000)
      application.background(keepAliveLoop(application, kept, lookEvery))
    }
    return {
      application,
      open: (name: string) => opened.get(name) as OpenConnection,
      completeAuthorization: (callback) =>
        Effect.map(
          completeAuthorization(application, (name) => opened.get(name)?.authorizing, callback),
          // found among the connections of this application
          (completed) => completed as Completed<C>
        ),
      keepAlive: keepAlivePass(application, kept),
      reseal: Effect.flatMap(application.vault, ({ sealing, store }) => reseal(store, sealing)),
      grants: (filter) => Effect.flatMap(application.vault, ({ store }) => storedGrants(store, filter)),
      ready: Effect.asVoid(application.vault)
    }
  })
