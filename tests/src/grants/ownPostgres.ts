import { spawn, spawnSync } from "node:child_process"
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { createConnection, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import process from "node:process"
import { Client } from "pg"
import { onTestFinished } from "vitest"

/** where the server's programs are: SAGE_AUTH_TEST_POSTGRES_BIN, the path, or where Debian has them, the newest first */
const findPrograms = (): string | undefined =>
  [
    process.env["SAGE_AUTH_TEST_POSTGRES_BIN"] ?? "",
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...globSync("/usr/lib/postgresql/*/bin").toSorted((a, b) => Number(b.split("/")[4]) - Number(a.split("/")[4]))
  ].find((folder) => folder !== "" && existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")))

const programs = findPrograms()

/** Whether this machine has no programs to start a server of one's own with. */
export const noPrograms = programs === undefined

/** who runs the server: it refuses to be run by root */
const runner = (() => {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ["-u", "-g"].map((option) => Number(spawnSync("id", [option, "nobody"]).stdout.toString()))
  return { uid, gid } as { readonly uid: number; readonly gid: number }
})()

/** A PostgreSQL server of one test's own, at a socket in a folder of its own. */
export interface OwnPostgres {
  /** the address of its database */
  readonly url: string
  /** the same behind a line on which every piece comes so many milliseconds late; 0 at first */
  readonly slowUrl: string
  readonly delayBy: (milliseconds: number) => void
  /** ends it: `fast` as an administrator does, `immediate` as a crash does */
  readonly stop: (how: "fast" | "immediate") => Promise<void>
  /** starts it, and waits until it answers */
  readonly start: () => Promise<void>
}

/** a line to a socket, whose two ends hear each other late */
const slowLine = async (path: string) => {
  let delay = 0
  const sockets = new Set<Socket>()
  const later = (run: () => void) => setTimeout(run, delay)
  const carry = (from: Socket, to: Socket) => {
    sockets.add(from)
    from.on("data", (piece: Buffer) => later(() => to.writable && to.write(piece)))
    from.on("error", () => {})
    from.on("close", () => {
      sockets.delete(from)
      later(() => to.destroy())
    })
  }
  const server = createServer((near) => {
    const far = createConnection(path)
    carry(near, far)
    carry(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { readonly port: number }
  return {
    port,
    delayBy: (milliseconds: number) => {
      delay = milliseconds
    },
    end: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

/** Makes one and starts it; it ends with the test. */
export const ownPostgres = async (): Promise<OwnPostgres> => {
  const bin = programs ?? ""
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-postgres-"))
  if ("uid" in runner) spawnSync("chown", [String(runner.uid), folder])
  const data = join(folder, "data")
  const options = { cwd: folder, ...runner, stdio: "ignore" } as const
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"],
    { ...options, stdio: "pipe" }
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr.toString()}`)
  let running: { readonly kill: (signal: NodeJS.Signals) => void; readonly ended: Promise<unknown> } | undefined
  const url = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`
  const line = await slowLine(join(folder, ".s.PGSQL.5432"))

  const stop: OwnPostgres["stop"] = async (how) => {
    running?.kill(how === "fast" ? "SIGINT" : "SIGQUIT")
    await running?.ended
    running = undefined
  }
  const start = async () => {
    const server = spawn(
      join(bin, "postgres"),
      // what is on the disk need not outlive this machine
      ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"],
      options
    )
    running = {
      kill: (signal) => server.kill(signal),
      ended: new Promise((resolve) => server.once("close", resolve))
    }
    for (let answers = false; !answers; ) {
      if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`)
      const client = new Client({ connectionString: url })
      answers = await client.connect().then(
        () => true,
        () => false
      )
      await client.end().catch(() => {})
      if (!answers) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  onTestFinished(async () => {
    line.end()
    await stop("immediate")
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  return {
    url,
    slowUrl: `postgresql://postgres@127.0.0.1:${line.port}/postgres`,
    delayBy: line.delayBy,
    stop,
    start
  }
}
