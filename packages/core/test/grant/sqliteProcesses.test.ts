import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { aKey, aRecord, openSqlite, temporaryDirectory } from "./openStore.ts"
import { command, startChild } from "./startChild.ts"

const aFile = Effect.map(temporaryDirectory, (directory) => join(directory, "grants.db"))

const integrity = (path: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (database) => Effect.sync(() => database.prepare("pragma integrity_check").get()?.["integrity_check"]),
    (database) => Effect.sync(() => database.close())
  )

/** Another process that owns something, its name, and a store of this process over the same file. */
const anOwner = Effect.gen(function* () {
  const path = yield* aFile
  const store = yield* openSqlite({ path })
  const child = yield* startChild(command("owner", path))
  const owner = String(yield* Effect.promise(() => child.told()))
  return { child, owner, store }
})

const all = <A>(promises: ReadonlyArray<Promise<A>>) => Effect.promise(() => Promise.all(promises))

describe("several processes on one SQLite file", () => {
  it.live("open a new file at the same moment, and all of them can write", () =>
    Effect.gen(function* () {
      const path = yield* aFile
      const children = yield* Effect.forEach(Array.from({ length: 8 }).keys(), (index) =>
        startChild(command("opener", path, `tenant-${index}`))
      )
      yield* all(children.map((child) => child.told()))
      for (const child of children) child.process.stdin?.end()
      assert.deepStrictEqual(yield* all(children.map((child) => child.told())), Array(8).fill("written"))
      const store = yield* openSqlite({ path })
      assert.strictEqual((yield* store.list({})).rows.length, 8)
    })
  )

  it.live("lose no increment of each other", () =>
    Effect.gen(function* () {
      const path = yield* aFile
      const children = yield* Effect.forEach(Array.from({ length: 4 }).keys(), () =>
        startChild(command("increments", path, "50"))
      )
      yield* all(children.map((child) => child.told()))
      const store = yield* openSqlite({ path })
      const row = yield* store.read(aKey())
      assert.deepStrictEqual([row?.version, row?.sealed], [200, "sealed-200"])
      assert.strictEqual(yield* store.meters.read("acme", "2026-11"), 200)
    })
  )

  it.live("leave a whole file and every stored row behind when they are killed while they write", () =>
    Effect.gen(function* () {
      const path = yield* aFile
      let stored = 0
      for (let round = 0; round < 5; round++) {
        const writer = yield* startChild(command("writer", path))
        for (let told = 0; told <= 10 + round; told++) stored = Number(yield* Effect.promise(() => writer.told()))
        writer.process.kill("SIGKILL")
        yield* Effect.promise(() => writer.ended)
        const row = yield* Effect.scoped(Effect.flatMap(openSqlite({ path }), (store) => store.read(aKey())))
        assert.isTrue(row !== undefined && row.version >= stored, `version ${row?.version} after ${stored} was stored`)
        assert.strictEqual(row?.sealed, `${row?.version}.`.repeat(2_000))
        assert.strictEqual(yield* integrity(path), "ok")
      }
    })
  )

  it.live("see at once that an owner was killed", () =>
    Effect.gen(function* () {
      const { child, owner, store } = yield* anOwner
      assert.strictEqual(yield* store.alive(owner), true)
      child.process.kill("SIGKILL")
      yield* Effect.promise(() => child.ended)
      assert.strictEqual(yield* store.alive(owner), false)
    })
  )

  it.live("see that an owner has closed its store", () =>
    Effect.gen(function* () {
      const { child, owner, store } = yield* anOwner
      child.process.stdin?.end()
      assert.strictEqual((yield* Effect.promise(() => child.ended)).code, 0)
      assert.strictEqual(yield* store.alive(owner), false)
    })
  )

  it.live("do not take an owner for dead whose event loop stands still", () =>
    Effect.gen(function* () {
      const { child, owner, store } = yield* anOwner
      child.process.kill("SIGSTOP")
      for (let look = 0; look < 50; look++) assert.strictEqual(yield* store.alive(owner), true)
      child.process.kill("SIGCONT")
      assert.strictEqual(yield* store.alive(owner), true)
    })
  )

  it.live("wait for a write lock until it is given back, without blocking their event loop", () =>
    Effect.gen(function* () {
      const path = yield* aFile
      /** does something while another process has the lock, which is given back by this event loop: while that stood
            still it would be held for ever */
      const whileLocked = <A, E, R>(act: Effect.Effect<A, E, R>) =>
        Effect.gen(function* () {
          const locker = yield* startChild(command("locker", path))
          assert.strictEqual(yield* Effect.promise(() => locker.told()), "locked")
          const acting = yield* Effect.forkChild(act, { startImmediately: true })
          // longer than the first pauses between its tries
          for (let turn = 0; turn < 20; turn++) yield* Effect.sleep(10)
          assert.isUndefined(acting.pollUnsafe(), "it waits for the lock")
          locker.process.stdin?.end()
          return yield* Fiber.join(acting)
        })
      const patient = { path, busyTimeout: 120_000 }
      const store = yield* openSqlite(patient)
      const row = yield* whileLocked(store.compareAndSet(aKey(), undefined, aRecord()))
      assert.strictEqual(row?.version, 1)
      // and opening waits in the same way
      const other = yield* whileLocked(openSqlite(patient))
      assert.strictEqual((yield* other.read(aKey()))?.version, 1)
    })
  )

  it.live("end by themselves once nobody waits for a change, whether or not the store was closed", () =>
    Effect.gen(function* () {
      const child = yield* startChild(command("waiter", yield* aFile))
      assert.strictEqual(yield* Effect.promise(() => child.told()), "waited")
      assert.strictEqual((yield* Effect.promise(() => child.ended)).code, 0)
    })
  )

  it.live("say which file is locked when that takes too long, and go on when it is free", () =>
    Effect.gen(function* () {
      const path = yield* aFile
      const store = yield* openSqlite({ path, busyTimeout: 50 })
      const database = new DatabaseSync(path)
      database.exec("begin immediate")
      const error = yield* Effect.flip(store.compareAndSet(aKey(), undefined, aRecord()))
      assert.strictEqual(error.reason._tag, "StoreUnavailable")
      assert.strictEqual(error.code, "SQLITE_BUSY")
      assert.include(error.message, path)
      assert.isTrue(error.retryable)
      database.exec("commit")
      database.close()
      assert.strictEqual((yield* store.compareAndSet(aKey(), undefined, aRecord()))?.version, 1)
    })
  )
})
