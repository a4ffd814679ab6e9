import { Deferred, Effect } from "effect"
import type { SharedSettings } from "../../src/application/Application.ts"
import type { Fresh } from "../../src/credential/CredentialCache.ts"
import { type RenewalRequest, Renewals } from "../../src/credential/Renewals.ts"
import type { Reason } from "../../src/errors/Reason.ts"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { openApplication } from "../application/openApplication.ts"

/** A renewal that was started and waits for its answer. */
export interface Started {
  readonly request: RenewalRequest<string>
  readonly answer: Deferred.Deferred<Fresh<string>, SageAuthError>
}

/** A renewal engine whose renewals are answered by the test. */
export const openRenewals = (settings: Partial<SharedSettings> = {}) =>
  Effect.gen(function* () {
    const { application, events, fibers } = yield* openApplication(settings)
    const started: Array<Started> = []
    const renewals = new Renewals<string, Reason>(application, {
      surface: "intacct-xml",
      connection: "ledger",
      tenantOf: (key) => key,
      renew: (request) =>
        Effect.suspend(() => {
          const answer = Deferred.makeUnsafe<Fresh<string>, SageAuthError>()
          started.push({ request, answer })
          return Deferred.await(answer)
        })
    })
    // what a test leaves unanswered must not hold up the end of its scope, which waits for renewals
    yield* Effect.addFinalizer(() =>
      Effect.forEach(started, ({ answer }) => Deferred.fail(answer, failure("client.not-sent")), { discard: true })
    )
    const waiting = () => {
      const last = started.at(-1)
      if (last === undefined) throw new Error("no renewal was started")
      return last.answer
    }
    return {
      application,
      events,
      fibers,
      renewals,
      started,
      slot: renewals.cache.slot("acme"),
      /** answers the renewal that was started last */
      succeed: (value: string, lifetime: number, renewAfter?: number) =>
        Deferred.succeed(waiting(), {
          value,
          expiresAt: application.now() + lifetime,
          renewAt: renewAfter === undefined ? undefined : application.now() + renewAfter
        }),
      fail: (error: SageAuthError) => Deferred.fail(waiting(), error)
    }
  })
