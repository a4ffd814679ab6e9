import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
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

const host = "127.0.0.1"

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, host)
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("there is no port")
  return address.port
}

/** asks a server something, as soon as it answers */
const asked = async <A>(port: number, ask: (client: Redis) => Promise<A>): Promise<A> => {
  const client = new Redis(port, host, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on("error", () => {})
  try {
    await client.ping()
    return await ask(client)
  } finally {
    client.disconnect()
  }
}

const until = async (is: () => Promise<boolean>): Promise<void> => {
  while (!(await is())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Starts a server that keeps nothing: what it knew is gone when it is started anew. */
const serverWith = async (port: number, settings: (folder: string) => ReadonlyArray<string>): Promise<OwnServer> => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-redis-"))
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn("redis-server", settings(folder), { stdio: "ignore" })
    await asked(port, async () => {})
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

/** One server. */
export const ownServer = async (...settings: ReadonlyArray<string>): Promise<OwnServer> => {
  const port = await freePort()
  return serverWith(port, (folder) => {
    return ["--port", String(port), "--bind", host, "--dir", folder, "--save", "", ...settings]
  })
}

/** Servers of a test's own that belong together. */
export interface OwnServers {
  readonly ports: ReadonlyArray<number>
  readonly end: () => Promise<void>
}

/** A cluster of three nodes, each of which has a third of the slots. */
export const ownCluster = async (): Promise<OwnServers> => {
  const nodes: Array<OwnServer> = []
  const buses: Array<number> = []
  const end = async () => void (await Promise.all(nodes.map((node) => node.end())))
  for (let node = 0; node < 3; node++) {
    const bus = await freePort()
    buses.push(bus)
    nodes.push(
      await ownServer("--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-announce-ip", host)
    )
  }
  const ports = nodes.map(({ port }) => port)
  const starts = [0, 5_461, 10_923, 16_384]
  for (const [node, port] of ports.entries()) {
    await asked(port, async (client) => {
      await client.cluster("ADDSLOTSRANGE", starts[node] ?? 0, (starts[node + 1] ?? 0) - 1)
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(node + 1))
    })
  }
  await asked(ports[0] ?? 0, async (client) => {
    for (const [node, port] of ports.entries()) {
      if (node > 0) await client.call("CLUSTER", "MEET", host, String(port), String(buses[node]))
    }
  })
  await Promise.all(
    ports.map((port) =>
      asked(port, (client) =>
        until(async () => {
          const known = await client.cluster("INFO")
          return known.includes("cluster_state:ok") && known.includes("cluster_known_nodes:3")
        })
      )
    )
  )
  return { ports, end }
}

/** A primary, its replica, and the sentinels that watch over them. */
export interface Watched extends OwnServers {
  /** what the sentinels call the primary */
  readonly master: string
  /** ports of the sentinels */
  readonly ports: ReadonlyArray<number>
  readonly primary: OwnServer
  readonly replica: OwnServer
  /** waits until the replica is the primary */
  readonly failedOver: () => Promise<void>
}

export const ownSentinel = async (): Promise<Watched> => {
  const master = "pools"
  const primary = await ownServer()
  const replica = await ownServer("--replicaof", host, String(primary.port), "--repl-diskless-sync-delay", "0")
  const port = await freePort()
  const sentinel = await serverWith(port, (folder) => {
    const file = join(folder, "sentinel.conf")
    // it writes into its file what it learns
    writeFileSync(
      file,
      [
        `port ${port}`,
        `bind ${host}`,
        `dir ${folder}`,
        `sentinel monitor ${master} ${host} ${primary.port} 1`,
        `sentinel down-after-milliseconds ${master} 500`,
        `sentinel failover-timeout ${master} 10000`,
        ""
      ].join("\n")
    )
    return [file, "--sentinel"]
  })
  await asked(replica.port, (client) =>
    until(async () => (await client.info("replication")).includes("master_link_status:up"))
  )
  await asked(port, (client) =>
    until(async () => {
      const replicas = (await client.call("SENTINEL", "REPLICAS", master)) as ReadonlyArray<ReadonlyArray<string>>
      const [fields = []] = replicas
      return fields[fields.indexOf("master-link-status") + 1] === "ok"
    })
  )
  return {
    master,
    ports: [port],
    primary,
    replica,
    failedOver: () =>
      asked(port, (client) =>
        until(async () => {
          const [, at] = (await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master)) as ReadonlyArray<string>
          return Number(at) === replica.port
        })
      ),
    end: async () => {
      await sentinel.end()
      await Promise.all([primary.end(), replica.end()])
    }
  }
}
