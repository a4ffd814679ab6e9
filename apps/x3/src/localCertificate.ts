import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { generate } from "selfsigned"

/** A certificate for a server of this machine. */
export interface LocalCertificate {
  readonly cert: string
  readonly key: string
}

/**
 * A certificate for a name that the hosts file points at this machine: made on the spot, signed only by itself, and
 * kept so that a browser asks once. For development alone.
 */
export const localCertificate = async (host: string, folder = ".sage-auth"): Promise<LocalCertificate> => {
  if (!/^[a-z0-9.-]+$/i.test(host)) throw new Error("HOST_NAME has to be a host name such as customers.local.example")
  const files = { cert: `${folder}/${host}.cert.pem`, key: `${folder}/${host}.key.pem` }
  if (!existsSync(files.cert) || !existsSync(files.key)) {
    const { cert, private: key } = await generate([{ name: "commonName", value: host }], {
      keyType: "ec",
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: host }] }]
    })
    mkdirSync(folder, { recursive: true })
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key, { mode: 0o600 })
  }
  return { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") }
}
