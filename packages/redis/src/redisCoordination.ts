import { randomUUID } from "node:crypto"
import {
  type BroadcastPort,
  type CoordinationInspection,
  type CoordinationPort,
  isUnderTest,
  type Log,
  storeUnavailable
} from "@sage-auth/core"
import { PoolsInUse } from "./PoolsInUse.ts"
import { type Link, linkOf, type RedisClient } from "./RedisClient.ts"
import { tellScript } from "./scripts.ts"
import { redisFailure, Server, sleep, tagOf } from "./Server.ts"
import { SharedPool, timesOf } from "./SharedPool.ts"

/** Where pools are, and how processes share them. */
export interface RedisCoordinationOptions {
  /** the application's own client of `ioredis` or `redis`: single, with sentinels, or of a cluster */
  readonly client: RedisClient
  /**
   * what all keys and channels begin with; default `sage-auth:`. Applications that serve the same companies share it
   */
  readonly prefix?: string | undefined
  /**
   * milliseconds after which the permits of a silent process are given to others; default 10,000, at least 1,000. A
   * process whose event loop stands still for longer counts as dead, too
   */
  readonly heartbeat?: number | undefined
  /**
   * what happens while Redis is away. `local-share` (default): each process goes on with its share of the permits, the
   * limit divided by the processes that used the pool last, one at least; a new pool counts those of another. With
   * more processes than permits, Sage may then refuse a call as one too many, which is tried again. `stop`: who asks
   * for a permit gets `StoreUnavailable`, until Redis is back
   */
  readonly away?: "local-share" | "stop" | undefined
  /**
   * where a human is told once that Redis is away, and once that it is back: `"console"`, which is standard error, a
   * logger such as pino's, or `false` for nothing. Default: `"console"`, and nothing in tests
   */
  readonly log?: Log | "console" | false | undefined
}

// oxlint-disable-next-line no-console -- it is what was asked for
const onConsole: Log = { warn: (text) => console.warn(text) }

const wrong = (option: string, expected: string) =>
  storeUnavailable({ message: `\`${option}\` is not ${expected}`, remedy: `Correct \`${option}\`.`, retryable: false })

const closed = storeUnavailable({
  message: "the coordination is closed",
  remedy: "Make another one for another application.",
  retryable: false
})

/** pools that an inspection asks for at once */
const looksAtOnce = 100

/** Checks what both coordination and meters are given. */
export const checkedLink = (client: unknown) => {
  const link = linkOf(client)
  if (link === undefined) throw wrong("client", "a client of ioredis or redis")
  return link
}

/** What the processes of one prefix tell each other. */
const broadcastIn = (link: Link, server: Server, prefix: string): BroadcastPort & { readonly close: () => void } => {
  const ends = new Set<() => void>()
  const channel = `${prefix}events`
  const failed = (error: unknown): never => {
    throw redisFailure(link.host, error)
  }
  return {
    send: async (text) => {
      if (server.away !== undefined) throw server.away
      // once: whether it was told before its answer was lost is not known, and it may be lost but not come twice
      await server
        .once({ script: tellScript, keys: [`${prefix}${tagOf("events")}`], values: [channel, text] })
        .catch(failed)
    },
    listen: async (heard) => {
      const listening = link.listen(channel, heard, () => {})
      const end = () => {
        if (ends.delete(end)) listening.end()
      }
      ends.add(end)
      try {
        await listening.begun
      } catch (error) {
        end()
        failed(error)
      }
      return end
    },
    close: () => {
      for (const end of Array.from(ends)) end()
    }
  }
}

/**
 * The pools of companies in Redis 7 or Valkey, for `coordination` of `createSageAuth`. Any number of processes on any
 * number of hosts share them.
 *
 * Permits are given in the order in which they were asked for, whichever process asks. A process that dies gives its
 * permits back within `heartbeat`. Times are those of the server. One command takes a permit and one gives it back; who
 * waits is told, and looks once a second in case a message was lost.
 *
 * What tools look at, such as `sage-auth doctor`, says where Redis is, and counts processes, pools, permits and waiters.
 *
 * It also tells the events of each process to all, for `sage.events({ scope: "all" })`, by publish and subscribe.
 *
 * A client that is lost, a flushed server and a failover are noticed, and asked again under the same name, so that
 * nothing is granted twice. Errors are `StoreUnavailable` and never quote what the client said. Throws one at once for
 * an option that it cannot use.
 */
