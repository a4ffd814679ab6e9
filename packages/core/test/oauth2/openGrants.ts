import { Deferred, Effect, Redacted, Scope } from "effect"
import type { Application, SharedSettings } from "../../src/application/Application.ts"
import type { StoreUnavailable } from "../../src/errors/Reason.ts"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { decode } from "../../src/grant/GrantContents.ts"
import type { Sealing } from "../../src/grant/Sealing.ts"
import { storeUnavailable } from "../../src/grant/storeUnavailable.ts"
import { callbackRules, codeErrors, refreshErrors } from "../../src/intacct-rest/judge.ts"
import { completeAuthorization } from "../../src/oauth2/completeAuthorization.ts"
import { OAuthGrants } from "../../src/oauth2/OAuthGrants.ts"
import type { OAuthRules } from "../../src/oauth2/OAuthRules.ts"
import { scheduleOf } from "../../src/traffic/RetrySchedules.ts"
import type { HttpAnswer } from "../../src/transport/Answer.ts"
import type { Request, Transport } from "../../src/transport/Transport.ts"
import { TransportFailure } from "../../src/transport/TransportFailure.ts"
import { openApplication } from "../application/openApplication.ts"
import { openMemory, type WholeStore } from "../grant/openStore.ts"

export const tenant = "acme"
export const redirectUri = "https://app.example/callback"

/** The life of an access token, and of a grant, in milliseconds. */
export const life = 300_000
export const grantLife = 86_400_000

const tokenUrl = "https://login.example/token"
const revokeUrl = "https://login.example/revoke"

/**
 * What becomes of one request. Without any of these it is answered as it should be:
 *
 * - `is not sent`: no connection
 * - `is lost`: sent, and the server does nothing
 * - `is answered in vain`: the server does what it is asked for, and nobody hears of it
 * - `hangs`: it never ends
 */
export type Fate =
  | "is not sent"
  | "is lost"
  | "is answered in vain"
  | "hangs"
  | { readonly status: number; readonly body: unknown }
  | { readonly waits: Deferred.Deferred<void> }

/** A strict authorization server: it replaces a refresh token each time, and a replaced one is over. */
export class TokenEndpoint {
  /** what the requests for tokens said, in their order */
  readonly requests: Array<Readonly<Record<string, string>>> = []
  /** the fates of the next ones */
  readonly fates: Array<Fate> = []
  readonly revoked: Array<string> = []
  /** whether a replaced refresh token is answered once more with its successor */
  forgiving = false
  /** entities that it knows */
  readonly entities: Array<string> = ["E1"]
  readonly #codes: Array<string> = []
  #live: string | undefined
  #replaced: string | undefined
  #made = 0

  /** what a human brings back */
  issueCode(): string {
    this.#made++
    this.#codes.push(`code-${this.#made}`)
    return `code-${this.#made}`
  }

  /** the refresh token that it takes */
  get live(): string | undefined {
    return this.#live
  }

  endEverything(): void {
    this.#live = undefined
  }

  /** everything that leaves a process */
  readonly transport: Transport = {
    authenticate: (request) => this.#answer(request),
    call: () => Effect.die(new Error("nothing else is asked")),
    callPlainly: () => Promise.reject(new Error("nothing else is asked"))
  }

  #answer({ body = "", url }: Request): Effect.Effect<HttpAnswer, TransportFailure> {
    return Effect.gen({ self: this }, function* () {
      const sent = Object.fromEntries(new URLSearchParams(body))
      if (url === revokeUrl) {
        this.revoked.push(sent["token"] ?? "")
        if (sent["token"] === this.#live) this.#live = undefined
        return yield* answered(200, "")
      }
      this.requests.push(sent)
      const fate = this.fates.shift()
      if (fate === "is not sent") return yield* lost("refused", "no")
      if (fate === "is lost") return yield* lost("reset", "unknown")
      if (fate === "hangs") return yield* Effect.never
      if (typeof fate === "object" && "status" in fate) return yield* answered(fate.status, fate.body)
      const { body: said, status } = this.#exchange(sent)
      if (typeof fate === "object") yield* Deferred.await(fate.waits)
      return yield* fate === "is answered in vain" ? lost("reset", "unknown") : answered(status, said)
    })
  }

