import { randomBytes } from "node:crypto"
import { companyKey, type Company, type User } from "./companies.ts"

/** Who a request acts for. */
export interface Identity {
  /** The company whose data it is: with a slide-in the client's. */
  readonly company: Company
  /** The company that the user belongs to: with a slide-in the console. */
  readonly home: Company
  readonly user: User
  /** The entity, or undefined at top level. */
  readonly entity: string | undefined
}

/** A live session. */
export interface Session extends Identity {
  readonly id: string
  readonly endpoint: string
  readonly openedAt: number
  /** Limits of its own, for a session that belongs to an access token. */
  readonly limits: SessionLimits | undefined
  usedAt: number
}

/** The time limits of sessions, in milliseconds. */
export interface SessionLimits {
  readonly timeout: number
  readonly limit: number
}

const keptCompanies = 10_000

/** Every session of a sandbox. */
export class Sessions {
  readonly #now: () => number
  readonly #limits: () => SessionLimits
  readonly #sessions = new Map<string, Session>()
  /** The company of every id that was given out lately, dead ones included. */
  readonly #companies = new Map<string, string>()

  constructor(now: () => number, limits: () => SessionLimits) {
    this.#now = now
    this.#limits = limits
  }

  open(identity: Identity, endpoint: string, limits?: SessionLimits): Session {
    const now = this.#now()
    // 42 bytes are the 56 characters of base64url that Intacct's ids have.
    const { company, home, user, entity } = identity
    const id = randomBytes(42).toString("base64url")
    const session = { company, home, user, entity, id, endpoint, openedAt: now, limits, usedAt: now }
    this.#sessions.set(session.id, session)
    this.#companies.set(session.id, companyKey(identity.company.companyId))
    const oldest = this.#companies.keys().next().value
    if (this.#companies.size > keptCompanies && oldest !== undefined) this.#companies.delete(oldest)
    return session
  }

  /** The key of the company that the session of that id belongs to, or belonged to while it lived. */
  companyOf(id: string): string | undefined {
    return this.#companies.get(id)
  }

  /** The session of that id if it is alive. */
  find(id: string): Session | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    const now = this.#now()
    const { timeout, limit } = session.limits ?? this.#limits()
    if (now - session.usedAt < timeout && now - session.openedAt < limit) return session
    this.#sessions.delete(id)
    return undefined
  }

  /** Pushes the sliding timeout forward. */
  touch(session: Session): void {
    session.usedAt = this.#now()
  }

  /** Ends one session. */
  close(id: string): void {
    this.#sessions.delete(id)
  }

  /** Ends every session, or those of one company; returns how many were alive. */
  end(companyId?: string): number {
    let ended = 0
    for (const session of this.#sessions.values()) {
      if (companyId !== undefined && companyKey(session.company.companyId) !== companyKey(companyId)) continue
      if (this.find(session.id) !== undefined) ended++
      this.#sessions.delete(session.id)
    }
    return ended
  }
}
