import type { Permit, PermitRequest, PoolState } from "@sage-auth/core"
import type { PoolsInUse } from "./PoolsInUse.ts"
import { poolScript } from "./scripts.ts"
import type { Answer, Command, Server } from "./Server.ts"

/** Who wants or holds a permit. */
interface Caller {
  /** its name at the server: asking twice under one name gives one permit */
  readonly id: string
  readonly order: number
  readonly request: PermitRequest
  readonly resolve: (permit: Permit) => void
  readonly reject: (reason: unknown) => void
  state: "waits" | "holds"
  /** its place in the server's queue, once that is known */
  place: string
  /** since when the server had known this process when it was asked */
  since: string | undefined
}

/** What the pools of a process have in common. */
export interface Process {
  readonly server: Server
  readonly owner: string
  /** of all keys */
  readonly prefix: string
  /** of the channels that wake processes */
  readonly wake: string
  /** milliseconds */
  readonly times: Times
  readonly away: "local-share" | "stop"
  readonly inUse: PoolsInUse
  /** how many processes used the pool that the server has told of last: a new pool begins with that */
  readonly lastKnown: { processes: number }
}

/** How long a permit outlives its process, and how often the process says that it lives, in milliseconds. */
export interface Times {
  readonly lease: number
  /** while it waits: what a lost message has told is found then */
  readonly look: number
  /** while it only holds permits */
  readonly beat: number
}

/** A process that is silent for `heartbeat` has its permits taken, at the next look of one that waits for them. */
export const timesOf = (heartbeat: number): Times => {
  const look = Math.min(1_000, heartbeat / 4)
  return { lease: heartbeat - look, look, beat: heartbeat / 4 }
}

/**
 * One pool as this process uses it. Redis decides who is served; while it is away this process does, within its share.
 */
export class SharedPool {
  readonly #process: Process
  readonly #tag: string
  readonly #keys: ReadonlyArray<string>
  readonly #nextId: () => number
  readonly #unused: () => void
  readonly #callers = new Map<string, Caller>()
  /** what was sent and not answered */
  readonly #underWay = new Set<Promise<void>>()
  #limit = 0
  #processes: number
  /** since when the server knows pool and process, as it has said last */
  #known = ""
  /** something may lie at the server that is not known here */
  #uncertain = false
  #timer: NodeJS.Timeout | undefined
  #timerFor: "look" | "beat" | undefined
  #beating = false

  constructor(process: Process, tag: string, nextId: () => number, unused: () => void) {
    this.#process = process
    this.#processes = process.lastKnown.processes
    this.#tag = tag
    this.#keys = ["pool", "held", "queue", "owners", "members"].map((key) => `${process.prefix}${tag}:${key}`)
    this.#nextId = nextId
    this.#unused = unused
  }

