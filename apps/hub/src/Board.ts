/** What the page shows. It is all that the browser gets, and nothing of it is secret. */

/** How a connection is doing: the states of `Status` in core, which the build of the page must not load. */
export type State =
  | "configured"
  | "connected"
  | "storing"
  | "pairing"
  | "in-doubt"
  | "stalled"
  | "reauthorization-required"
  | "disconnected"

/** A span of time that is running out, in milliseconds since the epoch by the sandbox's clock. */
export interface Span {
  readonly from: number
  readonly until: number
}

/** Something that can be done to a connection's servers. */
export interface BreakageShown {
  readonly id: string
  readonly label: string
}

/** What a connection is a way into. */
export type Product = "Intacct" | "Business Cloud Accounting" | "X3"

/** One connection of one tenant. */
export interface ConnectionShown {
  readonly connection: string
  readonly product: Product
  /** what it is, in words */
  readonly about: string
  readonly interactive: boolean
  readonly state: State
  readonly refreshable: boolean
  /** the credential in hand; undefined: there is none, or it does not end by itself */
  readonly credential: Span | undefined
  /** the grant behind it; undefined: there is none, or its end is unknown */
  readonly grant: Span | undefined
  /** why it does not work, and what helps; undefined: nothing is wrong */
  readonly reason: string | undefined
  /** whom to sign in as when the sandbox asks for consent; undefined: it never does */
  readonly signInAs: string | undefined
  readonly breakages: ReadonlyArray<BreakageShown>
}

/** The pool of a company and its meter. */
export interface CompanyShown {
  readonly company: string
  readonly permits: number
  readonly inUse: number
  readonly waiting: number
  readonly month: string
  readonly used: number
  readonly budget: number
  readonly projected: number
  /** US dollars */
  readonly projectedOverage: number
}

/** One tenant. */
export interface TenantShown {
  readonly id: string
  readonly name: string
  readonly connections: ReadonlyArray<ConnectionShown>
  readonly companies: ReadonlyArray<CompanyShown>
}

/** What this process shares with others, in words. */
export interface SharingShown {
  readonly store: string
  readonly coordination: string
  /** who renews which grant at this moment */
  readonly leases: ReadonlyArray<string>
}

/** Whether calls are sent all the time, and what came of all calls so far, by hand or not. */
export interface TrafficShown {
  readonly on: boolean
  readonly answered: number
  readonly failed: number
}

/** The steps of a rotation, in their order. */
export type Step = "lease" | "intent" | "request" | "answer" | "written"

/** What became of one step. */
export interface StepShown {
  readonly step: Step
  readonly tone: "good" | "bad" | "doubt"
  readonly text: string
  /** milliseconds since the lease was taken */
  readonly after: number
}

/** One rotation of one grant, as it was seen in the store and on the wire. */
export interface RotationShown {
  readonly id: number
  readonly who: string
  /** by the sandbox's clock */
  readonly at: number
  /** those that were taken so far */
  readonly steps: ReadonlyArray<StepShown>
}

/** The steps of "start here" that somebody has taken. */
export interface StartedShown {
  readonly connected: boolean
  readonly called: boolean
  readonly rotated: boolean
}

/** Everything at one moment. */
export interface Board {
  /** grows with every reading: of two boards, the one with the greater number is the newer */
  readonly reading: number
  /** the sandbox's clock, in milliseconds since the epoch */
  readonly now: number
  readonly traffic: TrafficShown
  /** faults that have not been played, in words */
  readonly faults: ReadonlyArray<string>
  readonly tenants: ReadonlyArray<TenantShown>
  readonly sharing: SharingShown
  /** the last rotations, the newest first */
  readonly rotations: ReadonlyArray<RotationShown>
  readonly started: StartedShown
}

/** One line of the feed. */
export interface Entry {
  readonly id: number
  /** the sandbox's clock */
  readonly at: number
  readonly tone: "good" | "bad" | "doubt" | "plain"
  /** whose, where it is somebody's */
  readonly who: string | undefined
  readonly text: string
}
