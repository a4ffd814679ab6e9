import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { builtin } from "../config/builtin.ts"
import { type GrantTimes, type WaitDescription, waitingFor } from "../application/Application.ts"
import type { Reason, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantContents, RenewalFailure } from "./GrantContents.ts"
import { type GrantRows, recordOf, type RowHolder } from "./GrantRows.ts"
import type { GrantRow, Intent, Lease } from "./GrantStore.ts"
import type { UnwrittenPairs } from "./UnwrittenPairs.ts"

/** Who holds the lease of a grant, as far as its owner's name tells. */
export interface Holder {
  /** the name of its host; undefined where the lease was written by an older release */
  readonly host: string | undefined
  readonly processId: number | undefined
}

const separator = " "
/** letters that a name of a host has; nothing else of it is written into the store, or read from there */
const foreign = /[^\w.-]/g
const named = /^[\w-]{1,64}\.(\d{1,10})\.([\w.-]{1,64})$/

/** A name for one lease: no other lease has the same. The store's name of the process comes first. */
export const nameOwner = (process: string): string =>
  `${process}${separator}${builtin("node:crypto").randomUUID()}.${globalThis.process.pid}.${builtin("node:os").hostname().replace(foreign, "_").slice(0, 64)}`

/** The process that holds a lease, as the store knows it. */
export const processOf = (owner: string): string => owner.slice(0, owner.lastIndexOf(separator))

/** The process that holds a lease, as a human looks for it. */
export const holderOf = (owner: string): Holder => {
  const [, processId, host] = named.exec(owner.slice(owner.lastIndexOf(separator) + 1)) ?? []
  return { host, processId: processId === undefined ? undefined : Number(processId) }
}

/** It in words. */
export const describeHolder = ({ host, processId }: Holder): string =>
  host === undefined || processId === undefined
    ? "another process"
    : host === builtin("node:os").hostname().replace(foreign, "_").slice(0, 64) && processId === process.pid
      ? `another renewal of this process (${processId} on ${host})`
      : `process ${processId} on host ${host}`

/** What is made of a row under its lease. */
export interface LeasedWork<A, Rs extends Reason> {
  /** there is no row: fails, or sees to it that there is one */
  readonly whenAbsent: Effect.Effect<void, RenewalFailure<Rs>>
  /** what the row has already */
  readonly find: (row: GrantRow, contents: GrantContents) => Effect.Effect<A | undefined, RenewalFailure<Rs>>
  /** fails where it cannot be made of what is in the row */
  readonly refuse: (row: GrantRow, contents: GrantContents) => Effect.Effect<void, RenewalFailure<Rs>>
  /** the intent to be written with the lease, where a refresh token of what the row holds is what is sent next */
  readonly intend?: ((row: GrantRow, contents: GrantContents) => Omit<Intent, "id" | "owner"> | undefined) | undefined
  /** makes it under the lease, from what the row holds; undefined: look at the row again */
  readonly make: (
    holding: HeldLease,
    leased: GrantRow,
    contents: GrantContents
  ) => Effect.Effect<A | undefined, RenewalFailure<Rs>>
}

/** A lease in hand, with the row as it was last written under it. */
export interface HeldLease extends RowHolder {
  /** no other lease has the same */
  readonly owner: string
  /** what was written with the lease; undefined: nothing is sent before an intent was written */
  readonly intent: Intent | undefined
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

/** The leases of one connection: at most one renewal of a grant at a time, across processes. */
export class Leases<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #unwritten: UnwrittenPairs<Rs>
  readonly #times: GrantTimes
  /** leases whose owner was announced to hang: by the tenant's slot, and of use only while that lease is held */
  readonly #stalls = new WeakMap<object, Stall & { readonly owner: string }>()

  constructor(rows: GrantRows, unwritten: UnwrittenPairs<Rs>, times: GrantTimes) {
    this.#rows = rows
    this.#unwritten = unwritten
    this.#times = times
  }

