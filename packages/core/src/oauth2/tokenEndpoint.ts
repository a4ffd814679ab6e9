import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { failure, type Place } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/instrumentation.ts"
import type { Transport, Request } from "../transport/Transport.ts"
import { type Body, type ErrorBody, errorBody, errorOf, fits, parseBody, tokenErrorBody, wordsOf } from "./errorBody.ts"
import { type TokenErrorRow, type TokenErrors, TokenFailure, type TokenVerdict } from "./TokenErrors.ts"
import { year } from "../config/duration.ts"
import { mostLevels, type HttpAnswer, type Processed, retryAfter, shownMediaType } from "../transport/Answer.ts"
import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import { secretsOfJson } from "../errors/maskSecrets.ts"
import type { ReauthorizationCause } from "../errors/Reason.ts"
import { type TransportFailure, unanswered } from "../transport/TransportFailure.ts"

/**
 * How the client shows who it is: in exactly one place of a request.
 *
 * Source: RFC 6749, section 2.3.1 and appendix B.
 */
export type ClientAuthentication =
  | { readonly method: "body"; readonly clientId: string; readonly clientSecret: Redacted.Redacted }
  | { readonly method: "basic"; readonly clientId: string; readonly clientSecret: Redacted.Redacted }
  /** a public client: its id alone */
  | { readonly method: "none"; readonly clientId: string }

/** What is secret is redacted: that, and only that, is taken out of what the server answers. */
export type Parameters = Readonly<Record<string, string | Redacted.Redacted | undefined>>

/**
 * One request to a token or revocation endpoint: a POST with a form or JSON.
 *
 * Source: RFC 6749, section 3.2; developer.sage.com, X3, Authorization token endpoints (JSON).
 */
export interface ClientRequest {
  readonly url: string
  /** default `POST` */
  readonly method?: "POST" | "DELETE" | undefined
  /** default `form` */
  readonly body?: "form" | "json" | undefined
  readonly clientAuthentication: ClientAuthentication
  /** in the order in which they are sent; those that are undefined are left out */
  readonly parameters: Parameters
  /** default `application/json` */
  readonly accept?: string | undefined
  /** the largest answer that is read, in bytes; default 256 KiB */
  readonly limit?: number | undefined
}

/** Two tokens of 2,048 bytes and a few members are far below it; a proxy's page may come near. */
const defaultLimit = 256 * 1024

const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

/** what goes into the header, and the password in it, which is the secret in another form */
const basicCredential = (clientId: string, clientSecret: Redacted.Redacted) => {
  // each part is form-encoded first, or a colon in the id would end it
  const password = formEncoded(Redacted.value(clientSecret))
  const credential = Buffer.from(`${formEncoded(clientId)}:${password}`).toString("base64")
  return {
    credential: Redacted.make(credential, { label: "basic credential" }),
    password: Redacted.make(password, { label: "client secret" })
  }
}

const bodyParameters = ({
  clientAuthentication,
  parameters
}: ClientRequest): ReadonlyArray<readonly [string, string]> => {
  const { clientId, method } = clientAuthentication
  const all: Parameters = {
    ...parameters,
    // RFC 6749, section 2.3: never in two places
    client_id: method === "basic" ? undefined : clientId,
    client_secret: method === "body" ? clientAuthentication.clientSecret : undefined
  }
  return Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Redacted.isRedacted(value) ? Redacted.value(value) : value] as const]
  )
}

