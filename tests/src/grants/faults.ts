import type { FaultKind } from "@sage-auth/sandbox"
import type { ConsentFlow } from "./world.ts"

/** What a fault means to a token request that meets it. */
export interface Meaning {
  /** the sandbox does the work nevertheless */
  readonly ran: boolean
  /**
   * what the client makes of it: `good`: an answer all the same; `lost`: nobody knows what the server did; `refused`: it
   * surely did nothing
   */
  readonly answer: "good" | "lost" | "refused"
  /** a caller is released by its deadline alone */
  readonly waits?: true
}

const meanings: Readonly<Record<FaultKind, Meaning>> = {
  hang: { ran: false, answer: "lost", waits: true },
  "slow-bytes": { ran: true, answer: "lost", waits: true },
  "slow-answer": { ran: true, answer: "good", waits: true },
  "drop-request": { ran: false, answer: "lost" },
  "drop-response": { ran: true, answer: "lost" },
  truncate: { ran: true, answer: "lost" },
  "short-body": { ran: true, answer: "lost" },
  "cloudflare-524": { ran: true, answer: "lost" },
  "html-502": { ran: false, answer: "lost" },
  "wrong-content-type": { ran: true, answer: "good" },
  "no-content-type": { ran: true, answer: "good" },
  // without a body it may be anybody's
  "status-503": { ran: false, answer: "lost" },
  unavailable: { ran: false, answer: "refused" },
  "rate-limited": { ran: false, answer: "refused" },
  "rate-limited-200": { ran: false, answer: "refused" },
  "service-offline": { ran: false, answer: "refused" }
}

/**
 * What does not prove to be the server's own refusal: X3's gateway says 500 and 501 of whatever went wrong inside, nobody
 * documents a limit of the gateway's or of an identity provider's, and Intacct alone tells of one with status 200.
 */
const unproven: { readonly [Flow in ConsentFlow]: ReadonlyArray<FaultKind> } = {
  books: ["rate-limited-200"],
  payables: [],
  erpSso: ["rate-limited", "rate-limited-200"],
  gateway: ["unavailable", "service-offline", "rate-limited", "rate-limited-200"]
}

/** What a fault means where a refresh token or a code was sent. */
export const meaningAt = (flow: ConsentFlow, kind: FaultKind): Meaning =>
  unproven[flow].includes(kind) ? { ran: false, answer: "lost" } : meanings[kind]

/** Every fault that the sandbox has. */
export const kinds = Object.entries(meanings) as ReadonlyArray<readonly [FaultKind, Meaning]>
