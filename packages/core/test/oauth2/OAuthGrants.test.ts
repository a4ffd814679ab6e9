import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, type Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { isSageAuthError, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { endOf, turns } from "../calls/openCalls.ts"
import { grantLife, life, openWorld, startProcess, storedIn, tenant } from "./openGrants.ts"

/** What came, or the entry of the error and why a grant is over. */
const wordsOf = <A>(exit: Exit.Exit<A, SageAuthError>): A | string => {
  if (exit._tag === "Success") return exit.value
  const [failed] = exit.cause.reasons
  if (failed?._tag !== "Fail" || !isSageAuthError(failed.error)) return "it broke"
  const { id, reason } = failed.error
  return reason._tag === "ReauthorizationRequired" ? `${id}: ${reason.cause}` : id
}

/** How an effect ends, while the clock goes on. */
const wordsAtEnd = <A>(effect: Effect.Effect<A, SageAuthError>) => Effect.map(endOf(effect), wordsOf)

/** The clock goes on, and what can run runs. */
const pass = (milliseconds: number) => Effect.andThen(TestClock.adjust(milliseconds), turns)

/** A process with a consent that was given just now. */
const withConsent = (given: Parameters<typeof startProcess>[2] = {}) =>
  Effect.gen(function* () {
    const world = yield* openWorld
    const first = yield* startProcess(world, "first", given)
    assert.deepInclude(yield* endOf(first.consents()), { _tag: "Success" })
    return { world, server: world.server, first }
  })

/** The same, once its access token is over. */
const withExpired = (given: Parameters<typeof startProcess>[2] = {}) => Effect.tap(withConsent(given), () => pass(life))

const granted = (requests: ReadonlyArray<Readonly<Record<string, string>>>) =>
  requests.map(({ code, grant_type: type, refresh_token: token }) => token ?? code ?? type)

describe("a consent", () => {
  it.effect("is kept: its tokens are used without another request, also by another process", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      const token = yield* wordsAtEnd(first.token())
      assert.match(token, /^access-/)
      const second = yield* startProcess(world, "second")
      assert.strictEqual(yield* wordsAtEnd(second.token()), token)
      assert.deepStrictEqual(granted(server.requests), ["code-1"])
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
      assert.deepStrictEqual(first.types(), ["connected"])
    })
  )

  it.effect("says what it has", () =>
    Effect.gen(function* () {
      const { first } = yield* withConsent()
      const now = first.application.now()
      assert.deepStrictEqual(yield* first.status(), {
        state: "connected",
        refreshable: true,
        credentialExpiresAt: new Date(now + life),
        grantIssuedAt: new Date(now),
        grantExpiresAt: new Date(now + grantLife)
      })
    })
  )

  it.effect("says when its refresh token was issued, in every process", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      const second = yield* startProcess(world, "second")
      const begun = first.application.now()
      const said = Effect.map(second.status(), ({ grantIssuedAt }) => (grantIssuedAt?.getTime() ?? 0) - begun)
      yield* pass(life)
      assert.strictEqual(yield* said, 0)
      yield* endOf(first.token())
      assert.strictEqual(yield* said, life)
      yield* pass(life)
      // an answer without a refresh token leaves the old one, and its age, as they were
      server.fates.push({ status: 200, body: { access_token: "a", token_type: "Bearer", expires_in: 300 } })
      assert.strictEqual(yield* wordsAtEnd(first.token()), "a")
      yield* pass(1_000)
      assert.strictEqual(yield* said, life)
    })
  )

  it.effect("says so while it waits for the store", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const first = yield* startProcess(world, "first")
      const callback = yield* first.begun()
      const waits = yield* Deferred.make<void>()
      world.server.fates.push({ waits })
      const taking = yield* Effect.forkChild(Effect.exit(first.takes(callback)))
      yield* turns
      const begun = first.application.now()
      world.away = true
      yield* Deferred.succeed(waits, undefined)
      yield* pass(20_000)
      const { grantIssuedAt, state } = yield* first.status()
      assert.deepStrictEqual({ grantIssuedAt, state }, { grantIssuedAt: new Date(begun), state: "storing" })
      world.away = false
      yield* pass(20_000)
      yield* Fiber.join(taking)
      assert.deepStrictEqual((yield* first.status()).grantIssuedAt, new Date(begun))
    })
  )

  it.effect("is asked for where there is none", () =>
    Effect.gen(function* () {
      const first = yield* startProcess(yield* openWorld)
      assert.strictEqual(yield* wordsAtEnd(first.token()), "client.never-authorized: NeverAuthorized")
      assert.strictEqual((yield* first.status()).state, "disconnected")
    })
  )

  it.effect("sends its code once, however often its callback comes", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const first = yield* startProcess(world)
      const callback = yield* first.begun()
      const ends = yield* Effect.forEach([1, 2, 3], () => first.takes(callback).pipe(endOf, Effect.map(wordsOf)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(ends.filter((end) => typeof end !== "string").length, 1)
      assert.deepStrictEqual(
        ends.filter((end) => typeof end === "string"),
        ["client.callback-rejected", "client.callback-rejected"]
      )
      assert.strictEqual(world.server.requests.length, 1)
      assert.strictEqual(yield* wordsAtEnd(first.takes(callback)), "client.callback-rejected")
      assert.strictEqual(world.server.requests.length, 1)
    })
  )

  it.effect("does not send a code again whose answer was lost: it may be used up", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const first = yield* startProcess(world)
      world.server.fates.push("is answered in vain")
      assert.strictEqual(yield* wordsAtEnd(first.consents()), "client.answer-lost")
      assert.strictEqual(world.server.requests.length, 1)
      assert.isUndefined(yield* storedIn(world))
    })
  )

  it.effect("wins over the grant before it", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      const before = yield* wordsAtEnd(first.token())
      yield* endOf(first.consents())
      assert.notStrictEqual(yield* wordsAtEnd(first.token()), before)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
    })
  )

  it.effect("that the store cannot take is kept in memory, and is in the store as soon as it can be", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const first = yield* startProcess(world)
      const callback = yield* first.begun()
      const waits = yield* Deferred.make<void>()
      world.server.fates.push({ waits })
      const taken = yield* Effect.forkChild(Effect.exit(first.takes(callback)), { startImmediately: true })
      yield* turns
      world.away = true
      yield* Deferred.succeed(waits, undefined)
      assert.strictEqual(wordsOf(yield* Fiber.join(taken)), "client.consent-being-stored")
      assert.strictEqual((yield* first.status()).state, "storing")
      world.away = false
      yield* pass(1_000)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, world.server.live)
      assert.strictEqual((yield* first.status()).state, "connected")
    })
  )
})

