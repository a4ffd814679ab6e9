import type { RequestListener } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { SecureVersion, TLSSocket } from "node:tls"
import { Effect } from "effect"
import { type CertificateAuthority, ownAuthority } from "../../../packages/sandbox/src/x3/certificates.ts"

/** How the server asks for client certificates. */
export interface TlsServerOptions {
  /** the authority of its own certificate and of its clients'; default: the sandbox's */
  readonly authority?: CertificateAuthority | undefined
  /** default: it asks for one and refuses connections without */
  readonly clients?: "required" | "ignored" | undefined
  readonly maxVersion?: SecureVersion | undefined
  readonly listener?: RequestListener | undefined
}

/** A server over TLS, closed with the scope. */
export interface TlsServer {
  readonly url: string
  /** the common names of the requests' certificates */
  readonly names: ReadonlyArray<string | undefined>
  /** ends the connections that are open now */
  readonly cut: () => void
}

/** The common name that a request came with. */
export const nameOf = (socket: Socket): string | undefined => {
  const { subject } = (socket as TLSSocket).getPeerCertificate() as { readonly subject?: { readonly CN: string } }
  return subject?.CN
}

/** Starts a server on a free port of the loopback. */
export const serveTls = ({
  authority,
  clients = "required",
  listener = (_, response) => response.end("welcome"),
  maxVersion
}: TlsServerOptions = {}) =>
  Effect.gen(function* () {
    const { certificate, issueServer } = authority ?? (yield* Effect.promise(ownAuthority))
    const own = yield* Effect.promise(issueServer)
    const names: Array<string | undefined> = []
    const sockets = new Set<Duplex>()
    const required = clients === "required"
    const server = createServer(
      {
        ...own,
        ca: certificate,
        requestCert: required,
        rejectUnauthorized: required,
        ...(maxVersion === undefined ? {} : { maxVersion })
      },
      (request, response) => {
        names.push(nameOf(request.socket))
        listener(request, response)
      }
    )
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    const cut = () => {
      for (const socket of sockets) socket.destroy()
    }
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              server.close(() => resolve())
              cut()
            })
        )
    )
    const { port } = server.address() as AddressInfo
    return { url: `https://localhost:${port}`, names, cut } satisfies TlsServer
  })
