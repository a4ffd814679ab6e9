import { Redis } from "ioredis"
import { assert, describe, it } from "vitest"
import * as scripts from "../src/scripts.ts"
import { describeWithServer, url } from "./server.ts"

/** What scripts may call: all of it is in Redis 7.0, from which Valkey comes. */
const known = [
  "DEL",
  "GET",
  "HDEL",
  "HGET",
  "HGETALL",
  "HKEYS",
  "HLEN",
  "HSET",
  "HSETNX",
  "PERSIST",
  "PEXPIRE",
  "PUBLISH",
  "SET",
  "TIME",
  "ZADD",
  "ZCARD",
  "ZRANGE",
  "ZRANGEBYSCORE",
  "ZREM",
  "ZREMRANGEBYSCORE",
  "ZSCORE"
]

const text = Object.values(scripts)
  .map((script) => script.text)
  .join("\n")
const calls = [...text.matchAll(/redis\.(\w+)\(?(?:'(\w+)')?/g)]

const newerThan7 = (since: string): boolean => {
  const [major = 0, minor = 0] = since.split(".").map(Number)
  return major > 7 || (major === 7 && minor > 0)
}

describe("the scripts", () => {
  it("call nothing but commands that Redis 7 and Valkey have", () => {
    for (const [call, how] of calls) assert.strictEqual(how, "call", call)
    assert.sameMembers([...new Set(calls.map(([, , command]) => command))], known)
  })
})

describeWithServer("the server", () => {
  it("has had each of their commands since Redis 7.0 or before", async () => {
    const client = new Redis(url)
    const documented = (await client.call(
      "COMMAND",
      "DOCS",
      ...known,
      "EVAL",
      "EVALSHA",
      "SUBSCRIBE"
    )) as ReadonlyArray<string | ReadonlyArray<unknown>>
    client.disconnect()
    const since = new Map<string, string>()
    for (let at = 0; at < documented.length; at += 2) {
      const fields = documented[at + 1] as ReadonlyArray<unknown>
      since.set(String(documented[at]).toUpperCase(), String(fields[fields.indexOf("since") + 1]))
    }
    assert.sameMembers([...since.keys()], [...known, "EVAL", "EVALSHA", "SUBSCRIBE"])
    assert.deepStrictEqual(
      [...since].filter(([, version]) => newerThan7(version)),
      []
    )
  })
})