  acquire(request: PermitRequest, signal: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const order = this.#nextId()
      const id = `${this.#process.owner}:${order}`
      const onAbort = () => {
        if (caller.state === "holds" || !this.#callers.delete(id)) return reject(signal.reason)
        this.#leave(id, true)
        return reject(signal.reason)
      }
      const settled = <A>(settle: (value: A) => void) => {
        return (value: A) => {
          signal.removeEventListener("abort", onAbort)
          settle(value)
        }
      }
      const caller: Caller = {
        id,
        order,
        request,
        resolve: settled(resolve),
        reject: settled(reject),
        state: "waits",
        place: "",
        since: undefined
      }
      signal.addEventListener("abort", onAbort, { once: true })
      this.#callers.set(id, caller)
      this.#limit = request.limit
      const { away } = this.#process.server
      if (away !== undefined) this.whileAway(away)
      else this.#send(this.#enter(caller))
      this.#schedule()
    })
  }

  async state(): Promise<PoolState> {
    try {
      const [, , limit = 0, inUse = 0, waiting = 0] = (await this.#run("state")).map(Number)
      return { limit, inUse, waiting }
    } catch {
      const held = this.#held().length
      return { limit: this.#limit, inUse: held, waiting: this.#callers.size - held }
    } finally {
      this.#leaveIfUnused()
    }
  }

  /** the same and who uses it, of the server alone */
  async inspect(): Promise<Pick<PoolState, "inUse" | "waiting"> & { readonly processes: ReadonlyArray<string> }> {
    try {
      const [, , , inUse, waiting, ...processes] = await this.#run("inspect")
      return { inUse: Number(inUse), waiting: Number(waiting), processes }
    } finally {
      this.#leaveIfUnused()
    }
  }

  /** somebody was served */
  granted(id: string, hung: boolean): void {
    const caller = this.#callers.get(id)
    // it has left meanwhile, or was never heard of again
    if (caller === undefined) return this.#leave(id, hung)
    if (caller.state === "holds") return
    if (this.#isWanted(caller, hung)) this.#grant(caller)
    else this.#leave(id, hung)
  }

  /** asks for what was decided and not heard of */
  look(): void {
    this.#send(this.#beat())
  }

  /** serves within this process's share, or turns all away who wait */
  whileAway(error: unknown): void {
    this.#uncertain = true
    const waiting = this.#waiting()
    if (this.#process.away === "stop") {
      for (const caller of waiting) {
        this.#callers.delete(caller.id)
        caller.reject(error)
      }
      return
    }
    // one at least: nothing would go on otherwise
    const share = Math.max(1, Math.floor(this.#limit / this.#processes))
    let free = share - this.#held().length
    const inOrder = waiting.toSorted((a, b) => Number(b.request.ahead) - Number(a.request.ahead) || a.order - b.order)
    for (const caller of inOrder) {
      if (free <= 0) return
      if (!this.#isWanted(caller, false)) continue
      this.#grant(caller)
      free--
    }
  }

  /** tells a server that was away what is held, before anything is asked of it */
  async tell(): Promise<void> {
    const held = this.#held().map(({ id }) => id)
    const before = this.#processes
    this.#learn(await this.#process.server.once(this.#command("tell", held)))
    // the others may not have told yet, and this is what the share is counted by
    this.#processes = Math.max(before, this.#processes)
  }

  /** tells the server what was decided without it, and lines up there again */
  back(): void {
    this.look()
    for (const caller of this.#waiting()) this.#send(this.#enter(caller))
  }

  async close(reason: unknown): Promise<void> {
    clearTimeout(this.#timer)
    for (const caller of this.#waiting()) caller.reject(reason)
    const used = this.#callers.size > 0 || this.#uncertain
    this.#callers.clear()
    await Promise.allSettled(this.#underWay)
    if (used) await this.#run("bye").catch(() => {})
  }

  #held(): ReadonlyArray<Caller> {
    return [...this.#callers.values()].filter(({ state }) => state === "holds")
  }

  #waiting(): ReadonlyArray<Caller> {
    return [...this.#callers.values()].filter(({ state }) => state === "waits")
  }

  /** who does not want it any more is forgotten, and leaves by itself */
  #isWanted({ id, request }: Caller, hung: boolean): boolean {
    if (request.wanted?.(hung) !== false) return true
    this.#callers.delete(id)
    return false
  }

  #grant(caller: Caller): void {
    caller.state = "holds"
    this.#schedule()
    caller.resolve({
      release: (hung = false) => {
        if (this.#callers.delete(caller.id)) this.#leave(caller.id, hung)
      }
    })
  }

  #command(op: string, values: ReadonlyArray<string>): Command {
    const { owner, times, wake } = this.#process
    return {
      script: poolScript,
      keys: this.#keys,
      values: [op, owner, String(times.lease), wake, this.#tag, this.#heard(), ...values]
    }
  }

  /** what tells a server that has lost its memory: it knows every process with such a caller otherwise */
  #heard(): string {
    for (const { place, state } of this.#callers.values()) if (state === "holds" || place !== "") return this.#known
    return ""
  }

  #learn(answer: Answer): Answer {
    const [known = "", processes] = answer
    this.#processes = Math.max(1, Number(processes))
    // a look at a pool that this process does not use says nothing of those that it does
    if (known !== "") {
      this.#known = known
      this.#process.lastKnown.processes = this.#processes
    }
    return answer
  }

  async #run(op: string, ...values: ReadonlyArray<string>): Promise<Answer> {
    return this.#learn(await this.#process.server.run(this.#command(op, values)))
  }

  /** keeps in mind what is under way, and that a failure leaves something uncertain */
  #send(sent: Promise<void>): void {
    const kept: Promise<void> = sent
      .catch(() => {
        this.#uncertain = true
      })
      .finally(() => {
        this.#underWay.delete(kept)
        this.#schedule()
      })
    this.#underWay.add(kept)
  }

  async #enter(caller: Caller): Promise<void> {
    const { id, place, request } = caller
    this.#process.inUse.say(this.#tag)
    const [since, , word, first, given = ""] = await this.#run(
      "enter",
      id,
      String(request.limit),
      request.ahead ? "1" : "0",
      place
    )
    if (this.#callers.get(id) !== caller) return this.#leave(id, false)
    if (caller.state === "holds") return
    if (word === "held") {
      // one that has waited is asked whether it still wants it
      if (caller.place === "") this.#grant(caller)
      else this.granted(id, false)
      return
    }
    const saturated = caller.place === "" && first === "first"
    caller.place = given
    caller.since = since
    if (saturated) request.onSaturated?.()
    this.#remember(since)
  }

  #leave(id: string, hung: boolean): void {
    const { away } = this.#process.server
    if (away !== undefined) this.whileAway(away)
    else this.#send(this.#run("leave", id, hung ? "1" : "0").then(() => undefined))
  }

  async #beat(): Promise<void> {
    if (this.#beating) return
    this.#beating = true
    this.#process.inUse.say(this.#tag)
    try {
      const [since, , ...held] = await this.#run("beat", ...this.#held().map(({ id }) => id))
      this.#uncertain = false
      for (let i = 0; i < held.length; i += 2) this.granted(held[i] ?? "", held[i + 1] === "1")
      this.#remember(since)
    } finally {
      this.#beating = false
    }
  }

  /** the server has forgotten this process, or everything: who waits lines up again, at the place that it had */
  #remember(since: string | undefined): void {
    for (const caller of this.#waiting()) {
      if (caller.since === undefined || caller.since === since) continue
      caller.since = since
      this.#send(this.#enter(caller))
    }
  }

  #schedule(): void {
    if (this.#callers.size === 0 && !this.#uncertain) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#timerFor = undefined
      return this.#leaveIfUnused()
    }
    const wanted = this.#waiting().length > 0 || this.#uncertain ? "look" : "beat"
    if (this.#timer !== undefined && (this.#timerFor === wanted || this.#timerFor === "look")) return
    clearTimeout(this.#timer)
    this.#timerFor = wanted
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#process.server.away === undefined) this.look()
      this.#schedule()
    }, this.#process.times[wanted])
    this.#timer.unref()
  }

  #leaveIfUnused(): void {
    if (this.#callers.size === 0 && this.#underWay.size === 0 && !this.#uncertain) this.#unused()
  }
}
