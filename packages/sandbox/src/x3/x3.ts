import type { SystemClock } from "../clock.ts"
import type { ListenerOptions } from "../httpServer.ts"
import type { Listener } from "../surface.ts"
import type { SurfaceModule } from "../SurfaceModule.ts"
import {
  type CertificateOptions,
  type ClientCertificate,
  foreignAuthority,
  once,
  ownAuthority
} from "./certificates.ts"
import type { X3GatewayAccounts } from "./gateway/accounts.ts"
import type { CloudGatewayOptions } from "./gateway/options.ts"
import { type CloudGatewayUrls, cloudGatewayUrls } from "./gateway/paths.ts"
import { type CloudGatewayControl, makeCloudGateway, type PairingControl } from "./gateway/surface.ts"
import type { IdentityProviderAccounts } from "./identity-provider/accounts.ts"
import type { IdentityProviderOptions } from "./identity-provider/options.ts"
import { type IdentityProviderUrls, identityProviderUrls } from "./identity-provider/paths.ts"
import { type IdentityProviderControl, makeIdentityProvider } from "./identity-provider/surface.ts"
import {
  certificateLogin,
  connectedApp,
  endpoints,
  graphqlLogin,
  logins,
  pool,
  type X3Login,
  type X3Logins
} from "./syracuse/accounts.ts"
import type { SyracuseOptions } from "./syracuse/options.ts"
import { paths } from "./syracuse/paths.ts"
import { makeSyracuse, type SyracuseControl } from "./syracuse/surface.ts"

/** How the servers of an X3 customer behave: the Syracuse server, the identity provider, the cloud gateway. */
export interface X3Options extends SyracuseOptions {
  /** How the identity provider behaves. */
  readonly identityProvider?: IdentityProviderOptions | undefined
  /** How the cloud gateway behaves. */
  readonly gateway?: CloudGatewayOptions | undefined
}

/** The seeded accounts of X3's web services, as plain values for any client. */
export interface X3WebServicesAccounts extends X3Logins {
  /** The endpoint that all of them but one are mapped for. */
  readonly endpoint: "SEED"
  /** The alias of a SOAP pool. */
  readonly pool: string
  /** A client certificate of the sandbox's own authority, whose common name is a login. */
  readonly certificate: ClientCertificate
  /** An application at the customer's identity provider, as `x3.oauth2` takes it. */
  readonly oauth2: {
    readonly authorizeUrl: string
    readonly tokenUrl: string
    readonly revokeUrl: string
    readonly clientId: string
    readonly clientSecret: string
    readonly redirectUri: string
    /** Registered as well: every connection of an application has its own callback. */
    readonly onlineRedirectUri: string
    readonly scope: string
  }
  /** Everything that the identity provider knows. */
  readonly identityProvider: IdentityProviderAccounts
}

/** The seeded accounts of X3's GraphQL, as plain values for any client. */
export interface X3GraphQLAccounts {
  /** What goes into `x-xtrem-endpoint`. */
  readonly endpoint: "REPOSX3"
  /** A connected app. It has the URL of every port registered, and allows its tokens 600 seconds. */
  readonly app: { readonly clientId: string; readonly clientSecret: string; readonly user: string }
  /** The app's allowed user, logging in. */
  readonly basic: X3Login
  /** May not read the credit limit of a customer: partial answers. */
  readonly limited: X3Login
}

/** The URLs of X3, by surface. */
export interface X3Urls {
  /** Of the web services, and of the identity provider for their tokens. */
  readonly "x3-web-services": IdentityProviderUrls & {
    readonly onPremise: string
    /** For callers with a client certificate alone. */
    readonly tls: string
    /** X3 Online. */
    readonly online: string
  }
  /** Of the GraphQL API: with a token, with a client certificate alone, and X3 Online. */
  readonly "x3-graphql": { readonly api: string; readonly tls: string; readonly online: string }
  /** Of the cloud gateway. */
  readonly "x3-gateway": CloudGatewayUrls
}

/** The accounts of X3, by surface. */
export interface X3Accounts {
  /** Of the Syracuse server and the identity provider. */
  readonly "x3-web-services": X3WebServicesAccounts
  /** Of the GraphQL API. */
  readonly "x3-graphql": X3GraphQLAccounts
  /** Of the cloud gateway. */
  readonly "x3-gateway": X3GatewayAccounts
}

/** What tests do to the servers of an X3 customer that no client can. */
export interface X3Control
  extends SyracuseControl,
    PairingControl,
    Pick<IdentityProviderControl, "expireAccessTokens"> {
  /**
   * Issues a client certificate. It lives by the machine's clock, whatever the sandbox's says, since TLS goes by that.
   * `authority: "foreign"`: by an authority that no port trusts.
   */
  issueCertificate(
    options: CertificateOptions & { readonly authority?: "foreign" | undefined }
  ): Promise<ClientCertificate>
  /** Lays these options over those that hold; members of `session`, `identityProvider` and `gateway` one by one. */
  configure(options: X3Options): void
  /** The customer's identity provider. */
  readonly identityProvider: IdentityProviderControl
  /** The cloud gateway, with its pairings once more. */
  readonly gateway: CloudGatewayControl & PairingControl
}

