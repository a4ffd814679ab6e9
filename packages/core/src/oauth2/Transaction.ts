import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import * as Decoder from "../config/decoder.ts"
import { transactionLife } from "../config/duration.ts"
import type { FailedAuthorization, SageAuthError } from "../errors/SageAuthError.ts"
import type { Vault } from "../application/Application.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { Sealing } from "../grant/Sealing.ts"

/**
 * The method of the challenge, always this one: `plain` would show the verifier to anyone who sees the address.
 *
 * Source: RFC 7636, section 4.2.
 */
export const challengeMethod = "S256"

/** A verifier as it is kept in a transaction. */
export const redactVerifier = (verifier: string): Redacted.Redacted =>
  Redacted.make(verifier, { label: "code verifier" })

/**
 * A fresh verifier for one authorization: 32 random bytes, 43 characters in base64url.
 *
 * Source: RFC 7636, section 4.1.
 */
export const makeVerifier: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  redactVerifier(builtin("node:crypto").randomBytes(32).toString("base64url"))
)

/**
 * The challenge that goes with a verifier: its SHA-256 in base64url.
 *
 * Source: RFC 7636, section 4.2.
 */
export const challengeOf = (verifier: Redacted.Redacted): string =>
  builtin("node:crypto").createHash("sha256").update(Redacted.value(verifier), "ascii").digest("base64url")

/**
 * A fresh `state`: 256 random bits, 43 characters in base64url. It is good for one authorization.
 *
 * Source: RFC 6749, section 10.12.
 */
export const makeState: Effect.Effect<string> = Effect.sync(() =>
  builtin("node:crypto").randomBytes(32).toString("base64url")
)

const digest = (text: string): Buffer => builtin("node:crypto").createHash("sha256").update(text).digest()

/** Whether two texts are the same, in a time that tells nothing about where they differ. */
export const sameText = (a: string, b: string): boolean => builtin("node:crypto").timingSafeEqual(digest(a), digest(b))

/** What an authorization request says. */
export interface AuthorizationRequest {
  /** the authorization endpoint; what its query holds is kept */
  readonly authorizeUrl: string | URL
  readonly clientId: string
  /** exactly as it is registered: servers compare it character by character */
  readonly redirectUri: string
  readonly state: string
  /** the PKCE challenge; undefined only for a server that is no OAuth server, such as X3's gateway */
  readonly challenge: string | undefined
  readonly scope?: string | undefined
  /** default `code`; null leaves it out, as X3's gateway has none */
  readonly responseType?: "code" | null | undefined
  /** what the server takes besides, such as `country`, `locale` or `customer`; never in place of the above */
  readonly parameters?: Readonly<Record<string, string | undefined>> | undefined
}

/** The space as `%20`: a reader of URLs and a reader of forms both understand it, and a plus only the second. */
const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1).replaceAll("+", "%20")

const decodedName = (pair: string): string | undefined => new URLSearchParams(pair).keys().next().value

/**
 * The address to send the user's browser to. The endpoint's own query stays byte for byte, but for parameters that this
 * request sets itself: none may appear twice.
 *
 * Source: RFC 6749, sections 3.1 and 4.1.1; RFC 7636, section 4.3.
 */
export const authorizationUrl = (request: AuthorizationRequest): string => {
  const { authorizeUrl, challenge, clientId, parameters, redirectUri, responseType, scope, state } = request
  const set = Object.entries({
    ...parameters,
    response_type: responseType === null ? undefined : "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: challenge,
    code_challenge_method: challenge === undefined ? undefined : challengeMethod
  }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const names = new Set(set.map(([name]) => name))
  const url = new URL(authorizeUrl)
  const own = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !names.has(decodedName(pair) ?? ""))
  url.search = [...own, ...set.map(([name, value]) => `${encode(name)}=${encode(value)}`)].join("&")
  // an endpoint has no fragment (RFC 6749, section 3.1), and one would hide the query of the callback
  url.hash = ""
  return url.href
}

/**
 * One authorization under way. It holds the verifier, so it is sealed wherever it is kept, and it is good for one
 * callback.
 */
