/** A value of `session.auth`. */
export type AuthMethod = "basic" | "oauth2" | "bearer" | "saml2" | "certificate" | "sage-id" | "ldap"

/**
 * What `session.auth` may list. All but `ldap` are on Sage's page; `ldap` is in the template that the server is shipped
 * with.
 *
 * Source: online-help.sagex3.com, V11, Configuration file.
 */
export const authMethods: ReadonlyArray<AuthMethod> = [
  "basic",
  "oauth2",
  "bearer",
  "saml2",
  "certificate",
  "sage-id",
  "ldap"
]

export const isAuthMethod = (text: string): text is AuthMethod => (authMethods as ReadonlyArray<string>).includes(text)
