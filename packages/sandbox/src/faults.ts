import { type DurationInput, toMilliseconds } from "./clock.ts"
import { checkMembers } from "./checkedOptions.ts"
import { type Surface, surfaces } from "./surface.ts"

/**
 * What can go wrong on demand.
 *
 * | kind | what happens | is the work done? |
 * |---|---|---|
 * | `hang` | no answer until the caller goes away or the sandbox stops | no |
 * | `drop-request` | the socket is closed | no |
 * | `drop-response` | the socket is closed | yes |
 * | `truncate` | half of the body, then the socket is closed | yes |
 * | `short-body` | half of the body in a complete HTTP answer | yes |
 * | `slow-answer` | the answer comes `delay` late, 20 seconds of the sandbox's clock by default | yes, at once |
 * | `slow-bytes` | one byte of the body per second of the sandbox's clock | yes |
 * | `wrong-content-type` | the right body as `text/html` | yes |
 * | `no-content-type` | the right body without a `Content-Type` | yes |
 * | `html-502` | a proxy's HTML page, 502 | no |
 * | `cloudflare-524` | Cloudflare's HTML page for an origin that took too long, 524 | yes |
 * | `status-503` | an empty 503 | no |
 * | `unavailable` | the surface's own answer of a server that is away, 503; with `duration` until that time is over | no |
 * | `rate-limited` | the surface's own answer for a caller over its limit (Intacct: 429 and `GW-0010`) | no |
 * | `rate-limited-200` | the same with status 200 | no |
 * | `service-offline` | Intacct's transient failure inside a function result; elsewhere as `unavailable` | no |
 */
export type FaultKind =
  | "hang"
  | "drop-request"
  | "drop-response"
  | "truncate"
  | "short-body"
  | "slow-answer"
  | "slow-bytes"
  | "wrong-content-type"
  | "no-content-type"
  | "html-502"
  | "cloudflare-524"
  | "status-503"
  | "unavailable"
  | "rate-limited"
  | "rate-limited-200"
  | "service-offline"

/** A fault to be played the next time a matching request arrives. */
export interface Fault {
  /**
   * The step it applies to; `"*"` for every one.
   *
   * - Intacct XML: a function such as `"readByQuery"`
   * - OAuth surfaces: `"authorize"`, `"token"`, `"revoke"` or `"api"`; a grant type such as `"refresh_token"`; or the
   *   path below the base of the API such as `"contacts"`
   * - X3: `"api1"`, `"sdata"`, `"soap"`, `"wsdl"`, `"login"` or `"graphql"`; a class, facet or service of REST such as
   *   `"BPCUSTOMER"` or `"$query"`; an operation, published name or pool of SOAP such as `"save"`; or the name of a
   *   GraphQL operation
   */
  readonly on: string
  /** What goes wrong. */
  readonly kind: FaultKind
  /** How many requests it hits. Default 1, or every one while `duration` lasts. */
  readonly times?: number | undefined
  /** For how long it can hit, by the sandbox's clock from the call on. Default: until it was played. */
  readonly duration?: DurationInput | undefined
  /** How late `slow-answer` answers. Default 20 seconds. */
  readonly delay?: DurationInput | undefined
  /** The HTTP status instead of the one that `kind` or the answer has. */
  readonly status?: number | undefined
  /** Further response headers, such as `{ "retry-after": "2" }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** How long `slow-bytes` waits before each byte. Default one second. */
  readonly every?: DurationInput | undefined
}

const kinds: ReadonlySet<string> = new Set<FaultKind>([
  "hang",
  "drop-request",
  "drop-response",
  "truncate",
  "short-body",
  "slow-answer",
  "slow-bytes",
  "wrong-content-type",
  "no-content-type",
  "html-502",
  "cloudflare-524",
  "status-503",
  "unavailable",
  "rate-limited",
  "rate-limited-200",
  "service-offline"
])

const members: ReadonlyArray<keyof Fault> = ["on", "kind", "times", "duration", "delay", "status", "headers", "every"]

/** A fault that was asked for and can still hit a request. */
export interface PendingFault {
  /** Where it was placed. */
  readonly surface: Surface
  /** As it was placed. */
  readonly fault: Fault
  /** How many requests it has hit so far. */
  readonly played: number
  /** How many more it can hit; undefined: every one, until it is cleared or its `duration` is over. */
  readonly left: number | undefined
}

/** The faults still to be played, oldest first. */
export class FaultQueue {
  readonly #now: () => number
  #pending: Array<{
    readonly surface: Surface
    readonly fault: Fault
    readonly until: number
    left: number
    played: number
  }> = []

  constructor(now: () => number) {
    this.#now = now
  }

  add(surface: Surface, fault: Fault): void {
    if (!surfaces.includes(surface)) throw new TypeError(`surface must be one of ${surfaces.join(", ")}`)
    checkMembers(fault, members, "A fault")
    if (!kinds.has(fault.kind)) throw new TypeError(`kind must be one of ${[...kinds].join(", ")}`)
    if (typeof fault.on !== "string" || fault.on === "") throw new TypeError(`on must be a step's name or "*"`)
    const lasts = fault.duration === undefined ? undefined : toMilliseconds(fault.duration, "duration")
    if (fault.delay !== undefined) toMilliseconds(fault.delay, "delay")
    if (fault.every !== undefined) toMilliseconds(fault.every, "every")
    const left = fault.times ?? (lasts === undefined ? 1 : Number.POSITIVE_INFINITY)
    if (!(left > 0 && (Number.isInteger(left) || left === Number.POSITIVE_INFINITY))) {
      throw new RangeError("times must be a whole number from 1")
    }
    if (fault.status !== undefined && !(Number.isInteger(fault.status) && fault.status >= 200 && fault.status <= 599)) {
      throw new RangeError("status must be an HTTP status between 200 and 599")
    }
    this.#pending.push({
      surface,
      fault,
      until: lasts === undefined ? Number.POSITIVE_INFINITY : this.#now() + lasts,
      left,
      played: 0
    })
  }

  /** The fault that hits a request with these steps, which counts as one of its times. */
  take(surface: Surface, steps: ReadonlyArray<string>): Fault | undefined {
    const now = this.#now()
    this.#pending = this.#pending.filter((entry) => now < entry.until)
    const hit = this.#pending.find(
      (entry) => entry.surface === surface && (entry.fault.on === "*" || steps.includes(entry.fault.on))
    )
    if (hit === undefined) return undefined
    hit.left -= 1
    hit.played += 1
    if (hit.left <= 0) this.#pending = this.#pending.filter((entry) => entry !== hit)
    return hit.fault
  }

  /** Those that can still hit a request. */
  pending(): ReadonlyArray<PendingFault> {
    const now = this.#now()
    return this.#pending
      .filter(({ until }) => now < until)
      .map(({ fault, left, played, surface }) => ({
        surface,
        fault,
        played,
        left: Number.isFinite(left) ? left : undefined
      }))
  }

  clear(): void {
    this.#pending = []
  }
}
