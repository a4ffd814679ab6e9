import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createSageAuth, generateKey, isSageAuthError, type Settings } from "@sage-auth/core"
import { layerGrantStoreSqlite } from "@sage-auth/core/effect"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { connectionOf, startCaller } from "../../src/grants/processes.ts"
import { portOfLayer } from "../../src/grants/portOf.ts"
import { temporaryStore } from "../../src/grants/temporary.ts"
import { type App, call, consent, endOf, openApp, refreshes } from "../../src/grants/world.ts"
import { failureOf } from "../../src/failureOf.ts"
import { begun, until } from "../../src/settle.ts"
import { openSandbox } from "../../src/world.ts"

const windows = process.platform === "win32"
const isRoot = process.getuid?.() === 0

/** Whether this machine lets the limits of a running process be changed: how a disk gets full in the middle. */
const limits = spawnSync("prlimit", ["--version"], { stdio: "ignore" }).status === 0

interface File {
  readonly sandbox: Sandbox<"manual">
  readonly path: string
  readonly key: string
  readonly open: (settings?: Settings) => App
}

/** a file with a grant whose token has ended */
const openFile = async (tenants: ReadonlyArray<string> = ["default"]): Promise<File> => {
  const sandbox = await openSandbox({ businessCloud: { refreshReuse: "revoke-family", mostRecentOnly: false } })
  const [path, key] = [temporaryStore(), generateKey()]
  const open = (settings: Settings = {}) =>
    openApp(sandbox, { store: `sqlite:${path}`, keys: [key], clock: sandbox.clock, ...settings })
  const app = open()
  for (const tenant of tenants) await consent(app, "books", tenant)
  await app.sage.close()
  await sandbox.clock.advance("10 minutes")
  return { sandbox, path, key, open }
}

/** another connection to the file, as a backup or a shell has one */
const shell = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

const rows = (path: string): ReadonlyArray<Record<string, unknown>> => {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database.prepare("select * from grants order by tenant").all()
  } finally {
    database.close()
  }
}

/** the error that a call fails with, which is about the store */
const storeError = async (app: App, tenant?: string) => {
  const error = await failureOf(call(app, "books", tenant === undefined ? {} : { tenant }))
  assert.strictEqual(error.reason._tag, "StoreUnavailable")
  assert.isTrue(error.remedy.length > 0)
  return error
}

/** a grant that was left alone: the next application needs one rotation and no human */
const assertUnharmed = async ({ open, sandbox }: File, tenant?: string) => {
  const app = open()
  const options = tenant === undefined ? {} : { tenant }
  const before = refreshes(sandbox)
  assert.strictEqual(await endOf(call(app, "books", options)), "HTTP 200")
  assert.strictEqual(refreshes(sandbox), before + 1)
  assert.strictEqual((await app.events.of("rotation-in-doubt")).length, 0)
}

/** lets the files of a process grow no further than so many bytes, or on */
const limit = (pid: number | undefined, bytes: string) =>
  assert.strictEqual(spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]).status, 0)

/** a process that finds the token of its grant ended */
const startLater = (file: File, waits: boolean) =>
  startCaller({ connection: connectionOf(file.sandbox), ...file, callers: 3, ahead: 20 * 60_000, waits })

/** settings of an application that waits for no lock */
const impatient = ({ path, sandbox }: File): Settings => ({
  store: portOfLayer(layerGrantStoreSqlite({ path, busyTimeout: 200 }), sandbox.clock)
})

/** does what this library never does */
const damage = (path: string, sql: string) => {
  const database = new DatabaseSync(path)
  database.exec("pragma ignore_check_constraints = on")
  assert.isAbove(Number(database.prepare(sql).run().changes), 0)
  database.close()
}

const remove = (path: string) => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
}

