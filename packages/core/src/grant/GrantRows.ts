import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Application } from "../application/Application.ts"
import { year } from "../config/duration.ts"
import type { ReauthorizationCause, ReauthorizationRequired, StoreUnavailable } from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import * as Contents from "./GrantContents.ts"
import type { Ended, GrantContents, Pairing, ReceivedTokens } from "./GrantContents.ts"
import type { GrantOptions, RotationFailure, Sealer } from "./GrantOptions.ts"
import {
  type GrantKey,
  type GrantRecord,
  type GrantRow,
  type GrantStore,
  type OnceStore,
  unknownAge
} from "./GrantStore.ts"

type Store = GrantStore["Service"]

/** What to write, given what is there: a record, `remove`, or `keep` to leave it as it is. */
type Decision = GrantRecord | "remove" | "keep"

/** What became of a row. */
interface Updated {
  /** the row as it is now; undefined: there is none */
  readonly row: GrantRow | undefined
  /** whether this call changed it */
  readonly written: boolean
}

/**
 * Reads a row, decides, and writes if the row did not change; else reads and decides again. The decision is made anew
 * each time, so that it always speaks of the row that it replaces. A row that is in hand need not be read: if it is not
 * the newest any longer, its revision does not fit.
 */
export const updateRow = <E>(
  store: Store,
  key: GrantKey,
  decide: (row: GrantRow | undefined) => Effect.Effect<Decision, E>,
  inHand?: GrantRow
): Effect.Effect<Updated, E | SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    let known = inHand
    while (true) {
      const row = known ?? (yield* store.read(key))
      known = undefined
      const decision = yield* decide(row)
      if (decision === "keep") return { row, written: false }
      const written = yield* store.compareAndSet(key, row?.revision, decision === "remove" ? undefined : decision)
      if (written !== undefined) return { row: decision === "remove" ? undefined : written, written: true }
    }
  })

/** What knows a row as this process last wrote it, or found it written. */
export interface RowHolder {
  readonly key: GrantKey
  held?: { readonly row: GrantRow; readonly at: number; readonly incarnation: number } | undefined
}

/** Where grants live, where what is used once is, and what both are sealed with. */
export interface GrantVault {
  readonly store: GrantStore["Service"]
  readonly once: OnceStore["Service"]
  readonly sealing: Sealer
}

/**
 * The rows of one connection's grants: opened, sealed and written by compare-and-set. Every part of `Grants` goes
 * through here; none of them decides anything here.
 */
export class GrantRows {
  readonly application: Application
  readonly store: GrantStore["Service"]
  /** where transactions are that a callback uses up */
  readonly once: OnceStore["Service"]
  readonly options: GrantOptions
  readonly #sealing: Sealer
  #announced: number

  constructor(application: Application, { once, sealing, store }: GrantVault, options: GrantOptions) {
    this.application = application
    this.store = store
    this.once = once
    this.options = options
    this.#sealing = sealing
    this.#announced = this.incarnation
  }

  keyOf(tenant: string): GrantKey {
    return { surface: this.options.surface, connection: this.options.connection, tenant }
  }

  /** whether access tokens are kept beside their grant, and not in the cache of this process alone */
  get holdsTokens(): boolean {
    return this.store.confined !== true || this.options.configured !== true
  }

  /** another number than before: what this store lacks was not forgotten by anybody */
  get incarnation(): number {
    return this.store.incarnation?.() ?? 0
  }

