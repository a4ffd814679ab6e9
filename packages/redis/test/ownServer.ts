import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"

/** A server of a test's own, which it may stop, start and hold. */
export interface OwnServer {
  readonly port: number
  readonly process: () => ChildProcess
  readonly start: () => Promise<void>
  readonly kill: () => Promise<void>
  readonly end: () => Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("there is no port")
  return address.port
}

/** Starts one that keeps nothing: what it knew is gone when it is started anew. */
export const ownServer = async ({ cluster = false } = {}): Promise<OwnServer> => {
  const [port, bus] = [await freePort(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-redis-"))
  let child: ChildProcess | undefined
  const start = async () => {
    const own = cluster
      ? ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-announce-ip", "127.0.0.1"]
      : []
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...own]
    child = spawn("redis-server", place, { stdio: "ignore" })
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20, maxRetriesPerRequest: null })
    client.on("error", () => {})
    await client.ping()
    if (cluster) {
      await client.cluster("ADDSLOTSRANGE", 0, 16_383).catch(() => {})
      while (!(await client.cluster("INFO")).includes("cluster_state:ok")) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    client.disconnect()
  }
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  await start()
  return {
    port,
    process: () => child as ChildProcess,
    start,
    kill,
    end: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
