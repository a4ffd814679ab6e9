import type { Clients, Connection, Definition } from "../../Connection.ts"
import type { Interactive } from "../../calls/HttpClient.ts"
import * as Result from "../../config/Result.ts"
import { readVariables } from "../../config/readVariables.ts"
import { define, fromVariables, type VariablesSettings } from "../../createSageAuth.ts"
import { authOf, withAuth, type X3AuthKinds, type X3Certificate, type X3OAuth2 } from "../auth.ts"
import { membersOf, type WithTls, type X3WebServicesClient } from "./X3WebServicesClient.ts"
import {
  decodeOptions,
  type Deployment,
  type OnlineOptions,
  type OnPremiseOptions,
  type X3Auth,
  type X3OnlineAuth
} from "./options.ts"

/** The clients of a connection to X3's web services. */
export interface X3WebServicesClients extends Clients {
  readonly client: X3WebServicesClient<this["world"]>
}

/** The same by OAuth2, where a human consents. */
export interface X3WebServicesInteractiveClients extends Clients {
  readonly client: X3WebServicesClient<this["world"]> & Interactive<this["world"]>
}

/** The same by a client certificate. */
export interface X3WebServicesTlsClients extends Clients {
  readonly client: X3WebServicesClient<this["world"]> & WithTls<this["world"]>
}

/** A connection to X3's web services. Its clients can do what its credential can. */
export type X3WebServices<A extends X3Auth = X3Auth> = Connection<
  "x3-web-services",
  A extends X3OAuth2
    ? X3WebServicesInteractiveClients
    : A extends X3Certificate
      ? X3WebServicesTlsClients
      : X3WebServicesClients
>

const definition = (
  options: { readonly auth: X3Auth },
  deployment: Deployment
): Omit<Definition<"x3-web-services">, "createSageAuth"> => {
  const decoded = (at: string) => decodeOptions(options, deployment, at)
  // from JavaScript it may be anything
  const kind = authOf((options as { readonly auth?: unknown } | undefined)?.auth)?.kind
  return {
    surface: "x3-web-services",
    interactive: kind === "oauth2",
    builder: deployment === "online" ? "x3.online" : "x3.on-premise",
    options,
    members: membersOf({ certificate: kind === "certificate", interactive: kind === "oauth2" }),
    redirectUri: () => {
      const auth = authOf(options.auth)
      return auth?.kind === "oauth2" ? auth.options.redirectUri : undefined
    },
    validate: (at) => Result.match(decoded(at), { onSuccess: () => [], onFailure: (issues) => issues }),
    load: () => import("./X3WebServicesEngine.ts").then(({ workOf }) => workOf(deployment))
  }
}

const fromEnvironment = <A extends X3Auth>(
  deployment: Deployment,
  settings: (VariablesSettings & { readonly auth?: unknown }) | undefined
): X3WebServices<A> => {
  const { auth, ...rest } = settings ?? {}
  const found = readVariables({ of: "x3.web-services", ...settings, auth })
  return fromVariables(
    "x3.web-services",
    typeof auth === "string" ? rest : settings,
    (options: never) => definition(withAuth(options), deployment),
    found
  )
}

/** What `fromEnvironment` takes beside where it looks: how to authenticate by its name, and any option. */
export type WebServicesVariables<K extends keyof X3AuthKinds, Options> = VariablesSettings & {
  /**
   * how to authenticate, which the client's type follows; default: `SAGE_X3_WEB_SERVICES_AUTH`, or what the variables
   * that are set add up to
   */
  readonly auth?: K | undefined
} & Partial<Omit<Options, "auth">>

/** `x3.onPremise`. */
export interface OnPremiseBuilder {
  <const A extends X3Auth>(options: OnPremiseOptions<A>): X3WebServices<A>
  /**
   * The same connection from the environment: `SAGE_X3_WEB_SERVICES_BASE_URL` and its siblings, see
   * `docs/configuration.md`. Options given here win. Read when it is called; mistakes are reported when the application
   * starts, each under the name of its variable.
   */
  readonly fromEnvironment: <const K extends keyof X3AuthKinds = keyof X3AuthKinds>(
    settings?: WebServicesVariables<K, OnPremiseOptions>
  ) => X3WebServices<X3AuthKinds[K]>
}

/** `x3.online`. */
export interface OnlineBuilder {
  <const A extends X3OnlineAuth>(options: OnlineOptions<A>): X3WebServices<A>
  /**
   * The same connection from the environment: `SAGE_X3_WEB_SERVICES_BASE_URL` and its siblings, see
   * `docs/configuration.md`. Options given here win. Read when it is called; mistakes are reported when the application
   * starts, each under the name of its variable.
   */
  readonly fromEnvironment: <const K extends OnlineKinds = OnlineKinds>(
    settings?: WebServicesVariables<K, OnlineOptions>
  ) => X3WebServices<X3AuthKinds[K]>
}

type OnlineKinds = Exclude<keyof X3AuthKinds, "basic" | "certificate">

/**
 * A connection to the web services of an X3 server on premise. It speaks REST `api1` and SOAP, by user and password,
 * client certificate or OAuth2.
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
 *
 * @category connections
 */
export const onPremise: OnPremiseBuilder = /* @__PURE__ */ Object.assign(
  <const A extends X3Auth>(options: OnPremiseOptions<A>): X3WebServices<A> => define(definition(options, "onPremise")),
  {
    fromEnvironment: <const K extends keyof X3AuthKinds = keyof X3AuthKinds>(
      settings?: WebServicesVariables<K, OnPremiseOptions>
    ): X3WebServices<X3AuthKinds[K]> => fromEnvironment("onPremise", settings)
  }
)

/**
 * A connection to the web services of X3 Online, which takes OAuth2 only. User and password, or a certificate, do not
 * compile. From JavaScript they are an error at start-up that says what a move to the cloud takes.
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
 *
 * @category connections
 */
export const online: OnlineBuilder = /* @__PURE__ */ Object.assign(
  <const A extends X3OnlineAuth>(options: OnlineOptions<A>): X3WebServices<A> => define(definition(options, "online")),
  {
    fromEnvironment: <const K extends OnlineKinds = OnlineKinds>(
      settings?: WebServicesVariables<K, OnlineOptions>
    ): X3WebServices<X3AuthKinds[K]> => fromEnvironment("online", settings)
  }
)
