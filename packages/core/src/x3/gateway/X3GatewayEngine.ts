import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { type Application, type CallOptions, withCallOptions } from "../../application/Application.ts"
import { AuthorizedCalls } from "../../calls/AuthorizedCalls.ts"
import { jsonAnswer } from "../../calls/heldBody.ts"
import * as Result from "../../config/Result.ts"
import { day } from "../../config/duration.ts"
import { resolveOption } from "../../config/resolve.ts"
import type { Misconfigured, PairingPending } from "../../errors/Reason.ts"
import { failure, type SageAuthError } from "../../errors/SageAuthError.ts"
import type { KnownSecret } from "../../errors/maskSecrets.ts"
import { dueWithin } from "../../grant/storePasses.ts"
import { OAuthGrants, grantClient, keptAliveOf } from "../../oauth2/OAuthGrants.ts"
import type { Endpoints, GrantExtras, TokenReasons } from "../../oauth2/OAuthRules.ts"
import { jwtHints, type Token } from "../../oauth2/Token.ts"
import { pairing, scheduleOf } from "../../traffic/RetrySchedules.ts"
import { pauseAfter } from "../../traffic/retrying.ts"
import * as Transport from "../../transport/Transport.ts"
import { fetchTrusting } from "../../transport/tls.ts"
import { checkPinned, RootDocuments } from "./RootDocuments.ts"
import { type FoldersReasons, members, type X3GatewayClient } from "./X3GatewayClient.ts"
import { callbackErrors, callErrors, codeErrors, judge, refreshErrors } from "./judge.ts"
import {
  clientIdOption,
  clientSecretOption,
  customerOption,
  type GatewayConfiguration,
  decodeOptions,
  validate
} from "./options.ts"
import { promiseClientOf } from "../../application/promise.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"

const nameOf = (folder: unknown): string | undefined => {
  const name = Predicate.hasProperty(folder, "name") ? folder.name : folder
  return typeof name === "string" && name !== "" ? name : undefined
}

/**
 * The names of the folders of a pairing; undefined where the answer holds no list of them.
 *
 * Source: developer.sage.com, X3, Folders listing.
 */
export const readFolders = (json: unknown): ReadonlyArray<string> | undefined => {
  const list: unknown = Predicate.hasProperty(json, "folders") ? json.folders : json
  if (!Array.isArray(list)) return undefined
  const names = list.map(nameOf)
  return names.every((name) => name !== undefined) ? names : undefined
}

const surface = "x3-gateway"

/** What Sage's pages say, in milliseconds; assumed where neither an answer nor a token says anything. */
const accessTokenLife = 5 * 60_000
const refreshTokenLife = 30 * day

/** The callback's own name for the region that all later calls go to. */
const endpointName = "endpoint"

/** The longest list of folders that is read, in bytes. */
const foldersLimit = 1024 * 1024

/** One connection to the gateway at work, for all of its tenants. */
export class X3GatewayEngine {
  readonly application: Application
  readonly name: string
  readonly grants: OAuthGrants
  readonly calls: AuthorizedCalls<Token, TokenReasons>
  readonly deadline: number
  readonly #configuration: GatewayConfiguration
  readonly #documents: RootDocuments

  constructor(application: Application, name: string, configuration: GatewayConfiguration) {
    const { ca, callbackWithin, deadline, deletion, inDoubt, maxTokenAge, pkce, redirectUri, schedule, scope } =
      configuration
    this.application = application
    this.name = name
    this.#configuration = configuration
    this.deadline = deadline ?? application.settings.deadline
    const fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
    const transport = Transport.make(fetch, application.clock)
    this.#documents = new RootDocuments(application, transport, configuration)
    this.grants = new OAuthGrants(application, transport, {
      surface,
      connection: name,
      endpoints: (tenant, extras) => this.#endpoints(tenant, extras),
      body: "json",
      client: (tenant) => this.#client(tenant),
      issuedFor: (tenant, extras) => this.#issuedFor(tenant, extras),
      inDoubt,
      refreshErrors,
      refreshParameters: () => ({}),
      life: { assumed: accessTokenLife, cap: maxTokenAge },
      spanOf: (token) => jwtHints(token).span,
      grantLifeOf: ({ refreshToken, refreshTokenExpiresIn }) =>
        refreshTokenExpiresIn ??
        (refreshToken === undefined ? undefined : jwtHints(refreshToken).span) ??
        refreshTokenLife,
      dueIn: dueWithin(application, refreshTokenLife),
      keepAliveConcurrency: configuration.keepAliveConcurrency,
      extraMembers: [],
      // the members' names stand on no page
      camelCase: true,
      fixedHeaders: () => Effect.succeed({ accept: "application/json" }),
      revocation:
        deletion === undefined
          ? undefined
          : {
              endsOnlyThisGrant: true,
              method: deletion.method,
              parameters: (refreshToken) => ({ refresh_token: refreshToken })
            },
      interactive: {
        redirectUri,
        scope,
        issuer: undefined,
        parameters: (tenant) =>
          Effect.all({
            customer: resolveOption(this.grants.place(tenant), "customer", configuration.customer, customerOption)
          }),
        callback: {
          codeParameter: "authorizationCode",
          extraParameters: [endpointName],
          refuse: (extras, secrets) => this.#refuseEndpoint(extras, secrets),
          errors: callbackErrors
        },
        codeErrors,
        responseType: null,
        pkce,
        life: callbackWithin,
        later: {
          pauseAfter: (attempts, error) =>
            pauseAfter(schedule === undefined ? pairing : scheduleOf(schedule), attempts, error),
          pending: (tenant, retryIn) => this.#pending(tenant, retryIn)
        }
      }
    })
    this.calls = new AuthorizedCalls(application, this.grants.renewals, {
      surface,
      connection: name,
      fetch,
      deadline: this.deadline,
      // checked when the token was made of its grant
      base: ({ grantExtras }) => this.#rootOf(grantExtras),
      headers: ({ headers }) => headers,
      judge,
      traffic: () => undefined,
      limited: "x3-gateway.rate-limited",
      unavailable: "x3-gateway.internal-error"
    })
  }

