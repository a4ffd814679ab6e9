import * as Redacted from "effect/Redacted"
import type { KeyObject, X509Certificate } from "node:crypto"
import type { SecureContext } from "node:tls"
import * as Decoder from "../config/decoder.ts"
import * as OptionDecoder from "../config/options.ts"
import { certificates, fileUrl, isTenantFunction, leaf, readId, reveal, secret, secretText } from "../config/options.ts"
import * as Result from "../config/Result.ts"
import type { Issue } from "../errors/Reason.ts"
import { builtin } from "../config/builtin.ts"
import { join } from "../config/decoder.ts"
import { type ClientIdentity, secureContextOf, type TlsContent } from "../transport/secureContext.ts"

/** A certificate as it was configured: content, or files that are read again when they change. */
export type CertificateSource =
  | {
      readonly pfx: Uint8Array | URL
      readonly passphrase?: Redacted.Redacted | undefined
      readonly ca?: string | URL | undefined
    }
  | {
      readonly cert: string | URL
      readonly key: Redacted.Redacted | URL
      readonly passphrase?: Redacted.Redacted | undefined
      readonly ca?: string | URL | undefined
    }

/** A certificate that was read and can be used. */
export interface CheckedCertificate {
  readonly content: TlsContent & { readonly identity: ClientIdentity }
  /** the X3 login that it stands for */
  readonly commonName: string | undefined
  readonly leaf: X509Certificate
  /** the last moment of the certificate, in milliseconds since the epoch */
  readonly expiresAt: number
}

type CheckResult<A> = Result.Result<A, ReadonlyArray<Issue>>

const wrong = (at: string, option: string, expected: string): CheckResult<never> =>
  Result.fail([{ option: join(at, option), expected }])

/** The files of a source, which are watched. */
export const filesOf = (source: CertificateSource): ReadonlyArray<URL> => {
  const parts = "pfx" in source ? [source.pfx, source.ca] : [source.cert, source.key, source.ca]
  return parts.filter((part) => part instanceof URL)
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: "a file that exists: there is none under this URL",
  EACCES: "a file that this process may read",
  EPERM: "a file that this process may read",
  EISDIR: "a file: there is a directory under this URL"
}

const readFile = (file: URL, at: string, option: string): CheckResult<Buffer> =>
  Result.mapError(
    Result.try({
      try: () => builtin("node:fs").readFileSync(file),
      catch: (thrown) => (thrown as NodeJS.ErrnoException).code ?? ""
    }),
    (code) => [{ option: join(at, option), expected: fileProblems[code] ?? "a file that can be read" }]
  )

const readText = (content: string | URL, at: string, option: string): CheckResult<string> =>
  typeof content === "string"
    ? Result.succeed(content)
    : Result.map(readFile(content, at, option), (bytes) => bytes.toString("utf8"))

/** Certificates as text or in a file. */
export const readAuthority = (ca: string | URL, at: string, option: string): CheckResult<string> =>
  Result.flatMap(readText(ca, at, option), (pem) =>
    // what cannot be read would be ignored in silence when it is used
    Result.map(readCertificate(pem, at, option), () => pem)
  )

const readCertificate = (pem: string, at: string, option: string): CheckResult<X509Certificate> =>
  Result.try({
    try: () => new (builtin("node:crypto").X509Certificate)(pem),
    catch: (): ReadonlyArray<Issue> => [
      {
        option: join(at, option),
        expected: 'PEM with a certificate that can be read, from "-----BEGIN CERTIFICATE-----" on'
      }
    ]
  })

/** What OpenSSL said, for telling its refusals apart; its own texts are never shown. */
interface OpenSslError {
  readonly code: string
  readonly text: string
}

const attempt = <A>(run: () => A): Result.Result<A, OpenSslError> =>
  Result.try({
    try: run,
    catch: (thrown) => {
      const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown }
      return { code: typeof code === "string" ? code : "", text: typeof message === "string" ? message : "" }
    }
  })

const passphraseOf = (source: CertificateSource): string | undefined =>
  source.passphrase === undefined ? undefined : reveal(source.passphrase)

const isTooWeak = ({ text }: OpenSslError): boolean => /key too small|md too weak|dh key too small/.test(text)