describe("a renewal", () => {
  it.effect("replaces the refresh token, and stores the new one", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      yield* endOf(first.token())
      yield* pass(life)
      const before = server.live
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.deepStrictEqual(granted(server.requests), ["code-1", before])
      assert.notStrictEqual(server.live, before)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
      assert.deepInclude(first.events.at(-1), { type: "credential-renewed", cause: "expired" })
    })
  )

  it.effect("is one for all who wait, in one process and in several", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const second = yield* startProcess(world, "second")
      const waits = yield* Deferred.make<void>()
      server.fates.push({ waits })
      const calls = [first, first, second, second].map((each) => each.token())
      const fiber = yield* Effect.forkChild(Effect.all(calls, { concurrency: "unbounded" }), { startImmediately: true })
      yield* pass(2_000)
      yield* Deferred.succeed(waits, undefined)
      const tokens = yield* endOf(Fiber.join(fiber))
      assert.strictEqual(new Set(tokens._tag === "Success" ? tokens.value : []).size, 1)
      assert.strictEqual(server.requests.length, 2)
    })
  )

  it.effect("that was not sent is tried again, and leaves the refresh token as good as it was", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const before = server.live
      server.fates.push("is not sent", "is not sent", "is not sent")
      assert.strictEqual(yield* wordsAtEnd(first.token()), "client.not-sent")
      assert.deepStrictEqual(granted(server.requests), ["code-1", before, before, before])
      const stored = yield* storedIn(world)
      assert.strictEqual(stored?.refreshToken, before)
      assert.isUndefined(stored?.row.intent)
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
    })
  )

  it.effect("that is refused with a limit is tried again by the schedule of limits", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      server.fates.push({ status: 429, body: { error: { errorId: "GW-0010" } } })
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.strictEqual(server.requests.length, 3)
      assert.include(first.types(), "rate-limited")
    })
  )

  it.effect("in the background leaves its callers alone, and its failure too", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withConsent()
      const token = yield* wordsAtEnd(first.token())
      yield* pass(life * 0.75)
      server.fates.push("is not sent")
      assert.strictEqual(yield* wordsAtEnd(first.token()), token)
      yield* turns
      assert.strictEqual(server.requests.length, 2)
      assert.deepInclude(first.events.at(-1), { type: "renewal-failed", covered: true })
    })
  )

  it.effect("whose pair cannot be stored is used, and not renewed again before it is stored", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const waits = yield* Deferred.make<void>()
      server.fates.push({ waits })
      const before = server.live
      const asked = yield* Effect.forkChild(Effect.exit(first.token()), { startImmediately: true })
      yield* turns
      world.away = true
      yield* Deferred.succeed(waits, undefined)
      assert.match(wordsOf(yield* Fiber.join(asked)), /^access-/)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, before)
      const again = yield* Effect.forkChild(
        Effect.exit(first.grants.renewals.refresh(first.grants.slot(tenant), "asked"))
      )
      yield* pass(5_000)
      assert.strictEqual(server.requests.length, 2)
      world.away = false
      yield* pass(2_000)
      assert.strictEqual((yield* Fiber.join(again))._tag, "Success")
      assert.deepStrictEqual(new Set(granted(server.requests)).size, server.requests.length)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
    })
  )

  it.effect("that is asked for goes on when its caller leaves", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      const waits = yield* Deferred.make<void>()
      server.fates.push({ waits })
      const refreshed = first.grants.refresh(first.grants.slot(tenant), { deadline: 1_000 }, 30_000)
      assert.strictEqual(yield* wordsAtEnd(refreshed), "client.deadline-exceeded")
      yield* Deferred.succeed(waits, undefined)
      yield* turns
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
    })
  )
})

