import { randomUUID } from "node:crypto"
import type { MeterPort } from "@sage-auth/core"
import { Server, tagOf } from "./Server.ts"
import type { RedisClient } from "./RedisClient.ts"
import { checkedLink } from "./redisCoordination.ts"
import { meterScript } from "./scripts.ts"

/** Where counts are. */
export interface RedisMetersOptions {
  /** the application's own client of `ioredis` or `redis`: single, with sentinels, or of a cluster */
  readonly client: RedisClient
  /** what all keys begin with; default `sage-auth:`. Applications that serve the same companies share it */
  readonly prefix?: string | undefined
}

/** Counts of this month and of twelve before it, in milliseconds. */
const keptFor = 400 * 86_400_000

interface Line {
  /** what is done to a count is done in a row */
  last: Promise<unknown>
  /** the number of the last request */
  number: number
  /** the number of the last request that was answered */
  answered: number
}

/**
 * The meters of Intacct companies in Redis 7 or Valkey, for `meters` of a store: `{ ...store, meters: redisMeters({
 * client }) }`.
 *
 * A count is exact: a request that is sent again is counted once, and one that was refused here though the server has
 * counted it is taken back by the next. It is kept for 400 days, and as durable as the server is: it needs an
 * append-only file, and a memory policy that evicts nothing.
 *
 * Rejects with `StoreUnavailable` while Redis is away. The application counts on in memory, and adds it later.
 */
export const redisMeters = ({ client, prefix = "sage-auth:" }: RedisMetersOptions): MeterPort => {
  const server = new Server(checkedLink(client), { away: () => {}, back: () => {}, returning: async () => {} })
  const writer = randomUUID()
  // a line is kept as long as this process: its numbers must not begin anew
  const lines = new Map<string, Line>()

  const ask = (op: "add" | "set" | "read", company: string, month: string, amount: number): Promise<number> => {
    const tag = tagOf(company, month)
    const line = lines.get(tag) ?? { last: Promise.resolve(), number: 0, answered: 0 }
    lines.set(tag, line)
    const asked = line.last.then(async () => {
      const number = op === "read" ? 0 : ++line.number
      const [count] = await server.run({
        script: meterScript,
        keys: ["count", "writers"].map((key) => `${prefix}${tag}:${key}`),
        values: [op, writer, String(number), String(amount), String(line.answered), String(keptFor)]
      })
      if (op !== "read") line.answered = number
      return Number(count)
    })
    line.last = asked.catch(() => {})
    return asked
  }
  return {
    add: (company, month, transactions) => ask("add", company, month, transactions),
    set: async (company, month, transactions) => void (await ask("set", company, month, transactions)),
    read: (company, month) => ask("read", company, month, 0)
  }
}
