import type { BroadcastPort, SageAuthError } from "@sage-auth/core"
import { assert, onTestFinished } from "vitest"
import { type IoRedisClient, redisCoordination, type RedisCoordinationOptions } from "../src/index.ts"
import { libraries } from "./libraries.ts"
import { describeWithServer, it, serverOfFile, url } from "./server.ts"

const { ioredis, prefix } = serverOfFile()

const broadcastOf = (options: RedisCoordinationOptions, atEnd = onTestFinished): BroadcastPort => {
  const port = redisCoordination({ prefix, log: false, ...options })
  atEnd(() => port.close?.())
  assert.isDefined(port.broadcast)
  return port.broadcast
}

/** what was heard, and a wait for the text that comes next of those that are wanted */
const hearing = () => {
  const heard: Array<string> = []
  let wake: (() => void) | undefined
  const hear = (text: string) => {
    heard.push(text)
    wake?.()
  }
  const untilHeard = async (text: string, meanwhile: () => Promise<unknown> = async () => {}) => {
    while (!heard.includes(text)) {
      await meanwhile()
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, 10)
      })
    }
  }
  return { heard, hear, untilHeard }
}

describeWithServer("what processes tell each other", () => {
  for (const { name, single } of libraries) {
    it(`is heard over ${name}, again after the connection broke`, async () => {
      const connectionName = `${prefix.replaceAll(":", "")}-${name.replaceAll(/\W/g, "")}`
      const { client, end } = await single(url, { name: connectionName, retryAfter: 10 })
      onTestFinished(() => void end())
      const [one, other] = [broadcastOf({ client }), broadcastOf({ client: await ioredis() })]
      const { heard, hear, untilHeard } = hearing()
      const stop = await one.listen(hear)
      await other.send("first")
      await untilHeard("first")
      const admin = await ioredis()
      let killed = 0
      for (const line of String(await admin.client("LIST")).split("\n")) {
        if (!line.includes(`name=${connectionName} `)) continue
        const [, id = ""] = /^id=(\d+)/.exec(line) ?? []
        killed += Number(await admin.client("KILL", "ID", id))
      }
      assert.strictEqual(killed, 2)
      // what is said while nobody listens is lost
      await untilHeard("again", () => other.send("again"))
      assert.strictEqual(heard.filter((text) => text === "first").length, 1)
      await one.send("own")
      await untilHeard("own")
      stop()
    })
  }

  it("is heard no more, and keeps no connection, when the coordination was closed", async () => {
    const name = `${prefix.replaceAll(":", "")}-closed`
    const client = (await ioredis()).duplicate({ connectionName: name })
    onTestFinished(() => client.disconnect())
    const admin = await ioredis()
    const connections = async () => String(await admin.client("LIST")).split(`name=${name} `).length - 1
    const port = redisCoordination({ client, prefix, log: false })
    await port.broadcast?.listen(() => {})
    assert.strictEqual(await connections(), 2)
    await port.close?.()
    while ((await connections()) > 1) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it("is nothing to processes with another prefix", async () => {
    const client = await ioredis()
    const [one, other] = [broadcastOf({ client }), broadcastOf({ client, prefix: `${prefix}other:` })]
    const { heard, hear, untilHeard } = hearing()
    const stops = [await one.listen(hear), await other.listen(hear)]
    await one.send("mine")
    await other.send("theirs")
    await untilHeard("mine")
    await untilHeard("theirs")
    assert.sameMembers(heard, ["mine", "theirs"])
    for (const stop of stops) stop()
  })

  // together: each of them waits for a server that is not there
  it.concurrent.for(libraries.filter(({ name }) => name.startsWith("ioredis")))(
    "is refused where there is no server, with the reason and without the password, over $name",
    async ({ single }, { onTestFinished: atEnd }) => {
      const { client, end } = await single("redis://user:hunter2@127.0.0.1:1", { retryAfter: 10 })
      atEnd(() => void end())
      const broadcast = broadcastOf({ client }, atEnd)
      for (const ask of [() => broadcast.listen(() => {}), () => broadcast.send("text")]) {
        const failure = await ask().then(
          () => assert.fail("it was done"),
          (error: unknown) => error
        )
        assert.nestedPropertyVal(failure, "reason._tag", "StoreUnavailable")
        assert.include(String(failure), "Redis at 127.0.0.1:1")
        assert.notInclude(JSON.stringify(failure) + String(failure), "hunter2")
      }
    }
  )

  it("is refused to a user of Redis who may not subscribe, with what is missing", async () => {
    const client = await ioredis()
    const user = prefix.replaceAll(":", "")
    await client.call("ACL", "SETUSER", user, "on", ">secret", "allkeys", "+@all", "-subscribe")
    onTestFinished(async () => void (await client.call("ACL", "DELUSER", user)))
    const limited = client.duplicate({ username: user, password: "secret" })
    limited.on("error", () => {})
    onTestFinished(() => limited.disconnect())
    const failure = await broadcastOf({ client: limited })
      .listen(() => {})
      .catch((error: unknown) => error)
    assert.propertyVal(failure, "code", "NOPERM")
    assert.include((failure as SageAuthError).remedy, "PUBLISH and SUBSCRIBE")
  })

  it("is lost rather than told twice where the answer is lost", async () => {
    const client = await ioredis()
    let lost = 0
    const losing: IoRedisClient = {
      evalsha: async (...parameters) => {
        const answer = await client.evalsha(...parameters)
        if (lost === 0) return answer
        lost--
        throw new Error("Connection is closed.")
      },
      eval: (...parameters) => client.eval(...parameters),
      duplicate: () => client.duplicate()
    }
    const [one, other] = [broadcastOf({ client }), broadcastOf({ client: losing })]
    const { heard, hear, untilHeard } = hearing()
    const stop = await one.listen(hear)
    await other.send("first")
    lost = 1
    const failure = await other.send("second").catch((error: unknown) => error)
    assert.nestedPropertyVal(failure, "reason._tag", "StoreUnavailable")
    await other.send("third")
    await untilHeard("third")
    assert.deepStrictEqual(heard, ["first", "second", "third"])
    stop()
  })
})
