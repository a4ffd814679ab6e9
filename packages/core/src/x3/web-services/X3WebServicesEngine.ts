import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type Application, type CallOptions, whileOpen, withCallOptions } from "../../application/Application.ts"
import { AuthorizedCalls } from "../../calls/AuthorizedCalls.ts"
import type { CallReasons, WholeAnswer } from "../../calls/CallRules.ts"
import type { FetchOptions, Interactive } from "../../calls/HttpClient.ts"
import { alike, jsonAnswer, unreadBody } from "../../calls/heldBody.ts"
import * as Result from "../../config/Result.ts"
import type {
  AcquireReasons,
  FunctionFailed,
  Misconfigured,
  PermissionDenied,
  RequestRejected
} from "../../errors/Reason.ts"
import { failure, isSageAuthError, type SageAuthError } from "../../errors/SageAuthError.ts"
import { raiseMisconfigured } from "../../errors/raise.ts"
import type { TokenReasons } from "../../oauth2/OAuthRules.ts"
import {
  type OpenSource,
  type PageOptions,
  type ReadPage,
  readPages,
  readRecords,
  withParameter,
  wrongPath
} from "../../paging/readPages.ts"
import type { Traffic } from "../../calls/Admission.ts"
import { type FailedRequest, retryingRequest } from "../../traffic/retrying.ts"
import { inSpan, placeAttributes } from "../../telemetry/instrumentation.ts"
import { type Fetch, mayRepeat, retryAfter } from "../../transport/Answer.ts"
import type { TransportFailure } from "../../transport/TransportFailure.ts"
import type { ClientTls } from "../ClientCertificates.ts"
import {
  type Credentials,
  type RequestCredential,
  ServerOptions,
  basicCredentials,
  certificateCredentials,
  grantCredentials,
  suppliedCredentials
} from "./Credentials.ts"
import {
  type X3WebServicesListReasons,
  membersOf,
  type WithTls,
  type X3WebServicesClient
} from "./X3WebServicesClient.ts"
import { callErrors, diagnosed, diagnosedStart, isUnauthorized, judge, reads } from "./judge.ts"
import { type SoapRefusal, type SoapResult, writeCall, type WrittenCall } from "./soap/SoapCall.ts"
import { interpret, refusalOf, saysChannelsBusy } from "./soap/readAnswer.ts"
import type { World } from "../../Connection.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"
import { onlyMembers, promiseClientOf, runPromise } from "../../application/promise.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import { fetchTrusting } from "../../transport/tls.ts"
import { decodeOptions, type Deployment, type WebServicesConfiguration } from "./options.ts"

/**
 * A fetch whose answers have no `Set-Cookie`: web services keep no session, and a cookie that somebody picks up opens
 * an interactive one.
 *
 * Source: online-help.sagex3.com, Web services: differences to SData.
 */
export const withoutCookies =
  (fetch: Fetch): Fetch =>
  async (input, init) => {
    const response = await fetch(input, init)
    if (!response.headers.has("set-cookie")) return response
    const headers = new Headers(response.headers)
    headers.delete("set-cookie")
    return alike(response, response.body, headers)
  }

/** Permits of a SOAP pool that the options do not name: the least that a pool in use has. */
const defaultPoolPermits = 2

/** The largest answer of a SOAP call that is read, in bytes. */
const answerLimit = 64 * 1024 * 1024

/** Where SOAP calls go. Source: online-help.sagex3.com, SOAP web services. */
const soapPath = "soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"

/** The most records of a page that are asked for: no page of Sage's names a limit. */
const mostRecords = 10_000

/** Source: online-help.sagex3.com, Web services: query. */
const pageIn = (body: unknown): ReadPage<string> | undefined => {
  if (!Predicate.hasProperty(body, "$resources") || !Array.isArray(body.$resources)) return undefined
  const links = Predicate.hasProperty(body, "$links") ? body.$links : undefined
  const next = Predicate.hasProperty(links, "$next") ? links.$next : undefined
  const url = Predicate.hasProperty(next, "$url") && typeof next.$url === "string" ? next.$url : undefined
  return { records: body.$resources as ReadonlyArray<unknown>, total: undefined, next: url }
}

type Acquire = AcquireReasons["x3-web-services"]

/** What a SOAP call can fail with. */
export type SoapReasons = Acquire | Misconfigured | PermissionDenied | RequestRejected | FunctionFailed

/** A SOAP call that did not succeed. */
interface FailedSoap extends FailedRequest {
  readonly error: SageAuthError<SoapReasons>
}

/** It is not repeated once more: it was sent as often as the schedules say, or sending it again changes nothing. */
const final = (error: SageAuthError): FailedSoap => ({
  error: error as SageAuthError<SoapReasons>,
  processed: "unknown",
  settled: true
})

