import { coordinationSuite } from "@sage-auth/core/testing"
import { Redis } from "ioredis"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { redisCoordination } from "../src/index.ts"
import { libraries, newest, type Opened } from "./libraries.ts"
import { openedAlone } from "./openedAlone.ts"
import { ownCluster, type OwnServers } from "./ownServer.ts"
import { describeInstalled, skipped, stormOver } from "./stormOver.ts"

describeInstalled(`a cluster of three nodes${skipped}`, () => {
  let cluster: OwnServers
  const opened = new Map<string, Opened>()
  beforeAll(async () => {
    cluster = await ownCluster()
    for (const { cluster: open, name } of libraries) opened.set(name, await open(cluster.ports))
  })
  afterAll(async () => {
    for (const { end } of opened.values()) await end()
    await cluster.end()
  })
  // the storms try the oldest major of each library
  for (const { name } of newest) {
    coordinationSuite({
      name: `a cluster over ${name}`,
      open: () => redisCoordination({ client: opened.get(name)!.client, prefix: `${name}:` }),
      shared: true,
      describe,
      it
    })
  }

  it("keeps what belongs to one company on one node, and shares the companies out among the nodes", async () => {
    const companies = Array.from({ length: 12 }, (_, index) => `company-${index}`)
    const port = redisCoordination({ client: opened.get("ioredis 6")!.client })
    onTestFinished(() => port.close?.())
    const signal = new AbortController().signal
    for (const company of companies) await port.acquire(company, { limit: 1, ahead: false }, signal)
    const nodesOf = new Map<string, Set<number>>()
    for (const node of cluster.ports) {
      const client = new Redis(node, "127.0.0.1")
      onTestFinished(() => client.disconnect())
      for (const key of await client.keys("sage-auth:{company-*")) {
        const [, company = ""] = /\{(.*)\}/.exec(key) ?? []
        nodesOf.set(company, (nodesOf.get(company) ?? new Set()).add(node))
      }
    }
    assert.sameMembers([...nodesOf.keys()], companies)
    assert.strictEqual(new Set([...nodesOf.values()].flatMap((nodes) => Array.from(nodes))).size, 3)
    for (const nodes of nodesOf.values()) assert.strictEqual(nodes.size, 1)
  })

  /** connections of all nodes, beside the one that counts */
  const connections = async () => {
    const counts = cluster.ports.map(async (node) => {
      const client = new Redis(node, "127.0.0.1")
      const list = String(await client.client("LIST"))
      client.disconnect()
      return list.trim().split("\n").length - 1
    })
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  for (const { name } of libraries) {
    it(`has no connection of ${name} left that was being made when a coordination was closed`, async () => {
      const { client } = opened.get(name)!
      // one that is used has its connection to each node
      const acquired = async (times: number) => {
        for (let at = 0; at < times; at++) {
          const port = redisCoordination({ client, prefix: "left:" })
          const permit = await port.acquire(`left-${at}`, { limit: 1, ahead: false }, new AbortController().signal)
          permit.release()
          await port.close?.()
        }
      }
      await acquired(12)
      const before = await connections()
      await acquired(12)
      let left = await connections()
      for (let look = 0; look < 1_000 && left > before; look++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        left = await connections()
      }
      assert.isAtMost(left, before)
    })
  }

  it("gives out no permit twice and loses none in a storm of both libraries at companies of each node", async () => {
    const clients = await Promise.all(libraries.map((library) => library.cluster(cluster.ports)))
    const companies = Array.from({ length: 6 }, (_, index) => `storm-${index}`)
    const { failures, most, storm, texts, untilIdle } = stormOver(clients)
    await storm(600, companies)
    assert.deepStrictEqual(failures, [])
    assert.deepStrictEqual(texts, [])
    assert.deepStrictEqual(most, Object.fromEntries(companies.map((company) => [company, 4])))
    for (const company of companies) await untilIdle(company)
  })
})

describeInstalled(`a server${skipped}`, () => {
  it("that is killed and started anew, without its memory, loses nobody", async () => {
    const { failures, most, server, storm, texts, untilDone, untilIdle } = await openedAlone()
    const all = storm(200)
    await untilDone(40)
    await server.kill()
    await server.start()
    await all
    assert.deepStrictEqual(failures, [])
    assert.isAtMost(most["acme"] ?? 0, 4)
    assert.deepStrictEqual(texts, [])
    await untilIdle()
  })

  it("that is far away all of a sudden loses nobody, and counts as there", async () => {
    const { failures, line, most, storm, texts, untilDone, untilIdle } = await openedAlone()
    const all = storm(100)
    await untilDone(40)
    line.delayBy(50)
    await all
    assert.deepStrictEqual(failures, [])
    assert.deepStrictEqual(texts, [])
    assert.isAtMost(most["acme"] ?? 0, 4)
    await untilIdle()
  })
})
