import { randomUUID } from "node:crypto"
import { Redis } from "ioredis"
import { createClient } from "redis"
import { afterAll, describe, inject, it } from "vitest"
import type { RedisClient } from "../src/index.ts"
import { libraries } from "./libraries.ts"

const found = inject("redisUrl")

/** The address of the tests' database; only of use where there is a server. */
export const url = found ?? "redis://127.0.0.1:1/9"

/** `describe` where there is a server; elsewhere what is in it is skipped. */
export const describeWithServer: (name: string, body: () => void) => unknown =
  // in CI the run has failed before, see findServer.ts
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- the tests call it with both
  describe.skipIf(found === undefined)

/** The same for cases that wait for what takes seconds: they run together, and so do such descriptions. */
export const describeTogether: typeof describeWithServer = (name, body) =>
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- the tests call it with both
  describe.skipIf(found === undefined)(name, { concurrent: true }, body)

export { it }

const once = <A>(make: () => Promise<A>): (() => Promise<A>) => {
  let made: Promise<A> | undefined
  return () => (made ??= make())
}

/** What one test file has of the server: a prefix of its own, whose keys are removed at its end, and clients. */
export const serverOfFile = () => {
  const prefix = `test-${randomUUID()}:`
  const ends: Array<() => unknown> = []
  const ioredis = once(async () => {
    const client = new Redis(url)
    client.on("error", () => {})
    ends.push(() => client.disconnect())
    return client
  })
  const redis = once(async () => {
    const client = createClient({ url })
    client.on("error", () => {})
    await client.connect()
    ends.push(() => client.destroy())
    return client
  })
  afterAll(async () => {
    if (found === undefined) return
    const client = await ioredis()
    const keys = await client.keys(`${prefix}*`)
    if (keys.length > 0) await client.del(...keys)
    for (const end of ends) await end()
  })
  const clients: ReadonlyArray<readonly [name: string, open: () => Promise<RedisClient>]> = libraries.map(
    ({ name, single }) => [
      name,
      once(async () => {
        const { client, end } = await single(url)
        ends.push(end)
        return client
      })
    ]
  )
  return { prefix, clients, ioredis, redis }
}
