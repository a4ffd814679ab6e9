import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Application, type Vault, whileOpen } from "../application/Application.ts"
import * as Result from "../config/Result.ts"
import type { CallbackRejected, StoreUnavailable } from "../errors/Reason.ts"
import { failure, ofAuthorization, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/instrumentation.ts"
import type { CompletionReasons } from "./OAuthRules.ts"
import {
  callbackNamed,
  decodeTransaction,
  failedAuthorization,
  findWayBack,
  isOnItsWay,
  keepWayBack,
  keptTransaction,
  keptTransactionPurpose,
  noteArrival,
  noteDeparture,
  sameText,
  type Transaction,
  transactionPurpose,
  transactionRecord
} from "./Transaction.ts"
import {
  acceptCallback,
  type AuthorizedCallback,
  type Callback,
  type CallbackReasons,
  type CallbackRules,
  readCallback
} from "./callback.ts"

/** A callback as an adapter received it. */
export interface AuthorizationCallback {
  /** the whole address, or its path and query */
  readonly url: string | URL
  /** what `authorize` gave with the URL; a callback that is posted from another site brings none */
  readonly cookie?: string | undefined
  /** of a callback that is posted */
  readonly body?: string | URLSearchParams | Readonly<Record<string, unknown>> | undefined
  /** whose callback it has to be, where the application knows: another tenant's transaction is refused */
  readonly tenant?: string | undefined
}

/** What a connection does with the callback of its own transaction. */
export interface Authorizing {
  readonly rules: CallbackRules
  /**
   * keeps the code before its transaction is used up, and does so once for each transaction. It is given where
   * callbacks come without a cookie, so that their transactions are in the store
   */
  readonly keepCode?:
    | ((
        transaction: Transaction,
        authorized: AuthorizedCallback
      ) => Effect.Effect<void, SageAuthError<StoreUnavailable>>)
    | undefined
  /** notes that its callback said no */
  readonly refused?: ((transaction: Transaction) => Effect.Effect<void, SageAuthError<StoreUnavailable>>) | undefined
  readonly exchange: (
    transaction: Transaction,
    authorized: AuthorizedCallback
  ) => Effect.Effect<void, SageAuthError<CompletionReasons>>
  /** fails while what this very callback brought waits for the store: there is nothing else to be done about it */
  readonly storing?:
    | ((
        transaction: Transaction,
        authorized: AuthorizedCallback
      ) => Effect.Effect<void, SageAuthError<StoreUnavailable>>)
    | undefined
  /**
   * whether the grant of its tenant works, and came with this very callback; waits while its code is on its way. Left
   * out where none is reloaded
   */
  readonly connected?:
    | ((
        transaction: Transaction,
        authorized: AuthorizedCallback,
        onItsWay: Effect.Effect<boolean, SageAuthError<StoreUnavailable>>
      ) => Effect.Effect<boolean, SageAuthError<StoreUnavailable>>)
    | undefined
}

/** Where a human goes on after a consent. */
export interface CompletedAuthorization {
  /** the connection that was authorized */
  readonly connection: string
  /** the tenant that the grant belongs to */
  readonly tenant: string
  /** a path of the application itself */
  readonly returnTo: string
}

/** What completing an authorization can fail with. */
export type AuthorizationReasons = CallbackReasons | CompletionReasons

const refuse = (message: string, place: Place = {}): SageAuthError<CallbackRejected> =>
  failure<CallbackRejected>("client.callback-rejected", { ...place, message })

/** A transaction that is under way, and how its callback uses it up. */
interface PendingTransaction {
  readonly transaction: Transaction
  /** it is in the store itself, and in no cookie */
  readonly kept: boolean
}

const notOurs = "the cookie of this authorization is missing, was changed, or is of another application"

/** the transaction that came back in a cookie; undefined: there is none */
const fromCookie = (
  { sealing }: Vault,
  cookie: string
): Effect.Effect<Transaction | undefined, SageAuthError<CallbackRejected>> =>
  Effect.gen(function* () {
    const opened = yield* Effect.option(sealing.openFor(transactionPurpose, [], cookie))
    if (Option.isNone(opened)) return undefined
    const decoded = decodeTransaction(opened.value)
    if (Result.isFailure(decoded)) return yield* Effect.fail(refuse("the cookie of this authorization cannot be read"))
    return decoded.success
  })

/** the transaction that the store keeps under a state, where it stays; undefined: it keeps none */
const fromStore = (
  { once, sealing }: Vault,
  state: string | undefined
): Effect.Effect<Transaction | undefined, SageAuthError<CallbackRejected | StoreUnavailable>> =>
  Effect.gen(function* () {
    const sealed = state === undefined ? undefined : yield* once.read(keptTransaction(state))
    if (state === undefined || sealed === undefined) return undefined
    const opened = yield* Effect.option(sealing.openFor(keptTransactionPurpose, [state], sealed))
    const decoded = Option.isNone(opened) ? undefined : decodeTransaction(opened.value)
    if (decoded === undefined || Result.isFailure(decoded)) {
      return yield* Effect.fail(refuse("the record of this authorization cannot be read"))
    }
    return decoded.success
  })

/**
 * Takes a callback: opens its transaction, checks it, uses it up, and exchanges the code.
 *
 * The transaction is used up before the code is sent, so that two callbacks at once cannot send it twice. From then on
 * nothing that the browser does stops the exchange. A transaction comes back in the cookie of its browser. That of a
 * connection whose callbacks are posted from another site is in the store, under its `state`, and no other one is ever
 * looked for there.
 *
 * Such a callback comes once, and a human would have to begin again if it were lost. So its code is kept before its
 * transaction is used up. A process that dies before leaves a callback that can be repeated, and one that dies after it
 * a code that the next use of the connection exchanges.
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
    const vault = yield* application.vault
    // a browser that goes away leaves nothing behind that is half done
    return yield* Effect.uninterruptibleMask((restore) => taking(application, vault, find, received, restore))
  }).pipe(inSpan("OAuth2.completeAuthorization"))

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

const taking = (
  application: Application,
  vault: Vault,
  find: (connection: string) => Authorizing | undefined,
  received: AuthorizationCallback,
  restore: Restore
): Effect.Effect<CompletedAuthorization, SageAuthError<AuthorizationReasons>> =>
  Effect.gen(function* () {
    const { cookie } = received
    const ofCookie = typeof cookie === "string" && cookie !== "" ? yield* fromCookie(vault, cookie) : undefined
    const place = ofCookie === undefined ? {} : { connection: ofCookie.connection, tenant: ofCookie.tenant }
    const callback = yield* readCallback({ url: received.url, body: received.body }, place)
    // a browser may still hold the cookie of another consent
    const kept =
      ofCookie !== undefined && ofCookie.state === callback.state ? undefined : yield* fromStore(vault, callback.state)
    const transaction = kept ?? ofCookie
    if (transaction === undefined) return yield* withoutCookie(vault, callback, received)
    const found = { transaction, kept: kept !== undefined }
    // only the holder of the state learns where its user wanted to go, and only the tenant it was begun for
    const named =
      callback.state !== undefined &&
      sameText(callback.state, transaction.state) &&
      (received.tenant === undefined || received.tenant === transaction.tenant)
    const about = (ended: boolean) => (failed: SageAuthError<AuthorizationReasons>) =>
      named ? ofAuthorization(failed, failedAuthorization(transaction, ended)) : failed
    const checked = check(application, vault, find, received, callback, found, restore)
    const { authorized, authorizing } = yield* Effect.mapError(checked, about(false))
    const done = Deferred.makeUnsafe<void, SageAuthError<CompletionReasons>>()
    application.detach(
      authorizing.exchange(transaction, authorized).pipe(
        Effect.onExit((exit) => Effect.sync(() => Deferred.doneUnsafe(done, exit))),
        Effect.exit,
        Effect.andThen(found.kept ? Effect.void : noteArrival(vault, transaction.state))
      )
    )
    yield* restore(Effect.mapError(Deferred.await(done), about(true)))
    const { connection, returnTo, tenant } = transaction
    return { connection, tenant, returnTo: returnTo === "" ? "/" : returnTo }
  })

/** such as a callback that is opened a second time: its cookie is gone, and its user still wants to go on */
const withoutCookie = (
  vault: Vault,
  { state }: Callback,
  { tenant }: AuthorizationCallback
): Effect.Effect<never, SageAuthError<CallbackRejected | StoreUnavailable>> =>
  Effect.flatMap(findWayBack(vault, state), (wayBack) => {
    const failed = refuse(notOurs)
    const isOfTenant = wayBack !== undefined && (tenant === undefined || tenant === wayBack.tenant)
    return Effect.fail(isOfTenant ? ofAuthorization(failed, failedAuthorization(wayBack, wayBack.ended)) : failed)
  })

/** checks a callback, and uses its transaction up */
const check = (
  application: Application,
  vault: Vault,
  find: (connection: string) => Authorizing | undefined,
  received: AuthorizationCallback,
  callback: Callback,
  { kept, transaction }: PendingTransaction,
  restore: Restore
): Effect.Effect<
  { readonly authorizing: Authorizing; readonly authorized: AuthorizedCallback },
  SageAuthError<AuthorizationReasons>
> =>
  Effect.gen(function* () {
    const { connection, state, tenant } = transaction
    const place = { connection, tenant }
    const authorizing = find(connection)
    if (authorizing === undefined || (authorizing.keepCode !== undefined) !== kept) {
      return yield* Effect.fail(refuse("the connection of this authorization does not exist any more", place))
    }
    if (received.tenant !== undefined && received.tenant !== tenant) {
      return yield* Effect.fail(refuse("this authorization was begun for another tenant"))
    }
    const authorized = yield* acceptCallback(callback, transaction, authorizing.rules, application.now(), place).pipe(
      Effect.tapError(({ authorization }) =>
        // said with its state, and so by whom it was asked; if this cannot be noted, the wait ends by itself
        authorization?.ended === true ? Effect.ignore(authorizing.refused?.(transaction) ?? Effect.void) : Effect.void
      )
    )
    if (authorizing.storing !== undefined) {
      yield* Effect.mapError(authorizing.storing(transaction, authorized), (failed) =>
        ofAuthorization(failed, failedAuthorization(transaction, true))
      )
    }
    if (authorizing.keepCode !== undefined) yield* authorizing.keepCode(transaction, authorized)
    const name = callbackNamed(state, authorized.code)
    if (!kept) yield* noteDeparture(vault, state, name)
    const record = yield* vault.once.take(kept ? keptTransaction(state) : transactionRecord(state))
    if (record === undefined) {
      // its cookie opened, and it carries the code that was exchanged: a page that is loaded again, perhaps by another
      // process
      const onItsWay = Effect.map(isOnItsWay(vault, state, name), (is) => is && !application.isClosed())
      const connected = yield* restore(
        authorizing.connected?.(transaction, authorized, onItsWay) ?? Effect.succeed(false)
      )
      const used = refuse("this authorization was completed or has expired", place)
      const about = failedAuthorization(transaction, true)
      return yield* Effect.fail(ofAuthorization(used, connected ? { ...about, connected } : about))
    }
    if (!kept) yield* keepWayBack(vault, state, record)
    return { authorized, authorizing }
  })
