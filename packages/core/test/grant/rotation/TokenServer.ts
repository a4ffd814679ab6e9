import { Clock, Effect, Redacted } from "effect"
import type { SageAuthError } from "../../../src/errors/SageAuthError.ts"
import { failure } from "../../../src/errors/SageAuthError.ts"
import type { ReceivedTokens } from "../../../src/grant/GrantContents.ts"
import type { RotationFailure } from "../../../src/grant/GrantOptions.ts"

/**
 * What goes wrong with one request:
 *
 * - `never-sent`: no connection
 * - `lost-before`: sent, and lost before the server did anything
 * - `lost-after`: carried out, and the answer is lost
 * - `rate-limited`, `unavailable`: refused without looking at the token
 * - `invalid-grant`: refused by a server that knows no reason
 */
export type Fault = "never-sent" | "lost-before" | "lost-after" | "rate-limited" | "unavailable" | "invalid-grant"

/** What became of a code: `used` is what a strict server calls one that was exchanged. */
export type CodeState = "waiting" | "accepted" | "expired" | "used"

/** One request that left a process. */
export interface Send {
  readonly by: string
  readonly token: string
  readonly at: number
  /** what the server did with it, and whether it was told */
  outcome: "under-way" | "pair" | "refused" | "not-run" | "lost"
  /** whether the server replaced the token */
  rotated: boolean
  /** whether the process that sent it has read the answer */
  read: boolean
}

interface Family {
  revoked: boolean
  current: string
  /** tokens that were replaced, and when */
  readonly retired: Map<string, number>
}

export interface TokenServerOptions {
  /** milliseconds from request to answer */
  latency: number
  /** for so many milliseconds a replaced token is answered with its successor */
  grace: number
  /** a replaced token that is seen again ends its whole family */
  familyRevocation: boolean
  omitsRefreshToken: boolean
  /** a code that was exchanged can be exchanged again */
  reusableCodes: boolean
  lifetime: number
  grantLifetime: number | undefined
}

const refused: SageAuthError = failure("business-cloud.grant-ended")

/** A strict authorization server with rotation and reuse detection, and a script of what goes wrong. */
export class TokenServer {
  readonly options: TokenServerOptions
  /** the fate of the next requests, in their order */
  readonly faults: Array<Fault> = []
  readonly sends: Array<Send> = []
  readonly revoked: Array<string> = []
  /** the codes of pairings */
  readonly codes = new Map<string, CodeState>()
  /** why its access tokens are not what was asked for */
  unusable: SageAuthError | undefined
  #families: Array<Family> = []
  #tokens = 0

  constructor(options: Partial<TokenServerOptions> = {}) {
    this.options = {
      latency: 50,
      grace: 0,
      familyRevocation: true,
      omitsRefreshToken: false,
      reusableCodes: false,
      lifetime: 300_000,
      grantLifetime: 31 * 86_400_000,
      ...options
    }
  }

  /** what a consent brings */
  consent(): ReceivedTokens {
    const current = this.#token("refresh")
    this.#families.push({ revoked: false, current, retired: new Map() })
    return this.#granted(current)
  }

  /** whether this refresh token would be accepted now */
  accepts(token: string): boolean {
    return this.#families.some((family) => !family.revoked && family.current === token)
  }

  /** the refresh token of the newest consent, if it was not revoked */
  get live(): string | undefined {
    const family = this.#families.at(-1)
    return family === undefined || family.revoked ? undefined : family.current
  }

