/* oxlint-disable unicorn/consistent-function-scoping, promise/always-return, eslint/no-unmodified-loop-condition -- loops wait for what callbacks change */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { CoordinationPort, Permit, PermitRequest } from "@sage-auth/core"
import { Redis } from "ioredis"
import { createClient } from "redis"
import { assert, type TestContext } from "vitest"
import { type IoRedisClient, redisCoordination, type RedisCoordinationOptions } from "../src/index.ts"
import { describeTogether, describeWithServer, it, serverOfFile, url } from "./server.ts"

const { ioredis, prefix } = serverOfFile()

/** what a test ends with */
type AtEnd = TestContext["onTestFinished"]

const opened = async (atEnd: AtEnd, options: Partial<RedisCoordinationOptions> = {}): Promise<CoordinationPort> => {
  const port = redisCoordination({ client: await ioredis(), prefix, log: false, ...options })
  atEnd(() => port.close?.())
  return port
}

const acquire = (
  port: CoordinationPort,
  pool: string,
  request: Partial<PermitRequest> = {},
  signal = new AbortController().signal
): Promise<Permit> => port.acquire(pool, { limit: 1, ahead: false, ...request }, signal)

const until = async (what: string, is: () => Promise<boolean> | boolean): Promise<void> => {
  for (let look = 0; look < 4_000; look++) {
    if (await is()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail(`${what} did not come`)
}

const untilState = (port: CoordinationPort, pool: string, inUse: number, waiting: number) =>
  until(`${inUse} in use and ${waiting} waiting`, async () => {
    const state = await port.state(pool)
    return state.inUse === inUse && state.waiting === waiting
  })

/** An ioredis client that fails as it is told: before the server is asked, or after it has done it. */
class Failing implements IoRedisClient {
  readonly #client: Redis
  /** whether it is gone */
  gone = false
  /** how many answers are lost from now on */
  lost = 0
  asked = 0

  constructor(client: Redis) {
    this.#client = client
  }

  evalsha(...parameters: Parameters<IoRedisClient["evalsha"]>): Promise<unknown> {
    return this.#fail(() => this.#client.evalsha(...parameters))
  }

  eval(...parameters: Parameters<IoRedisClient["eval"]>): Promise<unknown> {
    return this.#fail(() => this.#client.eval(...parameters))
  }

  duplicate(): unknown {
    return this.#client.duplicate()
  }

  async #fail(ask: () => Promise<unknown>): Promise<unknown> {
    this.asked++
    const error = new Error("Connection to redis://user:hunter2@redis.example:6379 is closed")
    if (this.gone) throw error
    const answer = await ask()
    if (this.lost === 0) return answer
    this.lost--
    throw error
  }
}

/** milliseconds: long enough that no process is taken for dead on a busy machine */
const heartbeat = 5_000

describeWithServer("an answer that is lost", () => {
  it("of a permit gives one permit, not two", async ({ onTestFinished: atEnd }) => {
    const client = new Failing(await ioredis())
    const port = await opened(atEnd, { client })
    await port.state("lost")
    client.lost = 2
    const permit = await acquire(port, "lost", { limit: 5 })
    assert.strictEqual(client.lost, 0)
    assert.strictEqual((await port.state("lost")).inUse, 1)
    client.lost = 2
    permit.release()
    await untilState(port, "lost", 0, 0)
  })

  it("of somebody who waits keeps one place", async ({ onTestFinished: atEnd }) => {
    const client = new Failing(await ioredis())
    const port = await opened(atEnd, { client })
    const held = await acquire(port, "place")
    client.lost = 2
    const waiting = acquire(port, "place")
    await untilState(port, "place", 1, 1)
    held.release()
    ;(await waiting).release()
    await untilState(port, "place", 0, 0)
  })
})

describeWithServer("a server that has lost its memory", () => {
  const forget = async (pool: string): Promise<void> => {
    const client = await ioredis()
    await client.del(...(await client.keys(`${prefix}{${pool}}*`)))
  }

  it("is told again who holds a permit and who waits, at their places", async ({ onTestFinished: atEnd }) => {
    const [one, other] = [await opened(atEnd, { heartbeat }), await opened(atEnd, { heartbeat })]
    const held = await acquire(one, "forgotten")
    const order: Array<string> = []
    const served: Array<Promise<void>> = []
    for (const [index, [who, port]] of Object.entries({ a: one, b: other, c: one }).entries()) {
      served.push(
        acquire(port, "forgotten").then((permit) => {
          order.push(who)
          permit.release()
        })
      )
      await untilState(one, "forgotten", 1, index + 1)
    }
    await forget("forgotten")
    await untilState(other, "forgotten", 1, 3)
    held.release()
    await Promise.all(served)
    assert.deepStrictEqual(order, ["a", "b", "c"])
    await untilState(one, "forgotten", 0, 0)
  })

  it("gives nothing out before everyone has told, whoever asks first", async ({ onTestFinished: atEnd }) => {
    const [one, other] = [await opened(atEnd, { heartbeat }), await opened(atEnd, { heartbeat })]
    const held = await acquire(one, "first")
    let served = 0
    const waiting = async () => {
      const permit = await acquire(other, "first")
      served++
      return permit
    }
    const before = waiting()
    await untilState(one, "first", 1, 1)
    await forget("first")
    // this is the first that the server hears of the pool: the process that holds its permit says so later
    const after = waiting()
    await untilState(other, "first", 1, 2)
    assert.strictEqual(served, 0)
    held.release()
    for (const each of [before, after]) (await each).release()
    await untilState(one, "first", 0, 0)
  })
})

describeWithServer("connections that are killed and scripts that are flushed", () => {
  it("in the middle give nothing twice and lose nobody", async ({ onTestFinished: atEnd }) => {
    const name = prefix.replaceAll(":", "")
    const io = new Redis(url, { connectionName: name })
    io.on("error", () => {})
    atEnd(() => io.disconnect())
    const node = createClient({ url, name })
    node.on("error", () => {})
    await node.connect()
    atEnd(() => node.destroy())
    const ports = [await opened(atEnd, { client: io }), await opened(atEnd, { client: node })]
    let [out, most, done] = [0, 0, 0]
    const all = Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const permit = await acquire(ports[index % 2]!, "storm", { limit: 2 })
        most = Math.max(most, ++out)
        await new Promise((resolve) => setTimeout(resolve, 2))
        out--
        permit.release()
        done++
      })
    )
    const admin = await ioredis()
    let [kills, flushes] = [0, 0]
    while (done < 200) {
      const list = String(await admin.client("LIST"))
      for (const line of list.split("\n").filter((each) => each.includes(`name=${name} `))) {
        const [, id = ""] = /^id=(\d+)/.exec(line) ?? []
        kills += Number(await admin.client("KILL", "ID", id))
      }
      await admin.script("FLUSH")
      flushes++
      const before = done
      await until("somebody is served", () => done >= Math.min(200, before + 20))
    }
    await all
    assert.strictEqual(most, 2)
    assert.isAtLeast(kills, 4)
    assert.isAtLeast(flushes, 2)
    await untilState(ports[0]!, "storm", 0, 0)
  })
})

