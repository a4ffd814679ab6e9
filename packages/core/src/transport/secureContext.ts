// A file of its own: start-up checks certificates with it, and `tls.ts` would bring more to every import.

import type { SecureContext } from "node:tls"
import { builtin } from "../config/builtin.ts"

/** A certificate and its key, as Node's TLS takes them. */
export type ClientIdentity =
  | { readonly pfx: Uint8Array; readonly passphrase?: string | undefined }
  | { readonly cert: string; readonly key: string; readonly passphrase?: string | undefined }

/** What connections are made with. Everything is content, nothing a path. */
export interface TlsContent {
  /** PEM of private authorities, trusted besides the platform's */
  readonly ca: ReadonlyArray<string>
  readonly identity?: ClientIdentity | undefined
}

/** Private authorities with the platform's, whose place they would take; undefined where there are none. */
export const trustedWith = (ca: ReadonlyArray<string>): Array<string> | undefined =>
  ca.length === 0 ? undefined : [...builtin("node:tls").getCACertificates("default"), ...ca]

/** Throws what OpenSSL says of content that it cannot use: for those who check it, and never to be shown. */
export const secureContextOf = ({ ca, identity }: TlsContent): SecureContext => {
  const authorities = trustedWith(ca)
  return builtin("node:tls").createSecureContext({
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(identity === undefined
      ? {}
      : "pfx" in identity
        ? { pfx: Buffer.from(identity.pfx) }
        : { cert: identity.cert, key: identity.key }),
    ...(identity?.passphrase === undefined ? {} : { passphrase: identity.passphrase })
  })
}