  /** a user ends everything at the server */
  revokeAll(): void {
    for (const family of this.#families) family.revoked = true
  }

  revoke(token: string): void {
    this.revoked.push(token)
    for (const family of this.#families) if (family.current === token) family.revoked = true
  }

  /** one request of a process, told before it leaves and before its answer is read */
  rotate(
    by: string,
    token: string,
    beforeSend: Effect.Effect<void>,
    beforeRead: Effect.Effect<void>
  ): Effect.Effect<ReceivedTokens, RotationFailure> {
    return this.#asked(by, token, beforeSend, beforeRead, (send, fault) => this.#answer(send, fault))
  }

  /** the same for the code of a pairing */
  pair(
    by: string,
    code: string,
    beforeSend: Effect.Effect<void>,
    beforeRead: Effect.Effect<void>
  ): Effect.Effect<ReceivedTokens, RotationFailure> {
    return this.#asked(by, code, beforeSend, beforeRead, (send, fault) => this.#answerCode(send, fault))
  }

  #answerCode(send: Send, fault: Fault | undefined): Effect.Effect<Effect.Effect<ReceivedTokens, RotationFailure>> {
    return Effect.sync(() => {
      const lost = Effect.fail({ error: failure("client.answer-lost"), processed: "unknown" as const })
      const state = this.codes.get(send.token) ?? "expired"
      if (fault === "lost-before") {
        send.outcome = "lost"
        return lost
      }
      if (fault === "unavailable" || fault === "rate-limited" || state === "waiting") {
        send.outcome = "not-run"
        const id = fault === undefined ? "x3-gateway.pairing-pending" : "x3-gateway.internal-error"
        return Effect.fail({ error: failure(id), processed: "no" as const })
      }
      const used = state === "used" && !this.options.reusableCodes
      if (used || state === "expired") {
        send.outcome = "refused"
        const id = used ? "x3-gateway.pairing-unknown" : "x3-gateway.pairing-expired"
        return Effect.fail({ error: failure(id), processed: "yes" as const })
      }
      this.codes.set(send.token, "used")
      const granted = this.consent()
      send.outcome = fault === "lost-after" ? "lost" : "pair"
      return fault === "lost-after" ? lost : Effect.succeed(granted)
    })
  }

  #asked(
    by: string,
    token: string,
    beforeSend: Effect.Effect<void>,
    beforeRead: Effect.Effect<void>,
    answered: (send: Send, fault: Fault | undefined) => Effect.Effect<Effect.Effect<ReceivedTokens, RotationFailure>>
  ): Effect.Effect<ReceivedTokens, RotationFailure> {
    return Effect.gen({ self: this }, function* () {
      yield* beforeSend
      const fault = this.faults.shift()
      if (fault === "never-sent") {
        return yield* Effect.fail({ error: failure("client.not-sent"), processed: "no" as const })
      }
      const at = yield* Clock.currentTimeMillis
      const send: Send = { by, token, at, outcome: "under-way", rotated: false, read: false }
      this.sends.push(send)
      const { latency } = this.options
      yield* Effect.sleep(latency / 2)
      const answer = yield* answered(send, fault)
      yield* Effect.sleep(latency / 2)
      yield* beforeRead
      send.read = send.outcome !== "lost"
      return yield* answer
    })
  }

  #answer(send: Send, fault: Fault | undefined): Effect.Effect<Effect.Effect<ReceivedTokens, RotationFailure>> {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      const lost = Effect.fail({ error: failure("client.answer-lost"), processed: "unknown" as const })
      if (fault === "lost-before") {
        send.outcome = "lost"
        return lost
      }
      if (fault === "rate-limited" || fault === "unavailable") {
        send.outcome = "not-run"
        const id = fault === "unavailable" ? "business-cloud.service-unavailable" : "business-cloud.rate-limited"
        return Effect.fail({ error: failure(id), processed: "no" as const })
      }
      const granted = fault === "invalid-grant" ? undefined : this.#exchange(send, now)
      send.outcome = granted === undefined ? "refused" : "pair"
      if (fault === "lost-after") {
        send.outcome = "lost"
        return lost
      }
      return granted === undefined
        ? Effect.fail({ error: refused, processed: "yes" as const })
        : Effect.succeed(granted)
    })
  }

  #exchange(send: Send, now: number): ReceivedTokens | undefined {
    const family = this.#families.find(({ current, retired }) => current === send.token || retired.has(send.token))
    if (family === undefined || family.revoked) return undefined
    if (family.current === send.token) {
      if (this.options.omitsRefreshToken) return this.#granted(undefined)
      send.rotated = true
      family.retired.set(family.current, now)
      family.current = this.#token("refresh")
      return this.#granted(family.current)
    }
    const retiredAt = family.retired.get(send.token)
    if (retiredAt !== undefined && now - retiredAt <= this.options.grace) return this.#granted(family.current)
    if (this.options.familyRevocation) family.revoked = true
    return undefined
  }

  #token(kind: string): string {
    return `${kind}-${++this.#tokens}`
  }

  #granted(refreshToken: string | undefined): ReceivedTokens {
    return {
      accessToken: Redacted.make(this.#token("access")),
      refreshToken: refreshToken === undefined ? undefined : Redacted.make(refreshToken),
      lifetime: this.options.lifetime,
      grantLifetime: refreshToken === undefined ? undefined : this.options.grantLifetime,
      unusable: this.unusable
    }
  }
}
