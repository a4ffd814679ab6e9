import { type CoordinationPort, createSageAuth, intacctXml, isSageAuthError, type SageEvent } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { postgresCoordination } from "@sage-auth/postgres"
import { redisCoordination } from "@sage-auth/redis"
import { Effect, Stream } from "effect"
import { Redis } from "ioredis"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { failureOf } from "../src/failureOf.ts"
import { vendors } from "../src/functions.ts"
import { noServer, temporarySchema } from "../src/grants/postgres.ts"
import { inRedis, noRedis } from "../src/pools/storm.ts"
import { ledgerOptions, openSandbox, openWorld } from "../src/world.ts"

/** pools of one process, and a place where processes tell each other something */
const place = () => {
  const hearers = new Set<(text: string) => void>()
  const texts: Array<string> = []
  const send = (text: string) => {
    texts.push(text)
    for (const hear of hearers) hear(text)
  }
  const coordination = (): CoordinationPort => ({
    acquire: async () => ({ release: () => {} }),
    state: async () => ({ limit: 0, inUse: 0, waiting: 0 }),
    broadcast: {
      send: async (text) => send(text),
      listen: async (heard) => {
        hearers.add(heard)
        return () => hearers.delete(heard)
      }
    }
  })
  const listened = async () => {
    while (hearers.size === 0) await new Promise(setImmediate)
  }
  return { coordination, listened, send, texts }
}

const next = async (feed: AsyncIterator<SageEvent>): Promise<SageEvent> => {
  const { done, value } = await feed.next()
  assert.isFalse(done)
  return value
}

const event = { type: "recovered", surface: "intacct-xml", connection: "ledger", tenant: "default", at: 1 } as const

describe('events({ scope: "all" })', () => {
  it("has the events of other processes, and of this one once", async () => {
    const { coordination, listened } = place()
    const one = await openWorld({ settings: { coordination: coordination() } })
    const other = await openWorld({ settings: { coordination: coordination() }, sandbox: one.sandbox })
    const [all, own] = [other.sage.events({ scope: "all" }), other.sage.events()]
    await listened()
    await one.ledger.execute([vendors()])
    const opened = await next(all)
    assert.deepInclude(opened, { type: "session-opened", surface: "intacct-xml", connection: "ledger" })
    assert.isNumber((opened as Extract<SageEvent, { readonly type: "session-opened" }>).expiresAt)
    await other.ledger.refresh()
    await other.ledger.disconnect()
    await other.sage.close()
    const mine: Array<SageEvent> = []
    for await (const event of own) mine.push(event)
    assert.isAbove(mine.length, 1)
    for (const event of mine) assert.deepStrictEqual(await next(all), event)
    assert.isTrue((await all.next()).done)
  })

  it("is `allEvents` in Effect", async () => {
    const { coordination, listened } = place()
    const one = await openWorld({ settings: { coordination: coordination() } })
    const reading = Effect.scoped(
      Effect.gen(function* () {
        const sage = yield* SageAuth.make({
          connections: { ledger: intacctXml(ledgerOptions(one.sandbox)) },
          coordination: coordination()
        })
        return yield* Stream.runHead(sage.allEvents)
      })
    )
    const head = Effect.runPromise(reading)
    await listened()
    await one.ledger.execute([vendors()])
    assert.deepInclude(await head, { _tag: "Some" })
  })

  it("fails where the coordination tells nothing, by the name of the option, and again for the next reader", async () => {
    const { broadcast: _, ...silent } = place().coordination()
    const { sage } = await openWorld({ settings: { coordination: silent } })
    for (let reader = 0; reader < 2; reader++) {
      const feed = sage.events({ scope: "all" })
      const failure = await failureOf(feed.next())
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.match(failure.message, /coordination/)
      assert.isTrue((await feed.next()).done)
    }
  })

  it("fails with what the coordination says, and quotes nothing that is not its own", async () => {
    const { coordination } = place()
    const port = coordination()
    const broken = {
      send: async () => {},
      listen: () => Promise.reject(new Error("redis://user:hunter2@redis.example is closed"))
    }
    const { sage } = await openWorld({ settings: { coordination: { ...port, broadcast: broken } } })
    const failure = await failureOf(sage.events({ scope: "all" }).next())
    assert.strictEqual(failure.reason._tag, "StoreUnavailable")
    assert.notInclude(JSON.stringify(failure) + failure.message, "hunter2")
  })

  it("has this process's own where the pools are in memory", async () => {
    const { ledger, sage } = await openWorld()
    const all = sage.events({ scope: "all" })
    await ledger.execute([vendors()])
    assert.strictEqual((await next(all)).type, "session-opened")
  })

  it("refuses a scope that is none", async () => {
    const { sage } = await openWorld()
    await sage.ready()
    try {
      sage.events({ scope: "everything" as never })
      assert.fail("it was taken")
    } catch (error) {
      assert.isTrue(isSageAuthError(error))
      assert.match((error as Error).message, /scope/)
    }
  })

  it("believes short members of known events alone, whatever it is told", async () => {
    const { coordination, listened, send } = place()
    const { sage } = await openWorld({ settings: { coordination: coordination() } })
    const all = sage.events({ scope: "all" })
    await listened()
    const told = (...events: ReadonlyArray<unknown>) => send(JSON.stringify({ from: "another", events }))
    for (const text of ["", "{", "null", "[]", '{"from":"x","events":3}', `{"events":[${"1,".repeat(9_000)}1]}`])
      send(text)
    told(null, 3, [], {}, { type: "recovered" }, { type: "toString", at: 1 }, { ...event, at: "now" })
    told({ ...event, tenant: "x".repeat(3_000), connection: { toString: 1 }, more: [1], at: 2 })
    told(event)
    assert.deepStrictEqual(await next(all), {
      type: "recovered",
      surface: "intacct-xml",
      tenant: "x".repeat(500),
      at: 2
    } as never)
    assert.deepStrictEqual(await next(all), event)
  })

  it("tells others no more than 7,000 bytes at a time, and everything that fits", async () => {
    const { coordination, texts } = place()
    const { ledger, sage } = await openWorld({ settings: { coordination: coordination() } })
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        sage.client("ledger", { tenant: `${"é".repeat(50)}${index}` }).execute([vendors()])
      )
    )
    await ledger.execute([vendors()])
    await sage.close()
    const bytes = texts.map((text) => Buffer.byteLength(text))
    assert.isAtMost(Math.max(...bytes), 7_000)
    const events = texts.flatMap((text) => (JSON.parse(text) as { readonly events: ReadonlyArray<SageEvent> }).events)
    assert.strictEqual(events.filter(({ type }) => type === "session-opened").length, 101)
  })
})

