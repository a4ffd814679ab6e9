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
  /** a connection of its own for what other processes tell; sentinels of `redis` 5 have none, and keep one themselves */
  duplicate?(): unknown
}

/** The application's own client. It is connected by the application, and is not closed here. */
export type RedisClient = IoRedisClient | NodeRedisClient

interface IoRedisSubscriber {
  readonly options?: { autoResubscribe?: boolean }
  readonly status?: string
  on(event: string, listener: (...values: Array<string>) => void): unknown
  connect?(): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  disconnect(): void
}

interface NodeRedisSubscriber {
  on(event: string, listener: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  destroy(): unknown
}

/** A connection of its own that hears what is told on a channel. */
export interface Listening {
  /** it listens; rejects with what the client says, where it could not within two seconds */
  readonly begun: Promise<void>
  /** closes the connection */
  readonly end: () => void
}

/** Either client, with what this package asks of one. */
export interface Link {
  /** where it connects to, without a password; undefined where the client does not say */
  readonly host: string | undefined
  run(how: "text" | "sha", script: Script, keys: ReadonlyArray<string>, values: ReadonlyArray<string>): Promise<unknown>
  /** listens on a connection of its own; `ready` whenever it listens, anew after a break */
  listen(channel: string, heard: (message: string) => void, ready: () => void): Listening
}

const nothing = () => {}

/** How long a command is tried before Redis counts as away, in milliseconds. A failover of a few moments is bridged. */
export const patience = 2_000

/** What a client does for ever is waited for no longer than that, and fails with the last that the client said. */
const inTime = async (begun: Promise<unknown>, last: () => unknown): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(last()), patience)
  })
  try {
    await Promise.race([begun, late])
  } finally {
    clearTimeout(timer)
  }
}

interface Place {
  readonly url?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly socket?: Place | undefined
  readonly sentinels?: unknown
}

const hostIn = (client: object): string | undefined => {
  const { options } = client as { readonly options?: Place | undefined }
  try {
    if (typeof options?.url === "string") return new URL(options.url).host
    const place = options?.socket ?? options
    // which of its hosts is the primary is for the sentinels to say
    if (Array.isArray(options?.sentinels)) return undefined
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
  listen: (channel, heard, ready) => {
    const own = client.duplicate() as IoRedisSubscriber
    let last: unknown
    own.on("error", (error: unknown) => {
      last = error
    })
    // it subscribes again by itself, and lets a rejection go unhandled when it is closed meanwhile
    if (own.options !== undefined) own.options.autoResubscribe = false
    own.on("message", (_, message) => heard(message))
    const begun = new Promise<void>((resolve, reject) => {
      own.on("ready", () => {
        const subscribed = own.subscribe(channel).then(ready)
        // the first decides, and after a break it is ready again
        subscribed.then(resolve, reject)
      })
    })
    if (own.status === "wait") own.connect?.().catch(nothing)
    return { begun: inTime(begun, () => last), end: () => own.disconnect() }
  }
})

const overNodeRedis = (client: NodeRedisClient): Link => ({
  host: hostIn(client),
  run: (how, { sha, text }, keys, values) => {
    const parameters = { keys: [...keys], arguments: [...values] }
    return how === "sha" ? client.evalSha(sha, parameters) : client.eval(text, parameters)
  },
  listen: (channel, heard, ready) => {
    const made = client.duplicate?.()
    const isOwn = made !== undefined
    const own = (made ?? client) as NodeRedisSubscriber
    const hear = (message: string) => heard(message)
    let last: unknown
    if (isOwn) {
      own.on("error", (error) => {
        last = error
      })
    }
    const begin = async () => {
      if (isOwn) await own.connect()
      await own.subscribe(channel, hear)
      // of a single server, of a cluster, and of sentinels
      if (isOwn) for (const event of ["ready", "node-ready", "topology-change"]) own.on(event, ready)
      ready()
    }
    const end = async () => (isOwn ? own.destroy() : own.unsubscribe(channel, hear))
    const begun = begin()
    const ending = () => {
      // one that is closed already says so
      end().catch(nothing)
    }
    return {
      begun: inTime(begun, () => last),
      end: () => {
        // a cluster that is destroyed while it connects keeps what it was about to connect, and gives up by itself
        if ("masters" in own) begun.then(ending, ending)
        else ending()
      }
    }
  }
})

/** Undefined for what is neither. */
export const linkOf = (client: unknown): Link | undefined => {
  if (typeof client !== "object" || client === null) return undefined
  if ("evalSha" in client) return overNodeRedis(client as NodeRedisClient)
  return "evalsha" in client ? overIoRedis(client as IoRedisClient) : undefined
}