  /** what a row has already, or what is made of it under its lease */
  underLease<A>(tenant: string, work: LeasedWork<A, Rs>): Effect.Effect<A, RenewalFailure<Rs>> {
    const key = this.#rows.keyOf(tenant)
    return Effect.gen({ self: this }, function* () {
      let watch: Watch | undefined
      while (true) {
        yield* this.#unwritten.settled(tenant)
        const read = yield* this.#rows.store.read(key)
        if (read === undefined) {
          yield* work.whenAbsent
          continue
        }
        const { contents, row } = yield* this.#rows.opened(read)
        const found = yield* work.find(row, contents)
        if (found !== undefined) return found
        if (row.state === "disconnected") yield* this.#rows.settleDisconnected(read)
        yield* work.refuse(row, contents)
        if (row.lease !== undefined) {
          watch = this.#watched(row.lease, watch)
          if (!(yield* this.#mayBeTaken(read, row.lease, watch, contents))) {
            this.#rows.application.waiting.set(waitingFor(key), waitsFor(watch, read))
            yield* this.#rows.store.changed(key, row.revision, this.#times.look)
            continue
          }
        }
        const { cause, grantExpiresAt, intent, state } = row
        // what counts of a row is not written by the lease alone
        const made = yield* this.#whileHeld(read, work.intend?.(row, contents), (holding, leased) =>
          work.make(holding, { ...leased, cause, grantExpiresAt, intent, state }, contents)
        )
        if (made !== undefined) return made
      }
    }).pipe(Effect.ensuring(Effect.sync(() => this.#rows.application.waiting.delete(waitingFor(key)))))
  }

  /** the owner of that lease hangs; said once for each lease */
  #announceStall({ key, lease }: GrantRow, { held }: Watch, overtaken: boolean): void {
    if (lease === undefined) return
    const { owner } = lease
    const slot = this.#rows.options.slot(key.tenant)
    const known = this.#stalls.get(slot)?.owner === owner
    const stall = { ...holderOf(owner), heldFor: held }
    this.#stalls.set(slot, { owner, ...stall })
    if (known) return
    this.#rows.application.publish({
      type: "renewal-stalled",
      ...key,
      at: this.#rows.application.now(),
      ...stall,
      overtaken
    })
  }

  /** what was announced of the lease that a row has now */
  stallOf({ key, lease }: GrantRow): Stall | undefined {
    if (lease === undefined) return undefined
    const stall = this.#stalls.get(this.#rows.options.slot(key.tenant))
    // another lease has another owner
    if (stall?.owner !== lease.owner) return undefined
    const { heldFor, host, processId } = stall
    return { host, processId, heldFor }
  }

  /** what we have seen of a lease: only the time that we really looked counts as its owner's silence */
  #watched({ beat, owner }: Lease, watch: Watch | undefined): Watch {
    const lookedAt = this.#rows.application.now()
    if (watch === undefined || watch.owner !== owner) return { owner, beat, silent: 0, held: 0, lookedAt }
    const passed = Math.min(Math.max(0, lookedAt - watch.lookedAt), this.#times.look)
    const held = watch.held + passed
    return beat === watch.beat
      ? { owner, beat, silent: watch.silent + passed, held, lookedAt }
      : { owner, beat, silent: 0, held, lookedAt }
  }

