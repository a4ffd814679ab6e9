// Two applications at one Intacct company, one with each library: by the packed packages, and by the contract of a
// coordination as users are given it.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { createRequire } from "node:module"
import { after, describe, it, test } from "node:test"
import { createSageAuth } from "@sage-auth/core"
import { coordinationSuite } from "@sage-auth/core/testing"
import type * as sageAuthRedis from "@sage-auth/redis"
import { redisCoordination, redisMeters } from "@sage-auth/redis"
import { startSandbox } from "@sage-auth/sandbox"
import { Redis } from "ioredis"
import { createClient } from "redis"

const url = process.env["SAGE_AUTH_TEST_REDIS"] ?? "redis://127.0.0.1:6379/9"
const prefix = `bare-${randomUUID()}:`

const io = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
io.on("error", () => {})
const missing = await io.connect().then(
  () => undefined,
  (error: Error) => `no Redis server: ${error.message}. Set SAGE_AUTH_TEST_REDIS to its address.`
)
if (missing !== undefined && process.env["SAGE_AUTH_TEST_ALL"] !== "") throw new Error(missing)

const node = createClient({ url })
node.on("error", () => {})
if (missing === undefined) await node.connect()

after(async () => {
  if (missing !== undefined) return
  const keys = await io.keys(`${prefix}*`)
  if (keys.length > 0) await io.del(...keys)
  io.disconnect()
  node.destroy()
})

describe("Redis", missing === undefined ? {} : { skip: missing }, () => {
  coordinationSuite({
    name: "over ioredis",
    open: () => redisCoordination({ client: io, prefix }),
    shared: true,
    describe,
    it
  })
  coordinationSuite({
    name: "over redis",
    open: () => redisCoordination({ client: node, prefix }),
    shared: true,
    describe,
    it
  })

  test("two applications have two requests at a company at most, and one hears of the other", async () => {
    const sandbox = await startSandbox({ intacct: { latency: 5 } })
    const open = (client: Redis | typeof node) => {
      const { ledger } = sandbox.connections()
      return createSageAuth({
        connections: { ledger },
        coordination: redisCoordination({ client, prefix, log: false })
      })
    }
    const [one, other] = [open(io), open(node)]
    try {
      const all = other.events({ scope: "all" })
      const first = all.next()
      const call = (sage: typeof one) =>
        sage
          .client("ledger")
          .execute([{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1 } }])
      const calls = Array.from({ length: 40 }, (_, index) => call(index % 2 === 0 ? one : other))
      await Promise.all(calls)
      assert.equal(Math.max(...sandbox.requests().map(({ concurrent }) => concurrent)), 2)
      assert.equal((await first).done, false)
    } finally {
      await Promise.all([one.close(), other.close()])
      await sandbox.stop()
    }
  })

  test("a count is one for both libraries", async () => {
    await redisMeters({ client: io, prefix }).add("acme", "2026-11", 2)
    assert.equal(await redisMeters({ client: node, prefix }).add("acme", "2026-11", 3), 5)
  })
})

test("the package is required, too, and names an option that it cannot use", () => {
  const required = createRequire(import.meta.url)("@sage-auth/redis") as typeof sageAuthRedis
  assert.throws(
    () => required.redisCoordination({ client: {} as never }),
    /`client` is not a client of ioredis or redis/
  )
})
