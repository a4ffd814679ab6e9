import * as Result from "effect/Result"
import type { Application } from "../../Application.ts"
import type { Interactive } from "../../calls/HttpClient.ts"
import { type Connection, define, type OpenConnection, type Worlds } from "../../Connection.ts"
import type { Fetch } from "../../transport/Answer.ts"
import { fetchTrusting } from "../../transport/privateCa.ts"
import { authOf, type X3Certificate, type X3OAuth2 } from "../auth.ts"
import { clientsOf } from "./clients.ts"
import { basicCredentials, certificateCredentials, suppliedCredentials } from "./configuredCredentials.ts"
import type { Carried, Credentials } from "./Credentials.ts"
import { grantCredentials } from "./grantCredentials.ts"
import {
  decodeOptions,
  type Deployment,
  type OnlineOptions,
  type OnPremiseOptions,
  type WebServicesConfiguration,
  type X3Auth,
  type X3OnlineAuth
} from "./options.ts"
import { ServerOptions } from "./ServerOptions.ts"
import { WebServicesConnection } from "./WebServicesConnection.ts"
import type { WithTls, X3WebServicesClient } from "./X3WebServicesClient.ts"

/** A connection to X3's web services. Its clients can do what its credential can. */
export type X3WebServices<A extends X3Auth = X3Auth> = Connection<
  "x3-web-services",
  A extends X3OAuth2
    ? Worlds<X3WebServicesClient & Interactive, X3WebServicesClient<"effect"> & Interactive<"effect">>
    : A extends X3Certificate
      ? Worlds<X3WebServicesClient & WithTls, X3WebServicesClient<"effect"> & WithTls<"effect">>
      : Worlds<X3WebServicesClient, X3WebServicesClient<"effect">>
>

const open = (application: Application, name: string, configuration: WebServicesConfiguration): OpenConnection => {
  const { auth, ca } = configuration
  const options = new ServerOptions(application, name, configuration)
  const fetch: Fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
  const clients = <V extends Carried>(credentials: Credentials<V>) =>
    clientsOf(new WebServicesConnection(options, credentials, fetch))
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

const connectionOf = <A extends X3Auth>(options: { readonly auth: A }, deployment: Deployment): X3WebServices<A> => {
  const decoded = (at: string) => decodeOptions(options, deployment, at)
  return define({
    surface: "x3-web-services",
    // from JavaScript it may be anything
    interactive: authOf((options as { readonly auth?: unknown } | undefined)?.auth)?.kind === "oauth2",
    redirectUri: () => {
      const { auth } = Result.getOrThrow(decoded(""))
      return auth.kind === "oauth2" ? auth.redirectUri : undefined
    },
    validate: (at) => Result.match(decoded(at), { onSuccess: () => [], onFailure: (issues) => issues }),
    // only after validate found nothing
    open: (application, name) => open(application, name, Result.getOrThrow(decoded(`connections.${name}`)))
  })
}

/**
 * A connection to the web services of an X3 server on premise: REST `api1` and SOAP, by user and password, client
 * certificate or OAuth2.
 *
 * Never throws: `createSageAuth` and `SageAuth.make` check it, with all other mistakes at once.
 *
 * Source: online-help.sagex3.com, V12, Web services integration guide; developer.sage.com, X3, SOAP guide.
 *
 * @example
 * ```ts
 * const erp = x3.onPremise({
 *   baseUrl: "https://x3.acme.example:8124",
 *   auth: x3.basic({ user: "INTEGRATION", password: process.env["X3_PASSWORD"] ?? "" })
 * })
 * ```
 */
export const onPremise = <const A extends X3Auth>(options: OnPremiseOptions<A>): X3WebServices<A> =>
  connectionOf(options, "onPremise")

/**
 * A connection to the web services of X3 Online, which takes OAuth2 only: user and password, or a certificate, do not
 * compile, and from JavaScript are an error at start-up that says what a move to the cloud takes.
 *
 * Source: online-help.sagex3.com, V12, Web services: OAuth2 authentication; developer.sage.com, X3, SOAP guide.
 *
 * @example
 * ```ts
 * const erp = x3.online({
 *   baseUrl: "https://acme.sagex3.com",
 *   auth: x3.oauth2({
 *     authorizeUrl: "https://login.acme.example/authorize",
 *     tokenUrl: "https://login.acme.example/token",
 *     clientId: "…",
 *     clientSecret: process.env["X3_CLIENT_SECRET"] ?? "",
 *     redirectUri: "https://app.example/sage/callback/erp"
 *   })
 * })
 * ```
 */
export const online = <const A extends X3OnlineAuth>(options: OnlineOptions<A>): X3WebServices<A> =>
  connectionOf(options, "online")
