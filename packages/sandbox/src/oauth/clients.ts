import type { Params } from "./params.ts"

/** An application as its developer registered it. */
export interface OAuthClient {
  readonly clientId: string
  /** What the consent page calls it. */
  readonly name: string
  /** Undefined for an application that can keep no secret. */
  secret: string | undefined
  readonly redirectUris: Set<string>
}

/** What tests do to the applications of a server; `find` knows them. */
export const clientControl = (
  find: (clientId: string) => OAuthClient,
  secrets: Set<string>
): {
  readonly setClientSecret: (clientId: string, secret: string) => void
  readonly registerRedirectUri: (clientId: string, redirectUri: string) => void
} => ({
  setClientSecret: (clientId, secret) => {
    find(clientId).secret = secret
    secrets.add(secret)
  },
  registerRedirectUri: (clientId, redirectUri) => {
    find(clientId).redirectUris.add(redirectUri)
  }
})

/** Which client a request to the token endpoint says that it is. */
export interface PresentedClient {
  readonly clientId: string | undefined
  readonly secret: string | undefined
  /** Whether it named itself more than once. */
  readonly several: boolean
}

/** Reads the client of a request: from its body, and with `basic` from its `Authorization` header (RFC 6749, 2.3.1). */
export const presentedClient = (params: Params, authorization: string | undefined, basic: boolean): PresentedClient => {
  const header = basic ? basicCredentials(authorization) : undefined
  const inBody = params.count("client_id")
  return {
    clientId: header?.[0] ?? params.get("client_id"),
    secret: header?.[1] ?? params.get("client_secret"),
    // A client that sends its header may repeat its own id in the body, but not its secret.
    several:
      inBody > 1 ||
      params.count("client_secret") > 1 ||
      (header !== undefined && (params.has("client_secret") || (inBody === 1 && params.get("client_id") !== header[0])))
  }
}

const basicCredentials = (authorization: string | undefined): readonly [string, string | undefined] | undefined => {
  const [scheme = "", encoded = ""] = (authorization ?? "").split(" ")
  if (scheme.toLowerCase() !== "basic") return undefined
  const [id = "", ...secret] = Buffer.from(encoded, "base64").toString("utf8").split(":")
  return [formDecoded(id), secret.length === 0 ? undefined : formDecoded(secret.join(":"))]
}

const formDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}