export interface Transaction {
  readonly state: string
  readonly verifier: Redacted.Redacted
  readonly connection: string
  readonly tenant: string
  /** a path of the application itself; empty where none was asked for */
  readonly returnTo: string
  /** who is asked; what `iss` of the callback must be, where it is known */
  readonly issuer: string | undefined
  /** the exchange of the code names the same one again */
  readonly redirectUri: string
  /** milliseconds since the epoch */
  readonly expiresAt: number
  /** what the surface wants back at the callback */
  readonly extras: Readonly<Record<string, string>>
}

/** What an error says of the consent whose callback failed. */
export const failedAuthorization = (
  { connection, returnTo }: Pick<Transaction, "connection" | "returnTo">,
  ended: boolean
): FailedAuthorization => ({ connection, returnTo: returnTo === "" ? undefined : returnTo, ended })

/** What a transaction is begun with. */
export interface TransactionStart extends Omit<Transaction, "state" | "verifier" | "expiresAt" | "extras"> {
  /** milliseconds since the epoch */
  readonly now: number
  /** milliseconds; default 10 minutes */
  readonly life?: number | undefined
  readonly extras?: Readonly<Record<string, string>> | undefined
}

/** Begins a transaction, with a state and a verifier of its own. */
export const makeTransaction = (start: TransactionStart): Effect.Effect<Transaction> =>
  Effect.gen(function* () {
    const { connection, extras, issuer, life, now, redirectUri, returnTo, tenant } = start
    return {
      state: yield* makeState,
      verifier: yield* makeVerifier,
      connection,
      tenant,
      returnTo,
      issuer,
      redirectUri,
      expiresAt: now + (life ?? transactionLife),
      extras: extras ?? {}
    }
  })

const Plain = Decoder.Struct({
  format: Decoder.Literal(1),
  state: Decoder.NonEmptyString,
  verifier: Decoder.NonEmptyString,
  connection: Decoder.String,
  tenant: Decoder.String,
  returnTo: Decoder.String,
  issuer: Decoder.NullOr(Decoder.String),
  redirectUri: Decoder.String,
  expiresAt: Decoder.Finite,
  extras: Decoder.Record(Decoder.String)
})

const read = (text: string): Result.Result<typeof Plain.Type, "unreadable"> => {
  const plain = Decoder.readJson(Plain, text)
  return plain === undefined ? Result.fail("unreadable") : Result.succeed(plain)
}

/** The text to be sealed. It holds the verifier in clear. */
export const encodeTransaction = ({ issuer, verifier, ...rest }: Transaction): string =>
  JSON.stringify({
    format: 1,
    ...rest,
    issuer: issuer ?? null,
    verifier: Redacted.value(verifier)
  } satisfies typeof Plain.Type)

/** Reads an unsealed text; fails without saying what it read. */
export const decodeTransaction = (text: string): Result.Result<Transaction, "unreadable"> =>
  Result.mapBoth(read(text), {
    onFailure: () => "unreadable" as const,
    onSuccess: ({ connection, expiresAt, extras, issuer, redirectUri, returnTo, state, tenant, verifier }) => ({
      state,
      verifier: redactVerifier(verifier),
      connection,
      tenant,
      returnTo,
      issuer: issuer ?? undefined,
      redirectUri,
      expiresAt,
      extras
    })
  })

/** Names a callback without showing what it carried: another code under the same state is another one. */
export const callbackNamed = (state: string, code: Redacted.Redacted): string =>
  builtin("node:crypto")
    .createHash("sha256")
    .update(JSON.stringify([state, Redacted.value(code)]))
    .digest("base64url")

/** The purpose that transactions are sealed for. */
export const transactionPurpose = "authorization transaction"

/**
 * Where a transaction is in the store that no cookie brings back. What is there is never one that needs its cookie. The
 * state is all that its callback has to show, so it is not in the store. A reader of the store could post a code of
 * their own.
 */
export const keptTransaction = (state: string): string =>
  `kept transaction ${builtin("node:crypto").createHash("sha256").update(state).digest("base64url")}`

/**
 * Where it is noted that a tenant was sent to consent and no callback came yet: it names the transaction, and ends with
 * it. Only where callbacks may take days.
 */
