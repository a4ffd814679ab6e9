import type { PerTenant, Secret } from "../config/options.ts"

/** What `x3.basic` takes. */
export interface BasicOptions {
  /** the login of the X3 user; no colon, which would end it on the wire */
  readonly user: string
  /** of that user */
  readonly password: Secret
}

/**
 * What `x3.certificate` takes: a PKCS #12 file, or a certificate and its key. Content, or the `file:` URL of a file,
 * which is watched.
 */
export type CertificateOptions =
  | {
      /** the certificate with its key, as PKCS #12: content, or the `file:` URL of a file, which is watched */
      readonly pfx: Uint8Array | URL
      /** what the file is encrypted with; default: nothing */
      readonly passphrase?: Secret | undefined
      /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
      readonly ca?: string | URL | undefined
    }
  | {
      /** PEM, with the chain behind it if there is one */
      readonly cert: string | URL
      /** the key of the certificate, PEM: content, or the `file:` URL of a file, which is watched. Never shown */
      readonly key: Secret | URL
      /** of the key, where it is encrypted */
      readonly passphrase?: Secret | undefined
      /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
      readonly ca?: string | URL | undefined
    }

/** What `x3.oauth2` takes: the customer's own identity provider, which X3 has among its OAuth2 servers. */
export interface OAuth2Options {
  /** where the browser is sent for consent */
  readonly authorizeUrl: string
  /** where codes and refresh tokens are exchanged */
  readonly tokenUrl: string
  /** RFC 7009; without it, `disconnect()` forgets here and says `revoked: false` */
  readonly revokeUrl?: string | undefined
  /** the client id of X3's client at the identity provider, or a function of the tenant */
  readonly clientId: PerTenant<string>
  /**
   * the client secret of that client: a text or a `Redacted`, or a function of the tenant. Left out for a public client,
   * which has PKCE alone
   */
  readonly clientSecret?: PerTenant<Secret> | undefined
  /** the callback, exactly as it is registered at the identity provider */
  readonly redirectUri: string
  /** separated by spaces; default: none is sent, and the identity provider chooses */
  readonly scope?: string | undefined
  /** who the identity provider says that it is (RFC 9207); checked where its callback names it */
  readonly issuer?: string | undefined
  /** further parameters of the authorization request, such as `{ access_type: "offline" }` */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** where the client's secret goes: into the form (default) or into a Basic header (RFC 6749, section 2.3.1) */
  readonly clientAuthentication?: "body" | "basic" | undefined
}

