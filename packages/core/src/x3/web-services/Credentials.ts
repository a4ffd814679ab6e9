import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "../../config/Result.ts"
import { askAgainAfter } from "../../config/duration.ts"
import { decode } from "../../config/decoder.ts"
import * as OptionDecoder from "../../config/options.ts"
import { holdsUntil, isTenantFunction, type PerTenant, secret } from "../../config/options.ts"
import type { Credential, Fresh, Slot } from "../../credential/CredentialCache.ts"
import { ConfiguredState, Incidents, type Refusal } from "../../credential/Incidents.ts"
import { type RenewalRequest, Renewals } from "../../credential/Renewals.ts"
import type { CredentialRejected, Issue, Misconfigured, StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError, TenantPlace } from "../../errors/SageAuthError.ts"
import type { CatalogueId } from "../../errors/catalogue.ts"
import { raise } from "../../errors/raise.ts"
import type { TokenReasons } from "../../oauth2/OAuthRules.ts"
import { jwtHints, lifeOf, lifetimeOf, type Token } from "../../oauth2/Token.ts"
import type { CertificateOptions, TokenSupplier } from "../auth.ts"
import { type CheckedBasic, decodeBasic } from "../credentialOptions.ts"
import { type ClientCertificate, ClientCertificates, type ClientTls } from "../ClientCertificates.ts"
import type { Authorizing } from "../../oauth2/completeAuthorization.ts"
import type { BegunAuthorization } from "../../oauth2/Authorizations.ts"
import type { DisconnectOptions, Status } from "../../Connection.ts"
import { dueWithin, type KeptAlive } from "../../grant/storePasses.ts"
import type { Fetch } from "../../transport/Answer.ts"
import type { Application } from "../../application/Application.ts"
import { type ReadOption, resolveOption } from "../../config/resolve.ts"
import {
  baseUrlOption,
  type ClientCredentialsConfiguration,
  clientIdOption,
  clientSecretOption,
  type OAuth2Configuration,
  type WebServicesConfiguration
} from "./options.ts"
import { keptAliveOf, OAuthGrants } from "../../oauth2/OAuthGrants.ts"
import type { ClientAuthentication } from "../../oauth2/tokenEndpoint.ts"
import * as Transport from "../../transport/Transport.ts"
import { callbackRules, clientErrors, codeErrors, refreshErrors } from "./judge.ts"

/** The options of a connection that may differ by tenant, asked for. */
export class ServerOptions {
  readonly application: Application
  readonly connection: string
  readonly configuration: WebServicesConfiguration
  /** subjects: there are as many as there are advices */
  readonly #advised = new Set<string>()

  constructor(application: Application, connection: string, configuration: WebServicesConfiguration) {
    this.application = application
    this.connection = connection
    this.configuration = configuration
  }

  place(tenant: string): TenantPlace {
    return { surface: "x3-web-services", connection: this.connection, tenant }
  }

  /** an option's value for one tenant; functions are asked */
  resolve<A>(
    option: unknown,
    name: string,
    tenant: string,
    read: ReadOption<A>
  ): Effect.Effect<A, SageAuthError<Misconfigured>> {
    return resolveOption(this.place(tenant), name, option, read)
  }

  /** the tenant's server; the first use of plain http is announced */
  base(tenant: string): Effect.Effect<string, SageAuthError<Misconfigured>> {
    const { advisePlainHttp, baseUrl, plainHttp, standIn } = this.configuration
    return Effect.tap(this.resolve(baseUrl, "baseUrl", tenant, baseUrlOption(plainHttp, standIn)), (base) =>
      Effect.sync(() => {
        if (!advisePlainHttp || !base.startsWith("http:")) return
        this.advise(
          tenant,
          "plain-http",
          "the credential goes over plain http, where everybody on the network reads it. Give baseUrl as https; plain http is for a simple network that you trust."
        )
      })
    )
  }

