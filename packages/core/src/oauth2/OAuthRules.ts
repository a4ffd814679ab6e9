import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Slot } from "../credential/CredentialCache.ts"
import type {
  AccountInactive,
  Closed,
  CredentialRejected,
  DeadlineExceeded,
  Misconfigured,
  ProtocolViolation,
  RateLimited,
  ReauthorizationRequired,
  ServiceUnavailable,
  StoreUnavailable,
  Surface
} from "../errors/Reason.ts"
import type { Place, SageAuthError } from "../errors/SageAuthError.ts"
import type { PairingOptions } from "../grant/GrantOptions.ts"
import type { CallbackRules } from "./callback.ts"
import type { ClientAuthentication, Parameters, TokenResponse } from "./tokenEndpoint.ts"
import type { TokenErrors, TokenFailure } from "./TokenErrors.ts"
import type { Token } from "./Token.ts"

/** What acquiring a token of a grant can fail with. */
export type TokenReasons =
  | ReauthorizationRequired
  | StoreUnavailable
  | CredentialRejected
  | RateLimited
  | ProtocolViolation
  | Misconfigured
  | AccountInactive
  | ServiceUnavailable
  | DeadlineExceeded
  | Closed

/** What completing an authorization can fail with besides. */
export type CompletionReasons = Exclude<TokenReasons, ReauthorizationRequired>

/** Where the servers of a connection are. */
export interface Endpoints {
  readonly authorize: string
  readonly token: string
  readonly revoke: string | undefined
}

/** What a grant remembers beside its tokens. */
export type GrantExtras = Readonly<Record<string, string>>

/** The servers of one grant, where they are not the same for all. Without extras: those of a consent to come. */
export type EndpointsOf = (
  tenant: string,
  extras: GrantExtras | undefined
) => Effect.Effect<Endpoints, SageAuthError<Misconfigured>>

/** A request to the token endpoint or to that of revocation. */
export interface OAuthRequest {
  readonly tenant: string
  readonly parameters: Parameters
  /** what the grant remembers that the request is about; undefined where it is about none yet */
  readonly extras: GrantExtras | undefined
}

/** How one surface speaks OAuth 2.0. */
export interface OAuthRules {
  readonly surface: Surface
  readonly connection: string
  readonly endpoints: Endpoints | EndpointsOf
  readonly body: "form" | "json"
  /** the client, asked for if it is a function of the tenant */
  readonly client: (tenant: string) => Effect.Effect<ClientAuthentication, SageAuthError<Misconfigured>>
  /**
   * what the tokens of a grant with these extras are issued for, secrets left out: the client, its server and whom they
   * act for. What was issued for something else counts for nothing. A refresh token is of use to its client alone, and
   * is shown to its server alone (RFC 6749, sections 6 and 10.4)
   */
  readonly issuedFor: (
    tenant: string,
    extras: GrantExtras
  ) => Effect.Effect<ReadonlyArray<string | undefined>, SageAuthError<Misconfigured>>
  readonly inDoubt: "replay" | "report"
  /** what the errors of the token endpoint mean when a refresh token was sent */
  readonly refreshErrors: TokenErrors
  /** what to send beside a refresh token */
  readonly refreshParameters: (context: string) => Parameters
  /** checks that the token is for what was asked; undefined: it is */
  readonly check?: ((response: TokenResponse, context: string, place: Place) => SageAuthError | undefined) | undefined
  /** what it means that a refresh token was refused with a context and taken without it; undefined: there are none */
  readonly contextRefused?: ((refused: SageAuthError, place: Place) => SageAuthError) | undefined
  readonly life: { readonly assumed: number; readonly cap: number | undefined }
  /** how long a token says itself that it lives, in milliseconds */
  readonly spanOf?: ((accessToken: Redacted.Redacted) => number | undefined) | undefined
  /** how long the refresh token lives, in milliseconds; undefined where that is unknown */
  readonly grantLifeOf: (response: TokenResponse) => number | undefined
  /** when keep-alive renews the grant at the latest, in milliseconds from now; undefined: never */
  readonly dueIn: (grantLife: number | undefined) => number | undefined
  /** see `KeptAlive`; default `defaultConcurrency` */
  readonly keepAliveConcurrency?: number | undefined
  /** members of a token response to keep with the token, and with the grant */
  readonly extraMembers: ReadonlyArray<string>
  /** undocumented members are also read in camel case: `accessToken` for `access_token`. Default false */
  readonly camelCase?: boolean | undefined
  /** what else to keep with the token: what it says, or what is known from where it was asked for */
  readonly extrasOf?: ((response: TokenResponse, asked: OAuthRequest) => Readonly<Record<string, string>>) | undefined
  /** which of what is kept with a token its grant remembers too. Default none */
  readonly grantMembers?: ReadonlyArray<string> | undefined
  /** headers that every request of a tenant carries */
  readonly fixedHeaders: (
    tenant: string
  ) => Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Misconfigured>>
  /** where the tenant's calls go, asked at each renewal; default: the same place for all */
  readonly base?: ((tenant: string) => Effect.Effect<string, SageAuthError<Misconfigured>>) | undefined
  /** how a token is revoked */
  readonly revocation:
    | {
        /** revoking ends this grant and nothing else */
        readonly endsOnlyThisGrant: boolean
        /** what else it ends */
        readonly also?: string | undefined
        /** default `POST`, as RFC 7009 has it */
        readonly method?: "POST" | "DELETE" | undefined
        readonly parameters: (refreshToken: Redacted.Redacted) => Parameters
      }
    | undefined
  /** makes a token without a grant of a human's; undefined: there has to be one */
  readonly ask?:
    | ((tenant: string) => Effect.Effect<TokenResponse, TokenFailure | SageAuthError<Misconfigured>>)
    | undefined
  /**
   * an answer that asking was refused may still leave the refresh token that came with an earlier one. Default false
   */
  readonly refreshWhenRefused?: boolean | undefined
  /** what a request to the servers goes through, such as the pool of a company; default: nothing */
  readonly admitted?:
    | (<A, E>(asked: OAuthRequest, request: Effect.Effect<A, E>) => Effect.Effect<A, E | SageAuthError<Misconfigured>>)
    | undefined
  /** says more about a failure than the server does */
  readonly explain?: ((error: SageAuthError, clientId: string) => SageAuthError) | undefined
  /** a token response came: something may be learned from it */
  readonly learn?: ((tenant: string, response: TokenResponse) => void) | undefined
  readonly interactive: ConsentRules | undefined
}

/** What is needed to send a human to consent, and to take the callback. */
export interface ConsentRules {
  readonly redirectUri: string
  readonly scope: string | undefined
  readonly issuer: string | undefined
  readonly parameters: (
    tenant: string
  ) => Effect.Effect<Readonly<Record<string, string | undefined>>, SageAuthError<Misconfigured>>
  readonly callback: CallbackRules
  /** what the errors of the token endpoint mean when a code was sent */
  readonly codeErrors: TokenErrors
  /** default `code`; null leaves it out */
  readonly responseType?: "code" | null | undefined
  /** whether the code is bound to this consent by RFC 7636. Default true */
  readonly pkce?: boolean | undefined
  /** how long the callback may take, in milliseconds; default 10 minutes */
  readonly life?: number | undefined
  /**
   * for a callback that comes without a cookie, and a code that may be accepted long after it: the transaction is kept
   * in the store, and so is the code until it was exchanged
   */
  readonly later?: Pick<PairingOptions, "pauseAfter" | "pending"> | undefined
}

/** The place of a token in memory. */
export type TokenSlot = Slot<Token, TokenReasons>
