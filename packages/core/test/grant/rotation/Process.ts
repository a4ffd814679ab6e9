import { Deferred, Effect, Exit, Redacted, Scope } from "effect"
import type { Application } from "../../../src/application/Application.ts"
import { defaultTimes } from "../../../src/application/makeApplication.ts"
import type { Credential } from "../../../src/credential/CredentialCache.ts"
import { Renewals } from "../../../src/credential/Renewals.ts"
import type { Reason, StoreUnavailable } from "../../../src/errors/Reason.ts"
import { failure, type SageAuthError } from "../../../src/errors/SageAuthError.ts"
import { Grants } from "../../../src/grant/Grants.ts"
import type { GrantRecord } from "../../../src/grant/GrantStore.ts"
import type { Sealer } from "../../../src/grant/GrantOptions.ts"
import type { AgedCredential, GrantRenewal } from "../../../src/grant/GrantContents.ts"
import { storeUnavailable } from "../../../src/grant/storeUnavailable.ts"
import type { SageEvent } from "../../../src/telemetry/SageEvent.ts"
import { openApplication } from "../../application/openApplication.ts"
import type { WholeStore } from "../openStore.ts"
import type { TokenServer } from "./TokenServer.ts"

export const tenant = "acme"

/** the pause after each try of a pairing is 10 s longer than the one before, and this one is the last */
export const lastPause = 5

/** far more than anybody needs without time passing */
const stepsAtOnce = 5_000

let made: SageAuthError<StoreUnavailable> | undefined

/** What a store says that is away. It is made once: an error costs its stack, and a process meets thousands. */
const isAway = () => (made ??= storeUnavailable({ message: "the store is away", remedy: "Wait." }))

/** How the store of one process misbehaves. */
export type StoreFault =
  /** nothing is done */
  | "away"
  /** the same, and it takes ten seconds to say so, as a file that somebody else holds does */
  | "busy"
  /** it is done, and its success is not told */
  | "untold"

/** What the processes of a test share. */
interface Shared {
  readonly server: TokenServer
  readonly store: WholeStore
  readonly sealer: Sealer
  /** names a write by what it changes */
  describe(next: GrantRecord | undefined): string
  /** undefined: the store does not see it */
  isAlive(owner: string): boolean | undefined
}

export interface ProcessOptions {
  readonly inDoubt?: "replay" | "report" | undefined
  readonly sealer?: Sealer | undefined
  readonly shutdown?: number | undefined
}

/**
 * One process: everything that it does outside itself passes a gate, where it can be killed (it never goes on) or
 * paused (it goes on later, however late it is by then).
 */
export class Process {
  readonly name: string
  /** what it did outside itself, in order */
  readonly steps: Array<string> = []
  readonly events: Array<SageEvent>
  readonly application: Application
  readonly grants: Grants<Reason>
  readonly renewals: Renewals<AgedCredential, Reason>
  killed = false
  /** dies instead of its step with that number, counted from 1 */
  killAt: number | undefined
  /** pauses before its step with that name */
  pauseBefore: string | undefined
  /** asked before each store operation */
  storeFault: (operation: string) => StoreFault | undefined = () => undefined
  #paused: Deferred.Deferred<void> | undefined
  #detached = 0
  #steppedAt = 0
  #atOnce = 0
  readonly #scope: Scope.Closeable