// together: these wait for seconds and do little else, and each has a pool of its own
describeTogether("a process that is killed", () => {
  it("has its permits given to others within the heartbeat", async ({ onTestFinished: atEnd }) => {
    const heartbeat = 2_000
    const port = await opened(atEnd, { heartbeat })
    const child: ChildProcess = spawn(
      process.execPath,
      [
        "--conditions=@sage-auth/source",
        fileURLToPath(new URL("holder.ts", import.meta.url)),
        url,
        prefix,
        "killed",
        String(heartbeat),
        "2"
      ],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    atEnd(() => void child.kill("SIGKILL"))
    await once(child.stdout!, "data")
    const waiting = Promise.all([acquire(port, "killed", { limit: 2 }), acquire(port, "killed", { limit: 2 })])
    await untilState(port, "killed", 2, 2)
    child.kill("SIGKILL")
    const permits = await waiting
    for (const permit of permits) permit.release()
    await untilState(port, "killed", 0, 0)
  })
})

describeTogether("while Redis is away", () => {
  const warnings = () => {
    const texts: Array<string> = []
    return { texts, log: { warn: (text: string) => void texts.push(text) } }
  }

  it("a process goes on with its share of the permits, and says so once", async ({ onTestFinished: atEnd }) => {
    const client = new Failing(await ioredis())
    const { log, texts } = warnings()
    const [port, other] = [await opened(atEnd, { client, log }), await opened(atEnd)]
    const theirs = await acquire(other, "away", { limit: 4 })
    const first = await acquire(port, "away", { limit: 4 })
    client.gone = true
    const second = await acquire(port, "away", { limit: 4 })
    const waiting = acquire(port, "away", { limit: 4 })
    const renewal = acquire(port, "away", { limit: 4, ahead: true })
    assert.deepStrictEqual(await port.state("away"), { limit: 4, inUse: 2, waiting: 2 })
    first.release()
    const third = await renewal
    assert.strictEqual((await port.state("away")).waiting, 1)
    assert.strictEqual(texts.length, 1)
    client.gone = false
    const fourth = await waiting
    await untilState(other, "away", 4, 0)
    assert.strictEqual(texts.length, 2)
    assert.notInclude(texts.join(), "hunter2")
    for (const permit of [theirs, second, third, fourth]) permit.release()
    await untilState(other, "away", 0, 0)
  })

  it("a pool that is used first then is shared, too", async ({ onTestFinished: atEnd }) => {
    const client = new Failing(await ioredis())
    const [port, other] = [await opened(atEnd, { client }), await opened(atEnd)]
    for (const each of [other, port]) (await acquire(each, "known", { limit: 4 })).release()
    client.gone = true
    const permits = [await acquire(port, "new", { limit: 4 }), await acquire(port, "new", { limit: 4 })]
    const waiting = acquire(port, "new", { limit: 4 })
    assert.deepStrictEqual(await port.state("new"), { limit: 4, inUse: 2, waiting: 1 })
    client.gone = false
    permits.push(await waiting)
    for (const permit of permits) permit.release()
    await untilState(other, "new", 0, 0)
  })

  it("calls fail where that was chosen, and say what is away", async ({ onTestFinished: atEnd }) => {
    const client = new Failing(await ioredis())
    const { log, texts } = warnings()
    const port = await opened(atEnd, { client, log, away: "stop" })
    const held = await acquire(port, "stopped")
    const waiting = acquire(port, "stopped")
    await untilState(port, "stopped", 1, 1)
    client.gone = true
    const failure = await acquire(port, "stopped").catch((error: unknown) => error)
    assert.nestedPropertyVal(failure, "reason._tag", "StoreUnavailable")
    assert.include(String(failure), "Redis cannot be reached")
    assert.notInclude(JSON.stringify(failure), "hunter2")
    assert.strictEqual(await waiting.catch((error: unknown) => error), failure)
    held.release()
    client.gone = false
    await until("it is back", () => texts.length === 2)
    const again = await acquire(port, "stopped")
    assert.strictEqual((await port.state("stopped")).inUse, 1)
    again.release()
    await untilState(port, "stopped", 0, 0)
  })
})

describeWithServer("options", () => {
  it("that cannot work are refused at once", async () => {
    const client = await ioredis()
    assert.throws(() => redisCoordination({ client: {} as never }), "`client` is not a client of ioredis or redis")
    assert.throws(() => redisCoordination({ client, heartbeat: 10 }), "`heartbeat` is not")
    assert.throws(() => redisCoordination({ client, away: "panic" as never }), "`away` is not")
  })
})