  /** see `updateRow` */
  update<E>(
    key: GrantKey,
    decide: (row: GrantRow | undefined) => Effect.Effect<Decision, E>,
    inHand?: GrantRow
  ): Effect.Effect<Updated, E | SageAuthError<StoreUnavailable>> {
    return Effect.ensuring(
      updateRow(this.store, key, decide, inHand),
      Effect.sync(() => this.#announceAnother(key))
    )
  }

  /** the same for what is done under a lease, which knows the row that was last written under it */
  updateHeld<E>(
    holding: RowHolder,
    decide: (row: GrantRow | undefined) => Effect.Effect<Decision, E>
  ): Effect.Effect<Updated, E | SageAuthError<StoreUnavailable>> {
    return Effect.suspend(() => this.update(holding.key, decide, this.rowOf(holding))).pipe(
      Effect.tap(({ row }) => Effect.sync(() => this.hold(holding, row)))
    )
  }

  /** notes the row that was written under a lease */
  hold(holding: RowHolder, row: GrantRow | undefined): void {
    holding.held = row && { row, at: this.application.now(), incarnation: this.incarnation }
  }

  /** that row, as old as it is by now; undefined: there is none, or it was written into another store */
  rowOf({ held }: RowHolder): GrantRow | undefined {
    if (held === undefined || held.incarnation !== this.incarnation) return undefined
    const { row } = held
    if (row.age === unknownAge) return row
    return { ...row, age: row.age + Math.max(0, this.application.now() - held.at) }
  }

  /** a user whose consent another store lacks is asked again, and would not know why */
  #announceAnother(key: GrantKey): void {
    const { incarnation } = this
    if (incarnation === this.#announced) return
    this.#announced = incarnation
    this.application.publish({
      type: "advice",
      ...key,
      at: this.application.now(),
      subject: "store-replaced",
      message: `${key.connection}: the grant store was replaced while it was in use: there is another file at its path, or a shorter one. Grants that it lacks need a consent again. If that was not meant, put the right file back.`
    })
  }

  /** the same for every caller that finds a grant dead, now and later, in this process and in any other */
  required(
    tenant: string,
    cause: ReauthorizationCause,
    { ended, refreshToken }: Pick<GrantContents, "ended" | "refreshToken"> = Contents.empty
  ): SageAuthError<ReauthorizationRequired> {
    const id = ended?.id ?? idOf(cause, refreshToken !== undefined, this.options.ended)
    const { cause: usual, meaning } = catalogue[id]
    return failure<ReauthorizationRequired>(id, {
      ...this.keyOf(tenant),
      cause,
      message:
        cause === "NeverAuthorized"
          ? undefined
          : `${ended?.description ?? meaning} ${cause === "Superseded" ? "A newer consent has replaced it." : usual}`,
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

  /**
   * What a row counts for, wherever a grant is taken from the store: the record of a grant that was disconnected holds
   * nothing, whatever put it back.
   */
  opened(row: GrantRow): Effect.Effect<OpenedRow, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      return yield* this.#counting(row, yield* this.contents(row))
    })
  }

  /**
   * the same for a new consent, in whose way a record that does not open any more does not stand; undefined: it does
   * not
   */
  openedIfItOpens(row: GrantRow): Effect.Effect<OpenedRow | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.flatMap(Effect.option(this.contents(row)), (contents) =>
      Option.isNone(contents) ? Effect.undefined : this.#counting(row, contents.value)
    )
  }

  #counting(row: GrantRow, contents: GrantContents): Effect.Effect<OpenedRow, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      if (yield* this.#disconnected(contents)) return { row: { ...row, ...nothingLeft }, contents: Contents.empty }
      const { tenant } = row.key
      const { pairing } = contents
      const own = yield* this.#isOwn(tenant, contents)
      const paired = pairing !== undefined && (yield* this.#isOwn(tenant, pairing)) ? pairing : undefined
      return own && paired === pairing ? { row, contents } : ofAnother(row, contents, own, paired)
    })
  }

  /** names what tokens are issued for as configured now; undefined where that cannot be told */
  issuedFor(tenant: string, extras: GrantContents["extras"]): Effect.Effect<string | undefined> {
    return this.options.issuedFor?.(tenant, extras) ?? Effect.undefined
  }

  /** whether tokens or a code are for what is configured now, as far as that is known of both */
  #isOwn(tenant: string, { extras, issuedFor }: Pick<GrantContents, "extras" | "issuedFor">): Effect.Effect<boolean> {
    return issuedFor === undefined
      ? Effect.succeed(true)
      : Effect.map(this.issuedFor(tenant, extras), (now) => now === undefined || now === issuedFor)
  }

  /**
   * Writes into a row that was put back that nothing of it counts: keep-alive would find it due at every pass. Where
   * the row was written meanwhile, it stays so. A store that is away is met again at the next pass.
   */
  settleDisconnected(row: GrantRow): Effect.Effect<void> {
    return row.state === "disconnected" && row.dueAt === undefined
      ? Effect.void
      : Effect.ignore(this.store.compareAndSet(row.key, row.revision, { ...recordOf(row), ...nothingLeft }))
  }

  /** whether the grant with these contents was disconnected */
  #disconnected(contents: GrantContents): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    const note = disconnectionOf(contents)
    return note === undefined ? Effect.succeed(false) : Effect.map(this.once.read(note), (found) => found !== undefined)
  }

  /**
   * Notes that a grant is disconnected, apart from its row and for as long as it can live. Nothing of it can be worth
   * anything after that, and the note goes by itself.
   */
  noteDisconnected(
    { grantExpiresAt }: GrantRow,
    contents: GrantContents
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const note = disconnectionOf(contents)
    if (note === undefined) return Effect.void
    return Effect.gen({ self: this }, function* () {
      const now = yield* this.store.now
      const end = grantExpiresAt !== undefined && grantExpiresAt > now ? grantExpiresAt : now + year
      yield* this.once.put(note, "disconnected", end)
    })
  }

  /**
   * where a row without a past begins: a record from before a disconnection, put back, opens under none of its versions
   */
  get firstVersion(): Effect.Effect<number, SageAuthError<StoreUnavailable>> {
    // a clock of a store may count fractions, and a version is a whole number to any database
    return Effect.map(this.store.now, Math.floor)
  }

  /**
   * Contents for the next version of a row, sealed. Access tokens that can be asked for again are left out where no
   * other process could find them: the cache has them, and is bounded.
   */
  sealed(row: Pick<GrantRow, "key" | "version">, contents: GrantContents) {
    const version = row.version + 1
    const kept = this.holdsTokens ? contents : Contents.withoutTokens(contents)
    return Effect.map(this.#sealing.seal(row.key, version, Contents.encode(kept)), (sealed) => ({
      ...sealed,
      version
    }))
  }

  /** when the grant ends and when keep-alive is due, by the store's clock */
  life(
    received: ReceivedTokens,
    { pairing, refreshToken }: GrantContents,
    before: number | undefined
  ): Effect.Effect<Pick<GrantRecord, "grantExpiresAt" | "dueAt">, SageAuthError<StoreUnavailable>> {
    return Effect.map(this.store.now, (now) => {
      const { grantLifetime } = received
      // an answer without a refresh token leaves the end of the old one where it was
      const kept = received.refreshToken === undefined ? before : undefined
      const grantExpiresAt = grantLifetime === undefined ? kept : now + grantLifetime
      const dueIn =
        refreshToken === undefined
          ? undefined
          : this.options.dueIn(grantExpiresAt === undefined ? undefined : grantExpiresAt - now)
      const due = Math.min(
        dueIn === undefined ? Number.POSITIVE_INFINITY : now + dueIn,
        pairing?.retryAt ?? Number.POSITIVE_INFINITY
      )
      return { grantExpiresAt, dueAt: Number.isFinite(due) ? due : undefined }
    })
  }

  /** ends a pair that will never be used, because the grant was disconnected meanwhile */
  revoke(
    { tenant }: GrantKey,
    { refreshToken }: ReceivedTokens,
    extras: Readonly<Record<string, string>>
  ): Effect.Effect<void> {
    const { revokeAlone } = this.options
    return revokeAlone === undefined || refreshToken === undefined
      ? Effect.void
      : revokeAlone(refreshToken, tenant, extras)
  }
}

