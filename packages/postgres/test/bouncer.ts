import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "pg"
import { afterAll, assert, beforeAll, describe } from "vitest"
import { noServer, url } from "./server.ts"

export const program = process.env["SAGE_AUTH_TEST_PGBOUNCER"] ?? "pgbouncer"
export const missing = spawnSync(program, ["--version"]).status !== 0

/** Where PgBouncer listens. */
export interface Bounced {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/** What is behind PgBouncer in transaction mode: `body` is given where to connect to. */
export const describeBehindPgBouncer = (body: (bounced: () => Bounced) => void): void => {
  describe.skipIf(missing || noServer)("behind PgBouncer in transaction mode", () => {
    const folder = mkdtempSync(join(tmpdir(), "sage-auth-pgbouncer-"))
    // a socket in a folder of its own: its number is no port of this machine
    const bounced = () => {
      const { pathname, username } = new URL(url)
      return { host: folder, port: 6432, database: pathname.slice(1), user: username === "" ? "postgres" : username }
    }

    beforeAll(async () => {
      const { database, user } = bounced()
      const { hostname, password, port } = new URL(url)
      const server = `host=${hostname} port=${port || "5432"} user=${user}${password === "" ? "" : ` password=${password}`}`
      writeFileSync(
        join(folder, "pgbouncer.ini"),
        `[databases]
${database} = ${server}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query_always = 0
ignore_startup_parameters = extra_float_digits
`
      )
      const asRoot = process.getuid?.() === 0
      // it refuses to run as root
      if (asRoot) spawnSync("chown", ["-R", "nobody", folder])
      const bouncer = spawn(program, [...(asRoot ? ["-u", "nobody"] : []), join(folder, "pgbouncer.ini")], {
        stdio: "ignore"
      })
      const ended = new Promise((resolve) => bouncer.once("close", resolve))
      for (let answers = false; !answers; ) {
        assert.isNull(bouncer.exitCode, "pgbouncer runs")
        const client = new Client(bounced())
        answers = await client.connect().then(
          () => true,
          () => false
        )
        await client.end().catch(() => {})
        if (!answers) await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return async () => {
        bouncer.kill("SIGKILL")
        await ended
      }
    })

    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    body(bounced)
  })
}
