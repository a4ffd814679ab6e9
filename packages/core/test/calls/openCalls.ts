import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import type { SharedSettings } from "../../src/application/Application.ts"
import { AuthorizedCalls } from "../../src/calls/AuthorizedCalls.ts"
import type { CallRules } from "../../src/calls/CallRules.ts"
import type { FetchOptions } from "../../src/calls/HttpClient.ts"
import * as Result from "../../src/config/Result.ts"
import { Renewals } from "../../src/credential/Renewals.ts"
import type { Reason } from "../../src/errors/Reason.ts"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { scheduleOf } from "../../src/traffic/RetrySchedules.ts"
import { openApplication } from "../application/openApplication.ts"

/** What the server is told to do with a request; a number is a status. */
export type Told = number | Response | "refuses the connection" | "has no name" | "drops the answer" | "hangs"

/** A request as the server got it. */
export interface Got {
  readonly url: string
  readonly headers: Headers
  readonly init: RequestInit
}

const broken = (code: string) => Object.assign(new TypeError("fetch failed"), { cause: { code } })

const answer = (told: Told, { signal }: RequestInit): Promise<Response> => {
  switch (told) {
    case "refuses the connection":
      return Promise.reject(broken("ECONNREFUSED"))
    case "has no name":
      return Promise.reject(broken("ENOTFOUND"))
    case "drops the answer":
      return Promise.reject(broken("ECONNRESET"))
    case "hangs":
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error))
      })
    default:
      return Promise.resolve(typeof told === "number" ? new Response(`status ${told}`, { status: told }) : told)
  }
}

/** Two retries, a tenth of a second apart: for what passes by itself, and for limits. */
const policy = { first: 100, factor: 1, jitter: false, times: 2, within: "1 minute" } as const

/** What happens while a promise of the platform's settles, on a clock that stands still. */
export const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

export const turns = Effect.forEach(Array.from({ length: 10 }), () => turn, { discard: true })

/** How an effect ends, while the clock goes on. */
export const endOf = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    while (true) {
      yield* turns
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return exit
      yield* TestClock.adjust(50)
    }
  })

/** The two ways in which a call is made. */
export const ways = ["as an effect", "without a fiber"] as const
export type Way = (typeof ways)[number]

/**
 * Calls whose transport and whose renewals belong to the test: 401 is about a token that is over, 403 about one that is
 * refused, 429 is a limit and 503 a server that is away. Everything is metered, in a pool of one permit.
 */
export const openCalls = (
  tell: (request: number) => Told,
  given: {
    readonly rules?: Partial<CallRules<string>>
    readonly settings?: Partial<SharedSettings>
    readonly renewed?: (renewal: number) => SageAuthError | undefined
  } = {}
) =>
  Effect.gen(function* () {
    const { application, events } = yield* openApplication({
      retry: { transient: scheduleOf(policy), rateLimited: scheduleOf(policy) },
      ...given.settings
    })
    const got: Array<Got> = []
    const meter = { counted: 0, held: 0, room: Number.POSITIVE_INFINITY }
    const refused: Array<string> = []
    let renewed = 0
    const renewals = new Renewals<string, Reason>(application, {
      surface: "intacct-rest",
      connection: "books",
      tenantOf: (key) => key,
      renew: () =>
        Effect.suspend(() => {
          renewed++
          const error = given.renewed?.(renewed)
          return error === undefined
            ? Effect.succeed({ value: `token-${renewed}`, expiresAt: application.now() + 60 * 60_000 })
            : Effect.fail(error)
        })
    })
    const calls = new AuthorizedCalls<string, Reason>(application, renewals, {
      surface: "intacct-rest",
      connection: "books",
      fetch: (url, init = {}) => {
        got.push({ url: url as string, headers: new Headers(init.headers), init })
        return answer(tell(got.length), init)
      },
      deadline: 5_000,
      base: () => "https://api.test/v1/",
      headers: (token) => ({ authorization: `Bearer ${token}` }),
      judge: ({ status }) =>
        status === 401
          ? "credential-dead"
          : status === 403
            ? "credential-refused"
            : status === 429
              ? "rate-limited"
              : status === 503
                ? "unavailable"
                : "accepted",
      refused: (token) => refused.push(token),
      traffic: () => ({ pool: "acme", permits: 1 }),
      limited: "intacct.rate-limited",
      unavailable: "intacct.service-unavailable",
      idempotencyKey: "idempotency-key",
      meter: {
        weigh: () => 1,
        ready: () => undefined,
        hold: (_, transactions) => {
          if (meter.held + transactions > meter.room) return Result.fail(failure("intacct.budget-exhausted"))
          meter.held += transactions
          return Result.succeed(() => {
            meter.held -= transactions
          })
        },
        count: (_, transactions) => {
          meter.counted += transactions
        }
      },
      ...given.rules
    })
    const slot = renewals.cache.slot("acme")
    const run = Effect.runPromiseWith(application.context)
    /** one call, in that way; an answer is read to its end */
    const call = (way: Way, init?: FetchOptions): Effect.Effect<{ readonly status: number }, SageAuthError> => {
      const sent =
        way === "as an effect"
          ? calls.fetch(slot, "objects", init)
          : Effect.tryPromise({
              try: () => {
                const plain = calls.fetchPlainly(slot, "objects", init, undefined, (rest, signal) =>
                  run(rest, { signal })
                )
                if (plain === undefined) throw new Error("the call was not made without a fiber")
                return plain
              },
              catch: (thrown) => thrown as SageAuthError
            })
      return Effect.flatMap(sent, (response) =>
        Effect.as(
          Effect.promise(() => response.text()),
          { status: response.status }
        )
      )
    }
    return {
      application,
      call,
      calls,
      events,
      got,
      meter,
      refused,
      renewals,
      slot,
      /** a credential in hand, which a server has accepted or not yet */
      withToken: (accepted: boolean) =>
        Effect.map(renewals.acquire(slot), (credential) => {
          if (accepted) renewals.accept(slot, credential)
        }),
      renewed: () => renewed,
      inUse: Effect.map(application.coordination.state("acme"), ({ inUse, waiting }) => ({ inUse, waiting }))
    }
  })

/** A body that can be sent once. */
export const stream = () => new Response("once").body as ReadableStream<Uint8Array>

export const tokenOf = ({ headers }: Got) => headers.get("authorization")

/** How a call ended, in one word: its status, or the entry of its error. */
export const wordOf = (exit: Exit.Exit<{ readonly status: number }, SageAuthError>): number | string =>
  Exit.match(exit, {
    onSuccess: ({ status }) => status,
    onFailure: (cause) => {
      const reason = cause.reasons[0]
      return reason?._tag === "Fail" ? reason.error.id : (reason?._tag ?? "nothing")
    }
  })