export const redisCoordination = (options: RedisCoordinationOptions): CoordinationPort => {
  const {
    away = "local-share",
    client,
    heartbeat = 10_000,
    log = isUnderTest() ? false : "console",
    prefix = "sage-auth:"
  } = options
  const link = checkedLink(client)
  if (!Number.isFinite(heartbeat) || heartbeat < 1_000) throw wrong("heartbeat", "a number of milliseconds above 1,000")
  if (away !== "local-share" && away !== "stop") throw wrong("away", '"local-share" or "stop"')
  const owner = randomUUID()
  const wake = `${prefix}wake:`
  const pools = new Map<string, SharedPool>()
  let asked = 0
  let isClosed = false
  let ended: (() => void) | undefined
  let listening: Promise<void> | undefined

  const warn = (text: string) => {
    if (log !== false) (log === "console" ? onConsole : log).warn(`sage-auth: ${text}`)
  }
  const server = new Server(link, {
    away: (error) => {
      const next =
        away === "stop"
          ? "Calls that need a permit fail until it is back."
          : "Each process goes on with its share of the permits."
      warn(`${error.message}. ${next} ${error.remedy}`)
      for (const pool of pools.values()) pool.whileAway(error)
    },
    returning: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.tell()))
    },
    back: () => {
      warn(`Redis${link.host === undefined ? "" : ` at ${link.host}`} is back: it coordinates the pools again.`)
      inUse.sayAnew()
      for (const pool of pools.values()) pool.back()
    }
  })
  const times = timesOf(heartbeat)
  const inUse = new PoolsInUse(server, prefix, times.lease * 4)
  const shared = { server, owner, prefix, wake, times, away, inUse, lastKnown: { processes: 1 } }

  const poolOf = (tag: string): SharedPool => {
    const found = pools.get(tag)
    if (found !== undefined) return found
    const made: SharedPool = new SharedPool(
      shared,
      tag,
      () => ++asked,
      () => {
        if (pools.get(tag) === made) pools.delete(tag)
      }
    )
    pools.set(tag, made)
    return made
  }

  const heard = (message: string): void => {
    const [id, hung, tag] = message.split("|")
    if (id !== undefined && tag !== undefined && !isClosed) poolOf(tag).granted(id, hung === "1")
  }
  const lookAtAll = () => {
    if (server.away === undefined) for (const pool of pools.values()) pool.look()
  }

  const listen = async (): Promise<void> => {
    // oxlint-disable-next-line eslint/no-unmodified-loop-condition -- `close` sets it
    while (!isClosed) {
      const { begun, end } = link.listen(`${wake}${owner}`, heard, lookAtAll)
      ended = end
      try {
        return await begun
      } catch {
        end()
        // looking once a second serves meanwhile
        await sleep(1_000)
      }
    }
  }

  const inspect = async (): Promise<CoordinationInspection> => {
    const tags = await inUse.list()
    const looks: Array<Awaited<ReturnType<SharedPool["inspect"]>>> = []
    for (let first = 0; first < tags.length; first += looksAtOnce) {
      const some = tags.slice(first, first + looksAtOnce)
      looks.push(...(await Promise.all(some.map((tag) => poolOf(tag).inspect()))))
    }
    return {
      place: `Redis${link.host === undefined ? "" : ` at ${link.host}`}`,
      processes: new Set(looks.flatMap(({ processes }) => processes)).size,
      pools: looks.filter(({ inUse, waiting }) => inUse + waiting > 0).length,
      inUse: looks.reduce((sum, { inUse }) => sum + inUse, 0),
      waiting: looks.reduce((sum, { waiting }) => sum + waiting, 0)
    }
  }

  const { close: endBroadcast, ...broadcast } = broadcastIn(link, server, prefix)
  return {
    acquire: async (pool, request, signal) => {
      signal.throwIfAborted()
      if (isClosed) throw closed
      listening ??= listen()
      return poolOf(tagOf(pool)).acquire(request, signal)
    },
    state: async (pool) => poolOf(tagOf(pool)).state(),
    inspect,
    broadcast,
    close: async () => {
      if (isClosed) return
      isClosed = true
      await Promise.all([...pools.values()].map((pool) => pool.close(closed)))
      server.close()
      ended?.()
      endBroadcast()
    }
  }
}
