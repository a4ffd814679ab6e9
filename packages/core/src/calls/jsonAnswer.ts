// A file of its own: in `heldBody.ts` it would close a circle, since `AuthorizedCalls.ts` imports that.

import * as Effect from "effect/Effect"
import type { KnownSecret } from "../errors/maskSecrets.ts"
import type { Reason } from "../errors/Reason.ts"
import { isSageAuthError, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import { raise } from "../errors/raise.ts"
import { errorOf, type ErrorRule, matchRule, parseBody, wordsOf } from "../oauth2/errorBody.ts"
import { retryAfter } from "../transport/Answer.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import type { WholeAnswer } from "./AuthorizedCalls.ts"
import { unreadBody } from "./heldBody.ts"

/** How the answer to a call of this library's own is read. */
export interface JsonReading<A> {
  readonly place: Place
  /** what was asked for, such as `the list of businesses` */
  readonly what: string
  /** what the JSON of a success says; undefined where it says nothing of the kind */
  readonly read: (body: unknown) => A | undefined
  /** what an error of the server's means; the first that fits wins */
  readonly errors: ReadonlyArray<ErrorRule>
  /** a refusal that no rule fits */
  readonly refused: CatalogueId
  /** a success that cannot be read */
  readonly unreadable: CatalogueId
  /** everything secret that was sent: the answer may quote it. Asked once the answer is there */
  readonly secrets: () => ReadonlyArray<KnownSecret>
  readonly now: () => number
}

/** What the JSON of an answer says, or why there is none. */
export const jsonAnswer = <A, Rs extends Reason>(
  sent: Effect.Effect<WholeAnswer, SageAuthError<Rs> | TransportFailure>,
  { errors, now, place, read, refused, secrets, unreadable, what }: JsonReading<A>
): Effect.Effect<A, SageAuthError<Rs>> =>
  Effect.gen(function* () {
    const { response, text: answered } = yield* Effect.mapError(sent, (lost) =>
      isSageAuthError(lost) ? lost : unreadBody<Rs>(lost, unreadable, place)
    )
    const body = parseBody(answered)
    const said = response.ok && body.kind === "json" ? read(body.value) : undefined
    if (said !== undefined) return said
    const serverError = errorOf(body)
    const { code, supportId, text } = wordsOf(serverError, secrets())
    const otherwise = response.ok ? unreadable : refused
    return yield* raise<Rs>((response.ok ? undefined : matchRule(errors, serverError, response.status)) ?? otherwise, {
      ...place,
      message: `${what} was answered with HTTP ${response.status}${text === undefined ? "" : `: ${text}`}`,
      code,
      supportId,
      retryAfter: retryAfter(response.headers, now())
    })
  })