const strongEnough =
  "a certificate that TLS takes: an RSA key of 2048 bits or more, or an elliptic curve, and signed with SHA-256 or better"

const refusedPfx = (error: OpenSslError, encrypted: boolean, at: string): CheckResult<never> => {
  const { code, text } = error
  if (/mac verify failure|bad decrypt/.test(text)) {
    return wrong(
      at,
      "passphrase",
      encrypted ? "the passphrase that pfx was made with" : "the passphrase of pfx, which has one"
    )
  }
  if (code === "ERR_CRYPTO_UNSUPPORTED_OPERATION" || /unsupported/i.test(text)) {
    return wrong(
      at,
      "pfx",
      "a PKCS #12 file without outdated encryption such as RC2, which OpenSSL 3 refuses. Write it again: openssl pkcs12 -legacy -in old.pfx -nodes | openssl pkcs12 -export -out new.pfx"
    )
  }
  if (text.includes("private key from PFX")) return wrong(at, "pfx", "a PKCS #12 file with the private key in it")
  if (text.includes("certificate from PFX")) return wrong(at, "pfx", "a PKCS #12 file with the certificate in it")
  if (text.includes("key values mismatch")) {
    return wrong(at, "pfx", "a PKCS #12 file whose key belongs to its certificate")
  }
  if (isTooWeak(error)) return wrong(at, "pfx", strongEnough)
  return wrong(at, "pfx", "a PKCS #12 file (.pfx or .p12): this is none, or not a whole one")
}

/** The certificate that a context shows: what a PKCS #12 file holds, Node tells of a socket alone. */
const shownBy = (secureContext: SecureContext): X509Certificate | undefined => {
  const { Duplex } = builtin("node:stream")
  const { TLSSocket } = builtin("node:tls")
  const nowhere = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
  const socket = new TLSSocket(nowhere, { isServer: true, secureContext })
  const shown = socket.getX509Certificate()
  socket.destroy()
  return shown
}

interface OpenedCertificate {
  readonly identity: ClientIdentity
  readonly leaf: X509Certificate
}

const openPfx = (
  source: Extract<CertificateSource, { readonly pfx: unknown }>,
  at: string
): CheckResult<OpenedCertificate> =>
  Result.flatMap(source.pfx instanceof URL ? readFile(source.pfx, at, "pfx") : Result.succeed(source.pfx), (pfx) => {
    const passphrase = passphraseOf(source)
    const identity = { pfx, passphrase }
    return Result.match(
      attempt(() => shownBy(secureContextOf({ ca: [], identity }))),
      {
        onFailure: (error) => refusedPfx(error, passphrase !== undefined, at),
        onSuccess: (shown) =>
          shown === undefined
            ? wrong(at, "pfx", "a PKCS #12 file with the certificate in it")
            : Result.succeed({ identity, leaf: shown })
      }
    )
  })

const isEncrypted = (pem: string): boolean => /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)

const openKey = (pem: string, passphrase: string | undefined, at: string): CheckResult<KeyObject> => {
  const encrypted = isEncrypted(pem)
  if (encrypted && passphrase === undefined) {
    return wrong(at, "passphrase", "the passphrase of key, which is encrypted")
  }
  return Result.match(
    attempt(() =>
      builtin("node:crypto").createPrivateKey({
        key: pem,
        format: "pem",
        ...(passphrase === undefined ? {} : { passphrase })
      })
    ),
    {
      onSuccess: (key) => Result.succeed(key),
      onFailure: ({ code, text }) => {
        if (encrypted && text.includes("bad decrypt")) {
          return wrong(at, "passphrase", "the passphrase that key was encrypted with")
        }
        if (encrypted && code === "ERR_OSSL_EVP_UNSUPPORTED") {
          return wrong(
            at,
            "key",
            "a key without outdated encryption such as DES, which OpenSSL 3 refuses. Write it again: openssl pkey -provider legacy -provider default -in old.key -aes256 -out new.key"
          )
        }
        return wrong(
          at,
          "key",
          encrypted
            ? "a private key in PEM that can be read with this passphrase"
            : "a private key in PEM that can be read"
        )
      }
    }
  )
}

