import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer, type RequestListener } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo, Server, Socket } from "node:net"
import { createServer as createNetServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { Effect } from "effect"

/** A promise that the test resolves. */
export const gate = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve: (() => void) | undefined
  const promise = new Promise<void>((open) => {
    resolve = open
  })
  return { promise, resolve: () => resolve?.() }
}

/** Listens on a free port of the loopback for as long as the scope lives. */
export const listen = (server: Server) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              server.close(() => resolve())
              for (const socket of sockets) socket.destroy()
            })
        )
    )
    return (server.address() as AddressInfo).port
  })

/** An HTTP server; its URL ends without a slash. */
export const serve = (listener: (...exchange: Parameters<RequestListener>) => unknown) =>
  Effect.map(
    listen(createHttpServer((request, response) => void listener(request, response))),
    (port) => `http://127.0.0.1:${port}`
  )

/** A server of raw bytes: what it does with the first bytes of each connection is the test's. */
export const serveRaw = (onRequest: (socket: Socket, request: string) => void) =>
  Effect.map(
    listen(createNetServer((socket) => socket.once("data", (data) => onRequest(socket, data.toString())))),
    (port) => `http://127.0.0.1:${port}`
  )

/** Certificates are made with it; Node alone cannot. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

/** A private certificate authority, made on the spot. */
export interface Authority {
  readonly certificate: string
  /** a certificate for these subject alternative names, signed by the authority */
  readonly issue: (names: string) => { readonly key: string; readonly cert: string }
}

export const makeAuthority = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "sage-auth-ca-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  ),
  (directory): Authority => {
    const openssl = (...args: ReadonlyArray<string>) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" })
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-days",
      "2",
      "-subj",
      `/CN=Test CA ${basename(directory)}`
    )
    let issued = 0
    return {
      certificate: readFileSync(join(directory, "ca.pem"), "utf8"),
      issue: (names) => {
        const name = `server${issued++}`
        openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=test server")
        writeFileSync(join(directory, `${name}.ext`), `subjectAltName=${names}\n`)
        const signed = ["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        openssl(...signed, "-days", "1", "-extfile", `${name}.ext`, "-out", `${name}.pem`)
        return {
          key: readFileSync(join(directory, `${name}.key`), "utf8"),
          cert: readFileSync(join(directory, `${name}.pem`), "utf8")
        }
      }
    }
  }
)

/** An HTTPS server with a certificate of that authority. */
export const serveTls = (authority: Authority, listener: RequestListener, names = "IP:127.0.0.1") =>
  Effect.map(listen(createHttpsServer(authority.issue(names), listener)), (port) => `https://127.0.0.1:${port}`)