/** One connection to X3's web services at work, for all of its tenants. */
export class X3WebServicesEngine<V extends RequestCredential> {
  readonly application: Application
  readonly name: string
  readonly calls: AuthorizedCalls<V, TokenReasons>
  readonly credentials: Credentials<V>
  readonly deadline: number
  readonly #options: ServerOptions
  /** the last one: nearly all calls have the same base */
  #host: { readonly base: string; readonly host: string } | undefined = undefined

  constructor(options: ServerOptions, credentials: Credentials<V>, fetch: Fetch) {
    const { application, configuration, connection } = options
    this.#options = options
    this.application = application
    this.name = connection
    this.credentials = credentials
    this.deadline = configuration.deadline ?? application.settings.deadline
    this.calls = new AuthorizedCalls(application, credentials.renewals, {
      surface: "x3-web-services",
      connection,
      fetch: withoutCookies(fetch),
      fetchOf: ({ fetch: own }) => (own === undefined ? undefined : withoutCookies(own)),
      prepare: (headers, path, tenant) => this.#prepare(headers, path, tenant),
      // a browser is sent to the login page; a program is told
      defaults: { accept: "application/json" },
      deadline: this.deadline,
      base: baseOf,
      headers: ({ headers }) => headers,
      judge: (response) => judge(response, credentials.verdict),
      reads,
      readLimit: diagnosedStart,
      failed: (response, text, value) =>
        // most answers hold none, and need not be parsed
        text.includes("$diagnoses")
          ? diagnosed(response, text, secretsOf(value), options.place(value.tenant))
          : undefined,
      explain: (lost, value) => this.#explain(lost, value),
      refused: (value) => credentials.refused(value, "401"),
      learn: (value, response) => {
        if (response.ok) credentials.accepted(value)
      },
      traffic: (value) => this.#restTraffic(value),
      limited: "x3-web-services.rate-limited",
      unavailable: "x3-web-services.service-unavailable"
    })
  }

  // ---------------------------------------------------------------- what is sent