/** The servers of an X3 customer with what the sandbox needs of them. */
export interface X3 {
  readonly modules: ReadonlyArray<SurfaceModule>
  readonly listeners: ReadonlyArray<ListenerOptions>
  readonly control: X3Control
  /** PEM of the authority behind the ports with TLS and the client certificates. */
  readonly authority: string
  /** Tells the servers where they listen. */
  readonly listening: (origins: ReadonlyMap<Listener, string>) => {
    readonly urls: X3Urls
    readonly accounts: X3Accounts
  }
}

/** The certificates of this process's sandboxes: they take a moment. */
const certificates = once(async () => {
  const authority = await ownAuthority()
  const [server, client] = await Promise.all([
    authority.issueServer(),
    authority.issueClient({ commonName: certificateLogin })
  ])
  return { authority, server, client }
})

/** What one of these servers keeps secret must not show in the log of another, where a client can put it by mistake. */
const maskedTogether = (modules: ReadonlyArray<SurfaceModule>): ReadonlyArray<SurfaceModule> => {
  const mask = (text: string): string => modules.reduce((masked, module) => module.mask(masked), text)
  return modules.map((module) => ({ ...module, mask }))
}

/** Makes the servers of an X3 customer. `host`: where the ports with TLS are bound to. */
export const makeX3 = async (clock: SystemClock, host: string, given: X3Options | undefined): Promise<X3> => {
  const { identityProvider: idpOptions, gateway: gatewayOptions, ...syracuseOptions } = given ?? {}
  const identityProvider = makeIdentityProvider(clock, idpOptions)
  const syracuse = makeSyracuse(clock, syracuseOptions, (token) => identityProvider.whoIs(token))
  const gateway = makeCloudGateway(clock, gatewayOptions, syracuse.graphql)
  const idpClient = identityProvider.accounts.client
  const onlineRedirectUri = idpClient.redirectUri.replace(/[^/]*$/, "erpCloud")
  identityProvider.control.registerRedirectUri(idpClient.clientId, onlineRedirectUri)
  const { authority, server, client } = await certificates()
  const tls = (name: Listener, clientAuthority: string | undefined): ListenerOptions => ({
    name,
    host,
    port: 0,
    tls: { ...server, clientAuthority }
  })
  return {
    modules: maskedTogether([...syracuse.modules, identityProvider.module, gateway.module]),
    listeners: [tls("tls", authority.certificate), tls("online", undefined)],
    authority: authority.certificate,
    control: {
      ...syracuse.control,
      ...gateway.pairings,
      expireAccessTokens: (of) => identityProvider.control.expireAccessTokens(of),
      issueCertificate: async ({ authority: issuer, ...options }) =>
        (issuer === "foreign" ? await foreignAuthority() : authority).issueClient(options),
      configure: ({ identityProvider: ofIdentityProvider, gateway: ofGateway, ...ofSyracuse }) => {
        syracuse.control.configure(ofSyracuse)
        if (ofIdentityProvider !== undefined) identityProvider.control.configure(ofIdentityProvider)
        if (ofGateway !== undefined) gateway.control.configure(ofGateway)
      },
      identityProvider: identityProvider.control,
      gateway: { ...gateway.control, ...gateway.pairings }
    },
    listening: (origins) => {
      syracuse.listening(origins.values())
      const at = (name: Listener): string => origins.get(name) ?? ""
      const idp = identityProviderUrls(at("main"))
      const urls: X3Urls = {
        "x3-web-services": { ...idp, onPremise: at("main"), tls: at("tls"), online: at("online") },
        "x3-graphql": {
          api: `${at("main")}${paths.graphql}`,
          tls: `${at("tls")}${paths.graphql}`,
          online: `${at("online")}${paths.graphql}`
        },
        "x3-gateway": cloudGatewayUrls(at("main"))
      }
      return {
        urls,
        accounts: {
          "x3-web-services": {
            ...logins,
            endpoint: endpoints.webServices,
            pool,
            certificate: client,
            oauth2: {
              authorizeUrl: idp.authorize,
              tokenUrl: idp.token,
              revokeUrl: idp.revoke,
              onlineRedirectUri,
              ...idpClient
            },
            identityProvider: identityProvider.accounts
          },
          "x3-graphql": {
            endpoint: endpoints.graphql,
            app: connectedApp,
            basic: graphqlLogin,
            limited: { user: logins.limited.user, password: logins.limited.password }
          },
          "x3-gateway": gateway.accounts
        }
      }
    }
  }
}
