import { type IncomingMessage, request as plainRequest, type ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { onTestFinished } from "vitest"
import { ownAuthority } from "../../../packages/sandbox/src/x3/certificates.ts"

const listening = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })

/**
 * An https port in front of a plain one, as a customer's reverse proxy is: it keeps the host that it was asked for, and
 * names itself where the server behind it names its own addresses. Its certificate is of the sandbox's authority; it ends
 * with the test.
 */
export const openTlsFront = async (origin: string): Promise<string> => {
  const authority = await ownAuthority()
  const server = createServer(await authority.issueServer())
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  const own = `localhost:${await listening(server)}`
  const secure = (text: string): string => text.replaceAll(`http://${own}`, `https://${own}`)
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { headers, method, url = "/" } = request
      plainRequest(new URL(url, origin), { headers, method }, resolve).once("error", reject).end(body)
    })
    const text = secure((await buffer(answer)).toString("utf8"))
    const { "transfer-encoding": _, location, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, {
      ...headers,
      ...(location === undefined ? {} : { location: secure(location) }),
      "content-length": Buffer.byteLength(text)
    })
    response.end(text)
  }
  server.on("request", (request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  return `https://${own}`
}
