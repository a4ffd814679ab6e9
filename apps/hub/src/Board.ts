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

/** One connection of one tenant. */
export interface ConnectionShown {
  readonly connection: string
  readonly surface: string
  /** what it is, in words */
  readonly about: string
  readonly interactive: boolean
  readonly state: State
  readonly refreshable: boolean
  /** the credential in hand; undefined: there is none, or it does not end by itself */
  readonly credential: Span | undefined
  /** the grant behind it; undefined: there is none, or its end is unknown */
  readonly grant: Span | undefined
  /** why its state could not be read */
  readonly problem: string | undefined
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

/** The calls that are sent all the time, and what came of them so far. */
export interface TrafficShown {
  readonly on: boolean
  readonly answered: number
  readonly failed: number
}

/** Everything at one moment. */
export interface Board {
  /** the sandbox's clock, in milliseconds since the epoch */
  readonly now: number
  readonly traffic: TrafficShown
  /** faults that have not been played, in words */
  readonly faults: ReadonlyArray<string>
  readonly tenants: ReadonlyArray<TenantShown>
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
