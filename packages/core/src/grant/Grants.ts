import { randomUUID } from "node:crypto"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Result from "../config/Result.ts"
import { type Application, type Waiting, waitingFor } from "../application/Application.ts"
import { type CatalogueId, catalogue } from "../errors/catalogue.ts"
import type {
  Reason,
  ReauthorizationCause,
  ReauthorizationRequired,
  StoreUnavailable,
  Surface
} from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import { marginOf } from "../oauth2/lifetime.ts"
import { unknownAge } from "./age.ts"
import * as Contents from "./GrantContents.ts"
import type { Ended, Granted, GrantContents, Pairing, StoredCredential } from "./GrantContents.ts"
import type { GrantKey, GrantRecord, GrantRow, GrantStore, Intent, Lease } from "./GrantStore.ts"
import type { GrantTimes } from "./times.ts"
import { describeHolder, type Holder, holderOf, nameOwner, processOf } from "./holder.ts"
import { updateRow } from "./updateRow.ts"

/**
 * What the answer to a rotation, or its absence, says about the refresh token that was sent.
 *
 * - `not-run`: it surely was not used: the request never left, or the server refused to look at it
 * - `dead`: the server knows it no more
 * - `unknown`: it may have been used, and the answer is lost
 */
export interface RotationFailure {
  readonly error: SageAuthError
  readonly meaning: "not-run" | "dead" | "unknown"
  /** why it is dead, where the server says */
  readonly cause?: ReauthorizationCause | undefined
  /** what was said of it, in words that may be shown */
  readonly said?: string | undefined
}

/** Seals what is stored, bound to the row that it is stored in. */
export interface Sealer {
  readonly seal: (
    key: GrantKey,
    version: number,
    plain: string
  ) => Effect.Effect<Pick<GrantRecord, "sealed" | "keyId">, SageAuthError<StoreUnavailable>>
  readonly open: (
    key: GrantKey,
    version: number,
    sealed: string
  ) => Effect.Effect<string, SageAuthError<StoreUnavailable>>
}

/** What a surface says of its grants. */
export interface GrantOptions {
  readonly surface: Surface
  readonly connection: string
  /** what to do when a rotation was sent and its answer never came: replay it once (default), or report it */
  readonly inDoubt: "replay" | "report"
  /** the entry of the error catalogue for a grant that the server refused */
  readonly ended: CatalogueId
  /** exchanges a refresh token; it has a time-out of its own and is never interrupted once it was started */
  readonly rotate: (rotation: {
    readonly tenant: string
    readonly context: string
    readonly refreshToken: Redacted.Redacted
    readonly contents: GrantContents
  }) => Effect.Effect<Granted, RotationFailure>
  /** ends a refresh token at the server; undefined where that would hit more than this grant */
  readonly revokeAlone:
    | ((
        refreshToken: Redacted.Redacted,
        tenant: string,
        grantExtras: Readonly<Record<string, string>>
      ) => Effect.Effect<void>)
    | undefined
  /** when keep-alive should renew a grant at the latest, in milliseconds from now; undefined: never */
  readonly dueIn: (grantLifetime: number | undefined) => number | undefined
  /** how a code is exchanged that is kept until then; undefined: codes are exchanged before anything is stored */
  readonly pairing?: PairingOptions | undefined
}

/** What a surface says of consents that are accepted later. */
export interface PairingOptions {
  /** exchanges the code; it has a time-out of its own and is never interrupted once it was started */
  readonly exchange: (tenant: string, pairing: Pairing) => Effect.Effect<Granted, RotationFailure>
  /** the pause after that many tries, in milliseconds; undefined: no further try by itself */
  readonly pauseAfter: (attempts: number, error: SageAuthError) => Effect.Effect<number | undefined>
  /** what a caller is told before the pause is over; milliseconds, or undefined as above */
  readonly pending: (tenant: string, retryIn: number | undefined) => SageAuthError
}

/** A credential of a grant, and how old it is. */
export interface Held {
  readonly credential: StoredCredential
  /** milliseconds since it arrived, by the store's clock */
  readonly age: number
  readonly contents: GrantContents
}

/** Which credential is to be renewed, and which one it replaces. */
export interface GrantRenewal {
  readonly tenant: string
  /** `""`: the grant's own; else the id of an entity */
  readonly context: string
  /** the credential that cannot be used any longer; any other fresh one that is found is taken instead */
  readonly replaces: string | undefined
  /** it was rejected, so that what is left of its life counts for nothing */
  readonly rejected: boolean
  /**
   * Rotate even if the store has a credential that is worth taking: `always`, because somebody asked; `due`, unless
   * somebody else has renewed the grant since it was found due.
   */
  readonly force?: "always" | "due" | undefined
}

type Failures = ReauthorizationRequired | StoreUnavailable
type Failing<Rs extends Reason> = SageAuthError<Rs | Failures>

/** What is in the store for a tenant. */
export interface Seen {
  readonly state: GrantRow["state"]
  readonly contents: GrantContents
  /** milliseconds from now */
  readonly grantExpiresIn: number | undefined
  /** the grant's own credential, fresh or not */
  readonly held: Held | undefined
  /** its lease is held by an owner that hangs, as this process found while it waited for it */
  readonly stall: Stall | undefined
}

/** Something that is made of a row while nobody else does so. */
interface Task<A, Rs extends Reason> {
  /** there is no row: fails, or sees to it that there is one */
  readonly absent: Effect.Effect<void, Failing<Rs>>
  /** what the row has already */
  readonly found: (row: GrantRow, contents: GrantContents) => Effect.Effect<A | undefined, Failing<Rs>>
  /** fails where it cannot be made of what is in the row */
  readonly refuse: (row: GrantRow, contents: GrantContents) => Effect.Effect<void, Failing<Rs>>
  /** makes it under the lease, from what the row holds; undefined: look at the row again */
  readonly work: (
    holding: Holding,
    leased: GrantRow,
    contents: GrantContents
  ) => Effect.Effect<A | undefined, Failing<Rs>>
}

/** A lease in hand. */
interface Holding {
  readonly key: GrantKey
  /** no other lease has the same */
  readonly owner: string
}

/** What a watcher has seen of somebody else's lease. */
interface Watch {
  readonly owner: string
  readonly beat: number
  /** for how long it has looked the same, gaps in our own looking left out */
  readonly silent: number
  /** for how long we have seen that owner hold it, gaps left out as well */
  readonly held: number
  readonly lookedAt: number
}

/** An owner that holds a lease and does not finish. */
export interface Stall extends Holder {
  /** for how long it was seen to hold the lease, in milliseconds */
  readonly heldFor: number
}

/** What came back from a rotation and is to be stored. */
interface Received {
  readonly family: string
  readonly intent: Intent
  readonly granted: Granted
  readonly context: string
  readonly credential: StoredCredential
  /** by the application's clock */
  readonly at: number
  /** the incarnation of the store that knew of the intent */
  readonly incarnation: number
}

/** A consent whose pair could not be written yet. */
interface UnwrittenConsent {
  readonly family: string
  readonly granted: Granted
  readonly contents: GrantContents
  /** by the application's clock */
  readonly at: number
  readonly incarnation: number
  /** a newer consent or a disconnection came after it */
  over: boolean
  /** the consent before it, or `none`, as its first look at the row found it */
  before: string | undefined
  /** what the row was when it was last written, for the event */
  was: GrantRow["state"] | undefined
}