  #prepare(headers: Headers | undefined, path: string, tenant: string): void {
    if (headers?.has("cookie") === true) {
      headers.delete("cookie")
      this.#options.advise(
        tenant,
        "cookie-dropped",
        "a cookie was given to fetch and not sent: web services keep no session, and each request carries the credential."
      )
    }
    if (this.credentials.certificates && headers?.has("authorization") === true) {
      headers.delete("authorization")
      this.#options.advise(
        tenant,
        "authorization-dropped",
        "an authorization header was given to fetch and not sent: X3 knows the caller by the client certificate, which takes precedence."
      )
    }
    if (/^(?:https?:\/\/[^/]+)?\/*sdata\//i.test(path)) {
      this.#options.advise(
        tenant,
        "sdata-takes-a-badge",
        "paths below sdata/ are for interactive sessions and take a licence badge. Call the same resource below api1/."
      )
    }
  }

  #hostOf(value: V): string {
    const base = baseOf(value)
    if (this.#host?.base !== base) this.#host = { base, host: new URL(base).host }
    return this.#host.host
  }

  #restTraffic(value: V): Traffic | undefined {
    const { permits } = this.#options.configuration
    return permits === undefined ? undefined : { pool: `x3 ${this.#hostOf(value)}`, permits }
  }

  #soapTraffic(value: V, alias: string): Traffic {
    const { pools } = this.#options.configuration
    const permits = Object.hasOwn(pools, alias) ? pools[alias] : undefined
    return { pool: `x3 ${this.#hostOf(value)} ${alias}`, permits: permits ?? defaultPoolPermits }
  }

  #explain({ code, problem }: TransportFailure, value: V): SageAuthError | undefined {
    if (problem !== "certificate-refused") return undefined
    // the server may ask for one that this connection does not have: then its credential was not looked at
    if (this.credentials.certificates) this.credentials.refused(value, code)
    return failure("x3-web-services.certificate-refused", { ...this.#options.place(value.tenant), code })
  }

  // ---------------------------------------------------------------- REST

  /** the failure that an answer reports in spite of its status is one of the call's own */
  fetch(
    tenant: string,
    path: string,
    init: FetchOptions | undefined
  ): Effect.Effect<Response, SageAuthError<TokenReasons | CallReasons | FunctionFailed | RequestRejected>> {
    return this.calls.fetch(this.credentials.slot(tenant), path, init)
  }

  /** a list of the REST services, page by page */
  listed(
    tenant: string,
    path: string,
    options: PageOptions<never> | PageOptions | undefined,
    called: "pages" | "records"
  ): OpenSource<string, X3WebServicesListReasons> {
    const place = this.#options.place(tenant)
    const slot = this.credentials.slot(tenant)
    const asCalled = `${called}(path)`
    return () =>
      wrongPath(path, asCalled, place) ?? {
        application: this.application,
        place,
        called: asCalled,
        deadline: this.deadline,
        mostRecords,
        first: withParameter(path, "count", options?.pageSize),
        read: (at) =>
          jsonAnswer<ReadPage<string>, X3WebServicesListReasons>(
            this.calls.whole(slot, at, { deadline: options?.deadline }, answerLimit, { called: asCalled }),
            {
              place,
              what: "a list",
              read: pageIn,
              errors: [{ id: this.credentials.unauthorized, statuses: [401, 302, 303, 307] }, ...callErrors],
              refused: "x3-web-services.request-rejected",
              unreadable: "x3-web-services.unreadable-answer",
              secrets: () => {
                const { credential, rejected } = this.credentials.renewals.cache.live(slot)
                return [credential, rejected].flatMap((each) => (each === undefined ? [] : secretsOf(each.value)))
              },
              now: this.application.now
            }
          ),
        nameOf: (at) => at
      }
  }

  // ---------------------------------------------------------------- SOAP

  soap(tenant: string, call: CallOptions): Effect.Effect<SoapResult, SageAuthError<SoapReasons>> {
    const place = this.#options.place(tenant)
    const { configuration } = this.#options
    return Effect.gen({ self: this }, function* () {
      yield* whileOpen(this.application, place)
      const written = writeCall(call, configuration)
      if (Result.isFailure(written)) return yield* raiseMisconfigured(written.failure, place)
      const { deadline, signal } = call
      const once = this.#send(tenant, written.success, { deadline, signal })
      return yield* once.pipe(
        retryingRequest(this.application.settings.retry, ({ processed }) =>
          mayRepeat(processed, written.success.idempotent)
        ),
        Effect.mapError(({ error }) => error),
        withCallOptions({ deadline, signal }, this.deadline, place, this.application)
      )
    }).pipe(inSpan("sage-auth.soap", { attributes: () => placeAttributes(place) }))
  }

  /** whether a refusal says that the call waited in vain; a function of the user's that throws says nothing */
  readonly #channelsBusy = (refusal: SoapRefusal): boolean => {
    const { channelsBusy = saysChannelsBusy } = this.#options.configuration
    const busy = Result.try(() => channelsBusy(refusal))
    return Result.isSuccess(busy) && busy.success
  }

  #send(tenant: string, call: WrittenCall, options: CallOptions): Effect.Effect<SoapResult, FailedSoap> {
    const { credentials } = this
    return Effect.suspend(() => {
      const slot = credentials.slot(tenant)
      const init: FetchOptions = {
        method: "POST",
        headers: { "content-type": "text/xml; charset=utf-8", soapaction: call.operation, accept: "text/xml" },
        body: call.body,
        ...options
      }
      const sent = this.calls.whole(slot, soapPath, init, answerLimit, {
        idempotent: call.idempotent,
        traffic: (value) => this.#soapTraffic(value, call.pool),
        judge: (response, text) => {
          const verdict = judge(response, credentials.verdict)
          // what waited in vain for a channel is tried again here, where its words are read
          return verdict === "unavailable" && this.#channelsBusy(refusalOf(response.status, text ?? ""))
            ? "accepted"
            : verdict
        }
      })
      return sent.pipe(
        Effect.mapError((lost) => (isSageAuthError(lost) ? final(lost) : this.#unread(tenant, lost))),
        Effect.flatMap((answer) => this.#answered(tenant, call, answer))
      )
    })
  }

  #unread(tenant: string, lost: TransportFailure): FailedSoap {
    const place = this.#options.place(tenant)
    const error = unreadBody<SoapReasons>(lost, "x3-web-services.unreadable-answer", place)
    return { error, processed: "unknown" }
  }

  #answered(tenant: string, call: WrittenCall, { response, text }: WholeAnswer): Effect.Effect<SoapResult, FailedSoap> {
    const { credentials } = this
    const slot = credentials.renewals.cache.live(credentials.slot(tenant))
    const held = [slot.credential, slot.rejected].flatMap((each) => (each === undefined ? [] : [each.value]))
    // a redirect to the login page is what a browser gets in place of 401
    const status = isUnauthorized(response) ? 401 : response.status
    const interpreted = interpret(
      { status, headers: response.headers, text },
      {
        json: call.json,
        channelsBusy: this.#channelsBusy,
        unauthorized: credentials.unauthorized,
        retryAfter: retryAfter(response.headers, this.application.now()),
        secrets: held.flatMap(secretsOf),
        place: this.#options.place(tenant)
      }
    )
    if (interpreted._tag === "Done") return Effect.succeed(interpreted.result)
    const { error, processed } = interpreted
    return Effect.fail(processed === "yes" ? final(error) : { error: error as SageAuthError<SoapReasons>, processed })
  }

  // ---------------------------------------------------------------- credentials

  tls(tenant: string, options: CallOptions | undefined): Effect.Effect<ClientTls, SageAuthError<Acquire>> {
    const { renewals, slot } = this.credentials
    const place = this.#options.place(tenant)
    return whileOpen(this.application, place).pipe(
      Effect.andThen(renewals.acquire(slot(tenant))),
      Effect.flatMap(({ value: { tls } }) => (tls === undefined ? Effect.die("no certificate") : Effect.sync(tls))),
      withCallOptions(options, this.deadline, place, this.application)
    )
  }

  refresh(tenant: string, options: CallOptions | undefined): Effect.Effect<void, SageAuthError<Acquire>> {
    const { renewals, slot } = this.credentials
    return Effect.suspend(() => renewals.refresh(slot(tenant), "asked")).pipe(
      Effect.asVoid,
      withCallOptions(options, this.deadline, this.#options.place(tenant), this.application)
    )
  }
}

