/** The majors of both libraries that are promised: the newest of each, and the oldest. */
import * as ioredis6 from "ioredis"
import * as ioredis5 from "ioredis-5"
import * as redis6 from "redis"
import * as redis5 from "redis-5"
import type { RedisClient } from "../src/index.ts"

/** A client, and what closes it. */
export interface Opened {
  readonly client: RedisClient
  readonly end: () => unknown
}

/** One major of one library, with each way to connect. */
export interface Library {
  readonly name: string
  readonly single: (url: string, options?: { readonly name?: string; readonly retryAfter?: number }) => Promise<Opened>
  /** `sentinels` are ports of this machine */
  readonly sentinel: (master: string, sentinels: ReadonlyArray<number>) => Promise<Opened>
  /** `nodes` are ports of this machine */
  readonly cluster: (nodes: ReadonlyArray<number>) => Promise<Opened>
}

const quiet = () => {}
const host = "127.0.0.1"

const ofIoRedis = (name: string, { Cluster, Redis }: Pick<typeof ioredis6, "Cluster" | "Redis">): Library => {
  const opened = (client: InstanceType<typeof Redis> | InstanceType<typeof Cluster>): Opened => {
    client.on("error", quiet)
    return { client, end: () => client.disconnect() }
  }
  return {
    name,
    single: async (url, { name: connectionName, retryAfter } = {}) =>
      opened(
        new Redis(url, {
          ...(connectionName === undefined ? {} : { connectionName }),
          ...(retryAfter === undefined ? {} : { retryStrategy: () => retryAfter })
        })
      ),
    sentinel: async (master, sentinels) =>
      opened(
        new Redis({
          name: master,
          sentinels: sentinels.map((port) => ({ host, port })),
          retryStrategy: () => 50,
          sentinelRetryStrategy: () => 50
        })
      ),
    cluster: async (nodes) => opened(new Cluster(nodes.map((port) => ({ host, port }))))
  }
}

const connected = async (client: RedisClient & { connect(): unknown; destroy(): unknown }): Promise<Opened> => {
  ;(client as unknown as NodeJS.EventEmitter).on("error", quiet)
  await client.connect()
  return { client, end: () => client.destroy() }
}

const ofNodeRedis = (
  name: string,
  {
    createClient,
    createCluster,
    createSentinel
  }: Pick<typeof redis6, "createClient" | "createCluster" | "createSentinel">
): Library => ({
  name,
  single: (url, { name: connectionName, retryAfter } = {}) =>
    connected(
      createClient({
        url,
        ...(connectionName === undefined ? {} : { name: connectionName }),
        ...(retryAfter === undefined ? {} : { socket: { reconnectStrategy: retryAfter } })
      })
    ),
  sentinel: (master, sentinels) =>
    connected(createSentinel({ name: master, sentinelRootNodes: sentinels.map((port) => ({ host, port })) })),
  cluster: (nodes) => connected(createCluster({ rootNodes: nodes.map((port) => ({ url: `redis://${host}:${port}` })) }))
})

const ioredis = ofIoRedis("ioredis 6", ioredis6)
const oldIoredis = ofIoRedis("ioredis 5.4", ioredis5 as unknown as typeof ioredis6)
const redis = ofNodeRedis("redis 6", redis6)
const oldRedis = ofNodeRedis("redis 5", redis5 as unknown as typeof redis6)

export const libraries: ReadonlyArray<Library> = [ioredis, oldIoredis, redis, oldRedis]
export const newest: ReadonlyArray<Library> = [ioredis, redis]
export const oldest: ReadonlyArray<Library> = [oldIoredis, oldRedis]

/** The clients of the oldest majors are taken by their types, too. */
export const taken = (
  io: ioredis5.Redis | ioredis5.Cluster,
  node: ReturnType<typeof redis5.createClient | typeof redis5.createCluster | typeof redis5.createSentinel>
): ReadonlyArray<RedisClient> => [io, node]
