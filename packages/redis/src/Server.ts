import { isSageAuthError, type SageAuthError, type StoreUnavailable, storeUnavailable } from "@sage-auth/core"
import { createHash } from "node:crypto"
import { type Link, patience } from "./RedisClient.ts"
import { poolScript, type Script } from "./scripts.ts"

/** What all keys of one thing have in common: in a cluster they lie on one node. A plain name is left to be read. */
export const tagOf = (...names: ReadonlyArray<string>): string => {
  const [name = ""] = names
  if (names.length === 1 && /^[\w.@-]{1,100}$/.test(name)) return `{${name}}`
  return `{~${createHash("sha256").update(JSON.stringify(names)).digest("base64url")}}`
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : "")

/** The word with which an answer of Redis begins, or the code of the system. What follows may quote anything. */
const codeOf = (error: unknown): string | undefined => {
  const [word] = /^[A-Z]{2,20}(?= )/.exec(textOf(error)) ?? []
  if (word !== undefined) return word
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : undefined
}

/** Whether the server does not know a script: it was restarted, flushed, or another one took over. */
const isUnknownScript = (error: unknown): boolean => codeOf(error) === "NOSCRIPT"

/** No answer came in time. */
class NoAnswer extends Error {}

const meanings: Readonly<Record<string, readonly [said: string, remedy: string]>> = {
  NOAUTH: ["asks for a password", "Give the client the password of Redis."],
  WRONGPASS: ["refuses the password", "Correct user and password of the client."],
  NOPERM: [
    "does not let this user do what pools need",
    "Let the user run EVAL, EVALSHA, PUBLISH and SUBSCRIBE, and use keys and channels that begin with `prefix`."
  ],
  READONLY: ["is a replica", "Connect to the primary. Clients with sentinels find it after a failover."],
  LOADING: ["is loading its data", "Wait: it is asked again."],
  MASTERDOWN: ["is a replica without its primary", "Wait for the failover, or start the primary."],
  CLUSTERDOWN: ["is a cluster of which a part is away", "Start the nodes that are missing."],
  BUSY: ["is busy with a script of somebody", "Look at `SLOWLOG` of the server for the script."],
  OOM: ["has no memory left", "Raise `maxmemory`, or remove data of other applications."],
  ECONNREFUSED: ["refuses connections", "Start the server, or correct host and port of the client."],
  ENOTFOUND: ["has a host with no address", "Correct the host of the client."]
}

/** What an error of a client means. It is told and dropped: its text may quote the address with its password. */
export const redisFailure = (host: string | undefined, error: unknown): SageAuthError<StoreUnavailable> => {
  if (isSageAuthError(error)) return error as SageAuthError<StoreUnavailable>
  const code = codeOf(error)
  const [said, remedy] = meanings[code ?? ""] ?? [
    error === undefined || error instanceof NoAnswer ? "gives no answer" : "cannot be reached, or failed",
    "Look at the server and at its log. It is asked again."
  ]
  return storeUnavailable({ message: `Redis${host === undefined ? "" : ` at ${host}`} ${said}`, remedy, code })
}

/** One command is waited for so long, in milliseconds; it does nothing if it arrives later. */
const answerWithin = 1_000
const longestPause = 400
/** How often a server that is away is asked whether it is back. */
const probeEvery = 500
/** From its return on, other processes have so long to tell what they hold, before what seems free is given out. */
const grace = 1_500

/** What a script answers after its first two values. */
export type Answer = ReadonlyArray<string>

/** One command: the script, its keys, and its values but the first. */
export interface Command {
  readonly script: Script
  readonly keys: ReadonlyArray<string>
  readonly values: ReadonlyArray<string>
}

/** Who wants to know when the server went away, and when it came back. */
export interface Watcher {
  readonly away: (error: SageAuthError<StoreUnavailable>) => void
  readonly back: () => void
  /** it answers again, and is told what is held here; nothing is asked of it for a while */
  readonly returning: () => Promise<void>
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })

/** Scripts at a server that may be away, and the server's time. */
export class Server {
  readonly #link: Link
  readonly #watcher: Watcher
  /** the server's time is that of this process's steady clock and so much more; undefined: not known yet */
  #offset: number | undefined
  #away: SageAuthError<StoreUnavailable> | undefined
  #closed = false

  constructor(link: Link, watcher: Watcher) {
    this.#link = link
    this.#watcher = watcher
  }

  /** why it is away; undefined: it is there */
  get away(): SageAuthError<StoreUnavailable> | undefined {
    return this.#away
  }

  /** runs a command once. It rejects with what the client says; what became of the command is then not known */
  async once({ keys, script, values }: Command): Promise<Answer> {
    for (let turn = 0; turn < 5; turn++) {
      // before the time is known nothing is asked that could come too late
      const known = this.#offset
      const sent = performance.now()
      const asked =
        known === undefined
          ? await this.#send(poolScript, keys, ["0", "probe", "", "0", ""])
          : await this.#send(script, keys, [String(Math.ceil(sent + known + answerWithin)), ...values])
      const [word, time, ...rest] = asked.map(String)
      this.#offset = Number(time) - (sent + performance.now()) / 2
      if (known !== undefined && word === "ok") return rest
    }
    throw new NoAnswer()
  }

  /** the same, sent again until it is answered or the server counts as away: for commands that may be sent twice */
  async run(command: Command): Promise<Answer> {
    const began = performance.now()
    for (let pause = 20; ; pause = Math.min(longestPause, pause * 2)) {
      if (this.#away !== undefined) throw this.#away
      try {
        return await this.once(command)
      } catch (error) {
        if (this.#closed || performance.now() - began > patience) throw this.#failed(command, error)
        await sleep(pause)
      }
    }
  }

  /** nothing is asked any more after what is under way */
  close(): void {
    this.#closed = true
  }

  async #send(script: Script, keys: ReadonlyArray<string>, values: ReadonlyArray<string>): Promise<Array<unknown>> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer()), answerWithin)
    })
    const answer = this.#link.run("sha", script, keys, values).catch((error: unknown) => {
      if (!isUnknownScript(error)) throw error
      return this.#link.run("text", script, keys, values)
    })
    // what comes after the time is over is of no use
    answer.catch(() => {})
    try {
      return (await Promise.race([answer, late])) as Array<unknown>
    } finally {
      clearTimeout(timer)
    }
  }

  #failed(command: Command, error: unknown): SageAuthError<StoreUnavailable> {
    if (this.#away !== undefined) return this.#away
    const failure = redisFailure(this.#link.host, error)
    if (this.#closed) return failure
    this.#away = failure
    this.#watcher.away(failure)
    void this.#untilBack(command)
    return failure
  }

  async #untilBack({ keys }: Command): Promise<void> {
    while (!this.#closed) {
      await sleep(probeEvery)
      try {
        this.#offset = undefined
        const probe = { script: poolScript, keys, values: ["probe", "", "0", ""] }
        await this.once(probe)
        for (let waited = 0; waited < grace; waited += probeEvery) {
          await this.#watcher.returning()
          await sleep(probeEvery)
        }
        await this.once(probe)
        this.#away = undefined
        return this.#watcher.back()
      } catch {
        // it is asked again
      }
    }
  }
}
