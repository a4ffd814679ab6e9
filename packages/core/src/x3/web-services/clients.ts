import * as Effect from "effect/Effect"
import type { World } from "../../Connection.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"
import type { Application } from "../../application/Application.ts"
import { onlyMembers, promiseClientOf, runPromise } from "../../application/promise.ts"
import type { Interactive } from "../../calls/HttpClient.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import * as Result from "../../config/Result.ts"
import type { Fetch } from "../../transport/Answer.ts"
import { fetchTrusting } from "../../transport/tls.ts"
import {
  basicCredentials,
  certificateCredentials,
  type Credentials,
  grantCredentials,
  type RequestCredential,
  ServerOptions,
  suppliedCredentials
} from "./Credentials.ts"
import { X3WebServicesEngine } from "./X3WebServicesEngine.ts"
import type { PageOptions } from "../../paging/Page.ts"
import { readPages, readRecords } from "../../paging/readPages.ts"
import {
  membersOf,
  type WithTls,
  type X3WebServicesListReasons,
  type X3WebServicesClient
} from "./X3WebServicesClient.ts"
import { decodeOptions, type Deployment, type WebServicesConfiguration } from "./options.ts"

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
