import { X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import { generate } from "selfsigned"

/** A certificate for a server of this machine, signed by no authority. */
export interface MadeCertificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, as browsers show it */
  readonly fingerprint: string
}

/** A certificate for one host name or address. It is held in memory alone, and so is its key. */
export const makeCertificate = async (host: string): Promise<MadeCertificate> => {
  const { cert, private: key } = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    extensions: [
      { name: "subjectAltName", altNames: [isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host }] }
    ]
  })
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 }
}
