import { generateKey, isSageAuthError } from "@sage-auth/core"
import { postgresStore } from "@sage-auth/postgres"
import { assert, describe, it } from "vitest"
import { noPrograms, ownPostgres, type OwnPostgres } from "../../src/grants/ownPostgres.ts"
import { ask } from "../../src/grants/postgres.ts"
import { type App, call, consent, openApp, refreshes } from "../../src/grants/world.ts"
import { begun, until } from "../../src/settle.ts"
import { openSandbox } from "../../src/world.ts"

const keys = [generateKey()]
const tenMinutes = 10 * 60_000

/** two applications over one server, and a grant whose token has ended and whose rotation is answered when time moves */
const openRotation = async (server: OwnPostgres, url: string) => {
  const sandbox = await openSandbox({ businessCloud: { refreshReuse: "revoke-family" } })
  const open = () => openApp(sandbox, { store: postgresStore({ url, connections: 2 }), keys, clock: sandbox.clock })
  const apps = [open(), open()]
  await consent(apps[0]!, "books")
  await sandbox.clock.advance("10 minutes")
  await ask(
    server.url,
    `update sage_auth.grants set sealed_at = sealed_at - ${tenMinutes}, due_at = due_at - ${tenMinutes}`
  )
  sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer" })
  return { sandbox, open, apps }
}

/** how a hundred callers in both applications end: with an answer, or with why not */
const crowd = (apps: ReadonlyArray<App>) =>
  begun(
    Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        call(apps[index % apps.length]!, "books", { deadline: "1 day" }).then(
          ({ status }) => `HTTP ${status}`,
          (error: unknown) => (isSageAuthError(error) ? `${error.reason._tag}: ${error.message}` : String(error))
        )
      )
    )
  )

/** the grant is there: the token of the rotation serves, and the next rotation is done with what it brought */
const assertAlive = async ({ open, sandbox }: Pick<Awaited<ReturnType<typeof openRotation>>, "open" | "sandbox">) => {
  const app = open()
  assert.strictEqual((await call(app, "books")).status, 200)
  assert.strictEqual(refreshes(sandbox), 1)
  await app.sage.client("books").refresh()
  assert.strictEqual((await call(app, "books")).status, 200)
  assert.strictEqual(refreshes(sandbox), 2)
}

describe.skipIf(noPrograms)("a PostgreSQL server", () => {
  for (const how of ["fast", "immediate"] as const) {
    it(`that is ended (${how}) while a refresh token is under way, and started later, loses no grant`, async () => {
      const server = await ownPostgres()
      const rotation = await openRotation(server, server.url)
      const { apps, sandbox } = rotation
      const ends = crowd(apps)
      await until("the refresh token is under way", () => refreshes(sandbox) === 1)
      await server.stop(how)
      await sandbox.clock.advance("20 seconds")
      await server.start()
      for (const end of await ends) assert.match(end, /^HTTP 200$|^StoreUnavailable: the database postgres at /)
      for (const { sage } of apps) await sage.close()
      await assertAlive(rotation)
    })
  }

  it("that answers late serves all callers by one rotation", async () => {
    const server = await ownPostgres()
    const rotation = await openRotation(server, server.slowUrl)
    const { apps, sandbox } = rotation
    server.delayBy(100)
    const ends = crowd(apps)
    await until("the refresh token is under way", () => refreshes(sandbox) === 1)
    await sandbox.clock.advance("20 seconds")
    assert.deepStrictEqual(new Set(await ends), new Set(["HTTP 200"]))
    for (const { sage } of apps) await sage.close()
    await assertAlive(rotation)
  })
})