/** every credential of this surface was made with its server */
const baseOf = ({ base }: RequestCredential): string => base as string

/** what was sent, which an answer may quote: the header, and the password in it */
const secretsOf = ({ headers }: RequestCredential): ReadonlyArray<Redacted.Redacted> => {
  const [scheme, sent] = headers["authorization"]?.split(" ") ?? []
  if (sent === undefined) return []
  const pair = scheme === "Basic" ? Buffer.from(sent, "base64").toString("utf8") : undefined
  const password = pair?.slice(pair.indexOf(":") + 1)
  return [sent, pair, password].filter((secret) => secret !== undefined).map((secret) => Redacted.make(secret))
}

const surface = "x3-web-services"

type All<W extends World> = X3WebServicesClient<W> & WithTls<W> & Interactive<W>

const membersAt = <V extends RequestCredential>({ credentials }: X3WebServicesEngine<V>) =>
  membersOf({ certificate: credentials.certificates, interactive: credentials.interactive !== undefined })

const effectClient = <V extends RequestCredential>(at: X3WebServicesEngine<V>, tenant: string): All<"effect"> => {
  const { credentials } = at
  const slot = credentials.slot(tenant)
  return onlyMembers(membersAt(at), {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.fetch(tenant, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    records: <R>(path: string, options?: PageOptions<R>) =>
      readRecords<string, R, X3WebServicesListReasons>(at.listed(tenant, path, options, "records"), options),
    pages: <R>(path: string, options?: PageOptions<R>) =>
      readPages<string, R, X3WebServicesListReasons>(at.listed(tenant, path, options, "pages"), options),
    soap: (call) => at.soap(tenant, call),
    tls: (options) => at.tls(tenant, options),
    authorize: (options) => credentials.interactive?.authorize(tenant, options) ?? Effect.die("not interactive"),
    refresh: (options) => at.refresh(tenant, options),
    status: () => credentials.status(tenant),
    disconnect: (options) => credentials.disconnect(tenant, options)
  })
}

const promiseClient = <V extends RequestCredential>(at: X3WebServicesEngine<V>, tenant: string): All<"promise"> => {
  const effects = effectClient(at, tenant)
  const slot = at.credentials.slot(tenant)
  return promiseClientOf<All<"promise">>(at.application, membersAt(at), effects, {
    ...plainCalls(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    }),
    // its signal also ends the reading of the answer
    soap: (call) => runPromise(at.application, effects.soap(call), call?.signal)
  })
}

/** The clients of a connection at work. */
export const clientsOf = <V extends RequestCredential>(at: X3WebServicesEngine<V>): OpenConnection => {
  const { interactive } = at.credentials
  return {
    effect: (tenant) => effectClient(at, tenant),
    promise: (tenant) => promiseClient(at, tenant),
    authorizing: interactive?.authorizing,
    keptAlive: interactive?.keptAlive
  }
}

const open = (application: Application, name: string, configuration: WebServicesConfiguration): OpenConnection => {
  const { auth, ca } = configuration
  const options = new ServerOptions(application, name, configuration)
  const fetch: Fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
  const clients = <V extends RequestCredential>(credentials: Credentials<V>) =>
    clientsOf(new X3WebServicesEngine(options, credentials, fetch))
  switch (auth.kind) {
    case "basic":
      return clients(basicCredentials(options, auth.options))
    case "certificate":
      return clients(certificateCredentials(options, auth.options))
    case "supplied":
      return clients(suppliedCredentials(options, auth.options))
    case "oauth2":
    case "client-credentials":
      return clients(grantCredentials(options, auth, fetch))
  }
}

/** How connections to X3's web services are put to work. */
export const workOf = (deployment: Deployment): Work => ({
  validate: (options, at) =>
    Result.match(decodeOptions(options, deployment, at), { onSuccess: () => [], onFailure: (issues) => issues }),
  open: (options, application, name) =>
    open(application, name, Result.getOrThrow(decodeOptions(options, deployment, `connections.${name}`)))
})