export const awaitedConsent = (place: { readonly connection: string; readonly tenant: string }): string =>
  `awaited consent ${builtin("node:crypto")
    .createHash("sha256")
    .update(JSON.stringify([place.connection, place.tenant]))
    .digest("base64url")}`

/** The purpose that those are sealed for, bound to their state. */
export const keptTransactionPurpose = "kept authorization transaction"

/**
 * Where the user of a consent wanted to go on. A callback that is opened a second time comes without its cookie: what
 * is left of its consent is this, in the store, under the `state` that only its browser has, for as long as the consent
 * might have taken.
 */
export type WayBack = Pick<Transaction, "connection" | "tenant" | "returnTo">

/** The record that a consent under way has in the store. Taking it completes the consent. */
export const transactionRecord = (state: string): string => `transaction ${state}`

/** The record of one that was completed. */
const endedRecord = (state: string): string => `ended transaction ${state}`

const purpose = "way back of an authorization"

const PlainWayBack = Decoder.Struct({
  connection: Decoder.String,
  tenant: Decoder.String,
  returnTo: Decoder.NonEmptyString
})

/** What a state of ours may look like: anybody may send another one, which no store is asked for. */
const isState = (state: string): boolean => /^[\w-]{1,128}$/.test(state)

/** The text to be kept; empty where the application named no page to return to. */
export const sealWayBack = (sealing: Sealing, transaction: Transaction): Effect.Effect<string> => {
  const { connection, returnTo, state, tenant } = transaction
  if (returnTo === "") return Effect.succeed("")
  return sealing.sealFor(purpose, [state], JSON.stringify({ connection, tenant, returnTo } satisfies WayBack))
}

/** Goes on keeping what the record of a consent held that was taken just now. Nothing depends on it. */
export const keepWayBack = ({ once, store }: Vault, state: string, sealed: string): Effect.Effect<void> =>
  sealed === ""
    ? Effect.void
    : store.now.pipe(
        Effect.flatMap((now) => once.put(endedRecord(state), sealed, now + transactionLife)),
        Effect.ignore
      )

/** The record of one whose code is on its way to the server. */
const sentRecord = (state: string): string => `code of transaction ${state}`

/** How long a code may be on its way, in milliseconds: its request has ended by then, or its process has. */
const longestWay = 90_000

/**
 * Notes that the code of a callback is about to be sent, while its transaction is there to be taken. Whoever finds it
 * taken then finds this. Nothing but the wait of a page that is loaded again depends on it.
 */
export const noteDeparture = ({ once, store }: Vault, state: string, callback: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    if ((yield* once.read(transactionRecord(state))) === undefined) return
    yield* once.put(sentRecord(state), callback, (yield* store.now) + longestWay)
  }).pipe(Effect.ignore)

/** Notes that it is on its way no more, whatever became of it. */
export const noteArrival = ({ once }: Vault, state: string): Effect.Effect<void> =>
  Effect.ignore(once.take(sentRecord(state)))

/** Whether it is on its way, in whatever process. */
export const isOnItsWay = (
  { once }: Vault,
  state: string,
  callback: string
): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> =>
  Effect.map(once.read(sentRecord(state)), (sent) => sent === callback)

/** A way back, and whether its consent is over. */
export interface FoundWayBack extends WayBack {
  readonly ended: boolean
}

/** The way back of a consent that is under way or over; undefined: nothing is known of it. */
export const findWayBack = (
  { once, sealing }: Vault,
  state: string | undefined
): Effect.Effect<FoundWayBack | undefined, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    if (state === undefined || !isState(state)) return undefined
    const underWay = yield* once.read(transactionRecord(state))
    const sealed = underWay ?? (yield* once.read(endedRecord(state)))
    if (sealed === undefined || sealed === "") return undefined
    const opened = yield* Effect.option(sealing.openFor(purpose, [state], sealed))
    const read = Option.isNone(opened) ? undefined : Decoder.readJson(PlainWayBack, opened.value)
    return read === undefined ? undefined : { ...read, ended: underWay === undefined }
  })
