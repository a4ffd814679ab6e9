import { createSageAuth, generateKey, intacctXml, isSageAuthError } from "@sage-auth/core"
import { inspectSharing } from "@sage-auth/core/inspect"
import { assert, describe } from "vitest"
import { redisCoordination } from "../src/index.ts"
import { quickly } from "./quickly.ts"
import { describeWithServer, it, serverOfFile, url } from "./server.ts"

const { clients, ioredis, prefix, redis } = serverOfFile()
const never = new AbortController().signal
const two = { limit: 2, ahead: false }

describeWithServer("an inspection", () => {
  for (const [index, [name, client]] of clients.entries()) {
    it(`over ${name} says where it is, how many processes use how many pools, and who waits`, async () => {
      // a prefix of its own: others use pools meanwhile
      const own = `${prefix}inspected-${index}:`
      const ports = [
        redisCoordination({ client: await client(), prefix: own }),
        redisCoordination({ client: await redis(), prefix: own }),
        // it has no permit and waits for none
        redisCoordination({ client: await ioredis(), prefix: own })
      ] as const
      const [one, other, looking] = ports
      const permits = await Promise.all([
        one.acquire("acme", two, never),
        other.acquire("acme", two, never),
        other.acquire("a company: with spaces", two, never)
      ])
      const waiting = other.acquire("acme", two, never)
      while ((await looking.state("acme")).waiting === 0) await new Promise(setImmediate)
      const place = `Redis at ${new URL(url).host}`
      assert.deepStrictEqual(await looking.inspect?.(), { place, processes: 2, pools: 2, inUse: 3, waiting: 1 })
      for (const permit of permits) permit.release()
      ;(await waiting).release()
      while ((await looking.state("acme")).inUse > 0) await new Promise(setImmediate)
      await Promise.all(ports.map(async (port) => port.close?.()))
    })
  }

  it("is what tools show of an application", async () => {
    const coordination = redisCoordination({ client: await redis(), prefix: `${prefix}shown:` })
    const sage = createSageAuth({
      connections: {
        ledger: intacctXml({
          sender: { id: "sender", password: "secret of the sender" },
          login: { companyId: "acme", userId: "user", password: "secret of the user" }
        })
      },
      keys: [generateKey()],
      coordination
    })
    await sage.ready()
    const permit = await coordination.acquire("acme", two, never)
    assert.deepStrictEqual((await inspectSharing(sage)).coordination, {
      place: `Redis at ${new URL(url).host}`,
      processes: 1,
      pools: 1,
      inUse: 1,
      waiting: 0
    })
    permit.release()
    await sage.close()
  })

  it("says nothing is in use where nothing is", async () => {
    const port = redisCoordination({ client: await ioredis(), prefix: `${prefix}unused:` })
    const { place: _, ...counts } = (await port.inspect?.()) ?? {}
    assert.deepStrictEqual(counts, { processes: 0, pools: 0, inUse: 0, waiting: 0 })
    await port.close?.()
  })
})

const refuse = () => Promise.reject(new Error("ECONNREFUSED with a password in it"))

describe("an inspection without a server", () => {
  it("fails with StoreUnavailable, and says nothing that the client said", async () => {
    const port = redisCoordination({
      client: { evalsha: refuse, eval: refuse, duplicate: () => ({ on: () => {}, disconnect: () => {} }) }
    })
    const thrown: unknown = await quickly(
      () => false,
      async () => port.inspect?.().catch((error: unknown) => error)
    )
    assert.isTrue(isSageAuthError(thrown))
    assert.notInclude(String(thrown), "password in it")
    await port.close?.()
  })
})