describe("a rotation whose answer is lost", () => {
  it.effect("is sent once more, and saved where the server had not done it", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      const before = server.live
      server.fates.push("is lost")
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.deepStrictEqual(granted(server.requests), ["code-1", before, before])
      assert.include(first.types(), "rotation-in-doubt")
      assert.include(first.types(), "rotation-done")
    })
  )

  it.effect("is saved where the server answers a replaced token once more", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      server.forgiving = true
      server.fates.push("is answered in vain")
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
    })
  )

  it.effect("ends the grant where the server does not, and says that it was in doubt", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      server.fates.push("is answered in vain")
      const end = yield* wordsAtEnd(first.token())
      assert.match(end, /: RotationInDoubt$/)
      assert.strictEqual(server.requests.length, 3)
      assert.strictEqual((yield* first.status()).state, "reauthorization-required")
      assert.deepInclude(first.events, {
        type: "reauthorization-required",
        surface: "intacct-rest",
        connection: "vendors",
        tenant,
        at: first.application.now(),
        cause: "RotationInDoubt"
      })
    })
  )

  it.effect("is in doubt until an answer comes, and is not sent a third time by the same caller", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      server.fates.push("is lost", "is lost")
      assert.strictEqual(yield* wordsAtEnd(first.token()), "client.answer-lost")
      assert.strictEqual(server.requests.length, 3)
      assert.strictEqual((yield* first.status()).state, "in-doubt")
      // the next caller may
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.strictEqual((yield* first.status()).state, "connected")
    })
  )

  it.effect("is never sent again where doubt is to be reported", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired({ rules: { inDoubt: "report" } })
      server.fates.push("is lost")
      assert.match(yield* wordsAtEnd(first.token()), /: RotationInDoubt$/)
      assert.strictEqual(server.requests.length, 2)
      assert.match(yield* wordsAtEnd(first.token()), /: RotationInDoubt$/)
      assert.strictEqual(server.requests.length, 2)
    })
  )
})