/** Both or their issues, so that all mistakes come at once. */
const both = <A, B>(first: CheckResult<A>, second: CheckResult<B>): CheckResult<readonly [A, B]> => {
  if (Result.isSuccess(first) && Result.isSuccess(second)) return Result.succeed([first.success, second.success])
  return Result.fail([
    ...(Result.isFailure(first) ? first.failure : []),
    ...(Result.isFailure(second) ? second.failure : [])
  ])
}

const openPair = (
  source: Exclude<CertificateSource, { readonly pfx: unknown }>,
  at: string
): CheckResult<OpenedCertificate> => {
  const passphrase = passphraseOf(source)
  const cert = Result.flatMap(readText(source.cert, at, "cert"), (pem) =>
    Result.map(readCertificate(pem, at, "cert"), (shown) => ({ pem, shown }))
  )
  const keyText = source.key instanceof URL ? readText(source.key, at, "key") : Result.succeed(reveal(source.key))
  const key = Result.flatMap(keyText, (pem) => Result.map(openKey(pem, passphrase, at), (opened) => ({ pem, opened })))
  return Result.flatMap(both(cert, key), ([{ pem, shown }, { pem: keyPem, opened }]) => {
    if (!shown.checkPrivateKey(opened)) {
      return wrong(at, "key", "the private key of the certificate in cert: this one belongs to another")
    }
    const identity = { cert: pem, key: keyPem, passphrase }
    return Result.match(
      attempt(() => secureContextOf({ ca: [], identity })),
      {
        onSuccess: () => Result.succeed({ identity, leaf: shown }),
        onFailure: (error) =>
          wrong(
            at,
            "cert",
            isTooWeak(error) ? strongEnough : "PEM whose certificates can all be read, the chain included"
          )
      }
    )
  })
}

const clientAuthentication = "1.3.6.1.5.5.7.3.2"
const anyPurpose = "2.5.29.37.0"

/** `certOption` is where the certificate stands: `pfx` or `cert`. */
const checkLeaf = (shown: X509Certificate, now: number, at: string, certOption: string): CheckResult<number> => {
  const { keyUsage, validFrom, validTo } = shown
  // as texts: Node.js has dates of them only from 22.10 on
  const [begins, ends] = [new Date(validFrom), new Date(validTo)]
  const expected =
    now > ends.getTime()
      ? `a certificate that is valid: this one ended on ${ends.toISOString()}; have a new one made`
      : now < begins.getTime()
        ? `a certificate that is valid already: this one begins on ${begins.toISOString()}; wait, or check the clock of this machine`
        : // Node's types leave it out, but a certificate without the extension has no list
          (keyUsage as Array<string> | undefined)?.some(
              (usage) => usage === clientAuthentication || usage === anyPurpose
            ) === false
          ? "a certificate for client authentication (extended key usage clientAuth): this one is for other purposes"
          : undefined
  return expected === undefined ? Result.succeed(ends.getTime()) : wrong(at, certOption, expected)
}

/** where a subject has several, the last one is the most specific */
const commonNameOf = (shown: X509Certificate): string | undefined => {
  const { CN } = shown.toLegacyObject().subject ?? {}
  return Array.isArray(CN) ? CN.at(-1) : CN
}

/**
 * Reads a certificate and checks it at `now`, in milliseconds since the epoch: each mistake is an issue of its own that
 * names the option at fault. `authority` is what the connection trusts besides, under its own option.
 */
export const checkCertificate = (
  source: CertificateSource,
  at: string,
  now: number,
  authority?: { readonly ca: string | URL; readonly at: string }
): CheckResult<CheckedCertificate> => {
  const own =
    source.ca === undefined ? Result.succeed([]) : Result.map(readAuthority(source.ca, at, "ca"), (pem) => [pem])
  const connections =
    authority === undefined
      ? Result.succeed([])
      : Result.map(readAuthority(authority.ca, authority.at, "ca"), (pem) => [pem])
  const certOption = "pfx" in source ? "pfx" : "cert"
  const identity = Result.flatMap("pfx" in source ? openPfx(source, at) : openPair(source, at), (opened) =>
    Result.map(checkLeaf(opened.leaf, now, at, certOption), (expiresAt) => ({ ...opened, expiresAt }))
  )
  return Result.map(
    both(identity, both(own, connections)),
    ([{ expiresAt, identity: shown, leaf }, [ownCa, connectionCa]]) => ({
      content: { ca: [...ownCa, ...connectionCa], identity: shown },
      leaf,
      commonName: commonNameOf(leaf),
      expiresAt
    })
  )
}

