import { poolsScript } from "./scripts.ts"
import { type Server, tagOf } from "./Server.ts"

/** tags that one command says */
const mostTags = 1_000

/**
 * Which pools processes use, so that somebody who inspects finds them: in a cluster they lie on different nodes. Each
 * process says of its own now and then; what nobody says is forgotten.
 */
export class PoolsInUse {
  readonly #server: Server
  readonly #key: string
  /** milliseconds */
  readonly #kept: number
  /** when a pool was said the last time, by this process's steady clock */
  readonly #saidAt = new Map<string, number>()
  #unsaid: Array<string> = []

  constructor(server: Server, prefix: string, kept: number) {
    this.#server = server
    this.#key = `${prefix}${tagOf("pools", "in use")}`
    this.#kept = kept
  }

  /** a pool is in use here */
  say(tag: string): void {
    const now = performance.now()
    const again = this.#kept / 4
    if (now - (this.#saidAt.get(tag) ?? Number.NEGATIVE_INFINITY) < again) return
    if (this.#saidAt.size > mostTags) {
      for (const [each, at] of this.#saidAt) if (now - at >= again) this.#saidAt.delete(each)
    }
    this.#saidAt.set(tag, now)
    // what begins at the same moment goes together
    if (this.#unsaid.push(tag) === 1) setImmediate(() => this.#sayAll())
  }

  /** the server may have forgotten what was said */
  sayAnew(): void {
    this.#saidAt.clear()
  }

  /** tags of pools, some of which may be unused by now */
  async list(): Promise<ReadonlyArray<string>> {
    return this.#server.run(this.#command("list", []))
  }

  #sayAll(): void {
    const tags = this.#unsaid
    this.#unsaid = []
    for (let first = 0; first < tags.length && this.#server.away === undefined; first += mostTags) {
      const some = tags.slice(first, first + mostTags)
      this.#server.once(this.#command("say", some)).catch(() => {
        // it is of no use to calls: it is said again with the next one
        for (const tag of some) this.#saidAt.delete(tag)
      })
    }
  }

  #command(op: "say" | "list", tags: ReadonlyArray<string>) {
    return { script: poolsScript, keys: [this.#key], values: [op, String(this.#kept), ...tags] }
  }
}