  #client(tenant: string) {
    const place = this.grants.place(tenant)
    const { clientId, clientSecret } = this.#configuration
    return Effect.all({
      method: Effect.succeed("body" as const),
      clientId: resolveOption(place, "clientId", clientId, clientIdOption),
      clientSecret: resolveOption(place, "clientSecret", clientSecret, clientSecretOption)
    })
  }

  /** a pair belongs to an application and a customer. Source: developer.sage.com, X3, Pair with a customer. */
  #issuedFor(tenant: string, extras: GrantExtras) {
    const place = this.grants.place(tenant)
    const { clientId, customer, root } = this.#configuration
    return Effect.gen(function* () {
      const id = yield* resolveOption(place, "clientId", clientId, clientIdOption)
      const url = yield* resolveOption(place, "customer", customer, customerOption)
      // a region that is not used any more is told of by its own error
      return [id, new URL(extras[endpointName] ?? root).origin, new URL(url).href.replace(/\/$/, "")]
    })
  }

  // ---------------------------------------------------------------- regions

  #refuseEndpoint(extras: GrantExtras, secrets: ReadonlyArray<KnownSecret>): string | undefined {
    const endpoint = extras[endpointName]
    const checked = endpoint === undefined ? undefined : checkPinned(endpoint, this.#configuration, secrets)
    return checked !== undefined && Result.isFailure(checked) ? `the callback's endpoint ${checked.failure}` : undefined
  }

  /** the root of the region that a grant belongs to */
  #rootOf(extras: GrantExtras | undefined): string {
    const endpoint = extras?.[endpointName]
    if (endpoint === undefined) return this.#configuration.root
    return Result.getOrElse(checkPinned(endpoint, this.#configuration), () => this.#configuration.root)
  }

  #document(tenant: string, extras: GrantExtras | undefined) {
    const endpoint = extras?.[endpointName]
    const refused = (what: string) =>
      failure<Misconfigured>("client.host-refused", {
        ...this.grants.place(tenant),
        message: what,
        issues: [{ option: `connections.${this.name}.regions`, expected: "the roots of the regions that are used" }]
      })
    return Effect.gen({ self: this }, function* () {
      // a region that was taken out of the configuration gets nothing any more
      const root = endpoint === undefined ? undefined : checkPinned(endpoint, this.#configuration)
      if (root !== undefined && Result.isFailure(root)) {
        return yield* Effect.fail(refused(`the region of this grant ${root.failure}`))
      }
      const looked = yield* this.#documents.look(root?.success ?? this.#configuration.root)
      return Result.isSuccess(looked) ? looked.success : yield* Effect.fail(refused(looked.failure))
    })
  }

  #endpoints(tenant: string, extras: GrantExtras | undefined): Effect.Effect<Endpoints, SageAuthError<Misconfigured>> {
    const { deletion } = this.#configuration
    return Effect.map(this.#document(tenant, extras), ({ authorise, token }) => ({
      authorize: authorise,
      token,
      revoke: deletion === undefined ? undefined : `${this.#rootOf(extras)}/${deletion.path}`
    }))
  }

  #pending(tenant: string, retryIn: number | undefined): SageAuthError<PairingPending> {
    const again =
      retryIn === undefined
        ? "it is asked for again when refresh() is called"
        : `it is asked for again in ${Math.ceil(retryIn / 1000)} seconds at the earliest, or when refresh() is called`
    return failure<PairingPending>("x3-gateway.pairing-pending", {
      ...this.grants.place(tenant),
      message: `no X3 user has accepted the pairing yet: ${again}`
    })
  }

  // ---------------------------------------------------------------- calls

  folders(
    tenant: string,
    options: CallOptions | undefined
  ): Effect.Effect<ReadonlyArray<string>, SageAuthError<FoldersReasons>> {
    const place = this.grants.place(tenant)
    return Effect.gen({ self: this }, function* () {
      const slot = this.grants.slot(tenant)
      const { value } = yield* this.grants.renewals.acquire(slot)
      const { folder } = yield* this.#document(tenant, value.grantExtras)
      const init = { headers: { accept: "application/json" }, ...options }
      return yield* jsonAnswer<ReadonlyArray<string>, FoldersReasons>(
        this.calls.whole(slot, folder, init, foldersLimit),
        {
          place,
          what: "the list of folders",
          read: readFolders,
          errors: callErrors,
          refused: "x3-gateway.request-rejected",
          unreadable: "x3-gateway.unreadable-answer",
          secrets: () => [value.accessToken],
          now: this.application.now
        }
      )
    }).pipe(withCallOptions(options, this.deadline, place, this.application))
  }
}

const effectClient = (at: X3GatewayEngine, tenant: string): X3GatewayClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    folders: (options) => at.folders(tenant, options),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  }
}

const promiseClient = (at: X3GatewayEngine, tenant: string): X3GatewayClient => {
  const effects = effectClient(at, tenant)
  const slot = at.grants.slot(tenant)
  return promiseClientOf<X3GatewayClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    })
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: X3GatewayEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant),
  promise: (tenant) => promiseClient(at, tenant),
  authorizing: at.grants.authorizing,
  keptAlive: keptAliveOf(at.grants)
})

/** How connections to X3's gateway are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new X3GatewayEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}