/** a rotation whose answer finds no file; the caller is served all the same */
const rotateWithoutFile = async () => {
  const file = await openFile()
  // what a backup has
  shell(file.path).exec(`vacuum into '${file.path}.backup'`)
  const app = file.open()
  file.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "10 seconds" })
  const waiting = begun(endOf(call(app, "books")))
  await until("the rotation was sent", () => refreshes(file.sandbox) === 1)
  remove(file.path)
  await file.sandbox.clock.advance("10 seconds")
  assert.strictEqual(await waiting, "HTTP 200")
  assert.strictEqual((await app.events.of("rotation-done")).length, 0)
  return { app, file }
}

/** what came is stored once there is a file again, and is the newest that the server knows */
const storedLater = async ({ app, file }: { readonly app: App; readonly file: File }) => {
  const patience = AbortSignal.timeout(100_000)
  while ((await app.events.of("rotation-done")).length === 0 && !patience.aborted) {
    await file.sandbox.clock.advance("1 second")
  }
  const replaced = (await app.events.of("advice")).filter(({ subject }) => subject === "store-replaced")
  assert.lengthOf(replaced, 1, "whose grants are not in there has to hear of it")
  await app.sage.close()
  const next = file.open()
  assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
  await file.sandbox.clock.advance("10 minutes")
  assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
  return refreshes(file.sandbox)
}

describe("a file that somebody deletes while an answer comes", () => {
  it.skipIf(windows)("keeps what came, and writes it into the file that another process makes there", async () => {
    const { app, file } = await rotateWithoutFile()
    const other = file.open()
    await other.sage.ready()
    assert.strictEqual(await storedLater({ app, file }), 2)
  })

  it.skipIf(windows)("keeps what came, and writes it into the backup that is put there", async () => {
    const { app, file } = await rotateWithoutFile()
    copyFileSync(`${file.path}.backup`, file.path)
    assert.strictEqual(await storedLater({ app, file }), 2)
  })
})

describe("a file that this process may not write", () => {
  it.skipIf(windows)(
    "fails calls by type, sends no refresh token, and is as it was when it may be written",
    async () => {
      const file = await openFile()
      const modes = (directory: number, all: number) => {
        for (const name of [file.path, `${file.path}-wal`, `${file.path}-shm`]) {
          if (statSync(name, { throwIfNoEntry: false }) !== undefined) chmodSync(name, all)
        }
        chmodSync(dirname(file.path), directory)
      }
      modes(0o555, 0o444)
      // root may write anything: somebody else has to try
      const child = startCaller(
        { connection: connectionOf(file.sandbox), path: file.path, key: file.key, callers: 3, ahead: 20 * 60_000 },
        { spawn: isRoot ? { uid: 65_534, gid: 65_534 } : {} }
      )
      const told = await child.told()
      modes(0o755, 0o600)
      assert.deepStrictEqual(told, { served: 0, failures: Array(3).fill("StoreUnavailable SQLITE_READONLY") })
      assert.strictEqual(refreshes(file.sandbox), 0)
      await assertUnharmed(file)
    }
  )
})

describe("a disk that is full", () => {
  it.skipIf(!limits)("before a rotation: nothing is sent, and nothing is lost", async () => {
    const file = await openFile()
    const child = startLater(file, true)
    assert.strictEqual(await child.told(), "ready")
    limit(child.process.pid, String(statSync(`${file.path}-wal`).size))
    child.go()
    assert.deepStrictEqual(await child.told(), {
      served: 0,
      failures: Array(3).fill("StoreUnavailable SQLITE_IOERR")
    })
    await child.ended
    assert.strictEqual(refreshes(file.sandbox), 0)
    await assertUnharmed(file)
  })

  it.skipIf(!limits)(
    "between a rotation and its answer: callers are served, and what came is stored when there is room",
    async () => {
      const file = await openFile()
      file.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "2 minutes" })
      const child = startLater(file, false)
      await until("the rotation was sent", () => refreshes(file.sandbox) === 1)
      limit(child.process.pid, String(statSync(`${file.path}-wal`).size))
      await file.sandbox.clock.advance("2 minutes")
      assert.deepStrictEqual(await child.told(), { served: 3, failures: [] })
      const [noted] = rows(file.path)
      assert.isString(noted?.["intent_id"])
      limit(child.process.pid, "unlimited")
      // it closes, and not before what it received is written
      assert.strictEqual((await child.ended).code, 0)
      const [stored] = rows(file.path)
      assert.isNull(stored?.["intent_id"])
      assert.notStrictEqual(stored?.["sealed"], noted?.["sealed"])
      const app = file.open()
      assert.strictEqual((await app.sage.client("books").status()).state, "connected")
      await app.sage.client("books").refresh()
      assert.strictEqual(refreshes(file.sandbox), 2)
      assert.strictEqual((await app.events.of("rotation-in-doubt")).length, 0)
    }
  )
})