/** What is left of the time of `close()` is for a revocation, as a part of it. */
const giveUpForRevocation = 0.5

/** A credential with less than this left, in milliseconds, is not worth taking. */
const worthTaking = 1_000

/**
 * The grants of one connection: what is in the store, and how it is renewed there, whoever asks.
 *
 * One renewal at a time: in this process by the engine that calls it, across processes by a lease, and in truth by the
 * store's compare-and-set. Before a refresh token is sent the store knows about it; what comes back is stored before it
 * is used; a process may be killed between any two of these steps.
 */
export class Grants<Rs extends Reason> {
  readonly #application: Application
  readonly #store: GrantStore["Service"]
  readonly #sealing: Sealer
  readonly #options: GrantOptions
  readonly #times: GrantTimes
  /** grants whose new pair could not be written yet: nobody in this process rotates them until it is */
  readonly #unwritten = new Map<string, Deferred.Deferred<void>>()
  /** consents that are among them, by tenant */
  readonly #consents = new Map<string, UnwrittenConsent>()
  /** leases whose owner was announced to hang, by tenant */
  readonly #stalls = new Map<string, Stall & { readonly owner: string }>()

  constructor(
    application: Application,
    store: GrantStore["Service"],
    sealing: Sealer,
    options: GrantOptions,
    times: GrantTimes
  ) {
    this.#application = application
    this.#store = store
    this.#sealing = sealing
    this.#options = options
    this.#times = times
  }

  keyOf(tenant: string): GrantKey {
    return { surface: this.#options.surface, connection: this.#options.connection, tenant }
  }

  get #incarnation(): number {
    return this.#store.incarnation?.() ?? 0
  }

