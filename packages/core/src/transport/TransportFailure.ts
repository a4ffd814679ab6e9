import * as Data from "effect/Data"
import * as Redacted from "effect/Redacted"
import type { Processed } from "./Answer.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import { makeMasker, type KnownSecret } from "../errors/maskSecrets.ts"
import type { Reason } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"

/** What went wrong between this process and the server, before there was an answer. */
export type TransportProblem =
  | "name-resolution"
  | "refused"
  | "connect-timeout"
  | "tls"
  /** the server does not take the client certificate, or asks for one and got none */
  | "certificate-refused"
  /** the platform's fetch connects to no server on that port */
  | "blocked-port"
  | "reset"
  | "timeout"
  | "too-large"
  | "unknown"

/**
 * No answer, or not a whole one. `processed` decides what may be done next. `no` means that the request surely did not
 * leave this process, so that even a write may be tried again.
 */
export class TransportFailure extends Data.TaggedError("TransportFailure")<{
  readonly problem: TransportProblem
  readonly processed: Processed
  /** the platform's own code, such as `ECONNREFUSED` */
  readonly code: string | undefined
  /** where the request went, as `host:port` */
  readonly address?: string | undefined
  /** what failed, in words of this library's, where the problem does not say it */
  readonly fault?: string | undefined
  /**
   * what a fetch said itself when it threw; it may quote anything that it was given, so that it is masked before use
   */
  readonly thrownText?: Redacted.Redacted | undefined
}> {}

const notSent: Readonly<Record<string, TransportProblem>> = {
  ENOTFOUND: "name-resolution",
  EAI_AGAIN: "name-resolution",
  EAI_FAIL: "name-resolution",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  EMFILE: "refused",
  ENFILE: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout",
  ERR_SOCKET_CONNECTION_TIMEOUT: "connect-timeout"
}

/** An error and what is behind it, five deep. */
export function* causesOf(thrown: unknown): Generator<Readonly<Record<PropertyKey, unknown>>> {
  let current: unknown = thrown
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    const each = current as Readonly<Record<PropertyKey, unknown>>
    yield each
    const { cause, errors } = each as { readonly cause?: unknown; readonly errors?: unknown }
    // happy eyeballs: one error per address that was tried
    current = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
}

/** The platform's name of what it did when it failed: nothing was sent over a connection that was not made. */
const isConnecting = (thrown: unknown): boolean => [...causesOf(thrown)].some(({ syscall }) => syscall === "connect")

/** What is wrong with a certificate: Node's names of OpenSSL's results of its verification. */
const certificateFaults: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "CRL_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_SIGNATURE_FAILURE"
])

/** Whether a server's certificate was not accepted. */
export const isCertificateFault = (code: string): boolean =>
  code.startsWith("CERT_") || code.startsWith("UNABLE_TO_") || certificateFaults.has(code)

const isTlsCode = (code: string): boolean =>
  code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL") || isCertificateFault(code) || code === "EPROTO"

/** What can also go wrong with a connection that was open already, and has carried the request by then. */
const openConnection =
  /^ERR_SSL_.*(?:BAD_RECORD_MAC|BAD_RECORD_TYPE|RECORD_OVERFLOW|LENGTH_TOO_LONG|UNEXPECTED_(?:MESSAGE|RECORD|EOF_WHILE_READING)|INTERNAL_ERROR|USER_CANCELLED)$/

/**
 * The alerts of TLS that are about a client's certificate (RFC 8446, section 6.2). OpenSSL has three names for the
 * family, by version.
 */
const certificateAlert =
  /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1|TLSV13)_ALERT_(?:CERTIFICATE_(?:REQUIRED|REVOKED|EXPIRED|UNKNOWN)|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)$/

export const isCertificateAlert = (code: string | undefined): boolean =>
  code !== undefined && certificateAlert.test(code)

/** What a platform's code looks like; anything else may quote what was sent. */
const isCode = (code: unknown): code is string =>
  typeof code === "string" && /^(?:ERR_SSL_SSL\/)?[A-Z][A-Z\d_]{1,60}$/.test(code)

const codesOf = (thrown: unknown): ReadonlyArray<string> =>
  Array.from(causesOf(thrown), ({ code }) => code).filter(isCode)

/** What the platform's fetch says whatever went wrong: the cause says what. */
const sayNothing: ReadonlySet<string> = new Set(["", "fetch failed", "terminated"])

/**
 * Whether fetch refused the port, which it does before it connects. It has no code for that, only these words.
 *
 * Source: Fetch Standard, section 2.9, Port blocking.
 */
const saysBlockedPort = (thrown: unknown): boolean => {
  if (!(thrown instanceof TypeError) || thrown.message !== "fetch failed") return false
  const { cause } = thrown
  return cause instanceof Error && cause.message === "bad port" && !("code" in cause)
}