describe("a disconnection", () => {
  it.effect("forgets the grant here, and revokes it there", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      yield* endOf(first.token())
      const before = server.live
      assert.deepStrictEqual(yield* wordsAtEnd(first.grants.disconnect(tenant, undefined)), { revoked: true })
      assert.deepStrictEqual(server.revoked, [before])
      assert.isUndefined(yield* storedIn(world))
      assert.strictEqual(yield* wordsAtEnd(first.token()), "client.never-authorized: NeverAuthorized")
      assert.strictEqual(first.types().filter((type) => type === "disconnected").length, 1)
    })
  )

  it.effect("of what is not connected is announced by nobody", () =>
    Effect.gen(function* () {
      const { first } = yield* withConsent()
      for (let time = 0; time < 3; time++) yield* endOf(first.grants.disconnect(tenant, undefined))
      const never = yield* startProcess(yield* openWorld)
      yield* endOf(never.grants.disconnect(tenant, undefined))
      assert.deepStrictEqual(
        [first, never].map(({ types }) => types().filter((type) => type === "disconnected").length),
        [1, 0]
      )
    })
  )

  it.effect("leaves the grant at the server if it is told to", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withConsent()
      assert.deepStrictEqual(yield* wordsAtEnd(first.grants.disconnect(tenant, { revoke: false })), { revoked: false })
      assert.deepStrictEqual(server.revoked, [])
    })
  )

  it.effect("under a rotation keeps nothing of what the rotation brings, and revokes it", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const waits = yield* Deferred.make<void>()
      server.fates.push({ waits })
      const asked = yield* Effect.forkChild(Effect.exit(first.token()), { startImmediately: true })
      yield* turns
      const replacement = server.live
      yield* endOf(first.grants.disconnect(tenant, undefined))
      yield* Deferred.succeed(waits, undefined)
      yield* turns
      assert.strictEqual(wordsOf(yield* Fiber.join(asked)), "client.never-authorized: NeverAuthorized")
      assert.include(server.revoked, replacement)
      assert.isUndefined(server.live)
      assert.isUndefined(yield* storedIn(world))
      assert.strictEqual((yield* first.status()).state, "disconnected")
    })
  )

  it.effect("under a rotation leaves a consent alone that was given after it", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const waits = yield* Deferred.make<void>()
      server.fates.push({ waits })
      const asked = yield* Effect.forkChild(Effect.exit(first.token()), { startImmediately: true })
      yield* turns
      yield* endOf(first.grants.disconnect(tenant, { revoke: false }))
      yield* endOf(first.consents())
      yield* Deferred.succeed(waits, undefined)
      yield* turns
      yield* Fiber.join(asked)
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
    })
  )
})

describe("an entity", () => {
  it.effect("has a token of its own, from the one refresh token of the grant", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      const own = yield* wordsAtEnd(first.token())
      const before = server.live
      const switched = yield* wordsAtEnd(first.token("E1"))
      assert.notStrictEqual(switched, own)
      assert.deepInclude(server.requests.at(-1), { refresh_token: before, entity: "E1" })
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
      // each is still the one in hand
      assert.strictEqual(yield* wordsAtEnd(first.token()), own)
      assert.strictEqual(yield* wordsAtEnd(first.token("E1")), switched)
      assert.strictEqual(server.requests.length, 2)
    })
  )

  it.effect("that is refused does not end the grant", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withConsent()
      assert.strictEqual(yield* wordsAtEnd(first.token("none")), "intacct-rest.entity-not-switched")
      assert.strictEqual((yield* first.status()).state, "connected")
      assert.strictEqual((yield* storedIn(world))?.refreshToken, server.live)
      assert.match(yield* wordsAtEnd(first.token("E1")), /^access-/)
    })
  )

  it.effect("is disconnected with its tenant", () =>
    Effect.gen(function* () {
      const { first } = yield* withConsent()
      yield* endOf(first.token("E1"))
      yield* endOf(first.grants.disconnect(tenant, undefined))
      assert.strictEqual(yield* wordsAtEnd(first.token("E1")), "client.never-authorized: NeverAuthorized")
    })
  )
})

