import * as Data from "effect/Data"

/** What went wrong between this process and the server, before there was an answer. */
export type TransportProblem =
  | "name-resolution"
  | "refused"
  | "connect-timeout"
  | "tls"
  /** the server does not take the client certificate, or asks for one and got none */
  | "certificate-refused"
  | "reset"
  | "timeout"
  | "too-large"
  | "unknown"

/**
 * No answer, or not a whole one. `sent` decides what may be done next: `never` means that the request surely did not
 * leave this process, so that even a write may be tried again.
 */
export class TransportFailure extends Data.TaggedError("TransportFailure")<{
  readonly problem: TransportProblem
  readonly sent: "never" | "maybe"
  /** the platform's own code, such as `ECONNREFUSED`; never its message, which may quote a URL */
  readonly code: string | undefined
}> {}

const neverSent: Readonly<Record<string, TransportProblem>> = {
  ENOTFOUND: "name-resolution",
  EAI_AGAIN: "name-resolution",
  EAI_FAIL: "name-resolution",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout"
}

const isTlsCode = (code: string): boolean =>
  code.startsWith("ERR_TLS") ||
  code.startsWith("ERR_SSL") ||
  code.startsWith("CERT_") ||
  code.startsWith("UNABLE_TO_") ||
  code === "DEPTH_ZERO_SELF_SIGNED_CERT" ||
  code === "SELF_SIGNED_CERT_IN_CHAIN" ||
  code === "EPROTO"

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

const codesOf = (thrown: unknown): ReadonlyArray<string> => {
  const codes: Array<string> = []
  let current: unknown = thrown
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    const { code, cause, errors } = current as {
      readonly code?: unknown
      readonly cause?: unknown
      readonly errors?: unknown
    }
    if (isCode(code)) codes.push(code)
    // happy eyeballs: one error per address that was tried
    current = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return codes
}

/** Turns whatever a fetch rejected with into what it means for the request. The foreign error is not kept. */
export const fromThrown = (thrown: unknown): TransportFailure => {
  if (thrown instanceof TransportFailure) return thrown
  const codes = codesOf(thrown)
  for (const code of codes) {
    const problem = neverSent[code]
    if (problem !== undefined) return new TransportFailure({ problem, sent: "never", code })
    // refused during the handshake or right behind it, and in both cases before a request is read
    if (isCertificateAlert(code)) return new TransportFailure({ problem: "certificate-refused", sent: "never", code })
    if (isTlsCode(code)) {
      // a handshake that fails ends the connection before the request is written
      return new TransportFailure({ problem: "tls", sent: openConnection.test(code) ? "maybe" : "never", code })
    }
  }
  const code = codes[0]
  return new TransportFailure({ problem: code === undefined ? "unknown" : "reset", sent: "maybe", code })
}
