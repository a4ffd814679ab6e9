import { businessCloud, intacctRest, x3 } from "@sage-auth/core"

/** Where the callbacks of a connection go. Nothing is there: the pages are played up to it. */
export const redirectUriOf = (name: Name): string => `https://app.example/sage/callback/${name}`

export const confidential = { clientId: "confidential-app", clientSecret: "a-secret-of-the-app/with+odd=characters" }
export const publicApp = { clientId: "public-app" }
export const machine = { clientId: "machine", clientSecret: "a secret: of the machine/with+odd=characters" }

/** The endpoints of a foreign server, and an API behind it. */
export interface Urls {
  readonly authorize: string
  readonly token: string
  readonly revoke: string
  readonly api: string
}

/** What connections may have that differs. */
export interface Differs {
  readonly inDoubt?: "replay" | "report" | undefined
  /** who X3's connections take the identity provider for */
  readonly issuer?: string | undefined
  readonly machineSecret?: string | undefined
}

/** Connections of every surface with consents at a server that is nobody's of theirs, which for X3 is the usual one. */
export const connectionsAt = (urls: Urls, { inDoubt, issuer, machineSecret }: Differs = {}) => {
  const environment = "sandbox"
  const target = { inDoubt, environment, urls } as const
  const endpoints = { authorizeUrl: urls.authorize, tokenUrl: urls.token, revokeUrl: urls.revoke, issuer }
  // oidc-provider drops offline_access unless it is asked for in OpenID's way, and is told to give a refresh token anyway
  const scope = "full_access"
  return {
    books: businessCloud({ ...confidential, ...target, redirectUri: redirectUriOf("books") }),
    payables: intacctRest.authorizationCode({
      ...confidential,
      ...target,
      scope,
      redirectUri: redirectUriOf("payables")
    }),
    kiosk: intacctRest.authorizationCode({ ...publicApp, ...target, scope, redirectUri: redirectUriOf("kiosk") }),
    erp: x3.onPremise({
      baseUrl: urls.api,
      auth: x3.oauth2({ ...confidential, ...endpoints, scope, redirectUri: redirectUriOf("erp") }),
      inDoubt,
      environment
    }),
    desktop: x3.online({
      baseUrl: urls.api,
      auth: x3.oauth2({ ...publicApp, ...endpoints, scope, redirectUri: redirectUriOf("desktop") }),
      inDoubt,
      environment
    }),
    machine: x3.onPremise({
      baseUrl: urls.api,
      auth: x3.clientCredentials({
        clientId: machine.clientId,
        clientSecret: machineSecret ?? machine.clientSecret,
        tokenUrl: urls.token,
        scope,
        parameters: { audience: "erp" },
        clientAuthentication: "basic"
      }),
      environment
    })
  }
}

export type Connections = ReturnType<typeof connectionsAt>

/** Business Cloud's connection, and those of Intacct REST and of X3 with and without a secret. */
export const names = ["books", "payables", "kiosk", "erp", "desktop"] as const

export type Name = (typeof names)[number]

/** Those of an application that has no secret. */
export const isPublic = (name: Name): boolean => name === "kiosk" || name === "desktop"