  #exchange({ code, entity, grant_type: type, refresh_token: token }: Readonly<Record<string, string>>) {
    if (type === "client_credentials") return { status: 200, body: this.#tokens(undefined) }
    if (type === "authorization_code") {
      const at = this.#codes.indexOf(code ?? "")
      if (at < 0) return { status: 400, body: { error: "invalid_grant" } }
      this.#codes.splice(at, 1)
      this.#replaced = undefined
      return { status: 200, body: this.#tokens(this.#next()) }
    }
    const again = this.forgiving && token === this.#replaced
    if (token === undefined || (token !== this.#live && !again))
      return { status: 400, body: { error: "invalid_grant" } }
    if (entity !== undefined && !this.entities.includes(entity))
      return { status: 400, body: { error: "invalid_grant" } }
    if (again) return { status: 200, body: this.#tokens(this.#live) }
    this.#replaced = this.#live
    return { status: 200, body: this.#tokens(this.#next()) }
  }

  #next(): string {
    this.#live = `refresh-${++this.#made}`
    return this.#live
  }

  #tokens(refreshToken: string | undefined) {
    return {
      access_token: `access-${++this.#made}`,
      token_type: "Bearer",
      expires_in: life / 1_000,
      ...(refreshToken === undefined
        ? {}
        : { refresh_token: refreshToken, refresh_token_expires_in: grantLife / 1_000 })
    }
  }
}

const answered = (status: number, body: unknown): Effect.Effect<HttpAnswer> =>
  Effect.map(
    Effect.clockWith((clock) => clock.currentTimeMillis),
    (arrivedAt) => ({
      status,
      headers: new Headers({ "content-type": "application/json" }),
      text: typeof body === "string" ? body : JSON.stringify(body),
      arrivedAt
    })
  )

const lost = (problem: TransportFailure["problem"], processed: TransportFailure["processed"]) =>
  Effect.fail(new TransportFailure({ problem, processed, code: undefined }))

/** Seals nothing, and yet opens a text for what it was sealed for only. */
const clearSealing: Sealing = {
  keyId: "clear",
  seal: (_, version, plain) => Effect.succeed({ sealed: `${version} ${plain}`, keyId: "clear" }),
  open: (_, version, sealed) =>
    sealed.startsWith(`${version} `)
      ? Effect.succeed(sealed.slice(`${version} `.length))
      : Effect.fail(storeUnavailable({ message: "it does not open", remedy: "" })),
  sealFor: (purpose, bound, plain) => Effect.succeed(JSON.stringify([purpose, bound, plain])),
  openFor: (purpose, bound, sealed) => {
    const [of, to, plain] = JSON.parse(sealed) as [string, ReadonlyArray<string>, string]
    return of === purpose && JSON.stringify(to) === JSON.stringify(bound)
      ? Effect.succeed(plain)
      : Effect.fail(storeUnavailable({ message: "it does not open", remedy: "" }))
  }
}

const policy = { first: 100, factor: 1, jitter: false, times: 2, within: "1 minute" } as const

/** What several processes share. */
export interface World {
  readonly server: TokenEndpoint
  readonly store: WholeStore
  /** the store answers nobody */
  away: boolean
  /** processes that have ended */
  readonly dead: Array<string>
}

export const openWorld: Effect.Effect<World, never, Scope.Scope> = Effect.map(openMemory, (memory) => ({
  server: new TokenEndpoint(),
  // it stands for one that processes share
  store: { ...memory, confined: false },
  away: false,
  dead: []
}))

/** What the store has of the tenant. */
export const storedIn = ({ store }: World) =>
  Effect.gen(function* () {
    const row = yield* Effect.orDie(store.read({ surface: "intacct-rest", connection: "vendors", tenant }))
    if (row === undefined) return undefined
    const contents = yield* Effect.orDie(Effect.flatMap(clearSealing.open(row.key, row.version, row.sealed), decode))
    return { row, refreshToken: contents.refreshToken && Redacted.value(contents.refreshToken) }
  })

/** The grants of one process, whose store, token endpoint and clock belong to the test. */
export const startProcess = (
  world: World,
  name = "first",
  given: { readonly rules?: Partial<OAuthRules>; readonly settings?: Partial<SharedSettings> } = {}
) =>
  Effect.gen(function* () {
    // not that of the test: the end of a process that hangs is not waited for
    const scope = yield* Scope.make()
    const { application: opened, events } = yield* Scope.provide(
      openApplication({ retry: { transient: scheduleOf(policy), rateLimited: scheduleOf(policy) }, ...given.settings }),
      scope
    )
    const { server, store } = world
    const unlessAway = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | SageAuthError<StoreUnavailable>> =>
      Effect.suspend(
        (): Effect.Effect<A, E | SageAuthError<StoreUnavailable>> =>
          world.away ? Effect.fail(storeUnavailable({ message: "the store is away", remedy: "Wait." })) : effect
      )
    const application: Application = {
      ...opened,
      vault: Effect.succeed({
        store: {
          ...store,
          now: unlessAway(store.now),
          read: (key) => unlessAway(store.read(key)),
          compareAndSet: (...change) => unlessAway(store.compareAndSet(...change)),
          owner: Effect.succeed(name),
          alive: (owner) => Effect.sync(() => !world.dead.includes(owner))
        },
        once: store.once,
        meters: store.meters,
        missing: [],
        sealing: clearSealing
      })
    }
    const grants = new OAuthGrants(application, server.transport, {
      surface: "intacct-rest",
      connection: "vendors",
      endpoints: { authorize: "https://login.example/authorize", token: tokenUrl, revoke: revokeUrl },
      body: "form",
      client: () => Effect.succeed({ method: "body", clientId: "app", clientSecret: Redacted.make("secret") }),
      issuedFor: () => Effect.succeed(["app", tokenUrl]),
      inDoubt: "replay",
      refreshErrors,
      refreshParameters: (context) => (context === "" ? {} : { entity: context }),
      contextRefused: ({ code }, place) => failure("intacct-rest.entity-not-switched", { ...place, code }),
      life: { assumed: life, cap: undefined },
      grantLifeOf: ({ refreshTokenExpiresIn }) => refreshTokenExpiresIn,
      dueIn: () => undefined,
      extraMembers: [],
      fixedHeaders: () => Effect.succeed({}),
      revocation: { endsOnlyThisGrant: true, parameters: (token) => ({ token }) },
      interactive: {
        redirectUri,
        scope: undefined,
        issuer: undefined,
        parameters: () => Effect.succeed({}),
        callback: callbackRules,
        codeErrors
      },
      ...given.rules
    })
    const begun = () =>
      Effect.map(grants.authorize(tenant, { returnTo: "/" }), ({ cookie, url }) => {
        const state = new URL(url).searchParams.get("state") ?? ""
        return { cookie, tenant, url: `${redirectUri}?code=${server.issueCode()}&state=${encodeURIComponent(state)}` }
      })
    const takes = (callback: Effect.Success<ReturnType<typeof begun>>) =>
      completeAuthorization(application, () => grants.authorizing, callback)
    return {
      application,
      events,
      grants,
      types: () => events.map(({ type }) => type),
      /** a human has consented, and comes back with this */
      begun,
      takes,
      consents: () => Effect.flatMap(begun(), takes),
      /** a valid access token, as a call gets it */
      token: (context = ""): Effect.Effect<string, SageAuthError> =>
        Effect.map(
          Effect.suspend(() => grants.renewals.acquire(grants.slot(tenant, context))),
          ({ value }) => Redacted.value(value.accessToken)
        ),
      status: () => grants.status(tenant)
    }
  })
