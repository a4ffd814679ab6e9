import { KeyObject, randomBytes, randomUUID, webcrypto } from "node:crypto"
import type * as Pki from "pkijs"

/** Who a client certificate is for, and how long. */
export interface CertificateOptions {
  /** the login of the X3 user that the certificate logs in */
  readonly commonName: string
  /** by the machine's clock, which TLS goes by; default: an hour ago */
  readonly notBefore?: Date | undefined
  /** default: 730 days after `notBefore`, what Sage's page asks `certgen` for */
  readonly notAfter?: Date | undefined
  /** of the PKCS #12 file and of the encrypted key, in Latin-1; default: made up */
  readonly passphrase?: string | undefined
}

/** A client certificate in every form that `x3.certificate` takes. */
export interface ClientCertificate {
  /** The login of the X3 user that it stands for. */
  readonly commonName: string
  /** From when it is valid. */
  readonly notBefore: Date
  /** Until when it is valid. */
  readonly notAfter: Date
  /** PEM */
  readonly cert: string
  /** PEM, in the clear */
  readonly key: string
  /** PEM, encrypted with `passphrase` */
  readonly encryptedKey: string
  /** PKCS #12 with key, certificate and authority, encrypted with `passphrase` */
  readonly pfx: Uint8Array
  /** Of `encryptedKey` and `pfx`. */
  readonly passphrase: string
}

/** A certificate authority of the sandbox's own. */
export interface CertificateAuthority {
  /** PEM */
  readonly certificate: string
  /** for `localhost`, `127.0.0.1` and `::1` */
  readonly issueServer: () => Promise<{ readonly cert: string; readonly key: string }>
  readonly issueClient: (options: CertificateOptions) => Promise<ClientCertificate>
}

const hour = 60 * 60_000
const day = 24 * hour

interface Subject {
  readonly usage: "authority" | "server" | "client"
  readonly commonName: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** A certificate and its key. */
interface Pair {
  readonly certificate: Pki.Certificate
  readonly privateKey: webcrypto.CryptoKey
}

const generateKeys = () =>
  webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])

const pemOf = (certificate: Pki.Certificate): string => {
  const lines =
    Buffer.from(certificate.toSchema(true).toBER())
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n")
}

const keyPem = (key: webcrypto.CryptoKey, passphrase?: string): string =>
  KeyObject.from(key).export({
    type: "pkcs8",
    format: "pem",
    ...(passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase })
  }) as string

