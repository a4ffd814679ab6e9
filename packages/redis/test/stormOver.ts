/* oxlint-disable eslint/no-unmodified-loop-condition -- loops wait for what callbacks change */
import { spawnSync } from "node:child_process"
import type { CoordinationPort } from "@sage-auth/core"
import { assert, describe, onTestFinished } from "vitest"
import { redisCoordination, type RedisCoordinationOptions } from "../src/index.ts"
import type { Opened } from "./libraries.ts"

const missing = spawnSync("redis-server", ["--version"]).status !== 0

/** said in titles of what is skipped */
export const skipped = missing && process.env["CI"] === undefined ? " (skipped: there is no program redis-server)" : ""

/** `describe` where servers can be started */
export const describeInstalled: (name: string, body: () => void) => unknown =
  // oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title -- the tests call it with both
  describe.skipIf(skipped !== "")

/** Processes with a client each, what was logged, and callers of all, each of which holds its permit for a moment. */
export const stormOver = (opened: ReadonlyArray<Opened>, options: Partial<RedisCoordinationOptions> = {}) => {
  const texts: Array<string> = []
  const log = { warn: (text: string) => void texts.push(text) }
  const ports = opened.map(({ client }): CoordinationPort => {
    return redisCoordination({ client, heartbeat: 2_000, log, ...options })
  })
  for (const { end } of opened) onTestFinished(() => void end())
  for (const port of ports) onTestFinished(() => port.close?.())
  let done = 0
  const failures: Array<unknown> = []
  const most: Record<string, number> = {}
  const storm = async (count: number, companies: ReadonlyArray<string> = ["acme"]) => {
    const out: Record<string, number> = {}
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const company = companies[index % companies.length] ?? ""
        const request = { limit: 4, ahead: false }
        try {
          const permit = await ports[index % ports.length]!.acquire(company, request, new AbortController().signal)
          const now = (out[company] ?? 0) + 1
          out[company] = now
          most[company] = Math.max(most[company] ?? 0, now)
          await new Promise((resolve) => setTimeout(resolve, 10))
          out[company]--
          permit.release()
        } catch (error) {
          failures.push(error)
        }
        done++
      })
    )
  }
  const untilDone = async (count: number) => {
    while (done < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const untilIdle = async (company = "acme") => {
    for (let look = 0; look < 2_000; look++) {
      const { inUse, waiting } = await ports[0]!.state(company)
      if (inUse === 0 && waiting === 0) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.fail("a permit was lost")
  }
  /** until each process is served by the server, and has heard of the others */
  const untilServed = async () => {
    for (const port of [...ports, ...ports]) {
      for (let permit; permit === undefined; ) {
        permit = await port
          .acquire("other", { limit: 4, ahead: false }, new AbortController().signal)
          .catch(() => undefined)
        permit?.release()
        if (permit === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  return { storm, untilDone, untilIdle, untilServed, texts, failures, most }
}
