import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { onTestFinished } from "vitest"

/** Whether this machine has no program to start a server of one's own with. */
export const noRedisProgram = spawnSync("redis-server", ["--version"]).status !== 0

/** A Redis server of one test's own, which keeps nothing: what it knew is gone when it is started anew. */
export interface OwnRedis {
  readonly url: string
  readonly kill: () => Promise<void>
  /** starts it, and waits until it answers */
  readonly start: () => Promise<void>
}

const host = "127.0.0.1"

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, host)
  await once(server, "listening")
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, "close")
  return port
}

/** Makes one and starts it; it ends with the test. */
export const ownRedis = async (): Promise<OwnRedis> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-redis-"))
  let child: ChildProcess | undefined
  const start = async () => {
    const settings = ["--port", String(port), "--bind", host, "--dir", folder, "--save", ""]
    child = spawn("redis-server", settings, { stdio: "ignore" })
    const client = new Redis(port, host, { retryStrategy: () => 20, maxRetriesPerRequest: null })
    client.on("error", () => {})
    await client.ping()
    client.disconnect()
  }
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  onTestFinished(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  return { url: `redis://${host}:${port}`, kill, start }
}
