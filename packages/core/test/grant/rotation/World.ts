import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Contents from "../../../src/grant/GrantContents.ts"
import type { GrantKey, GrantRecord, GrantRow } from "../../../src/grant/GrantStore.ts"
import type { Sealer } from "../../../src/grant/GrantOptions.ts"
import { openMemory, type WholeStore } from "../openStore.ts"
import { type Process, type ProcessOptions, startProcess, tenant } from "./Process.ts"
import { TokenServer, type TokenServerOptions } from "./TokenServer.ts"

/** Seals nothing, and yet opens a text for its own version only. */
export const clearSealer: Sealer = {
  seal: (_, version, plain) => Effect.succeed({ sealed: `${version} ${plain}`, keyId: "clear" }),
  open: (_, version, sealed) => {
    const at = sealed.indexOf(" ")
    return sealed.slice(0, at) === String(version)
      ? Effect.succeed(sealed.slice(at + 1))
      : Effect.die(new Error(`version ${version} was asked for and ${sealed.slice(0, at)} is stored`))
  }
}

export interface WorldOptions extends Partial<TokenServerOptions> {
  /** whether the store sees which process lives, as one with kernel locks does; default false: leases have to beat */
  readonly seesDeath?: boolean | undefined
  readonly sealer?: Sealer | undefined
}

/** One store and one authorization server that several processes share. */
export class World {
  readonly server: TokenServer
  readonly store: WholeStore
  readonly sealer: Sealer
  readonly processes: Array<Process> = []
  readonly #seesDeath: boolean
  /** owners of leases so far: each has one */
  readonly #owners = new Set<string>()

  constructor(store: WholeStore, options: WorldOptions) {
    this.server = new TokenServer(options)
    this.store = store
    this.sealer = options.sealer ?? clearSealer
    this.#seesDeath = options.seesDeath ?? false
  }

  isAlive(owner: string): boolean | undefined {
    if (!this.#seesDeath) return undefined
    return this.processes.some(({ killed, name }) => name === owner && !killed)
  }

  /** a process under a name that no other process ever had */
  start(options: ProcessOptions = {}): Effect.Effect<Process> {
    return Effect.tap(startProcess(this, `process ${this.processes.length + 1}`, options), (started) =>
      Effect.sync(() => this.processes.push(started))
    )
  }

  get key(): GrantKey {
    return { surface: "business-cloud", connection: "books", tenant }
  }

  /** the row, or undefined */
  get row(): Effect.Effect<GrantRow | undefined> {
    return Effect.orDie(this.store.read(this.key))
  }

  /** the row and what it holds */
  get stored() {
    return Effect.gen({ self: this }, function* () {
      const row = yield* this.row
      if (row === undefined) throw new Error("there is no grant")
      const text = yield* Effect.orDie(this.sealer.open(row.key, row.version, row.sealed))
      const contents = yield* Effect.orDie(Contents.decode(text))
      const { refreshToken } = contents
      return { row, contents, refreshToken: refreshToken && Redacted.value(refreshToken) }
    })
  }

  /** seals the row again, as a change of keys does */
  get resealed() {
    return Effect.gen({ self: this }, function* () {
      const { contents, row } = yield* this.stored
      const { age: _age, key, revision, ...record } = row
      const version = row.version + 1
      const sealed = yield* Effect.orDie(this.sealer.seal(key, version, Contents.encode(contents)))
      yield* Effect.orDie(this.store.compareAndSet(key, revision, { ...record, ...sealed, version }, { keepAge: true }))
    })
  }

  /** names a write by what it changes: a test then reads like the protocol */
  describe(next: GrantRecord | undefined): string {
    if (next === undefined) return "remove"
    if (next.state === "reauthorization-required") return "write dead"
    const owner = next.lease?.owner
    const begins = owner !== undefined && !this.#owners.has(owner)
    if (begins) this.#owners.add(owner)
    if (begins && next.intent?.owner === owner) {
      return next.intent.replayed ? "write lease and doubt" : "write lease and intent"
    }
    if (next.intent !== undefined) return next.intent.replayed ? "write doubt" : "write intent"
    return next.lease === undefined ? "write" : "write lease"
  }
}

/** A world with a consent that was given at its beginning. */
export const openWorld = (options: WorldOptions = {}) =>
  Effect.gen(function* () {
    const world = new World(yield* openMemory, options)
    const first = yield* world.start()
    yield* Effect.orDie(first.grants.consent(tenant, world.server.consent()))
    return world
  })

/** Lets everything that can run now run, without time passing. */
export const settle: Effect.Effect<void> = Effect.gen(function* () {
  for (let turn = 0; turn < 25; turn++) yield* Effect.yieldNow
})

/** Time passes. */
export const pass = (milliseconds: number): Effect.Effect<void> =>
  settle.pipe(Effect.andThen(TestClock.adjust(milliseconds)), Effect.andThen(settle))

/** Until the credential of the consent has ended. */
export const expire = (world: World): Effect.Effect<void> => pass(world.server.options.lifetime + 1)
