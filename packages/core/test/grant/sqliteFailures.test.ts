import { spawnSync } from "node:child_process"
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { aKey, aRecord, openSqlite, temporaryDirectory } from "./openStore.ts"
import { command, startChild } from "./startChild.ts"

const windows = process.platform === "win32"
const isRoot = process.getuid?.() === 0

/** Whether this machine lets a process have file systems of its own, which a small disk takes. */
const namespaces =
  spawnSync("unshare", ["-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"], { stdio: "ignore" }).status === 0

const at = (name: string) => Effect.map(temporaryDirectory, (directory) => join(directory, name))

/** Opens a file that cannot be opened; gives the failure, whose form is the same for all of them. */
const failing = (path: string) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(openSqlite({ path })))
    assert.strictEqual(error.id, "client.store-unavailable")
    assert.strictEqual(error.reason._tag, "StoreUnavailable")
    assert.isTrue(error.remedy.length > 0)
    return error
  })

const withDatabase = (path: string, use: (database: DatabaseSync) => void) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (database) => Effect.sync(() => use(database)),
    (database) => Effect.sync(() => database.close())
  )

/** A closed store with two grants in it. */
const filled = Effect.gen(function* () {
  const path = yield* at("grants.db")
  yield* Effect.scoped(
    Effect.gen(function* () {
      const store = yield* openSqlite({ path })
      yield* store.compareAndSet(aKey("acme"), undefined, aRecord({ sealed: "SEALED".repeat(2_000) }))
      yield* store.compareAndSet(aKey("other"), undefined, aRecord())
    })
  )
  return path
})