/** how much of a text is kept until it is masked, in characters */
const longestKept = 2_000

/** What was thrown, in its own words; undefined where the code says it all. */
const wordsOf = (thrown: unknown, code: string | undefined): Redacted.Redacted | undefined => {
  let current = thrown
  for (let depth = 0; depth < 5; depth++) {
    const words = wordsOfOne(current)
    if (words !== undefined && !sayNothing.has(words)) return Redacted.make(words.slice(0, longestKept))
    // below its own error the platform only says its code in other words
    if (code !== undefined || typeof current !== "object" || current === null) return undefined
    current = (current as { readonly cause?: unknown }).cause
  }
  return undefined
}

const wordsOfOne = (thrown: unknown): string | undefined => {
  if (typeof thrown === "string") return thrown.trim()
  if (typeof thrown !== "object" || thrown === null) return undefined
  const { message, name } = thrown as { readonly message?: unknown; readonly name?: unknown }
  if (typeof message !== "string" || message.trim() === "") return undefined
  const plain = typeof name !== "string" || name === "Error" || name === "TypeError"
  return plain ? message.trim() : `${name}: ${message}`.trim()
}

const ports: Readonly<Record<string, string>> = { "https:": "443", "http:": "80" }

/** `host:port` of an address. */
const addressOf = (url: string | undefined): string | undefined => {
  const parsed = url === undefined ? null : URL.parse(url)
  if (parsed === null) return undefined
  const { hostname, port, protocol } = parsed
  return `${hostname}:${port === "" ? (ports[protocol] ?? "") : port}`
}

/**
 * Turns whatever a fetch rejected with into what it means for the request. The foreign error is not kept, and of its
 * words only those of a fetch that is not the platform's.
 *
 * @param url where the request went
 */
export const fromThrown = (thrown: unknown, url?: string): TransportFailure => {
  const address = addressOf(url)
  if (thrown instanceof TransportFailure) {
    return address === undefined ? thrown : new TransportFailure({ ...fieldsOf(thrown), address })
  }
  const codes = codesOf(thrown)
  const failed = (problem: TransportProblem, processed: Processed, code: string | undefined) =>
    new TransportFailure({ problem, processed, code, address, thrownText: wordsOf(thrown, code) })
  for (const code of codes) {
    const problem = notSent[code]
    if (problem !== undefined) return failed(problem, "no", code)
    // refused during the handshake or right behind it, and in both cases before a request is read
    if (isCertificateAlert(code)) return failed("certificate-refused", "no", code)
    // a handshake that fails ends the connection before the request is written
    if (isTlsCode(code)) return failed("tls", openConnection.test(code) ? "unknown" : "no", code)
  }
  if (saysBlockedPort(thrown)) {
    return new TransportFailure({ problem: "blocked-port", processed: "no", code: undefined, address })
  }
  const code = codes[0]
  if (code !== undefined && isConnecting(thrown)) {
    return failed(code === "ETIMEDOUT" ? "connect-timeout" : "refused", "no", code)
  }
  return failed(code === undefined ? "unknown" : "reset", "unknown", code)
}

const fieldsOf = ({ address, code, fault, problem, processed, thrownText }: TransportFailure) => ({
  address,
  code,
  fault,
  problem,
  processed,
  thrownText
})

/** How much of what a fetch threw is shown, in characters. */
const longestThrownText = 500

const unknownAuthority = "its certificate comes from an authority that is not known here, or one in between is missing"

/** What is wrong with a server's certificate, by the platform's code. */
const wordsOfFault: Readonly<Record<string, string>> = {
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
  if (isCertificateFault(code)) return `TLS failed, ${wordsOfFault[code] ?? "its certificate was not accepted"}`
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
export const describe = (lost: TransportFailure, secrets: ReadonlyArray<KnownSecret>, doing = ""): string => {
  const maskedText = maskText(lost.thrownText, secrets)
  const to = lost.address === undefined ? "" : ` to ${lost.address}`
  const cause =
    lost.problem === "unknown" && maskedText !== ""
      ? maskedText
      : causeOf(lost) + (maskedText === "" ? "" : `: ${maskedText}`)
  return `the connection${to} failed${doing}: ${cause}`
}

const maskText = (thrownText: Redacted.Redacted | undefined, secrets: ReadonlyArray<KnownSecret>): string => {
  if (thrownText === undefined) return ""
  const masked = makeMasker(secrets)(Redacted.value(thrownText)).replace(/\s+/g, " ").trim()
  return masked.length > longestThrownText ? `${masked.slice(0, longestThrownText - 1)}…` : masked
}

/** The failure of a request without an answer. `secrets` are what it carried: a fetch that throws may quote them. */
export const unanswered = <Rs extends Reason>(
  lost: TransportFailure,
  place: Place,
  secrets: ReadonlyArray<KnownSecret>,
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
