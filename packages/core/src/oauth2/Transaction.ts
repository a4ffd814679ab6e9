import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import * as Decoder from "../config/decoder.ts"
import { transactionLife } from "../config/duration.ts"
import type { FailedAuthorization } from "../errors/SageAuthError.ts"
import { makeState, makeVerifier, redactVerifier } from "./authorizationRequest.ts"

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
