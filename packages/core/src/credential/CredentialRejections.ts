import { builtin } from "../config/builtin.ts"
import { day } from "../config/duration.ts"

/** What a server has said when it rejected a credential. */
export interface Rejected {
  /** its own code */
  readonly code: string | undefined
}

interface Rejection {
  readonly until: number
  readonly rejected: Rejected
}

/** How long a rejected password is not sent again, in milliseconds. Accounts lock after a handful of bad sign-ins. */
export const rejectionHold = 15 * 60_000

/** How long an incident is remembered after its last rejection, so that it is announced once and not every 15 minutes. */
const incidentMemory = day

/**
 * What servers have rejected, so that the same password is not sent again until it changes, 15 minutes pass or the
 * user asks. Nothing is kept of the credential but a keyed hash whose key dies with the process.
 */
export class CredentialRejections {
  readonly #now: () => number
  readonly #key = builtin("node:crypto").randomBytes(32)
  readonly #capacity: number
  /** in the order in which they were rejected, and so in that in which they are sent again */
  readonly #rejections = new Map<string, Rejection>()

  /**
   * @param capacity how many are remembered at most, beyond those that are held back at present. They cannot hang on the
   *   slot of a tenant: tenants and connections with the same credential share its rejection
   */
  constructor(now: () => number, capacity: number) {
    this.#now = now
    this.#capacity = capacity
  }

  get size(): number {
    return this.#rejections.size
  }

  /** a name for these secrets that says nothing about them */
  fingerprint(parts: ReadonlyArray<string>): string {
    const hmac = builtin("node:crypto").createHmac("sha256", this.#key)
    // lengths first: ("a", "bc") is not ("ab", "c")
    // UTF-16: it tells apart what UTF-8 cannot write, such as halves of a character
    for (const part of parts) hmac.update(`${part.length}:`).update(part, "utf16le")
    return hmac.digest("base64url")
  }

  /** why a credential is not sent at present, or undefined */
  blocked(fingerprint: string): Rejected | undefined {
    const rejection = this.#rejections.get(fingerprint)
    if (rejection === undefined) return undefined
    return this.#now() < rejection.until ? rejection.rejected : undefined
  }

  /** remembers a rejection; true if it is the first of its incident */
  add(fingerprint: string, rejected: Rejected): boolean {
    const now = this.#now()
    const before = this.#rejections.get(fingerprint)
    this.#rejections.delete(fingerprint)
    this.#rejections.set(fingerprint, { until: now + rejectionHold, rejected })
    this.#sweep(now)
    return before === undefined || now >= before.until + incidentMemory
  }

  /** lets a rejected credential be sent once more because somebody asked; its incident goes on */
  allow(fingerprint: string): void {
    const rejection = this.#rejections.get(fingerprint)
    if (rejection !== undefined) this.#rejections.set(fingerprint, { ...rejection, until: this.#now() })
  }

  /** the credential was accepted: its incident is over. True if there was one */
  forget(fingerprint: string): boolean {
    return this.#rejections.delete(fingerprint)
  }

  /** the oldest leave; what is held back stays, however many there are: each would be one more bad sign-in */
  #sweep(now: number): void {
    for (const [fingerprint, { until }] of this.#rejections) {
      const forgotten = now >= until + incidentMemory
      if (!forgotten && (this.#rejections.size <= this.#capacity || now < until)) return
      this.#rejections.delete(fingerprint)
    }
  }
}
