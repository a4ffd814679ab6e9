import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { week, year } from "../../../src/config/duration.ts"
import * as Contents from "../../../src/grant/GrantContents.ts"
import type { GrantRow } from "../../../src/grant/GrantStore.ts"
import { openMemory } from "../openStore.ts"
import { type Process, tenant } from "./Process.ts"
import { openWorld, pass, World } from "./World.ts"
import { answerOf, call, isServed, refusalOf } from "./callers.ts"

const away = (process: Process) => {
  process.storeFault = () => "away"
}

/** what was done is not told */
const untold = (process: Process) => {
  process.storeFault = (operation) => (operation === "write" ? "untold" : undefined)
}

const busy = (process: Process) => {
  process.storeFault = (operation) => (operation.startsWith("write") || operation === "remove" ? "away" : undefined)
}

const repair = (process: Process) => {
  process.storeFault = () => undefined
}

/** nobody has consented yet */
const openNew = Effect.gen(function* () {
  const world = new World(yield* openMemory, {})
  return { world, process: yield* world.start() }
})

const refused = (consented: Effect.Effect<unknown, { readonly id: string }>) =>
  Effect.map(Effect.flip(consented), ({ id }) => id)

const putBack = (world: World, copied: GrantRow) => {
  const { age: _age, key, revision: _revision, ...record } = copied
  return Effect.orDie(world.store.compareAndSet(key, undefined, record))
}

describe("a consent while the store is busy", () => {
  for (const [how, breaks] of [
    ["is away", away],
    ["cannot be written", busy],
    ["does not tell what it did", untold]
  ] as const) {
    it.effect(`is kept and written as soon as it can be, when the store ${how}`, () =>
      Effect.gen(function* () {
        const { process, world } = yield* openNew
        const granted = world.server.consent()
        breaks(process)
        assert.strictEqual(yield* refused(process.grants.consent(tenant, granted)), "client.consent-being-stored")
        const token = process.grants.storing(tenant)?.refreshToken
        assert.strictEqual(token && Redacted.value(token), world.server.live)
        yield* pass(200)
        assert.isDefined(process.grants.storing(tenant))
        yield* pass(12_800)
        repair(process)
        yield* pass(300)
        assert.isUndefined(process.grants.storing(tenant))
        const { refreshToken, row } = yield* world.stored
        assert.strictEqual(refreshToken, world.server.live)
        assert.strictEqual(row.state, "connected")
        assert.deepStrictEqual(world.server.revoked, [])
        assert.deepStrictEqual(process.types(), ["connected"])
        assert.strictEqual(process.detached, 0)
        // no older than it really is
        const other = yield* world.start()
        assert.strictEqual((yield* other.renew()).age, 13_300)
      })
    )
  }

  it.effect("serves the access token meanwhile, and renews nothing", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openNew
      away(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      assert.isUndefined((yield* process.renew()).contents.refreshToken)
      // its refresh token is not used before it is stored
      const rejected = yield* call(process.renew({ rejected: true }))
      yield* pass(20_000)
      assert.strictEqual(yield* refusalOf(rejected), "waits")
      assert.deepStrictEqual(world.server.sends, [])
      repair(process)
      yield* pass(1_000)
      assert.isTrue(isServed(rejected))
    })
  )

  it.effect("is revoked when it could not be stored before the application ends, and the end waits for that", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openNew
      away(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const { live } = world.server
      yield* pass(600_000)
      assert.deepStrictEqual(world.server.revoked, [])
      const closing = yield* call(process.close())
      yield* pass(9_000)
      assert.strictEqual(yield* answerOf(closing).pipe(Effect.flip), "waits")
      yield* pass(1_500)
      assert.isTrue(isServed(closing))
      assert.deepStrictEqual(world.server.revoked, [live])
      assert.isUndefined(yield* world.row)
    })
  )

  it.effect("is revoked in time where the store needs long to say that it is busy", () =>
    Effect.gen(function* () {
      for (const lead of [1, 4_000, 9_900]) {
        const { process, world } = yield* openNew
        away(process)
        yield* refused(process.grants.consent(tenant, world.server.consent()))
        const { live } = world.server
        process.storeFault = (operation) => (operation.startsWith("write") ? "busy" : undefined)
        // a try to write it is under way
        yield* pass(250 + lead)
        const closing = yield* call(process.close())
        yield* pass(10_500)
        assert.deepStrictEqual(world.server.revoked, [live])
        assert.isTrue(isServed(closing))
      }
    })
  )

  it.effect("gives way to a newer one, and is revoked", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openNew
      away(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const first = world.server.live
      yield* pass(1_000)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const second = world.server.live
      yield* pass(1_000)
      assert.deepStrictEqual(world.server.revoked, [first])
      repair(process)
      yield* pass(1_000)
      assert.strictEqual((yield* world.stored).refreshToken, second)
      assert.deepStrictEqual(world.server.revoked, [first])
      assert.strictEqual(process.detached, 0)
    })
  )

  it.effect("gives way to one that another process has stored meanwhile", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      busy(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const first = world.server.live
      const other = yield* world.start()
      yield* other.grants.consent(tenant, world.server.consent())
      const second = world.server.live
      repair(process)
      yield* pass(1_000)
      assert.strictEqual((yield* world.stored).refreshToken, second)
      assert.deepStrictEqual(world.server.revoked, [first])
    })
  )

  it.effect("is not written after a disconnection, and is revoked", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openNew
      away(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const { live } = world.server
      yield* call(process.grants.forget(tenant))
      repair(process)
      yield* pass(1_000)
      assert.isUndefined(yield* world.row)
      assert.isUndefined(process.grants.storing(tenant))
      assert.deepStrictEqual(world.server.revoked, [live])
    })
  )

  it.effect("is not written after a disconnection by another process, where there was a grant before", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      busy(process)
      yield* refused(process.grants.consent(tenant, world.server.consent()))
      const { live } = world.server
      yield* (yield* world.start()).grants.forget(tenant)
      repair(process)
      yield* pass(1_000)
      assert.isUndefined(yield* world.row)
      assert.deepStrictEqual(world.server.revoked, [live])
    })
  )
})