  #place(tenant: string): Place & GrantKey {
    return this.keyOf(tenant)
  }

  /** the same for whoever finds a grant dead, now and later, in this process and in any other */
  #required(
    tenant: string,
    cause: ReauthorizationCause,
    { ended, refreshToken }: Pick<GrantContents, "ended" | "refreshToken"> = Contents.empty
  ): SageAuthError<ReauthorizationRequired> {
    const id = ended?.id ?? idOf(cause, refreshToken !== undefined, this.#options.ended)
    const { cause: usual, meaning } = catalogue[id]
    return failure<ReauthorizationRequired>(id, {
      ...this.#place(tenant),
      cause,
      message:
        cause === "NeverAuthorized"
          ? undefined
          : `${ended?.said ?? meaning} ${cause === "Superseded" ? "A newer consent has replaced it." : usual}`,
      code: ended?.code,
      supportId: ended?.supportId
    })
  }

  /** what is in a row, opened */
  contents(row: GrantRow): Effect.Effect<GrantContents, SageAuthError<StoreUnavailable>> {
    return Effect.flatMap(this.#sealing.open(row.key, row.version, row.sealed), (text) =>
      Effect.mapError(Contents.decode(text), () =>
        failure<StoreUnavailable>("client.store-unavailable", {
          ...row.key,
          message: "the record of this grant was opened and cannot be read: it was written by another version"
        })
      )
    )
  }

  /** where a row without a past begins: a record from before a disconnection, put back, opens under none of its versions */
  get #firstVersion(): Effect.Effect<number, SageAuthError<StoreUnavailable>> {
    return this.#store.now
  }

  #sealed(row: Pick<GrantRow, "key" | "version">, contents: GrantContents) {
    const version = row.version + 1
    return Effect.map(this.#sealing.seal(row.key, version, Contents.encode(contents)), (sealed) => ({
      ...sealed,
      version
    }))
  }

  // ---------------------------------------------------------------- renewal

  /** a fresh credential: found in the store, or made by one rotation */
  renew(renewal: GrantRenewal): Effect.Effect<Held, Failing<Rs>> {
    const { tenant } = renewal
    let asked = renewal.force === "always"
    const stored = this.#stored(tenant, renewal)
    if (stored !== undefined) return Effect.succeed(stored)
    return this.#underLease(tenant, {
      absent: Effect.suspend(() => Effect.fail(this.#required(tenant, "NeverAuthorized"))),
      found: this.#found(renewal),
      refuse: ({ cause, state }, contents) =>
        (state === "reauthorization-required" || state === "disconnected") && contents.pairing === undefined
          ? Effect.fail(this.#required(tenant, cause ?? "NeverAuthorized", contents))
          : Effect.void,
      work: (holding, leased, contents) => {
        const { pairing } = contents
        if (pairing === undefined) return this.#rotate(holding, leased, contents, renewal)
        const now = asked
        asked = false
        return this.#pairOrRotate(holding, leased, contents, renewal, pairing, now)
      }
    })
  }

  /**
   * A fresh credential that is asked for anew, with what is configured, instead of refreshed: found in the store, or
   * brought by one request. Asking again hurts nobody, so there is nothing to note before and nothing to be in doubt of.
   */
  ask(renewal: GrantRenewal, request: Effect.Effect<Granted, RotationFailure>): Effect.Effect<Held, Failing<Rs>> {
    const key = this.keyOf(renewal.tenant)
    const place = { ...unheld, state: "connected", cause: undefined, family: randomUUID() } as const
    return this.#underLease(renewal.tenant, {
      absent: Effect.gen({ self: this }, function* () {
        const sealed = yield* this.#sealed({ key, version: yield* this.#firstVersion }, Contents.empty)
        yield* this.#store.compareAndSet(key, undefined, { ...place, ...sealed })
      }),
      found: this.#found(renewal),
      refuse: () => Effect.void,
      work: ({ owner }) =>
        Effect.gen({ self: this }, function* () {
          const granted = yield* Effect.mapError(request, ({ error }) => error as Failing<Rs>)
          const credential = Contents.arrived(granted)
          let kept: GrantContents | undefined
          yield* updateRow(this.#store, key, (row) =>
            Effect.gen({ self: this }, function* () {
              const before = row === undefined ? Contents.empty : yield* this.contents(row)
              kept = Contents.rotated(before, renewal.context, granted, credential, row?.age ?? 0)
              const sealed = yield* this.#sealed({ key, version: row?.version ?? (yield* this.#firstVersion) }, kept)
              const life = yield* this.#life(granted, kept, row?.grantExpiresAt)
              if (row === undefined) return { ...place, ...sealed, ...life }
              return { ...recordOf(row), ...sealed, ...life, ...after(row, owner, granted.refreshToken !== undefined) }
            })
          )
          if (granted.unusable !== undefined) return yield* Effect.fail(granted.unusable as Failing<Rs>)
          return kept === undefined ? undefined : { credential, age: 0, contents: kept }
        })
    })
  }

  /** what is in the store for a tenant, without renewing anything */
  look(tenant: string): Effect.Effect<Seen | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const row = yield* this.#store.read(this.keyOf(tenant))
      if (row === undefined) return undefined
      const contents = yield* this.contents(row)
      const credential = contents.credentials[""]
      const now = yield* this.#store.now
      return {
        state: row.state,
        contents,
        grantExpiresIn: row.grantExpiresAt === undefined ? undefined : row.grantExpiresAt - now,
        held: credential === undefined ? undefined : { credential, age: credential.age + row.age, contents },
        stall: this.#stallOf(tenant, row)
      }
    })
  }

  /** a fresh credential that a row has already */
  #found(renewal: GrantRenewal): Task<Held, Rs>["found"] {
    let { force, replaces } = renewal
    return (row, contents) =>
      Effect.gen({ self: this }, function* () {
        const current = contents.credentials[renewal.context]
        if (
          force === "due" &&
          current !== undefined &&
          row.dueAt !== undefined &&
          row.age !== unknownAge &&
          row.dueAt > (yield* this.#store.now)
        ) {
          return { credential: current, age: current.age + row.age, contents }
        }
        // from here on any other credential than this one will do: it is the fruit of a renewal meanwhile
        if (force !== undefined) replaces = current?.id
        force = undefined
        return fresh(contents, row.age, { ...renewal, replaces })
      })
  }

  #underLease<A>(tenant: string, task: Task<A, Rs>): Effect.Effect<A, Failing<Rs>> {
    const key = this.keyOf(tenant)
    return Effect.gen({ self: this }, function* () {
      let watch: Watch | undefined
      while (true) {
        yield* this.#written(tenant)
        const row = yield* this.#store.read(key)
        this.#stallOf(tenant, row)
        if (row === undefined) {
          yield* task.absent
          continue
        }
        const contents = yield* this.contents(row)
        const found = yield* task.found(row, contents)
        if (found !== undefined) return found
        yield* task.refuse(row, contents)
        if (row.lease !== undefined) {
          watch = this.#look(row.lease, watch)
          if (!(yield* this.#isGone(row, row.lease, watch, contents))) {
            this.#application.waiting.set(waitingFor(key), waitsFor(watch, row))
            yield* this.#store.changed(key, row.revision, this.#times.look)
            continue
          }
        }
        const made = yield* this.#holding(row, (holding, leased) => task.work(holding, leased, contents))
        if (made !== undefined) return made
      }
    }).pipe(Effect.ensuring(Effect.sync(() => this.#application.waiting.delete(waitingFor(key)))))
  }

  /** the owner of that lease hangs; said once for each lease */
  #announceStall({ key, lease }: GrantRow, { held }: Watch, overtaken: boolean): void {
    if (lease === undefined) return
    const { owner } = lease
    const known = this.#stalls.get(key.tenant)?.owner === owner
    const stall = { ...holderOf(owner), heldFor: held }
    this.#stalls.set(key.tenant, { owner, ...stall })
    if (known) return
    this.#application.publish({ type: "renewal-stalled", ...key, at: this.#application.now(), ...stall, overtaken })
  }

  #stallOf(tenant: string, row: GrantRow | undefined): Stall | undefined {
    const stall = this.#stalls.get(tenant)
    if (stall === undefined) return undefined
    const { heldFor, host, owner, processId } = stall
    if (owner === row?.lease?.owner) return { host, processId, heldFor }
    // that lease is not held any longer
    this.#stalls.delete(tenant)
    return undefined
  }

  /** what we have seen of a lease: only the time that we really looked counts as its owner's silence */
  #look({ beat, owner }: Lease, watch: Watch | undefined): Watch {
    const lookedAt = this.#application.now()
    if (watch === undefined || watch.owner !== owner) return { owner, beat, silent: 0, held: 0, lookedAt }
    const passed = Math.min(Math.max(0, lookedAt - watch.lookedAt), this.#times.look)
    const held = watch.held + passed
    return beat === watch.beat
      ? { owner, beat, silent: watch.silent + passed, held, lookedAt }
      : { owner, beat, silent: 0, held, lookedAt }
  }

  /**
   * Whether a lease may be taken from its owner: it is dead, or it hangs and has sent nothing. What it would still send
   * is fenced, since its intent is written by compare-and-set while the lease is its own, or not at all.
   */
  #isGone(
    row: GrantRow,
    { owner }: Lease,
    watch: Watch,
    { pairing }: GrantContents
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    const { doubt, held, silence, stalled } = this.#times
    const { silent } = watch
    return Effect.map(this.#store.alive(processOf(owner)), (alive) => {
      if (alive === undefined) {
        if (silent >= (row.intent === undefined ? silence : Math.max(doubt, silence))) return true
      } else if (!alive) return true
      const hangs = alive === true && silent >= stalled
      // a code has no intent, and is sent under the lease alone
      const overtaken = hangs && row.intent === undefined && pairing === undefined
      if (hangs || watch.held >= held) this.#announceStall(row, watch, overtaken)
      return overtaken
    })
  }

  /** says in the store that nobody waits any longer for the answer to a rotation */
  #doubt({ key, owner }: Holding, { id }: Intent): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    let before: GrantRow | undefined
    return Effect.map(
      updateRow(this.#store, key, (row) =>
        Effect.sync(() => {
          if (row?.lease?.owner !== owner || row.intent?.id !== id || row.state === "in-doubt") return "keep" as const
          before = row
          return { ...recordOf(row), state: "in-doubt" as const }
        })
      ),
      ({ written }) => {
        if (written && before !== undefined) this.#announceDoubt(before)
      }
    )
  }

  /** once per incident */
  #announceDoubt({ key, state }: Pick<GrantRow, "key" | "state">): void {
    if (state === "in-doubt") return
    this.#application.publish({ type: "rotation-in-doubt", ...key, at: this.#application.now() })
  }

  /**
   * Takes the lease of a row and runs an effect while it is in hand and gives signs of life; undefined: somebody was
   * faster. Whoever waits for it may leave: the effect goes on and the lease is given back after it.
   */
  #holding<A, E>(
    row: GrantRow,
    use: (holding: Holding, leased: GrantRow) => Effect.Effect<A, E>
  ): Effect.Effect<A | undefined, E | SageAuthError<StoreUnavailable>> {
    const { key } = row
    const held = Effect.gen({ self: this }, function* () {
      const holding: Holding = { key, owner: nameOwner(yield* this.#store.owner) }
      const taken = yield* Effect.exit(this.#lease(row, holding))
      if (Exit.isFailure(taken)) {
        // it may have been taken, and only its success was not told
        yield* this.#giveBack(holding)
        return yield* Effect.failCause(taken.cause)
      }
      if (taken.value === undefined) return undefined
      const pulse = yield* Effect.forkDetach(this.#beats(holding))
      const exit = yield* Effect.exit(use(holding, taken.value))
      // nobody may rotate before what this rotation brought is in the store
      const end = this.#written(key.tenant).pipe(
        Effect.andThen(Fiber.interrupt(pulse)),
        Effect.andThen(this.#giveBack(holding))
      )
      if (this.#unwritten.has(key.tenant)) this.#application.detach(end)
      else yield* end
      return yield* exit
    })
    return Effect.contextWith((context: Context.Context<never>) => {
      const done = Deferred.makeUnsafe<A | undefined, E | SageAuthError<StoreUnavailable>>()
      this.#application.detach(
        Effect.provideContext(
          Effect.onExit(held, (exit) => Deferred.done(done, exit)),
          context
        )
      )
      return Deferred.await(done)
    })
  }

  #lease(row: GrantRow, { owner }: Holding): Effect.Effect<GrantRow | undefined, SageAuthError<StoreUnavailable>> {
    const fence = row.fence + 1
    return this.#store.compareAndSet(row.key, row.revision, {
      ...recordOf(row),
      lease: { owner, fence, beat: 0 },
      fence
    })
  }

  #beats({ key, owner }: Holding): Effect.Effect<never> {
    const beat = updateRow(this.#store, key, (row) =>
      Effect.succeed(
        row?.lease?.owner === owner
          ? { ...recordOf(row), lease: { ...row.lease, beat: row.lease.beat + 1 } }
          : ("keep" as const)
      )
    )
    return Effect.gen({ self: this }, function* () {
      const { beat: fast, slowBeat } = this.#times
      let pause = fast
      let silent = 0
      while (true) {
        yield* Effect.sleep(pause)
        silent += pause
        const alive = yield* Effect.exit(this.#store.alive(processOf(owner)))
        // where the store sees who lives, signs only tell who hangs
        const seen = Exit.isSuccess(alive) && alive.value !== undefined
        pause = seen ? slowBeat : fast
        if (seen && silent < slowBeat) continue
        silent = 0
        yield* Effect.exit(beat)
      }
    })
  }

  /** gives the lease back; where the store is away, as soon as it can be */
  #giveBack({ key, owner }: Holding): Effect.Effect<void> {
    const give = updateRow(this.#store, key, (row) =>
      Effect.succeed(row?.lease?.owner === owner ? { ...recordOf(row), lease: undefined } : ("keep" as const))
    )
    return Effect.gen({ self: this }, function* () {
      if (Exit.isSuccess(yield* Effect.exit(give))) return
      // others see that this process lives: they would wait for ever
      this.#application.detach(this.#untilWritten(give))
    })
  }

  /** tries again until it succeeds; undefined: not before that part of the time to end the application was over */
  #untilWritten<A, E>(write: Effect.Effect<A, E>, part = 1): Effect.Effect<A | undefined> {
    return Effect.gen({ self: this }, function* () {
      let closedAt: number | undefined
      while (true) {
        yield* Effect.sleep(this.#times.rewrite)
        const exit = yield* Effect.exit(write)
        if (Exit.isSuccess(exit)) return exit.value
        if (!this.#application.isClosed()) continue
        closedAt ??= this.#application.now()
        if (this.#application.now() - closedAt >= part * this.#application.settings.shutdown) return undefined
      }
    })
  }

  /** one rotation under the lease; undefined: look at the row again */
  #rotate(
    holding: Holding,
    { age, family, grantExpiresAt, intent: doubted }: GrantRow,
    contents: GrantContents,
    { context, rejected, tenant }: GrantRenewal
  ): Effect.Effect<Held | undefined, Failing<Rs>> {
    const { key } = holding
    const { refreshToken } = contents
    const inHand = contents.credentials[context]
    const replays = this.#options.inDoubt === "replay"
    return Effect.gen({ self: this }, function* () {
      if (doubted !== undefined || refreshToken === undefined) {
        if (inHand !== undefined && !rejected && left(inHand, age) > worthTaking) {
          // what is in hand still works: the one who lost the answer may yet bring it
          if (doubted !== undefined) yield* this.#doubt(holding, doubted)
          return { credential: inHand, age: inHand.age + age, contents }
        }
      }
      if (refreshToken === undefined) {
        // a grant that cannot switch to an entity is not dead for that
        if (context !== "") return yield* Effect.fail(this.#required(tenant, "Expired"))
        return yield* this.#dead(key, family, undefined, "Expired", contents)
      }
      if (doubted !== undefined && !replays) {
        return yield* this.#dead(key, family, doubted, "RotationInDoubt", contents)
      }
      const hash = Contents.hashOf(refreshToken)
      let intent: Intent = { id: randomUUID(), owner: holding.owner, hash, replayed: doubted !== undefined }
      if (!(yield* this.#intend(holding, family, intent))) return undefined
      const rotate = this.#options.rotate({ tenant, context, refreshToken, contents })
      const incarnation = this.#incarnation
      let answer = yield* Effect.result(rotate)
      if (Result.isFailure(answer) && mayReplay(answer.failure) && replays && !intent.replayed) {
        // nobody else can hold the newer token, and a request that never arrived is saved
        intent = { ...intent, replayed: true }
        if (!(yield* this.#intend(holding, family, intent))) return undefined
        answer = yield* Effect.result(rotate)
      }
      if (Result.isSuccess(answer)) {
        const credential = Contents.arrived(answer.success)
        const at = this.#application.now()
        const received = { family, intent, granted: answer.success, context, credential, at, incarnation }
        const kept = Contents.rotated(contents, context, answer.success, credential, 0)
        // the new refresh token is not to be used before it is stored
        const meanwhile = { credential, age: 0, contents: { ...kept, refreshToken } }
        return yield* this.#keep(key, answer.success, this.#write(key, received, contents), meanwhile)
      }
      const { error, meaning } = answer.failure
      // what asks for the human says nothing of a token that was used
      if (meaning === "dead" && (!intent.replayed || error.id === "client.interaction-required")) {
        const expired = grantExpiresAt !== undefined && (yield* this.#store.now) >= grantExpiresAt
        const cause = answer.failure.cause ?? (expired ? "Expired" : "Revoked")
        return yield* this.#dead(key, family, intent, cause, { ...contents, ended: endedBy(answer.failure) })
      }
      if (meaning === "dead" || (meaning === "unknown" && !replays)) {
        return yield* this.#dead(key, family, intent, "RotationInDoubt", contents)
      }
      // what was in doubt before this request still is
      if (meaning === "not-run" && !intent.replayed) yield* this.#withdraw(key, intent)
      return yield* Effect.fail(error as Failing<Rs>)
    })
  }

  /** says in the store that this refresh token is about to be sent; false: the lease or the token is somebody else's by now */
  #intend(
    { key, owner }: Holding,
    family: string,
    intent: Intent
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    let before: GrantRow | undefined
    return Effect.map(
      updateRow(this.#store, key, (row) =>
        this.#speaksOf(row, family, intent, (current) => {
          if (current.lease?.owner !== owner) return "keep"
          before = current
          return { ...recordOf(current), intent, state: intent.replayed ? "in-doubt" : current.state }
        })
      ),
      ({ written }) => {
        if (written && intent.replayed && before !== undefined) this.#announceDoubt(before)
        return written
      }
    )
  }

  /** decides about a row only while it holds the refresh token of that intent, of that consent */
  #speaksOf(
    row: GrantRow | undefined,
    family: string,
    { hash }: Intent,
    decide: (row: GrantRow) => GrantRecord | "keep"
  ): Effect.Effect<GrantRecord | "keep", SageAuthError<StoreUnavailable>> {
    if (row === undefined || row.family !== family) return Effect.succeed("keep")
    return Effect.map(this.contents(row), (contents) => (holds(contents, hash) ? decide(row) : "keep"))
  }

  #withdraw(key: GrantKey, { id }: Intent): Effect.Effect<void> {
    // if this fails, the next rotation takes it for one in doubt: slower, and nothing is lost
    return updateRow(this.#store, key, (row) =>
      Effect.succeed(row?.intent?.id === id ? { ...recordOf(row), intent: undefined } : ("keep" as const))
    ).pipe(Effect.ignore)
  }

  /** calls a grant dead, unless somebody was faster than us: undefined */
  #dead(
    key: GrantKey,
    family: string,
    intent: Intent | undefined,
    cause: ReauthorizationCause,
    contents: Pick<GrantContents, "ended" | "refreshToken">
  ): Effect.Effect<undefined, SageAuthError<ReauthorizationRequired | StoreUnavailable>> {
    return Effect.flatMap(this.#markDead(key, family, intent, cause, contents.ended), (marked) =>
      marked ? Effect.fail(this.#required(key.tenant, cause, contents)) : Effect.undefined
    )
  }

  /** false: the row holds a newer pair or another consent, or its token is by now in somebody else's hands */
  #markDead(
    key: GrantKey,
    family: string,
    intent: Intent | undefined,
    cause: ReauthorizationCause,
    ended: Ended | undefined
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      let before: GrantRow | undefined
      const { row, written } = yield* updateRow(this.#store, key, (current) =>
        Effect.gen({ self: this }, function* () {
          before = current
          if (current === undefined || current.family !== family || current.intent?.id !== intent?.id) {
            return "keep" as const
          }
          if (current.state === "reauthorization-required") return "keep" as const
          const contents = Option.getOrUndefined(yield* Effect.option(this.contents(current)))
          const sealed =
            contents === undefined || ended === undefined
              ? {}
              : yield* this.#sealed(current, { ...Contents.aged(contents, current.age), ended })
          const record = { ...dead(current, cause), ...sealed }
          // a newer consent is under way: that one is waited for, and no further one is needed
          return contents?.pairing === undefined
            ? record
            : { ...record, state: "pairing" as const, dueAt: contents.pairing.retryAt }
        })
      )
      if (written && before !== undefined && row?.state === "reauthorization-required") {
        if (cause === "RotationInDoubt") this.#announceDoubt(before)
        const at = this.#application.now()
        this.#application.publish({ type: "reauthorization-required", ...key, at, cause })
      }
      return row?.family === family && row.state === "reauthorization-required"
    })
  }

  // ---------------------------------------------------------------- keeping what was received

  /**
   * Stores a new pair before its refresh token is used. If the store is away, the access token may be used meanwhile;
   * the pair stays in memory and is written as soon as it can be.
   */
  #keep(
    key: GrantKey,
    granted: Granted,
    write: Effect.Effect<Held | "forgotten" | undefined, SageAuthError<StoreUnavailable>>,
    meanwhile: Held,
    ofConsent = false
  ): Effect.Effect<Held | undefined, Failing<Rs>> {
    const { extras } = meanwhile.contents
    return Effect.gen({ self: this }, function* () {
      const first = yield* Effect.exit(write)
      if (Exit.isSuccess(first)) {
        if (first.value === "forgotten") {
          yield* this.#revoke(key, granted, extras)
          return yield* Effect.fail(this.#required(key.tenant, "NeverAuthorized"))
        }
        // what came is not for what was asked; its refresh token is good all the same, and is kept
        if (granted.unusable !== undefined) return yield* Effect.fail(granted.unusable as Failing<Rs>)
        return first.value
      }
      const done = Deferred.makeUnsafe<void>()
      this.#unwritten.set(key.tenant, done)
      this.#application.detach(
        Effect.gen({ self: this }, function* () {
          const later = yield* this.#untilWritten(
            Effect.map(write, (outcome) => ({ outcome })),
            ofConsent ? giveUpForRevocation : 1
          )
          this.#unwritten.delete(key.tenant)
          Deferred.doneUnsafe(done, Effect.void)
          if (later?.outcome === "forgotten") yield* this.#revoke(key, granted, extras)
          if (later !== undefined) return
          if (!ofConsent) return yield* this.#lost(key)
          yield* this.#revoke(key, granted, extras)
          yield* this.#lostConsent(key)
        })
      )
      if (granted.unusable !== undefined) return yield* Effect.fail(granted.unusable as Failing<Rs>)
      return meanwhile
    })
  }

  /** a new pair that could not be stored before the process had to end */
  #lost(key: GrantKey): Effect.Effect<void> {
    this.#application.publish({ type: "rotation-in-doubt", ...key, at: this.#application.now() })
    return Effect.logError(
      `${key.connection}: the application ends and the new refresh token of tenant ${JSON.stringify(key.tenant)} could not be stored. The next renewal sends the old one once more; if the server refuses it, a user has to authorize the connection again.`
    )
  }

  /** waits until what this process received for the tenant is in the store */
  #written(tenant: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const pending = this.#unwritten.get(tenant)
      return pending === undefined ? Effect.void : Deferred.await(pending)
    })
  }

  /** undefined: the row holds a newer pair, or another consent */
  #write(
    key: GrantKey,
    { at: receivedAt, context, credential: arrived, family, granted, incarnation, intent }: Received,
    rotated: GrantContents
  ): Effect.Effect<Held | "forgotten" | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const at = this.#application.now()
      // no older than it really is, however long the store was away
      const credential = { ...arrived, age: Math.max(0, at - receivedAt) }
      let kept: GrantContents | undefined
      let before: GrantRow | undefined
      const { row } = yield* updateRow(this.#store, key, (current) =>
        Effect.gen({ self: this }, function* () {
          kept = undefined
          // a store that took the place of the one that knew of the intent: what it lacks was not forgotten
          const replaced = incarnation !== this.#incarnation
          if (current === undefined && replaced) {
            kept = Contents.rotated(rotated, context, granted, credential, 0)
            return {
              family,
              fence: 0,
              ...(yield* this.#sealed({ key, version: yield* this.#firstVersion }, kept)),
              ...(yield* this.#life(granted, kept, undefined)),
              ...connected
            }
          }
          if (current === undefined || current.family !== family) return "keep" as const
          const contents = yield* this.contents(current)
          if (contents.credentials[context]?.id === credential.id) {
            // an earlier try was carried out, and only its success was not told
            kept = contents
            return "keep" as const
          }
          // another owner has replayed and stored its own pair: that one is the newest the server knows
          // (one that was restored from a backup holds an older one)
          if (!holds(contents, intent.hash) && !replaced) return "keep" as const
          before = current
          kept = Contents.rotated(contents, context, granted, credential, current.age)
          return {
            ...recordOf(current),
            ...(yield* this.#sealed(current, kept)),
            ...(yield* this.#life(granted, kept, current.grantExpiresAt)),
            ...after(current, intent.owner, !holds(kept, intent.hash))
          }
        })
      )
      if (kept !== undefined) {
        if (!holds(kept, intent.hash)) this.#application.publish({ type: "rotation-done", ...key, at })
        // a late answer heals what was called dead without it
        if (before?.state === "reauthorization-required") {
          this.#application.publish({ type: "recovered", ...key, at })
        }
        return { credential, age: credential.age, contents: kept }
      }
      return row === undefined ? ("forgotten" as const) : undefined
    })
  }

  /** ends a pair that nobody will ever use, because the grant was disconnected meanwhile */
  #revoke(
    { tenant }: GrantKey,
    { refreshToken }: Granted,
    extras: Readonly<Record<string, string>>
  ): Effect.Effect<void> {
    const { revokeAlone } = this.#options
    return revokeAlone === undefined || refreshToken === undefined
      ? Effect.void
      : revokeAlone(refreshToken, tenant, extras)
  }

  /** when the grant ends and when keep-alive is due, by the store's clock */
  #life(
    granted: Granted,
    { pairing, refreshToken }: GrantContents,
    before: number | undefined
  ): Effect.Effect<Pick<GrantRecord, "grantExpiresAt" | "dueAt">, SageAuthError<StoreUnavailable>> {
    return Effect.map(this.#store.now, (now) => {
      const { grantLifetime } = granted
      // an answer without a refresh token leaves the end of the old one where it was
      const kept = granted.refreshToken === undefined ? before : undefined
      const grantExpiresAt = grantLifetime === undefined ? kept : now + grantLifetime
      const dueIn =
        refreshToken === undefined
          ? undefined
          : this.#options.dueIn(grantExpiresAt === undefined ? undefined : grantExpiresAt - now)
      const due = Math.min(
        dueIn === undefined ? Number.POSITIVE_INFINITY : now + dueIn,
        pairing?.retryAt ?? Number.POSITIVE_INFINITY
      )
      return { grantExpiresAt, dueAt: Number.isFinite(due) ? due : undefined }
    })
  }

  // ---------------------------------------------------------------- a consent that is accepted later

  /**
   * Keeps the code of a callback, before its transaction is used up and before it is sent. A grant that works goes on
   * until the code was exchanged; of several pairings the last one counts, and of several codes of one pairing the first.
   *
   * Nothing is written where the transaction was used up already: its callback, or a disconnection, was faster. That is
   * looked at after the row was read, and a row that has changed since is read again.
   */
  begin(
    tenant: string,
    received: Omit<Pairing, "attempts" | "retryAt">
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const key = this.keyOf(tenant)
    const { id } = received
    return Effect.gen({ self: this }, function* () {
      let placed: boolean
      do {
        placed = false
        yield* updateRow(this.#store, key, (row) =>
          Effect.gen({ self: this }, function* () {
            placed = row === undefined
            if (row === undefined) {
              // only a row has a revision that tells whether there was a grant, and a disconnection, in between
              const sealed = yield* this.#sealed({ key, version: yield* this.#firstVersion }, Contents.empty)
              return { ...unheld, state: "disconnected", cause: undefined, family: randomUUID(), ...sealed }
            }
            // what does not open any more does not stand in the way of a new consent
            const before = yield* Effect.option(this.contents(row))
            const contents = Contents.aged(
              Option.getOrElse(before, () => Contents.empty),
              row.age
            )
            if (contents.begun?.includes(id) === true) return "keep" as const
            if ((yield* this.#store.readOnce(id)) === undefined) {
              return row.state === "disconnected" ? ("remove" as const) : ("keep" as const)
            }
            const works = Option.isSome(before) && (row.state === "connected" || row.state === "in-doubt")
            const now = yield* this.#store.now
            return {
              ...recordOf(row),
              ...(yield* this.#sealed(row, Contents.withPairing(contents, { ...received, attempts: 0, retryAt: now }))),
              state: works ? row.state : ("pairing" as const),
              dueAt: now
            }
          })
        )
      } while (placed)
    })
  }

  /** exchanges the code that waits, if its pause is over; done as well if somebody else has done so meanwhile */
  pair(tenant: string): Effect.Effect<void, Failing<Rs>> {
    return Effect.asVoid(
      this.#underLease<true>(tenant, {
        absent: Effect.suspend(() => Effect.fail(this.#required(tenant, "NeverAuthorized"))),
        found: ({ age, cause, state }, contents) =>
          contents.pairing === undefined
            ? state === "connected" || state === "in-doubt"
              ? Effect.succeed(true as const)
              : Effect.fail(this.#required(tenant, cause ?? "NeverAuthorized", contents))
            : Effect.flatMap(this.#waits(contents.pairing, age), (waits) =>
                waits === undefined ? Effect.undefined : Effect.fail(this.#pending(tenant, waits))
              ),
        refuse: () => Effect.void,
        work: (holding, leased, { pairing }) =>
          pairing === undefined
            ? Effect.undefined
            : Effect.map(this.#pair(holding, leased, pairing), (held) => (held === undefined ? undefined : true))
      })
    )
  }

  /** how long a pairing still has to wait, in milliseconds, in a row of that age; undefined: no longer */
  #waits({ retryAt }: Pairing, age: number): Effect.Effect<number | undefined, SageAuthError<StoreUnavailable>> {
    if (retryAt === undefined) return Effect.succeed(Number.POSITIVE_INFINITY)
    if (age === unknownAge) return Effect.undefined
    return Effect.map(this.#store.now, (now) => (now >= retryAt ? undefined : retryAt - now))
  }

  #pending(tenant: string, waits: number): Failing<Rs> {
    const { pairing } = this.#options
    const error = pairing?.pending(tenant, Number.isFinite(waits) ? waits : undefined)
    return (error ?? this.#required(tenant, "NeverAuthorized")) as Failing<Rs>
  }

  /** the pairing first, where its pause is over; until it is done, the grant from before serves, if there is one */
  #pairOrRotate(
    holding: Holding,
    row: GrantRow,
    contents: GrantContents,
    renewal: GrantRenewal,
    pairing: Pairing,
    asked: boolean
  ): Effect.Effect<Held | undefined, Failing<Rs>> {
    const alone = row.state === "pairing" || row.state === "reauthorization-required"
    return Effect.gen({ self: this }, function* () {
      const waits = asked ? undefined : yield* this.#waits(pairing, row.age)
      if (waits === undefined) {
        const paired = this.#pair(holding, row, pairing)
        return yield* alone ? paired : Effect.orElseSucceed(paired, () => undefined)
      }
      if (alone) return yield* Effect.fail(this.#pending(renewal.tenant, waits))
      return yield* this.#rotate(holding, row, contents, renewal)
    })
  }

  /** one exchange of a code under the lease; undefined: look at the row again */
  #pair({ key }: Holding, row: GrantRow, pairing: Pairing): Effect.Effect<Held | undefined, Failing<Rs>> {
    const { pairing: options } = this.#options
    if (options === undefined) return Effect.fail(this.#required(key.tenant, "NeverAuthorized"))
    return Effect.gen({ self: this }, function* () {
      const exchange = options.exchange(key.tenant, pairing)
      let answer = yield* Effect.result(exchange)
      if (Result.isFailure(answer) && answer.failure.meaning === "unknown") {
        // a request that never arrived is saved; one that did has brought a pair that nobody holds
        answer = yield* Effect.result(exchange)
      }
      if (Result.isSuccess(answer)) {
        const granted = answer.success
        const credential = Contents.arrived(granted)
        const at = this.#application.now()
        const contents: GrantContents = {
          refreshToken: granted.refreshToken,
          credentials: { "": credential },
          extras: { ...pairing.extras, ...granted.grantExtras }
        }
        const meanwhile = { credential, age: 0, contents: { ...contents, refreshToken: undefined } }
        return yield* this.#keep(key, granted, this.#writePaired(key, pairing, granted, contents, at), meanwhile, true)
      }
      const { cause = "Expired", error, meaning } = answer.failure
      if (meaning === "dead") {
        const ended = endedBy(answer.failure)
        yield* this.#endPairing(key, row, pairing, cause, ended)
        return yield* Effect.fail(this.#required(key.tenant, cause, { ended, refreshToken: undefined }))
      }
      yield* this.#postpone(key, pairing, yield* options.pauseAfter(pairing.attempts + 1, error))
      return yield* Effect.fail(error as Failing<Rs>)
    })
  }

  /** undefined: the row holds another consent by now */
  #writePaired(
    key: GrantKey,
    pairing: Pairing,
    granted: Granted,
    received: GrantContents,
    at: number
  ): Effect.Effect<Held | "forgotten" | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const age = Math.max(0, this.#application.now() - at)
      const contents = Contents.aged(received, age)
      const credential = contents.credentials[""] as StoredCredential
      let kept: GrantContents | undefined
      let before: GrantRow | undefined
      const { row } = yield* updateRow(this.#store, key, (current) =>
        Effect.gen({ self: this }, function* () {
          kept = undefined
          if (current === undefined) return "keep" as const
          const found = yield* this.contents(current)
          if (found.credentials[""]?.id === credential.id) {
            // an earlier try was carried out, and only its success was not told
            kept = found
            return "keep" as const
          }
          // another owner has exchanged the same code later than we did: its pair is the one that the server knows
          if (found.pairing?.id !== pairing.id) return "keep" as const
          before = current
          kept = { ...contents, begun: found.begun }
          return {
            family: randomUUID(),
            fence: current.fence,
            ...(yield* this.#sealed(current, kept)),
            ...(yield* this.#life(granted, contents, undefined)),
            ...connected
          }
        })
      )
      // why there was no grant before is kept while a pairing waits
      if (before?.cause !== undefined) this.#application.publish({ type: "recovered", ...key, at })
      else if (before?.state === "pairing") this.#application.publish({ type: "connected", ...key, at })
      if (kept !== undefined) return { credential, age, contents: kept }
      return row === undefined ? ("forgotten" as const) : undefined
    })
  }

  /** says in the store when the next try may be */
  #postpone(
    key: GrantKey,
    { attempts, id }: Pairing,
    pause: number | undefined
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.asVoid(
      updateRow(this.#store, key, (row) =>
        this.#aboutPairing(row, id, (current, contents, pairing) =>
          Effect.gen({ self: this }, function* () {
            const now = yield* this.#store.now
            const retryAt = pause === undefined ? undefined : now + pause
            const grantDueIn =
              current.state === "pairing" || contents.refreshToken === undefined
                ? undefined
                : this.#options.dueIn(current.grantExpiresAt === undefined ? undefined : current.grantExpiresAt - now)
            const due = Math.min(retryAt ?? Number.POSITIVE_INFINITY, now + (grantDueIn ?? Number.POSITIVE_INFINITY))
            return {
              ...recordOf(current),
              ...(yield* this.#sealed(current, {
                ...contents,
                pairing: { ...pairing, attempts: attempts + 1, retryAt }
              })),
              dueAt: Number.isFinite(due) ? due : undefined
            }
          })
        )
      )
    )
  }

  /** a pairing came to nothing; a grant from before goes on as if it had never been */
  #endPairing(
    key: GrantKey,
    { state }: GrantRow,
    { id }: Pairing,
    cause: ReauthorizationCause,
    ended: Ended
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const { row, written } = yield* updateRow(this.#store, key, (current) =>
        this.#aboutPairing(current, id, (found, contents) =>
          Effect.gen({ self: this }, function* () {
            const works = found.state === "connected" || found.state === "in-doubt"
            const kept = { ...contents, pairing: undefined, ended: works ? contents.ended : ended }
            const sealed = yield* this.#sealed(found, kept)
            return works ? { ...recordOf(found), ...sealed } : { ...dead(found, cause), ...sealed }
          })
        )
      )
      if (!written) return
      const at = this.#application.now()
      if (row?.state === "reauthorization-required") {
        this.#application.publish({ type: "reauthorization-required", ...key, at, cause })
      } else if (state !== "pairing") {
        const message = `${key.connection}: a new consent came to nothing, and the grant from before goes on.`
        this.#application.publish({ type: "advice", ...key, at, subject: "consent-ended", message })
      }
    })
  }

  /** decides about a row only while it holds that pairing */
  #aboutPairing(
    row: GrantRow | undefined,
    id: string,
    decide: (
      row: GrantRow,
      contents: GrantContents,
      pairing: Pairing
    ) => Effect.Effect<GrantRecord, SageAuthError<StoreUnavailable>>
  ): Effect.Effect<GrantRecord | "keep", SageAuthError<StoreUnavailable>> {
    if (row === undefined) return Effect.succeed("keep")
    return Effect.gen({ self: this }, function* () {
      const contents = yield* this.contents(row)
      if (contents.pairing?.id !== id) return "keep"
      return yield* decide(row, Contents.aged(contents, row.age), contents.pairing)
    })
  }

  // ---------------------------------------------------------------- consent and disconnection

  /**
   * A new consent: a family of its own, which wins over whatever was there. Where the store is away, the pair is kept in
   * memory, and written as soon as it can be: until then this fails as `client.consent-being-stored`. What cannot be
   * stored before the application ends is revoked where that hits this grant alone.
   */
  consent(tenant: string, granted: Granted): Effect.Effect<Held, SageAuthError<StoreUnavailable>> {
    const key = this.keyOf(tenant)
    const credential = Contents.arrived(granted)
    const contents: GrantContents = {
      refreshToken: granted.refreshToken,
      credentials: { "": credential },
      extras: granted.grantExtras ?? {}
    }
    const consent: UnwrittenConsent = {
      family: randomUUID(),
      granted,
      contents,
      at: this.#application.now(),
      incarnation: this.#incarnation,
      over: false,
      before: undefined,
      was: undefined
    }
    return Effect.gen({ self: this }, function* () {
      // one that still waits for the store is not the newest any longer
      this.#endConsent(tenant)
      const write = this.#writeConsent(key, consent)
      const first = yield* Effect.exit(write)
      if (Exit.isSuccess(first)) return { credential, age: 0, contents }
      const done = Deferred.makeUnsafe<void>()
      this.#consents.set(tenant, consent)
      this.#unwritten.set(tenant, done)
      this.#application.detach(
        Effect.gen({ self: this }, function* () {
          const outcome = yield* this.#untilWritten(write, giveUpForRevocation)
          if (this.#consents.get(tenant) === consent) this.#consents.delete(tenant)
          if (this.#unwritten.get(tenant) === done) this.#unwritten.delete(tenant)
          Deferred.doneUnsafe(done, Effect.void)
          if (outcome !== "written") yield* this.#revoke(key, granted, contents.extras)
          if (outcome === undefined) yield* this.#lostConsent(key)
        })
      )
      return yield* Effect.fail(failure<StoreUnavailable>("client.consent-being-stored", this.#place(tenant)))
    })
  }

  /** whether a consent was given that is not in the store yet, and what came with it */
  storing(tenant: string): GrantContents | undefined {
    const consent = this.#consents.get(tenant)
    return consent === undefined
      ? undefined
      : Contents.aged(consent.contents, Math.max(0, this.#application.now() - consent.at))
  }

  /** what came with a consent that is not in the store yet: its refresh token is not to be used before it is */
  #stored(tenant: string, { context, rejected }: GrantRenewal): Held | undefined {
    const contents = rejected ? undefined : this.storing(tenant)
    const credential = contents?.credentials[context]
    if (contents === undefined || credential === undefined || left(credential, 0) <= worthTaking) return undefined
    return { credential, age: credential.age, contents: { ...contents, refreshToken: undefined } }
  }

  /** nothing of a consent that still waits for the store is written any more */
  #endConsent(tenant: string): void {
    const earlier = this.#consents.get(tenant)
    if (earlier === undefined) return
    earlier.over = true
    this.#consents.delete(tenant)
  }

  #writeConsent(
    key: GrantKey,
    consent: UnwrittenConsent
  ): Effect.Effect<"written" | "over", SageAuthError<StoreUnavailable>> {
    const { at: givenAt, contents: given, family, granted, incarnation } = consent
    return Effect.gen({ self: this }, function* () {
      if (consent.over) return "over"
      const at = this.#application.now()
      const contents = Contents.aged(given, Math.max(0, at - givenAt))
      const { row } = yield* updateRow(this.#store, key, (current) =>
        Effect.gen({ self: this }, function* () {
          // an earlier try was carried out, and only its success was not told
          if (consent.over || current?.family === family) return "keep" as const
          const found = current === undefined ? "none" : current.family
          consent.before ??= found
          // somebody has consented anew, or disconnected, since this consent was given
          if (found !== consent.before && incarnation === this.#incarnation) return "keep" as const
          consent.was = current?.state ?? "disconnected"
          const sealed = yield* this.#sealed(
            { key, version: current?.version ?? (yield* this.#firstVersion) },
            contents
          )
          return {
            family,
            fence: current?.fence ?? 0,
            ...sealed,
            ...(yield* this.#life(granted, contents, undefined)),
            ...connected
          } satisfies GrantRecord
        })
      )
      if (row?.family !== family) return "over"
      if (consent.was === "reauthorization-required") this.#application.publish({ type: "recovered", ...key, at })
      if (consent.was === "disconnected") this.#application.publish({ type: "connected", ...key, at })
      return "written"
    })
  }

  /** a consent that could not be stored before the process had to end */
  #lostConsent(key: GrantKey): Effect.Effect<void> {
    const revoked =
      this.#options.revokeAlone === undefined
        ? "Its tokens stay valid at the server until they end: revoking them would end more than this grant"
        : "Its tokens were revoked at the server"
    return Effect.logError(
      `${key.connection}: the application ends and the consent of tenant ${JSON.stringify(key.tenant)} could not be stored. ${revoked}. A user has to authorize the connection again.`
    )
  }

  /**
   * Forgets the grant here, and uses up what its callbacks could bring it back with; what it was, so that it can be
   * revoked at the server too.
   */
  forget(tenant: string): Effect.Effect<GrantContents | undefined, SageAuthError<StoreUnavailable>> {
    const key = this.keyOf(tenant)
    return Effect.gen({ self: this }, function* () {
      this.#endConsent(tenant)
      let before: GrantContents | undefined
      yield* updateRow(this.#store, key, (row) =>
        Effect.gen({ self: this }, function* () {
          before = undefined
          if (row === undefined) return "keep" as const
          // a grant that does not open any more can be forgotten all the same
          before = Option.getOrUndefined(yield* Effect.option(this.contents(row)))
          for (const id of before?.begun ?? []) yield* this.#store.takeOnce(id)
          return "remove" as const
        })
      )
      return before
    })
  }
}

/** A record of which nobody has taken the lease yet. */
const unheld = {
  lease: undefined,
  intent: undefined,
  fence: 0,
  grantExpiresAt: undefined,
  dueAt: undefined
} as const

/** What a consent leaves behind. */
const connected = { state: "connected", cause: undefined, lease: undefined, intent: undefined } as const

/** What a renewal of that owner leaves behind; somebody who took over meanwhile gives the lease back by itself. */
const after = ({ intent, lease }: GrantRow, owner: string, replaced: boolean) => ({
  ...connected,
  lease: lease?.owner === owner ? undefined : lease,
  intent: replaced || intent?.owner === owner ? undefined : intent
})

/** A grant that can no longer be used, and why. */
const dead = (row: GrantRow, cause: ReauthorizationCause): GrantRecord => ({
  ...recordOf(row),
  state: "reauthorization-required",
  cause,
  lease: undefined,
  intent: undefined,
  dueAt: undefined
})

/** The entry for a grant of which it is not stored what the server said. */
const idOf = (cause: ReauthorizationCause, refreshable: boolean, ended: CatalogueId): CatalogueId => {
  if (cause === "NeverAuthorized") return "client.never-authorized"
  if (cause === "RotationInDoubt") return "client.rotation-in-doubt"
  // without a refresh token no server was asked
  return cause === "Expired" && !refreshable ? "client.grant-expired" : ended
}

const endedBy = ({ error: { code, id, supportId }, said }: RotationFailure): Ended => ({ id, code, supportId, said })

/** A lost answer is asked for once more at once; a limit wants a pause first. */
const mayReplay = ({ error, meaning }: RotationFailure): boolean =>
  meaning === "unknown" && error.reason._tag !== "RateLimited"

/** What a caller waits for whose deadline passes: who holds the lease, and what to do about it. */
const waitsFor =
  ({ held, owner, silent }: Watch, { intent, key }: GrantRow): Waiting =>
  () => {
    const holder = holderOf(owner)
    const who = describeHolder(holder)
    const silence = silent > held / 2 ? ", and gave no sign of life" : ""
    const sent = intent === undefined ? "" : ", and has sent the refresh token"
    return {
      message: `${who} held the lease of this grant for ${seconds(held)}${silence}${sent}. Nobody else may renew the grant meanwhile.`,
      remedy: `Look at ${who}, which renews ${key.connection} and does not finish: it may be stopped, hang, or wait for a server. Let it go on, or end it; then the next call takes the lease. A longer \`deadline\` helps only if it is merely slow.`
    }
  }

const seconds = (milliseconds: number): string => `at least ${Math.floor(milliseconds / 1_000)} s`

/** The record in a row, to be written again with changes. */
export const recordOf = ({ age: _age, key: _key, revision: _revision, ...record }: GrantRow): GrantRecord => record

/** How long a credential still lives, in milliseconds. */
const left = (credential: StoredCredential, rowAge: number): number =>
  (credential.lifetime ?? Number.POSITIVE_INFINITY) - credential.age - rowAge

/** A credential in the store that is another one than the one to be replaced, and worth taking. */
const fresh = (contents: GrantContents, rowAge: number, { context, replaces }: GrantRenewal): Held | undefined => {
  const credential = contents.credentials[context]
  if (credential === undefined || credential.id === replaces) return undefined
  // what is within its margin would be renewed at once
  const margin = credential.lifetime === undefined ? 0 : marginOf(credential.lifetime)
  if (left(credential, rowAge) <= Math.max(worthTaking, margin)) return undefined
  return { credential, age: credential.age + rowAge, contents }
}

/** Whether the refresh token in there is the one of that hash. */
const holds = ({ refreshToken }: GrantContents, hash: string): boolean =>
  refreshToken !== undefined && Contents.hashOf(refreshToken) === hash
