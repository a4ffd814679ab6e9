import type { Surface } from "../Reason.ts"

/** The tags that the reason of a `SageAuthError` can have. */
export type ReasonTag =
  | "ReauthorizationRequired"
  | "CredentialRejected"
  | "PermissionDenied"
  | "AccountInactive"
  | "LicenseExpired"
  | "RateLimited"
  | "BudgetExhausted"
  | "PairingPending"
  | "RequestRejected"
  | "FunctionFailed"
  | "CallbackRejected"
  | "DeadlineExceeded"
  | "Closed"
  | "Misconfigured"
  | "ServiceUnavailable"
  | "ProtocolViolation"
  | "StoreUnavailable"

/**
 * Where an error is said.
 *
 * - `control`, `authentication`, `function`: the three statuses of an Intacct XML response. `function` is also a call
 *   to X3 that ran and failed inside a successful answer
 * - `gateway`: the gateway in front of Intacct's APIs, by its own codes
 * - `http`: the status of the answer
 * - `authorization`: the callback of an authorization request
 * - `token`: the token endpoint
 * - `call`: the body of the answer to an API call
 * - `client`: raised by this library, before an answer, without one, or because of what an answer holds
 */
export type Level =
  | "control"
  | "authentication"
  | "function"
  | "gateway"
  | "http"
  | "authorization"
  | "token"
  | "call"
  | "client"

/** One kind of failure: how it is recognised, what it means, and what to do. */
export interface CatalogueEntry {
  /** the product whose servers fail like this; `any` for the library's own */
  readonly product: "Intacct" | "Business Cloud Accounting" | "X3" | "any"
  /** The surface that answers with it; `undefined` when several do. */
  readonly surface: Surface | undefined
  /** where in an exchange it is said */
  readonly level: Level
  /** The server's own codes or statuses; empty where it gives none and for the library's own. */
  readonly codes: ReadonlyArray<string>
  /** What the server says, when the code alone does not decide. Variable parts are in angle brackets. */
  readonly text: string | undefined
  /** The reason of the `SageAuthError` that stands for it. */
  readonly reason: ReasonTag
  /** what is the case, in one or two sentences */
  readonly meaning: string
  /** what leads to it */
  readonly cause: string
  /** what to do about it */
  readonly remedy: string
  /**
   * Whether the same call may succeed later without any change. It does not say that repeating is safe. Where a write
   * may have been carried out, the remedy says so.
   */
  readonly retryable: boolean
  /** Where sources disagree, and which one this library follows. */
  readonly note: string | undefined
  /** The public page or project that describes it. */
  readonly source: string
}

/** What all entries of a group have in common. */
type Group = Pick<CatalogueEntry, "product" | "surface">

/** What may be left out of an entry. */
type Usual = "codes" | "text" | "retryable" | "note"

/** An entry as it is written: without what its group says, and without what most entries say. */
type WrittenEntry = Omit<CatalogueEntry, keyof Group | Usual> & Partial<Pick<CatalogueEntry, Usual>>

/**
 * The entries of one group. What is not written is `codes: []`, `retryable: false`, and no text and no note. Every
 * import of this package reads these texts, so nothing stands in them twice.
 *
 * Keeps the ids of `entries` in the type and nothing else, so that an unknown id does not compile.
 */
export const defineEntries = /* @__NO_SIDE_EFFECTS__ */ <Id extends string>(
  { product, surface }: Group,
  entries: Readonly<Record<Id, WrittenEntry>>
): Readonly<Record<Id, CatalogueEntry>> => {
  const whole: Record<string, CatalogueEntry> = {}
  for (const [id, written] of Object.entries<WrittenEntry>(entries)) {
    const { cause, codes = [], level, meaning, note, reason, remedy, retryable = false, source, text } = written
    whole[id] = { product, surface, level, codes, text, reason, meaning, cause, remedy, retryable, note, source }
  }
  return whole as Record<Id, CatalogueEntry>
}
