const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A JSON web token with these claims, in the form of Intacct's; the signature is none. */
export const jwt = (claims: unknown): string =>
  `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.${"x".repeat(43)}`

export const sessionId = "Qw8RmZ3TnB5GyJ7Hq8UvFzE0Xr9PLK2K1D4YjC7V6qDkZxWfB3l-tgJ2"

/** The claims of Sage's sample. */
export const intacctClaims = {
  iss: "https://api.intacct.com",
  iat: 1726218921,
  exp: 1726222521,
  clientId: "d4f2b6b318174b9a60a7.INTACCT.app.sage.com",
  cnyId: "Acme",
  cnyKey: "45208802",
  userId: "xml_gateway",
  userKey: "7",
  sessionId,
  entityKey: "4",
  entityId: "Central Region"
}