describe("a SQLite grant store that cannot be used", () => {
  it.live("names a directory that was given instead of a file", () =>
    Effect.gen(function* () {
      const path = yield* at("grants.db")
      mkdirSync(path)
      const error = yield* failing(path)
      assert.include(error.message, path)
      assert.strictEqual(error.code, "SQLITE_CANTOPEN")
      assert.isFalse(error.retryable)
    })
  )

  it.live("names a path that leads through a file", () =>
    Effect.gen(function* () {
      const file = yield* at("file")
      writeFileSync(file, "")
      const error = yield* failing(join(file, "grants.db"))
      assert.include(error.message, join(file, "grants.db"))
      assert.include(error.message, "not a directory")
    })
  )

  it.live("refuses to keep grants that should outlive the process in memory", () =>
    Effect.gen(function* () {
      assert.include((yield* failing(":memory:")).remedy, "memory:")
      assert.include((yield* failing("")).message, "empty")
    })
  )

  it.live("leaves a file alone that is no database", () =>
    Effect.gen(function* () {
      const path = yield* at("notes.txt")
      const text = "these are my notes, and I want to keep them\n".repeat(100)
      writeFileSync(path, text)
      const error = yield* failing(path)
      assert.strictEqual(error.code, "SQLITE_NOTADB")
      assert.include(error.message, path)
      assert.strictEqual(readFileSync(path, "utf8"), text)
    })
  )

  it.live("leaves the database of another application alone", () =>
    Effect.gen(function* () {
      const path = yield* at("app.db")
      yield* withDatabase(path, (database) => database.exec("create table customers (name text)"))
      const before = readFileSync(path)
      const error = yield* failing(path)
      assert.include(error.message, "another application")
      assert.isTrue(readFileSync(path).equals(before))
    })
  )

  it.live("leaves a store alone that a later release has written", () =>
    Effect.gen(function* () {
      const path = yield* filled
      yield* withDatabase(path, (database) => database.exec("pragma user_version = 99"))
      const before = readFileSync(path)
      const error = yield* failing(path)
      assert.include(error.message, "schema version 99")
      assert.include(error.remedy, "Update")
      assert.isTrue(readFileSync(path).equals(before))
    })
  )

  it.live("says that a file is damaged, and fails for what is in the damaged part", () =>
    Effect.gen(function* () {
      const path = yield* filled
      yield* withDatabase(path, (database) => database.exec("pragma wal_checkpoint(truncate)"))
      // one grant is longer than a page: the page that leads to its continuation is where the text begins
      const found = readFileSync(path).indexOf("SEALEDSEALED")
      const page = Math.floor(found / 4096) * 4096
      const file = openSync(path, "r+")
      writeSync(file, Buffer.alloc(found - page, 0xff), 0, found - page, page)
      closeSync(file)
      const error = yield* Effect.flip(
        Effect.scoped(Effect.flatMap(openSqlite({ path }), (store) => store.read(aKey("acme"))))
      )
      assert.strictEqual(error.code, "SQLITE_CORRUPT")
      assert.include(error.message, path)
      assert.include(error.remedy, "backup")
    })
  )

  it.live("names the grant whose row is damaged, and still gives the others", () =>
    Effect.gen(function* () {
      const path = yield* filled
      yield* withDatabase(path, (database) =>
        database.exec("pragma ignore_check_constraints = on; update grants set state = 'broken' where tenant = 'acme'")
      )
      const store = yield* openSqlite({ path })
      const error = yield* Effect.flip(store.read(aKey("acme")))
      assert.strictEqual(error.tenant, "acme")
      assert.strictEqual(error.connection, "books")
      assert.include(error.message, path)
      assert.notInclude(JSON.stringify(error), "SEALED")
      assert.strictEqual((yield* store.read(aKey("other")))?.sealed, "a.b.c.d")
      assert.strictEqual((yield* Effect.flip(store.list({}))).tenant, "acme")
      assert.strictEqual((yield* store.list({ tenant: "other" })).rows.length, 1)
    })
  )

  it.live("fails after it was closed, whatever is asked", () =>
    Effect.gen(function* () {
      const path = yield* filled
      const store = yield* Effect.scoped(openSqlite({ path }))
      const asked = [
        store.read(aKey()),
        store.compareAndSet(aKey(), undefined, aRecord()),
        store.compareAndSet(aKey(), 1, undefined),
        store.list({}),
        store.owner,
        store.once.put("id", "sealed", 1),
        store.once.read("id"),
        store.once.take("id"),
        store.meters.add("acme", "2026-11", 1),
        store.meters.set("acme", "2026-11", 1),
        store.meters.read("acme", "2026-11")
      ]
      for (const effect of asked) {
        const error = yield* Effect.flip(
          Effect.asVoid<unknown, typeof effect extends Effect.Effect<unknown, infer E> ? E : never, never>(effect)
        )
        assert.include(error.message, "was closed")
        assert.isFalse(error.retryable)
      }
      yield* store.changed(aKey(), 1, 10)
    })
  )

  it.live.skipIf(windows)("says that a file cannot be written by this user", () =>
    Effect.gen(function* () {
      const path = yield* filled
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        if (statSync(file, { throwIfNoEntry: false }) !== undefined) chmodSync(file, 0o444)
      }
      chmodSync(join(path, ".."), 0o555)
      // root may write anything: somebody else has to try
      const child = yield* startChild(command("failure", path), isRoot ? { uid: 65_534, gid: 65_534 } : {})
      const told = (yield* Effect.promise(() => child.told())) as { code: string; reason: string; message: string }
      chmodSync(join(path, ".."), 0o755)
      assert.strictEqual(told.reason, "StoreUnavailable")
      assert.strictEqual(told.code, "SQLITE_READONLY")
      assert.include(told.message, path)
    })
  )

  it.live.skipIf(windows)("says that a directory cannot be written by this user", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      chmodSync(join(path, ".."), 0o555)
      const child = yield* startChild(command("failure", path), isRoot ? { uid: 65_534, gid: 65_534 } : {})
      const told = (yield* Effect.promise(() => child.told())) as { code: string; reason: string; message: string }
      chmodSync(join(path, ".."), 0o755)
      assert.deepStrictEqual([told.reason, told.code], ["StoreUnavailable", "EACCES"])
      assert.include(told.message, path)
    })
  )

  it.live.skipIf(windows)("keeps what was stored when the file may grow no further", () =>
    Effect.gen(function* () {
      const path = yield* at("grants.db")
      // in blocks of 512 bytes
      const child = yield* startChild(["sh", "-c", 'ulimit -f 800; exec "$@"', "sh", ...command("filler", path)])
      const told = (yield* Effect.promise(() => child.told())) as Record<string, unknown>
      assert.deepStrictEqual([told["reason"], told["code"]], ["StoreUnavailable", "SQLITE_IOERR"])
      assert.include(told["message"], path)
      assert.isTrue(Number(told["stored"]) > 0)
      assert.deepStrictEqual([told["readable"], told["half"]], [told["stored"], false])
      // without the limit everything is there, and there is room again
      const store = yield* openSqlite({ path })
      for (let number = 0; number < Number(told["stored"]); number++) {
        assert.strictEqual((yield* store.read(aKey(`tenant-${number}`)))?.sealed.length, 20_000)
      }
      assert.strictEqual((yield* store.compareAndSet(aKey("more"), undefined, aRecord()))?.version, 1)
    })
  )

  it.live.skipIf(!namespaces)("keeps what was stored when the disk is full, and goes on when it is not", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [path, ballast] = [join(directory, "grants.db"), join(directory, "ballast")]
      const mounted = 'mount -t tmpfs -o size=2m tmpfs "$1" && head -c 1000000 /dev/zero > "$2" && shift 2 && exec "$@"'
      const apart = ["unshare", "-rm", "sh", "-c", mounted, "sh", directory, ballast]
      const child = yield* startChild([...apart, ...command("filler", path, ballast)])
      const told = (yield* Effect.promise(() => child.told())) as Record<string, unknown>
      assert.deepStrictEqual([told["reason"], told["code"]], ["StoreUnavailable", "SQLITE_FULL"])
      assert.include(told["message"], path)
      assert.isTrue(Number(told["stored"]) > 0)
      assert.deepStrictEqual([told["readable"], told["half"]], [told["stored"], false])
      assert.strictEqual(told["again"], "Success")
    })
  )
})
