import * as Redacted from "effect/Redacted"
import type { CatalogueId } from "../errors/catalogue.ts"
import { maskerOf, type Secret } from "../errors/maskSecrets.ts"
import type { Reason } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import { isCertificateFault, type TransportFailure } from "./TransportFailure.ts"

/** How much of what a fetch threw is shown, in characters. */
const longestThrownText = 500

const unknownAuthority = "its certificate comes from an authority that is not known here, or one in between is missing"

/** What is wrong with a server's certificate, by the platform's code. */
const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate has been revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  HOSTNAME_MISMATCH: "its certificate is for another name"
}

/** What failed, by the platform's code, where the code says more than the kind. */
const causes: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name",
  EAI_AGAIN: "its name could not be resolved for the moment",
  ECONNREFUSED: "it was refused, no server listens there",
  EHOSTUNREACH: "no way leads to that host",
  ENETUNREACH: "no way leads to its network",
  EADDRNOTAVAIL: "no address of this machine is free for it",
  ECONNRESET: "it was reset by the other side",
  EPIPE: "it was closed by the other side",
  UND_ERR_SOCKET: "it was closed by the other side",
  ETIMEDOUT: "it took too long",
  ECONNABORTED: "it was ended by this machine",
  ENETDOWN: "the network is down",
  EACCES: "this machine does not allow it",
  EPERM: "this machine does not allow it",
  EMFILE: "this process has too many files and connections open",
  ENFILE: "this machine has too many files and connections open",
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped coming",
  UND_ERR_HEADERS_OVERFLOW: "the headers of the answer are larger than are read"
}

/** What is no HTTP at all, by the codes of the platform's reader of it. */
const noHttp = /^HPE_/

const noTls = /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL/

const tlsFault = (code: string | undefined): string => {
  if (code === undefined) return "TLS failed"
  if (isCertificateFault(code)) return `TLS failed, ${certificateFaults[code] ?? "its certificate was not accepted"}`
  if (noTls.test(code)) return "TLS failed, what answers there does not speak it"
  if (code.includes("PROTOCOL_VERSION") || code.includes("UNSUPPORTED_PROTOCOL")) {
    return "TLS failed, both sides have no version of it in common"
  }
  return "TLS failed, the handshake was broken off"
}

const causeOf = ({ code, fault, problem }: TransportFailure): string => {
  if (fault !== undefined) return fault
  const known = code === undefined ? undefined : causes[code]
  switch (problem) {
    case "name-resolution":
      return known ?? "its name could not be resolved"
    case "refused":
      return known ?? "it was refused"
    case "connect-timeout":
      return "it was not made in time"
    case "tls":
      return tlsFault(code)
    case "certificate-refused":
      return "the server refused the client certificate, or asks for one"
    case "blocked-port":
      return "fetch blocks this port for every server"
    case "timeout":
      return "no answer came in time"
    case "too-large":
      return "the answer is larger than the limit"
    case "reset":
    case "unknown":
      return known ?? (code !== undefined && noHttp.test(code) ? "what answers there does not speak HTTP" : "it broke")
  }
}

const idOf = ({ code, problem, processed }: TransportFailure): CatalogueId => {
  if (processed === "unknown") return "client.answer-lost"
  if (problem === "blocked-port") return "client.port-blocked"
  if (code === "ENOTFOUND") return "client.name-not-found"
  // the certificate that a server asks for is not there the next second either
  if (problem === "certificate-refused") return "client.tls-failed"
  if (problem !== "tls" || code === undefined) return "client.not-sent"
  if (isCertificateFault(code)) return "client.certificate-not-trusted"
  return /^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(code) ? "client.tls-failed" : "client.not-sent"
}

/**
 * What failed, with host and port, and what the fetch said itself: in words, and without `secrets`.
 *
 * @param doing what was going on, where it was not the request as a whole
 */
export const describe = (lost: TransportFailure, secrets: ReadonlyArray<Secret>, doing = ""): string => {
  const maskedText = maskText(lost.thrownText, secrets)
  const to = lost.address === undefined ? "" : ` to ${lost.address}`
  const cause =
    lost.problem === "unknown" && maskedText !== ""
      ? maskedText
      : causeOf(lost) + (maskedText === "" ? "" : `: ${maskedText}`)
  return `the connection${to} failed${doing}: ${cause}`
}

const maskText = (thrownText: Redacted.Redacted | undefined, secrets: ReadonlyArray<Secret>): string => {
  if (thrownText === undefined) return ""
  const masked = maskerOf(secrets)(Redacted.value(thrownText)).replace(/\s+/g, " ").trim()
  return masked.length > longestThrownText ? `${masked.slice(0, longestThrownText - 1)}…` : masked
}

/** The failure of a request without an answer. `secrets` are what it carried: a fetch that throws may quote them. */
export const unanswered = <Rs extends Reason>(
  lost: TransportFailure,
  place: Place,
  secrets: ReadonlyArray<Secret>,
  doing?: string
): SageAuthError<Rs> => failure<Rs>(idOf(lost), { ...place, code: lost.code, message: describe(lost, secrets, doing) })

/** What headers carry that is secret: their values, and what is in them. */
export const secretsOfHeaders = (headers: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.values(headers).flatMap((value) => {
    const space = value.indexOf(" ")
    if (space < 0) return [value]
    const credential = value.slice(space + 1)
    if (value.slice(0, space).toLowerCase() !== "basic") return [credential]
    const decoded = Buffer.from(credential, "base64").toString("utf8")
    return [credential, decoded, decoded.slice(decoded.indexOf(":") + 1)]
  })
