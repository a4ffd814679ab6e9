import { createHash } from "node:crypto"
import { existsSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Scope } from "effect"
import type { SageAuthError } from "../../src/errors/SageAuthError.ts"
import { migrate, migrations } from "../../src/grant/sqlite/database.ts"
import { aKey, aRecord, openSqlite, temporaryDirectory } from "./openStore.ts"
import { command, startChild } from "./startChild.ts"

const windows = process.platform === "win32"
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

const locksOf = (path: string): ReadonlyArray<string> =>
  readdirSync(`${path}.owners`)
    .filter((name) => name.endsWith(".lock"))
    .toSorted()

const remove = (path: string) => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
}

describe("the file of a SQLite grant store that somebody deletes or replaces while it is in use", () => {
  const opened = Effect.gen(function* () {
    const path = join(yield* temporaryDirectory, "grants.db")
    const store = yield* openSqlite({ path })
    const row = yield* store.compareAndSet(aKey(), undefined, aRecord())
    assert.isDefined(row)
    return { path, store, row }
  })

  it.live.skipIf(windows)("is not written any more, and not made anew", () =>
    Effect.gen(function* () {
      const { path, row, store } = yield* opened
      remove(path)
      const writes: ReadonlyArray<Effect.Effect<unknown, SageAuthError>> = [
        store.compareAndSet(aKey(), row.revision, aRecord({ version: 2 })),
        store.compareAndSet(aKey("other"), undefined, aRecord()),
        store.compareAndSet(aKey(), row.revision, undefined),
        store.once.put("id", "sealed", Number.MAX_SAFE_INTEGER),
        store.once.take("id"),
        store.meters.add("acme", "2026-11", 1),
        store.meters.set("acme", "2026-11", 1)
      ]
      for (const write of writes) {
        const error = yield* Effect.flip(write)
        assert.strictEqual(error.reason._tag, "StoreUnavailable")
        assert.strictEqual(error.code, "STORE_REPLACED")
        assert.isTrue(error.retryable)
        assert.include(error.message, path)
      }
      assert.isFalse(existsSync(path))
    })
  )

  it.live.skipIf(windows)(
    "is not written any more where somebody has cut it off or written into it, and is left as it is",
    () =>
      Effect.gen(function* () {
        const harms: ReadonlyArray<readonly [code: string, harm: (path: string) => void]> = [
          ["STORE_REPLACED", (path) => truncateSync(path, 0)],
          ["STORE_REPLACED", (path) => truncateSync(path, Math.floor(statSync(path).size / 8_192) * 4_096)],
          ["SQLITE_NOTADB", (path) => writeFileSync(path, "another text")]
        ]
        for (const [code, harm] of harms) {
          const { path, row, store } = yield* opened
          for (let tenant = 0; tenant < 200; tenant++)
            yield* store.compareAndSet(aKey(`${tenant}`), undefined, aRecord())
          yield* withDatabase(path, (database) => database.exec("pragma wal_checkpoint(truncate)"))
          // the length is known from the last write
          const last = yield* store.compareAndSet(aKey(), row.revision, aRecord({ version: 2 }))
          harm(path)
          const size = statSync(path).size
          for (let times = 0; times < 2; times++) {
            const error = yield* Effect.flip(store.compareAndSet(aKey(), last?.revision, aRecord({ version: 3 })))
            assert.strictEqual(error.reason._tag, "StoreUnavailable")
            assert.strictEqual(error.code, code)
            assert.include(error.message, path)
          }
          assert.strictEqual(statSync(path).size, size)
          // another one in its place is taken
          rmSync(path)
          yield* openSqlite({ path })
          assert.isDefined(yield* store.compareAndSet(aKey(), undefined, aRecord({ version: 4 })))
        }
      })
  )

  it.live.skipIf(windows)("goes on when it became shorter by what SQLite does", () =>
    Effect.gen(function* () {
      const { path, row, store } = yield* opened
      for (let tenant = 0; tenant < 200; tenant++) yield* store.compareAndSet(aKey(`${tenant}`), undefined, aRecord())
      yield* withDatabase(path, (database) => database.exec("pragma wal_checkpoint(truncate)"))
      const before = statSync(path).size
      const again = yield* store.compareAndSet(aKey(), row.revision, aRecord({ version: 2 }))
      yield* withDatabase(path, (database) =>
        database.exec("delete from grants where tenant <> 'acme'; vacuum; pragma wal_checkpoint(truncate)")
      )
      assert.isBelow(statSync(path).size, before)
      assert.isDefined(yield* store.compareAndSet(aKey(), again?.revision, aRecord({ version: 3 })))
      assert.strictEqual((yield* store.read(aKey()))?.version, 3)
    })
  )

  it.live.skipIf(windows)("is opened again when there is one at its path, whichever process has put it there", () =>
    Effect.gen(function* () {
      const { path, row, store } = yield* opened
      remove(path)
      yield* Effect.flip(store.compareAndSet(aKey(), row.revision, aRecord({ version: 2 })))
      const other = yield* openSqlite({ path })
      assert.isUndefined(yield* store.compareAndSet(aKey(), row.revision, aRecord({ version: 2 })))
      assert.isDefined(yield* store.compareAndSet(aKey(), undefined, aRecord({ version: 3 })))
      assert.strictEqual((yield* other.read(aKey()))?.version, 3)
      assert.strictEqual((yield* store.read(aKey()))?.version, 3)
      assert.strictEqual(store.incarnation?.(), 1)
    })
  )

  it.live.skipIf(windows)("stays whole when the store that had the old one closes", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      const outer = yield* Effect.scope
      const other = yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* openSqlite({ path })
          yield* store.compareAndSet(aKey(), undefined, aRecord())
          remove(path)
          const made = yield* Scope.provide(openSqlite({ path }), outer)
          yield* made.compareAndSet(aKey(), undefined, aRecord({ version: 7 }))
          return made
        })
      )
      assert.isDefined(yield* other.compareAndSet(aKey("second"), undefined, aRecord()))
      const found = yield* Effect.scoped(
        Effect.flatMap(openSqlite({ path }), (store) => Effect.all([store.read(aKey()), store.read(aKey("second"))]))
      )
      assert.deepStrictEqual(
        found.map((row) => row?.version),
        [7, 1]
      )
    })
  )
})

