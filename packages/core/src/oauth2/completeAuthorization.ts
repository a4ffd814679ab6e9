import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Application, whileOpen } from "../Application.ts"
import type { CallbackRejected } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import {
  acceptCallback,
  type AuthorizedCallback,
  type CallbackReasons,
  type CallbackRules,
  readCallback
} from "./callback.ts"
import { type CompletionReasons, transactionPurpose } from "./OAuthGrants.ts"
import { decodeTransaction, type Transaction } from "./Transaction.ts"

/** A callback as an adapter received it. */
export interface AuthorizationCallback {
  /** the whole address, or its path and query */
  readonly url: string | URL
  /** what `authorize` gave with the URL */
  readonly cookie: string
  /** of a callback that is posted */
  readonly body?: string | URLSearchParams | Readonly<Record<string, unknown>> | undefined
  /** whose callback it has to be, where the application knows: another tenant's transaction is refused */
  readonly tenant?: string | undefined
}

/** What a connection does with the callback of its own transaction. */
export interface Authorizing {
  readonly rules: CallbackRules
  readonly exchange: (
    transaction: Transaction,
    authorized: AuthorizedCallback
  ) => Effect.Effect<void, SageAuthError<CompletionReasons>>
}

/** Where a human goes on after a consent. */
export interface CompletedAuthorization {
  readonly connection: string
  readonly tenant: string
  /** a path of the application itself */
  readonly returnTo: string
}

/** What completing an authorization can fail with. */
export type AuthorizationReasons = CallbackReasons | CompletionReasons

const refuse = (message: string, place: Place = {}): SageAuthError<CallbackRejected> =>
  failure<CallbackRejected>("client.callback-rejected", { ...place, message })

/**
 * Takes a callback: opens its transaction, checks it, uses it up, and exchanges the code.
 *
 * The transaction is used up before the code is sent, so that two callbacks at once cannot send it twice. From then on
 * nothing that the browser does stops the exchange.
 *
 * Source: RFC 6749, sections 4.1.2 and 10.12; RFC 9700, section 2.1.
 */
export const completeAuthorization = (
  application: Application,
  find: (connection: string) => Authorizing | undefined,
  received: AuthorizationCallback
): Effect.Effect<CompletedAuthorization, SageAuthError<AuthorizationReasons>> =>
  Effect.gen(function* () {
    yield* whileOpen(application, {})
    const { sealing, store } = yield* application.vault
    const foreign = "the cookie of this authorization is missing, was changed, or is of another application"
    // a request without the cookie
    if (typeof received.cookie !== "string") return yield* refuse(foreign)
    const opened = yield* Effect.mapError(sealing.openFor(transactionPurpose, [], received.cookie), () =>
      refuse(foreign)
    )
    const decoded = decodeTransaction(opened)
    if (Result.isFailure(decoded)) return yield* refuse("the cookie of this authorization cannot be read")
    const transaction = decoded.success
    const { connection, returnTo, tenant } = transaction
    const place = { connection, tenant }
    const authorizing = find(connection)
    if (authorizing === undefined) {
      return yield* refuse("the connection of this authorization does not exist any more", place)
    }
    if (received.tenant !== undefined && received.tenant !== tenant) {
      return yield* refuse("this authorization was begun for another tenant")
    }
    const callback = yield* readCallback({ url: received.url, body: received.body }, place)
    const authorized = yield* acceptCallback(callback, transaction, authorizing.rules, application.now(), place)
    const record = yield* store.takeOnce(`transaction ${transaction.state}`)
    if (record === undefined) return yield* refuse("this authorization was completed or has expired", place)
    const done = Deferred.makeUnsafe<void, SageAuthError<CompletionReasons>>()
    application.detach(
      Effect.onExit(authorizing.exchange(transaction, authorized), (exit) =>
        Effect.sync(() => Deferred.doneUnsafe(done, exit))
      ).pipe(Effect.exit)
    )
    yield* Deferred.await(done)
    return { connection, tenant, returnTo }
  }).pipe(Effect.withSpan("OAuth2.completeAuthorization"))