describe("a file that somebody else has locked", () => {
  it("for two seconds is waited for, and nothing is sent meanwhile", async () => {
    const file = await openFile()
    const app = file.open()
    await app.sage.ready()
    const other = shell(file.path)
    other.exec("begin immediate")
    const waiting = begun(endOf(call(app, "books")))
    const locked = performance.now()
    await until("two seconds have passed", () => performance.now() - locked >= 2_000)
    assert.strictEqual(refreshes(file.sandbox), 0)
    other.exec("rollback")
    assert.strictEqual(await waiting, "HTTP 200")
    assert.strictEqual(refreshes(file.sandbox), 1)
  })

  it("for too long fails calls by type, and nothing is sent", async () => {
    const file = await openFile()
    const app = file.open(impatient(file))
    await app.sage.ready()
    const other = shell(file.path)
    other.exec("begin immediate")
    const error = await storeError(app)
    assert.strictEqual(error.code, "SQLITE_BUSY")
    assert.isTrue(error.retryable)
    assert.strictEqual(refreshes(file.sandbox), 0)
    other.exec("rollback")
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    assert.strictEqual(refreshes(file.sandbox), 1)
  })

  it("while an answer comes serves the callers, and what came is stored when the lock is gone", async () => {
    const file = await openFile()
    const app = file.open(impatient(file))
    file.sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "10 seconds" })
    const waiting = begun(endOf(call(app, "books")))
    await until("the rotation was sent", () => refreshes(file.sandbox) === 1)
    const other = shell(file.path)
    other.exec("begin immediate")
    await file.sandbox.clock.advance("10 seconds")
    assert.strictEqual(await waiting, "HTTP 200")
    other.exec("rollback")
    await app.sage.close()
    const next = file.open()
    assert.strictEqual(await endOf(call(next, "books")), "HTTP 200")
    assert.strictEqual(refreshes(file.sandbox), 1)
    assert.strictEqual((await next.events.of("rotation-in-doubt")).length, 0)
  })

  it("is noticed by nobody while the token in hand is good", async () => {
    const file = await openFile()
    const app = file.open(impatient(file))
    assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    const other = shell(file.path)
    other.exec("begin immediate")
    for (const passed of [100, 60, 60, 60]) {
      await file.sandbox.clock.advance(`${passed} seconds`)
      assert.strictEqual(await endOf(call(app, "books")), "HTTP 200")
    }
    assert.strictEqual(refreshes(file.sandbox), 1)
    other.exec("rollback")
  })
})