  constructor(
    shared: Shared,
    name: string,
    options: ProcessOptions,
    opened: { readonly application: Application; readonly events: Array<SageEvent>; readonly scope: Scope.Closeable }
  ) {
    this.name = name
    this.events = opened.events
    this.#scope = opened.scope
    this.application = {
      ...opened.application,
      detach: (effect) => {
        this.#detached++
        opened.application.detach(
          Effect.ensuring(
            effect,
            Effect.sync(() => this.#detached--)
          )
        )
      }
    }
    const { server } = shared
    const store = this.#gated(shared)
    this.grants = new Grants<Reason>(
      this.application,
      { store, once: store.once, sealing: options.sealer ?? shared.sealer },
      {
        surface: "business-cloud",
        connection: "books",
        slot: () => this.renewals.cache.slot(""),
        inDoubt: options.inDoubt ?? "replay",
        ended: "business-cloud.grant-ended",
        rotate: ({ refreshToken }) =>
          server.rotate(name, Redacted.value(refreshToken), this.gate("send"), this.gate("read answer")),
        revokeAlone: (refreshToken) => Effect.sync(() => server.revoke(Redacted.value(refreshToken))),
        dueIn: () => 7 * 86_400_000,
        pairing: {
          exchange: (_, { code }) =>
            server.pair(name, Redacted.value(code), this.gate("send code"), this.gate("read answer")),
          pauseAfter: (attempts) => Effect.succeed(attempts > lastPause ? undefined : attempts * 10_000),
          pending: (_, retryIn) =>
            failure("x3-gateway.pairing-pending", { message: `waits ${retryIn ?? "for somebody to ask"}` })
        }
      },
      defaultTimes
    )
    this.renewals = new Renewals<AgedCredential, Reason>(this.application, {
      surface: "business-cloud",
      connection: "books",
      tenantOf: () => tenant,
      renew: ({ cause, key, replaces }) =>
        Effect.map(
          this.grants.renew({
            tenant,
            context: key,
            replaces: replaces?.value.credential.id,
            rejected: cause === "rejected",
            force: cause === "asked" ? "always" : undefined
          }),
          (held) => {
            const arrivedAt = this.application.now() - held.age
            const lifetime = held.credential.lifetime ?? Number.POSITIVE_INFINITY
            const expiresAt = arrivedAt + lifetime
            const again = held.credential.id === replaces?.value.credential.id
            return { value: held, expiresAt, renewAt: again ? expiresAt : arrivedAt + 0.6 * lifetime }
          }
        )
    })
  }

  get paused(): boolean {
    return this.#paused !== undefined
  }

  get detached(): number {
    return this.#detached
  }

  kill(): void {
    this.killed = true
  }

  pause(): void {
    this.#paused ??= Deferred.makeUnsafe()
  }

  resume(): void {
    const paused = this.#paused
    this.#paused = undefined
    if (paused !== undefined) Deferred.doneUnsafe(paused, Effect.void)
  }

  /** a credential, as a caller gets it */
  acquire(context = ""): Effect.Effect<Credential<AgedCredential>, SageAuthError> {
    return Effect.suspend(() => this.renewals.acquire(this.renewals.cache.slot(context)))
  }

  renew(renewal: Partial<GrantRenewal> = {}): Effect.Effect<AgedCredential, SageAuthError> {
    return this.grants.renew({ tenant, context: "", replaces: undefined, rejected: false, ...renewal })
  }

  /** asks anew with what is configured: under a lease, and without an intent */
  ask(): Effect.Effect<AgedCredential, SageAuthError> {
    const tokens = { refreshToken: undefined, lifetime: 300_000, grantLifetime: undefined }
    return this.grants.ask(
      { tenant, context: "", replaces: undefined, rejected: false },
      Effect.map(this.gate("ask"), () => ({ ...tokens, accessToken: Redacted.make(`asked by ${this.name}`) }))
    )
  }

  close(): Effect.Effect<void> {
    return Scope.close(this.#scope, Exit.void)
  }

  types(): ReadonlyArray<SageEvent["type"]> {
    return this.events.map(({ type }) => type)
  }

  gate(step: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.killed) return Effect.never
      if (this.pauseBefore === step) {
        this.pauseBefore = undefined
        this.pause()
      }
      if (this.#paused !== undefined) return Effect.andThen(Deferred.await(this.#paused), this.gate(step))
      this.steps.push(step)
      // a test should fail instead of running for ever
      const now = this.application.now()
      this.#atOnce = now === this.#steppedAt ? this.#atOnce + 1 : 0
      this.#steppedAt = now
      if (this.#atOnce > stepsAtOnce) return Effect.die(new Error(`${this.name} goes round in circles at ${step}`))
      if (this.steps.length !== this.killAt) return Effect.void
      this.kill()
      return Effect.never
    })
  }

  #gated(shared: Shared): WholeStore {
    const away = Effect.suspend(() => Effect.fail(isAway()))
    const through = <A>(
      operation: string,
      effect: Effect.Effect<A, SageAuthError<StoreUnavailable>>
    ): Effect.Effect<A, SageAuthError<StoreUnavailable>> =>
      Effect.gen({ self: this }, function* () {
        yield* this.gate(operation)
        const fault = this.storeFault(operation)
        if (fault === "busy") yield* Effect.sleep(10_000)
        if (fault === "away" || fault === "busy") return yield* away
        const result = yield* effect
        yield* this.gate(`${operation}, done`)
        return fault === "untold" ? yield* away : result
      })
    const { store } = shared
    return {
      ...store,
      now: through("now", store.now),
      read: (key) => through("read", store.read(key)),
      compareAndSet: (key, revision, next, options) =>
        Effect.suspend(() => {
          const what = shared.describe(next)
          return through(what, store.compareAndSet(key, revision, next, options))
        }),
      once: {
        put: store.once.put,
        read: (id) => through("look", store.once.read(id)),
        take: (id) => through("take", store.once.take(id))
      },
      changed: (key, revision, milliseconds) =>
        Effect.andThen(this.gate("changed"), store.changed(key, revision, milliseconds)),
      owner: through("owner", Effect.succeed(this.name)),
      alive: (owner) =>
        through(
          "alive",
          Effect.sync(() => shared.isAlive(owner))
        )
    }
  }
}

/** Starts a process; it ends with the scope of the test, unless it was killed. */
export const startProcess = (shared: Shared, name: string, options: ProcessOptions = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const opened = yield* Scope.provide(openApplication({ shutdown: options.shutdown ?? 20_000 }), scope)
    return new Process(shared, name, options, { ...opened, scope })
  })
