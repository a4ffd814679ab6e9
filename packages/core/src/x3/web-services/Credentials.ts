import type { Effect } from "effect/Effect"
import type { Authorizing } from "../../oauth2/completeAuthorization.ts"
import type { Authorization } from "../../oauth2/Authorizations.ts"
import type { TokenReasons } from "../../oauth2/OAuthRules.ts"
import type { DisconnectOptions, Status } from "../../Connection.ts"
import type { Slot } from "../../credential/CredentialCache.ts"
import type { Renewals } from "../../credential/Renewals.ts"
import type { CatalogueId } from "../../errors/catalogue.ts"
import type { Misconfigured, StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import type { KeptAlive } from "../../grant/keepAlive.ts"
import type { Fetch } from "../../transport/Answer.ts"
import type { ClientTls } from "../certificate/ClientCertificates.ts"

/** What a credential of any kind brings to a request. */
export interface RequestCredential {
  readonly tenant: string
  /** the tenant's server */
  readonly base?: string | undefined
  /** one frozen object for each credential; empty where the credential is a certificate */
  readonly headers: Readonly<Record<string, string>>
  /** carries the credential where headers do not */
  readonly fetch?: Fetch | undefined
  /** for other HTTP libraries, where the credential is a certificate */
  readonly tls?: (() => ClientTls) | undefined
}

/** The credentials of one connection, for all of its tenants: how they are got, and what a refusal of one means. */
export interface Credentials<V extends RequestCredential> {
  readonly renewals: Renewals<V, TokenReasons>
  readonly slot: (tenant: string) => Slot<V, TokenReasons>
  /** what 401 means */
  readonly unauthorized: CatalogueId
  /** whether a renewal may help after a 401 */
  readonly verdict: "credential-dead" | "credential-refused"
  /** the server refused it as it is configured; `code` as the server gave it: the status of HTTP, or an alert of TLS */
  readonly refused: (value: V, code: string | undefined) => void
  readonly accepted: (value: V) => void
  readonly status: (tenant: string) => Effect<Status, SageAuthError<StoreUnavailable>>
  readonly disconnect: (
    tenant: string,
    options: DisconnectOptions | undefined
  ) => Effect<{ readonly revoked: boolean }, SageAuthError<StoreUnavailable>>
  /** where a human consents */
  readonly interactive:
    | {
        readonly authorize: (
          tenant: string,
          options: { readonly returnTo: string }
        ) => Effect<Authorization, SageAuthError<StoreUnavailable | Misconfigured>>
        readonly authorizing: Authorizing
        readonly keptAlive: KeptAlive
      }
    | undefined
  /** the credential is a certificate */
  readonly certificates: boolean
}