/** A row as it counts, and what is in it. */
export interface OpenedRow {
  readonly row: GrantRow
  readonly contents: GrantContents
  /** the grant was issued for something else than is configured now, so that nothing of it counts */
  readonly ofAnother?: boolean | undefined
}

/** What is left of a grant that was disconnected, in a row that was put back. */
const nothingLeft = {
  state: "disconnected",
  cause: undefined,
  intent: undefined,
  grantExpiresAt: undefined,
  dueAt: undefined
} as const

/** The entry for a grant of another client, server or user than is configured now. */
const ofAnotherClient = "client.consent-of-another-client"

/** Whether these are the contents that count where what is stored was issued for something else. */
export const saysOfAnother = ({ ended }: GrantContents): boolean => ended?.id === ofAnotherClient

/**
 * What counts of a row whose grant or pairing was issued for something else than is configured now. It is not written:
 * who puts the configuration back, or still runs with it, finds the grant as it was.
 */
const ofAnother = (row: GrantRow, contents: GrantContents, own: boolean, pairing: Pairing | undefined): OpenedRow => {
  const works = own && (row.state === "connected" || row.state === "in-doubt")
  if (works) return { row, contents: { ...contents, pairing } }
  const ended: Ended =
    row.state === "reauthorization-required" && contents.ended !== undefined
      ? contents.ended
      : { id: ofAnotherClient, code: undefined, supportId: undefined, description: undefined }
  return {
    row: {
      ...row,
      state: pairing === undefined ? "reauthorization-required" : "pairing",
      cause: row.cause ?? "NeverAuthorized",
      intent: undefined,
      grantExpiresAt: undefined
    },
    contents: { ...Contents.empty, pairing, begun: contents.begun, lineage: contents.lineage, ended },
    ofAnother: !own
  }
}

/** Where the note of a disconnection is. What names it is sealed: no part of the row that its writer could change. */
const disconnectionOf = ({ lineage, refreshToken }: GrantContents): string | undefined => {
  const named = lineage ?? (refreshToken === undefined ? undefined : Contents.hashOf(refreshToken))
  return named === undefined ? undefined : `disconnected ${named}`
}

/** A record whose lease is still free. */
export const unheld = {
  lease: undefined,
  intent: undefined,
  fence: 0,
  grantExpiresAt: undefined,
  dueAt: undefined
} as const

/** What a consent leaves behind. */
export const connected = { state: "connected", cause: undefined, lease: undefined, intent: undefined } as const

/** What a renewal of that owner leaves behind; somebody who took over meanwhile gives the lease back by itself. */
export const after = ({ intent, lease }: GrantRow, owner: string, replaced: boolean) => ({
  ...connected,
  lease: lease?.owner === owner ? undefined : lease,
  intent: replaced || intent?.owner === owner ? undefined : intent
})

/** A grant that can no longer be used, and why. */
export const dead = (row: GrantRow, cause: ReauthorizationCause): GrantRecord => ({
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

/** The record in a row, to be written again with changes. */
export const recordOf = ({ age: _age, key: _key, revision: _revision, ...record }: GrantRow): GrantRecord => record

/** How a grant ended, of what the server said about its token. */
export const endedBy = ({ error: { code, id, supportId }, description }: RotationFailure): Ended => ({
  id,
  code,
  supportId,
  description
})