/** Two applications of one sandbox: one announces until the other has heard it. */
const heardByOther = async (coordination: () => CoordinationPort): Promise<SageEvent> => {
  const sandbox = await openSandbox()
  const open = () => {
    const connections = { ledger: intacctXml(ledgerOptions(sandbox)) }
    const sage = createSageAuth({ connections, clock: sandbox.clock, coordination: coordination() })
    onTestFinished(() => sage.close())
    return sage
  }
  const [one, other] = [open(), open()]
  const first = next(other.events({ scope: "all" }))
  // until the other one listens, what is said is missed
  const heard = { it: false }
  first.finally(() => (heard.it = true)).catch(() => {})
  while (!heard.it) {
    await one.client("ledger").refresh()
    await new Promise(setImmediate)
  }
  return first
}

describe.skipIf(noRedis)('events({ scope: "all" }) over Redis', () => {
  it("has the events of other processes", async () => {
    const { prefix, redisUrl } = inRedis()
    const client = new Redis(redisUrl)
    onTestFinished(() => client.disconnect())
    const event = await heardByOther(() => redisCoordination({ client, prefix }))
    assert.match(event.type, /session-opened|credential-renewed/)
  })
})

describe.skipIf(noServer)('events({ scope: "all" }) over PostgreSQL', () => {
  it("has the events of other processes", async () => {
    const { schema, url } = temporarySchema()
    const event = await heardByOther(() => postgresCoordination({ url, schema, connections: 1 }))
    assert.match(event.type, /session-opened|credential-renewed/)
  })

  it("is refused for a schema that cannot be reached, with the reason", async () => {
    // every look at the clock is a second after the last: what is tried for five seconds is over after six tries
    let now = performance.now()
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 1_000))
    onTestFinished(() => clock.mockRestore())
    const coordination = postgresCoordination({ url: "postgresql://postgres@127.0.0.1:1/none" })
    const { sage } = await openWorld({ settings: { coordination } })
    const failure = await failureOf(sage.events({ scope: "all" }).next())
    assert.strictEqual(failure.reason._tag, "StoreUnavailable")
    assert.include(failure.message, "the database none at 127.0.0.1:1")
  })
})
