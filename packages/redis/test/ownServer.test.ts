/* oxlint-disable eslint/no-unmodified-loop-condition -- loops wait for what callbacks change */
import { spawnSync } from "node:child_process"
import { coordinationSuite } from "@sage-auth/core/testing"
import { Cluster, Redis } from "ioredis"
import { createClient, createCluster } from "redis"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { type RedisClient, redisCoordination } from "../src/index.ts"
import { type OwnServer, ownServer } from "./ownServer.ts"

const missing = spawnSync("redis-server", ["--version"]).status !== 0
const skipped = missing && process.env["CI"] === undefined ? " (skipped: there is no program redis-server)" : ""
// oxlint-disable-next-line vitest/valid-describe-callback -- the tests call it with both
const describeInstalled = describe.skipIf(skipped !== "")

const quiet = () => {}

describeInstalled(`a cluster${skipped}`, () => {
  let server: OwnServer
  let io: Cluster
  const openNode = () => createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${server.port}` }] })
  let node: ReturnType<typeof openNode>
  beforeAll(async () => {
    server = await ownServer({ cluster: true })
    io = new Cluster([{ host: "127.0.0.1", port: server.port }])
    io.on("error", quiet)
    node = openNode()
    node.on("error", quiet)
    await node.connect()
  })
  afterAll(async () => {
    io.disconnect()
    node.destroy()
    await server.end()
  })
  const clients: ReadonlyArray<readonly [string, () => RedisClient]> = [
    ["ioredis", () => io],
    ["redis", () => node]
  ]
  for (const [name, client] of clients) {
    coordinationSuite({
      name: `a cluster over ${name}`,
      open: () => redisCoordination({ client: client(), prefix: `${name}:` }),
      shared: true,
      describe,
      it
    })
  }
})

/** A server of the test's own, with a client of either library and what was logged. */
const opened = async () => {
  const server = await ownServer()
  onTestFinished(server.end)
  const io = new Redis(server.port, "127.0.0.1", { retryStrategy: () => 20 })
  io.on("error", quiet)
  onTestFinished(() => io.disconnect())
  const node = createClient({ url: `redis://127.0.0.1:${server.port}`, socket: { reconnectStrategy: 20 } })
  node.on("error", quiet)
  await node.connect()
  onTestFinished(() => node.destroy())
  const texts: Array<string> = []
  const log = { warn: (text: string) => void texts.push(text) }
  const clients: ReadonlyArray<RedisClient> = [io, node]
  const ports = clients.map((client) => redisCoordination({ client, heartbeat: 2_000, log }))
  for (const port of ports) onTestFinished(() => port.close?.())
  let [out, most, done] = [0, 0, 0]
  /** callers of both processes, each of which holds its permit for a moment */
  const storm = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const request = { limit: 4, ahead: false }
        const permit = await ports[index % 2]!.acquire("acme", request, new AbortController().signal)
        most = Math.max(most, ++out)
        await new Promise((resolve) => setTimeout(resolve, 10))
        out--
        permit.release()
        done++
      })
    )
  const untilDone = async (count: number) => {
    while (done < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const untilIdle = async () => {
    for (let look = 0; look < 2_000; look++) {
      const { inUse, waiting } = await ports[0]!.state("acme")
      if (inUse === 0 && waiting === 0) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.fail("a permit was lost")
  }
  return { server, storm, untilDone, untilIdle, texts, most: () => most }
}

describeInstalled(`a server${skipped}`, () => {
  it("that is killed and started anew, without its memory, loses nobody", async () => {
    const { most, server, storm, texts, untilDone, untilIdle } = await opened()
    const all = storm(200)
    await untilDone(40)
    await server.kill()
    await server.start()
    await all
    assert.isAtMost(most(), 4)
    assert.deepStrictEqual(texts, [])
    await untilIdle()
  })

  it("that stays away is done without, and used again when it is back", async () => {
    const { most, server, storm, texts, untilDone, untilIdle } = await opened()
    const all = storm(600)
    await untilDone(40)
    await server.kill()
    await untilDone(300)
    assert.strictEqual(texts.filter((text) => text.includes("goes on with its share")).length, 2)
    await server.start()
    await all
    assert.isAtMost(most(), 4)
    await untilIdle()
  })

  it("that stands still for longer than every heartbeat loses nobody", async () => {
    const { most, server, storm, untilDone, untilIdle } = await opened()
    const all = storm(400)
    await untilDone(40)
    server.process().kill("SIGSTOP")
    // it is away by now
    await untilDone(150)
    server.process().kill("SIGCONT")
    await all
    assert.isAtMost(most(), 4)
    await untilIdle()
  })
})