describe("a process that hangs in the middle of a rotation", () => {
  const withHung = Effect.gen(function* () {
    const { first, server, world } = yield* withExpired()
    server.fates.push("hangs")
    yield* Effect.forkChild(Effect.exit(first.token()), { startImmediately: true })
    yield* turns
    return { server, world, second: yield* startProcess(world, "second") }
  })

  it.effect("is named to those who wait, and nobody sends the same token meanwhile", () =>
    Effect.gen(function* () {
      const { second, server } = yield* withHung
      const waiting = yield* Effect.forkChild(
        Effect.exit(second.grants.refresh(second.grants.slot(tenant), undefined, 90_000)),
        { startImmediately: true }
      )
      for (let seconds = 0; seconds < 91; seconds++) yield* pass(1_000)
      assert.strictEqual(wordsOf(yield* Fiber.join(waiting)), "client.lease-held")
      assert.strictEqual(server.requests.length, 2)
      const status = yield* second.status()
      assert.strictEqual(status.state, "stalled")
      assert.strictEqual(status.holder?.processId, process.pid)
      assert.strictEqual(second.types().filter((type) => type === "renewal-stalled").length, 1)
    })
  )

  it.effect("is replaced when it has ended, and its rotation is replayed", () =>
    Effect.gen(function* () {
      const { second, server, world } = yield* withHung
      const before = server.live
      world.dead.push("first")
      assert.match(yield* wordsAtEnd(second.token()), /^access-/)
      assert.deepStrictEqual(granted(server.requests).slice(1), [before, before])
      assert.strictEqual((yield* second.status()).state, "connected")
    })
  )
})

describe("a grant that is over", () => {
  it.effect("says that it was revoked, in the server's words, now and later, and asks no more", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      server.fates.push({ status: 400, body: { error: "invalid_grant", error_description: "The user was removed" } })
      const end = yield* endOf(first.token())
      assert.strictEqual(wordsOf(end), "intacct-rest.grant-ended: Revoked")
      assert.include(String(end), "The user was removed")
      assert.strictEqual(server.requests.length, 2)
      const second = yield* startProcess(world, "second")
      const later = yield* endOf(second.token())
      assert.strictEqual(wordsOf(later), "intacct-rest.grant-ended: Revoked")
      assert.include(String(later), "The user was removed")
      assert.strictEqual(server.requests.length, 2)
      assert.strictEqual((yield* second.status()).state, "reauthorization-required")
      assert.isFalse((yield* second.status()).refreshable)
    })
  )

  it.effect("says that another consent has replaced it", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      server.fates.push({ status: 401, body: { error: { code: "invalidToken", errorId: "REST-2102" } } })
      assert.strictEqual(yield* wordsAtEnd(first.token()), "intacct-rest.grant-ended: Superseded")
    })
  )

  it.effect("says that it has expired, where its life is over", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withConsent()
      yield* pass(grantLife)
      server.endEverything()
      assert.strictEqual(yield* wordsAtEnd(first.token()), "intacct-rest.grant-ended: Expired")
    })
  )

  it.effect("says that it has expired where it never could be renewed", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const first = yield* startProcess(world)
      world.server.fates.push({ status: 200, body: { access_token: "only", token_type: "Bearer", expires_in: 300 } })
      yield* endOf(first.consents())
      assert.deepInclude(first.events.at(-1), { type: "advice", subject: "no-refresh-token" })
      assert.isFalse((yield* first.status()).refreshable)
      yield* pass(life)
      assert.match(yield* wordsAtEnd(first.token()), /: Expired$/)
    })
  )

  it.effect("is not what a failing server makes of it", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      const fails = { status: 500, body: { error: "invalid_grant" } }
      server.fates.push(fails, fails)
      assert.strictEqual(yield* wordsAtEnd(first.token()), "intacct.service-unavailable")
      assert.strictEqual((yield* first.status()).state, "in-doubt")
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
    })
  )

  it.effect("recovers by a new consent", () =>
    Effect.gen(function* () {
      const { first, server } = yield* withExpired()
      server.endEverything()
      assert.strictEqual(yield* wordsAtEnd(first.token()), "intacct-rest.grant-ended: Revoked")
      yield* endOf(first.consents())
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.strictEqual((yield* first.status()).state, "connected")
      assert.include(first.types(), "recovered")
    })
  )
})

describe("a client that is refused", () => {
  it.effect("is an incident of the client's, and does not end the grant", () =>
    Effect.gen(function* () {
      const { first, server, world } = yield* withExpired()
      const before = server.live
      server.fates.push({ status: 401, body: { error: "invalid_client" } })
      assert.strictEqual(yield* wordsAtEnd(first.token()), "intacct-rest.client-rejected")
      assert.deepInclude(
        first.events.find(({ type }) => type === "credential-rejected"),
        { what: "client", tenant }
      )
      assert.strictEqual((yield* storedIn(world))?.refreshToken, before)
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.include(first.types(), "recovered")
    })
  )
})

