import { Deferred, Effect, Exit } from "effect"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A request as the server got it, byte for byte. */
export interface Arrived {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Respond = (response: ServerResponse, arrived: Arrived, request: IncomingMessage) => void

/** An answer of status, content type and body. */
export const reply =
  (
    status: number,
    body: string,
    headers: Readonly<Record<string, string>> = { "content-type": "application/json" }
  ): Respond =>
  (response) => {
    response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) })
    response.end(body)
  }

/** A server on loopback for as long as its scope; `arrived` is resolved when the first request is there, whole. */
export const authorizationServer = (respond: Respond) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const requests: Array<Arrived> = []
      const first = Deferred.makeUnsafe<void>()
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { headers, method, url } = request
          const got = { method, url, headers, body: Buffer.concat(chunks).toString() }
          requests.push(got)
          Deferred.doneUnsafe(first, Exit.void)
          respond(response, got, request)
        })
      })
      await new Promise<void>((resolve) => {
        server.listen(0, "127.0.0.1", resolve)
      })
      const { port } = server.address() as AddressInfo
      return { url: `http://127.0.0.1:${port}`, port, requests, arrived: Deferred.await(first), server }
    }),
    ({ server }) =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            server.close(() => {
              resolve()
            })
            server.closeAllConnections()
          })
      )
  )