  /**
   * Whether a lease may be taken from its owner: it is dead, or it hangs without an intent. Then it asks for a token
   * anew, which may be asked for twice. An intent is written with the lease, by compare-and-set, or not at all.
   */
  #mayBeTaken(
    row: GrantRow,
    { owner }: Lease,
    watch: Watch,
    { pairing }: GrantContents
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    const { silenceWithIntent, held, silence, stalled } = this.#times
    const { silent } = watch
    return Effect.map(this.#rows.store.alive(processOf(owner)), (alive) => {
      if (alive === undefined) {
        if (silent >= (row.intent === undefined ? silence : Math.max(silenceWithIntent, silence))) return true
      } else if (!alive) return true
      const hangs = alive === true && silent >= stalled
      // a code has no intent, and is sent under the lease alone
      const overtaken = hangs && row.intent === undefined && pairing === undefined
      if (hangs || watch.held >= held) this.#announceStall(row, watch, overtaken)
      return overtaken
    })
  }

  /**
   * Takes the lease of a row and runs an effect while it is in hand and gives signs of life; undefined: somebody was
   * faster. A waiting caller may leave: the effect goes on, and the lease is given back after it.
   */
  #whileHeld<A, E>(
    row: GrantRow,
    intended: Omit<Intent, "id" | "owner"> | undefined,
    use: (holding: HeldLease, leased: GrantRow) => Effect.Effect<A, E>
  ): Effect.Effect<A | undefined, E | SageAuthError<StoreUnavailable>> {
    const { key } = row
    const held = Effect.gen({ self: this }, function* () {
      const owner = nameOwner(yield* this.#rows.store.owner)
      const intent = intended && { ...intended, id: builtin("node:crypto").randomUUID(), owner }
      const holding: HeldLease = { key, owner, intent }
      const taken = yield* Effect.exit(this.#take(row, holding))
      if (Exit.isFailure(taken)) {
        // it may have been taken, and only its success was not told
        yield* this.giveBack(holding, true)
        return yield* Effect.failCause(taken.cause)
      }
      if (taken.value === undefined) return undefined
      this.#rows.hold(holding, taken.value)
      const pulse = yield* Effect.forkDetach(this.#beats(holding))
      const exit = yield* Effect.exit(use(holding, taken.value))
      // no other rotation may begin before the result of this one is in the store
      const end = this.#unwritten
        .settled(key.tenant)
        .pipe(Effect.andThen(Fiber.interrupt(pulse)), Effect.andThen(this.giveBack(holding)))
      if (this.#unwritten.has(key.tenant)) this.#rows.application.detach(end)
      else yield* end
      return yield* exit
    })
    return Effect.contextWith((context: Context.Context<never>) => {
      const done = Deferred.makeUnsafe<A | undefined, E | SageAuthError<StoreUnavailable>>()
      this.#rows.application.detach(
        Effect.provideContext(
          Effect.onExit(held, (exit) => Deferred.done(done, exit)),
          context
        )
      )
      return Deferred.await(done)
    })
  }

  /** the lease, and with it the intent of what is sent next, in one write */
  #take(
    row: GrantRow,
    { intent, owner }: HeldLease
  ): Effect.Effect<GrantRow | undefined, SageAuthError<StoreUnavailable>> {
    const fence = row.fence + 1
    return this.#rows.store.compareAndSet(row.key, row.revision, {
      ...recordOf(row),
      ...(intent === undefined ? {} : { intent, state: intent.replayed ? ("in-doubt" as const) : row.state }),
      lease: { owner, fence, beat: 0 },
      fence
    })
  }

  #beats(holding: HeldLease): Effect.Effect<never> {
    const { owner } = holding
    const beat = this.#rows.updateHeld(holding, (row) =>
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
        const alive = yield* Effect.exit(this.#rows.store.alive(processOf(owner)))
        // where the store sees who lives, signs only tell who hangs
        const seen = Exit.isSuccess(alive) && alive.value !== undefined
        pause = seen ? slowBeat : fast
        if (seen && silent < slowBeat) continue
        silent = 0
        yield* Effect.exit(beat)
      }
    })
  }

  /**
   * gives the lease back; where the store is away, as soon as it can be. `unsent`: and the intent that was written with
   * it, unless something was in doubt before
   */
  giveBack(holding: HeldLease, unsent = false): Effect.Effect<void> {
    const { intent, owner } = holding
    const give = this.#rows.updateHeld(holding, (row) => {
      if (row?.lease?.owner !== owner) return Effect.succeed("keep" as const)
      const withdrawn = unsent && row.intent?.id === intent?.id && row.intent?.replayed !== true
      return Effect.succeed({ ...recordOf(row), lease: undefined, intent: withdrawn ? undefined : row.intent })
    })
    return Effect.gen({ self: this }, function* () {
      if (Exit.isSuccess(yield* Effect.exit(give))) return
      // others see that this process lives: they would wait for ever
      this.#rows.application.detach(this.#unwritten.untilWritten(give))
    })
  }
}

/** What a caller waits for whose deadline passes: who holds the lease, and what to do about it. */
const waitsFor =
  ({ held, owner, silent }: Watch, { intent, key }: GrantRow): WaitDescription =>
  () => {
    const holder = holderOf(owner)
    const who = describeHolder(holder)
    const silence = silent > held / 2 ? ", and gave no sign of life" : ""
    const sent = intent === undefined ? "" : ", and has sent the refresh token"
    return {
      message: `${who} held the lease of this grant for ${seconds(held)}${silence}${sent}. No other process may renew the grant meanwhile.`,
      remedy: `Look at ${who}, which renews ${key.connection} and does not finish: it may be stopped, hang, or wait for a server. Let it go on, or end it; then the next call takes the lease. A longer \`deadline\` helps only if it is merely slow.`
    }
  }

const seconds = (milliseconds: number): string => `at least ${Math.floor(milliseconds / 1_000)} s`
