/**
 * What the errors of a token endpoint mean. There is one table for each server, in the surface that speaks with it, and
 * one reader of them all, `judgeAnswer`. A row leads to an entry of the error catalogue; the entry says the reason, the
 * remedy and whether a repetition may help.
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { ReauthorizationCause } from "../errors/Reason.ts"
import { type ErrorRule, isAmong } from "./errorBody.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Processed } from "../transport/Answer.ts"

/**
 * What a token request without a token means. Whether the server processed the refresh token or code is another
 * question. Only what proves to be the server's own refusal says that it did not. Anything in front of the server may
 * answer after it.
 *
 * | verdict | when | was it processed? |
 * |---|---|---|
 * | `no-answer` | name resolution, refused, connect time-out, TLS | no |
 * | `no-answer` | reset, time-out, too large, 408, 500, 502, 504 and the other 5xx, any other 503, HTML, a body that is cut off, 2xx without a token | unknown |
 * | `rate-limited` | 429, or the surface's code for it | no, if it is the server's own |
 * | `unavailable` | 503 of the server's own | no |
 * | `pending` | a pairing that no X3 user has accepted yet | no, if it is the server's own |
 * | `invalid-client` | the client was refused | no, if it is the server's own |
 * | `rejected` | any other refusal, a redirect included | no, if it is the server's own |
 * | `invalid-grant` | the refresh token or code was refused | yes, and it is over |
 */
export type TokenVerdict =
  | "no-answer"
  | "rate-limited"
  | "unavailable"
  | "pending"
  | "invalid-client"
  | "rejected"
  | "invalid-grant"

/** A token request that brought no token. */
export class TokenFailure extends Data.TaggedError("TokenFailure")<{
  readonly error: SageAuthError
  /** the message of the error, without what stands around it */
  readonly description: string | undefined
  readonly verdict: TokenVerdict
  /** whether the server has processed the refresh token or code: `yes` where it says that it is over */
  readonly processed: Processed
  /** why the grant is over, where the server says it */
  readonly cause: ReauthorizationCause | undefined
  /** the HTTP status of the answer, if there was one */
  readonly status: number | undefined
}> {}

/** What was sent to a token endpoint: the same words may mean something else for each. */
export type TokenRequestKind = "refresh-token" | "code" | "client-credentials"

/** One error of a server: how it is recognised, and what it means. Everything that recognises it must hold. */
export interface TokenErrorRow<S extends TokenRequestKind = TokenRequestKind> extends Omit<ErrorRule, "id"> {
  /** only where that was sent; default: whatever was sent */
  readonly sent?: S | undefined
  /** the entry of the error catalogue; left out where the row says nothing but `own` */
  readonly entry?: CatalogueId | undefined
  /** what it means for what was sent, where the reason of the entry does not say it */
  readonly verdict?: TokenVerdict | undefined
  /** why the grant is over, where the server says it */
  readonly cause?: ReauthorizationCause | undefined
  /** how it shows that the server itself refused, and so has not used what was sent; left out where nothing shows it */
  readonly own?: Own | undefined
}

/**
 * JSON is the server's own with one of these statuses, and with all else that is given. Anything else may come from
 * what stands in front, after the server used what was sent.
 */
export interface Own {
  readonly statuses: ReadonlyArray<number>
  /** the very words */
  readonly text?: RegExp | undefined
  /** a form that only this server writes */
  readonly is?: ((json: unknown) => boolean) | undefined
}

/** The entries for what no row says. */
interface Otherwise {
  readonly invalidClient: CatalogueId
  readonly rateLimited: CatalogueId
  readonly unavailable: CatalogueId
  /** no answer of the server's: a web page, a body that is cut off, a success without a token */
  readonly unreadable: CatalogueId
  /** a redirect, which is never followed */
  readonly redirected: CatalogueId
  /** there is no token endpoint at that address */
  readonly misdirected: CatalogueId
  /** any other refusal */
  readonly rejected: CatalogueId
}

/** The errors of one server's token endpoint. */
export interface TokenErrorTable<S extends TokenRequestKind = TokenRequestKind> extends Otherwise {
  /** the server's own codes and words, the special ones first; the codes of OAuth 2.0 follow by themselves */
  readonly rows: ReadonlyArray<TokenErrorRow<S>>
  /** `invalid_grant`: what was sent is over, or refused */
  readonly invalidGrant: Readonly<Record<S, CatalogueId>>
  /** the server wants a human to act; what is left out is said by `invalidGrant` */
  readonly interaction?: Readonly<Partial<Record<S, CatalogueId>>> | undefined
  /** whether the refusals of RFC 6749, section 5.2, are documented of the server, and so are its own */
  readonly refusesByRfc: boolean
}

/** The rows of a table for what was sent. */
export interface TokenErrors extends Otherwise {
  readonly rows: ReadonlyArray<TokenErrorRow>
  /** the refresh token is over, or the code was refused */
  readonly invalidGrant: CatalogueId
}

/** RFC 6749, section 5.2. The second is a guide's spelling of the first. */
export const invalidGrantCodes = ["invalid_grant", "OAUTH2_INVALID_GRANT"]

/** OpenID Connect Core 1.0, section 3.1.2.6: identity providers say these of a refresh token and a client as well. */
export const interactionCodes = [
  "interaction_required",
  "login_required",
  "consent_required",
  "account_selection_required"
]

/** The codes of OAuth 2.0, behind what the server says in its own. */
const oauthRows = <S extends TokenRequestKind>(
  { interaction, invalidClient, invalidGrant, refusesByRfc, unavailable }: TokenErrorTable<S>,
  sent: S
): ReadonlyArray<TokenErrorRow> => {
  const ended: TokenErrorRow = { entry: invalidGrant[sent], verdict: "invalid-grant" }
  const wanted = interaction?.[sent]
  return [
    { codes: invalidGrantCodes, ...ended },
    { codes: interactionCodes, ...(wanted === undefined ? ended : { entry: wanted }) },
    { codes: ["invalid_client"], entry: invalidClient, verdict: "invalid-client" },
    { codes: ["temporarily_unavailable"], entry: unavailable, verdict: "unavailable" },
    { codes: ["server_error"], entry: unavailable, verdict: "no-answer" },
    ...(refusesByRfc ? refusalsOfRfc : [])
  ]
}

/** Codes where RFC 6749 has them, in `error` itself: gateways in front write the same words as codes of their own. */
const refusalOfRfc = (statuses: ReadonlyArray<number>, ...codes: ReadonlyArray<string>): TokenErrorRow => ({
  own: {
    statuses,
    is: (json) => Predicate.hasProperty(json, "error") && typeof json.error === "string" && isAmong(json.error, codes)
  }
})

/** RFC 6749, section 5.2, with the statuses of that section, and the code for a server that is away. */
const refusalsOfRfc: ReadonlyArray<TokenErrorRow> = [
  refusalOfRfc(
    [400, 401],
    "invalid_request",
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope"
  ),
  refusalOfRfc([400, 429, 503], "temporarily_unavailable")
]

/** What the errors of a server mean when that was sent. */
export const errorsWhen = <S extends TokenRequestKind>(table: TokenErrorTable<S>, sent: S): TokenErrors => ({
  ...table,
  rows: [...table.rows.filter((row) => row.sent === undefined || row.sent === sent), ...oauthRows(table, sent)],
  invalidGrant: table.invalidGrant[sent]
})
