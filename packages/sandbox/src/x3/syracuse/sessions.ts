import { randomUUID } from "node:crypto"
import type { X3User } from "./users.ts"

/** The interactive sessions, each of which takes one badge of the licence. */
export class Sessions {
  readonly #now: () => number
  readonly #sessions = new Map<string, { readonly user: X3User; expiresAt: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** How many badges are taken. */
  get taken(): number {
    this.#expire()
    return this.#sessions.size
  }

  /** Opens a session of `life` milliseconds without use; undefined when all of `badges` are taken. */
  open(user: X3User, badges: number, life: number): string | undefined {
    if (this.taken >= badges) return undefined
    const id = randomUUID()
    this.#sessions.set(id, { user, expiresAt: this.#now() + life })
    return id
  }

  /** The user of a session, which lives for another `life` milliseconds. */
  use(id: string, life: number): X3User | undefined {
    this.#expire()
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    session.expiresAt = this.#now() + life
    return session.user
  }

  end(id: string): void {
    this.#sessions.delete(id)
  }

  #expire(): void {
    for (const [id, session] of this.#sessions) if (session.expiresAt <= this.#now()) this.#sessions.delete(id)
  }
}
