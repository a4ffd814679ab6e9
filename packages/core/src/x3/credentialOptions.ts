import * as Redacted from "effect/Redacted"
import * as Decoder from "../config/decoder.ts"
import * as OptionDecoder from "../config/optionDecoder.ts"
import * as Result from "../config/Result.ts"
import { isTenantFunction } from "../config/PerTenant.ts"
import { certificates, fileUrl, leaf, secretText } from "../config/optionDecoder.ts"
import { secret } from "../config/Secret.ts"
import { readId } from "../config/text.ts"
import type { Issue } from "../errors/Reason.ts"
import { checkCertificate, type CertificateSource } from "./certificate/check.ts"

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
