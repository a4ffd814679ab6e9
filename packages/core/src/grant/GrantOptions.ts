import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { ReauthorizationCause, StoreUnavailable, Surface } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { Processed } from "../transport/Answer.ts"
import type { GrantContents, ReceivedTokens, Pairing } from "./GrantContents.ts"
import type { GrantKey, GrantRecord } from "./GrantStore.ts"

/** A request with a refresh token, or with a code, that brought no tokens. */
export interface RotationFailure {
  readonly error: SageAuthError
  /**
   * whether the server has processed what was sent: `no`: it is as good as before; `yes`: the server says that it is
   * over
   */
  readonly processed: Processed
  /** why it is over, where the server says */
  readonly cause?: ReauthorizationCause | undefined
  /** what was said of it, in words that may be shown */
  readonly description?: string | undefined
}

/** Seals what is stored, bound to the row that it is stored in. */
export interface Sealer {
  readonly seal: (
    key: GrantKey,
    version: number,
    plain: string
  ) => Effect.Effect<Pick<GrantRecord, "sealed" | "keyId">, SageAuthError<StoreUnavailable>>
  readonly open: (
    key: GrantKey,
    version: number,
    sealed: string
  ) => Effect.Effect<string, SageAuthError<StoreUnavailable>>
}

/** What a surface says of its grants. */
export interface GrantOptions {
  readonly surface: Surface
  readonly connection: string
  /** the tenant's place in memory: what is only remembered of a tenant leaves with it */
  readonly slot: (tenant: string) => object
  /** what to do when a rotation was sent and its answer never came: replay it once (default), or report it */
  readonly inDoubt: "replay" | "report"
  /** the entry of the error catalogue for a grant that the server refused */
  readonly ended: CatalogueId
  /** exchanges a refresh token; it has a time-out of its own and is never interrupted once it was started */
  readonly rotate: (rotation: {
    readonly tenant: string
    readonly context: string
    readonly refreshToken: Redacted.Redacted
    readonly contents: GrantContents
  }) => Effect.Effect<ReceivedTokens, RotationFailure>
  /** ends a refresh token at the server; undefined where that would hit more than this grant */
  readonly revokeAlone:
    | ((
        refreshToken: Redacted.Redacted,
        tenant: string,
        grantExtras: Readonly<Record<string, string>>
      ) => Effect.Effect<void>)
    | undefined
  /**
   * names what tokens of a grant with these extras are issued for, as configured now, see `GrantContents`; undefined
   * where that cannot be told now. Default: it is never told
   */
  readonly issuedFor?:
    | ((tenant: string, grantExtras: Readonly<Record<string, string>>) => Effect.Effect<string | undefined>)
    | undefined
  /** whether what is configured brings credentials anew, without a refresh token. Default false */
  readonly configured?: boolean | undefined
  /** when keep-alive should renew a grant at the latest, in milliseconds from now; undefined: never */
  readonly dueIn: (grantLifetime: number | undefined) => number | undefined
  /** how a code is exchanged that is kept until then; undefined: codes are exchanged before anything is stored */
  readonly pairing?: PairingOptions | undefined
}

/** What a surface says of consents that are accepted later. */
export interface PairingOptions {
  /** exchanges the code; it has a time-out of its own and is never interrupted once it was started */
  readonly exchange: (tenant: string, pairing: Pairing) => Effect.Effect<ReceivedTokens, RotationFailure>
  /** the pause after that many tries, in milliseconds; undefined: no further try by itself */
  readonly pauseAfter: (attempts: number, error: SageAuthError) => Effect.Effect<number | undefined>
  /** what a caller is told before the pause is over; milliseconds, or undefined as above */
  readonly pending: (tenant: string, retryIn: number | undefined) => SageAuthError
}
