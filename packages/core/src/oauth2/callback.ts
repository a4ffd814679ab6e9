import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { CallbackRejected, CredentialRejected, Misconfigured, ServiceUnavailable } from "../errors/Reason.ts"
import { failure, ofAuthorization, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { KnownSecret } from "../errors/maskSecrets.ts"
import { type ErrorRule, matchRule, wordsOf } from "./errorBody.ts"
import { failedAuthorization, sameText, type Transaction } from "./Transaction.ts"
import { samePath, segmentsOf } from "./redirectUri.ts"

/** A callback as it arrived. */
export interface CallbackRequest {
  /** the whole address, or its path and query */
  readonly url: string | URL
  /** where the server posts the callback: a form or JSON as text, or what a framework read from it */
  readonly body?: string | URLSearchParams | Readonly<Record<string, unknown>> | undefined
}

/** A callback that was read and not checked yet. What it carries may be a code, so all of it is redacted. */
export interface Callback {
  /** the segments of its path; undefined where the address has none */
  readonly path: ReadonlyArray<string> | undefined
  /** names the transaction that it claims to belong to */
  readonly state: string | undefined
  readonly parameters: ReadonlyMap<string, Redacted.Redacted>
}

/** What a surface says of its callbacks. */
export interface CallbackRules {
  /** where the code is; default `code`, and `authorizationCode` at X3's gateway */
  readonly codeParameter?: string | undefined
  /** further parameters to hand on, such as `country`; what is not named is ignored */
  readonly extraParameters?: ReadonlyArray<string> | undefined
  /** what is wrong with a parameter of those, in plain words and without the callback's secrets; undefined: nothing */
  readonly refuse?:
    | ((extras: Readonly<Record<string, string>>, secrets: ReadonlyArray<KnownSecret>) => string | undefined)
    | undefined
  /** where the issuer is not known: the origin that `iss` must have, if the server sends one */
  readonly issuerOrigin?: string | undefined
  /** what the server's errors mean */
  readonly errors: ReadonlyArray<ErrorRule>
  /** what an error that no rule knows means; default `client.callback-rejected` */
  readonly otherwise?: CatalogueId | undefined
}

/** What a good callback brings. */
export interface AuthorizedCallback {
  readonly code: Redacted.Redacted
  readonly extras: Readonly<Record<string, string>>
}

/** What a callback can fail with. */
export type CallbackReasons = CallbackRejected | CredentialRejected | ServiceUnavailable | Misconfigured

/** more than any server sends, in characters and in parameters */
const longest = 64 * 1024
const mostParameters = 50

const refuse = (place: Place, message: string): Effect.Effect<never, SageAuthError<CallbackRejected>> =>
  Effect.fail(failure("client.callback-rejected", { ...place, message }))

type Pairs = Iterable<readonly [string, unknown]>

const pairsOf = (body: NonNullable<CallbackRequest["body"]>): Pairs | undefined => {
  if (body instanceof URLSearchParams) return body
  if (typeof body !== "string") return Object.entries(body)
  if (!body.trimStart().startsWith("{")) return new URLSearchParams(body)
  try {
    const read: unknown = JSON.parse(body)
    return Predicate.isObject(read) ? Object.entries(read) : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads a callback: its query, and its body where the server posts. Each parameter counts once, wherever it stands: a
 * second one is how a code is smuggled past a check of the first.
 *
 * Source: RFC 6749, section 3.1; developer.sage.com, X3, Authorization token endpoints (the posted callback).
 */
export const readCallback = (
  { body, url }: CallbackRequest,
  place: Place = {}
): Effect.Effect<Callback, SageAuthError<CallbackRejected>> =>
  Effect.suspend(() => {
    const text = String(url)
    const read = text.length <= longest ? URL.parse(text, "http://callback.invalid") : null
    if (read === null) return refuse(place, "the callback's address cannot be read")
    const posted =
      body === undefined ? [] : typeof body === "string" && body.length > longest ? undefined : pairsOf(body)
    if (posted === undefined) return refuse(place, "the callback's body cannot be read")
    const parameters = new Map<string, Redacted.Redacted>()
    for (const [name, value] of [...read.searchParams, ...posted]) {
      // a framework turns a parameter that was sent twice into a list
      if (parameters.has(name) || Array.isArray(value)) {
        return refuse(place, "the callback has a parameter twice")
      }
      if (parameters.size >= mostParameters) return refuse(place, "the callback has too many parameters")
      // what is no text is none of the parameters that are looked for
      if (typeof value === "string") parameters.set(name, Redacted.make(value, { label: "callback parameter" }))
    }
    const state = parameters.get("state")
    return Effect.succeed({
      path: /^[?#]|^$/.test(text) ? undefined : segmentsOf(read),
      state: state === undefined ? undefined : Redacted.value(state),
      parameters
    })
  })

/** what a code is made of (RFC 6749, appendix A.11) */
const isCode = (code: string): boolean => /^[\x20-\x7e]+$/.test(code)

/**
 * Checks a callback against the transaction it claims to belong to, and gives its code. The code is decoded once and no
 * more, since Business Cloud Accounting's has a slash in it. To be called once: the caller sees to it that a
 * transaction is used by one callback only.
 *
 * In this order: the state, the time, the path (each connection has a redirect path of its own, so that one server's
 * answer is not taken for another's), the issuer where the server names it (without a known one, its origin), the
 * server's error, the code. An error
 * without a state is passed on, and ends nothing: anybody may have sent it. Any other callback without the right one is
 * refused.
 *
 * Source: RFC 6749, sections 4.1.2 and 10.12; RFC 9207; RFC 9700, section 4.4 (mix-up).
 */
export const acceptCallback = (
  callback: Callback,
  transaction: Transaction,
  rules: CallbackRules,
  now: number,
  place: Place = {}
): Effect.Effect<AuthorizedCallback, SageAuthError<CallbackReasons>> =>
  Effect.suspend((): Effect.Effect<AuthorizedCallback, SageAuthError<CallbackReasons>> => {
    const { parameters, path, state } = callback
    const valueOf = (name: string): string | undefined => {
      const parameter = parameters.get(name)
      return parameter === undefined ? undefined : Redacted.value(parameter)
    }
    const error = valueOf("error")
    if (state === undefined ? error === undefined : !sameText(state, transaction.state)) {
      return refuse(place, "the callback's state is not the one that was sent")
    }
    const over = <E extends SageAuthError>(failed: E): E =>
      state === undefined ? failed : ofAuthorization(failed, failedAuthorization(transaction, true))
    if (now >= transaction.expiresAt) {
      return Effect.mapError(refuse(place, "the callback came too late: its authorization has expired"), over)
    }
    if (path !== undefined && !samePath(path, transaction.redirectUri)) {
      return refuse(place, "the callback came to another path than the redirect address of its connection")
    }
    const issuer = valueOf("iss")
    if (issuer !== undefined && transaction.issuer !== undefined && issuer !== transaction.issuer) {
      return refuse(place, "the callback comes from another authorization server than the one that was asked")
    }
    const { issuerOrigin } = rules
    if (issuer !== undefined && transaction.issuer === undefined && issuerOrigin !== undefined) {
      if (URL.parse(issuer)?.origin !== issuerOrigin) {
        return refuse(
          place,
          "the callback's iss names another server than authorizeUrl; where that is right, name it in the option issuer"
        )
      }
    }
    const { codeParameter = "code", errors, extraParameters = [], otherwise = "client.callback-rejected" } = rules
    const code = valueOf(codeParameter)
    if (error !== undefined) {
      if (code !== undefined) return refuse(place, "the callback has both a code and an error")
      const texts = [valueOf("error_description"), valueOf("reason")].filter((text) => text !== undefined)
      const body = { codes: [error], texts, supportId: undefined }
      // a code that stands under another server's name for it is one, too
      const codes = ["code", "authorizationCode"].map(valueOf).filter((value) => value !== undefined)
      const { code: shown, text } = wordsOf(body, [transaction.verifier, transaction.state, ...codes])
      const id = matchRule(errors, body) ?? otherwise
      return Effect.fail(
        over(
          failure<CallbackReasons>(id, {
            ...place,
            message: text === undefined ? undefined : `the authorization server said: ${text}`,
            code: shown === "" ? undefined : shown
          })
        )
      )
    }
    if (code === undefined || !isCode(code)) return refuse(place, "the callback has no usable code")
    const extras: Record<string, string> = {}
    for (const name of extraParameters) {
      const value = valueOf(name)
      if (value === undefined) continue
      if (value.length > 2_000 || /\p{Cc}/u.test(value)) return refuse(place, `the callback's ${name} cannot be used`)
      extras[name] = value
    }
    const refused = rules.refuse?.(extras, [code, transaction.verifier, transaction.state])
    if (refused !== undefined) return refuse(place, refused)
    return Effect.succeed({ code: Redacted.make(code, { label: "authorization code" }), extras })
  })
