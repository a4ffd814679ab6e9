import { createHmac, type KeyObject, sign } from "node:crypto"
import { isObject, parseJson } from "./params.ts"

/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A JWT signed with HS256. */
export const hs256 = (claims: Claims, secret: Buffer): string => {
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
}

/** A JWT signed with RS512. */
export const rs512 = (claims: Claims, key: KeyObject, kid: string): string =>
  signedJwt("RS512", "sha512", claims, key, kid)

/** A JWT signed with RS256. */
export const rs256 = (claims: Claims, key: KeyObject, kid: string): string =>
  signedJwt("RS256", "sha256", claims, key, kid)

/** A JWT signed with ES256; two with the same claims differ, since such a signature holds a random number. */
export const es256 = (claims: Claims, key: KeyObject, kid: string): string =>
  signedJwt("ES256", "sha256", claims, key, kid)

const signedJwt = (alg: string, hash: string, claims: Claims, key: KeyObject, kid: string): string => {
  const signed = `${encode({ alg, typ: "JWT", kid })}.${encode(claims)}`
  // JWS wants the two numbers of an ECDSA signature side by side (RFC 7518, section 3.4); RSA does not read this.
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" })
  return `${signed}.${signature.toString("base64url")}`
}

/** The claims of a token, unverified; undefined when it is no JWT. */
export const claimsOf = (token: string): Claims | undefined => {
  const [header, payload, signature, ...more] = token.split(".")
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined
  if (!isObject(parseJson(decode(header)))) return undefined
  const claims = parseJson(decode(payload))
  return isObject(claims) ? claims : undefined
}

const decode = (part: string): string => Buffer.from(part, "base64url").toString("utf8")