/** A request ready to be sent, and everything secret in it. */
export interface EncodedRequest {
  readonly http: Request
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

/** Writes the request as it goes on the wire. */
export const encodeRequest = (request: ClientRequest): EncodedRequest => {
  const { accept, body, clientAuthentication, limit, method, parameters, url } = request
  const json = body === "json"
  const pairs = bodyParameters(request)
  const basic =
    clientAuthentication.method === "basic"
      ? basicCredential(clientAuthentication.clientId, clientAuthentication.clientSecret)
      : undefined
  return {
    http: {
      method: method ?? "POST",
      url,
      headers: {
        "content-type": json ? "application/json" : "application/x-www-form-urlencoded",
        accept: accept ?? "application/json",
        "user-agent": "sage-auth",
        ...(basic === undefined ? {} : { authorization: `Basic ${Redacted.value(basic.credential)}` })
      },
      body: json
        ? JSON.stringify(Object.fromEntries(pairs))
        : new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString(),
      limit: limit ?? defaultLimit
    },
    secrets: [
      ...Object.values(parameters).filter((value) => Redacted.isRedacted(value)),
      ...("clientSecret" in clientAuthentication ? [clientAuthentication.clientSecret] : []),
      ...(basic === undefined ? [] : [basic.password, basic.credential])
    ]
  }
}

/** What an answer without a token means. */
export interface Judgement {
  readonly id: CatalogueId
  readonly verdict: TokenVerdict
  /** whether the server has processed the refresh token or code */
  readonly processed: Processed
  /** why the grant is over, where the server says it */
  readonly cause: ReauthorizationCause | undefined
  readonly serverError: ErrorBody
}

/** Statuses of a server that has nothing at this address, or no such method. */
const nowhere = new Set([404, 405, 410])

/** what the reason of an entry says about the token that was sent */
const verdictOf = (id: CatalogueId): TokenVerdict => {
  switch (catalogue[id].reason) {
    case "ReauthorizationRequired":
    case "CallbackRejected":
      return "invalid-grant"
    case "CredentialRejected":
      return "invalid-client"
    case "RateLimited":
      return "rate-limited"
    case "ServiceUnavailable":
      return "unavailable"
    case "PairingPending":
      return "pending"
    default:
      return "rejected"
  }
}

/** whether a row shows that the server itself refused */
const isOwn = ({ own, ...row }: TokenErrorRow, serverError: ErrorBody, status: number, json: unknown): boolean =>
  own !== undefined && fits(row, serverError, status) && fits(own, serverError, status) && own.is?.(json) !== false

/**
 * Judges an answer that is no token response, by what the server means and not by the status or the body alone.
 *
 * - A server that fails (5xx) is not believed about the grant: it may have used the token before it failed. Only a
 *   documented 503 of its own says that it did nothing.
 * - A limit is a limit in any status; Intacct says it in a 200 as well.
 * - A 4xx is a refusal; whether it is the server's own is told by its JSON. HTML is a proxy's, and what is cut off
 *   could have been anything.
 * - 401 without a known code is about the client: nothing else is authenticated here.
 *
 * Source: RFC 6749, section 5.2; RFC 9110, section 15; developer.sage.com, Sage Intacct REST API, Error handling.
 */
export const judgeAnswer = (errors: TokenErrors, { status }: HttpAnswer, body: Body): Judgement => {
  const serverError = errorOf(body)
  const own = body.kind === "json" && errors.rows.some((row) => isOwn(row, serverError, status, body.value))
  const judge = (id: CatalogueId, verdict: TokenVerdict, cause?: ReauthorizationCause): Judgement => ({
    id,
    verdict,
    processed: verdict === "invalid-grant" ? "yes" : own && verdict !== "no-answer" ? "no" : "unknown",
    cause,
    serverError
  })
  if (status >= 300 && status < 400) return judge(errors.redirected, "rejected")
  const row = errors.rows.find((each) => each.entry !== undefined && fits(each, serverError, status))
  const known = row?.entry
  const knownVerdict = known === undefined ? undefined : (row?.verdict ?? verdictOf(known))
  if (known !== undefined && knownVerdict === "rate-limited") return judge(known, "rate-limited")
  if (status === 429) return judge(errors.rateLimited, "rate-limited")
  if (status >= 500) {
    const id = known !== undefined && knownVerdict === "unavailable" ? known : errors.unavailable
    return judge(id, status === 503 && own ? "unavailable" : "no-answer")
  }
  if (status === 408) return judge(errors.unavailable, "no-answer")
  if (body.kind === "broken" || body.kind === "deep") return judge(errors.unreadable, "no-answer")
  if (body.kind === "html") return judge(nowhere.has(status) ? errors.misdirected : errors.unreadable, "no-answer")
  if (known !== undefined && knownVerdict !== undefined) return judge(known, knownVerdict, row?.cause)
  if (nowhere.has(status)) return judge(errors.misdirected, "rejected")
  if (status === 401) return judge(errors.invalidClient, "invalid-client")
  // a success that says neither what it gives nor what is wrong
  const refused = status >= 400 || (body.kind === "json" && errorBody(body.value) !== undefined)
  return refused ? judge(errors.rejected, "rejected") : judge(errors.unreadable, "no-answer")
}

/** The failure for a request without an answer, or with one that is larger than is read. */
export const fromTransport = (
  lost: TransportFailure,
  unreadable: CatalogueId,
  secrets: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const tooLarge = lost.problem === "too-large"
  return new TokenFailure({
    error: tooLarge
      ? failure(unreadable, { ...place, message: "the answer is larger than the limit" })
      : unanswered(lost, place, secrets),
    description: undefined,
    verdict: "no-answer",
    processed: lost.processed,
    cause: undefined,
    status: undefined
  })
}

const kinds: Readonly<Record<Body["kind"], string>> = {
  json: "no answer of a token endpoint",
  empty: "the body is empty",
  html: "a web page instead of an answer, as a proxy sends it",
  xml: "XML where JSON was expected",
  text: "text where JSON was expected",
  broken: "the body is cut off or not well-formed",
  deep: `JSON that nests deeper than ${mostLevels} levels`
}

/** What a body is, in our words: nothing of it is quoted, since it may be tokens. */
const described = (answer: HttpAnswer, body: Body): string => {
  const { headers, status, text } = answer
  const kind = body.kind === "text" && isForm(text) ? "a form where JSON was expected" : kinds[body.kind]
  const length = text === "" ? "" : `, ${text.length} characters`
  return `HTTP ${status}, ${shownMediaType(headers.get("content-type"))}${length}: ${kind}`
}

/** how much of a text is looked at to tell what it is, in characters */
const looked = 200

const isForm = (text: string): boolean => {
  const beginning = text.slice(0, looked).trim()
  return beginning.includes("=") && !/\s/.test(beginning)
}

/** The meaning of an entry, with the status that it was said with. */
const withStatus = (id: CatalogueId, status: number): string =>
  catalogue[id].meaning.replace(/\.$/, ` (HTTP ${status}).`)

/** The failure for an answer that was judged to be one. */
export const fromJudgement = (
  { cause, id, processed, verdict }: Judgement,
  answer: HttpAnswer,
  body: Body,
  sent: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const json = body.kind === "json" ? body.value : undefined
  const secrets = [...sent, ...secretsOfJson(json)]
  const { code, supportId, text } = wordsOf(
    tokenErrorBody(json) ?? { codes: [], texts: [], supportId: undefined },
    secrets
  )
  const redirect = answer.status >= 300 && answer.status < 400
  const description = redirect
    ? `the server answered with a redirect (HTTP ${answer.status})`
    : // a refusal with a code and no words: the entry's own meaning says it best
      (text ?? (code === undefined ? described(answer, body) : withStatus(id, answer.status)))
  return new TokenFailure({
    error: failure(id, {
      ...place,
      message: description,
      code,
      supportId,
      retryAfter: retryAfter(answer.headers, answer.arrivedAt),
      // what is known so far; the caller with the grant's history knows better
      cause: "Revoked"
    }),
    description,
    verdict,
    processed,
    cause,
    status: answer.status
  })
}

/**
 * What a token endpoint gave.
 *
 * Source: RFC 6749, section 5.1; developer.sage.com, Accounting, Authentication (`refresh_token_expires_in`,
 * `requested_by_id`).
 */
export interface TokenResponse {
  readonly accessToken: Redacted.Redacted
  /** undefined: the server gave none or an empty one, and the one in hand stays in force (RFC 6749, section 6) */
  readonly refreshToken: Redacted.Redacted | undefined
  /** how it goes on a request: always so, however the server spells it */
  readonly tokenType: "Bearer"
  readonly scope: string | undefined
  /** milliseconds from `receivedAt`; undefined where the server says nothing that can be believed */
  readonly expiresIn: number | undefined
  /** how long the refresh token lives, in milliseconds from `receivedAt`; undefined as above */
  readonly refreshTokenExpiresIn: number | undefined
  /** Business Cloud Accounting: the id of the user who gave consent (`requested_by_id`) */
  readonly idOfUser: string | undefined
  /** further members that were asked for by name and are texts */
  readonly extras: Readonly<Record<string, string>>
  /** when the answer arrived, in milliseconds since the epoch, by the application's clock */
  readonly receivedAt: number
}

/** What an answer is read with. */
export interface TokenReading {
  readonly receivedAt: number
  /** the `Content-Type`; null where there is none */
  readonly contentType: string | null
  /** members to keep in `extras`; all others are ignored */
  readonly extraMembers?: ReadonlyArray<string> | undefined
  /** a member that is missing is looked for as `accessToken` instead of `access_token`. Default false */
  readonly camelCase?: boolean | undefined
}

/** Ten years, in seconds. A larger number is something else, such as a date or milliseconds. */
const longestLife = (10 * year) / 1_000

/**
 * A life in seconds as servers give it, in milliseconds: a number, or a text that is one. Zero, negative and
 * impossible ones, more than ten years, and anything else say nothing. Then the token's own span or an assumed life
 * counts, and in any case a rejection does.
 */
export const readLife = (value: unknown): number | undefined => {
  const seconds = typeof value === "string" && /^\s*\d{1,15}(?:\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof seconds === "number" && seconds > 0 && seconds <= longestLife ? seconds * 1000 : undefined
}

/** can stand in an `Authorization` header */
const isHeaderText = (token: string): boolean => /^[\x21-\x7e]+$/.test(token)

const isJson = (contentType: string): boolean => /^application\/(?:[\w.+-]*\+)?json\s*(?:;|$)/i.test(contentType)

/**
 * Reads the JSON of an answer; undefined where it is no token response. Unknown members are ignored. An answer whose
 * content type is another than JSON is taken only if it is whole, with a token type. A rotated token that is thrown
 * away for its label is a grant lost.
 */
export const readTokenResponse = (
  json: unknown,
  { camelCase = false, contentType, extraMembers = [], receivedAt }: TokenReading
): TokenResponse | undefined => {
  if (!Predicate.isObject(json) || Array.isArray(json)) return undefined
  const own = (name: string): unknown =>
    Object.hasOwn(json, name) ? (json as Readonly<Record<string, unknown>>)[name] : undefined
  const member = (name: string): unknown =>
    own(name) ?? (camelCase ? own(name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())) : undefined)
  const text = (name: string): string | undefined => {
    const value = member(name)
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const accessToken = text("access_token")
  if (accessToken === undefined || !isHeaderText(accessToken)) return undefined
  const tokenType = member("token_type")
  const missing = tokenType === undefined || tokenType === null || tokenType === ""
  // a token of a type that is not understood must not be used (RFC 6749, section 7.1)
  if (!missing && (typeof tokenType !== "string" || tokenType.trim().toLowerCase() !== "bearer")) return undefined
  if (missing && contentType !== null && !isJson(contentType)) return undefined
  const refreshToken = text("refresh_token")
  return {
    accessToken: Redacted.make(accessToken, { label: "access token" }),
    refreshToken: refreshToken === undefined ? undefined : Redacted.make(refreshToken, { label: "refresh token" }),
    tokenType: "Bearer",
    scope: text("scope"),
    expiresIn: readLife(member("expires_in")),
    refreshTokenExpiresIn: readLife(member("refresh_token_expires_in") ?? member("refresh_expires_in")),
    idOfUser: text("requested_by_id"),
    extras: Object.fromEntries(extraMembers.flatMap((name) => (text(name) === undefined ? [] : [[name, text(name)!]]))),
    receivedAt
  }
}

/** How long a token request may take, in milliseconds: its callers' deadlines do not end it. */
export const tokenTimeout = 60_000

/** One request to a token endpoint. */
export interface TokenRequest extends ClientRequest {
  /** what the server's errors mean */
  readonly errors: TokenErrors
  /** members of the answer to keep in `extras` */
  readonly extraMembers?: ReadonlyArray<string> | undefined
  /** `accessToken` is read where there is no `access_token`. Default false */
  readonly camelCase?: boolean | undefined
  /** milliseconds; default 60 seconds */
  readonly timeout?: number | undefined
  readonly place?: Place | undefined
}

const grantTypeOf = ({ parameters }: ClientRequest): string => {
  const type = parameters["grant_type"]
  return typeof type === "string" ? type : "unknown"
}

/**
 * Asks a token endpoint for tokens, once: nothing is repeated and no redirect is followed. Interrupting it abandons a
 * request that may have been sent, so a rotation runs where nothing interrupts it.
 *
 * Source: RFC 6749, sections 4.1.3, 4.4.2, 5 and 6.
 */
export const tokenRequest = (transport: Transport, request: TokenRequest): Effect.Effect<TokenResponse, TokenFailure> =>
  Effect.suspend(() => {
    const { camelCase, errors, extraMembers, place = {}, timeout } = request
    const { http, secrets } = encodeRequest(request)
    return Effect.matchEffect(transport.authenticate(http, timeout ?? tokenTimeout), {
      onFailure: (lost) => Effect.fail(fromTransport(lost, errors.unreadable, secrets, place)),
      onSuccess: (answer): Effect.Effect<TokenResponse, TokenFailure> => {
        const body = parseBody(answer.text)
        const response =
          body.kind === "json" && answer.status >= 200 && answer.status < 300
            ? readTokenResponse(body.value, {
                contentType: answer.headers.get("content-type"),
                receivedAt: answer.arrivedAt,
                extraMembers,
                camelCase
              })
            : undefined
        if (response !== undefined) return Effect.succeed(response)
        return Effect.fail(fromJudgement(judgeAnswer(errors, answer, body), answer, body, secrets, place))
      }
    })
  }).pipe(
    inSpan("OAuth2.tokenRequest", {
      kind: "client",
      attributes: () => ({ "sage_auth.grant_type": grantTypeOf(request) })
    })
  )

/** How long a revocation may take, in milliseconds. */
export const revocationTimeout = 30_000

/** One request to a revocation endpoint. The token goes into `parameters`, redacted, under the server's name for it. */
export interface RevocationRequest extends ClientRequest {
  readonly errors: TokenErrors
  /** milliseconds; default 30 seconds */
  readonly timeout?: number | undefined
  readonly place?: Place | undefined
}

/**
 * Ends a token at the server. A success is 2xx without an error in it, whatever else the body holds. A token that the
 * server does not know is as good as revoked, and servers say so with 200. What it hits besides is the surface's to
 * say: at Intacct, every token of that user and company. It may be repeated.
 *
 * Source: RFC 7009, section 2; developer.sage.com, Accounting, Authentication (`{ "success": "ok" }`).
 */
export const revoke = (transport: Transport, request: RevocationRequest): Effect.Effect<void, TokenFailure> =>
  Effect.suspend(() => {
    const { errors, place = {}, timeout } = request
    const { http, secrets } = encodeRequest(request)
    return Effect.matchEffect(transport.authenticate(http, timeout ?? revocationTimeout), {
      onFailure: (lost) => Effect.fail(fromTransport(lost, errors.unreadable, secrets, place)),
      onSuccess: (answer) => {
        const body = parseBody(answer.text)
        const done =
          answer.status >= 200 &&
          answer.status < 300 &&
          (body.kind === "json" ? isDone(body.value) : isPlain(body.kind))
        return done
          ? Effect.void
          : Effect.fail(fromJudgement(judgeAnswer(errors, answer, body), answer, body, secrets, place))
      }
    })
  }).pipe(inSpan("OAuth2.revoke", { kind: "client" }))

/** RFC 7009 gives the body of a success no meaning; a web page is not the server's */
const isPlain = (kind: string): boolean => kind === "empty" || kind === "text"

const isDone = (json: unknown): boolean => {
  if (Predicate.hasProperty(json, "success") && (json.success === false || json.success === "false")) return false
  // a message alone may be a friendly one
  return (errorBody(json)?.codes.length ?? 0) === 0
}