describe("the files of a SQLite grant store", () => {
  it.live.skipIf(windows)("can be read by nobody else", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "deep", "er")
      const path = join(directory, "grants.db")
      const store = yield* openSqlite({ path })
      yield* store.compareAndSet(aKey(), undefined, aRecord())
      const owner = yield* store.owner
      const files = ["", "-wal", "-shm", `.owners/${owner}.lock`].map((suffix) => mode(`${path}${suffix}`))
      assert.deepStrictEqual(files, ["600", "600", "600", "600"])
      assert.deepStrictEqual(
        [mode(directory), mode(join(directory, "..")), mode(`${path}.owners`)],
        ["700", "700", "700"]
      )
      assert.deepStrictEqual(readdirSync(directory).toSorted(), [
        "grants.db",
        "grants.db-shm",
        "grants.db-wal",
        "grants.db.owners"
      ])
    })
  )

  it.live("leave no lock behind when the store is closed", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      yield* Effect.scoped(Effect.flatMap(openSqlite({ path }), (store) => store.owner))
      assert.deepStrictEqual(locksOf(path), [])
    })
  )

  it.live("of dead owners are cleared away by the next, and those of living ones stay", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      const living = yield* openSqlite({ path })
      const dead = yield* startChild(command("owner", path))
      const names = [yield* living.owner, String(yield* Effect.promise(() => dead.told()))]
      dead.process.kill("SIGKILL")
      yield* Effect.promise(() => dead.ended)
      assert.deepStrictEqual(locksOf(path), names.map((name) => `${name}.lock`).toSorted())
      const next = yield* openSqlite({ path })
      const expected = [names[0], yield* next.owner].map((name) => `${name}.lock`)
      assert.deepStrictEqual(locksOf(path), expected.toSorted())
      assert.deepStrictEqual([yield* next.alive(names[0] ?? ""), yield* next.alive(names[1] ?? "")], [true, false])
    })
  )

  it.live("give an owner another name when somebody has removed its lock", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      const [store, other] = [yield* openSqlite({ path }), yield* openSqlite({ path })]
      const before = yield* store.owner
      rmSync(`${path}.owners/${before}.lock`)
      // it lives: nobody can see it any more, and nobody may take it for dead
      assert.strictEqual(yield* other.alive(before), undefined)
      const after = yield* store.owner
      assert.notStrictEqual(after, before)
      assert.strictEqual(yield* other.alive(after), true)
    })
  )

  it.live("are not looked for under an owner's name that this store did not give", () =>
    Effect.gen(function* () {
      const store = yield* openSqlite({ path: join(yield* temporaryDirectory, "grants.db") })
      for (const name of ["", "redis:7", "../../etc/passwd"]) assert.strictEqual(yield* store.alive(name), undefined)
    })
  )

  it.live.skipIf(windows)("are the same files by whatever link they are reached", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const path = join(directory, "grants.db")
      const one = yield* openSqlite({ path })
      symlinkSync(path, join(directory, "link.db"))
      const other = yield* openSqlite({ path: join(directory, "link.db") })
      assert.strictEqual(yield* other.alive(yield* one.owner), true)
      const row = yield* one.compareAndSet(aKey(), undefined, aRecord())
      assert.strictEqual((yield* other.read(aKey()))?.revision, row?.revision)
      assert.isFalse(existsSync(join(directory, "link.db.owners")))
    })
  )
})

