import type { Connect, OwnConnection } from "./connections.ts"

/** Who hears what is told on a channel. */
export interface Hearer {
  readonly heard: (payload: string) => void
  /** it is listened to from now on: what was told before has to be looked for */
  readonly begun: () => void
  /** nothing is heard until `begun` is called again */
  readonly ended: () => void
  /** it could not be listened to, which is tried again; undefined: it never can be */
  readonly failed?: (error: unknown) => void
}

/** What a channel is subscribed to by. */
export interface Subscription {
  /** whether what is told now is heard */
  readonly listens: boolean
  readonly leave: () => void
}

interface Channel {
  readonly hearers: Set<Hearer>
  listens: boolean
}

/** A connection that is not needed is kept for so long, in milliseconds: it may be needed again. */
const lingers = 10_000
/** How long a lost connection is left alone before it is opened again, in milliseconds. */
const firstPause = 100
const longestPause = 5_000
/** How often a connection is asked whether it lives, in milliseconds: one to a dead host is silent for ever. */
const askEvery = 5_000

const later = (run: () => void, milliseconds: number): NodeJS.Timeout => {
  const timer = setTimeout(run, milliseconds)
  // what is listened to is no reason for the process to live
  timer.unref()
  return timer
}

/**
 * One connection by which the server tells what other processes say on channels. It is open while there is somebody
 * who hears it.
 *
 * Behind PgBouncer in transaction mode, `LISTEN` would stay with a connection that others are given. So a connection
 * whose number is not that of the server's process is closed again, and nothing is listened to.
 */
export class Listener {
  readonly #connect: Connect
  readonly #channels = new Map<string, Channel>()
  #connection: OwnConnection | undefined
  #working = false
  #due = false
  #timer: NodeJS.Timeout | undefined
  #pause = firstPause
  #impossible = false

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** `channel` is made of letters, digits and underscores */
  subscribe(channel: string, hearer: Hearer): Subscription {
    const found = this.#channels.get(channel) ?? { hearers: new Set(), listens: false }
    this.#channels.set(channel, found)
    found.hearers.add(hearer)
    if (found.listens) queueMicrotask(hearer.begun)
    else if (this.#impossible) queueMicrotask(() => hearer.failed?.(undefined))
    else void this.#work()
    return {
      get listens() {
        return found.listens
      },
      leave: () => {
        found.hearers.delete(hearer)
        if (found.hearers.size === 0 && this.#channels.get(channel) === found) {
          this.#channels.delete(channel)
          void this.#work()
        }
      }
    }
  }

  /** closes the connection at once where no channel is heard */
  rest(): void {
    if (this.#channels.size === 0) this.#close()
  }

  async #work(): Promise<void> {
    this.#due = true
    if (this.#working) return
    this.#working = true
    clearTimeout(this.#timer)
    let failed = false
    let reason: unknown
    try {
      while (this.#due && !this.#impossible) {
        this.#due = false
        await this.#listen()
      }
    } catch (error) {
      failed = true
      reason = error
    }
    this.#working = false
    if (failed) this.#close()
    if (failed || this.#impossible) {
      for (const { hearers } of this.#channels.values())
        for (const hearer of Array.from(hearers)) hearer.failed?.(reason)
    }
    const wanted = this.#channels.size > 0
    if (failed && wanted) {
      this.#timer = later(() => void this.#work(), this.#pause * (0.5 + Math.random() / 2))
      this.#pause = Math.min(longestPause, this.#pause * 2)
    } else if (this.#connection !== undefined) {
      this.#pause = firstPause
      this.#timer = wanted ? later(() => void this.#work(), askEvery) : later(() => this.#close(), lingers)
    }
  }

  /** opens the connection where somebody hears, and brings what it listens to up to date */
  async #listen(): Promise<void> {
    if (this.#channels.size === 0) return
    if (this.#connection === undefined) {
      this.#connection = await this.#open()
      if (this.#connection === undefined) return
    } else {
      await this.#asked("select 1", this.#connection)
    }
    const connection = this.#connection
    for (const [name, channel] of this.#channels) {
      if (channel.listens) continue
      await this.#asked(`listen ${name}`, connection)
      if (this.#connection !== connection) throw new Error("the connection ended")
      channel.listens = true
      for (const { begun } of Array.from(channel.hearers)) begun()
    }
  }

  async #open(): Promise<OwnConnection | undefined> {
    const connection: OwnConnection = await this.#connect(
      () => {
        if (this.#connection !== connection) return
        this.#close()
        if (this.#channels.size > 0) void this.#work()
      },
      ({ channel, payload = "" }) => {
        for (const { heard } of Array.from(this.#channels.get(channel)?.hearers ?? [])) heard(payload)
      }
    )
    const [row] = await this.#asked("select pg_backend_pid()::text as process", connection).catch((error: unknown) => {
      connection.end()
      throw error
    })
    if (Number(row?.["process"]) === connection.serverProcess) return connection
    this.#impossible = true
    connection.end()
    return undefined
  }

  /** ends what takes longer than a living server needs */
  async #asked(text: string, connection: OwnConnection) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = later(() => reject(new Error("no answer")), askEvery)
    })
    try {
      return await Promise.race([connection.query(text), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#connection?.end()
    this.#connection = undefined
    for (const channel of this.#channels.values()) {
      if (!channel.listens) continue
      channel.listens = false
      for (const { ended } of Array.from(channel.hearers)) ended()
    }
  }
}
