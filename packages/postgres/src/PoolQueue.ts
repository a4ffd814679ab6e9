import type { Permit, PermitRequest } from "@sage-auth/core"
import type { Columns } from "./connections.ts"

/** What one turn of a pool tells the database, and is told. */
export interface Turn {
  /** the newest limit; undefined: none was stated since */
  readonly permits: number | undefined
  /** what was stated last, for a pool that the database has forgotten */
  readonly permitsBefore: number
  readonly joins: ReadonlyArray<readonly [ticket: number, ahead: boolean]>
  readonly leaves: ReadonlyArray<number>
  readonly hung: boolean
}

interface Ticket {
  readonly request: PermitRequest
  readonly grant: () => void
  readonly refuse: (reason: unknown) => void
  held: boolean
  /** a permit that the database has given to somebody else, since it took this process for dead */
  lost: boolean
}

const textsOf = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

/** What this process wants of one pool: who waits, who holds a permit, and what the database has not been told yet. */
export class PoolQueue {
  readonly #turn: (turn: Turn, queue: PoolQueue) => Promise<Columns | undefined>
  readonly #unused: () => void
  readonly #tickets = new Map<number, Ticket>()
  #permits: number | undefined
  #permitsBefore = 0
  #joins: Array<readonly [ticket: number, ahead: boolean]> = []
  #leaves: Array<number> = []
  #hung = false
  #due = false
  #running: Promise<void> | undefined

  constructor(turn: (turn: Turn, queue: PoolQueue) => Promise<Columns | undefined>, unused: () => void) {
    this.#turn = turn
    this.#unused = unused
  }

  /** whether somebody waits here */
  get waits(): boolean {
    for (const { held } of this.#tickets.values()) if (!held) return true
    return false
  }

  join(
    ticket: number,
    request: PermitRequest,
    granted: (permit: Permit) => void,
    refuse: (reason: unknown) => void
  ): void {
    this.#permits = request.limit
    this.#permitsBefore = request.limit
    const grant = () => {
      let released = false
      granted({
        release: (hung = false) => {
          if (released) return
          released = true
          this.leave(ticket, hung)
        }
      })
    }
    this.#tickets.set(ticket, { request, grant, refuse, held: false, lost: false })
    this.#joins.push([ticket, request.ahead])
    this.turnSoon()
  }

  /** somebody gives back a permit, or waits no more */
  leave(ticket: number, hung = false): void {
    if (!this.#tickets.delete(ticket)) return
    const unsent = this.#joins.findIndex(([joining]) => joining === ticket)
    if (unsent >= 0) {
      this.#joins.splice(unsent, 1)
      return
    }
    this.#leaves.push(ticket)
    this.#hung ||= hung
    this.turnSoon()
  }

  /** who waits is told why nothing can be had; permits that are out are given back when that is possible again */
  refuse(reason: unknown): void {
    for (const [ticket, { held, refuse }] of Array.from(this.#tickets)) {
      if (held) continue
      this.leave(ticket)
      refuse(reason)
    }
  }

  /** everybody leaves */
  leaveAll(): Promise<void> {
    for (const ticket of Array.from(this.#tickets.keys())) this.leave(ticket)
    return this.#running ?? Promise.resolve()
  }

  /** what the database says of a ticket of this process */
  heard(ticket: number, hung: boolean): void {
    const found = this.#tickets.get(ticket)
    if (found === undefined || found.held) return
    if (found.request.wanted?.(hung) === false) {
      // the next one has it from the same caller
      this.leave(ticket, hung)
      return
    }
    found.held = true
    found.grant()
  }

  /** one turn more: tells what there is to tell, and has the dead looked for */
  turnSoon(): void {
    this.#due = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      // it may have become due after the last look
      if (this.#due) this.turnSoon()
      else if (this.#tickets.size === 0) this.#unused()
    })
  }

  async #run(): Promise<void> {
    // what begins at the same moment goes together
    await new Promise(setImmediate)
    while (this.#due) {
      this.#due = false
      const turn = {
        permits: this.#permits,
        permitsBefore: this.#permitsBefore,
        joins: this.#joins,
        leaves: this.#leaves,
        hung: this.#hung
      }
      this.#permits = undefined
      this.#joins = []
      this.#leaves = []
      this.#hung = false
      const told = await this.#turn(turn, this)
      if (told === undefined) return
      this.#told(turn, told)
    }
  }

  #told({ joins }: Turn, told: Columns): void {
    const held = textsOf(told["held_tickets"]).map(Number)
    if (Number(told["waited"]) === 0) {
      // permits are few
      const first = joins.find(([ticket]) => !held.includes(ticket))
      if (first !== undefined) this.#tickets.get(first[0])?.request.onSaturated?.()
    }
    const hung = textsOf(told["held_hung"])
    for (const [index, ticket] of held.entries()) this.heard(ticket, hung[index] === "true")
    this.#agree(new Set(textsOf(told["known"]).map(Number)))
  }

  /**
   * What the database and this process know is not the same where it took this process for dead, or where a crash made
   * it forget its last turns: who waits asks again, behind the others, and what was given back is given back again.
   */
  #agree(known: ReadonlySet<number>): void {
    const unsent = new Set(this.#joins.map(([ticket]) => ticket))
    const missing = [...this.#tickets].filter(
      ([ticket, { lost }]) => !lost && !unsent.has(ticket) && !known.has(ticket)
    )
    const returned = [...known].filter((ticket) => !this.#tickets.has(ticket) && !this.#leaves.includes(ticket))
    if (missing.length === 0 && returned.length === 0) return
    this.#leaves.push(...returned)
    for (const [ticket, of] of missing) {
      // nothing can be done about a call that is under way
      if (of.held) of.lost = true
      else this.#joins.push([ticket, of.request.ahead])
    }
    this.turnSoon()
  }
}