  /** announces an advice, once for a subject */
  advise(tenant: string, subject: string, message: string): void {
    if (this.#advised.has(subject)) return
    this.#advised.add(subject)
    this.application.publish({
      type: "advice",
      ...this.place(tenant),
      at: this.application.now(),
      subject,
      message: `${this.connection}: ${message}`
    })
  }
}

/** What a credential of any kind brings to a request. */
export interface RequestCredential {
  readonly tenant: string
  /** the tenant's server */
  readonly base?: string | undefined
  /** one frozen object for each credential; empty where the credential is a certificate */
  readonly headers: Readonly<Record<string, string>>
  /** carries the credential where headers do not */
  readonly fetch?: Fetch | undefined
  /** for other HTTP libraries, where the credential is a certificate */
  readonly tls?: (() => ClientTls) | undefined
}

/** The credentials of one connection, for all of its tenants: how they are got, and what a refusal of one means. */
export interface Credentials<V extends RequestCredential> {
  readonly renewals: Renewals<V, TokenReasons>
  readonly slot: (tenant: string) => Slot<V, TokenReasons>
  /** what 401 means */
  readonly unauthorized: CatalogueId
  /** whether a renewal may help after a 401 */
  readonly verdict: "credential-dead" | "credential-refused"
  /** the server refused it as it is configured; `code` as the server gave it: the status of HTTP, or an alert of TLS */
  readonly refused: (value: V, code: string | undefined) => void
  readonly accepted: (value: V) => void
  readonly status: (tenant: string) => Effect.Effect<Status, SageAuthError<StoreUnavailable>>
  readonly disconnect: (
    tenant: string,
    options: DisconnectOptions | undefined
  ) => Effect.Effect<{ readonly revoked: boolean }, SageAuthError<StoreUnavailable>>
  /** where a human consents */
  readonly interactive:
    | {
        readonly authorize: (
          tenant: string,
          options: { readonly returnTo: string }
        ) => Effect.Effect<BegunAuthorization, SageAuthError<StoreUnavailable | Misconfigured>>
        readonly authorizing: Authorizing
        readonly keptAlive: KeptAlive
      }
    | undefined
  /** the credential is a certificate */
  readonly certificates: boolean
}

type Request<V> = RenewalRequest<V>
type Made<V> = Effect.Effect<Fresh<V>, SageAuthError<TokenReasons>>

/** What the kinds that are configured, and need no grant, do alike. */
const configured = <V extends RequestCredential>(
  options: ServerOptions,
  kind: Pick<Credentials<V>, "unauthorized" | "verdict"> &
    Partial<Pick<Credentials<V>, "certificates">> & {
      readonly make: (request: Request<V>, incidents: Incidents) => Made<V>
      /** what a refusal of a credential is; undefined: none that begins an incident */
      readonly refusal?: (value: V) => Omit<Refusal, "code">
      /** until when a credential is good, where its end says something */
      readonly endOf?: (credential: Credential<V>) => number | undefined
    }
): Credentials<V> => {
  const { application, connection } = options
  const renewals = new Renewals<V, TokenReasons>(application, {
    surface: "x3-web-services",
    connection,
    tenantOf: (key) => key,
    renew: (request) => Effect.tap(kind.make(request, incidents), () => Effect.sync(() => state.used(request.key)))
  })
  const slot = (tenant: string): Slot<V, TokenReasons> => renewals.cache.slot(tenant)
  const place = (tenant: string) => options.place(tenant)
  const incidents = new Incidents(application, place, slot)
  const state = new ConfiguredState(application, place, slot)
  return {
    renewals,
    slot,
    unauthorized: kind.unauthorized,
    verdict: kind.verdict,
    refused: (value, code) => {
      const refusal = kind.refusal?.(value)
      if (refusal !== undefined) incidents.refused(value.tenant, { ...refusal, code })
    },
    accepted: (value) => incidents.accepted(value.tenant, [kind.refusal?.(value).name]),
    certificates: kind.certificates ?? false,
    interactive: undefined,
    status: (tenant) =>
      Effect.sync(() => {
        const { credential } = slot(tenant)
        return state.status(tenant, {
          refused: incidents.isHeldBack(tenant),
          accepted: credential?.accepted === true,
          endsAt: credential === undefined ? undefined : kind.endOf?.(credential)
        })
      }),
    disconnect: (tenant) =>
      Effect.sync(() => {
        renewals.forget(slot(tenant))
        return state.disconnected(tenant)
      })
  }
}

/** A user and password in hand. */
interface BasicAccess extends RequestCredential {
  readonly base: string
  /** names them without saying anything about them */
  readonly fingerprint: string
}

/**
 * The `Authorization` header of a user and password, in UTF-8.
 *
 * Source: RFC 7617, section 2; online-help.sagex3.com, V12, Web services: basic authentication.
 */
export const basicHeader = ({ password, user }: CheckedBasic): string =>
  `Basic ${Buffer.from(`${user}:${Redacted.value(password)}`, "utf8").toString("base64")}`

/** User and password, sent with each request. What was rejected is held back: accounts lock. */
export const basicCredentials = (
  options: ServerOptions,
  auth: CheckedBasic | ((tenant: string) => unknown)
): Credentials<BasicAccess> => {
  const { application, configuration } = options
  const make = ({ cause, key: tenant }: Request<BasicAccess>, incidents: Incidents): Made<BasicAccess> =>
    Effect.gen(function* () {
      const base = yield* options.base(tenant)
      const checked = isTenantFunction(auth) ? yield* options.resolve(auth, "auth", tenant, decodeBasic) : auth
      const fingerprint = application.rejections.fingerprint([
        "x3-web-services",
        new URL(base).origin,
        checked.user,
        Redacted.value(checked.password)
      ])
      yield* incidents.admit(tenant, [fingerprint], cause === "asked")
      return {
        value: { tenant, base, fingerprint, headers: Object.freeze({ authorization: basicHeader(checked) }) },
        expiresAt: holdsUntil(application.now(), auth, configuration.baseUrl)
      }
    })
  return configured(options, {
    unauthorized: "x3-web-services.basic-rejected",
    verdict: "credential-refused",
    make,
    refusal: ({ fingerprint }) => ({ what: "login", name: fingerprint })
  })
}

/** A client certificate in hand. */
interface CertificateAccess extends RequestCredential {
  readonly base: string
  readonly certificate: ClientCertificate
}

const noHeaders = Object.freeze({})

/** TLS client certificates: nothing of them is in a header. */
export const certificateCredentials = (
  options: ServerOptions,
  auth: PerTenant<CertificateOptions>
): Credentials<CertificateAccess> => {
  const { application, configuration, connection } = options
  const certificates = new ClientCertificates(application, {
    surface: "x3-web-services",
    connection,
    auth,
    slot: (tenant) => credentials.slot(tenant),
    ca: configuration.ca
  })
  const make = ({ key: tenant, replaces }: Request<CertificateAccess>): Made<CertificateAccess> =>
    Effect.gen(function* () {
      const base = yield* options.base(tenant)
      const held = replaces?.value.certificate
      const before = held?.fingerprint
      const certificate = yield* certificates.acquire(tenant, held)
      const { expiresAt, fingerprint, renewAt } = certificate
      const asked = holdsUntil(application.now(), configuration.baseUrl)
      return {
        value: {
          tenant,
          base,
          certificate,
          fetch: (input, init) => certificate.fetch(input, init),
          tls: () => certificate.tls(),
          headers: noHeaders
        },
        expiresAt: Math.min(expiresAt, asked),
        renewAt: Math.min(renewAt, asked),
        unchanged: fingerprint === before
      }
    })
  const credentials: Credentials<CertificateAccess> = configured(options, {
    unauthorized: "x3-web-services.certificate-unmapped",
    verdict: "credential-refused",
    certificates: true,
    make,
    endOf: ({ value }) => value.certificate.expiresAt,
    // a certificate that is refused causes no lock-out, and is sent again
    refusal: () => ({ what: "login" })
  })
  return credentials
}

/** A token of the application's own making in hand. */
interface SuppliedAccess extends RequestCredential {
  readonly base: string
  readonly token: Redacted.Redacted
  /** milliseconds since the epoch, as the application said */
  readonly endsAt: number | undefined
}

const tokenText = OptionDecoder.secretText("access token")

const supplied = "an access token, or { token, expiresAt } with a Date that lies ahead"

/** what a supplier answered; never its value in an issue */
const readSupplied =
  (now: number) =>
  (
    answer: unknown,
    at: string
  ): Result.Result<
    { readonly token: Redacted.Redacted; readonly endsAt: number | undefined },
    ReadonlyArray<Issue>
  > => {
    const wrong = Result.fail([{ option: at, expected: `a function that returns ${supplied}` }])
    const whole = Predicate.isObject(answer) && !Redacted.isRedacted(answer)
    const read = Result.try(() => (whole ? { ...answer } : { token: answer }) as Record<string, unknown>)
    if (Result.isFailure(read)) return wrong
    const { expiresAt, token } = read.success
    const text = decode(tokenText, token, at)
    if (Result.isFailure(text)) return wrong
    const value = Redacted.value(text.success)
    // it goes into a header, which a line break would end
    if (!/^[\x21-\x7e]+$/.test(value)) {
      return Result.fail([{ option: at, expected: "a token that a header can carry: visible ASCII without spaces" }])
    }
    if (expiresAt === undefined) return Result.succeed({ token: secret(value, "access token"), endsAt: undefined })
    const endsAt = expiresAt instanceof Date ? expiresAt.getTime() : Number.NaN
    return endsAt > now ? Result.succeed({ token: secret(value, "access token"), endsAt }) : wrong
  }

/** Tokens that a function of the application's supplies. They are kept in memory only. */
export const suppliedCredentials = (options: ServerOptions, supplier: TokenSupplier): Credentials<SuppliedAccess> => {
  const { application, configuration } = options
  const unauthorized: CatalogueId = "x3-web-services.bearer-rejected"
  const make = ({ cause, key: tenant, replaces }: Request<SuppliedAccess>): Made<SuppliedAccess> =>
    Effect.gen(function* () {
      const base = yield* options.base(tenant)
      const { endsAt, token } = yield* options.resolve(supplier, "auth", tenant, (answer, at) =>
        readSupplied(application.now())(answer, at)
      )
      const now = application.now()
      const before = replaces?.value
      const same = before !== undefined && Redacted.value(before.token) === Redacted.value(token)
      // asking again for what was rejected brings nothing; somebody who asks for a renewal may know better
      if (same && cause === "rejected") {
        return yield* raise<CredentialRejected>(unauthorized, {
          ...options.place(tenant),
          message: "the token was rejected, and the function that supplies it gave the same one again"
        })
      }
      const { maxTokenAge } = configuration
      const life = lifeOf({
        expiresIn: endsAt === undefined ? undefined : endsAt - now,
        tokenSpan: undefined,
        cap: maxTokenAge,
        assumed: askAgainAfter
      })
      // where its end is unknown, it is asked for again and not taken for dead
      const { renewAfter, usable } =
        endsAt === undefined ? { renewAfter: life, usable: life } : lifetimeOf(life, application.random())
      const unchanged = same && before.endsAt === endsAt && before.base === base
      const headers = unchanged ? before.headers : Object.freeze({ authorization: `Bearer ${Redacted.value(token)}` })
      return {
        value: { tenant, base, token, endsAt, headers },
        expiresAt: now + usable,
        renewAt: unchanged ? now + usable : now + renewAfter,
        unchanged: unchanged
      }
    })
  return configured(options, {
    unauthorized,
    verdict: "credential-dead",
    make,
    endOf: ({ value }) => value.endsAt
  })
}

/** Assumed where a token's life is not said, in milliseconds: what is renewed too early costs one request. */
const assumedLife = 5 * 60_000

/** Access tokens of the customer's own identity provider: by a human's consent, or by the client's own credentials. */
export const grantCredentials = (
  options: ServerOptions,
  auth:
    | ({ readonly kind: "oauth2" } & OAuth2Configuration)
    | ({ readonly kind: "client-credentials" } & ClientCredentialsConfiguration),
  fetch: Fetch
): Credentials<Token> => {
  const { application, configuration, connection } = options
  const human = auth.kind === "oauth2" ? auth : undefined
  const grants: OAuthGrants = new OAuthGrants(application, Transport.make(fetch, application.clock), {
    surface: "x3-web-services",
    connection,
    endpoints: {
      authorize: human?.authorizeUrl ?? auth.tokenUrl,
      token: auth.tokenUrl,
      revoke: human?.revokeUrl
    },
    body: "form",
    client: (tenant): Effect.Effect<ClientAuthentication, SageAuthError<Misconfigured>> =>
      Effect.gen(function* () {
        const clientId = yield* options.resolve(auth.clientId, "auth.clientId", tenant, clientIdOption)
        if (auth.clientSecret === undefined) return { method: "none" as const, clientId }
        const clientSecret = yield* options.resolve(auth.clientSecret, "auth.clientSecret", tenant, clientSecretOption)
        return { method: auth.clientAuthentication, clientId, clientSecret }
      }),
    issuedFor: (tenant) =>
      Effect.map(options.resolve(auth.clientId, "auth.clientId", tenant, clientIdOption), (clientId) =>
        auth.kind === "oauth2"
          ? [clientId, new URL(auth.tokenUrl).origin]
          : [clientId, auth.tokenUrl, auth.scope, ...Object.entries(auth.parameters).flat()]
      ),
    inDoubt: configuration.inDoubt,
    refreshErrors,
    refreshParameters: () => ({}),
    life: { assumed: assumedLife, cap: configuration.maxTokenAge },
    spanOf: (token) => jwtHints(token).span,
    grantLifeOf: ({ refreshToken, refreshTokenExpiresIn }) =>
      refreshToken === undefined ? undefined : (refreshTokenExpiresIn ?? jwtHints(refreshToken).span),
    dueIn:
      human === undefined
        ? // asked for anew whenever it is needed
          () => undefined
        : dueWithin(application),
    keepAliveConcurrency: configuration.keepAliveConcurrency,
    extraMembers: [],
    fixedHeaders: () => Effect.succeed({}),
    base: (tenant) => options.base(tenant),
    revocation:
      human?.revokeUrl === undefined ? undefined : { endsOnlyThisGrant: true, parameters: (token) => ({ token }) },
    ask:
      human === undefined
        ? (tenant) =>
            grants.requestTokens(tenant, {
              parameters: { ...auth.parameters, grant_type: "client_credentials", scope: auth.scope },
              errors: clientErrors
            })
        : undefined,
    interactive:
      human === undefined
        ? undefined
        : {
            redirectUri: human.redirectUri,
            scope: human.scope,
            issuer: human.issuer,
            parameters: () => Effect.succeed(human.parameters),
            callback: { ...callbackRules, issuerOrigin: new URL(human.authorizeUrl).origin },
            codeErrors
          }
  })
  const { authorizing } = grants
  return {
    renewals: grants.renewals,
    slot: (tenant) => grants.slot(tenant),
    unauthorized: "x3-web-services.bearer-rejected",
    verdict: "credential-dead",
    refused: () => {},
    accepted: () => {},
    status: (tenant) => grants.status(tenant),
    disconnect: (tenant, how) => grants.disconnect(tenant, how),
    certificates: false,
    interactive:
      authorizing === undefined
        ? undefined
        : {
            authorize: (tenant, how) => grants.authorize(tenant, how),
            authorizing,
            keptAlive: keptAliveOf(grants)
          }
  }
}