/** User and password that were checked. */
export interface CheckedBasic {
  readonly user: string
  readonly password: Redacted.Redacted
}

const user = OptionDecoder.leaf<string>("the login of the X3 user", (input) =>
  Result.flatMap(readId(input), (text) =>
    // RFC 7617, section 2
    text.includes(":")
      ? Result.fail(
          "a login without a colon: a colon ends the login on the wire, so basic authentication cannot carry it"
        )
      : Result.succeed(text)
  )
)

const BasicSchema = Decoder.Struct(
  { user, password: OptionDecoder.secretText("password") },
  "an object { user, password }, or a function of the tenant that returns one"
)

const basicRules = {
  misplaced: { username: "left out: the login is called user", login: "left out: the login is called user" }
}

/** Checks what `x3.basic` was given, or what its function answered. */
export const decodeBasic = (input: unknown, at: string): Result.Result<CheckedBasic, ReadonlyArray<Issue>> =>
  Decoder.decode(BasicSchema, input, at, basicRules)

const pfxExpected = "the content of a PKCS #12 file (.pfx or .p12) as a Uint8Array, or its file: URL"

const pfx = leaf<Uint8Array | URL>(pfxExpected, (input) => {
  // a copy: what is checked is what is used
  if (input instanceof Uint8Array) return Result.succeed(new Uint8Array(input))
  const url = fileUrl(input)
  return url === undefined ? Result.fail(pfxExpected) : Result.succeed(url)
})

const keyExpected = 'a private key in PEM, which starts with "-----BEGIN", or its file: URL'

const key = leaf<Redacted.Redacted | URL>(keyExpected, (input) => {
  const url = fileUrl(input)
  if (url !== undefined) return Result.succeed(url)
  // one that was wiped has no value any more
  const text = Result.getOrUndefined(Result.try(() => (Redacted.isRedacted(input) ? Redacted.value(input) : input)))
  return typeof text === "string" && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)
    ? Result.succeed(secret(text, "certificate key"))
    : Result.fail(keyExpected)
})

const passphrase = Decoder.optionalKey(Decoder.UndefinedOr(secretText("certificate passphrase")))
const ca = Decoder.optionalKey(Decoder.UndefinedOr(certificates))

const shape = "{ pfx, passphrase } or { cert, key }"
const pfxOptions = Decoder.Struct({ pfx, passphrase, ca }, shape)
const pemOptions = Decoder.Struct({ cert: certificates, key, passphrase, ca }, shape)

const pairWithPfx = "left out beside pfx, which holds certificate and key"

/** anything may come from JavaScript, a proxy that throws included */
const hasPfx = (input: unknown): boolean =>
  Result.getOrElse(
    Result.try(() => typeof input === "object" && input !== null && (input as { pfx?: unknown }).pfx !== undefined),
    () => false
  )

/** Decodes one certificate, as it stands in the options or as a function answered it. Nothing is read yet. */
export const decodeCertificate = (
  input: unknown,
  at: string
): Result.Result<CertificateSource, ReadonlyArray<Issue>> =>
  hasPfx(input)
    ? Decoder.decode(pfxOptions, input, at, { misplaced: { cert: pairWithPfx, key: pairWithPfx } })
    : Decoder.decode(pemOptions, input, at)

/**
 * What is wrong with the options of `x3.certificate` under `at`, such as `connections.erp.auth`, at `now` in
 * milliseconds since the epoch: files that cannot be read, a wrong passphrase, a key of another certificate, a
 * certificate that has ended or not begun. A function of the tenant is checked when it was asked.
 */
export const certificateIssues = (options: unknown, at: string, now: number): ReadonlyArray<Issue> => {
  if (isTenantFunction(options)) return []
  const checked = Result.flatMap(decodeCertificate(options, at), (source) => checkCertificate(source, at, now))
  return Result.isFailure(checked) ? checked.failure : []
}