/** A process that asks for tokens with its own credentials. */
const asking = (world: Effect.Success<typeof openWorld>, name: string) =>
  Effect.gen(function* () {
    const process: Effect.Success<ReturnType<typeof startProcess>> = yield* startProcess(world, name, {
      rules: {
        interactive: undefined,
        ask: (tenant) =>
          process.grants.requestTokens(tenant, {
            parameters: { grant_type: "client_credentials" },
            errors: process.grants.rules.refreshErrors
          })
      }
    })
    return process
  })

describe("tokens that are asked for with what is configured", () => {
  it.effect("are shared by processes, asked for anew, and in no doubt when an answer is lost", () =>
    Effect.gen(function* () {
      const world = yield* openWorld
      const { server } = world
      const first = yield* asking(world, "first")
      assert.strictEqual((yield* first.status()).state, "configured")
      const token = yield* wordsAtEnd(first.token())
      assert.strictEqual(yield* wordsAtEnd((yield* asking(world, "second")).token()), token)
      assert.strictEqual(server.requests.length, 1)
      yield* pass(life)
      server.fates.push("is answered in vain")
      assert.match(yield* wordsAtEnd(first.token()), /^access-/)
      assert.strictEqual(server.requests.length, 3)
      assert.notInclude(first.types(), "rotation-in-doubt")
      assert.strictEqual((yield* first.status()).state, "connected")
    })
  )
})

/** How a callback was refused. */
const about = (caller: Fiber.Fiber<unknown, SageAuthError>) =>
  Effect.map(Effect.flip(Fiber.join(caller)), ({ authorization, id }) => ({
    id,
    connected: authorization?.connected
  }))

describe("a callback that another process has taken", () => {
  /** a process whose code is on its way, and another one that is asked the same */
  const both = Effect.gen(function* () {
    const world = yield* openWorld
    const first = yield* startProcess(world, "first")
    const second = yield* startProcess(world, "second")
    const callback = yield* first.begun()
    return { world, first, second, callback }
  })

  it.effect("is waited for, and what it brought is told", () =>
    Effect.gen(function* () {
      const { callback, first, second, world } = yield* both
      const waits = yield* Deferred.make<void>()
      world.server.fates.push({ waits })
      const taking = yield* Effect.forkChild(first.takes(callback))
      yield* turns
      const again = yield* Effect.forkChild(second.takes(callback))
      const other = { ...callback, url: callback.url.replace(/code=[^&]*/, "code=another") }
      yield* pass(30_000)
      assert.deepStrictEqual(yield* about(yield* Effect.forkChild(second.takes(other))), {
        id: "client.callback-rejected",
        connected: undefined
      })
      assert.isUndefined(again.pollUnsafe())
      yield* Deferred.succeed(waits, undefined)
      yield* turns
      assert.strictEqual((yield* Fiber.join(taking)).connection, "vendors")
      assert.deepStrictEqual(yield* about(again), { id: "client.callback-rejected", connected: true })
      assert.lengthOf(world.server.requests, 1)
    })
  )

  it.effect("is over for all where its code was refused", () =>
    Effect.gen(function* () {
      const { callback, first, second, world } = yield* both
      const waits = yield* Deferred.make<void>()
      world.server.fates.push({ waits })
      const refused = { ...callback, url: callback.url.replace(/code=[^&]*/, "code=unknown") }
      const taking = yield* Effect.forkChild(first.takes(refused))
      yield* turns
      const again = yield* Effect.forkChild(second.takes(refused))
      yield* pass(10_000)
      assert.isUndefined(again.pollUnsafe())
      yield* Deferred.succeed(waits, undefined)
      yield* pass(1_000)
      assert.strictEqual((yield* about(taking)).id, "intacct-rest.code-rejected")
      assert.deepStrictEqual(yield* about(again), { id: "client.callback-rejected", connected: undefined })
    })
  )

  it.effect("is waited for no longer than a code can be on its way", () =>
    Effect.gen(function* () {
      const { callback, first, second, world } = yield* both
      world.server.fates.push("hangs")
      yield* Effect.forkChild(first.takes(callback))
      yield* turns
      const again = yield* Effect.forkChild(second.takes(callback))
      yield* pass(89_000)
      assert.isUndefined(again.pollUnsafe())
      yield* pass(2_000)
      assert.deepStrictEqual(yield* about(again), { id: "client.callback-rejected", connected: undefined })
    })
  )
})