describe("a key", () => {
  it("that is another one fails calls by type, destroys nothing, and the right one works again", async () => {
    const file = await openFile()
    const before = rows(file.path)
    const app = file.open({ keys: [generateKey()] })
    const error = await storeError(app)
    assert.match(error.message, /key/)
    assert.isFalse(error.retryable)
    assert.strictEqual((await failureOf(app.sage.client("books").status())).reason._tag, "StoreUnavailable")
    await app.sage.close()
    assert.strictEqual(refreshes(file.sandbox), 0)
    assert.deepStrictEqual(rows(file.path), before)
    await assertUnharmed(file)
  })

  it("that is missing keeps the application from starting, and names the option", async () => {
    const file = await openFile()
    for (const keys of [undefined, []]) {
      try {
        createSageAuth({ connections: file.sandbox.connections(), store: `sqlite:${file.path}`, keys })
        assert.fail("it started")
      } catch (error) {
        if (!isSageAuthError(error)) throw error
        assert.strictEqual(error.reason._tag, "Misconfigured")
        assert.include(error.message, "keys")
      }
    }
    await assertUnharmed(file)
  })

  it("is replaced while the application runs, and the old one can be dropped then", async () => {
    const file = await openFile(["acme", "other"])
    const newest = generateKey()
    const app = file.open({ keys: [newest, file.key] })
    assert.strictEqual(await endOf(call(app, "books", { tenant: "acme" })), "HTTP 200")
    const { failures, resealed } = await app.sage.reseal()
    // the one that was rotated is sealed with the newest already
    assert.deepStrictEqual([failures, resealed], [[], 1])
    await app.sage.close()
    const sent = refreshes(file.sandbox)
    const next = file.open({ keys: [newest] })
    assert.strictEqual(await endOf(call(next, "books", { tenant: "acme" })), "HTTP 200")
    assert.strictEqual(refreshes(file.sandbox), sent)
    assert.strictEqual(await endOf(call(next, "books", { tenant: "other" })), "HTTP 200")
    await storeError(file.open(), "acme")
  })
})

describe("a row", () => {
  it("that was damaged fails its tenant by type, is left as it is, and hurts no other", async () => {
    for (const [sql, what] of [
      ["update grants set sealed = substr(sealed, 1, length(sealed) - 5) || 'AAAAA' where tenant = 'acme'", "sealed"],
      ["update grants set sealed = 'rubbish' where tenant = 'acme'", "sealed"],
      ["update grants set version = version + 1 where tenant = 'acme'", "sealed"],
      ["update grants set state = 'rubbish' where tenant = 'acme'", "record"]
    ] as const) {
      const file = await openFile(["acme", "other"])
      damage(file.path, sql)
      const before = rows(file.path)
      const app = file.open()
      const error = await storeError(app, "acme")
      assert.strictEqual(error.tenant, "acme", sql)
      assert.strictEqual(error.connection, "books", sql)
      assert.strictEqual(refreshes(file.sandbox), 0, sql)
      await app.sage.close()
      assert.deepStrictEqual(rows(file.path), before, sql)
      await assertUnharmed(file, "other")
      // a new consent makes it whole, unless the record itself cannot be read: that one is for whoever damaged it
      if (what === "record") continue
      const healed = file.open()
      await consent(healed, "books", "acme")
      assert.strictEqual(await endOf(call(healed, "books", { tenant: "acme" })), "HTTP 200", sql)
    }
  })

  it("that was copied to another tenant does not open there", async () => {
    const file = await openFile(["acme", "thief"])
    damage(
      file.path,
      `update grants set (sealed, version, key_id) =
         (select sealed, version, key_id from grants where tenant = 'acme') where tenant = 'thief'`
    )
    await storeError(file.open(), "thief")
    assert.strictEqual(refreshes(file.sandbox), 0)
    await assertUnharmed(file, "acme")
  })

  it("that was put back from an earlier version does not open under a later one", async () => {
    const file = await openFile(["acme"])
    const [old] = rows(file.path)
    const app = file.open()
    assert.strictEqual(await endOf(call(app, "books", { tenant: "acme" })), "HTTP 200")
    await app.sage.close()
    const database = shell(file.path)
    database.prepare("update grants set sealed = ? where tenant = 'acme'").run(String(old?.["sealed"]))
    database.close()
    const sent = refreshes(file.sandbox)
    await storeError(file.open(), "acme")
    assert.strictEqual(refreshes(file.sandbox), sent)
  })
})
