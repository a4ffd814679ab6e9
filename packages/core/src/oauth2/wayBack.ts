import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Vault } from "../application/Application.ts"
import * as Decoder from "../config/decoder.ts"
import { transactionLife } from "../config/duration.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Sealing } from "../grant/Sealing.ts"
import type { Transaction } from "./Transaction.ts"

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

const Plain = Decoder.Struct({ connection: Decoder.String, tenant: Decoder.String, returnTo: Decoder.NonEmptyString })

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
    const read = Option.isNone(opened) ? undefined : Decoder.readJson(Plain, opened.value)
    return read === undefined ? undefined : { ...read, ended: underWay === undefined }
  })