/** What is slow to load comes with the first authority, so that a sandbox without X3 never loads it. */
const load = async () => {
  const [asn1, pki] = await Promise.all([import("asn1js"), import("pkijs")])

  const octets = (bytes: ReadonlyArray<number>) => new asn1.OctetString({ valueHex: new Uint8Array(bytes).buffer })
  const identifier = (keyHash: ArrayBuffer) => new asn1.OctetString({ valueHex: keyHash })
  const extension = (extnID: string, critical: boolean, value: ArrayBuffer) =>
    new pki.Extension({ extnID, critical, extnValue: value })
  // RFC 5280, section 4.1.2.5: years from 2050 on do not fit into UTCTime
  const timeOf = (value: Date) =>
    new pki.Time({ type: value.getUTCFullYear() < 2050 ? pki.TimeType.UTCTime : pki.TimeType.GeneralizedTime, value })

  const purposes = (usage: "server" | "client") => {
    const purpose = usage === "server" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2"
    return extension("2.5.29.37", false, new pki.ExtKeyUsage({ keyPurposes: [purpose] }).toSchema().toBER())
  }

  /** the names of this machine on its loopback */
  const loopback = () => {
    const { GeneralName } = pki
    const altNames = [
      new GeneralName({ type: 2, value: "localhost" }),
      new GeneralName({ type: 7, value: octets([127, 0, 0, 1]) }),
      new GeneralName({ type: 7, value: octets([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) })
    ]
    return extension("2.5.29.17", false, new pki.AltName({ altNames }).toSchema().toBER())
  }

  /** without a signer, it signs itself */
  const issue = async (subject: Subject, signer?: Pair): Promise<Pair> => {
    const { privateKey, publicKey } = await generateKeys()
    const { usage } = subject
    const certificate = new pki.Certificate({ version: 2 })
    // positive, and no two alike
    const serial = new Uint8Array(randomBytes(16))
    serial[0] = 0x40 | ((serial[0] as number) & 0x3f)
    certificate.serialNumber = new asn1.Integer({ valueHex: serial.buffer })
    certificate.subject.typesAndValues.push(
      new pki.AttributeTypeAndValue({ type: "2.5.4.3", value: new asn1.Utf8String({ value: subject.commonName }) })
    )
    certificate.issuer = (signer?.certificate ?? certificate).subject
    certificate.notBefore = timeOf(subject.notBefore)
    certificate.notAfter = timeOf(subject.notAfter)
    await certificate.subjectPublicKeyInfo.importKey(publicKey)
    const isAuthority = usage === "authority"
    const authorityKey = identifier(await (signer?.certificate ?? certificate).getKeyHash())
    // keyCertSign and cRLSign, or digitalSignature (RFC 5280, section 4.2.1.3)
    const keyUsage = new asn1.BitString({
      valueHex: new Uint8Array([isAuthority ? 0x06 : 0x80]).buffer,
      unusedBits: isAuthority ? 1 : 7
    })
    certificate.extensions = [
      extension("2.5.29.19", true, new pki.BasicConstraints({ cA: isAuthority }).toSchema().toBER()),
      extension("2.5.29.15", true, keyUsage.toBER()),
      extension("2.5.29.14", false, identifier(await certificate.getKeyHash()).toBER()),
      extension("2.5.29.35", false, new pki.AuthorityKeyIdentifier({ keyIdentifier: authorityKey }).toSchema().toBER()),
      ...(isAuthority ? [] : [purposes(usage)]),
      ...(usage === "server" ? [loopback()] : [])
    ]
    await certificate.sign(signer?.privateKey ?? privateKey, "SHA-256")
    return { certificate, privateKey }
  }

  /** as `openssl pkcs12 -export` of OpenSSL 3 makes it: AES-256, PBKDF2 and an HMAC, all with SHA-256 (RFC 7292) */
  const pkcs12 = async (
    { certificate, privateKey }: Pair,
    authority: Pki.Certificate,
    passphrase: string
  ): Promise<Uint8Array> => {
    const password = new TextEncoder().encode(passphrase).buffer
    const encryption = {
      password,
      contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 },
      hmacHashAlgorithm: "SHA-256",
      // there is no attacker to slow down: the passphrase is in the accounts
      iterationCount: 1
    } as never
    const keyBag = new pki.PKCS8ShroudedKeyBag({
      parsedValue: pki.PrivateKeyInfo.fromBER(await webcrypto.subtle.exportKey("pkcs8", privateKey))
    })
    await keyBag.makeInternalValues(encryption)
    // ties the key to its certificate among the others
    const localKey = new pki.Attribute({
      type: "1.2.840.113549.1.9.21",
      values: [identifier(await certificate.getKeyHash())]
    })
    const bag = (parsedValue: Pki.Certificate) => new pki.CertBag({ parsedValue })
    const safe = (...safeBags: Array<Pki.SafeBag>) => new pki.SafeContents({ safeBags })
    const certificates = "1.2.840.113549.1.12.10.1.3"
    const pfx = new pki.PFX({
      parsedValue: {
        // 0: a password vouches for the content
        integrityMode: 0,
        authenticatedSafe: new pki.AuthenticatedSafe({
          parsedValue: {
            safeContents: [
              // 0: as it is, since the key is encrypted already; 1: encrypted with a password
              {
                privacyMode: 0,
                value: safe(
                  new pki.SafeBag({ bagId: "1.2.840.113549.1.12.10.1.2", bagValue: keyBag, bagAttributes: [localKey] })
                )
              },
              {
                privacyMode: 1,
                value: safe(
                  new pki.SafeBag({ bagId: certificates, bagValue: bag(certificate), bagAttributes: [localKey] }),
                  new pki.SafeBag({ bagId: certificates, bagValue: bag(authority) })
                )
              }
            ]
          }
        })
      }
    })
    await pfx.parsedValue?.authenticatedSafe?.makeInternalValues({ safeContents: [{}, encryption] })
    await pfx.makeInternalValues({
      // each round is a promise here
      iterations: 1,
      // as characters, not as UTF-8 (RFC 7292, appendix B.1)
      password: new Uint8Array(Buffer.from(passphrase, "latin1")).buffer,
      pbkdf2HashAlgorithm: { name: "SHA-256" },
      hmacHashAlgorithm: "SHA-256"
    })
    return new Uint8Array(pfx.toSchema().toBER())
  }

  return { issue, pkcs12 }
}

/** X.509 counts in seconds. */
const toSecond = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000)

/** A new authority, which only clients trust that were told to. */
export const makeAuthority = async (commonName: string): Promise<CertificateAuthority> => {
  const { issue, pkcs12 } = await load()
  const started = Date.now()
  const authority = await issue({
    usage: "authority",
    commonName,
    notBefore: new Date(started - day),
    notAfter: new Date(started + 3650 * day)
  })
  return {
    certificate: pemOf(authority.certificate),
    issueServer: async () => {
      const notBefore = new Date(Date.now() - hour)
      const notAfter = new Date(Date.now() + 730 * day)
      const server = await issue({ usage: "server", commonName: "localhost", notBefore, notAfter }, authority)
      return { cert: pemOf(server.certificate), key: keyPem(server.privateKey) }
    },
    issueClient: async ({ commonName, passphrase = randomUUID(), ...dates }) => {
      const notBefore = toSecond(dates.notBefore ?? new Date(Date.now() - hour))
      const notAfter = toSecond(dates.notAfter ?? new Date(notBefore.getTime() + 730 * day))
      const client = await issue({ usage: "client", commonName, notBefore, notAfter }, authority)
      return {
        commonName,
        notBefore,
        notAfter,
        cert: pemOf(client.certificate),
        key: keyPem(client.privateKey),
        encryptedKey: keyPem(client.privateKey, passphrase),
        pfx: await pkcs12(client, authority.certificate, passphrase),
        passphrase
      }
    }
  }
}

/** What is made when it is first needed, and once in a process. */
export const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

/** The authority of this process's sandboxes: made when it is first needed, and once. */
export const ownAuthority = once(() => makeAuthority(`sage-auth sandbox ${randomUUID()}`))

/** An authority that no server of the sandbox trusts. */
export const foreignAuthority = once(() => makeAuthority(`foreign to the sage-auth sandbox ${randomUUID()}`))
