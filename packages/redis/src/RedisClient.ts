import type { Script } from "./scripts.ts"

/** A client of `ioredis`, as this package uses it: `Redis`, with sentinels or without, or `Cluster`. */
export interface IoRedisClient {
  /** runs a script that the server knows */
  evalsha(sha: string, keys: number, ...rest: Array<string>): Promise<unknown>
  /** runs a script, after which the server knows it */
  eval(script: string, keys: number, ...rest: Array<string>): Promise<unknown>
  /** a connection of its own for what other processes tell */
  duplicate(): unknown
}

/**
 * A client of `redis` (node-redis), as this package uses it: of `createClient`, `createSentinel` or `createCluster`.
 */
export interface NodeRedisClient {
  /** runs a script that the server knows */
  evalSha(
    sha: string,
    parameters: { readonly keys: Array<string>; readonly arguments: Array<string> }
  ): Promise<unknown>
  /** runs a script, after which the server knows it */
  eval(
    script: string,
    parameters: { readonly keys: Array<string>; readonly arguments: Array<string> }
  ): Promise<unknown>
  /** a connection of its own for what other processes tell */
  duplicate(): unknown
}

/** The application's own client. It is connected by the application, and is not closed here. */
export type RedisClient = IoRedisClient | NodeRedisClient

interface IoRedisSubscriber {
  readonly options?: { autoResubscribe?: boolean }
  on(event: string, listener: (...values: Array<string>) => void): unknown
  subscribe(channel: string): Promise<unknown>
  disconnect(): void
}

interface NodeRedisSubscriber {
  on(event: string, listener: () => void): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  destroy(): void
}

/** Either client, with what this package asks of one. */
export interface Link {
  /** where it connects to, without a password; undefined where the client does not say */
  readonly host: string | undefined
  run(how: "text" | "sha", script: Script, keys: ReadonlyArray<string>, values: ReadonlyArray<string>): Promise<unknown>
  /** listens on a connection of its own; `ready` whenever it listens, anew after a break. Gives what ends it */
  listen(channel: string, heard: (message: string) => void, ready: () => void): Promise<() => void>
}

const nothing = () => {}

interface Place {
  readonly url?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly socket?: Place | undefined
}

const hostIn = (client: object): string | undefined => {
  const { options } = client as { readonly options?: Place | undefined }
  try {
    if (typeof options?.url === "string") return new URL(options.url).host
    const place = options?.socket ?? options
    return typeof place?.host === "string" ? `${place.host}:${Number(place.port ?? 6379)}` : undefined
  } catch {
    return undefined
  }
}

const overIoRedis = (client: IoRedisClient): Link => ({
  host: hostIn(client),
  run: (how, { sha, text }, keys, values) =>
    how === "sha"
      ? client.evalsha(sha, keys.length, ...keys, ...values)
      : client.eval(text, keys.length, ...keys, ...values),
  listen: async (channel, heard, ready) => {
    const own = client.duplicate() as IoRedisSubscriber
    own.on("error", nothing)
    // it subscribes again by itself, and lets a rejection go unhandled when it is closed meanwhile
    if (own.options !== undefined) own.options.autoResubscribe = false
    own.on("message", (_, message) => heard(message))
    try {
      await own.subscribe(channel)
    } catch (error) {
      own.disconnect()
      throw error
    }
    own.on("ready", () => void own.subscribe(channel).then(ready, nothing))
    ready()
    return () => own.disconnect()
  }
})

const overNodeRedis = (client: NodeRedisClient): Link => ({
  host: hostIn(client),
  run: (how, { sha, text }, keys, values) => {
    const parameters = { keys: [...keys], arguments: [...values] }
    return how === "sha" ? client.evalSha(sha, parameters) : client.eval(text, parameters)
  },
  listen: async (channel, heard, ready) => {
    const own = client.duplicate() as NodeRedisSubscriber
    own.on("error", nothing)
    try {
      await own.connect()
      await own.subscribe(channel, (message) => heard(message))
    } catch (error) {
      own.destroy()
      throw error
    }
    own.on("ready", ready)
    ready()
    return () => own.destroy()
  }
})

/** Undefined for what is neither. */
export const linkOf = (client: unknown): Link | undefined => {
  if (typeof client !== "object" || client === null) return undefined
  if ("evalSha" in client) return overNodeRedis(client as NodeRedisClient)
  return "evalsha" in client ? overIoRedis(client as IoRedisClient) : undefined
}