describe("a record that is put back after a disconnection", () => {
  /** consented to, renewed once, and disconnected; the records before and after the renewal */
  const disconnected = Effect.gen(function* () {
    const { process, world } = yield* openNew
    yield* process.grants.consent(tenant, world.server.consent())
    const { row: first } = yield* world.stored
    yield* call(process.renew({ force: "always" }))
    yield* pass(1_000)
    const { row: last } = yield* world.stored
    assert.notStrictEqual(first.sealed, last.sealed)
    yield* process.grants.forget(tenant)
    return { world, first, last }
  })

  for (const which of ["first", "last"] as const) {
    it.effect(`serves nobody, whoever wrote it and whatever its plain columns say (the ${which} one)`, () =>
      Effect.gen(function* () {
        const { world, ...copies } = yield* disconnected
        const sent = world.server.sends.length
        yield* putBack(world, { ...copies[which], family: "another" })
        const process = yield* world.start()
        for (const renewal of [{}, { rejected: true }, { force: "always" }, { force: "due" }] as const) {
          assert.strictEqual(yield* refused(process.renew(renewal)), "client.never-authorized")
        }
        const looked = yield* process.grants.look(tenant)
        assert.strictEqual(looked?.state, "disconnected")
        assert.isUndefined(looked?.held)
        assert.isUndefined(looked?.contents.refreshToken)
        assert.lengthOf(world.server.sends, sent)
      })
    )
  }

  it.effect("gives way to a new consent, which outlives the note of the old one", () =>
    Effect.gen(function* () {
      const { last, world } = yield* disconnected
      yield* putBack(world, last)
      const process = yield* world.start()
      yield* process.grants.consent(tenant, world.server.consent())
      assert.deepStrictEqual(process.types(), ["connected"])
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      yield* (yield* world.start()).renew()
    })
  )

  it.effect("is due for keep-alive once, and stays disconnected", () =>
    Effect.gen(function* () {
      const { last, world } = yield* disconnected
      yield* putBack(world, { ...last, dueAt: 1 })
      const process = yield* world.start()
      const due = Effect.map(
        world.store.list({ surface: last.key.surface, connection: last.key.connection, dueBefore: 2, limit: 10 }),
        ({ rows }) => rows.length
      )
      assert.strictEqual(yield* due, 1)
      assert.strictEqual(yield* refused(process.renew({ force: "due" })), "client.never-authorized")
      assert.strictEqual(yield* due, 0)
      const written = yield* world.row
      assert.strictEqual(yield* refused(process.renew({ force: "due" })), "client.never-authorized")
      assert.strictEqual((yield* world.row)?.revision, written?.revision)
      assert.strictEqual((yield* process.grants.look(tenant))?.state, "disconnected")
      yield* pass(year)
      assert.strictEqual((yield* process.grants.look(tenant))?.state, "disconnected")
    })
  )

  it.effect("is told by its refresh token where an earlier version has written it", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const { contents, row } = yield* world.stored
      const { age: _age, key, revision, ...record } = row
      const { lineage: _lineage, ...older } = contents
      const sealed = yield* Effect.orDie(world.sealer.seal(key, row.version + 1, Contents.encode(older)))
      yield* Effect.orDie(world.store.compareAndSet(key, revision, { ...record, ...sealed, version: row.version + 1 }))
      const { row: copied } = yield* world.stored
      const process = yield* world.start()
      yield* process.renew()
      yield* process.grants.forget(tenant)
      yield* putBack(world, copied)
      assert.strictEqual(yield* refused(process.renew()), "client.never-authorized")
    })
  )

  it.effect("is known until the grant would have ended, and for a year where nobody knows when", () =>
    Effect.gen(function* () {
      for (const [grantLifetime, known] of [
        [week, week],
        [undefined, year]
      ] as const) {
        const { process, world } = yield* openNew
        yield* process.grants.consent(tenant, { ...world.server.consent(), lifetime: undefined, grantLifetime })
        const { row } = yield* world.stored
        yield* process.grants.forget(tenant)
        yield* putBack(world, row)
        yield* pass(known - 1_000)
        assert.strictEqual((yield* process.grants.look(tenant))?.state, "disconnected")
        yield* pass(1_000)
        assert.strictEqual((yield* process.grants.look(tenant))?.state, "connected")
      }
    })
  )

  it.effect("cannot be told, and is not served, while the store does not say whether it was disconnected", () =>
    Effect.gen(function* () {
      const { last, world } = yield* disconnected
      yield* putBack(world, last)
      const process = yield* world.start()
      process.storeFault = (operation) => (operation === "look" ? "away" : undefined)
      assert.strictEqual(yield* refused(process.renew()), "client.store-unavailable")
    })
  )
})

describe("the event of a consent", () => {
  it.effect("is connected for a first one, recovered for a dead grant, and nothing for one that works", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openNew
      yield* process.grants.consent(tenant, world.server.consent())
      assert.deepStrictEqual(process.types(), ["connected"])
      yield* process.grants.consent(tenant, world.server.consent())
      assert.deepStrictEqual(process.types(), ["connected"])
      world.server.revokeAll()
      yield* call(process.renew({ force: "always" }))
      yield* pass(1_000)
      yield* process.grants.consent(tenant, world.server.consent())
      assert.deepStrictEqual(process.types(), ["connected", "reauthorization-required", "recovered"])
      yield* process.grants.forget(tenant)
      yield* process.grants.consent(tenant, world.server.consent())
      assert.strictEqual(process.types().at(-1), "connected")
    })
  )
})
