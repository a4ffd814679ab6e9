import { Redis } from "ioredis"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** the address of a Redis server; undefined: there is none, and tests that need one are skipped */
    readonly redisUrl: string | undefined
  }
}

/**
 * Finds a Redis server: SAGE_AUTH_TEST_REDIS, or the usual place of this machine with a database of the tests' own. In CI
 * a missing server fails the run. Elsewhere the tests that need one are skipped, and this says why.
 */
export default async ({ provide }: TestProject) => {
  const url = process.env["SAGE_AUTH_TEST_REDIS"] ?? "redis://127.0.0.1:6379/9"
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 })
  let problem = ""
  client.on("error", ({ message }: Error) => {
    problem = message
  })
  try {
    await client.connect()
    await client.ping()
    provide("redisUrl", url)
  } catch (error) {
    const why = `no Redis server for the tests: ${problem || String(error)}. Set SAGE_AUTH_TEST_REDIS to its address.`
    if (process.env["CI"] !== undefined) throw new Error(why, { cause: error })
    console.warn(`${why} Tests that need one are skipped.`)
    provide("redisUrl", undefined)
  } finally {
    client.disconnect()
  }
}