/** What `x3.clientCredentials` takes. No page of Sage's shows it for X3: unproven, see `docs/x3.md`. */
export interface X3ClientCredentialsOptions
  extends Pick<OAuth2Options, "tokenUrl" | "clientId" | "scope" | "clientAuthentication"> {
  /** the client secret of that client: a text or a `Redacted`, or a function of the tenant. Never shown */
  readonly clientSecret: PerTenant<Secret>
  /** further parameters of the token request, such as `{ audience: "…" }` */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** A token of the application's own making, and when it ends. */
export interface SuppliedToken {
  /** the access token, without `Bearer` */
  readonly token: Secret
  /** default: asked for again after five minutes, or after a rejection */
  readonly expiresAt?: Date | undefined
}

/** Gives the access token of a tenant. */
export type TokenSupplier = (tenant: string) => Secret | SuppliedToken | Promise<Secret | SuppliedToken>

/** User and password. On premise only. */
export interface X3Basic {
  /** tells the ways to authenticate apart */
  readonly kind: "basic"
}
/** A TLS client certificate. On premise only. */
export interface X3Certificate {
  /** tells the ways to authenticate apart */
  readonly kind: "certificate"
}
/** OAuth2 with a human's consent at the customer's identity provider. */
export interface X3OAuth2 {
  /** tells the ways to authenticate apart */
  readonly kind: "oauth2"
}
/** A bearer token without a human: client credentials, or one that the application supplies. */
export interface X3Bearer {
  /** tells the ways to authenticate apart */
  readonly kind: "bearer"
}

/** What stands behind a credential. `options` are as the user wrote them. */
export type AuthDefinition =
  | { readonly kind: "basic"; readonly options: PerTenant<BasicOptions> }
  | { readonly kind: "certificate"; readonly options: PerTenant<CertificateOptions> }
  | { readonly kind: "oauth2"; readonly options: OAuth2Options }
  | { readonly kind: "client-credentials"; readonly options: X3ClientCredentialsOptions }
  | { readonly kind: "supplied"; readonly options: TokenSupplier }

// registered, as that of connections is: both copies of this package know what either has made
const behind: unique symbol = Symbol.for("@sage-auth/core/x3/auth")

class Auth {
  readonly kind: "basic" | "certificate" | "oauth2" | "bearer"
  // private, so that neither inspect nor JSON shows the options
  readonly #definition: AuthDefinition

  constructor(definition: AuthDefinition) {
    const { kind } = definition
    this.kind = kind === "client-credentials" || kind === "supplied" ? "bearer" : kind
    this.#definition = definition
  }

  [behind](): AuthDefinition | undefined {
    return #definition in this ? this.#definition : undefined
  }
}

/** What stands behind a value of the option `auth`; undefined for one that nothing here made. */
export const authOf = (value: unknown): AuthDefinition | undefined =>
  typeof value === "object" && value !== null && behind in value ? (value as Auth)[behind]() : undefined

/**
 * User and password of an X3 user whose authentication method is basic. On premise only.
 *
 * Source: online-help.sagex3.com, V12, Web services: basic authentication.
 *
 * @category connections
 */
export const basic = (options: PerTenant<BasicOptions>): X3Basic => new Auth({ kind: "basic", options }) as X3Basic

/**
 * A TLS client certificate whose common name is the login of an X3 user. On premise and https only.
 *
 * Source: online-help.sagex3.com, V12, Web services: certificate authentication.
 *
 * @category connections
 */
export const certificate = (options: PerTenant<CertificateOptions>): X3Certificate =>
  new Auth({ kind: "certificate", options }) as X3Certificate

/**
 * OAuth2 with the customer's own identity provider: authorization code with PKCE, and refresh.
 *
 * Source: developer.sage.com, X3, SOAP guide, Call a web service with OAuth2; RFC 6749; RFC 7636.
 *
 * @category connections
 */
export const oauth2 = (options: OAuth2Options): X3OAuth2 => new Auth({ kind: "oauth2", options }) as X3OAuth2

/**
 * Client credentials at the customer's own identity provider. Unproven: no page of Sage's shows it for X3.
 *
 * @category connections
 */
export const clientCredentials = (options: X3ClientCredentialsOptions): X3Bearer =>
  new Auth({ kind: "client-credentials", options }) as X3Bearer

/**
 * An access token that the application gets by itself: asked for again after five minutes, its end, or a rejection.
 *
 * @category connections
 */
export const bearer = (token: TokenSupplier): X3Bearer => new Auth({ kind: "supplied", options: token }) as X3Bearer

/** Which credential a name of it makes, for types of what the environment has. */
export interface X3AuthKinds {
  /** user and password */
  readonly basic: X3Basic
  /** a TLS client certificate */
  readonly certificate: X3Certificate
  /** a human's consent at the identity provider */
  readonly oauth2: X3OAuth2
  /** the client's own credentials at the identity provider */
  readonly "client-credentials": X3Bearer
  /** a token that stays the same, for trying things out */
  readonly bearer: X3Bearer
}

const makers: Readonly<Record<string, (options: never) => unknown>> = {
  basic,
  certificate,
  oauth2,
  "client-credentials": clientCredentials,
  bearer: ({ token }: { readonly token: Secret }) => bearer(() => token)
}

/** The options with the credential made that the environment describes; what it is not stays for the checks to name. */
export const withAuth = (options: { readonly auth?: unknown }): never => {
  const { auth } = options
  if (typeof auth !== "object" || auth === null || authOf(auth) !== undefined || !("options" in auth))
    return options as never
  const { kind, options: given } = auth as { readonly kind?: unknown; readonly options: never }
  const make = typeof kind === "string" && Object.hasOwn(makers, kind) ? makers[kind] : undefined
  return { ...options, auth: make === undefined ? kind : make(given) } as never
}