/** A file of the first schema with one grant in it. */
const version1 = `${migrations[0]}
update revisions set highest_removed = 17;
create table migrations (version integer primary key, applied_at real not null) strict;
insert into migrations values (1, 1795000000000.0);
insert into grants values (
  'business-cloud', 'books', 'acme', 18, 'family-1', 'in-doubt', 'RotationInDoubt', 3, 'key-1', 'owner-1', 2, 5, 2,
  'intent-1', 'owner-1', 'hash-1', 1, 1796000000000.0, 1795500000000.0, 1795000000000.0, 'a.b.c.d'
);
insert into meters values ('acme', '2026-11', 41.0);
pragma application_id = 0x53414745;
pragma user_version = 1;
`

const withDatabase = <A>(path: string, use: (database: DatabaseSync) => A) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (database) => Effect.sync(() => use(database)),
    (database) => Effect.sync(() => database.close())
  )

const value = (database: DatabaseSync, sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]

describe("the schema of a SQLite grant store", () => {
  it("begins with the steps that were published, to the letter: files were made by them", () => {
    assert.deepStrictEqual(
      migrations.map((step) => createHash("sha256").update(step).digest("hex")),
      [
        "9f64d82226e915c86b82d3cdad220e51005ce192e110f3ca1e6d9a4d43193a94",
        "7940a9e0869c65878388a83f815b6d828046b6264b91a7672ce36cae14d80a7f"
      ]
    )
  })

  it.live("is brought up to date from the first version, with everything that was in it", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      yield* withDatabase(path, (database) => database.exec(version1))
      const store = yield* openSqlite({ path })
      const row = yield* store.read(aKey())
      assert.deepStrictEqual(
        { ...row, age: 0 },
        {
          ...aRecord({
            state: "in-doubt",
            cause: "RotationInDoubt",
            version: 3,
            lease: { owner: "owner-1", fence: 2, beat: 5 },
            fence: 2,
            intent: { id: "intent-1", owner: "owner-1", hash: "hash-1", replayed: true },
            grantExpiresAt: 1_796_000_000_000,
            dueAt: 1_795_500_000_000
          }),
          key: aKey(),
          revision: 18,
          age: 0
        }
      )
      assert.strictEqual(yield* store.meters.add("acme", "2026-11", 1), 42)
      assert.strictEqual((yield* store.compareAndSet(aKey("new"), undefined, aRecord()))?.revision, 18)
      const version = yield* withDatabase(path, (database) => value(database, "pragma user_version"))
      assert.strictEqual(version, migrations.length)
    })
  )

  it.effect("takes the steps that a file lacks, once, and notes each", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      const second = [...migrations, "alter table grants add column note text"]
      yield* withDatabase(path, (database) => {
        assert.strictEqual(migrate(database, path, 1_000), undefined)
        assert.strictEqual(migrate(database, path, 2_000, second), undefined)
        assert.strictEqual(migrate(database, path, 3_000, second), undefined)
        assert.strictEqual(value(database, "pragma user_version"), migrations.length + 1)
        assert.strictEqual(value(database, "select count(*) from migrations"), migrations.length + 1)
        assert.strictEqual(value(database, "select max(applied_at) from migrations"), 2_000)
        assert.strictEqual(value(database, "select count(note) from grants"), 0)
        // the older release says that it is too old
        assert.include(migrate(database, path, 4_000)?.message, "schema version")
      })
    })
  )

  it.effect("is left as it was when a step fails", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "grants.db")
      yield* withDatabase(path, (database) => {
        assert.throws(() => migrate(database, path, 1_000, [...migrations, "create table revisions (a text)"]))
        assert.strictEqual(value(database, "pragma user_version"), 0)
        assert.strictEqual(value(database, "select count(*) from sqlite_schema"), 0)
        assert.isFalse(database.isTransaction)
      })
    })
  )
})
