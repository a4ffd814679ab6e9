import { businessCloud, intacctRest } from "@sage-auth/core"

/** Where the callbacks of a connection go. Nothing is there: the pages are played up to it. */
export const redirectUriOf = (name: Name): string => `https://app.example/sage/callback/${name}`

export const confidential = { clientId: "confidential-app", clientSecret: "a-secret-of-the-app/with+odd=characters" }
export const publicApp = { clientId: "public-app" }

/** The endpoints of a foreign server, and an API behind it. */
export interface Urls {
  readonly authorize: string
  readonly token: string
  readonly revoke: string
  readonly api: string
}

/** Connections of both surfaces at a server that is neither of theirs. */
export const connectionsAt = (urls: Urls, inDoubt: "replay" | "report" = "replay") => {
  const target = { inDoubt, environment: "sandbox", urls } as const
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
    kiosk: intacctRest.authorizationCode({ ...publicApp, ...target, scope, redirectUri: redirectUriOf("kiosk") })
  }
}

export type Connections = ReturnType<typeof connectionsAt>

/** Business Cloud's connection, and Intacct REST's with and without a secret. */
export const names = ["books", "payables", "kiosk"] as const

export type Name = (typeof names)[number]
